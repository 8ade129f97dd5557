"""Hidden cases of two_layer_net, the mistakes that they catch, and independent ways to the same answers."""

import itertools
import sys

import numpy as np
from checks import (
    digits_to_read,
    find_best_net,
    layers,
    net,
    net_descent,
    network_digits,
    nn_forward_backward,
    nn_forward_pass,
    nn_get_search_params,
    nn_predict,
    nn_train,
    search,
)
from hidden import one_hot

from grader.ask import torch

# == two_layer_net: the network =======================================================================================

# -- nn_forward_pass --------------------------------------------------------------------------------------------------


@nn_forward_pass.case
def many_hidden_units(draw):
    return dict(params=layers(draw, 5, 12, 4), X=draw.normal(9, 5))


@nn_forward_pass.case
def large_biases(draw):
    return dict(params=layers(draw, 6, 7, 5, biases=5.0), X=draw.normal(8, 6))


@nn_forward_pass.case(worth=0.15)
def one_of_each(draw):
    """N = D = C = 1"""
    return dict(params=layers(draw, 1, 3, 1), X=draw.normal(1, 1))


@nn_forward_pass.case(worth=0.15)
def one_example_for_the_network(draw):
    return dict(params=layers(draw, 4, 5, 3), X=draw.normal(1, 4))


@nn_forward_pass.case(worth=0.15)
def as_many_examples_as_features(draw):
    return dict(params=layers(draw, 5, 5, 5), X=draw.normal(5, 5))


@nn_forward_pass.case(worth=0.15)
def images_not_contiguous(draw):
    return dict(params=layers(draw, 6, 8, 3), X=draw.strided(draw.normal(7, 6)))


@nn_forward_pass.oracle
def by_linear_and_relu(ref, params, X):
    linear = torch.nn.functional.linear
    hidden = linear(X, params["W1"].T, params["b1"]).relu()
    return {"scores": linear(hidden, params["W2"].T, params["b2"]), "hidden": hidden}


@nn_forward_pass.alternative
def masked_in_place(ref, params, X):
    hidden = torch.addmm(params["b1"], X, params["W1"])
    hidden[hidden < 0] = 0
    return torch.addmm(params["b2"], hidden, params["W2"]), hidden


def forward(params, X, activate):
    """Scores and hidden layer with another activation function."""
    hidden = activate(X @ params["W1"] + params["b1"])
    return hidden @ params["W2"] + params["b2"], hidden


@nn_forward_pass.misconception("There is no ReLU between the layers.")
def no_relu(ref, params, X):
    return forward(params, X, lambda x: x)


@nn_forward_pass.misconception("The activation is a sigmoid instead of a ReLU.")
def sigmoid(ref, params, X):
    return forward(params, X, lambda x: x.sigmoid())


@nn_forward_pass.misconception("The activation is a hyperbolic tangent instead of a ReLU.")
def tanh(ref, params, X):
    return forward(params, X, lambda x: x.tanh())


@nn_forward_pass.misconception("The ReLU takes the magnitude of negative values instead of 0.")
def magnitudes(ref, params, X):
    return forward(params, X, lambda x: x.abs())


@nn_forward_pass.misconception("The ReLU lets a small share of negative values through.")
def leaky(ref, params, X):
    return forward(params, X, lambda x: torch.where(x > 0, x, 0.01 * x))


@nn_forward_pass.misconception("The ReLU keeps the negative values instead of the positive ones.")
def negative_half(ref, params, X):
    return forward(params, X, lambda x: x.clamp(max=0))


@nn_forward_pass.misconception("The hidden layer is returned as it was before its ReLU.")
def hidden_before_relu(ref, params, X):
    return ref.nn_forward_pass(params, X)[0], X @ params["W1"] + params["b1"]


@nn_forward_pass.misconception("There is a second ReLU, on the scores.")
def relu_on_the_scores(ref, params, X):
    scores, hidden = ref.nn_forward_pass(params, X)
    return scores.clamp(min=0), hidden


@nn_forward_pass.misconception("The bias b1 is forgotten.")
def without_b1(ref, params, X):
    return ref.nn_forward_pass({**params, "b1": torch.zeros_like(params["b1"])}, X)


@nn_forward_pass.misconception("The bias b2 is forgotten.")
def without_b2(ref, params, X):
    return ref.nn_forward_pass({**params, "b2": torch.zeros_like(params["b2"])}, X)


@nn_forward_pass.misconception("Both biases are forgotten.")
def without_biases(ref, params, X):
    return ref.nn_forward_pass({**params, "b1": 0 * params["b1"], "b2": 0 * params["b2"]}, X)


@nn_forward_pass.misconception("The bias b1 is added after the ReLU.")
def bias_after_relu(ref, params, X):
    hidden = (X @ params["W1"]).clamp(min=0) + params["b1"]
    return hidden @ params["W2"] + params["b2"], hidden


@nn_forward_pass.misconception("Probabilities are returned; the scores before the softmax are asked for.")
def probabilities_not_scores(ref, params, X):
    scores, hidden = ref.nn_forward_pass(params, X)
    return scores.softmax(1), hidden


@nn_forward_pass.misconception("The hidden layer and the scores are returned in each other's place.")
def hidden_first(ref, params, X):
    return ref.nn_forward_pass(params, X)[::-1]


# -- nn_forward_backward ----------------------------------------------------------------------------------------------


@nn_forward_backward.case
def many_examples_and_units(draw):
    return net(draw, 20, 5, 12, 4, reg=draw.number(0.1, 0.5))


@nn_forward_backward.case
def large_biases_and_regularisation(draw):
    return net(draw, 12, 6, 8, 5, reg=draw.number(0.5, 1.5), biases=3.0)


@nn_forward_backward.case
def more_classes_than_units(draw):
    return net(draw, 15, 4, 5, 8, reg=draw.number(0.01, 0.1), weights=0.7)


@nn_forward_backward.case(worth=0.1)
def one_example_to_learn_from(draw):
    return net(draw, 1, 4, 6, 3)


@nn_forward_backward.case(worth=0.1)
def one_hidden_unit(draw):
    return net(draw, 10, 4, 1, 3)


@nn_forward_backward.case(worth=0.1)
def one_feature_of_the_network(draw):
    return net(draw, 10, 1, 6, 3)


@nn_forward_backward.case(worth=0.1)
def one_class_of_the_network(draw):
    return net(draw, 6, 3, 5, 1)


@nn_forward_backward.case(worth=0.1)
def all_of_one_class(draw):
    return net(draw, 8, 4, 6, 3) | dict(y=np.full(8, 1))


@nn_forward_backward.case(worth=0.1)
def a_batch_not_contiguous(draw):
    inputs = net(draw, 9, 5, 6, 4)
    return inputs | dict(X=draw.strided(inputs["X"]))


@nn_forward_backward.case(worth=0.15)
def high_scores(draw):
    """All scores are near 1,000"""
    inputs = net(draw, 10, 4, 6, 3)
    inputs["params"]["b2"] += 1000
    return inputs


@nn_forward_backward.case(worth=0.15)
def scores_far_apart(draw):
    """Scores up to about 10,000 either way"""
    inputs = net(draw, 12, 4, 8, 5, reg=1e-6)
    inputs["params"]["W2"] *= 2e3
    return inputs


@nn_forward_backward.case(worth=0.1)
def scores_at_different_levels(draw):
    """The scores of one example are all far above those of another"""
    inputs = net(draw, 10, 3, 5, 4, reg=0.1, weights=0.5)
    inputs["X"][:, 0] = np.tile([-500.0, 500.0], 5)
    params = inputs["params"]
    params["W1"][0, :], params["W2"][:2] = 0.0, 0.0  # one unit carries the level up, and one down
    params["W1"][0, 0], params["W1"][0, 1] = 1.0, -1.0
    params["W2"][0], params["W2"][1] = 1.0, -1.0
    return inputs


@nn_forward_backward.case(worth=0.1)
def regularisation_as_the_signature_says(draw):
    """reg is left out"""
    return net(draw, 8, 4, 6, 3, reg=None)


@nn_forward_backward.oracle
def cross_entropy_of_the_network(ref, params, X, y, reg):
    reg = 0.0 if reg is None else reg
    params = {name: value.clone().requires_grad_() for name, value in params.items()}
    scores = (X @ params["W1"] + params["b1"]).relu() @ params["W2"] + params["b2"]
    loss = torch.nn.functional.cross_entropy(scores, y) + reg * (params["W1"].norm() ** 2 + params["W2"].norm() ** 2)
    loss.backward()
    grads = {name: value.grad for name, value in params.items()}
    return {"scores": scores.detach(), "loss": loss.detach(), "grads": grads}


@nn_forward_backward.alternative
def with_einsum(ref, params, X, y=None, reg=0.0):
    before = torch.einsum("nd,dh->nh", X, params["W1"]) + params["b1"]
    hidden = torch.maximum(before, torch.zeros_like(before))
    scores = torch.einsum("nh,hc->nc", hidden, params["W2"]) + params["b2"]
    if y is None:
        return scores
    weights = (scores - scores.max(1, keepdim=True).values).exp()
    total = weights.sum(1, keepdim=True)
    right = one_hot(y, scores)
    losses = total.log() + scores.max(1, keepdim=True).values - (scores * right).sum(1, keepdim=True)
    d_scores = (weights / total - right) / len(X)
    d_before = torch.einsum("nc,hc->nh", d_scores, params["W2"]) * (before > 0).to(X)
    grads = {
        "b2": d_scores.sum(0),
        "W2": torch.einsum("nh,nc->hc", hidden, d_scores).add(params["W2"], alpha=2 * reg),
        "b1": d_before.sum(0),
        "W1": torch.einsum("nd,nh->dh", X, d_before).add(params["W1"], alpha=2 * reg),
    }
    return losses.mean().item() + float(reg * sum((params[name] ** 2).sum() for name in ("W1", "W2"))), grads


def backward(params, X, y, reg, *, mask=None, p=None, hidden=None, logarithms=None):
    """Loss and gradients with one part replaced: `mask(before, dhidden, scores)` of the ReLU, the probabilities
    `p(scores)`, their `logarithms(scores)`, or the `hidden(before, mask)` that dW2 is made of."""
    before = X @ params["W1"] + params["b1"]
    scores = before.relu() @ params["W2"] + params["b2"]
    right = one_hot(y, scores)
    losses = -(logarithms(scores) if logarithms else scores.log_softmax(1))[right > 0]
    dscores = ((p(scores) if p else scores.softmax(1)) - right) / len(X)
    dhidden = dscores @ params["W2"].T
    open_ = (mask(before, dhidden, scores) if mask else before > 0).to(X)
    dbefore = dhidden * open_
    grads = {
        "W1": X.T @ dbefore + 2 * reg * params["W1"],
        "b1": dbefore.sum(0),
        "W2": (hidden(before, open_) if hidden else before.relu()).T @ dscores + 2 * reg * params["W2"],
        "b2": dscores.sum(0),
    }
    return losses.mean() + reg * (params["W1"].pow(2).sum() + params["W2"].pow(2).sum()), grads


def wrong_network(sentence):
    """A misconception of nn_forward_backward that is about loss and gradients: `function(ref, params, X, y, reg)`."""

    def declare(function):
        def with_scores(ref, params, X, y=None, reg=0.0):
            return ref.nn_forward_backward(params, X) if y is None else function(ref, params, X, y, reg)

        with_scores.__name__ = function.__name__
        return nn_forward_backward.misconception(sentence)(with_scores)

    return declare


@wrong_network("The gradient passes the ReLU unchanged, also where it cut off.")
def no_mask(ref, params, X, y, reg):
    return backward(params, X, y, reg, mask=lambda before, dhidden, scores: torch.ones_like(before))


@wrong_network("The ReLU's mask is taken from the gradient; it depends on what went into the ReLU.")
def mask_from_the_gradient(ref, params, X, y, reg):
    return backward(params, X, y, reg, mask=lambda before, dhidden, scores: dhidden > 0)


@wrong_network("The ReLU's mask is the wrong way round.")
def mask_reversed(ref, params, X, y, reg):
    return backward(params, X, y, reg, mask=lambda before, dhidden, scores: before <= 0)


@wrong_network("The ReLU's mask is taken before the bias b1 was added.")
def mask_without_bias(ref, params, X, y, reg):
    return backward(params, X, y, reg, mask=lambda before, dhidden, scores: before - params["b1"] > 0)


@wrong_network("The gradient is multiplied with the hidden layer itself instead of with the ReLU's mask.")
def hidden_as_mask(ref, params, X, y, reg):
    return backward(params, X, y, reg, mask=lambda before, dhidden, scores: before.relu())


@wrong_network("The gradient of b1 leaves the ReLU out; that of W1 has it.")
def b1_without_mask(ref, params, X, y, reg):
    loss, grads = ref.nn_forward_backward(params, X, y, reg)
    _, unmasked = backward(params, X, y, reg, mask=lambda before, dhidden, scores: torch.ones_like(before))
    return loss, {**grads, "b1": unmasked["b1"]}


@wrong_network("The gradient of W2 uses the hidden layer as it was before its ReLU.")
def w2_from_before_relu(ref, params, X, y, reg):
    return backward(params, X, y, reg, hidden=lambda before, mask: before)


@wrong_network("The hidden layer is overwritten with the ReLU's mask before the gradient of W2 is taken from it.")
def hidden_overwritten(ref, params, X, y, reg):
    return backward(params, X, y, reg, hidden=lambda before, mask: mask)


@wrong_network("The gradients of the biases are sums over the examples, though the loss is a mean.")
def bias_gradients_summed(ref, params, X, y, reg):
    loss, grads = ref.nn_forward_backward(params, X, y, reg)
    return loss, {**grads, "b1": len(X) * grads["b1"], "b2": len(X) * grads["b2"]}


@wrong_network("The gradient of b1 is a sum over the examples, though the loss is a mean.")
def b1_summed(ref, params, X, y, reg):
    loss, grads = ref.nn_forward_backward(params, X, y, reg)
    return loss, {**grads, "b1": len(X) * grads["b1"]}


@wrong_network("The gradients of the biases are divided by the number of examples twice.")
def bias_gradients_divided_twice(ref, params, X, y, reg):
    loss, grads = ref.nn_forward_backward(params, X, y, reg)
    return loss, {**grads, "b1": grads["b1"] / len(X), "b2": grads["b2"] / len(X)}


@wrong_network("All gradients are sums over the examples, though the loss is a mean.")
def gradients_summed(ref, params, X, y, reg):
    loss, grads = ref.nn_forward_backward(params, X, y, 0.0)
    grads = {name: len(X) * grad for name, grad in grads.items()}
    for name in ("W1", "W2"):
        grads[name] += 2 * reg * params[name]
    return loss + reg * (params["W1"].pow(2).sum() + params["W2"].pow(2).sum()), grads


@wrong_network("The loss is the sum over the examples; its mean is asked for.")
def loss_summed(ref, params, X, y, reg):
    data, _ = ref.nn_forward_backward(params, X, y, 0.0)
    loss, grads = ref.nn_forward_backward(params, X, y, reg)
    return loss + (len(X) - 1) * data, grads


def regularised(ref, params, X, y, in_loss, in_gradient):
    """With other factors of the squares in the loss and of the parameters in the gradients, by parameter name."""
    loss, grads = ref.nn_forward_backward(params, X, y, 0.0)
    loss = loss + sum(factor * params[name].pow(2).sum() for name, factor in in_loss.items())
    return loss, {name: grad + in_gradient.get(name, 0.0) * params[name] for name, grad in grads.items()}


@wrong_network("Only W1 is regularised, not W2.")
def w1_regularised_only(ref, params, X, y, reg):
    return regularised(ref, params, X, y, {"W1": reg}, {"W1": 2 * reg})


@wrong_network("Only W2 is regularised, not W1.")
def w2_regularised_only(ref, params, X, y, reg):
    return regularised(ref, params, X, y, {"W2": reg}, {"W2": 2 * reg})


@wrong_network("In the gradients, only W1 is regularised.")
def w1_regularised_only_in_the_gradient(ref, params, X, y, reg):
    return regularised(ref, params, X, y, {"W1": reg, "W2": reg}, {"W1": 2 * reg})


@wrong_network("In the loss, only W1 is regularised.")
def w1_regularised_only_in_the_loss(ref, params, X, y, reg):
    return regularised(ref, params, X, y, {"W1": reg}, {"W1": 2 * reg, "W2": 2 * reg})


@wrong_network("In the loss, only W2 is regularised.")
def w2_regularised_only_in_the_loss(ref, params, X, y, reg):
    return regularised(ref, params, X, y, {"W2": reg}, {"W1": 2 * reg, "W2": 2 * reg})


@wrong_network("The biases are regularised too.")
def biases_regularised(ref, params, X, y, reg):
    return regularised(ref, params, X, y, dict.fromkeys(params, reg), dict.fromkeys(params, 2 * reg))


@wrong_network("The gradient of the regularisation term is half of what it should be.")
def half_the_regularisation_gradient(ref, params, X, y, reg):
    return regularised(ref, params, X, y, {"W1": reg, "W2": reg}, {"W1": reg, "W2": reg})


@wrong_network("The regularisation term has a factor 1/2, in the loss and in the gradients; none is asked for.")
def half_the_regularisation(ref, params, X, y, reg):
    return regularised(ref, params, X, y, {"W1": reg / 2, "W2": reg / 2}, {"W1": reg, "W2": reg})


@wrong_network("The regularisation term is in the loss, but not in the gradients.")
def regularisation_without_gradients(ref, params, X, y, reg):
    return regularised(ref, params, X, y, {"W1": reg, "W2": reg}, {})


@wrong_network("The regularisation term is in the gradients, but not in the loss.")
def regularisation_in_the_gradients_only(ref, params, X, y, reg):
    return regularised(ref, params, X, y, {}, {"W1": 2 * reg, "W2": 2 * reg})


@wrong_network("There is no regularisation term, neither in the loss nor in the gradients.")
def network_not_regularised(ref, params, X, y, reg):
    return ref.nn_forward_backward(params, X, y, 0.0)


@wrong_network("Nothing is subtracted at the right class: the gradient of the scores is the probabilities alone.")
def network_without_the_one(ref, params, X, y, reg):
    return backward(params, X, y, reg, p=lambda scores: scores.softmax(1) + one_hot(y, scores))


@wrong_network(
    "The 1 is subtracted in the whole column of a class that occurs as a label, for every example instead of for "
    "those of that class."
)
def network_with_whole_columns(ref, params, X, y, reg):
    def p(scores):
        p = scores.softmax(1)
        p[:, y] -= 1
        return p + one_hot(y, scores)

    return backward(params, X, y, reg, p=p)


@wrong_network(
    "The exponential of a large score overflows, or all of them underflow: infinite or NaN where scores are large."
)
def network_without_shift(ref, params, X, y, reg):
    def p(scores):
        return scores.exp() / scores.exp().sum(1, keepdim=True)

    return backward(params, X, y, reg, p=p, logarithms=lambda scores: p(scores).log())


@wrong_network(
    "The scores are shifted by the maximum of the whole batch, not of each example: where an example's scores all "
    "lie far below it, their exponentials underflow."
)
def network_with_the_global_maximum(ref, params, X, y, reg):
    def p(scores):
        weights = (scores - scores.max()).exp()
        return weights / weights.sum(1, keepdim=True)

    return backward(params, X, y, reg, p=p, logarithms=lambda scores: p(scores).log())


@wrong_network(
    "The logarithm is taken of a probability that has underflowed to 0: the loss is infinite where the right class "
    "is far behind."
)
def network_with_log_of_an_underflow(ref, params, X, y, reg):
    return backward(params, X, y, reg, logarithms=lambda scores: scores.softmax(1).log())


@wrong_network("W1 and W2 are squared in place for the regularisation term, so that a second call answers another way.")
def weights_squared_in_place(ref, params, X, y, reg):
    loss, grads = ref.nn_forward_backward(params, X, y, 0.0)
    return loss + reg * sum(params[name].pow_(2).sum() for name in ("W1", "W2")), {
        name: grad + 2 * reg * params[name] * (name in ("W1", "W2")) for name, grad in grads.items()
    }


@nn_forward_backward.misconception("Where reg is left out, there is a regularisation term all the same.")
def another_default_of_reg(ref, params, X, y=None, reg=0.1):
    return ref.nn_forward_backward(params, X, y, reg)


@nn_forward_backward.misconception("Without labels it returns something else than the scores.")
def hidden_without_labels(ref, params, X, y=None, reg=0.0):
    return ref.nn_forward_pass(params, X)[1] if y is None else ref.nn_forward_backward(params, X, y, reg)


# == two_layer_net: training and prediction ===========================================================================

# -- nn_train ---------------------------------------------------------------------------------------------------------


@nn_train.case
def many_epochs(draw):
    return net_descent(draw, 24, 4, 5, 4, learning_rate=0.02, decay=0.97, reg=0.3, num_iters=60, batch_size=6)


@nn_train.case
def batches_that_leave_a_remainder(draw):
    return net_descent(draw, 36, 3, 5, 3, learning_rate=0.1, decay=0.8, reg=0.05, num_iters=25, batch_size=16)


@nn_train.case(worth=0.2)
def one_iteration_an_epoch(draw):
    """The batch is as large as the training set"""
    return net_descent(draw, 12, 2, 3, 3, learning_rate=0.2, decay=0.9, reg=0.1, num_iters=8, batch_size=12)


@nn_train.case(worth=0.2)
def no_decay(draw):
    return net_descent(draw, 24, 3, 4, 2, learning_rate=0.05, decay=1.0, reg=0.1, num_iters=20, batch_size=8)


@nn_train.case
def told_what_happens(draw):
    """verbose is True"""
    return net_descent(
        draw, 24, 3, 4, 3, learning_rate=0.03, decay=0.95, reg=0.1, num_iters=102, batch_size=8, verbose=True
    )


@nn_train.case(worth=0.2)
def as_the_signature_says(draw):
    """Nothing is given that has a default"""
    return net_descent(draw, 420, 3, 4, 3)


@nn_train.oracle
def closed_form_of_the_network(
    ref, params, goal, X, y, X_val, y_val, learning_rate, learning_rate_decay, reg, num_iters, batch_size, verbose
):
    learning_rate, learning_rate_decay = learning_rate or 1e-3, learning_rate_decay or 0.95
    reg, num_iters, batch_size = 5e-6 if reg is None else reg, num_iters or 100, batch_size or 200
    # As in closed_form above; the steps of an epoch are all of one length but its first, which has the epoch before's.
    epoch = max(len(X) // batch_size, 1)
    rates = [learning_rate * learning_rate_decay ** (-(-step // epoch)) for step in range(num_iters)]
    left = np.cumprod([1.0, *(1 - 1.5 * rate for rate in rates)]).tolist()

    def at(step, name):
        end = goal[name] - reg / 1.5
        return end + left[step] * (params[name] - end)

    def loss(step):
        return sum(
            0.75 * ((at(step, name) - goal[name]) ** 2).sum() + reg * at(step, name).sum() for name in goal
        ).item()

    def accuracies(examples, labels):
        wrong = [int(at(step + 1, "b2")[0] < 0) for step in range(0, num_iters, epoch)]
        return [(examples[:, 0].long() + off == labels).double().mean().item() for off in wrong]

    return {
        "params": {name: at(num_iters, name) for name in params},
        "loss_history": [loss(step) for step in range(num_iters)],
        "train_acc_history": accuracies(X, y),
        "val_acc_history": accuracies(X_val, y_val),
    }


def steps(
    ref, params, loss_func, pred_func, X, y, X_val, y_val, rate, decay, reg, num_iters, batch_size,
    *, step=None, decays=lambda iteration, epoch: iteration % epoch == 0, before=False, batch=None,
):  # fmt: skip
    """nn_train with another `step(params, grads, rate)`, another rule of when the learning rate `decays(iteration,
    epoch)`, a decay `before` the step, or another `batch()`."""
    epoch = max(len(X) // batch_size, 1)
    stats = {"loss_history": [], "train_acc_history": [], "val_acc_history": []}
    for iteration in range(num_iters):
        X_batch, y_batch = batch() if batch else ref.sample_batch(X, y, len(X), batch_size)
        loss, grads = loss_func(params, X_batch, y=y_batch, reg=reg)
        stats["loss_history"].append(loss.item())
        if before and decays(iteration, epoch):
            rate *= decay
        if step:
            step(params, grads, rate)
        else:
            for name in params:
                params[name] = params[name] - rate * grads[name]
        if iteration % epoch == 0:
            for kind, examples, labels in (("train", X_batch, y_batch), ("val", X_val, y_val)):
                right = pred_func(params, loss_func, examples) == labels
                stats[f"{kind}_acc_history"].append(right.double().mean().item())
        if not before and decays(iteration, epoch):
            rate *= decay
    return stats


def wrong_training(sentence, **how):
    """A misconception of nn_train, as a variation of `steps`."""

    def declare(name):
        def nn_train_of_a_kind(
            ref, params, loss_func, pred_func, X, y, X_val, y_val, learning_rate=1e-3, learning_rate_decay=0.95,
            reg=5e-6, num_iters=100, batch_size=200, verbose=False,
        ):  # fmt: skip
            return steps(
                ref, params, loss_func, pred_func, X, y, X_val, y_val, learning_rate, learning_rate_decay,
                how.get("reg", reg), num_iters, batch_size,
                **{key: value for key, value in how.items() if key != "reg"},
            )  # fmt: skip

        nn_train_of_a_kind.__name__ = name
        (nn_train.misconception(sentence) if sentence else nn_train.alternative)(nn_train_of_a_kind)

    return declare


def step_of(sign=1.0, only=None, rated=True):
    def step(params, grads, rate):
        for name in only or params:
            params[name] = params[name] - sign * (rate if rated else 1.0) * grads[name]

    return step


def step_in_place(params, grads, rate):
    for name, value in params.items():
        value.add_(grads[name], alpha=-rate)


def step_on_a_copy(params, grads, rate):
    copies = dict(params)
    for name in copies:
        copies[name] = copies[name] - rate * grads[name]


wrong_training(None, step=step_in_place)("in_place")
wrong_training("The steps go up the gradient, not down.", step=step_of(sign=-1.0))("ascent_of_the_network")
wrong_training("Only the weights are trained; the biases never change.", step=step_of(only=("W1", "W2")))(
    "no_bias_step"
)
wrong_training("Only the second layer is trained.", step=step_of(only=("W2", "b2")))("second_layer_only")
wrong_training("The bias b1 never changes.", step=step_of(only=("W1", "W2", "b2")))("no_step_of_b1")
wrong_training("The bias b2 never changes.", step=step_of(only=("W1", "b1", "W2")))("no_step_of_b2")
wrong_training("The gradient is subtracted whole, without the learning rate.", step=step_of(rated=False))("no_rate")
wrong_training("The step is taken on copies: the parameters in the dict never change.", step=step_on_a_copy)("copies")
wrong_training("The learning rate never decays.", decays=lambda iteration, epoch: False)("never_decays")
wrong_training("The learning rate decays after every iteration instead of every epoch.", decays=lambda i, e: True)(
    "decays_every_time"
)
wrong_training(
    "The learning rate decays at the end of an epoch; here it does after the first iteration of each.",
    decays=lambda iteration, epoch: (iteration + 1) % epoch == 0,
)("decays_at_the_end")
wrong_training("The learning rate decays before the step instead of after it.", before=True)("decays_before")
wrong_training("The regularisation strength is not handed to the loss.", reg=0.0)("without_reg")

for what, wrong in (
    ("learning_rate", dict(learning_rate=1e-2)),
    ("learning_rate_decay", dict(learning_rate_decay=0.99)),
    ("reg", dict(reg=1e-2)),
    ("num_iters", dict(num_iters=200)),
    ("batch_size", dict(batch_size=100)),
):

    def other_default(ref, params, loss_func, pred_func, X, y, X_val, y_val, *args, wrong=wrong, **kwargs):
        return ref.nn_train(params, loss_func, pred_func, X, y, X_val, y_val, *args, **{**wrong, **kwargs})

    other_default.__name__ = f"another_default_of_{what}"
    nn_train.misconception(f"Where {what} is left out, it is not what the signature says.")(other_default)


# -- nn_predict -------------------------------------------------------------------------------------------------------


@nn_predict.case
def many_to_predict(draw):
    return dict(params=layers(draw, 6, 10, 5), X=draw.normal(40, 6))


@nn_predict.case
def more_classes_than_examples_to_predict(draw):
    return dict(params=layers(draw, 3, 8, 10), X=draw.normal(4, 3))


@nn_predict.case(worth=0.2)
def one_to_predict(draw):
    return dict(params=layers(draw, 3, 5, 4), X=draw.normal(1, 3))


@nn_predict.case(worth=0.2)
def negative_scores(draw):
    params = layers(draw, 4, 6, 5)
    params["b2"] -= 100
    return dict(params=params, X=draw.normal(12, 4))


@nn_predict.oracle
def from_scores_as_numbers(ref, params, X):
    scores = ((X @ params["W1"] + params["b1"]).relu() @ params["W2"] + params["b2"]).tolist()
    return {"labels": torch.tensor([row.index(max(row)) for row in scores])}


@nn_predict.alternative
def through_the_forward_pass(ref, params, loss_func, X):
    return torch.sort(ref.nn_forward_pass(params, X)[0], dim=1, descending=True)[1][:, 0]


@nn_predict.misconception("The class with the lowest score is chosen.")
def lowest_score_of_the_network(ref, params, loss_func, X):
    return loss_func(params, X).argmin(dim=1)


@nn_predict.misconception("The maximum runs over the examples instead of the classes.")
def over_the_examples_of_the_network(ref, params, loss_func, X):
    return loss_func(params, X).argmax(dim=0)


@nn_predict.misconception("The highest scores are returned; their classes are asked for.")
def highest_scores(ref, params, loss_func, X):
    return loss_func(params, X).amax(dim=1)


@nn_predict.misconception("The largest hidden unit is looked for instead of the highest score.")
def largest_hidden_unit(ref, params, loss_func, X):
    return ref.nn_forward_pass(params, X)[1].argmax(dim=1)


@nn_predict.misconception("The class with the largest magnitude of its score is chosen.")
def largest_magnitude_of_the_network(ref, params, loss_func, X):
    return loss_func(params, X).abs().argmax(dim=1)


@nn_predict.misconception("The labels are floating-point numbers.")
def labels_of_the_network_as_floats(ref, params, loss_func, X):
    return loss_func(params, X).argmax(dim=1).double()


# -- nn_get_search_params ---------------------------------------------------------------------------------------------


@nn_get_search_params.case
def four_lists_again(draw):
    return {}


@nn_get_search_params.misconception("There are too many combinations to try.")
def too_many_combinations(ref):
    return [0.1, 0.3, 1.0, 3.0], [16, 32, 64, 128], [0.0, 1e-4, 1e-3, 1e-2], [0.9, 0.95, 0.99, 1.0]


@nn_get_search_params.misconception("One of the four lists is empty.")
def an_empty_list(ref):
    return [0.1, 1.0], [16, 32], [1e-4], []


@nn_get_search_params.misconception("A combination is tried twice.")
def a_combination_twice(ref):
    return [1.0], [32, 32], [1e-4], [0.95]


@nn_get_search_params.misconception("All hidden layers are narrower than there are classes.")
def narrow_layers(ref):
    return [0.1, 1.0], [2, 4], [1e-4], [0.95]


@nn_get_search_params.misconception("The lists are in another order: hidden sizes come second.")
def another_order(ref):
    learning_rates, hidden_sizes, regs, decays = ref.nn_get_search_params()
    return learning_rates, regs, hidden_sizes, decays


for others in (
    "[0.6, 1.0], [32, 64], [0.0001], [0.95]",
    "[0.3, 2.0], [32, 64], [0.0001], [0.95]",
    "[0.3, 1.0], [31, 64], [0.0001], [0.95]",
    "[0.3, 1.0], [33, 64], [0.0001], [0.95]",
    "[0.3, 1.0], [32, 63], [0.0001], [0.95]",
    "[0.3, 1.0], [32, 65], [0.0001], [0.95]",
    "[0.3, 1.0], [32, 64], [0.0002], [0.95]",
):
    nn_get_search_params.equivalent(f"return ({others})", "other numbers serve as well")


# -- find_best_net ----------------------------------------------------------------------------------------------------


@find_best_net.case
def one_list_is_longer(draw):
    return search(draw, [0.1, 0.5, 1.0], [8, 32], [1e-4, 1e-2], [0.95])


# The lists of the course's notebook are the student's own: one that leaves the decay alone need not hand it on.
@find_best_net.case(worth=0.3)
def decays_vary_too(draw):
    return search(draw, [0.1, 1.0], [8, 32], [1e-4], [0.9, 1.0])


@find_best_net.case
def only_the_learning_rate_varies(draw):
    return search(draw, [0.01, 0.1, 0.5, 1.0, 2.0], [32], [1e-3], [0.95])


@find_best_net.oracle
def looked_up(ref, data_dict, grid, right):
    combinations = [list(map(float, one)) for one in itertools.product(*grid)]
    val, train = right["val"].reshape(-1), right["train"].reshape(-1)
    best = int(val.argmax())
    val_acc, train_acc = float(val[best]) / len(data_dict["y_val"]), float(train[best]) / len(data_dict["y_train"])
    sizes = {"input_size": data_dict["X_train"].shape[1], "output_size": int(data_dict["y_train"].max()) + 1}
    return {
        "best_net": {
            "made": {**sizes, "hidden_size": int(combinations[best][1])},
            "trained": [
                {
                    "setting": combinations[best],
                    "shapes of X, y, X_val, y_val": [
                        list(data_dict[name].shape) for name in ("X_train", "y_train", "X_val", "y_val")
                    ],
                }
            ],
        },
        "best_stat": {
            "loss_history": [2.0, 1.0],
            "train_acc_history": [train_acc / 2, train_acc],
            "val_acc_history": [val_acc / 2, val_acc],
        },
        "best_val_acc": val_acc,
        "tried": sorted(combinations),
    }


def searched(
    data_dict, settings, *, better=None, judged="val", reused=False, return_last_net=False, return_last_stat=False
):
    """find_best_net over these settings: `better(accuracy, best)`, by the accuracy on the set `judged`, with a fresh
    network each time or a single one that is `reused`."""
    X, y, X_val, y_val = (data_dict[name] for name in ("X_train", "y_train", "X_val", "y_val"))
    TwoLayerNet = sys.modules["two_layer_net"].TwoLayerNet  # or what stands in for it
    better = better or (lambda accuracy, best: best is None or accuracy > best)
    net = best = best_net = best_stat = stat = None
    for learning_rate, hidden_size, reg, decay in settings:
        if net is None or not reused:
            net = TwoLayerNet(X.shape[1], hidden_size, int(y.max()) + 1, X.dtype, X.device)
        stat = net.train(X, y, X_val, y_val, learning_rate, decay, reg, 50)
        accuracy = max(stat[f"{judged}_acc_history"])
        if better(accuracy, best):
            best, best_net, best_stat = accuracy, net, stat
    return net if return_last_net else best_net, stat if return_last_stat else best_stat, best


@find_best_net.alternative
def by_the_history_in_percent(ref, data_dict, get_param_set_fn):
    best_net, best_stat, best = searched(data_dict, reversed(list(itertools.product(*get_param_set_fn()))))
    return best_net, best_stat, 100 * best


@find_best_net.misconception("The network that is best on the training set is chosen.")
def by_the_training_accuracy(ref, data_dict, get_param_set_fn):
    return searched(data_dict, itertools.product(*get_param_set_fn()), judged="train")


@find_best_net.misconception("The worst network is chosen.")
def worst_network(ref, data_dict, get_param_set_fn):
    return searched(
        data_dict, itertools.product(*get_param_set_fn()), better=lambda accuracy, best: best is None or accuracy < best
    )


@find_best_net.misconception("The last network is chosen, whatever the others achieved.")
def last_network(ref, data_dict, get_param_set_fn):
    return searched(data_dict, itertools.product(*get_param_set_fn()), better=lambda accuracy, best: True)


@find_best_net.misconception("The first network is chosen, whatever the others achieve.")
def first_network(ref, data_dict, get_param_set_fn):
    return searched(data_dict, itertools.product(*get_param_set_fn()), better=lambda accuracy, best: best is None)


@find_best_net.misconception("The last network is returned, with the accuracy and the history of the best one.")
def best_accuracy_of_the_last_network(ref, data_dict, get_param_set_fn):
    return searched(data_dict, itertools.product(*get_param_set_fn()), return_last_net=True)


@find_best_net.misconception("The history is the last network's, not the best one's.")
def history_of_the_last_network(ref, data_dict, get_param_set_fn):
    return searched(data_dict, itertools.product(*get_param_set_fn()), return_last_stat=True)


@find_best_net.misconception("The lists are gone through side by side; every combination of them is asked for.")
def side_by_side(ref, data_dict, get_param_set_fn):
    lists = get_param_set_fn()
    longest = max(map(len, lists))
    return searched(
        data_dict, zip(*(list(itertools.islice(itertools.cycle(one), longest)) for one in lists), strict=True)
    )


@find_best_net.misconception("The learning rate decays are not tried: every network has the default one.")
def decays_not_tried(ref, data_dict, get_param_set_fn):
    learning_rates, hidden_sizes, regs, _ = get_param_set_fn()
    return searched(data_dict, itertools.product(learning_rates, hidden_sizes, regs, [0.95]))


@find_best_net.misconception("The best network is not kept: there is an accuracy, and no network that has it.")
def no_network_kept(ref, data_dict, get_param_set_fn):
    return None, *searched(data_dict, itertools.product(*get_param_set_fn()))[1:]


@find_best_net.misconception("Only the learning rates are varied; of every other list the first entry is taken.")
def learning_rates_only(ref, data_dict, get_param_set_fn):
    learning_rates, *others = get_param_set_fn()
    return searched(data_dict, itertools.product(learning_rates, *(one[:1] for one in others)))


@find_best_net.misconception("Only the first regularisation strength is tried.")
def first_strength_only(ref, data_dict, get_param_set_fn):
    learning_rates, hidden_sizes, regs, decays = get_param_set_fn()
    return searched(data_dict, itertools.product(learning_rates, hidden_sizes, regs[:1], decays))


@find_best_net.misconception("Only the first hidden size is tried.")
def first_size_only(ref, data_dict, get_param_set_fn):
    learning_rates, hidden_sizes, regs, decays = get_param_set_fn()
    return searched(data_dict, itertools.product(learning_rates, hidden_sizes[:1], regs, decays))


@find_best_net.misconception("Only the first learning rate is tried.")
def first_rate_only(ref, data_dict, get_param_set_fn):
    learning_rates, *others = get_param_set_fn()
    return searched(data_dict, itertools.product(learning_rates[:1], *others))


@find_best_net.misconception("Only the first learning rate decay and the first regularisation strength are tried.")
def two_of_the_lists_only(ref, data_dict, get_param_set_fn):
    learning_rates, hidden_sizes, regs, decays = get_param_set_fn()
    return searched(data_dict, itertools.product(learning_rates, hidden_sizes, regs[:1], decays[:1]))


@find_best_net.misconception("The regularisation strength and the learning rate decay are in each other's place.")
def strength_and_decay_swapped(ref, data_dict, get_param_set_fn):
    settings = itertools.product(*get_param_set_fn())
    return searched(data_dict, [(rate, size, decay, reg) for rate, size, reg, decay in settings])


@find_best_net.misconception("One network is trained on and on; every combination needs a fresh one.")
def one_network_reused(ref, data_dict, get_param_set_fn):
    return searched(data_dict, itertools.product(*get_param_set_fn()), reused=True)


MADE = "net = TwoLayerNet(X_train.shape[1], hidden_size, num_classes, X_train.dtype, X_train.device, std={})"
TRAINED = "stat = net.train(X_train, y_train, X_val, y_val, learning_rate, decay, reg, num_iters={})"
for statement, reason in {
    MADE.format(0.2): "how parameters begin is free",
    TRAINED.format(999): "how long to train is free",
    TRAINED.format(1001): "how long to train is free",
    "best_net, best_stat, best_val_acc = (None, None, -2.0)": "every accuracy is above it all the same",
    "if val_acc >= best_val_acc:": "of equally good networks any is the best",
    "val_acc = (net.predict(X_val) == y_val).double().mean()": "a tensor of shape () is the same number",
}.items():
    find_best_net.equivalent(statement, reason)


# -- digits -----------------------------------------------------------------------------------------------------------


@network_digits.case
def other_digits_for_the_network(draw):
    return digits_to_read(draw, 1200, shift=1, noise=0.05)
