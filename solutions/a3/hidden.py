"""Hidden part of a3: what both modules share; each has a file of its own beside this one."""

import math

from checks import (
    fifty_digits,
    find_overfit_parameters,
    five_layer_params,
    three_layer_params,
)

from grader.ask import torch


def leaves(*tensors):
    """Copies that autograd follows."""
    return [tensor.detach().clone().requires_grad_() for tensor in tensors]


def gradients(out, dout, *inputs):
    """What autograd says."""
    return torch.autograd.grad(out, inputs, dout)


def cross_entropy(scores, y):
    return torch.nn.functional.cross_entropy(scores, y)


def by_autograd_of(scores_of, params, X, y, reg):
    """Scores, loss and gradients of a network: `scores_of(params, X)`; the L2 term takes the params named W..."""
    scores = scores_of(params, X)
    params = dict(zip(params, leaves(*params.values()), strict=True))
    loss = cross_entropy(scores_of(params, X), y)
    loss = loss + (reg or 0.0) * sum((value**2).sum() for name, value in params.items() if name[0] == "W")
    grads = dict(zip(params, torch.autograd.grad(loss, params.values()), strict=True))
    return {"scores": scores, "loss": loss.detach(), "grads": grads}


def l2_of(params, names):
    return sum(params[name].square().sum() for name in names)


def weights_of(params):
    """The names of the weights, the biases left out."""
    return [name for name in params if name[0] == "W"]


def biases_of(params):
    return [name for name in params if name[0] == "b"]


def with_other_l2(self, answer, of_loss, of_gradient, names=None):
    """A loss and gradients with these multiples of reg ||W||^2 and of reg W added, for the parameters named."""
    if not isinstance(answer, tuple):
        return answer
    loss, grads = answer
    names = weights_of(self.params) if names is None else names
    changed = {name: grads[name] + of_gradient * self.reg * self.params[name] for name in names}
    return loss + of_loss * self.reg * l2_of(self.params, names), {**grads, **changed}


HALF_LOSS = "The loss has half of the L2 term, and the gradients the whole of it."
HALF_GRADIENT = "The gradients of the L2 term are half of what they should be: the square gives a factor 2."
NO_GRADIENT = "The L2 term is in the loss only, and not in the gradients."
NO_L2 = "There is no L2 term: reg is not used."
BIASES_TOO = "The L2 term takes the biases too; it is made of the weights only."
RANDOM_BIASES = "The biases are random; they begin at 0."
VARIANCE = "weight_scale is taken for the variance; it is the standard deviation."
UNIFORM = "The weights are uniform on (0, weight_scale), none of them negative; they are normal around 0."
DEFAULT_SCALE = "Where weight_scale is left out, it is not what the signature says."
DEFAULT_REG = "Where reg is left out, there is an L2 term all the same."
UNSCALED = "The weights are not multiplied by weight_scale."


def fresh(self, kind, change):
    """Overwrite the parameters of one kind."""
    for name, value in self.params.items():
        if name[0] == kind:
            self.params[name] = change(value)


def declare_wrong_beginnings(exercise, class_name):
    """The mistakes in initial values that all networks share; W... are weights, b... biases."""

    def beginning(kind, change):
        def __init__(ref, self, *args, **kwargs):
            getattr(ref, class_name).__init__(self, *args, **kwargs)
            scale = kwargs.get("weight_scale", self.params["W1"].std())
            fresh(self, kind, lambda value: change(value, scale))

        return __init__

    def declare(name, sentence, kind, change):
        version = beginning(kind, change)
        version.__name__ = name
        exercise.misconception(sentence)(version)

    def another_scale(ref, self, *args, **kwargs):
        getattr(ref, class_name).__init__(self, *args, **{"weight_scale": 0.1, **kwargs})

    exercise.misconception(DEFAULT_SCALE)(another_scale)

    declare("random_biases", RANDOM_BIASES, "b", lambda b, scale: scale * torch.randn_like(b))
    declare("scale_as_variance", VARIANCE, "W", lambda w, scale: math.sqrt(scale) * torch.randn_like(w))
    declare("uniform_weights", UNIFORM, "W", lambda w, scale: scale * torch.rand_like(w))
    declare("unscaled_weights", UNSCALED, "W", lambda w, scale: torch.randn_like(w))


def normal(*shape, deviation, dtype):
    return torch.nn.init.normal_(torch.empty(shape, dtype=dtype), std=deviation)


def layers_of(dims, deviation, dtype):
    """W1, b1 ... of fully-connected layers, by the library."""
    params = {}
    for layer in range(1, len(dims)):
        params[f"W{layer}"] = normal(dims[layer - 1], dims[layer], deviation=deviation, dtype=dtype)
        params[f"b{layer}"] = torch.zeros(dims[layer], dtype=dtype)
    return params


def declare_wrong_l2(exercise, class_name, also=()):
    """The mistakes in the L2 term that all networks share, for a loss method of the class."""

    def declare(name, sentence, of_loss, of_gradient, names=None):
        def loss(ref, self, X, y=None):
            answer = getattr(ref, class_name).loss(self, X, y)
            return with_other_l2(self, answer, of_loss, of_gradient, names and names(self.params))

        loss.__name__ = name
        exercise.misconception(sentence, of=f"{class_name}.loss")(loss)

    def another_reg(ref, self, *args, **kwargs):
        getattr(ref, class_name).__init__(self, *args, **{"reg": 0.1, **kwargs})

    exercise.misconception(DEFAULT_REG, of=f"{class_name}.__init__")(another_reg)

    declare("half_of_the_loss", HALF_LOSS, -0.5, 0)
    declare("half_of_the_gradient", HALF_GRADIENT, 0, -1)
    declare("no_gradient_of_l2", NO_GRADIENT, 0, -2)
    declare("no_l2", NO_L2, -1, -2)
    declare("biases_in_l2", BIASES_TOO, 1, 2, biases_of)
    for wrong in also:
        declare(*wrong)


HALF = ("half_of_l2", "The L2 term is halved, in the loss and in the gradients; there is no factor 1/2 here.", -0.5, -1)
LAST = ("last_layer_left_out", "The L2 term leaves out the last layer's weights.", -1, -2, lambda p: weights_of(p)[-1:])
FIRST = ("first_layer_only", "The L2 term takes the first layer's weights only.", -1, -2, lambda p: weights_of(p)[1:])


OTHER_NUMBERS = "other numbers serve as well"


def declare_free_choices(exercise, statement, *choices):
    """Mutants of the reference's statement that choose otherwise where a student is free to: (chosen, another, ...)."""
    for chosen, *others in choices:
        assert statement.count(chosen) == 1, chosen
        for other in others:
            exercise.equivalent(statement.replace(chosen, other), OTHER_NUMBERS)


@three_layer_params.case(worth=0.25)
@five_layer_params.case(worth=0.25)
@find_overfit_parameters.case(worth=0.25)
def fifty_other_digits(draw):
    return fifty_digits(draw, share=1.0)


for params, name in (
    (three_layer_params, "get_three_layer_network_params"),
    (five_layer_params, "get_five_layer_network_params"),
    (find_overfit_parameters, "find_overfit_parameters"),
):

    @params.misconception("The weights begin so small that hardly anything reaches the last layer.")
    def weights_too_small(ref, name=name):
        return 1e-4, getattr(ref, name)()[1]

    @params.misconception("The learning rate is so small that nothing is learned in that time.")
    def learning_rate_too_small(ref, name=name):
        return getattr(ref, name)()[0], 1e-6

    @params.misconception("The learning rate is so large that the loss grows without bound.")
    def learning_rate_too_large(ref, name=name):
        return getattr(ref, name)()[0], 30.0


def slowed(solver):
    for config in solver.optim_configs.values():
        config["learning_rate"] = 1e-7
    return solver
