"""Hidden cases of a3, the mistakes that they catch, and independent ways to the same answers."""

import math

from checks import (
    a_batch_to_go_back_through,
    adam,
    and_a_gradient,
    and_a_gradient_to_spread,
    batches,
    batchnorm_backward,
    batchnorm_backward_alt,
    batchnorm_forward,
    conv_backward,
    conv_forward,
    conv_net,
    create_convolutional_solver,
    create_solver,
    deep_conv_init,
    deep_conv_loss,
    deep_net,
    deep_shapes,
    descent,
    digits_to_read,
    dropout_backward,
    dropout_forward,
    fifty_digits,
    find_overfit_parameters,
    five_layer_params,
    fully_connected_dropout,
    fully_connected_init,
    fully_connected_loss,
    half_l2,
    images_and_filters,
    images_to_pool,
    kaiming_initializer,
    linear_backward,
    linear_forward,
    many_layers,
    max_pool_backward,
    max_pool_forward,
    one_example,
    relu_backward,
    relu_forward,
    rmsprop,
    sgd_momentum,
    spatial_batchnorm_backward,
    spatial_batchnorm_forward,
    three_layer_conv_init,
    three_layer_conv_loss,
    three_layer_params,
    two_layer_init,
    two_layer_loss,
    two_layers,
)

from grader.ask import fill_by_shape, stacked_by_shape, torch


def leaves(*tensors):
    """Copies that autograd follows."""
    return [tensor.detach().clone().requires_grad_() for tensor in tensors]


def gradients(out, dout, *inputs):
    """What autograd says."""
    return torch.autograd.grad(out, inputs, dout)


# == fully_connected_networks: layers =================================================================================

# -- Linear -----------------------------------------------------------------------------------------------------------


@linear_forward.case
def a_batch_of_images(draw):
    return dict(x=draw.normal(5, 2, 3, 4), w=draw.normal(24, 7), b=draw.normal(7))


@linear_forward.case(worth=0.2)
def one_row(draw):
    return dict(x=draw.normal(1, 6), w=draw.normal(6, 3), b=draw.normal(3))


@linear_forward.case(worth=0.1)
def one_number_in_one_out(draw):
    return dict(x=draw.normal(4, 1), w=draw.normal(1, 1), b=draw.normal(1))


@linear_forward.case(worth=0.1)
def an_input_that_is_not_contiguous(draw):
    return dict(x=draw.strided(draw.normal(3, 2, 4)), w=draw.normal(8, 5), b=draw.normal(5))


@linear_forward.case(worth=0.1)
def large_numbers(draw):
    return dict(x=draw.normal(3, 4, scale=1e6), w=draw.normal(4, 2, scale=1e6), b=draw.normal(2, scale=1e12))


@linear_forward.oracle
def by_the_library(ref, x, w, b):
    return {"out": torch.nn.functional.linear(x.flatten(1), w.T, b)}


@linear_forward.alternative
def by_einsum(ref, x, w, b):
    flat = x.flatten(start_dim=1)
    return torch.einsum("nd,dm->nm", flat, w) + b, (x, w)


@linear_forward.misconception("The bias is left out.")
def no_bias(ref, x, w, b):
    return ref.Linear.forward(x, w, torch.zeros_like(b))


@linear_forward.misconception("The numbers of different examples are mixed: x is flattened with the examples last.")
def examples_mixed(ref, x, w, b):
    out, cache = ref.Linear.forward(x.reshape(-1, x.shape[0]).T, w, b)
    return out, (x, *cache[1:])


@linear_backward.case
def a_batch_of_images_back(draw):
    return dict(x=draw.normal(5, 2, 3, 4), w=draw.normal(24, 7), b=draw.normal(7), dout=draw.normal(5, 7))


@linear_backward.case(worth=0.2)
def one_row_back(draw):
    return dict(x=draw.normal(1, 6), w=draw.normal(6, 3), b=draw.normal(3), dout=draw.normal(1, 3))


@linear_backward.case(worth=0.1)
def one_output(draw):
    return dict(x=draw.normal(4, 2, 2), w=draw.normal(4, 1), b=draw.normal(1), dout=draw.normal(4, 1))


@linear_backward.case(worth=0.1)
def not_contiguous_back(draw):
    x, dout = draw.strided(draw.normal(3, 2, 4)), draw.strided(draw.normal(3, 5))
    return dict(x=x, w=draw.normal(8, 5), b=draw.normal(5), dout=dout)


@linear_backward.case(worth=0.1)
def tiny_gradients(draw):
    return dict(x=draw.normal(4, 3), w=draw.normal(3, 5), b=draw.normal(5), dout=draw.normal(4, 5, scale=1e-9))


@linear_backward.oracle
def by_autograd(ref, x, w, b, dout):
    x, w, b = leaves(x, w, b)
    out = torch.nn.functional.linear(x.flatten(1), w.T, b)
    return dict(zip(("dx", "dw", "db"), gradients(out, dout, x, w, b), strict=True))


@linear_backward.alternative
def example_by_example(ref, dout, cache):
    x, w = cache
    dw = sum(torch.outer(one.reshape(-1), d) for one, d in zip(x, dout, strict=True))
    return torch.stack([w @ d for d in dout]).view_as(x), dw, torch.ones(len(dout), dtype=dout.dtype) @ dout


@linear_backward.misconception("dx is not brought back into the shape of x.")
def dx_stays_flat(ref, dout, cache):
    dx, dw, db = ref.Linear.backward(dout, cache)
    return dx.flatten(start_dim=1), dw, db


@linear_backward.misconception("db is averaged over the examples; every example adds to it.")
def db_averaged(ref, dout, cache):
    dx, dw, _ = ref.Linear.backward(dout, cache)
    return dx, dw, dout.mean(dim=0)


@linear_backward.misconception("dw and db are divided by the number of examples; the loss has done that already.")
def divided_by_n(ref, dout, cache):
    dx, dw, db = ref.Linear.backward(dout, cache)
    return dx, dw / len(dout), db / len(dout)


@linear_backward.misconception("db has kept a dimension: it has the shape (1, M), and b the shape (M,).")
def db_keeps_a_dimension(ref, dout, cache):
    dx, dw, db = ref.Linear.backward(dout, cache)
    return dx, dw, db[None]


@linear_backward.misconception("db is summed over the outputs instead of the examples.")
def db_over_the_wrong_axis(ref, dout, cache):
    dx, dw, _ = ref.Linear.backward(dout, cache)
    return dx, dw, dout.sum(dim=1)


# -- ReLU -------------------------------------------------------------------------------------------------------------


@relu_forward.case
def a_batch_of_feature_maps(draw):
    return dict(x=draw.normal(2, 3, 4, 5, scale=10, away=0.1))


@relu_forward.case(worth=0.1)
def all_negative(draw):
    return dict(x=-draw.uniform(3, 4, low=0.1, high=2.0))


@relu_forward.case(worth=0.1)
def relu_of_strided_numbers(draw):
    return dict(x=draw.strided(draw.normal(3, 4, away=0.1)))


@relu_forward.oracle
def relu_by_the_library(ref, x):
    return {"out": torch.nn.functional.relu(x)}


@relu_forward.alternative
def by_where(ref, x):
    return torch.where(x > 0, x, torch.zeros_like(x)), x


@relu_forward.misconception("Negative numbers keep a small slope: that is a leaky ReLU.")
def leaky(ref, x):
    return torch.where(x > 0, x, 0.01 * x), x


@relu_forward.misconception("Negative numbers change their sign instead of becoming 0.")
def absolute_value(ref, x):
    return x.abs(), x


@relu_forward.misconception("The output is the mask, 0 or 1, and not the numbers themselves.")
def only_the_mask(ref, x):
    return (x > 0).to(x.dtype), x


@relu_backward.case
def back_through_feature_maps(draw):
    return dict(x=draw.normal(2, 3, 4, 5, away=0.1), dout=draw.normal(2, 3, 4, 5, away=0.1))


@relu_backward.case(worth=0.1)
def small_numbers(draw):
    return dict(x=draw.normal(4, 5, scale=1e-6, away=1e-8), dout=draw.normal(4, 5, scale=1e-6, away=1e-8))


@relu_backward.case(worth=0.1)
def a_strided_gradient(draw):
    return dict(x=draw.normal(4, 5, away=0.1), dout=draw.strided(draw.normal(4, 5, away=0.1)))


@relu_backward.oracle
def relu_by_autograd(ref, x, dout):
    (x,) = leaves(x)
    return {"dx": gradients(torch.nn.functional.relu(x), dout, x)[0]}


@relu_backward.alternative
def zeros_written_into_a_copy(ref, dout, cache):
    dx = dout.clone()
    dx[cache <= 0] = 0
    return dx


@relu_backward.misconception("The mask is taken from the gradient: where dout is negative, not where x is.")
def mask_of_the_gradient(ref, dout, cache):
    return dout.clamp(min=0)


@relu_backward.misconception("The gradient passes everywhere, also where x is negative.")
def no_mask(ref, dout, cache):
    return dout


@relu_backward.misconception("The gradient is multiplied by the output instead of by 0 or 1.")
def times_the_output(ref, dout, cache):
    return dout * cache.clamp(min=0)


relu_backward.equivalent("return dout * (x >= 0)", "at 0 any number from 0 to 1 is a subgradient; no case draws one")


# == fully_connected_networks: networks ===============================================================================


def cross_entropy(scores, y):
    return torch.nn.functional.cross_entropy(scores, y)


def by_autograd_of(scores_of, params, X, y, reg):
    """Scores, loss and gradients of a network: `scores_of(params, X)`; the L2 term takes the params named W..."""
    scores = scores_of(params, X)
    params = dict(zip(params, leaves(*params.values()), strict=True))
    loss = cross_entropy(scores_of(params, X), y)
    loss = loss + reg * sum((value**2).sum() for name, value in params.items() if name[0] == "W")
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
UNSCALED = "The weights are not multiplied by weight_scale."


# -- initial values ---------------------------------------------------------------------------------------------------


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
            scale = kwargs.get("weight_scale", 1e-3)
            fresh(self, kind, lambda value: change(value, scale))

        return __init__

    def declare(name, sentence, kind, change):
        version = beginning(kind, change)
        version.__name__ = name
        exercise.misconception(sentence)(version)

    declare("random_biases", RANDOM_BIASES, "b", lambda b, scale: scale * torch.randn_like(b))
    declare("scale_as_variance", VARIANCE, "W", lambda w, scale: math.sqrt(scale) * torch.randn_like(w))
    declare("uniform_weights", UNIFORM, "W", lambda w, scale: scale * torch.rand_like(w))
    declare("unscaled_weights", UNSCALED, "W", lambda w, scale: torch.randn_like(w))


def normal(*shape, deviation):
    return torch.nn.init.normal_(torch.empty(shape, dtype=torch.float64), std=deviation)


def layers_of(dims, deviation):
    """W1, b1 ... of fully-connected layers, by the library."""
    params = {}
    for layer in range(1, len(dims)):
        params[f"W{layer}"] = normal(dims[layer - 1], dims[layer], deviation=deviation)
        params[f"b{layer}"] = torch.zeros(dims[layer], dtype=torch.float64)
    return params


@two_layer_init.case
def a_wide_net(draw):
    return dict(input_dim=30, hidden_dim=90, num_classes=25, weight_scale=draw.number(0.1, 0.4))


@two_layer_init.oracle
def two_layers_by_the_library(ref, input_dim, hidden_dim, num_classes, weight_scale):
    return {"params": layers_of([input_dim, hidden_dim, num_classes], weight_scale)}


declare_wrong_beginnings(two_layer_init, "TwoLayerNet")


@two_layer_init.misconception("The weights are transposed: their shape is (outputs, inputs).")
def weights_transposed(ref, self, *args, **kwargs):
    ref.TwoLayerNet.__init__(self, *args, **kwargs)
    fresh(self, "W", lambda value: value.T)


@fully_connected_init.case
def four_layers(draw):
    return dict(input_dim=60, hidden_dims=[40, 50, 45], num_classes=30, weight_scale=draw.number(0.1, 0.4))


@fully_connected_init.case(worth=0.2)
def no_hidden_layer(draw):
    return dict(input_dim=60, hidden_dims=[], num_classes=30, weight_scale=0.05)


@fully_connected_init.oracle
def layers_by_the_library(ref, input_dim, hidden_dims, num_classes, weight_scale):
    return {"params": layers_of([input_dim, *hidden_dims, num_classes], weight_scale)}


declare_wrong_beginnings(fully_connected_init, "FullyConnectedNet")


# -- TwoLayerNet.loss -------------------------------------------------------------------------------------------------


@two_layer_loss.case
def more_of_everything(draw):
    return two_layers(draw, 9, 8, 12, 6, reg=0.25)


@two_layer_loss.case(worth=0.2)
def images(draw):
    return two_layers(draw, 3, 12, 5, 4, reg=0.1, shape=(3, 2, 2))


@two_layer_loss.case(worth=0.1)
def one_image(draw):
    return two_layers(draw, 1, 4, 3, 5, reg=0.1)


@two_layer_loss.case(worth=0.1)
def one_class(draw):
    return two_layers(draw, 3, 4, 3, 1, reg=0.1)


@two_layer_loss.case(worth=0.1)
def large_scores(draw):
    return two_layers(draw, 4, 5, 6, 3, reg=0.1, scale=1e4)


@two_layer_loss.oracle
def two_layers_by_autograd(ref, X, y, W1, b1, W2, b2, reg):
    def scores(p, X):
        return torch.relu(X.flatten(1) @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]

    return by_autograd_of(scores, {"W1": W1, "b1": b1, "W2": W2, "b2": b2}, X, y, reg)


@two_layer_loss.alternative
def two_layers_by_hand(ref, self, X, y=None):
    p, flat = self.params, X.flatten(start_dim=1)
    z = flat @ p["W1"] + p["b1"]
    hidden = z.clamp(min=0)
    scores = hidden @ p["W2"] + p["b2"]
    if y is None:
        return scores
    rows = torch.arange(len(X))
    dscores = scores.softmax(dim=1)
    loss = -scores.log_softmax(dim=1)[rows, y].mean().item() + self.reg * l2_of(p, ["W1", "W2"]).item()
    dscores[rows, y] -= 1
    dscores /= len(X)
    dz = dscores @ p["W2"].T
    dz[z <= 0] = 0
    dW2, dW1 = hidden.T @ dscores + 2 * self.reg * p["W2"], flat.T @ dz + 2 * self.reg * p["W1"]
    return loss, {"W1": dW1, "b1": dz.sum(0), "W2": dW2, "b2": dscores.sum(0)}


def declare_wrong_l2(exercise, class_name, also=()):
    """The mistakes in the L2 term that all networks share, for a loss method of the class."""

    def declare(name, sentence, of_loss, of_gradient, names=None):
        def loss(ref, self, X, y=None):
            answer = getattr(ref, class_name).loss(self, X, y)
            return with_other_l2(self, answer, of_loss, of_gradient, names and names(self.params))

        loss.__name__ = name
        exercise.misconception(sentence, of=f"{class_name}.loss")(loss)

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

declare_wrong_l2(two_layer_loss, "TwoLayerNet", also=[HALF, FIRST])


@two_layer_loss.misconception("The ReLU between the two layers is missing.")
def no_relu(ref, self, X, y=None):
    return dense_loss(ref, self, X, y, relu=False)


@two_layer_loss.misconception("A ReLU follows the last layer too, so that no score is negative.")
def relu_on_the_scores(ref, self, X, y=None):
    return dense_loss(ref, self, X, y, relu_on_scores=True)


@two_layer_loss.misconception("The scores are returned even when there are labels.")
def labels_ignored(ref, self, X, y=None):
    return ref.TwoLayerNet.loss(self, X)


# -- FullyConnectedNet.loss -------------------------------------------------------------------------------------------


def dense_loss(
    ref,
    self,
    X,
    y,
    *,
    relu=True,
    relu_on_scores=False,
    drop=None,
    drop_back=True,
    drop_at_test=False,
    drop_scores=False,
):
    """The loss of a fully-connected network, with one of the things that can go wrong in it."""
    p, last = self.params, len(self.params) // 2
    drop = getattr(self, "use_dropout", False) if drop is None else drop
    mode = {**getattr(self, "dropout_param", {}), "mode": "train" if y is not None or drop_at_test else "test"}
    out, caches = X, []
    for layer in range(1, last + 1):
        out, linear = ref.Linear.forward(out, p[f"W{layer}"], p[f"b{layer}"])
        rectifier = mask = None
        if (relu and layer < last) or (relu_on_scores and layer == last):
            out, rectifier = ref.ReLU.forward(out)
        if drop and (layer < last or drop_scores):
            out, mask = ref.Dropout.forward(out, mode)
        caches.append((linear, rectifier, mask))
    if y is None:
        return out
    loss, dout = ref.softmax_loss(out, y)
    loss, grads = loss + self.reg * l2_of(p, weights_of(p)), {}
    for layer in range(last, 0, -1):
        linear, rectifier, mask = caches[layer - 1]
        if mask is not None and drop_back:
            dout = ref.Dropout.backward(dout, mask)
        if rectifier is not None:
            dout = ref.ReLU.backward(dout, rectifier)
        dout, dW, grads[f"b{layer}"] = ref.Linear.backward(dout, linear)
        grads[f"W{layer}"] = dW + 2 * self.reg * p[f"W{layer}"]
    return loss, grads


@fully_connected_loss.case
def five_layers(draw):
    return many_layers(draw, 6, (7, 9, 8, 6, 5, 4), reg=0.2)


@fully_connected_loss.case(worth=0.2)
def a_linear_classifier(draw):
    """No hidden layer"""
    return many_layers(draw, 4, (6, 3), reg=0.5)


@fully_connected_loss.case(worth=0.2)
def three_layers_of_images(draw):
    return many_layers(draw, 3, (12, 5, 6, 4), reg=0.1, shape=(3, 2, 2))


@fully_connected_loss.case(worth=0.1)
def a_single_image(draw):
    return many_layers(draw, 1, (4, 5, 3), reg=0.3)


@fully_connected_loss.case(worth=0.1)
def very_large_scores(draw):
    return many_layers(draw, 4, (5, 6, 3), reg=0.1, scale=1e4)


def dense_scores(layers):
    """The scores of a network with so many layers, for autograd."""

    def scores(p, X):
        out = X.flatten(1)
        for layer in range(1, layers + 1):
            out = out @ p[f"W{layer}"] + p[f"b{layer}"]
            out = torch.relu(out) if layer < layers else out
        return out

    return scores


@fully_connected_loss.oracle
def layers_by_autograd(ref, X, y, weights, biases, reg):
    params = {f"W{layer}": w for layer, w in enumerate(weights, 1)}
    params |= {f"b{layer}": b for layer, b in enumerate(biases, 1)}
    return by_autograd_of(dense_scores(len(weights)), params, X, y, reg)


@fully_connected_loss.alternative
def rectifiers_on_their_own(ref, self, X, y=None):
    return dense_loss(ref, self, X, y)


@half_l2.replaces("FullyConnectedNet.loss")
def half_the_l2_term(ref, self, X, y=None):
    return with_other_l2(self, ref.FullyConnectedNet.loss(self, X, y), -0.5, -1)


declare_wrong_l2(fully_connected_loss, "FullyConnectedNet", also=[FIRST, LAST])


@fully_connected_loss.misconception("The ReLUs between the layers are missing.")
def no_relus(ref, self, X, y=None):
    return dense_loss(ref, self, X, y, relu=False)


@fully_connected_loss.misconception("A ReLU follows the last layer too, so that no score is negative.")
def relu_on_the_last_layer(ref, self, X, y=None):
    return dense_loss(ref, self, X, y, relu_on_scores=True)


# -- FullyConnectedNet with dropout -----------------------------------------------------------------------------------


@fully_connected_dropout.case
def two_dropped_layers(draw):
    return one_example(draw, (10, 150, 120, 5), 0.4)


@fully_connected_dropout.case(worth=0.2)
def most_of_it_dropped(draw):
    return one_example(draw, (10, 300, 5), 0.8)


@fully_connected_dropout.oracle
def dropout_by_autograd(ref, X, y, weights, biases, p):
    def scores(params, X, p=0.0):
        out = X.flatten(1)
        for w, b in params[:-1]:
            out = torch.nn.functional.dropout(torch.relu(out @ w + b), p, training=p > 0)
        return out @ params[-1][0] + params[-1][1]

    params = [tuple(leaves(w, b)) for w, b in zip(weights, biases, strict=True)]
    loss, grads = cross_entropy(scores(params, X, p), y), {}
    found = iter(torch.autograd.grad(loss, [tensor for pair in params for tensor in pair]))
    for layer in range(1, len(params) + 1):
        grads[f"W{layer}"], grads[f"b{layer}"] = next(found), next(found)
    return {"scores": scores(params, X).detach(), "loss": loss.detach(), "grads": grads}


def declare_wrong_dropout(name, sentence, **how):
    def loss(ref, self, X, y=None):
        return dense_loss(ref, self, X, y, **how)

    loss.__name__ = name
    fully_connected_dropout.misconception(sentence, of="FullyConnectedNet.loss")(loss)


declare_wrong_dropout("never_dropped", "Dropout is not used, though the net was made with it.", drop=False)
declare_wrong_dropout("dropped_at_test_time", "Dropout is still at work when there are no labels.", drop_at_test=True)
declare_wrong_dropout("dropout_not_in_the_way_back", "The way back leaves out dropout's own gradient.", drop_back=False)
declare_wrong_dropout("scores_dropped", "Dropout follows the last layer too: scores are dropped.", drop_scores=True)


# == fully_connected_networks: training ===============================================================================


OTHER_NUMBERS = "other numbers serve as well"


def declare_free_choices(exercise, statement, *choices):
    """Mutants of the reference's statement that choose otherwise where a student is free to: (chosen, another, ...)."""
    for chosen, *others in choices:
        assert statement.count(chosen) == 1, chosen
        for other in others:
            exercise.equivalent(statement.replace(chosen, other), OTHER_NUMBERS)


@three_layer_params.case
@five_layer_params.case
@find_overfit_parameters.case
def fifty_other_digits(draw):
    return fifty_digits(draw)


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


@create_solver.case
def other_digits(draw):
    return digits_to_read(draw, 600, 200)


@create_solver.misconception("The learning rate is so small that nothing is learned.")
def crawls(ref, data_dict, dtype, device):
    return slowed(ref.create_solver_instance(data_dict, dtype, device))


def slowed(solver):
    for config in solver.optim_configs.values():
        config["learning_rate"] = 1e-7
    return solver


create_solver.equivalent("input_dim = data_dict['X_train'][1].numel()", "all images have the same size")
five_layer_params.equivalent("return (0.13, 0.2)", OTHER_NUMBERS)
declare_free_choices(
    create_solver,
    "model = TwoLayerNet(input_dim=input_dim, hidden_dim=100, weight_scale=0.01, reg=0.0001, dtype=dtype, "
    "device=device)",
    ("hidden_dim=100", "hidden_dim=99", "hidden_dim=101"),
    ("weight_scale=0.01", "weight_scale=0.02"),
    ("reg=0.0001", "reg=0.0002"),
)
declare_free_choices(
    create_solver,
    "return Solver(model, data_dict, optim_config={'learning_rate': 0.2}, lr_decay=0.95, num_epochs=10, batch_size=50, "
    "print_every=0, device=device)",
    ("'learning_rate': 0.2", "'learning_rate': 0.4"),
    ("num_epochs=10", "num_epochs=9", "num_epochs=11"),
    ("batch_size=50", "batch_size=49", "batch_size=51"),
    ("print_every=0", "print_every=1"),
)


# == fully_connected_networks: update rules ===========================================================================


def by_torch_optim(optimizer, w, gradients, **state):
    """The weights after each step of a library optimizer, which begins in this state."""
    (w,) = leaves(w)
    rule = optimizer([w])
    if state:
        rule.state[w] = state
    weights = []
    for dw in gradients:
        w.grad = dw.clone()
        rule.step()
        weights.append(w.detach().clone())
    return {"w": weights}


def settings(config, **defaults):
    """The config of a first step, as the reference completes it."""
    return {**defaults, **(config or {})}


# -- momentum ---------------------------------------------------------------------------------------------------------


@sgd_momentum.case
def six_steps(draw):
    return descent(draw, 4, 3, count=6, config={"learning_rate": 0.3, "momentum": 0.6})


@sgd_momentum.case(worth=0.3)
def a_velocity_from_before(draw):
    return descent(draw, 6, count=3, config={"learning_rate": 0.2, "momentum": 0.7, "velocity": draw.normal(6)})


@sgd_momentum.case(worth=0.2)
def without_a_config(draw):
    return descent(draw, 3, 2, count=4, config=None)


@sgd_momentum.case(worth=0.1)
def no_momentum(draw):
    return descent(draw, 5, count=3, config={"learning_rate": 0.2, "momentum": 0.0})


@sgd_momentum.oracle
def momentum_by_torch_optim(ref, w, gradients, config):
    c = settings(config, learning_rate=1e-2, momentum=0.9)
    state = {"momentum_buffer": -c["velocity"] / c["learning_rate"]} if "velocity" in c else {}
    return by_torch_optim(
        lambda params: torch.optim.SGD(params, lr=c["learning_rate"], momentum=c["momentum"]), w, gradients, **state
    )


@sgd_momentum.alternative
def in_place(ref, w, dw, config=None):
    config = {} if config is None else config
    v = config.setdefault("velocity", torch.zeros_like(w))
    v.mul_(config.setdefault("momentum", 0.9)).sub_(config.setdefault("learning_rate", 1e-2) * dw)
    w += v
    return w, config


@sgd_momentum.misconception("The velocity is pushed uphill: the gradient is added to it.")
def uphill(ref, w, dw, config=None):
    return ref.sgd_momentum(w, -dw, config)


@sgd_momentum.misconception("The velocity is kept without the learning rate, v = momentum v + dw, and not as a step.")
def velocity_without_learning_rate(ref, w, dw, config=None):
    config = settings(config, learning_rate=1e-2, momentum=0.9, velocity=torch.zeros_like(w))
    config["velocity"] = config["momentum"] * config["velocity"] + dw
    return w - config["learning_rate"] * config["velocity"], config


@sgd_momentum.misconception("The velocity is not kept for the next step.")
def velocity_forgotten(ref, w, dw, config=None):
    config = settings(config, velocity=torch.zeros_like(w))
    return ref.sgd_momentum(w, dw, dict(config))[0], config


@sgd_momentum.misconception("The gradient is weighed with 1 - momentum, as in a moving average.")
def velocity_as_an_average(ref, w, dw, config=None):
    config = settings(config, momentum=0.9)
    return ref.sgd_momentum(w, (1 - config["momentum"]) * dw, config)


@sgd_momentum.misconception("w moves by the gradient alone: the velocity is kept and not used.")
def velocity_not_used(ref, w, dw, config=None):
    config = settings(config, learning_rate=1e-2)
    return w - config["learning_rate"] * dw, ref.sgd_momentum(w, dw, config)[1]


# -- RMSProp ----------------------------------------------------------------------------------------------------------


@rmsprop.case
def five_steps(draw):
    return descent(draw, 4, 3, count=5, config={"learning_rate": 0.2, "decay_rate": 0.7})


@rmsprop.case(worth=0.3)
def an_average_from_before(draw):
    cache = draw.uniform(6, low=0.5, high=2.0)
    return descent(draw, 6, count=3, config={"learning_rate": 0.1, "decay_rate": 0.9, "cache": cache})


@rmsprop.case(worth=0.2)
def by_its_defaults(draw):
    return descent(draw, 3, 2, count=4, config=None)


@rmsprop.case(worth=0.2)
def a_large_epsilon(draw):
    return descent(draw, 5, count=3, config={"learning_rate": 0.1, "decay_rate": 0.8, "epsilon": 0.3})


@rmsprop.oracle
def rmsprop_by_torch_optim(ref, w, gradients, config):
    c = settings(config, learning_rate=1e-2, decay_rate=0.99, epsilon=1e-8)
    state = {"step": torch.tensor(0.0), "square_avg": c["cache"].clone()} if "cache" in c else {}

    def rule(params):
        return torch.optim.RMSprop(params, lr=c["learning_rate"], alpha=c["decay_rate"], eps=c["epsilon"])

    return by_torch_optim(rule, w, gradients, **state)


def rmsprop_step(w, dw, config, *, squares=None, root=None, decay=None):
    """A step of RMSProp in which one thing is different."""
    config = settings(config, learning_rate=1e-2, decay_rate=0.99, epsilon=1e-8, cache=torch.zeros_like(w))
    decay = config["decay_rate"] if decay is None else decay(config["decay_rate"])
    config["cache"] = decay * config["cache"] + (1 - decay) * (dw * dw if squares is None else squares(dw))
    return w - config["learning_rate"] * dw / ((root or torch.sqrt)(config["cache"]) + config["epsilon"]), config


@rmsprop.alternative
def rmsprop_by_lerp(ref, w, dw, config=None):
    config = settings(config, learning_rate=1e-2, decay_rate=0.99, epsilon=1e-8, cache=torch.zeros_like(w))
    config["cache"] = torch.lerp(dw**2, config["cache"], config["decay_rate"])
    return w.addcdiv(dw, config["cache"].sqrt().add(config["epsilon"]), value=-config["learning_rate"]), config


@rmsprop.misconception("epsilon is added under the root; it is added to the root.")
def epsilon_under_the_root(ref, w, dw, config=None):
    config = settings(config, learning_rate=1e-2, epsilon=1e-8)
    config = ref.rmsprop(w, dw, config)[1]
    return w - config["learning_rate"] * dw / (config["cache"] + config["epsilon"]).sqrt(), config


@rmsprop.misconception("decay_rate and 1 - decay_rate have changed places in the moving average.")
def decay_swapped(ref, w, dw, config=None):
    return rmsprop_step(w, dw, config, decay=lambda decay: 1 - decay)


@rmsprop.misconception("The squared gradients are summed without decay: that is AdaGrad.")
def squares_summed(ref, w, dw, config=None):
    config = settings(config, learning_rate=1e-2, epsilon=1e-8, cache=torch.zeros_like(w))
    config["cache"] = config["cache"] + dw * dw
    return w - config["learning_rate"] * dw / (config["cache"].sqrt() + config["epsilon"]), config


@rmsprop.misconception("The step is divided by the moving average itself instead of its root.")
def root_missing(ref, w, dw, config=None):
    return rmsprop_step(w, dw, config, root=lambda cache: cache)


@rmsprop.misconception("The moving average is not kept for the next step.")
def average_forgotten(ref, w, dw, config=None):
    config = settings(config, cache=torch.zeros_like(w))
    return ref.rmsprop(w, dw, dict(config))[0], config


# -- Adam -------------------------------------------------------------------------------------------------------------


@adam.case
def seven_steps(draw):
    return descent(draw, 4, 3, count=7, config={"learning_rate": 0.2, "beta1": 0.7, "beta2": 0.9})


@adam.case(worth=0.3)
def from_step_three_on(draw):
    state = {"m": draw.normal(6), "v": draw.uniform(6, low=0.5, high=2.0), "t": 3}
    return descent(draw, 6, count=3, config={"learning_rate": 0.1, "beta1": 0.85, "beta2": 0.97, **state})


@adam.case(worth=0.2)
def adam_by_its_defaults(draw):
    return descent(draw, 3, 2, count=5, config=None)


@adam.case(worth=0.2)
def adam_with_a_large_epsilon(draw):
    return descent(draw, 5, count=4, config={"learning_rate": 0.1, "beta1": 0.8, "beta2": 0.9, "epsilon": 0.3})


@adam.case(worth=0.1)
def small_gradients(draw):
    return descent(draw, 5, count=4, config={"learning_rate": 0.1, "epsilon": 1e-8}, scale=1e-6)


ADAM = dict(learning_rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8, t=0)


@adam.oracle
def adam_by_torch_optim(ref, w, gradients, config):
    c = settings(config, **ADAM)
    state = {}
    if "m" in c:
        state = {"step": torch.tensor(float(c["t"])), "exp_avg": c["m"].clone(), "exp_avg_sq": c["v"].clone()}

    def rule(params):
        return torch.optim.Adam(params, lr=c["learning_rate"], betas=(c["beta1"], c["beta2"]), eps=c["epsilon"])

    return by_torch_optim(rule, w, gradients, **state)


def adam_step(
    w, dw, config, *, advance=True, correct=True, late=False, linear=False, under_the_root=False, square=True
):
    """A step of Adam in which one thing is different."""
    config = settings(config, **ADAM, m=torch.zeros_like(w), v=torch.zeros_like(w))
    beta1, beta2, epsilon = config["beta1"], config["beta2"], config["epsilon"]
    t = config["t"] if late else config["t"] + 1
    config["t"] += advance
    config["m"] = beta1 * config["m"] + (1 - beta1) * dw
    config["v"] = beta2 * config["v"] + (1 - beta2) * (dw * dw if square else dw)
    m, v = config["m"], config["v"]
    if linear:
        m, v = m / (1 - beta1 * t), v / (1 - beta2 * t)
    elif correct:
        m, v = m / (1 - beta1**t), v / (1 - beta2**t)
    root = (v + epsilon).sqrt() if under_the_root else v.sqrt() + epsilon
    return w - config["learning_rate"] * m / root, config


@adam.alternative
def corrections_in_the_step(ref, w, dw, config=None):
    config = settings(config, **ADAM, m=torch.zeros_like(w), v=torch.zeros_like(w))
    config["t"] += 1
    config["m"] = torch.lerp(dw, config["m"], config["beta1"])
    config["v"] = torch.lerp(dw**2, config["v"], config["beta2"])
    root = config["v"].sqrt() / math.sqrt(1 - config["beta2"] ** config["t"]) + config["epsilon"]
    rate = config["learning_rate"] / (1 - config["beta1"] ** config["t"])
    return w.addcdiv(config["m"], root, value=-rate), config


@adam.misconception("The averages are not corrected for beginning at 0.")
def no_bias_correction(ref, w, dw, config=None):
    return adam_step(w, dw, config, correct=False)


@adam.misconception("t is not advanced in the config, so that every step is corrected as if it came first.")
def t_stands_still(ref, w, dw, config=None):
    return adam_step(w, dw, config, advance=False)


@adam.misconception("t is advanced after it is used: the first step is corrected with t = 0.")
def t_advanced_late(ref, w, dw, config=None):
    return adam_step(w, dw, config, late=True)


@adam.misconception("epsilon is added under the root; it is added to the root.")
def adams_epsilon_under_the_root(ref, w, dw, config=None):
    return adam_step(w, dw, config, under_the_root=True)


@adam.misconception("The corrections multiply beta by t; beta is raised to the power of t.")
def beta_times_t(ref, w, dw, config=None):
    return adam_step(w, dw, config, linear=True)


@adam.misconception("beta1 and beta2 have changed places.")
def betas_swapped(ref, w, dw, config=None):
    config = settings(config, **ADAM)
    swapped = {**config, "beta1": config["beta2"], "beta2": config["beta1"]}
    w, swapped = ref.adam(w, dw, swapped)
    return w, {**swapped, "beta1": config["beta1"], "beta2": config["beta2"]}


@adam.misconception("The second average is one of gradients; it is one of their squares.")
def gradient_not_squared(ref, w, dw, config=None):
    return adam_step(w, dw, config, square=False)


@adam.misconception("The averages are not kept for the next step.")
def averages_forgotten(ref, w, dw, config=None):
    config = settings(config, **ADAM, m=torch.zeros_like(w), v=torch.zeros_like(w))
    return ref.adam(w, dw, dict(config))[0], {**config, "t": config["t"] + 1}


# == fully_connected_networks: dropout ================================================================================


@dropout_forward.case
def three_quarters_dropped(draw):
    return dict(x=draw.normal(50, 80, away=0.1), p=0.75, mode="train")


@dropout_forward.case
def hidden_test_mode(draw):
    return dict(x=draw.normal(7, 9, away=0.1), p=0.6, mode="test")


@dropout_forward.case(worth=0.2)
def nothing_dropped(draw):
    return dict(x=draw.normal(8, 6, away=0.1), p=0.0, mode="train")


@dropout_forward.case(worth=0.1)
def a_strided_input(draw):
    return dict(x=draw.strided(draw.normal(40, 50, away=0.1)), p=0.25, mode="train")


@dropout_forward.oracle
def dropout_by_the_library(ref, x, p, mode):
    dropout = torch.nn.functional.dropout
    return {"out": dropout(x, p, training=mode == "train"), "again": dropout(x, p, training=mode == "train")}


@dropout_forward.alternative
def by_bernoulli(ref, x, dropout_param):
    p = dropout_param["p"]
    if dropout_param["mode"] == "test":
        return x.clone(), (dropout_param, None)
    mask = torch.bernoulli(torch.full_like(x, 1 - p)) / (1 - p)
    return mask * x, (dropout_param, mask)


def masked(x, dropout_param, keep, scale, shape=None):
    """Dropout that keeps with this probability and multiplies by this scale."""
    if dropout_param["mode"] == "test":
        return x, (dropout_param, None)
    mask = (torch.rand(shape or x.shape) < keep).to(x.dtype) * scale
    return x * mask, (dropout_param, mask.expand(x.shape))


@dropout_forward.misconception("p is taken for the probability to keep a number; it is the one to drop it.")
def p_keeps(ref, x, dropout_param):
    return ref.Dropout.forward(x, {**dropout_param, "p": 1 - dropout_param["p"]})


@dropout_forward.misconception("The numbers that are kept are not scaled up.")
def kept_not_scaled(ref, x, dropout_param):
    return masked(x, dropout_param, 1 - dropout_param["p"], 1)


@dropout_forward.misconception("Kept numbers are divided by p instead of 1 - p, which is the same for p = 0.5 only.")
def divided_by_p(ref, x, dropout_param):
    p = dropout_param["p"]
    return masked(x, dropout_param, 1 - p, 1 / p if p else math.inf)


@dropout_forward.misconception("Kept numbers are multiplied by 1 - p instead of divided by it.")
def multiplied_by_the_keep_probability(ref, x, dropout_param):
    return masked(x, dropout_param, 1 - dropout_param["p"], 1 - dropout_param["p"])


@dropout_forward.misconception("The output is scaled in test mode, where inverted dropout leaves x alone.")
def scaled_at_test_time(ref, x, dropout_param):
    out, cache = ref.Dropout.forward(x, dropout_param)
    return (out * (1 - dropout_param["p"]) if dropout_param["mode"] == "test" else out), cache


@dropout_forward.misconception("Numbers are dropped in test mode too.")
def dropped_in_test_mode(ref, x, dropout_param):
    return ref.Dropout.forward(x, {**dropout_param, "mode": "train"})


@dropout_forward.misconception("One mask is drawn for all examples, so that they lose the same numbers.")
def one_mask_for_all(ref, x, dropout_param):
    p = dropout_param["p"]
    return masked(x, dropout_param, 1 - p, 1 / (1 - p), shape=x.shape[1:])


@dropout_forward.misconception("Whole examples are dropped instead of single numbers.")
def whole_examples(ref, x, dropout_param):
    p = dropout_param["p"]
    return masked(x, dropout_param, 1 - p, 1 / (1 - p), shape=(len(x), 1))


@dropout_forward.misconception("The same mask is drawn at every call, though no seed is given.")
def always_the_same_mask(ref, x, dropout_param):
    return ref.Dropout.forward(x, {**dropout_param, "seed": 0})


@dropout_backward.case
def back_through_most_dropped(draw):
    return dict(x=draw.normal(30, 20, away=0.1), dout=draw.normal(30, 20, away=0.1), p=0.75, mode="train")


@dropout_backward.case(worth=0.2)
def back_through_nothing_dropped(draw):
    return dict(x=draw.normal(5, 6, away=0.1), dout=draw.normal(5, 6, away=0.1), p=0.0, mode="train")


@dropout_backward.case
def back_through_test_mode(draw):
    return dict(x=draw.normal(5, 6, away=0.1), dout=draw.normal(5, 6, away=0.1), p=0.25, mode="test")


@dropout_backward.oracle
def dropout_back_by_autograd(ref, x, dout, p, mode):
    (x,) = leaves(x)
    out = torch.nn.functional.dropout(x, p, training=mode == "train")
    return {"out": out.detach(), "dx": gradients(out, dout, x)[0]}


@dropout_backward.alternative
def by_the_sign_of_the_mask(ref, dout, cache):
    dropout_param, mask = cache
    if mask is None:
        return dout.clone()
    return torch.where(mask > 0, dout / (1 - dropout_param["p"]), 0.0)


@dropout_backward.misconception("The gradient is masked and not scaled up as the output was.")
def gradient_not_scaled(ref, dout, cache):
    return dout if cache[1] is None else dout * (cache[1] > 0)


@dropout_backward.misconception("The gradient passes everywhere, also where numbers were dropped.")
def gradient_not_masked(ref, dout, cache):
    return dout


@dropout_backward.misconception("A new mask is drawn on the way back.")
def another_mask(ref, dout, cache):
    return ref.Dropout.forward(dout, cache[0])[0]


@dropout_backward.misconception("In test mode the gradient is 0; there everything was let through.")
def nothing_back_in_test_mode(ref, dout, cache):
    return torch.zeros_like(dout) if cache[1] is None else dout * cache[1]


dropout_forward.equivalent(
    "mask = (torch.rand_like(x) > p) / (1 - p)", "a random number equals p once in 2 ** 53 times, or 2 ** 24 in float32"
)


# == convolutional_networks: convolution ==============================================================================

# -- Conv.forward -----------------------------------------------------------------------------------------------------


@conv_forward.case
def a_larger_image(draw):
    return images_and_filters(draw, (3, 2, 9, 9), (5, 3, 3), stride=2, pad=1)


@conv_forward.case(worth=0.3)
def not_square(draw):
    return images_and_filters(draw, (2, 3, 5, 8), (4, 3, 2), stride=1, pad=1)


@conv_forward.case(worth=0.2)
def a_stride_that_leaves_a_remainder(draw):
    return images_and_filters(draw, (2, 2, 7, 8), (3, 2, 3), stride=3, pad=0)


@conv_forward.case(worth=0.2)
def padded_twice(draw):
    return images_and_filters(draw, (2, 2, 5, 4), (3, 5, 5), stride=1, pad=2)


@conv_forward.case(worth=0.2)
def one_of_everything(draw):
    """One image, one channel, one filter"""
    return images_and_filters(draw, (1, 1, 5, 6), (1, 3, 3), stride=1, pad=0)


@conv_forward.case(worth=0.1)
def one_pixel_filters(draw):
    return images_and_filters(draw, (2, 4, 3, 3), (5, 1, 1), stride=1, pad=0)


@conv_forward.case(worth=0.1)
def filters_as_large_as_the_image(draw):
    return images_and_filters(draw, (3, 2, 4, 5), (3, 4, 5), stride=1, pad=0)


@conv_forward.case(worth=0.1)
def images_that_are_not_contiguous(draw):
    inputs = images_and_filters(draw, (2, 3, 6, 5), (4, 3, 3), stride=1, pad=1)
    return dict(inputs, x=draw.strided(inputs["x"]), w=draw.strided(inputs["w"]))


@conv_forward.case(worth=0.1)
def large_pixels(draw):
    return images_and_filters(draw, (2, 3, 6, 6), (2, 3, 3), stride=1, pad=1, scale=1e8)


@conv_forward.oracle
def convolution_by_the_library(ref, x, w, b, stride, pad):
    return {"out": torch.nn.functional.conv2d(x, w, b, stride=stride, padding=pad)}


def padded_image(x, pad):
    return torch.nn.functional.pad(x, (pad, pad, pad, pad))


def output_size(x, w, stride, pad):
    return 1 + (x.shape[2] + 2 * pad - w.shape[2]) // stride, 1 + (x.shape[3] + 2 * pad - w.shape[3]) // stride


def step(i, j, size, stride):
    """The pixels that tap (i, j) of a filter meets."""
    return (..., slice(i, i + stride * size[0], stride), slice(j, j + stride * size[1], stride))


@conv_forward.alternative
def one_tap_at_a_time(ref, x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    size, xp = output_size(x, w, stride, pad), padded_image(x, pad)
    out = b[None, :, None, None]
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            out = out + torch.einsum("nchw,fc->nfhw", xp[step(i, j, size, stride)], w[:, :, i, j])
    return out, ref.Conv.forward(x, w, b, conv_param)[1]


@conv_forward.naive
def one_output_at_a_time(ref, x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    (H_out, W_out), xp = output_size(x, w, stride, pad), padded_image(x, pad)
    out = x.new_zeros(x.shape[0], w.shape[0], H_out, W_out)
    for n in range(x.shape[0]):
        for f in range(w.shape[0]):
            for i in range(H_out):
                for j in range(W_out):
                    window = xp[n, :, i * stride : i * stride + w.shape[2], j * stride : j * stride + w.shape[3]]
                    out[n, f, i, j] = (window * w[f]).sum() + b[f]
    return out, ref.Conv.forward(x, w, b, conv_param)[1]


@conv_forward.misconception(
    "The filters are flipped, as in a mathematical convolution; here they are laid on as they are."
)
def filters_flipped(ref, x, w, b, conv_param):
    return ref.Conv.forward(x, w.flip(2, 3), b, conv_param)


@conv_forward.misconception("The bias is added once for every tap of a filter instead of once for every window.")
def bias_for_every_tap(ref, x, w, b, conv_param):
    return ref.Conv.forward(x, w, b * w.shape[2] * w.shape[3], conv_param)


@conv_forward.misconception("The bias is added once for every channel instead of once for every window.")
def bias_for_every_channel(ref, x, w, b, conv_param):
    return ref.Conv.forward(x, w, b * w.shape[1], conv_param)


@conv_forward.misconception("The bias is left out.")
def convolution_without_bias(ref, x, w, b, conv_param):
    return ref.Conv.forward(x, w, torch.zeros_like(b), conv_param)


@conv_forward.misconception("The stride is used for the size of the output only: the windows stand next to each other.")
def windows_not_strided(ref, x, w, b, conv_param):
    size = output_size(x, w, conv_param["stride"], conv_param["pad"])
    out, cache = ref.Conv.forward(x, w, b, {**conv_param, "stride": 1})
    return out[:, :, : size[0], : size[1]], cache


@conv_forward.misconception("The image is padded at the bottom and on the right only, with twice as many zeros.")
def padded_on_one_side(ref, x, w, b, conv_param):
    pad = 2 * conv_param["pad"]
    return ref.Conv.forward(torch.nn.functional.pad(x, (0, pad, 0, pad)), w, b, {**conv_param, "pad": 0})


@conv_forward.misconception("The image is padded with copies of its border instead of zeros.")
def padded_with_the_border(ref, x, w, b, conv_param):
    pad = conv_param["pad"]
    xp = torch.nn.functional.pad(x, (pad, pad, pad, pad), mode="replicate")
    return ref.Conv.forward(xp, w, b, {**conv_param, "pad": 0})


@conv_forward.misconception("Height and width of the filter are confused.")
def filter_sizes_swapped(ref, x, w, b, conv_param):
    return ref.Conv.forward(x, w.reshape(*w.shape[:2], w.shape[3], w.shape[2]), b, conv_param)


@conv_forward.misconception("The image is taken for square: the output is as wide as it is high.")
def taken_for_square(ref, x, w, b, conv_param):
    out, cache = ref.Conv.forward(x, w, b, conv_param)
    square = out.new_zeros(*out.shape[:3], out.shape[2])
    width = min(out.shape[2], out.shape[3])
    square[..., :width] = out[..., :width]
    return square, cache


@conv_forward.misconception("The size of the output is rounded up: windows that do not fit into the image count too.")
def size_rounded_up(ref, x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    more = [(w.shape[k] - x.shape[k] - 2 * pad) % stride for k in (2, 3)]
    xp = torch.nn.functional.pad(padded_image(x, pad), (0, more[1], 0, more[0]))
    return ref.Conv.forward(xp, w, b, {"stride": stride, "pad": 0})


# -- Conv.backward ----------------------------------------------------------------------------------------------------


@conv_backward.case
def a_larger_image_back(draw):
    return and_a_gradient(draw, (3, 2, 9, 9), (5, 3, 3), stride=2, pad=1)


@conv_backward.case(worth=0.2)
def another_without_padding(draw):
    return and_a_gradient(draw, (3, 2, 7, 6), (2, 3, 3), stride=1, pad=0)


@conv_backward.case(worth=0.2)
def not_square_back(draw):
    return and_a_gradient(draw, (2, 3, 5, 8), (4, 3, 2), stride=1, pad=1)


@conv_backward.case(worth=0.2)
def a_remainder_back(draw):
    """A stride that leaves a remainder"""
    return and_a_gradient(draw, (2, 2, 8, 9), (3, 3, 3), stride=3, pad=1)


@conv_backward.case(worth=0.2)
def padded_twice_back(draw):
    return and_a_gradient(draw, (2, 2, 5, 4), (3, 5, 5), stride=1, pad=2)


@conv_backward.case(worth=0.2)
def one_of_everything_back(draw):
    """One image, one channel, one filter"""
    return and_a_gradient(draw, (1, 1, 5, 6), (1, 3, 3), stride=1, pad=1)


@conv_backward.case(worth=0.1)
def one_pixel_filters_back(draw):
    return and_a_gradient(draw, (2, 4, 3, 3), (5, 1, 1), stride=1, pad=1)


@conv_backward.case(worth=0.1)
def a_gradient_that_is_not_contiguous(draw):
    inputs = and_a_gradient(draw, (2, 3, 6, 5), (4, 3, 3), stride=1, pad=1)
    return dict(inputs, x=draw.strided(inputs["x"]), dout=draw.strided(inputs["dout"]))


@conv_backward.case(worth=0.1)
def tiny_gradients_back(draw):
    return and_a_gradient(draw, (2, 3, 6, 6), (2, 3, 3), stride=1, pad=1, scale=1e-9)


@conv_backward.oracle
def convolution_by_autograd(ref, x, w, b, dout, stride, pad):
    x, w, b = leaves(x, w, b)
    out = torch.nn.functional.conv2d(x, w, b, stride=stride, padding=pad)
    return dict(zip(("dx", "dw", "db"), gradients(out, dout, x, w, b), strict=True))


# The cache of the reference is (columns, shape of x, w, stride, pad).
def windows_of(cache):
    """The columns as windows (N, C, HH, WW, H', W')."""
    columns, shape, w, stride, pad = cache
    size = 1 + (shape[2] + 2 * pad - w.shape[2]) // stride, 1 + (shape[3] + 2 * pad - w.shape[3]) // stride
    return columns.reshape(shape[0], *w.shape[1:], *size)


def with_margin(ref, dout, cache):
    """dx with its padding, by asking the reference for a larger image without padding."""
    columns, (N, C, H, W), w, stride, pad = cache
    return ref.Conv.backward(dout, (columns, (N, C, H + 2 * pad, W + 2 * pad), w, stride, 0))


@conv_backward.alternative
def both_by_taps(ref, dout, cache):
    windows, (N, C, H, W), w, stride, pad = windows_of(cache), *cache[1:]
    dx, dw = dout.new_zeros(N, C, H + 2 * pad, W + 2 * pad), torch.empty_like(w)
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            dw[:, :, i, j] = torch.einsum("nfhw,nchw->fc", dout, windows[:, :, i, j])
            dx[step(i, j, dout.shape[2:], stride)] += torch.einsum("nfhw,fc->nchw", dout, w[:, :, i, j])
    return dx[:, :, pad : pad + H, pad : pad + W], dw, torch.einsum("nfhw->f", dout)


@conv_backward.naive
def one_gradient_at_a_time(ref, dout, cache):
    windows, (N, C, H, W), w, stride, pad = windows_of(cache), *cache[1:]
    dx, dw = dout.new_zeros(N, C, H + 2 * pad, W + 2 * pad), torch.zeros_like(w)
    for n in range(N):
        for f in range(w.shape[0]):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    dw[f] += dout[n, f, i, j] * windows[n, :, :, :, i, j]
                    at = (slice(i * stride, i * stride + w.shape[2]), slice(j * stride, j * stride + w.shape[3]))
                    dx[n, :, at[0], at[1]] += dout[n, f, i, j] * w[f]
    return dx[:, :, pad : pad + H, pad : pad + W], dw, dout.sum(dim=(0, 2, 3))


@conv_backward.misconception("Without padding dx is empty: cutting from 0 to minus 0 leaves nothing.")
def empty_without_padding(ref, dout, cache):
    dx, dw, db = ref.Conv.backward(dout, cache)
    return (dx if cache[4] else dx[:, :, 0:0, 0:0]), dw, db


@conv_backward.misconception("dx still has its padding.")
def padding_not_removed(ref, dout, cache):
    return with_margin(ref, dout, cache)


@conv_backward.misconception("The padding is removed from the wrong side: dx is cut from the top left corner on.")
def padding_removed_on_one_side(ref, dout, cache):
    (_, _, H, W), (dx, dw, db) = cache[1], with_margin(ref, dout, cache)
    return dx[:, :, :H, :W], dw, db


@conv_backward.misconception("Where windows overlap, the last one overwrites dx instead of being added.")
def overlaps_overwritten(ref, dout, cache):
    (N, C, H, W), w, stride, pad = cache[1:]
    dx = dout.new_zeros(N, C, H + 2 * pad, W + 2 * pad)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            at = (..., slice(i * stride, i * stride + w.shape[2]), slice(j * stride, j * stride + w.shape[3]))
            dx[at] = torch.einsum("nf,fchw->nchw", dout[:, :, i, j], w)
    _, dw, db = ref.Conv.backward(dout, cache)
    return dx[:, :, pad : pad + H, pad : pad + W], dw, db


@conv_backward.misconception("dw is summed over the channels of x too, so that it is the same for all of them.")
def dw_summed_over_channels(ref, dout, cache):
    dx, dw, db = ref.Conv.backward(dout, cache)
    return dx, dw.sum(dim=1, keepdim=True).expand_as(dw), db


@conv_backward.misconception("dw is that of the last image only: it is assigned where it has to be added up.")
def dw_of_the_last_image(ref, dout, cache):
    dx, _, db = ref.Conv.backward(dout, cache)
    return dx, torch.einsum("fhw,cijhw->fcij", dout[-1], windows_of(cache)[-1]), db


@conv_backward.misconception("dw is averaged over the images; every image adds to it.")
def dw_averaged(ref, dout, cache):
    dx, dw, db = ref.Conv.backward(dout, cache)
    return dx, dw / len(dout), db


@conv_backward.misconception("dx is made with the filters flipped.")
def flipped_for_dx(ref, dout, cache):
    columns, shape, w, *rest = cache
    dx, _, _ = ref.Conv.backward(dout, (columns, shape, w.flip(2, 3), *rest))
    return dx, *ref.Conv.backward(dout, cache)[1:]


@conv_backward.misconception("dw is flipped.")
def dw_flipped(ref, dout, cache):
    dx, dw, db = ref.Conv.backward(dout, cache)
    return dx, dw.flip(2, 3), db


@conv_backward.misconception("The stride is forgotten on the way back: dx is spread as if it were 1.")
def stride_forgotten(ref, dout, cache):
    columns, shape, w, _, pad = cache
    _, dw, db = ref.Conv.backward(dout, cache)
    unstrided = 1 + shape[2] + 2 * pad - w.shape[2], 1 + shape[3] + 2 * pad - w.shape[3]
    spread = dout.new_zeros(*dout.shape[:2], *unstrided)
    spread[:, :, : dout.shape[2], : dout.shape[3]] = dout
    none = columns.new_zeros(len(dout), columns.shape[1], unstrided[0] * unstrided[1])
    return ref.Conv.backward(spread, (none, shape, w, 1, pad))[0], dw, db


@conv_backward.misconception("db is averaged over images and windows instead of summed.")
def db_of_a_mean(ref, dout, cache):
    dx, dw, _ = ref.Conv.backward(dout, cache)
    return dx, dw, dout.mean(dim=(0, 2, 3))


@conv_backward.misconception("db is summed over the images only, so that it still has the size of the output.")
def db_summed_over_images_only(ref, dout, cache):
    dx, dw, _ = ref.Conv.backward(dout, cache)
    return dx, dw, dout.sum(dim=0)


conv_backward.equivalent(
    "dw = (dscores @ columns.transpose(2, 1)).sum(dim=0).reshape(w.shape)", "the same two axes change places"
)
for size in ("H + 3 * pad, W + 2 * pad", "H + 2 * pad, W + 3 * pad"):
    conv_backward.equivalent(f"dx = dout.new_zeros(N, C, {size})", "a wider margin is cut off in the end")


# == convolutional_networks: pooling ==================================================================================


@max_pool_forward.case
def larger_images_to_pool(draw):
    return images_to_pool(draw, (3, 2, 6, 8), 2, 2, 2)


@max_pool_forward.case(worth=0.3)
def windows_that_are_not_square(draw):
    return images_to_pool(draw, (2, 3, 6, 7), 3, 2, 2)


@max_pool_forward.case(worth=0.2)
def windows_that_leave_a_remainder(draw):
    return images_to_pool(draw, (2, 2, 7, 5), 2, 2, 2)


@max_pool_forward.case(worth=0.2)
def windows_with_gaps(draw):
    return images_to_pool(draw, (2, 2, 8, 8), 2, 2, 3)


@max_pool_forward.case(worth=0.1)
def windows_of_one_pixel(draw):
    return images_to_pool(draw, (2, 3, 4, 5), 1, 1, 1)


@max_pool_forward.case(worth=0.1)
def one_window(draw):
    """One image, one channel, one window"""
    return images_to_pool(draw, (1, 1, 4, 3), 4, 3, 1)


@max_pool_forward.case(worth=0.2)
def nothing_above_zero(draw):
    inputs = images_to_pool(draw, (2, 2, 5, 5), 3, 3, 1)
    return dict(inputs, x=inputs["x"] - 10)


@max_pool_forward.case(worth=0.1)
def pooling_of_strided_images(draw):
    inputs = images_to_pool(draw, (2, 3, 4, 6), 2, 2, 2)
    return dict(inputs, x=draw.strided(inputs["x"]))


@max_pool_forward.oracle
def pooling_by_the_library(ref, x, pool_height, pool_width, stride):
    return {"out": torch.nn.functional.max_pool2d(x, (pool_height, pool_width), stride=stride)}


def pooled_size(x, p):
    return tuple(1 + (x.shape[k] - p[size]) // p["stride"] for k, size in ((2, "pool_height"), (3, "pool_width")))


@max_pool_forward.alternative
def maximum_of_taps(ref, x, pool_param):
    size, out = pooled_size(x, pool_param), None
    for i in range(pool_param["pool_height"]):
        for j in range(pool_param["pool_width"]):
            tap = x[step(i, j, size, pool_param["stride"])]
            out = tap if out is None else torch.maximum(out, tap)
    return out, ref.MaxPool.forward(x, pool_param)[1]


def changed_pool(ref, x, pool_param, **changes):
    """The reference's pooling under other parameters."""
    return ref.MaxPool.forward(x, {**pool_param, **changes})


@max_pool_forward.misconception("The mean of every window is taken instead of its maximum.")
def mean_of_windows(ref, x, pool_param):
    p = pool_param
    windows = x.unfold(2, p["pool_height"], p["stride"]).unfold(3, p["pool_width"], p["stride"])
    return windows.mean(dim=(4, 5)), ref.MaxPool.forward(x, pool_param)[1]


@max_pool_forward.misconception("pool_height and pool_width are confused.")
def pool_sizes_swapped(ref, x, pool_param):
    return changed_pool(ref, x, pool_param, pool_height=pool_param["pool_width"], pool_width=pool_param["pool_height"])


@max_pool_forward.misconception("Windows are taken next to each other: the stride is ignored.")
def stride_is_the_window(ref, x, pool_param):
    p = pool_param
    windows = x.unfold(2, p["pool_height"], p["pool_height"]).unfold(3, p["pool_width"], p["pool_width"])
    return windows.amax(dim=(4, 5)), ref.MaxPool.forward(x, pool_param)[1]


@max_pool_forward.misconception("The maximum begins at 0, so that windows without a positive number give 0.")
def maximum_begins_at_zero(ref, x, pool_param):
    out, cache = ref.MaxPool.forward(x, pool_param)
    return out.clamp(min=0), cache


@max_pool_forward.misconception("The size of the output is rounded up: windows that hang over the border count too.")
def pooled_size_rounded_up(ref, x, pool_param):
    p = pool_param
    more = [(p[size] - x.shape[k]) % p["stride"] for k, size in ((2, "pool_height"), (3, "pool_width"))]
    xp = torch.nn.functional.pad(x, (0, more[1], 0, more[0]), value=-math.inf)
    return ref.MaxPool.forward(xp, pool_param)


@max_pool_backward.case
def larger_images_to_pool_back(draw):
    return and_a_gradient_to_spread(draw, (3, 2, 6, 8), 2, 2, 2)


@max_pool_backward.case(worth=0.2)
def more_windows_that_overlap(draw):
    return and_a_gradient_to_spread(draw, (2, 3, 7, 6), 3, 3, 2)


@max_pool_backward.case(worth=0.2)
def overlapping_and_not_square(draw):
    return and_a_gradient_to_spread(draw, (2, 2, 6, 7), 3, 2, 1)


@max_pool_backward.case(worth=0.2)
def a_remainder_to_pool_back(draw):
    return and_a_gradient_to_spread(draw, (2, 2, 7, 5), 2, 2, 2)


@max_pool_backward.case(worth=0.1)
def gaps_to_pool_back(draw):
    return and_a_gradient_to_spread(draw, (2, 2, 8, 8), 2, 2, 3)


@max_pool_backward.case(worth=0.1)
def one_pixel_to_pool_back(draw):
    return and_a_gradient_to_spread(draw, (2, 3, 4, 5), 1, 1, 1)


@max_pool_backward.case(worth=0.1)
def one_window_to_pool_back(draw):
    return and_a_gradient_to_spread(draw, (1, 1, 4, 3), 4, 3, 1)


@max_pool_backward.case(worth=0.1)
def a_strided_gradient_to_pool_back(draw):
    inputs = and_a_gradient_to_spread(draw, (2, 3, 4, 6), 2, 2, 2)
    return dict(inputs, x=draw.strided(inputs["x"]), dout=draw.strided(inputs["dout"]))


@max_pool_backward.oracle
def pooling_by_autograd(ref, x, dout, pool_height, pool_width, stride):
    (x,) = leaves(x)
    out = torch.nn.functional.max_pool2d(x, (pool_height, pool_width), stride=stride)
    return {"dx": gradients(out, dout, x)[0]}


# The cache of the reference is (argmax, shape of x, pool_param).
def each_window(dout, cache):
    """For every window: its place in dout and in x, and where its maximum is, one-hot."""
    argmax, _, p = cache
    height, width, stride = p["pool_height"], p["pool_width"], p["stride"]
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            at = (..., slice(i * stride, i * stride + height), slice(j * stride, j * stride + width))
            chosen = torch.nn.functional.one_hot(argmax[:, :, i, j], height * width).unflatten(2, (height, width))
            yield (..., slice(i, i + 1), slice(j, j + 1)), at, chosen


@max_pool_backward.alternative
def one_window_at_a_time(ref, dout, cache):
    dx = dout.new_zeros(cache[1])
    for here, at, chosen in each_window(dout, cache):
        dx[at] += dout[here] * chosen
    return dx


@max_pool_backward.misconception("Where windows overlap, the last one overwrites dx instead of being added.")
def windows_overwritten(ref, dout, cache):
    dx = dout.new_zeros(cache[1])
    for here, at, chosen in each_window(dout, cache):
        dx[at] = dout[here] * chosen
    return dx


@max_pool_backward.misconception(
    "A number that is the largest of several windows gets the gradient of the last one only."
)
def maxima_overwritten(ref, dout, cache):
    dx = dout.new_zeros(cache[1])
    for here, at, chosen in each_window(dout, cache):
        dx[at] = torch.where(chosen > 0, dout[here], dx[at])
    return dx


@max_pool_backward.misconception("The gradient is spread evenly over the window; only its maximum has an influence.")
def spread_evenly(ref, dout, cache):
    dx = dout.new_zeros(cache[1])
    for here, at, chosen in each_window(dout, cache):
        dx[at] += dout[here].expand(chosen.shape) / (chosen.shape[2] * chosen.shape[3])
    return dx


@max_pool_backward.misconception("The whole window gets the gradient; only its maximum has an influence.")
def the_whole_window(ref, dout, cache):
    dx = dout.new_zeros(cache[1])
    for here, at, chosen in each_window(dout, cache):
        dx[at] += dout[here].expand(chosen.shape)
    return dx


@max_pool_backward.misconception("The places where a maximum is get a 1: the gradient from above is not passed on.")
def dout_left_out(ref, dout, cache):
    return ref.MaxPool.backward(torch.ones_like(dout), cache)


@max_pool_backward.misconception(
    "Rows and columns within a window are confused: the transposed place gets the gradient."
)
def transposed_in_the_window(ref, dout, cache):
    argmax, shape, p = cache
    row, column = argmax // p["pool_width"], argmax % p["pool_width"]
    return ref.MaxPool.backward(dout, (column * p["pool_height"] + row, shape, p))


# == convolutional_networks: networks =================================================================================

# -- ThreeLayerConvNet ------------------------------------------------------------------------------------------------


@three_layer_conv_init.case
def another_shape(draw):
    sizes = dict(num_filters=25, filter_size=3, hidden_dim=20, num_classes=30)
    return dict(input_dims=[4, 6, 12], **sizes, weight_scale=draw.number(0.1, 0.4))


@three_layer_conv_init.case(worth=0.2)
def an_odd_image(draw):
    sizes = dict(num_filters=25, filter_size=7, hidden_dim=20, num_classes=30)
    return dict(input_dims=[1, 7, 9], **sizes, weight_scale=0.2)


@three_layer_conv_init.oracle
def three_layers_by_the_library(ref, input_dims, num_filters, filter_size, hidden_dim, num_classes, weight_scale):
    C, H, W = input_dims
    params = layers_of([num_filters * (H // 2) * (W // 2), hidden_dim, num_classes], weight_scale)
    params = {f"{name[0]}{int(name[1]) + 1}": value for name, value in params.items()}
    filters = normal(num_filters, C, filter_size, filter_size, deviation=weight_scale)
    return {"params": {**params, "W1": filters, "b1": torch.zeros(num_filters, dtype=torch.float64)}}


declare_wrong_beginnings(three_layer_conv_init, "ThreeLayerConvNet")


@three_layer_conv_init.misconception("The second layer's size forgets the pooling: it expects H W numbers per filter.")
def pooling_forgotten(ref, self, *args, **kwargs):
    ref.ThreeLayerConvNet.__init__(self, *args, **kwargs)
    _, H, W = kwargs["input_dims"]
    w = self.params["W2"]
    self.params["W2"] = kwargs["weight_scale"] * w.new_empty(kwargs["num_filters"] * H * W, w.shape[1]).normal_()


@three_layer_conv_loss.case
def another_conv_net(draw):
    return conv_net(draw, (5, 3, 8, 6), 6, 5, 9, 4, reg=0.2)


@three_layer_conv_loss.case(worth=0.2)
def odd_images(draw):
    return conv_net(draw, (3, 2, 7, 5), 4, 3, 6, 5, reg=0.1)


@three_layer_conv_loss.case(worth=0.2)
def one_grey_image(draw):
    return conv_net(draw, (1, 1, 6, 4), 3, 3, 5, 4, reg=0.1)


@three_layer_conv_loss.case(worth=0.1)
def one_pixel_taps(draw):
    return conv_net(draw, (2, 3, 4, 4), 4, 1, 6, 5, reg=0.1)


@three_layer_conv_loss.case(worth=0.1)
def bright_images(draw):
    return conv_net(draw, (3, 2, 6, 6), 4, 3, 7, 5, reg=0.1, scale=1e4)


@three_layer_conv_loss.oracle
def conv_net_by_autograd(ref, X, y, W1, b1, W2, b2, W3, b3, reg):
    def scores(p, X):
        features = torch.relu(torch.nn.functional.conv2d(X, p["W1"], p["b1"], padding=W1.shape[2] // 2))
        hidden = torch.nn.functional.max_pool2d(features, 2).flatten(1) @ p["W2"] + p["b2"]
        return torch.relu(hidden) @ p["W3"] + p["b3"]

    return by_autograd_of(scores, {"W1": W1, "b1": b1, "W2": W2, "b2": b2, "W3": W3, "b3": b3}, X, y, reg)


def shallow_loss(ref, self, X, y, *, conv_relu=True, hidden_relu=True, scores_relu=False):
    """The loss of ThreeLayerConvNet from the layers that students write, with a ReLU forgotten or one too many."""
    p = self.params
    out, conv_cache = ref.Conv.forward(X, p["W1"], p["b1"], {"stride": 1, "pad": (p["W1"].shape[2] - 1) // 2})
    out, conv_relu_cache = ref.ReLU.forward(out) if conv_relu else (out, None)
    out, pool_cache = ref.MaxPool.forward(out, {"pool_height": 2, "pool_width": 2, "stride": 2})
    out, hidden_cache = ref.Linear.forward(out, p["W2"], p["b2"])
    out, hidden_relu_cache = ref.ReLU.forward(out) if hidden_relu else (out, None)
    out, scores_cache = ref.Linear.forward(out, p["W3"], p["b3"])
    out, scores_relu_cache = ref.ReLU.forward(out) if scores_relu else (out, None)
    if y is None:
        return out
    loss, dout = ref.softmax_loss(out, y)
    loss, grads = loss + self.reg * l2_of(p, weights_of(p)), {}
    dout = ref.ReLU.backward(dout, scores_relu_cache) if scores_relu else dout
    dout, grads["W3"], grads["b3"] = ref.Linear.backward(dout, scores_cache)
    dout = ref.ReLU.backward(dout, hidden_relu_cache) if hidden_relu else dout
    dout, grads["W2"], grads["b2"] = ref.Linear.backward(dout, hidden_cache)
    dout = ref.MaxPool.backward(dout, pool_cache)
    dout = ref.ReLU.backward(dout, conv_relu_cache) if conv_relu else dout
    _, grads["W1"], grads["b1"] = ref.Conv.backward(dout, conv_cache)
    return loss, {name: grad + 2 * self.reg * p[name] * (name[0] == "W") for name, grad in grads.items()}


@three_layer_conv_loss.alternative
def from_the_students_layers(ref, self, X, y=None):
    return shallow_loss(ref, self, X, y)


declare_wrong_l2(three_layer_conv_loss, "ThreeLayerConvNet", also=[HALF, LAST, FIRST])


@three_layer_conv_loss.misconception("The ReLU after the hidden linear layer is forgotten.")
def no_relu_in_the_middle(ref, self, X, y=None):
    return shallow_loss(ref, self, X, y, hidden_relu=False)


@three_layer_conv_loss.misconception("The ReLU after the convolution is forgotten.")
def no_relu_after_the_convolution(ref, self, X, y=None):
    return shallow_loss(ref, self, X, y, conv_relu=False)


@three_layer_conv_loss.misconception("A ReLU follows the last layer too, so that no score is negative.")
def relu_after_the_last_layer(ref, self, X, y=None):
    return shallow_loss(ref, self, X, y, scores_relu=True)


# -- DeepConvNet ------------------------------------------------------------------------------------------------------


@deep_conv_init.case
def three_convolutions(draw):
    sizes = dict(input_dims=[3, 8, 12], num_filters=[14, 18, 16], max_pools=[0, 2], num_classes=20)
    return dict(**sizes, batchnorm=False, weight_scale=draw.number(0.1, 0.3))


@deep_conv_init.case(worth=0.4)
def kaiming_without_batchnorm(draw):
    sizes = dict(input_dims=[4, 8, 8], num_filters=[20, 30], max_pools=[1], num_classes=15)
    return dict(**sizes, batchnorm=False, weight_scale="kaiming")


@deep_conv_init.case(worth=0.2)
def no_pooling(draw):
    sizes = dict(input_dims=[1, 5, 6], num_filters=[20], max_pools=[], num_classes=15)
    return dict(**sizes, batchnorm=True, weight_scale=0.1)


@deep_conv_init.oracle
def deep_net_by_the_library(ref, input_dims, num_filters, max_pools, batchnorm, num_classes, weight_scale):
    params = []
    for shape in deep_shapes(input_dims, num_filters, max_pools, num_classes):
        fan_in = math.prod(shape[1:]) if len(shape) == 4 else shape[0]
        params.append(normal(*shape, deviation=math.sqrt(2 / fan_in) if weight_scale == "kaiming" else weight_scale))
    for size in num_filters:
        zeros = torch.zeros(size, dtype=torch.float64)
        params += [zeros, zeros.clone(), zeros + 1] if batchnorm else [zeros]
    return {"params": [*params, torch.zeros(num_classes, dtype=torch.float64)]}


def deep_init(ref, self, kwargs, change):
    """The reference's parameters, each after `change(name, value)`."""
    ref.DeepConvNet.__init__(self, **kwargs)
    self.params = {name: change(name, value) for name, value in self.params.items()}


@deep_conv_init.misconception("The gammas begin at 0; then nothing passes the normalisation.")
def gammas_at_zero(ref, self, **kwargs):
    deep_init(ref, self, kwargs, lambda name, value: value * (not name.startswith("gamma")))


@deep_conv_init.misconception("Biases (or betas) do not begin at 0.")
def biases_not_zero(ref, self, **kwargs):
    deep_init(ref, self, kwargs, lambda name, value: value + 0.01 * name.startswith("b"))


@deep_conv_init.misconception('"kaiming" is not heeded: the weights have a fixed scale.')
def kaiming_not_heeded(ref, self, **kwargs):
    kaiming = kwargs["weight_scale"] == "kaiming"
    deep_init(ref, self, {**kwargs, "weight_scale": 1e-3} if kaiming else kwargs, lambda name, value: value)


@deep_conv_init.misconception("weight_scale is taken for the variance; it is the standard deviation.")
def deep_scale_as_variance(ref, self, **kwargs):
    scale = kwargs["weight_scale"]
    factor = 1.0 if scale == "kaiming" else scale**-0.5
    deep_init(ref, self, kwargs, lambda name, value: value * factor if name[0] == "W" else value)


@deep_conv_init.misconception("The last layer's size forgets the pooling.")
def deep_pooling_forgotten(ref, self, **kwargs):
    ref.DeepConvNet.__init__(self, **kwargs)
    _, H, W = kwargs["input_dims"]
    shape = kwargs["num_filters"][-1] * H * W, kwargs["num_classes"]
    self.params["W"] = torch.randn(shape, dtype=torch.float64)


@deep_conv_init.misconception("There are no gammas and betas, though the net is made with batch normalisation.")
def no_gammas(ref, self, **kwargs):
    ref.DeepConvNet.__init__(self, **{**kwargs, "batchnorm": False})


@deep_conv_loss.case
def three_convolutions_with_l2(draw):
    return deep_net(draw, (4, 2, 8, 12), (4, 5, 6), (0, 1), batchnorm=False, reg=0.2)


@deep_conv_loss.case
def three_normalised_with_l2(draw):
    return deep_net(draw, (5, 3, 8, 8), (6, 4, 5), (1, 2), batchnorm=True, reg=0.1)


@deep_conv_loss.case(worth=0.2)
def layers_of_one_shape(draw):
    return deep_net(draw, (4, 3, 8, 8), (4, 4, 4), (2,), batchnorm=True, reg=0.1)


@deep_conv_loss.case(worth=0.2)
def odd_images_in_depth(draw):
    return deep_net(draw, (3, 2, 7, 9), (4, 5), (0, 1), batchnorm=False, reg=0.1)


@deep_conv_loss.case(worth=0.2)
def no_pooling_at_all(draw):
    return deep_net(draw, (3, 1, 4, 5), (3,), (), batchnorm=True, reg=0.1)


@deep_conv_loss.case(worth=0.1)
def bright_images_in_depth(draw):
    return deep_net(draw, (3, 2, 8, 8), (4, 5), (0, 1), batchnorm=False, reg=0.1, scale=1e4)


@deep_conv_loss.oracle
def deep_net_by_autograd(ref, X, y, X_test, numbers, num_filters, max_pools, batchnorm, num_classes, reg):
    params = {}
    for layer, shape in enumerate(deep_shapes(X.shape[1:], num_filters, max_pools, num_classes)):
        params[f"W{layer}"] = X.new_zeros(shape)
        params[f"b{layer}"] = X.new_zeros(shape[0] if len(shape) == 4 else shape[1])
        if batchnorm and len(shape) == 4:
            params[f"gamma{layer}"] = params[f"beta{layer}"] = params[f"b{layer}"]
    fill_by_shape(params, numbers)
    running = {}

    def scores(p, X, training):
        out = X
        for layer in range(len(num_filters)):
            out = torch.nn.functional.conv2d(out, p[f"W{layer}"], p[f"b{layer}"], padding=1)
            if batchnorm:
                if training:  # the library's running variance is Bessel's, ours is not
                    running[layer] = out.detach().mean((0, 2, 3)) / 10, out.detach().var((0, 2, 3), correction=0) / 10
                norm = (*running[layer], p[f"gamma{layer}"], p[f"beta{layer}"])
                out = torch.nn.functional.batch_norm(out, *[t.clone() for t in norm], training=training, eps=1e-5)
            out = torch.relu(out)
            out = torch.nn.functional.max_pool2d(out, 2) if layer in max_pools else out
        return out.flatten(1) @ p[f"W{len(num_filters)}"] + p[f"b{len(num_filters)}"]

    p = dict(zip(params, leaves(*params.values()), strict=True))
    loss = cross_entropy(scores(p, X, training=True), y)
    loss = loss + reg * sum((value**2).sum() for name, value in p.items() if name[0] == "W")
    grads = dict(zip(p, torch.autograd.grad(loss, p.values()), strict=True))
    moved = {name: params[name] - 0.1 * grads[name] for name in params}
    return {
        "loss": loss.detach(),
        "scores": scores(params, X_test, training=False),
        "gradients": stacked_by_shape(grads.values()),
        "scores_after_a_step": scores(moved, X_test, training=False),
    }


def deep_loss(
    ref, self, X, y, *, relu=True, norm_first=True, train_at_test=False, test_in_training=False, swapped=False, l2=None
):
    """The loss of DeepConvNet from the layers that students write, with one of the things that can go wrong in it.

    `l2`: the names of the parameters in the L2 term."""
    p, out, caches = self.params, X, []
    for bn_param in self.bn_params:
        bn_param["mode"] = "train" if (train_at_test or y is not None) and not test_in_training else "test"
    for layer in range(self.num_layers - 1):
        cache = {}
        out, cache["conv"] = ref.Conv.forward(out, p[f"W{layer}"], p[f"b{layer}"], {"stride": 1, "pad": 1})
        if not norm_first and relu:
            out, cache["relu"] = ref.ReLU.forward(out)
        if self.batchnorm:
            gamma, beta = p[f"gamma{layer}"], p[f"beta{layer}"]
            out, cache["norm"] = ref.SpatialBatchNorm.forward(out, gamma, beta, self.bn_params[layer])
        if norm_first and relu:
            out, cache["relu"] = ref.ReLU.forward(out)
        if layer in self.max_pools:
            out, cache["pool"] = ref.MaxPool.forward(out, {"pool_height": 2, "pool_width": 2, "stride": 2})
        caches.append(cache)
    out, last = ref.Linear.forward(out, p["W"], p["b"])
    if y is None:
        return out
    loss, dout = ref.softmax_loss(out, y)
    grads = {}
    dout, grads["W"], grads["b"] = ref.Linear.backward(dout, last)
    for layer in range(self.num_layers - 2, -1, -1):
        cache = caches[layer]
        if layer in self.max_pools:
            dout = ref.MaxPool.backward(dout, cache["pool"])
        if norm_first and relu:
            dout = ref.ReLU.backward(dout, cache["relu"])
        if self.batchnorm:
            dout, grads[f"gamma{layer}"], grads[f"beta{layer}"] = ref.SpatialBatchNorm.backward(dout, cache["norm"])
            if swapped:
                names = f"gamma{layer}", f"beta{layer}"
                grads[names[0]], grads[names[1]] = grads[names[1]], grads[names[0]]
        if not norm_first and relu:
            dout = ref.ReLU.backward(dout, cache["relu"])
        dout, grads[f"W{layer}"], grads[f"b{layer}"] = ref.Conv.backward(dout, cache["conv"])
    l2 = weights_of(p) if l2 is None else l2
    grads = {name: grads[name] + 2 * self.reg * p[name] * (name in l2) for name in p}
    return loss + self.reg * l2_of(p, l2), grads


@deep_conv_loss.alternative
def deep_from_the_students_layers(ref, self, X, y=None):
    return deep_loss(ref, self, X, y)


declare_wrong_l2(deep_conv_loss, "DeepConvNet", also=[HALF, LAST])


@deep_conv_loss.misconception("The L2 term takes gamma and beta too; it is made of the weights only.")
def gammas_in_l2(ref, self, X, y=None):
    return deep_loss(
        ref, self, X, y, l2=[name for name in self.params if not name.startswith("b") or name[:4] == "beta"]
    )


@deep_conv_loss.misconception("The ReLUs are forgotten.")
def no_relus_in_depth(ref, self, X, y=None):
    return deep_loss(ref, self, X, y, relu=False)


@deep_conv_loss.misconception("The ReLU comes before the batch normalisation instead of after it.")
def relu_before_batchnorm(ref, self, X, y=None):
    return deep_loss(ref, self, X, y, norm_first=False)


@deep_conv_loss.misconception("Batch normalisation stays in training mode when there are no labels.")
def batch_statistics_at_test_time(ref, self, X, y=None):
    return deep_loss(ref, self, X, y, train_at_test=True)


@deep_conv_loss.misconception("The gradients of gamma and beta stand under each other's names.")
def gamma_and_beta_swapped(ref, self, X, y=None):
    return deep_loss(ref, self, X, y, swapped=True)


deep_conv_init.equivalent(
    "self.params['W'] = weights(channels * H * W, num_classes, K=None, relu=True)",
    "the last layer's scale may be that of a layer before a ReLU",
)


# == convolutional_networks: training and initial values ==============================================================


@create_convolutional_solver.case
def other_digits_to_convolve(draw):
    return digits_to_read(draw, 360, 100)


@create_convolutional_solver.misconception("The learning rate is so small that nothing is learned.")
def convolutions_crawl(ref, data_dict, dtype, device):
    return slowed(ref.create_convolutional_solver_instance(data_dict, dtype, device))


for others in ("0.1, 0.004", "0.2, 0.002"):
    find_overfit_parameters.equivalent(f"return ({others})", OTHER_NUMBERS)
declare_free_choices(
    create_convolutional_solver,
    "model = DeepConvNet(input_dims=tuple(data_dict['X_train'].shape[1:]), num_filters=[8, 16], max_pools=[0, 1], "
    "batchnorm=True, weight_scale='kaiming', reg=0.0001, dtype=dtype, device=device)",
    ("[8, 16]", "[7, 16]", "[9, 16]", "[8, 15]", "[8, 17]"),
    ("[0, 1]", "[0, 0]", "[0, 2]", "[1, 1]"),
    ("batchnorm=True", "batchnorm=False"),
    ("reg=0.0001", "reg=0.0002"),
)
declare_free_choices(
    create_convolutional_solver,
    "return Solver(model, data_dict, update_rule=adam, optim_config={'learning_rate': 0.003}, num_epochs=5, "
    "batch_size=25, print_every=0, device=device)",
    ("'learning_rate': 0.003", "'learning_rate': 0.006"),
    ("num_epochs=5", "num_epochs=4", "num_epochs=6"),
    ("batch_size=25", "batch_size=24", "batch_size=26"),
    ("print_every=0", "print_every=1"),
)


@kaiming_initializer.case
def a_layer_without_relu(draw):
    return dict(Din=draw.integer(80, 120), Dout=draw.integer(40, 60), K=None, relu=False)


@kaiming_initializer.case(worth=0.3)
def larger_filters(draw):
    return dict(Din=draw.integer(8, 12), Dout=draw.integer(16, 24), K=5, relu=False)


@kaiming_initializer.case(worth=0.1)
def one_pixel_kernels(draw):
    return dict(Din=60, Dout=80, K=1, relu=True)


@kaiming_initializer.oracle
def kaiming_by_the_library(ref, Din, Dout, K, relu):
    weight = torch.empty((Dout, Din) if K is None else (Dout, Din, K, K), dtype=torch.float64)
    torch.nn.init.kaiming_normal_(weight, nonlinearity="relu" if relu else "linear")
    return {"weight": weight.T if K is None else weight}


def kaiming(Din, Dout, K, deviation, shape=None, dtype=None):
    shape = shape or ((Din, Dout) if K is None else (Dout, Din, K, K))
    return deviation * torch.randn(shape, dtype=dtype or torch.float64)


def taps(K):
    return 1 if K is None else K * K


@kaiming_initializer.alternative
def by_normal_(ref, Din, Dout, K=None, relu=True, device="cpu", dtype=None):
    shape = (Din, Dout) if K is None else (Dout, Din, K, K)
    return torch.empty(shape, dtype=dtype, device=device).normal_(0, ((1 + relu) / Din / taps(K)) ** 0.5)


@kaiming_initializer.misconception("The variance is divided by the fan-out; it is the fan-in that counts.")
def fan_out(ref, Din, Dout, K=None, relu=True, device="cpu", dtype=None):
    return kaiming(Din, Dout, K, math.sqrt((1 + relu) / (Dout * taps(K))))


@kaiming_initializer.misconception("The scale is the variance itself: the root is missing.")
def scale_not_rooted(ref, Din, Dout, K=None, relu=True, device="cpu", dtype=None):
    return kaiming(Din, Dout, K, (1 + relu) / (Din * taps(K)))


@kaiming_initializer.misconception("Filters have the shape (Din, Dout, K, K); the outputs come first there.")
def filters_inputs_first(ref, Din, Dout, K=None, relu=True, device="cpu", dtype=None):
    return (
        ref.kaiming_initializer(Din, Dout, K, relu, device, dtype).transpose(0, 1)
        if K
        else (ref.kaiming_initializer(Din, Dout, K, relu, device, dtype))
    )


@kaiming_initializer.misconception("The gain is 2 always, also where no ReLU follows.")
def gain_always_two(ref, Din, Dout, K=None, relu=True, device="cpu", dtype=None):
    return ref.kaiming_initializer(Din, Dout, K, True, device, dtype)


@kaiming_initializer.misconception("The gain is 1 always, also before a ReLU.")
def gain_always_one(ref, Din, Dout, K=None, relu=True, device="cpu", dtype=None):
    return ref.kaiming_initializer(Din, Dout, K, False, device, dtype)


@kaiming_initializer.misconception("The fan-in of a filter counts its channels and not its K K taps.")
def taps_not_counted(ref, Din, Dout, K=None, relu=True, device="cpu", dtype=None):
    return kaiming(Din, Dout, K, math.sqrt((1 + relu) / Din))


@kaiming_initializer.misconception("The weights are uniform between 0 and the scale, none of them negative.")
def uniform_and_positive(ref, Din, Dout, K=None, relu=True, device="cpu", dtype=None):
    weight = ref.kaiming_initializer(Din, Dout, K, relu, device, dtype)
    return math.sqrt((1 + relu) / (Din * taps(K))) * torch.rand_like(weight)


# == convolutional_networks: batch normalisation ======================================================================

# -- forward ----------------------------------------------------------------------------------------------------------


@batchnorm_forward.case
def three_batches(draw):
    return batches(draw, 7, 5, count=3, eps=0.2, momentum=0.85)


@batchnorm_forward.case
def hardly_any_momentum(draw):
    return batches(draw, 5, 6, count=2, eps=0.05, momentum=0.1)


@batchnorm_forward.case(worth=0.2)
def one_test_example(draw):
    """A batch of one in test mode"""
    return batches(draw, 6, 4, count=1, eps=0.1, momentum=0.7, N_test=1)


@batchnorm_forward.case(worth=0.2)
def by_the_defaults(draw):
    """eps and momentum are not given"""
    inputs = batches(draw, 6, 4, count=2, eps=1e-5, momentum=0.9, running=False)
    return dict(inputs, bn_param={})


@batchnorm_forward.case(worth=0.1)
def one_feature(draw):
    return batches(draw, 9, 1, count=2, eps=0.1, momentum=0.9)


@batchnorm_forward.case(worth=0.1)
def a_constant_feature(draw):
    inputs = batches(draw, 6, 3, count=1, eps=1e-3, momentum=0.6)
    inputs["xs"][0][:, 1] = 4.0
    return inputs


@batchnorm_forward.case(worth=0.1)
def far_from_zero(draw):
    """The mean is much larger than the deviation"""
    return batches(draw, 8, 4, count=2, eps=1e-8, momentum=0.8, mean=1e4, deviation=0.1)


@batchnorm_forward.case(worth=0.1)
def small_deviations(draw):
    return batches(draw, 8, 4, count=2, eps=1e-6, momentum=0.8, mean=0.0, deviation=1e-3)


@batchnorm_forward.case(worth=0.1)
def strided_batches(draw):
    inputs = batches(draw, 6, 4, count=2, eps=0.1, momentum=0.8)
    return dict(inputs, xs=[draw.strided(x) for x in inputs["xs"]], x_test=draw.strided(inputs["x_test"]))


def norm_by_the_library(xs, x_test, gamma, beta, bn_param):
    """Outputs by torch.nn.functional.batch_norm, running statistics by the formula: the library's running variance is
    divided by N - 1."""
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    mean = bn_param.get("running_mean", torch.zeros_like(gamma))
    var = bn_param.get("running_var", torch.zeros_like(gamma))
    axes = [k for k in range(x_test.dim()) if k != 1]
    norm = torch.nn.functional.batch_norm
    out = [norm(x, None, None, gamma, beta, training=True, eps=eps) for x in xs]
    for x in xs:
        mean = mean * momentum + x.mean(axes) * (1 - momentum)
        var = var * momentum + x.var(axes, correction=0) * (1 - momentum)
    out_test = norm(x_test, mean, var, gamma, beta, training=False, eps=eps)
    return {"out": out, "running_mean": mean, "running_var": var, "out_test": out_test}


@batchnorm_forward.oracle
def norm_of_rows_by_the_library(ref, xs, x_test, gamma, beta, bn_param):
    return norm_by_the_library(xs, x_test, gamma, beta, bn_param)


def norm_forward(ref, x, gamma, beta, bn_param, *, test=None, std=None, test_std=None, keep=None):
    """Batch normalisation in which one thing is different.

    std(var, eps) and test_std(var, eps): what to divide by; test(bn_param, x): the statistics of test mode;
    keep(old, new, momentum): the next running statistics; correction: of the variance."""
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    if bn_param["mode"] == "test":
        D = x.shape[1]
        mean, var = bn_param.get("running_mean", x.new_zeros(D)), bn_param.get("running_var", x.new_zeros(D))
        mean, var = test(x) if test else (mean, var)
        return (x - mean) / (test_std or root_of)(var, eps) * gamma + beta, ()
    mean, var = x.mean(0), x.var(0, correction=0)
    for name, new in (("running_mean", mean), ("running_var", var)):
        old = bn_param.get(name, torch.zeros_like(new))
        bn_param[name] = (keep or moving_average)(old, new, momentum, name, len(x))
    deviation = (std or root_of)(var, eps)
    return (x - mean) / deviation * gamma + beta, (x - mean, 1 / deviation, gamma)


def root_of(var, eps):
    return (var + eps).sqrt()


def moving_average(old, new, momentum, name, N):
    return momentum * old + (1 - momentum) * new


@batchnorm_forward.alternative
def by_var_and_sqrt(ref, x, gamma, beta, bn_param):
    return norm_forward(ref, x, gamma, beta, bn_param)


@batchnorm_forward.naive
def one_example_at_a_time(ref, x, gamma, beta, bn_param):
    mean, var = torch.zeros_like(gamma), torch.zeros_like(gamma)
    for row in x:
        mean = mean + row / len(x)
    for row in x:
        var = var + (row - mean) ** 2 / len(x)
    if bn_param["mode"] == "test":
        mean, var = bn_param["running_mean"], bn_param["running_var"]
    inv_std = 1 / (var + bn_param.get("eps", 1e-5)).sqrt()
    centred = torch.stack([row - mean for row in x])
    out = torch.stack([row * inv_std * gamma + beta for row in centred])
    if bn_param["mode"] == "train":
        momentum = bn_param.get("momentum", 0.9)
        for name, new in (("running_mean", mean), ("running_var", var)):
            bn_param[name] = momentum * bn_param.get(name, torch.zeros_like(new)) + (1 - momentum) * new
    return out, (centred, inv_std, gamma)


@batchnorm_forward.misconception("The variance of the batch is divided by N - 1 instead of N.")
def bessel(ref, x, gamma, beta, bn_param):
    if bn_param["mode"] == "test":
        return norm_forward(ref, x, gamma, beta, bn_param)
    factor = len(x) / (len(x) - 1)

    def keep(old, new, momentum, name, N):
        return moving_average(old, new * (factor if name == "running_var" else 1), momentum, name, N)

    return norm_forward(ref, x, gamma, beta, bn_param, std=lambda var, eps: root_of(var * factor, eps), keep=keep)


@batchnorm_forward.misconception("The running variance takes the batch's divided by N - 1 instead of N.")
def bessel_in_the_running_variance(ref, x, gamma, beta, bn_param):
    def keep(old, new, momentum, name, N):
        return moving_average(old, new * (N / (N - 1) if name == "running_var" else 1), momentum, name, N)

    return norm_forward(ref, x, gamma, beta, bn_param, keep=keep)


@batchnorm_forward.misconception("momentum and 1 - momentum have changed places in the running statistics.")
def momentum_swapped(ref, x, gamma, beta, bn_param):
    def keep(old, new, momentum, name, N):
        return moving_average(old, new, 1 - momentum, name, N)

    return norm_forward(ref, x, gamma, beta, bn_param, keep=keep)


@batchnorm_forward.misconception("momentum and 1 - momentum have changed places in the running variance.")
def momentum_swapped_in_the_variance(ref, x, gamma, beta, bn_param):
    def keep(old, new, momentum, name, N):
        return moving_average(old, new, 1 - momentum if name == "running_var" else momentum, name, N)

    return norm_forward(ref, x, gamma, beta, bn_param, keep=keep)


@batchnorm_forward.misconception("The running variance averages standard deviations instead of variances.")
def deviations_averaged(ref, x, gamma, beta, bn_param):
    def keep(old, new, momentum, name, N):
        return moving_average(old, new.sqrt() if name == "running_var" else new, momentum, name, N)

    return norm_forward(ref, x, gamma, beta, bn_param, keep=keep)


@batchnorm_forward.misconception("The running statistics are not kept from one batch to the next.")
def statistics_not_kept(ref, x, gamma, beta, bn_param):
    return ref.BatchNorm.forward(x, gamma, beta, dict(bn_param))


@batchnorm_forward.misconception("Test mode normalises with the batch's own statistics instead of the running ones.")
def batch_statistics_in_test_mode(ref, x, gamma, beta, bn_param):
    return norm_forward(ref, x, gamma, beta, bn_param, test=lambda x: (x.mean(0), x.var(0, correction=0)))


@batchnorm_forward.misconception("In test mode eps is added to the root instead of under it.")
def eps_outside_the_root_in_test_mode(ref, x, gamma, beta, bn_param):
    return norm_forward(ref, x, gamma, beta, bn_param, test_std=lambda var, eps: var.sqrt() + eps)


@batchnorm_forward.misconception("eps is added to the root instead of under it.")
def eps_outside_the_root(ref, x, gamma, beta, bn_param):
    def outside(var, eps):
        return var.sqrt() + eps

    return norm_forward(ref, x, gamma, beta, bn_param, std=outside, test_std=outside)


@batchnorm_forward.misconception("eps is fixed at 1e-5; bn_param may give another one.")
def eps_fixed(ref, x, gamma, beta, bn_param):
    def fixed(var, eps):
        return root_of(var, 1e-5)

    return norm_forward(ref, x, gamma, beta, bn_param, std=fixed, test_std=fixed)


@batchnorm_forward.misconception("The variance is the mean of the squares, without the mean subtracted.")
def mean_not_subtracted(ref, x, gamma, beta, bn_param):
    if bn_param["mode"] == "test":
        return norm_forward(ref, x, gamma, beta, bn_param)

    def keep(old, new, momentum, name, N):
        return moving_average(old, x.square().mean(0) if name == "running_var" else new, momentum, name, N)

    return norm_forward(ref, x, gamma, beta, bn_param, std=lambda var, eps: root_of(x.square().mean(0), eps), keep=keep)


@batchnorm_forward.misconception("Statistics are taken over the features of each example instead of over the batch.")
def over_the_features(ref, x, gamma, beta, bn_param):
    if bn_param["mode"] == "test":
        return norm_forward(ref, x, gamma, beta, bn_param)
    _, cache = norm_forward(ref, x, gamma, beta, bn_param)
    eps = bn_param.get("eps", 1e-5)
    rows = (x - x.mean(1, keepdim=True)) / (x.var(1, correction=0, keepdim=True) + eps).sqrt()
    return rows * gamma + beta, cache


# -- backward ---------------------------------------------------------------------------------------------------------

for layer in (batchnorm_backward, batchnorm_backward_alt):

    @layer.case
    def eight_examples(draw):
        return a_batch_to_go_back_through(draw, 8, 6, eps=0.3)

    @layer.case(worth=0.2)
    def one_feature_back(draw):
        return a_batch_to_go_back_through(draw, 6, 1, eps=0.1)

    @layer.case(worth=0.1)
    def far_from_zero_back(draw):
        return a_batch_to_go_back_through(draw, 8, 4, eps=1e-4, mean=1e3)

    @layer.case(worth=0.1)
    def a_small_deviation_back(draw):
        return a_batch_to_go_back_through(draw, 8, 4, eps=1e-4, mean=0.0, deviation=1e-2)

    @layer.case(worth=0.1)
    def tiny_gradients_to_norm(draw):
        return a_batch_to_go_back_through(draw, 8, 4, eps=0.1, scale=1e-9)

    @layer.case(worth=0.1)
    def a_strided_gradient_to_norm(draw):
        inputs = a_batch_to_go_back_through(draw, 6, 5, eps=0.1)
        return dict(inputs, x=draw.strided(inputs["x"]), dout=draw.strided(inputs["dout"]))

    @layer.oracle
    def norm_by_autograd(ref, x, gamma, beta, dout, eps):
        x, gamma, beta = leaves(x, gamma, beta)
        out = torch.nn.functional.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)
        return dict(zip(("dx", "dgamma", "dbeta"), gradients(out, dout, x, gamma, beta), strict=True))


def normalised(cache):
    """The normalised x, and the rest of the reference's cache: (x - mean, 1 / deviation, gamma)."""
    centred, inv_std, gamma = cache
    return centred * inv_std, inv_std, gamma


def norm_backward(dout, cache, *, mean=True, variance=True, gamma=True, N=None):
    """The gradients, with a term left out or another N."""
    normalized, inv_std, scale = normalised(cache)
    N = len(dout) if N is None else N
    dgamma, dbeta = (dout * normalized).sum(0), dout.sum(0)
    dx = dout - mean * dbeta / N - variance * normalized * dgamma / N
    return dx * inv_std * (scale if gamma else 1), dgamma, dbeta


@batchnorm_backward.alternative
def as_a_projection(ref, dout, cache):
    return norm_backward(dout, cache)


@batchnorm_backward_alt.alternative
def multiplied_out(ref, dout, cache):
    normalized, inv_std, gamma = normalised(cache)
    dgamma, dbeta, N = (dout * normalized).sum(0), dout.sum(0), len(dout)
    return gamma * inv_std / N * (N * dout - dbeta - normalized * dgamma), dgamma, dbeta


def norm_one_example_at_a_time(ref, dout, cache):
    normalized, inv_std, gamma = normalised(cache)
    dgamma, dbeta = torch.zeros_like(gamma), torch.zeros_like(gamma)
    for d, row in zip(dout, normalized, strict=True):
        dgamma, dbeta = dgamma + d * row, dbeta + d
    dx = [d - (dbeta + row * dgamma) / len(dout) for d, row in zip(dout, normalized, strict=True)]
    return torch.stack(dx) * (gamma * inv_std), dgamma, dbeta


for layer in (batchnorm_backward, batchnorm_backward_alt):
    layer.naive(norm_one_example_at_a_time)

    @layer.misconception("dx lacks the term that comes through the mean of the batch.")
    def no_term_through_the_mean(ref, dout, cache):
        return norm_backward(dout, cache, mean=False)

    @layer.misconception("dx lacks the term that comes through the variance of the batch.")
    def no_term_through_the_variance(ref, dout, cache):
        return norm_backward(dout, cache, variance=False)

    @layer.misconception("Mean and variance are taken for constants: dx lacks both terms that come through them.")
    def statistics_taken_for_constants(ref, dout, cache):
        return norm_backward(dout, cache, mean=False, variance=False)

    @layer.misconception("dx is not multiplied by gamma.")
    def gamma_left_out(ref, dout, cache):
        return norm_backward(dout, cache, gamma=False)

    @layer.misconception("dx is divided by N - 1 where it should be N.")
    def bessel_back(ref, dout, cache):
        return norm_backward(dout, cache, N=len(dout) - 1)

    @layer.misconception("dgamma is summed from dout alone, without the normalised input.")
    def dgamma_without_the_input(ref, dout, cache):
        dx, _, dbeta = norm_backward(dout, cache)
        return dx, dbeta, dbeta

    @layer.misconception("dgamma and dbeta are averaged over the batch instead of summed.")
    def averaged_over_the_batch(ref, dout, cache):
        dx, dgamma, dbeta = norm_backward(dout, cache)
        return dx, dgamma / len(dout), dbeta / len(dout)

    @layer.misconception("eps is missing: dx is divided by the root of the variance alone.")
    def eps_missing(ref, dout, cache):
        centred, inv_std, gamma = cache
        ratio = (centred * inv_std).square().mean(0).sqrt()  # of the deviation without eps to that with it
        dx, _, _ = norm_backward(dout, (centred, inv_std / ratio, gamma))
        return dx, *norm_backward(dout, cache)[1:]


# -- images -----------------------------------------------------------------------------------------------------------


@spatial_batchnorm_forward.case
def three_batches_of_images(draw):
    return batches(draw, 4, 3, 5, 2, count=3, eps=0.2, momentum=0.85)


@spatial_batchnorm_forward.case(worth=0.2)
def one_image_at_a_time(draw):
    return batches(draw, 1, 3, 4, 4, count=2, eps=0.1, momentum=0.3, N_test=1)


@spatial_batchnorm_forward.case(worth=0.2)
def one_channel(draw):
    return batches(draw, 3, 1, 2, 3, count=1, eps=0.1, momentum=0.8)


@spatial_batchnorm_forward.case(worth=0.2)
def images_not_contiguous(draw):
    inputs = batches(draw, 3, 4, 2, 5, count=1, eps=0.1, momentum=0.8)
    return dict(inputs, xs=[draw.strided(x) for x in inputs["xs"]])


@spatial_batchnorm_forward.oracle
def norm_of_images_by_the_library(ref, xs, x_test, gamma, beta, bn_param):
    return norm_by_the_library(xs, x_test, gamma, beta, bn_param)


@spatial_batchnorm_forward.alternative
def channels_first(ref, x, gamma, beta, bn_param):
    N, C, H, W = x.shape
    rows = x.transpose(0, 1).reshape(C, -1).T
    out, cache = ref.BatchNorm.forward(rows, gamma, beta, bn_param)
    return out.T.reshape(C, N, H, W).transpose(0, 1), cache


@spatial_batchnorm_forward.misconception(
    "The images are reshaped to rows of C numbers without moving the channels last."
)
def channels_not_moved(ref, x, gamma, beta, bn_param):
    out, cache = ref.BatchNorm.forward(x.reshape(-1, x.shape[1]), gamma, beta, bn_param)
    return out.reshape(x.shape), cache


@spatial_batchnorm_forward.misconception("The rows are brought back into images with their axes in the wrong order.")
def axes_not_moved_back(ref, x, gamma, beta, bn_param):
    N, C, H, W = x.shape
    out, cache = ref.BatchNorm.forward(x.permute(0, 2, 3, 1).reshape(-1, C), gamma, beta, bn_param)
    return out.reshape(N, C, H, W), cache


@spatial_batchnorm_forward.misconception("Every image is normalised by itself: the statistics leave out the batch.")
def image_by_image(ref, x, gamma, beta, bn_param):
    if bn_param["mode"] == "test":
        return ref.SpatialBatchNorm.forward(x, gamma, beta, bn_param)
    _, cache = ref.SpatialBatchNorm.forward(x, gamma, beta, bn_param)
    out = [ref.SpatialBatchNorm.forward(one[None], gamma, beta, dict(bn_param))[0] for one in x]
    return torch.cat(out), cache


@spatial_batchnorm_backward.case
def a_batch_of_larger_images(draw):
    return a_batch_to_go_back_through(draw, 4, 3, 5, 2, eps=0.3)


@spatial_batchnorm_backward.case(worth=0.2)
def one_image_to_norm_back(draw):
    return a_batch_to_go_back_through(draw, 1, 3, 4, 4, eps=0.1)


@spatial_batchnorm_backward.case(worth=0.2)
def a_gradient_not_contiguous(draw):
    inputs = a_batch_to_go_back_through(draw, 3, 4, 2, 5, eps=0.1)
    return dict(inputs, dout=draw.strided(inputs["dout"]))


@spatial_batchnorm_backward.oracle
def norm_of_images_by_autograd(ref, x, gamma, beta, dout, eps):
    x, gamma, beta = leaves(x, gamma, beta)
    out = torch.nn.functional.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)
    return dict(zip(("dx", "dgamma", "dbeta"), gradients(out, dout, x, gamma, beta), strict=True))


@spatial_batchnorm_backward.alternative
def by_the_long_way(ref, dout, cache):
    N, C, H, W = dout.shape
    dx, dgamma, dbeta = ref.BatchNorm.backward(dout.movedim(1, 3).reshape(-1, C), cache)
    return dx.view(N, H, W, C).movedim(3, 1), dgamma, dbeta


@spatial_batchnorm_backward.misconception("The gradient is reshaped to rows without moving the channels last.")
def gradient_channels_not_moved(ref, dout, cache):
    dx, dgamma, dbeta = ref.BatchNorm.backward(dout.reshape(-1, dout.shape[1]), cache)
    return dx.reshape(dout.shape), dgamma, dbeta


@spatial_batchnorm_backward.misconception("dgamma and dbeta are divided by the number of pixels of an image.")
def divided_by_the_pixels(ref, dout, cache):
    dx, dgamma, dbeta = ref.SpatialBatchNorm.backward(dout, cache)
    pixels = dout.shape[2] * dout.shape[3]
    return dx, dgamma / pixels, dbeta / pixels
