"""Hidden cases of fully_connected_networks, the mistakes that they catch, and independent ways to the same answers."""

import math

from checks import (
    PIXELS,
    READ,
    TEN,
    adam,
    create_solver,
    descent,
    digits_to_read,
    dropout_backward,
    dropout_forward,
    dtype_of,
    five_layer_params,
    fully_connected_dropout,
    fully_connected_init,
    fully_connected_loss,
    half_l2,
    layers_to_make,
    linear_backward,
    linear_forward,
    many_layers,
    one_example,
    relu_backward,
    relu_forward,
    rmsprop,
    sgd_momentum,
    two_layer_init,
    two_layer_loss,
    two_layers,
    two_layers_to_make,
)
from hidden import (
    FIRST,
    HALF,
    LAST,
    OTHER_NUMBERS,
    by_autograd_of,
    cross_entropy,
    declare_free_choices,
    declare_wrong_beginnings,
    declare_wrong_l2,
    fresh,
    gradients,
    l2_of,
    layers_of,
    leaves,
    slowed,
    weights_of,
    with_other_l2,
)

from grader.ask import torch

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


@two_layer_init.case
def a_wide_net(draw):
    return two_layers_to_make(input_dim=30, hidden_dim=90, num_classes=25, weight_scale=draw.number(0.1, 0.4))


@two_layer_init.case
def a_net_as_the_signature_says(draw):
    """Nothing is given"""
    return two_layers_to_make(dtype=None)


@two_layer_init.oracle
def two_layers_by_the_library(ref, input_dim, hidden_dim, num_classes, weight_scale, dtype):
    dims = [input_dim or PIXELS, hidden_dim or 100, num_classes or TEN]
    return {"params": layers_of(dims, weight_scale or 1e-3, dtype_of(dtype))}


declare_wrong_beginnings(two_layer_init, "TwoLayerNet")


@two_layer_init.misconception("Where hidden_dim is left out, it is not what the signature says.")
def another_default_of_hidden_dim(ref, self, *args, **kwargs):
    ref.TwoLayerNet.__init__(self, *args, **{"hidden_dim": 50, **kwargs})


@two_layer_init.misconception("The weights are transposed: their shape is (outputs, inputs).")
def weights_transposed(ref, self, *args, **kwargs):
    ref.TwoLayerNet.__init__(self, *args, **kwargs)
    fresh(self, "W", lambda value: value.T)


@fully_connected_init.case
def four_layers(draw):
    return layers_to_make([40, 50, 45], input_dim=60, num_classes=30, weight_scale=draw.number(0.1, 0.4))


@fully_connected_init.case
def layers_as_the_signature_says(draw):
    """Nothing is given but the sizes of the hidden layers"""
    return layers_to_make([60, 40], dtype=None)


@fully_connected_init.case(worth=0.2)
def no_hidden_layer(draw):
    return layers_to_make([], input_dim=60, num_classes=30, weight_scale=0.05)


@fully_connected_init.oracle
def layers_by_the_library(ref, input_dim, hidden_dims, num_classes, weight_scale, dtype):
    dims = [input_dim or PIXELS, *hidden_dims, num_classes or TEN]
    return {"params": layers_of(dims, weight_scale or 1e-2, dtype_of(dtype))}


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


@two_layer_loss.case(worth=0.1)
def l2_as_the_signature_says(draw):
    """reg is left out"""
    return two_layers(draw, 5, 4, 6, 3, reg=None)


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
def l2_of_layers_as_the_signature_says(draw):
    """reg is left out"""
    return many_layers(draw, 5, (4, 6, 5, 3), reg=None)


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


@create_solver.case
def a_few_other_digits(draw):
    return digits_to_read(draw, 60, 20)


@create_solver.case(worth=0.25)
def other_digits(draw):
    return digits_to_read(draw, 600, 200, share=READ)


@create_solver.misconception("The learning rate is so small that nothing is learned.")
def crawls(ref, data_dict, dtype, device):
    return slowed(ref.create_solver_instance(data_dict, dtype, device))


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


@sgd_momentum.misconception("The gradient goes into the velocity whole, without the learning rate.")
def gradient_whole(ref, w, dw, config=None):
    config = settings(config, momentum=0.9, velocity=torch.zeros_like(w))
    config["velocity"] = config["momentum"] * config["velocity"] - dw
    return w + config["velocity"], config


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


@rmsprop.misconception("The new squares are added whole; their weight in the moving average is missing.")
def squares_not_weighed(ref, w, dw, config=None):
    decay = settings(config, decay_rate=0.99)["decay_rate"]
    return rmsprop_step(w, dw, config, squares=lambda dw: dw * dw / (1 - decay))


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
    w,
    dw,
    config,
    *,
    advance=True,
    correct=True,
    correct_squares=True,
    first=False,
    late=False,
    linear=False,
    under_the_root=False,
    square=True,
):
    """A step of Adam in which one thing is different."""
    config = settings(config, **ADAM, m=torch.zeros_like(w), v=torch.zeros_like(w))
    beta1, beta2, epsilon = config["beta1"], config["beta2"], config["epsilon"]
    t = 1 if first else config["t"] if late else config["t"] + 1
    config["t"] += advance
    config["m"] = beta1 * config["m"] + (1 - beta1) * dw
    config["v"] = beta2 * config["v"] + (1 - beta2) * (dw * dw if square else dw)
    m, v = config["m"], config["v"]
    if linear:
        m, v = m / (1 - beta1 * t), v / (1 - beta2 * t)
    elif correct:
        m, v = m / (1 - beta1**t), v / (1 - beta2**t) if correct_squares else v
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


@adam.misconception("The average of the squares is not corrected for beginning at 0; that of the gradients is.")
def squares_not_corrected(ref, w, dw, config=None):
    return adam_step(w, dw, config, correct_squares=False)


@adam.misconception("t is 1 at every step, whatever the config says.")
def t_always_one(ref, w, dw, config=None):
    return adam_step(w, dw, config, first=True)


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


@dropout_forward.misconception("Numbers are kept with probability p, though scaled as if that were 1 - p.")
def kept_with_p(ref, x, dropout_param):
    p = dropout_param["p"]
    return masked(x, dropout_param, p, 1 / (1 - p))


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
