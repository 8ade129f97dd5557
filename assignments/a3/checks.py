"""How your code for a3 is called, and on what. The grader puts the same questions to its own solution and compares."""

import itertools
import math

from grader.ask import fill_by_shape, given, stacked_by_shape, torch
from grader.property import binomial, certain, close, deviation_is, mean_is
from grader.spec import Checks, no_calls, operations_do_not_grow

checks = Checks("a3", title="Fully-connected and convolutional networks")

fc = checks.module("fully_connected_networks")
conv = checks.module("convolutional_networks")

half_l2 = fc.edition(
    "half_l2", "Your FullyConnectedNet takes half of reg times the squared weights, in the loss and in the gradients."
)

FC = "fully_connected_networks"
CERTAIN = 1e-9  # evidence below is as good as none
TEN = 10  # classes
IMAGE = (3, 32, 32)
PIXELS = math.prod(IMAGE)


# == fully_connected_networks: layers =================================================================================


@fc.exercise("Linear.forward", points=2)
def linear_forward(sub, x, w, b):
    """A fully-connected layer: x w + b."""
    out, _ = sub.Linear.forward(x, w, b)
    return {"out": out}


@linear_forward.case
def three_rows(draw):
    return dict(x=draw.normal(3, 5), w=draw.normal(5, 4), b=draw.normal(4))


@linear_forward.case
def two_little_images(draw):
    return dict(x=draw.normal(2, 3, 2, 2), w=draw.normal(12, 3), b=draw.normal(3))


@fc.exercise("Linear.backward", points=3, needs=["Linear.forward"])
def linear_backward(sub, x, w, b, dout):
    """Gradients of the fully-connected layer with respect to x, w and b."""
    _, cache = sub.Linear.forward(x, w, b)
    dx, dw, db = sub.Linear.backward(dout, cache)
    return {"dx": dx, "dw": dw, "db": db}


@linear_backward.case
def four_rows(draw):
    return dict(x=draw.normal(4, 3), w=draw.normal(3, 5), b=draw.normal(5), dout=draw.normal(4, 5))


@linear_backward.case
def three_little_images(draw):
    return dict(x=draw.normal(3, 2, 2, 3), w=draw.normal(12, 4), b=draw.normal(4), dout=draw.normal(3, 4))


# The rectifier has no derivative at 0: numbers keep away from it.
@fc.exercise("ReLU.forward", points=1)
def relu_forward(sub, x):
    """The rectifier: max(x, 0)."""
    out, _ = sub.ReLU.forward(x)
    return {"out": out}


@relu_forward.case
def both_signs(draw):
    return dict(x=draw.normal(4, 5, away=0.1))


@fc.exercise("ReLU.backward", points=2, needs=["ReLU.forward"])
def relu_backward(sub, x, dout):
    """Gradient of the rectifier."""
    _, cache = sub.ReLU.forward(x)
    return {"dx": sub.ReLU.backward(dout, cache)}


@relu_backward.case
def gradients_of_both_signs(draw):
    return dict(x=draw.normal(4, 5, away=0.1), dout=draw.normal(4, 5, away=0.1))


LAYERS = ["Linear.forward", "Linear.backward", "ReLU.forward", "ReLU.backward"]


# == fully_connected_networks: networks ===============================================================================


def filled(net, params):
    """The network with these parameters; the network may change its copies."""
    net.params.update({name: value.clone() for name, value in params.items()})
    return net


def are_tensors(params, shapes, dtype):
    """Whether `params` is a dictionary of tensors with these names, shapes and this dtype."""
    return (
        isinstance(params, dict)
        and set(params) == set(shapes)
        and all(isinstance(value, torch.Tensor) and value.dtype == dtype for value in params.values())
        and all(tuple(params[name].shape) == tuple(shape) for name, shape in shapes.items())
    )


def normal_entries(what, w, deviation, said, instead=()):
    """Claims on random weights: mean 0, this deviation; and what the deviation is not instead, where it is wrong:
    pairs of a sentence and the deviation of a common mistake."""
    right = deviation_is(w, 0, deviation)
    yield mean_is(w, 0, max(deviation, float(w.std()))), f"{what} have mean 0"
    yield right, f"{what} have the standard deviation {said}"
    if right.p < CERTAIN:
        for sentence, other in instead:
            yield certain(deviation_is(w, 0, other).p < CERTAIN), sentence


def made(dtype, **sizes):
    """How a network is to be made: in float64, or in the dtype that its signature says."""
    return given(dtype=torch.float64 if dtype else None, **sizes)


def dtype_of(dtype):
    """The dtype of a network that was made so."""
    return torch.float64 if dtype else torch.float32


def initial_values(params, shapes, weight_scale, dtype):
    """Claims on the initial parameters of a network: names, shapes, zeros, and normal weights."""
    usable = are_tensors(params, shapes, dtype_of(dtype))
    yield certain(usable), f"`params` holds {', '.join(shapes)} in the right shapes and in the dtype that is asked for"
    if usable:
        yield certain(not any(params[name].any() for name in shapes if name[0] == "b")), "the biases are 0"
        for name in shapes:
            if name[0] == "W":
                mistakes = mistakes_of_scale(f"the entries of {name}", weight_scale)
                yield from normal_entries(
                    f"the entries of {name}", params[name], weight_scale, "weight_scale", mistakes
                )


def mistakes_of_scale(what, weight_scale):
    return [
        (f"weight_scale is the standard deviation of {what}, not their variance", math.sqrt(weight_scale)),
        (f"{what} are multiplied by weight_scale", 1.0),
    ]


@fc.exercise("TwoLayerNet.__init__", points=1)
def two_layer_init(sub, input_dim, hidden_dim, num_classes, weight_scale, dtype):
    """The initial parameters of the net of two layers."""
    sizes = dict(input_dim=input_dim, hidden_dim=hidden_dim, num_classes=num_classes, weight_scale=weight_scale)
    return {"params": dict(sub.TwoLayerNet(**made(dtype, **sizes)).params)}


def two_layers_to_make(*, input_dim=None, hidden_dim=None, num_classes=None, weight_scale=None, dtype="float64"):
    """The inputs of TwoLayerNet.__init__; what is None is left out of the call."""
    sizes = dict(input_dim=input_dim, hidden_dim=hidden_dim, num_classes=num_classes)
    return dict(**sizes, weight_scale=weight_scale, dtype=dtype)


@two_layer_init.case
def forty_hidden_numbers(draw):
    return two_layers_to_make(input_dim=50, hidden_dim=40, num_classes=30, weight_scale=0.01)


@two_layer_init.property(false_alarm=1e-7)
def small_random_weights(ref, answer, input_dim, hidden_dim, num_classes, weight_scale, dtype):
    D, H, C = input_dim or PIXELS, hidden_dim or 100, num_classes or TEN
    shapes = {"W1": (D, H), "b1": (H,), "W2": (H, C), "b2": (C,)}
    yield from initial_values(answer.get("params"), shapes, weight_scale or 1e-3, dtype)


@fc.exercise("TwoLayerNet.loss", points=5, needs=[*LAYERS, "TwoLayerNet.__init__"])
def two_layer_loss(sub, X, y, W1, b1, W2, b2, reg):
    """Scores, loss and gradients of the net of two layers."""
    net = sub.TwoLayerNet(
        input_dim=W1.shape[0],
        hidden_dim=W1.shape[1],
        num_classes=W2.shape[1],
        dtype=X.dtype,
        device=str(X.device),
        **given(reg=reg),
    )
    filled(net, {"W1": W1, "b1": b1, "W2": W2, "b2": b2})
    scores = net.loss(X)
    loss, grads = net.loss(X, y)
    return {"scores": scores, "loss": loss, "grads": dict(grads)}


def two_layers(draw, N, D, H, C, *, reg, shape=None, scale=1.0):
    """The inputs of TwoLayerNet.loss."""
    return dict(
        X=draw.normal(N, *(shape or (D,)), scale=scale),
        y=draw.labels(N, C),
        W1=draw.normal(D, H, scale=D**-0.5),
        b1=draw.normal(H),
        W2=draw.normal(H, C, scale=H**-0.5),
        b2=draw.normal(C),
        reg=reg,
    )


@two_layer_loss.case
def without_l2(draw):
    return two_layers(draw, 4, 5, 6, 3, reg=0.0)


@two_layer_loss.case
def with_l2(draw):
    return two_layers(draw, 4, 5, 6, 3, reg=0.7)


@fc.exercise("FullyConnectedNet.__init__", points=1)
def fully_connected_init(sub, input_dim, hidden_dims, num_classes, weight_scale, dtype):
    """The initial parameters of the net of any depth."""
    sizes = dict(input_dim=input_dim, num_classes=num_classes, weight_scale=weight_scale)
    return {"params": dict(sub.FullyConnectedNet(hidden_dims, **made(dtype, **sizes)).params)}


def layers_to_make(hidden_dims, *, input_dim=None, num_classes=None, weight_scale=None, dtype="float64"):
    """The inputs of FullyConnectedNet.__init__; what is None is left out of the call."""
    sizes = dict(input_dim=input_dim, hidden_dims=hidden_dims, num_classes=num_classes)
    return dict(**sizes, weight_scale=weight_scale, dtype=dtype)


@fully_connected_init.case
def two_hidden_layers(draw):
    return layers_to_make([50, 30], input_dim=40, num_classes=20, weight_scale=0.02)


@fully_connected_init.property(false_alarm=1e-7)
def small_random_weights_in_every_layer(ref, answer, input_dim, hidden_dims, num_classes, weight_scale, dtype):
    dims, shapes = [input_dim or PIXELS, *hidden_dims, num_classes or TEN], {}
    for layer in range(1, len(dims)):
        shapes |= {f"W{layer}": (dims[layer - 1], dims[layer]), f"b{layer}": (dims[layer],)}
    yield from initial_values(answer.get("params"), shapes, weight_scale or 1e-2, dtype)


def fully_connected(sub, weights, biases, reg, dropout, dtype, device):
    """The submission's FullyConnectedNet with these parameters."""
    net = sub.FullyConnectedNet(
        [len(b) for b in biases[:-1]],
        input_dim=weights[0].shape[0],
        num_classes=len(biases[-1]),
        dtype=dtype,
        device=str(device),
        **given(dropout=dropout, reg=reg),
    )
    params = {f"W{layer}": w for layer, w in enumerate(weights, 1)}
    return filled(net, params | {f"b{layer}": b for layer, b in enumerate(biases, 1)})


@fc.exercise("FullyConnectedNet.loss", points=6, needs=[*LAYERS, "FullyConnectedNet.__init__"])
def fully_connected_loss(sub, X, y, weights, biases, reg):
    """Scores, loss and gradients of the net of any depth, without dropout."""
    net = fully_connected(sub, weights, biases, reg, None, X.dtype, X.device)
    scores = net.loss(X)
    loss, grads = net.loss(X, y)
    return {"scores": scores, "loss": loss, "grads": dict(grads)}


def many_layers(draw, N, dims, *, reg, shape=None, scale=1.0):
    """The inputs of FullyConnectedNet.loss: `dims` are the sizes of input, hidden layers and output."""
    return dict(
        X=draw.normal(N, *(shape or dims[:1]), scale=scale),
        y=draw.labels(N, dims[-1]),
        weights=[draw.normal(n, m, scale=n**-0.5) for n, m in itertools.pairwise(dims)],
        biases=[draw.normal(m) for m in dims[1:]],
        reg=reg,
    )


@fully_connected_loss.case
def three_layers(draw):
    return many_layers(draw, 4, (5, 6, 7, 3), reg=0.0)


@fully_connected_loss.case
def three_layers_with_l2(draw):
    return many_layers(draw, 4, (5, 6, 7, 3), reg=0.4)


@fc.exercise(
    "FullyConnectedNet.dropout", points=2, needs=["FullyConnectedNet.loss", "Dropout.forward", "Dropout.backward"]
)
def fully_connected_dropout(sub, X, y, weights, biases, p):
    """Loss and gradients of the net of any depth with dropout, and its scores without."""
    net = fully_connected(sub, weights, biases, None, p, X.dtype, X.device)
    loss, grads = net.loss(X, y)
    return {"scores": net.loss(X), "loss": torch.as_tensor(loss), "grads": dict(grads)}


def one_example(draw, dims, p):
    """The inputs of FullyConnectedNet.dropout: from the gradients for one example one can tell what was dropped."""
    inputs = many_layers(draw, 1, dims, reg=0.0)
    del inputs["reg"]
    return dict(inputs, p=p)


@fully_connected_dropout.case
def a_quarter_dropped(draw):
    return one_example(draw, (10, 200, 5), 0.25)


@fully_connected_dropout.property(false_alarm=1e-7)
def drops_hidden_numbers(ref, answer, X, y, weights, biases, p):
    shapes = {f"W{layer}": w.shape for layer, w in enumerate(weights, 1)}
    shapes |= {f"b{layer}": b.shape for layer, b in enumerate(biases, 1)}
    scores, loss, grads = (answer.get(name) for name in ("scores", "loss", "grads"))
    usable = are_tensors(grads, shapes, X.dtype) and isinstance(loss, torch.Tensor) and loss.numel() == 1
    usable = usable and isinstance(scores, torch.Tensor)
    yield certain(usable), "there are scores, a loss and a gradient of every parameter"
    if not usable:
        return
    # For one example the gradient of the weights is the outer product of what came in and the gradient of the bias:
    # that shows what came in, and so what was dropped.
    masks = []
    for layer in range(2, len(weights) + 1):
        dw, db = grads[f"W{layer}"], grads[f"b{layer}"]
        unit = int(db.abs().argmax())
        masks.append((dw[:, unit] / db[unit]).abs() > 1e-9)
    params = [(w.clone().requires_grad_(), b.clone().requires_grad_()) for w, b in zip(weights, biases, strict=True)]
    hidden, clean, kept = X.reshape(1, -1), X.reshape(1, -1), []
    for (w, b), mask in zip(params[:-1], masks, strict=True):
        hidden, clean = (hidden @ w + b).clamp(min=0), (clean @ w + b).clamp(min=0)
        kept.append(mask[hidden[0] > 0])  # of the others nobody can tell
        hidden = hidden * mask / (1 - p)
    w, b = params[-1]
    expected = torch.nn.functional.cross_entropy(hidden @ w + b, y)
    gradients = torch.autograd.grad(expected, [tensor for pair in params for tensor in pair])
    got = [grads[f"{kind}{layer}"] for layer in range(1, len(weights) + 1) for kind in "Wb"]
    right = all(close(*pair).p == 1 for pair in zip(got, gradients, strict=True))
    yield close(scores, (clean @ w + b).detach()), "without labels nothing is dropped"
    yield binomial(torch.cat(kept), 1 - p), "with labels a share p of the hidden numbers is dropped"
    net = "a net whose hidden numbers are dropped, or else divided by 1 - p"
    yield close(loss.reshape(()), expected.detach()), f"the loss is that of {net}"
    yield certain(right), f"the gradients are those of {net}"


# == fully_connected_networks: training ===============================================================================


def photographs(images):
    """Digits (n, 8, 8) enlarged to colour images (n, 3, 32, 32) whose mean is 0: as large and as bright as small
    photographs, so that a network that was tuned on those fits."""
    large = images.repeat_interleave(4, dim=1).repeat_interleave(4, dim=2)
    return (large - large.mean())[:, None].repeat(1, 3, 1, 1)


# The course has other images: numbers that are a little off for these digits lose a share only.
def fifty_digits(draw, share=0.8):
    """Fifty images to be learned by heart, kept back: the grader trains its own network with your numbers."""
    images, labels = draw.digits(50, shift=0)
    return {}, dict(images=images, labels=labels, share=share)


def learned_by_heart(ref, answer, new_net, images, labels, share, *, epochs, **training):
    """Claims on a weight_scale and a learning_rate: that a right network learns its training set with them.

    It counts as learned when this share of the labels is right after any epoch, from one of two starting points."""
    scale, rate = answer.get("weight_scale"), answer.get("learning_rate")
    usable = all(isinstance(value, float) and 0 < value < math.inf for value in (scale, rate))
    yield certain(usable), "both are positive numbers"
    if not usable:
        return
    X = photographs(images).float()
    data = {"X_train": X, "y_train": labels, "X_val": X[:1], "y_val": labels[:1]}
    training |= dict(optim_config={"learning_rate": rate}, num_epochs=1, verbose=False)
    best, varied, first, last = 0.0, 0.0, 0.0, 0.0
    for start in range(2):
        torch.manual_seed(start)
        net = new_net(scale)
        varied, first = float(net.loss(X).std(dim=0).max()), float(net.loss(X, labels)[0])
        solver = ref.Solver(net, data, **training)
        for _ in range(epochs):
            solver.train(return_best_params=False)
            best = max(best, solver.train_acc_history[-1])
            if best >= share:
                return
        last = float(net.loss(X, labels)[0])
    yield certain(varied > 1e-5), "before training the net tells one image from another"
    yield certain(last < 2 * first), "the loss stays within bounds"
    yield certain(not 0.99 * first < last < 1.01 * first), "the loss changes"
    said = f"the net learns {share:.0%} of fifty digits within {epochs} epochs: it gets {best:.0%} of them right"
    yield certain(False), said


@fc.exercise("get_three_layer_network_params", points=1)
def three_layer_params(sub):
    """A weight scale and a learning rate that let three layers learn fifty images by heart."""
    weight_scale, learning_rate = sub.get_three_layer_network_params()
    return {"weight_scale": float(weight_scale), "learning_rate": float(learning_rate)}


@fc.exercise("get_five_layer_network_params", points=1)
def five_layer_params(sub):
    """A weight scale and a learning rate that let five layers learn fifty images by heart."""
    weight_scale, learning_rate = sub.get_five_layer_network_params()
    return {"weight_scale": float(weight_scale), "learning_rate": float(learning_rate)}


three_layer_params.case(fifty_digits)
five_layer_params.case(fifty_digits)


def with_hidden_layers(*hidden_dims):
    """The property of both: the same training, on nets of different depth."""

    def learns_fifty_digits(ref, answer, images, labels, share):
        def new_net(scale):
            return ref.FullyConnectedNet(list(hidden_dims), weight_scale=scale)

        yield from learned_by_heart(ref, answer, new_net, images, labels, share, epochs=20, batch_size=25)

    return learns_fifty_digits


three_layer_params.property()(with_hidden_layers(100, 100))
five_layer_params.property()(with_hidden_layers(100, 100, 100, 100))


def scores_after_training(create_solver, X_train, y_train, X_test, mix, seconds):
    """Train what `create_solver` returns, and let its model score images that it has not seen: with its last
    parameters, with those that did best on validation, and with a last layer whose classes are mixed.

    mix: (10, 10), for every class the multiples of the scores of the other ones that it gets instead."""
    X_train, X_test = photographs(X_train), photographs(X_test)
    count = len(X_train) * 5 // 6
    data = {"X_train": X_train[:count], "y_train": y_train[:count], "X_val": X_train[count:], "y_val": y_train[count:]}
    solver = create_solver(data, X_train.dtype, str(X_train.device))
    model = solver.model
    before = {name: value.clone() for name, value in model.params.items()}
    solver.train(time_limit=seconds, return_best_params=False)
    scores, params = model.loss(X_test), model.params
    changed = any(not torch.equal(value, before[name]) for name, value in params.items() if name in before)
    mixed = []
    for layer in last_layers(params, len(mix)):
        model.params = {**params, **{name: params[name] @ mix for name in layer}}
        mixed.append(model.loss(X_test))
    model.params = solver.best_params
    of_the_best = model.loss(X_test)
    answer = {"scores": scores, "scores_of_the_best": of_the_best, "losses": solver.loss_history}
    return {**answer, "mixed": mixed, "changed": changed}


def last_layers(params, classes):
    """The names of weights and bias of what may be the last layer: several, where other layers have as many units."""
    ending = {n: [name for name, p in params.items() if p.dim() == n and p.shape[-1] == classes] for n in (1, 2)}
    return list(itertools.product(ending[2], ending[1]))


# The course has other images, and many times as many: a solver that is made for those trains here, and learns less.
def digits_to_read(draw, num_train, num_test, share=0.0):
    """Images to train on, others whose labels are kept back, and the share of these that is to be read."""
    images, labels = draw.digits(num_train + num_test, shift=0)
    inputs = dict(X_train=images[:num_train], y_train=labels[:num_train], X_test=images[num_train:])
    inputs["mix"] = draw.normal(TEN, TEN)
    return inputs, dict(y_test=labels[num_train:], share=share)


READ = 0.6  # of digits that a solver's model has not seen


def reads(answer, mix, y_test, share):
    """Claims on scores: that enough of the held-out digits are read correctly."""
    both, losses = [answer.get(name) for name in ("scores", "scores_of_the_best")], answer.get("losses")
    usable = all(isinstance(scores, torch.Tensor) and tuple(scores.shape) == (len(y_test), TEN) for scores in both)
    usable = usable and isinstance(losses, list) and all(isinstance(loss, float) for loss in losses)
    yield certain(usable), "the trained model gives ten scores for every image"
    if not usable:
        return
    mixed, expected = answer.get("mixed"), both[0] @ mix
    follows = isinstance(mixed, list) and any(
        isinstance(scores, torch.Tensor) and bool(close(scores, expected, 1e-3).p) for scores in mixed
    )
    yield certain(follows), "the scores follow from the parameters: another last layer gives the scores that it gives"
    yield certain(answer.get("changed")), "training changes the parameters"
    right = max(float((scores.argmax(dim=1) == y_test).double().mean()) for scores in both)
    tenth = len(losses) // 10 + 1
    first, last = sum(losses[:tenth]), sum(losses[-tenth:])
    # In a handful of steps momentum may carry a right solver's loss up: there it has to be a number only.
    bounded = last < 2 * first or right >= READ if share else all(map(math.isfinite, losses))
    yield certain(bounded), "the loss stays within bounds in training"
    if right < share:
        yield certain(not 0.97 * first < last < 1.03 * first), "the loss changes in training"
        said = f"at least {share:.0%} of digits that it has not seen are read correctly: it is {right:.1%}"
        yield certain(False), said


@fc.exercise(
    "create_solver_instance", points=2, dtype="float32", seconds=60, needs=["TwoLayerNet.__init__", "TwoLayerNet.loss"]
)
def create_solver(sub, X_train, y_train, X_test, mix):
    """A solver that trains a net of two layers to read digits."""
    return scores_after_training(sub.create_solver_instance, X_train, y_train, X_test, mix, seconds=20)


@create_solver.case
def a_few_digits(draw):
    return digits_to_read(draw, 60, 20)


@create_solver.case(worth=0.25)
def six_hundred_digits(draw):
    return digits_to_read(draw, 600, 200, share=READ)


@create_solver.property()
def reads_digits(ref, answer, X_train, y_train, X_test, mix, y_test, share):
    yield from reads(answer, mix, y_test, share)


# == fully_connected_networks: update rules ===========================================================================


def steps(rule, w, gradients, config):
    """The weights after each of several steps, the config of one step being handed to the next."""
    config, weights = None if config is None else dict(config), []
    for dw in gradients:
        w, config = rule(w, dw, config)
        weights.append(w.clone())
    return {"w": weights}


@fc.exercise("sgd_momentum", points=2)
def sgd_momentum(sub, w, gradients, config):
    """Gradient descent with momentum, several steps in a row."""
    return steps(sub.sgd_momentum, w, gradients, config)


@fc.exercise("rmsprop", points=2)
def rmsprop(sub, w, gradients, config):
    """RMSProp, several steps in a row."""
    return steps(sub.rmsprop, w, gradients, config)


@fc.exercise("adam", points=4)
def adam(sub, w, gradients, config):
    """Adam, several steps in a row."""
    return steps(sub.adam, w, gradients, config)


def descent(draw, *shape, count, config, scale=1.0):
    """The inputs of an update rule."""
    gradients = [draw.normal(*shape, scale=scale, away=scale / 10) for _ in range(count)]
    return dict(w=draw.normal(*shape), gradients=gradients, config=config)


@sgd_momentum.case
def three_steps(draw):
    return descent(draw, 3, 4, count=3, config={"learning_rate": 0.1, "momentum": 0.7})


@sgd_momentum.case
def with_a_velocity(draw):
    return descent(draw, 5, count=2, config={"learning_rate": 0.05, "velocity": draw.normal(5)})


@rmsprop.case
def four_steps(draw):
    return descent(draw, 3, 4, count=4, config={"learning_rate": 0.1, "decay_rate": 0.8})


@rmsprop.case
def with_an_average(draw):
    return descent(draw, 5, count=2, config={"learning_rate": 0.05, "cache": draw.uniform(5, low=0.5, high=2.0)})


@adam.case
def five_steps(draw):
    return descent(draw, 3, 4, count=5, config={"learning_rate": 0.1, "beta1": 0.8, "beta2": 0.95})


@adam.case
def from_step_five_on(draw):
    state = {"m": draw.normal(5), "v": draw.uniform(5, low=0.5, high=2.0), "t": 5}
    return descent(draw, 5, count=2, config={"learning_rate": 0.05, **state})


# == fully_connected_networks: dropout ================================================================================


@fc.exercise("Dropout.forward", points=3)
def dropout_forward(sub, x, p, mode):
    """Inverted dropout: numbers are dropped with probability p, the others are scaled up."""
    out, _ = sub.Dropout.forward(x, {"mode": mode, "p": p})
    again, _ = sub.Dropout.forward(x, {"mode": mode, "p": p})
    return {"out": out, "again": again}


@dropout_forward.case
def a_third_in_training(draw):
    return dict(x=draw.normal(60, 50, away=0.1), p=0.3, mode="train")


@dropout_forward.case
def in_test_mode(draw):
    return dict(x=draw.normal(6, 5, away=0.1), p=0.3, mode="test")


def same_shape(x, *tensors):
    """Whether these are tensors of the shape and dtype of x."""
    return all(isinstance(t, torch.Tensor) and t.shape == x.shape and t.dtype == x.dtype for t in tensors)


@dropout_forward.property(false_alarm=1e-7)
def drops_a_share_p_and_scales_the_rest(ref, answer, x, p, mode):
    out, again = answer.get("out"), answer.get("again")
    usable = same_shape(x, out, again)
    yield certain(usable), "the output has the shape and the dtype of x"
    if not usable:
        return
    kept = out != 0
    if mode == "test":
        yield certain(kept.all()), "in test mode nothing is dropped"
        yield close(out[kept], x[kept]), "in test mode nothing is scaled"
        return
    # Two independent masks agree in an entry with this probability; so do two rows, and two columns, of one mask.
    agree = p * p + (1 - p) * (1 - p)
    columns = kept.shape[1] // 2 * 2
    independent = [
        (binomial(kept[0::2][: len(kept) // 2] == kept[1::2], agree), "in different examples"),
        (binomial(kept[:, 0:columns:2] == kept[:, 1:columns:2], agree), "within an example"),
        (binomial(kept == (again != 0), agree), "at the next call"),
    ]
    for evidence, where in independent:
        yield evidence, f"numbers are dropped independently of each other, also {where}"
    if all(evidence.p >= CERTAIN for evidence, _ in independent):  # else the share has no known deviation
        yield binomial(kept, 1 - p), "each number is dropped with the probability p (and kept with 1 - p)"
    if p and kept.any():
        size = float((out[kept] / x[kept]).abs().max())
        yield certain(abs(size - 1) > 1e-6), "numbers that are kept are scaled"
        yield certain(size > 1 - 1e-6), "numbers that are kept become larger, not smaller"
    yield close(out[kept], x[kept] / (1 - p)), "numbers that are kept are divided by 1 - p"


@fc.exercise("Dropout.backward", points=2, needs=["Dropout.forward"])
def dropout_backward(sub, x, dout, p, mode):
    """Gradient of dropout: what was dropped gets none."""
    out, cache = sub.Dropout.forward(x, {"mode": mode, "p": p})
    return {"out": out.clone(), "dx": sub.Dropout.backward(dout, cache)}


@dropout_backward.case
def through_the_mask(draw):
    return dict(x=draw.normal(12, 10, away=0.1), dout=draw.normal(12, 10, away=0.1), p=0.3, mode="train")


@dropout_backward.case
def through_test_mode(draw):
    return dict(x=draw.normal(4, 5, away=0.1), dout=draw.normal(4, 5, away=0.1), p=0.3, mode="test")


@dropout_backward.property()
def the_mask_of_the_forward_pass(ref, answer, x, dout, p, mode):
    out, dx = answer.get("out"), answer.get("dx")
    usable = same_shape(x, out, dx)
    yield certain(usable), "the gradient has the shape and the dtype of x"
    if not usable:
        return
    if mode == "test":
        yield close(dx, dout), "in test mode the gradient passes unchanged"
        return
    kept = out != 0
    yield certain(not dx[~kept].any()), "what was dropped on the way forward gets no gradient"
    yield certain(dx[kept].all()), "what was kept on the way forward gets a gradient"
    yield close(dx[kept], dout[kept] / (1 - p)), "the gradient of what was kept is divided by 1 - p"


# == convolutional_networks: convolution and pooling ==================================================================

# The library's own layers, under any of their names; padding is fine.
FROM_SCRATCH = no_calls(
    *("torch.nn.*", "torch.autograd.*", ".backward", "torch.func.*", "torch.ops.*", "torch.vmap"),
    *("torch.conv1d", "torch.conv2d", "torch.conv3d", "torch.convolution", "torch._convolution"),
    *("torch.conv_transpose2d", "torch.max_pool2d", "torch.max_pool2d_with_indices", "torch.batch_norm"),
    *("torch.native_batch_norm", "torch.native_layer_norm", "torch.instance_norm", "torch.layer_norm"),
    but=("torch.nn.functional.pad",),
)
# A convolution by loops over images and windows is right, if slow: that costs its points for speed and no more.
CONV = dict(rules=[FROM_SCRATCH], speed_points=3, seconds=30)


@conv.exercise("Conv.forward", points=8, **CONV)
def conv_forward(sub, x, w, b, stride, pad):
    """The convolution."""
    out, _ = sub.Conv.forward(x, w, b, {"stride": stride, "pad": pad})
    return {"out": out}


@conv.exercise("Conv.backward", points=10, needs=["Conv.forward"], **CONV)
def conv_backward(sub, x, w, b, dout, stride, pad):
    """Gradients of the convolution with respect to x, w and b."""
    _, cache = sub.Conv.forward(x, w, b, {"stride": stride, "pad": pad})
    dx, dw, db = sub.Conv.backward(dout, cache)
    return {"dx": dx, "dw": dw, "db": db}


def images_and_filters(draw, image, filters, *, stride, pad, scale=1.0):
    """The inputs of Conv.forward: `image` is (N, C, H, W), `filters` is (F, HH, WW)."""
    F, HH, WW = filters
    x, w, b = draw.normal(*image, scale=scale), draw.normal(F, image[1], HH, WW), draw.normal(F, scale=scale)
    return dict(x=x, w=w, b=b, stride=stride, pad=pad)


def and_a_gradient(draw, image, filters, *, stride, pad, scale=1.0):
    """The inputs of Conv.backward."""
    inputs = images_and_filters(draw, image, filters, stride=stride, pad=pad)
    (N, _, H, W), (F, HH, WW) = image, filters
    H_out, W_out = 1 + (H + 2 * pad - HH) // stride, 1 + (W + 2 * pad - WW) // stride
    return dict(inputs, dout=draw.normal(N, F, H_out, W_out, scale=scale))


# The course pads every convolution, and its windows of pooling never overlap: without padding, and where they do, is an
# edge. Most solutions get that wrong in the backward passes.
for layer, inputs_of, share in ((conv_forward, images_and_filters, 0.25), (conv_backward, and_a_gradient, 0.3)):

    @layer.case
    def padded(draw, inputs_of=inputs_of):
        return inputs_of(draw, (2, 3, 5, 5), (4, 3, 3), stride=1, pad=1)

    @layer.case
    def every_other_window(draw, inputs_of=inputs_of):
        return inputs_of(draw, (2, 2, 6, 6), (3, 4, 4), stride=2, pad=1)

    @layer.case(worth=share)
    def without_padding(draw, inputs_of=inputs_of):
        return inputs_of(draw, (2, 3, 6, 6), (2, 3, 3), stride=1, pad=0)


@conv_forward.timed(at_most=5.0)
def a_batch(draw, n=12):
    return images_and_filters(draw, (n, 32, n + 8, n + 8), (32, 3, 3), stride=1, pad=1)


@conv_forward.yardstick("torch.nn.functional.conv2d")
def library_convolution(x, w, b, stride, pad):
    return torch.nn.functional.conv2d(x, w, b, stride=stride, padding=pad)


@conv_backward.timed(at_most=5.0)
def a_batch_and_back(draw, n=8):
    return and_a_gradient(draw, (n, 32, n + 8, n + 8), (32, 3, 3), stride=1, pad=1)


@conv_backward.yardstick("torch.nn.functional.conv2d with autograd")
def library_convolution_and_back(x, w, b, dout, stride, pad):
    x, w = x.clone().requires_grad_(), w.clone().requires_grad_()
    torch.nn.functional.conv2d(x, w, b, stride=stride, padding=pad).backward(dout)
    return x.grad


@conv.exercise("MaxPool.forward", points=3, rules=[FROM_SCRATCH])
def max_pool_forward(sub, x, pool_height, pool_width, stride):
    """Max-pooling."""
    pool_param = {"pool_height": pool_height, "pool_width": pool_width, "stride": stride}
    out, _ = sub.MaxPool.forward(x, pool_param)
    return {"out": out}


@conv.exercise("MaxPool.backward", points=5, needs=["MaxPool.forward"], rules=[FROM_SCRATCH])
def max_pool_backward(sub, x, dout, pool_height, pool_width, stride):
    """Gradient of max-pooling."""
    pool_param = {"pool_height": pool_height, "pool_width": pool_width, "stride": stride}
    _, cache = sub.MaxPool.forward(x, pool_param)
    return {"dx": sub.MaxPool.backward(dout, cache)}


def images_to_pool(draw, image, pool_height, pool_width, stride, *, gap=0.01):
    """The inputs of MaxPool.forward. No two numbers are equal: which of them is the largest is never in doubt."""
    return dict(x=draw.spread(*image, gap=gap), pool_height=pool_height, pool_width=pool_width, stride=stride)


def and_a_gradient_to_spread(draw, image, pool_height, pool_width, stride, *, gap=0.01):
    """The inputs of MaxPool.backward."""
    N, C, H, W = image
    dout = draw.normal(N, C, 1 + (H - pool_height) // stride, 1 + (W - pool_width) // stride, away=0.1)
    return dict(images_to_pool(draw, image, pool_height, pool_width, stride, gap=gap), dout=dout)


for layer, inputs_of, share in (
    (max_pool_forward, images_to_pool, 0.25),
    (max_pool_backward, and_a_gradient_to_spread, 0.25),
):

    @layer.case
    def two_by_two(draw, inputs_of=inputs_of):
        return inputs_of(draw, (2, 3, 4, 4), 2, 2, 2)

    @layer.case(worth=share)
    def windows_that_overlap(draw, inputs_of=inputs_of):
        return inputs_of(draw, (2, 2, 5, 5), 3, 3, 1)


# == convolutional_networks: networks =================================================================================

FC_LAYERS = [f"{FC}.{layer}" for layer in LAYERS]


@conv.exercise("ThreeLayerConvNet.__init__", points=1)
def three_layer_conv_init(sub, input_dims, num_filters, filter_size, hidden_dim, num_classes, weight_scale, dtype):
    """The initial parameters of the net of three layers."""
    sizes = dict(num_filters=num_filters, filter_size=filter_size, hidden_dim=hidden_dim, num_classes=num_classes)
    image = None if input_dims is None else tuple(input_dims)
    net = sub.ThreeLayerConvNet(**made(dtype, input_dims=image, **sizes, weight_scale=weight_scale))
    return {"params": dict(net.params)}


def conv_net_to_make(
    *,
    input_dims=None,
    num_filters=None,
    filter_size=None,
    hidden_dim=None,
    num_classes=None,
    weight_scale=None,
    dtype="float64",
):
    """The inputs of ThreeLayerConvNet.__init__; what is None is left out of the call."""
    sizes = dict(num_filters=num_filters, filter_size=filter_size, hidden_dim=hidden_dim, num_classes=num_classes)
    return dict(input_dims=input_dims, **sizes, weight_scale=weight_scale, dtype=dtype)


@three_layer_conv_init.case
def twenty_filters(draw):
    sizes = dict(num_filters=20, filter_size=5, hidden_dim=30, num_classes=20)
    return conv_net_to_make(input_dims=[3, 8, 8], **sizes, weight_scale=0.01)


@three_layer_conv_init.property(false_alarm=1e-7)
def small_random_filters(
    ref, answer, input_dims, num_filters, filter_size, hidden_dim, num_classes, weight_scale, dtype
):
    C, H, W = input_dims or IMAGE
    num_filters, filter_size = num_filters or 32, filter_size or 7
    hidden_dim, num_classes = hidden_dim or 100, num_classes or TEN
    shapes = {
        "W1": (num_filters, C, filter_size, filter_size),
        "b1": (num_filters,),
        "W2": (num_filters * (H // 2) * (W // 2), hidden_dim),
        "b2": (hidden_dim,),
        "W3": (hidden_dim, num_classes),
        "b3": (num_classes,),
    }
    yield from initial_values(answer.get("params"), shapes, weight_scale or 1e-3, dtype)


@conv.exercise("ThreeLayerConvNet.loss", points=6, needs=[*FC_LAYERS, "ThreeLayerConvNet.__init__"])
def three_layer_conv_loss(sub, X, y, W1, b1, W2, b2, W3, b3, reg):
    """Scores, loss and gradients of the net of three layers."""
    net = sub.ThreeLayerConvNet(
        input_dims=tuple(X.shape[1:]),
        num_filters=W1.shape[0],
        filter_size=W1.shape[2],
        hidden_dim=W2.shape[1],
        num_classes=W3.shape[1],
        dtype=X.dtype,
        device=str(X.device),
        **given(reg=reg),
    )
    filled(net, {"W1": W1, "b1": b1, "W2": W2, "b2": b2, "W3": W3, "b3": b3})
    scores = net.loss(X)
    loss, grads = net.loss(X, y)
    return {"scores": scores, "loss": loss, "grads": dict(grads)}


def conv_net(draw, image, filters, size, hidden, classes, *, reg, scale=1.0):
    """The inputs of ThreeLayerConvNet.loss: `image` is (N, C, H, W), `size` that of the filters."""
    N, C, H, W = image
    features = filters * (H // 2) * (W // 2)
    return dict(
        X=draw.normal(N, C, H, W, scale=scale),
        y=draw.labels(N, classes),
        W1=draw.normal(filters, C, size, size, scale=(C * size * size) ** -0.5),
        b1=draw.normal(filters, scale=0.3),
        W2=draw.normal(features, hidden, scale=features**-0.5),
        b2=draw.normal(hidden, scale=0.3),
        W3=draw.normal(hidden, classes, scale=hidden**-0.5),
        b3=draw.normal(classes, scale=0.3),
        reg=reg,
    )


@three_layer_conv_loss.case
def images_without_l2(draw):
    return conv_net(draw, (3, 2, 6, 6), 4, 3, 7, 5, reg=0.0)


@three_layer_conv_loss.case
def images_with_l2(draw):
    return conv_net(draw, (3, 2, 6, 6), 4, 3, 7, 5, reg=0.6)


@conv.exercise("DeepConvNet.__init__", points=2, needs=["kaiming_initializer"])
def deep_conv_init(sub, input_dims, num_filters, max_pools, batchnorm, num_classes, weight_scale, dtype):
    """The initial parameters of the net of any depth, under any names."""
    image = None if input_dims is None else tuple(input_dims)
    sizes = dict(input_dims=image, num_filters=num_filters, max_pools=max_pools, num_classes=num_classes)
    net = sub.DeepConvNet(**made(dtype, **sizes, batchnorm=batchnorm, weight_scale=weight_scale))
    return {"params": list(net.params.values())}


def deep_net_to_make(
    *,
    input_dims=None,
    num_filters=None,
    max_pools=None,
    batchnorm=None,
    num_classes=None,
    weight_scale=None,
    dtype="float64",
):
    """The inputs of DeepConvNet.__init__; what is None is left out of the call."""
    sizes = dict(input_dims=input_dims, num_filters=num_filters, max_pools=max_pools, num_classes=num_classes)
    return dict(**sizes, batchnorm=batchnorm, weight_scale=weight_scale, dtype=dtype)


@deep_conv_init.case
def two_convolutions(draw):
    sizes = dict(input_dims=[3, 8, 8], num_filters=[16, 20], max_pools=[0], num_classes=10)
    return deep_net_to_make(**sizes, batchnorm=False, weight_scale=0.03)


@deep_conv_init.case
def by_kaiming_with_batchnorm(draw):
    sizes = dict(input_dims=[3, 8, 8], num_filters=[16, 20], max_pools=[0, 1], num_classes=10)
    return deep_net_to_make(**sizes, batchnorm=True, weight_scale="kaiming")


def deep_shapes(input_dims, num_filters, max_pools, num_classes):
    """The shapes of the weights of DeepConvNet, in the order of its layers."""
    (channels, H, W), shapes = input_dims, []
    for layer, filters in enumerate(num_filters):
        shapes.append((filters, channels, 3, 3))
        H, W = (H // 2, W // 2) if layer in max_pools else (H, W)
        channels = filters
    return [*shapes, (channels * H * W, num_classes)]


@deep_conv_init.property(false_alarm=1e-7)
def random_weights_in_every_layer(
    ref, answer, input_dims, num_filters, max_pools, batchnorm, num_classes, weight_scale, dtype
):
    input_dims, num_classes = input_dims or IMAGE, num_classes or TEN
    num_filters = [8] * 5 if num_filters is None else num_filters
    max_pools = range(5) if max_pools is None else max_pools
    weight_scale = weight_scale or 1e-3
    *filters, linear = deep_shapes(input_dims, num_filters, max_pools, num_classes)
    vectors = [(size,) for size in num_filters for _ in range(3 if batchnorm else 1)] + [(num_classes,)]
    params = answer.get("params")
    usable = isinstance(params, list) and all(isinstance(p, torch.Tensor) for p in params)
    yield certain(usable), "`params` holds tensors"
    if not usable:
        return
    found = {n: sorted(tuple(p.shape) for p in params if p.dim() == n) for n in range(5)}
    usable = (found[4], found[2], found[1]) == (sorted(filters), [linear], sorted(vectors)) and not found[0] + found[3]
    yield certain(found[4] == sorted(filters)), "the filters have the shapes (filters, channels before, 3, 3)"
    yield certain(found[2] == [linear]), "the linear layer's weights have the shape (features after pooling, classes)"
    names = "a bias, a gamma and a beta" if batchnorm else "a bias"
    yield certain(found[1] == sorted(vectors)), f"every convolution has {names}, the linear layer a bias"
    yield certain(usable or not (found[0] or found[3])), "there are no other parameters"
    if not usable:
        return
    shapes = [*filters, linear]
    yield certain(all(p.dtype == dtype_of(dtype) for p in params)), "they have the dtype that is asked for"
    ones = sum(bool((p == 1).all()) for p in params if p.dim() == 1)
    zeros = sum(bool((p == 0).all()) for p in params if p.dim() == 1)
    gammas = len(num_filters) if batchnorm else 0
    yield certain(ones >= gammas), "every gamma is 1"
    yield certain(zeros >= len(vectors) - gammas), "every bias and every beta is 0"
    for shape in dict.fromkeys(shapes):
        what = "the filters" if len(shape) == 4 else "the linear layer's weights"
        fan_in = math.prod(shape[1:]) if len(shape) == 4 else shape[0]
        for w in (p for p in params if tuple(p.shape) == shape):
            if weight_scale != "kaiming":
                mistakes = mistakes_of_scale(what, weight_scale)
                yield from normal_entries(what, w, weight_scale, "weight_scale", mistakes)
                continue
            deviation = math.sqrt(2 / fan_in)
            if len(shape) == 2 and deviation_is(w, 0, math.sqrt(1 / fan_in)).p > CERTAIN:
                deviation = math.sqrt(1 / fan_in)  # no ReLU follows; as if one did is as good there
            yield from normal_entries(what, w, deviation, "that Kaiming initialisation gives")


@conv.exercise(
    "DeepConvNet.loss",
    points=7,
    needs=[*FC_LAYERS, "DeepConvNet.__init__", "SpatialBatchNorm.forward", "SpatialBatchNorm.backward"],
)
def deep_conv_loss(sub, X, y, X_test, numbers, num_filters, max_pools, batchnorm, num_classes, reg):
    """Loss and gradients of the net of any depth, its scores on other images, and those after a step downhill."""
    net = sub.DeepConvNet(
        input_dims=tuple(X.shape[1:]),
        num_filters=num_filters,
        max_pools=max_pools,
        num_classes=num_classes,
        dtype=X.dtype,
        device=str(X.device),
        **given(batchnorm=batchnorm, reg=reg),
    )
    fill_by_shape(net.params, numbers)
    loss, grads = net.loss(X, y)
    scores = net.loss(X_test).clone()
    # A gradient that belongs to another parameter of the same shape shows after a step.
    for name in net.params:
        net.params[name] = net.params[name] - 0.1 * grads[name]
    return {
        "loss": loss,
        "scores": scores,
        "gradients": stacked_by_shape(grads.values()),
        "scores_after_a_step": net.loss(X_test),
    }


def deep_net(draw, image, num_filters, max_pools, *, batchnorm, reg, classes=5, scale=1.0):
    """The inputs of DeepConvNet.loss: `image` is (N, C, H, W)."""
    N, *dims = image
    shapes = deep_shapes(dims, num_filters, max_pools, classes)
    return dict(
        X=draw.normal(*image, scale=scale),
        y=draw.labels(N, classes),
        X_test=draw.normal(2, *dims, scale=scale),
        numbers=draw.normal(max(math.prod(shape) for shape in shapes)),
        num_filters=list(num_filters),
        max_pools=list(max_pools),
        batchnorm=batchnorm,
        num_classes=classes,
        reg=reg,
    )


@deep_conv_loss.case
def plain_with_l2(draw):
    return deep_net(draw, (3, 3, 8, 8), (4, 6), (0, 1), batchnorm=False, reg=0.3)


@deep_conv_loss.case
def normalised(draw):
    return deep_net(draw, (4, 3, 8, 8), (4, 6, 5), (0, 2), batchnorm=True, reg=0.0)


# == convolutional_networks: training =================================================================================


@conv.exercise("find_overfit_parameters", points=1)
def find_overfit_parameters(sub):
    """A weight scale and a learning rate that let a DeepConvNet learn fifty images by heart."""
    weight_scale, learning_rate = sub.find_overfit_parameters()
    return {"weight_scale": float(weight_scale), "learning_rate": float(learning_rate)}


find_overfit_parameters.case(fifty_digits)


@find_overfit_parameters.property()
def learns_fifty_digits(ref, answer, images, labels, share):
    def new_net(scale):
        return ref.DeepConvNet(num_filters=[8, 16, 32, 64], max_pools=[0, 1, 2, 3], reg=1e-5, weight_scale=scale)

    how = dict(update_rule=ref.adam, epochs=30, batch_size=10)
    yield from learned_by_heart(ref, answer, new_net, images, labels, share, **how)


@conv.exercise(
    "create_convolutional_solver_instance",
    points=2,
    dtype="float32",
    seconds=60,
    needs=["DeepConvNet.__init__", "DeepConvNet.loss", f"{FC}.adam"],
)
def create_convolutional_solver(sub, X_train, y_train, X_test, mix):
    """A solver that trains a DeepConvNet to read digits."""
    return scores_after_training(sub.create_convolutional_solver_instance, X_train, y_train, X_test, mix, seconds=20)


@create_convolutional_solver.case
def a_few_digits_to_convolve(draw):
    return digits_to_read(draw, 60, 20)


@create_convolutional_solver.case(worth=0.25)
def over_three_hundred_digits(draw):
    return digits_to_read(draw, 360, 100, share=READ)


@create_convolutional_solver.property()
def reads_digits_by_convolution(ref, answer, X_train, y_train, X_test, mix, y_test, share):
    yield from reads(answer, mix, y_test, share)


@conv.exercise("kaiming_initializer", points=2)
def kaiming_initializer(sub, Din, Dout, K, relu, dtype):
    """Random weights whose outputs have the variance of their inputs."""
    return {"weight": sub.kaiming_initializer(Din, Dout, **made(dtype, K=K, relu=relu))}


@kaiming_initializer.case
def a_linear_layer(draw):
    return dict(Din=60, Dout=40, K=None, relu=True, dtype="float64")


@kaiming_initializer.case
def filters(draw):
    return dict(Din=20, Dout=15, K=3, relu=True, dtype="float64")


@kaiming_initializer.property(false_alarm=1e-7)
def keeps_the_variance(ref, answer, Din, Dout, K, relu, dtype):
    relu = True if relu is None else relu
    weight, shape = answer.get("weight"), (Din, Dout) if K is None else (Dout, Din, K, K)
    usable = isinstance(weight, torch.Tensor) and weight.dtype == dtype_of(dtype)
    yield certain(usable), "it is a tensor of the dtype that is asked for"
    if not usable:
        return
    right = tuple(weight.shape) == shape
    yield certain(right), "filters have the shape (Dout, Din, K, K), and weights (Din, Dout)"
    if right:
        taps, gain = 1 if K is None else K * K, 2 if relu else 1
        deviation = math.sqrt(gain / (Din * taps))
        mistakes = [
            ("the variance is divided by the fan-in, not by the fan-out", math.sqrt(gain / (Dout * taps))),
            ("the standard deviation is the root of the gain divided by the fan-in", gain / (Din * taps)),
            ("the gain is 2 before a ReLU, and else 1", math.sqrt((3 - gain) / (Din * taps))),
            ("the fan-in of a filter counts its taps too", math.sqrt(gain / Din)),
        ]
        yield from normal_entries("the entries", weight, deviation, "sqrt(gain / fan-in)", mistakes)


# == convolutional_networks: batch normalisation ======================================================================

NORM = dict(rules=[FROM_SCRATCH, operations_do_not_grow()], speed_points=1, seconds=30)


@conv.exercise("BatchNorm.forward", points=4, **NORM)
def batchnorm_forward(sub, xs, x_test, gamma, beta, bn_param):
    """Batch normalisation of several batches in training, then of one more in test mode."""
    return normalise(sub.BatchNorm, xs, x_test, gamma, beta, bn_param)


def normalise(layer, xs, x_test, gamma, beta, bn_param):
    """What the layer returns for every batch, and the statistics that it has kept."""
    bn_param = {"mode": "train", **bn_param}
    out = [layer.forward(x, gamma, beta, bn_param)[0].clone() for x in xs]
    running = {name: bn_param.get(name) for name in ("running_mean", "running_var")}
    bn_param["mode"] = "test"
    out_test, _ = layer.forward(x_test, gamma, beta, bn_param)
    return {"out": out, **running, "out_test": out_test}


def batches(draw, N, *shape, count, eps, momentum, mean=2.0, deviation=3.0, N_test=4, running=True):
    """The inputs of BatchNorm.forward and SpatialBatchNorm.forward; shape[0] is the number of features."""
    D = shape[0]
    bn_param = {"eps": eps, "momentum": momentum}
    if running:
        bn_param |= {"running_mean": draw.normal(D), "running_var": draw.uniform(D, low=0.5, high=2.0)}
    return dict(
        xs=[draw.normal(N, *shape, scale=deviation, mean=mean) for _ in range(count)],
        x_test=draw.normal(N_test, *shape, scale=deviation, mean=mean),
        gamma=draw.normal(D, mean=1.0),
        beta=draw.normal(D),
        bn_param=bn_param,
    )


@batchnorm_forward.case
def two_batches(draw):
    return batches(draw, 6, 4, count=2, eps=0.1, momentum=0.8)


@batchnorm_forward.case
def from_the_start(draw):
    """The statistics begin at 0"""
    return batches(draw, 5, 3, count=3, eps=1e-3, momentum=0.2, running=False)


@batchnorm_forward.timed(at_most=10.0)  # torch.var alone takes several times as long as the reference
def large_batches(draw, n=6000):
    return batches(draw, n, 60, count=2, eps=1e-3, momentum=0.8, N_test=n)


@batchnorm_forward.yardstick("torch.nn.functional.batch_norm")
def library_norm(xs, x_test, gamma, beta, bn_param):
    batch_norm, rest = torch.nn.functional.batch_norm, (gamma, beta)
    out = [batch_norm(x, None, None, *rest, training=True) for x in xs]
    return [*out, batch_norm(x_test, bn_param["running_mean"], bn_param["running_var"], *rest)]


@conv.exercise("BatchNorm.backward", points=4, needs=["BatchNorm.forward"], **NORM)
def batchnorm_backward(sub, x, gamma, beta, dout, eps):
    """Gradients of batch normalisation, step by step."""
    _, cache = sub.BatchNorm.forward(x, gamma, beta, {"mode": "train", "eps": eps})
    dx, dgamma, dbeta = sub.BatchNorm.backward(dout, cache)
    return {"dx": dx, "dgamma": dgamma, "dbeta": dbeta}


@conv.exercise("BatchNorm.backward_alt", points=3, needs=["BatchNorm.forward"], **NORM)
def batchnorm_backward_alt(sub, x, gamma, beta, dout, eps):
    """Gradients of batch normalisation by a short formula."""
    _, cache = sub.BatchNorm.forward(x, gamma, beta, {"mode": "train", "eps": eps})
    dx, dgamma, dbeta = sub.BatchNorm.backward_alt(dout, cache)
    return {"dx": dx, "dgamma": dgamma, "dbeta": dbeta}


def a_batch_to_go_back_through(draw, N, *shape, eps, mean=2.0, deviation=3.0, scale=1.0):
    """The inputs of the backward passes; shape[0] is the number of features."""
    return dict(
        x=draw.normal(N, *shape, scale=deviation, mean=mean),
        gamma=draw.normal(shape[0], mean=1.0),
        beta=draw.normal(shape[0]),
        dout=draw.normal(N, *shape, scale=scale, mean=0.5 * scale),
        eps=eps,
    )


for layer in (batchnorm_backward, batchnorm_backward_alt):

    @layer.case
    def five_examples(draw):
        return a_batch_to_go_back_through(draw, 5, 4, eps=0.5)

    @layer.case
    def ten_examples(draw):
        return a_batch_to_go_back_through(draw, 10, 3, eps=1e-5)

    @layer.timed(at_most=8.0)
    def a_large_batch(draw, n=8000):
        return a_batch_to_go_back_through(draw, n, 60, eps=1e-3)

    @layer.yardstick("torch.nn.functional.batch_norm with autograd")
    def library_norm_and_back(x, gamma, beta, dout, eps):
        x = x.clone().requires_grad_()
        torch.nn.functional.batch_norm(x, None, None, gamma, beta, training=True, eps=eps).backward(dout)
        return x.grad


@conv.exercise("SpatialBatchNorm.forward", points=1, needs=["BatchNorm.forward"], rules=[FROM_SCRATCH])
def spatial_batchnorm_forward(sub, xs, x_test, gamma, beta, bn_param):
    """Batch normalisation of images, in training and in test mode."""
    return normalise(sub.SpatialBatchNorm, xs, x_test, gamma, beta, bn_param)


@spatial_batchnorm_forward.case
def two_batches_of_images(draw):
    return batches(draw, 3, 4, 2, 5, count=2, eps=0.1, momentum=0.8)


@conv.exercise(
    "SpatialBatchNorm.backward",
    points=1,
    needs=["SpatialBatchNorm.forward", "BatchNorm.backward", "BatchNorm.backward_alt"],
)
def spatial_batchnorm_backward(sub, x, gamma, beta, dout, eps):
    """Gradients of batch normalisation of images."""
    _, cache = sub.SpatialBatchNorm.forward(x, gamma, beta, {"mode": "train", "eps": eps})
    dx, dgamma, dbeta = sub.SpatialBatchNorm.backward(dout, cache)
    return {"dx": dx, "dgamma": dgamma, "dbeta": dbeta}


@spatial_batchnorm_backward.case
def a_batch_of_images(draw):
    return a_batch_to_go_back_through(draw, 3, 4, 2, 5, eps=0.5)
