"""How your code for a4 is called, and on what. The grader puts the same questions to its own solution and compares."""

import functools
import inspect
import math

import numpy as np

from grader.ask import (
    differentiable,
    gradients_of,
    loss_and_gradients,
    projection,
    same_parameters,
    torch,
    used_parameters,
)
from grader.property import certain, close, deviation_is, mean_is
from grader.spec import Checks, no_calls, operations_do_not_grow

checks = Checks("a4", title="Autograd, recurrent captioning, visualisation and style transfer")

nets = checks.module("pytorch_autograd_and_nn")
rnn = checks.module(
    "rnn_lstm_attention_captioning",
    # In the edition of 2022 the file has another name, and what follows are methods of layers.
    files=["rnn_lstm_captioning"],
    also={
        "lstm_step_forward": "LSTM.step_forward",
        "lstm_forward": "LSTM.forward",
        "attention_forward": "AttentionLSTM.forward",
    },
)
vis = checks.module("network_visualization")
style = checks.module("style_transfer")

CERTAIN = 1e-9  # evidence below is as good as none


def shapes_of(net, output=None, *, either_way=False):
    """How many parameters there are of each shape; ones at the end do not count: a 1x1 convolution is a linear
    layer. `output`: what the network returned; a layer that takes no part in it is not counted. `either_way`: a matrix
    and its transpose are one shape.
    """
    counts = {}
    for parameter in used_parameters(net, output):
        shape = list(parameter.shape)
        while len(shape) > 2 and shape[-1] == 1:
            shape.pop()
        if either_way and len(shape) == 2:
            shape.sort()
        counts[str(tuple(shape))] = counts.get(str(tuple(shape)), 0) + 1
    return dict(sorted(counts.items()))


def with_small_biases(net):
    """The network under the parameters of `same_parameters`, but with biases around 0: some ReLUs are off."""
    with torch.no_grad():
        for parameter in same_parameters(net).parameters():
            if parameter.dim() == 1:
                parameter.sub_(1)
    return net


def digits_network(like):
    """The trained network that is given, in the dtype and on the device of `like`."""
    from digits_network import load_network

    return load_network(like.dtype, like.device)


def on_canvases(draw, images):
    """Digits (n, 8, 8) on canvases (n, 3, 16, 16), each somewhere and in a colour of its own, from -2 to 2."""
    n = len(images)
    light = 0.02 * draw.normal(n, 3, 16, 16)
    corners, colours = draw.integers(0, 9, n, 2), draw.uniform(n, 3, low=0.4, high=1.0)
    for canvas, image, (row, column), colour in zip(light, images, corners, colours, strict=True):
        canvas[:, row : row + 8, column : column + 8] += colour[:, None, None] * image
    return 4 * light - 2


# == pytorch_autograd_and_nn: networks of three layers ================================================================


@nets.exercise("three_layer_convnet", points=4)
def three_layer_convnet(sub, x, params):
    """Scores of a convolutional network of three layers, from its parameters."""
    return {"scores": sub.three_layer_convnet(x, list(params))}


def three_layers(draw, image, channel_1, channel_2, classes, *, scale=1.0):
    """The inputs of three_layer_convnet: `image` is (N, C, H, W)."""
    _, C, H, W = image
    shapes = [(channel_1, C, 5, 5), (channel_2, channel_1, 3, 3), (classes, channel_2 * H * W)]
    params = []
    for shape in shapes:
        params += [draw.normal(*shape, scale=math.prod(shape[1:]) ** -0.5), draw.normal(shape[0], scale=scale)]
    return dict(x=draw.normal(*image, scale=scale), params=params)


@three_layer_convnet.case
def two_pictures(draw):
    return three_layers(draw, (2, 3, 6, 6), 4, 5, 3)


@nets.exercise("initialize_three_layer_conv_part2", points=2)
def initialize_part2(sub, double):
    """The initial parameters of the network of three layers; double is None: in the usual dtype."""
    asked = {} if double is None else {"dtype": torch.float64 if double else torch.float32}
    params = sub.initialize_three_layer_conv_part2(**asked)
    return {"params": [param.detach() for param in params], "learned": [bool(p.requires_grad) for p in params]}


@initialize_part2.case
def in_single_precision(draw):
    return dict(double=False)


def kaiming_entries(what, params, shapes):
    """Claims on parameters, in any order: for each shape normal weights as Kaiming has them, and biases 0."""
    biases = [p for p in params if p.dim() == 1]
    yield certain(not any(bool(b.any()) for b in biases)), f"the biases {what} are 0"
    for shape in shapes:
        fan_in = math.prod(shape[1:])
        deviation = math.sqrt(2 / fan_in)
        for w in (p for p in params if tuple(p.shape) == tuple(shape)):
            name = "linear layer's weights" if len(shape) == 2 else f"{shape[2]}x{shape[3]} filters"
            right = deviation_is(w, 0, deviation)
            yield mean_is(w, 0, max(deviation, float(w.std()))), f"the {name} have mean 0"
            yield right, f"the {name} have the standard deviation sqrt(2 / fan-in)"
            if right.p < CERTAIN:
                for sentence, other in (
                    ("2 / fan-in is the variance, not the standard deviation", 2 / fan_in),
                    ("the variance is divided by the fan-in, not by the fan-out", math.sqrt(2 * fan_in / w.numel())),
                    ("the gain before a ReLU is 2, not 1", math.sqrt(1 / fan_in)),
                    ("normal numbers are divided by the root of the fan-in", 1.0),
                ):
                    yield certain(deviation_is(w, 0, other).p < CERTAIN), f"{sentence} ({name})"


@initialize_part2.property(false_alarm=1e-7)
def six_parameters(ref, answer, double):
    params, learned = answer.get("params"), answer.get("learned")
    weights = [(32, 3, 5, 5), (16, 32, 3, 3), (10, 16 * 32 * 32)]
    shapes = [shape for w in weights for shape in (w, w[:1])]
    usable = isinstance(params, list) and all(isinstance(p, torch.Tensor) for p in params)
    usable = usable and [tuple(p.shape) for p in params] == shapes
    yield certain(usable), "there are six parameters in the right shapes and order"
    if usable:
        dtype = torch.float64 if double else torch.float32
        yield certain(all(p.dtype == dtype for p in params)), "they have the dtype that is asked for"
        yield certain(learned == [True] * 6), "all of them require gradients"
        yield from kaiming_entries("in the list", params, weights)


@nets.exercise("ThreeLayerConvNet.__init__", points=1)
def three_layer_module_init(sub, in_channel, channel_1, channel_2, num_classes):
    """The initial parameters of the module of three layers."""
    net = sub.ThreeLayerConvNet(in_channel, channel_1, channel_2, num_classes)
    return {"params": [param.detach() for param in net.parameters()]}


@three_layer_module_init.case
def few_filters(draw):
    return dict(in_channel=3, channel_1=12, channel_2=8, num_classes=10)


@three_layer_module_init.property(false_alarm=1e-7)
def kaiming_in_every_layer(ref, answer, in_channel, channel_1, channel_2, num_classes):
    params = answer.get("params")
    weights = [(channel_1, in_channel, 5, 5), (channel_2, channel_1, 3, 3), (num_classes, channel_2 * 32 * 32)]
    usable = isinstance(params, list) and all(isinstance(p, torch.Tensor) for p in params)
    shapes = [shape for w in weights for shape in (w, w[:1])]
    usable = usable and sorted(tuple(p.shape) for p in params) == sorted(shapes)
    yield certain(usable), "the parameters are two sets of filters, a linear layer's weights, and a bias for each"
    if usable:
        yield from kaiming_entries("of all layers", params, weights)


@nets.exercise("ThreeLayerConvNet.forward", points=3)
def three_layer_module(sub, x, channel_1, channel_2, num_classes):
    """Scores of the module of three layers, under given parameters."""
    net = with_small_biases(sub.ThreeLayerConvNet(x.shape[1], channel_1, channel_2, num_classes).to(x))
    scores = net(x)
    return {"scores": scores.detach(), "parameters": shapes_of(net, scores)}


@three_layer_module.case
def two_large_pictures(draw):
    return dict(x=draw.normal(2, 3, 32, 32), channel_1=4, channel_2=3, num_classes=5)


def trained_twice(model, optimizer, x):
    """What a model and its optimizer are: scores before and after two steps, and the optimizer's settings."""
    with_small_biases(model.to(x))
    before = model(x)
    parameters = shapes_of(model, before)
    for _ in range(2):
        optimizer.zero_grad()
        scores = model(x)
        (scores * projection(tuple(scores.shape), scores)).sum().backward()
        optimizer.step()
    group = optimizer.param_groups[0]
    settings = {name: float(group.get(name) or 0) for name in ("lr", "weight_decay", "momentum", "nesterov")}
    return {
        "scores": before.detach(),
        "scores_after_two_steps": model(x).detach(),
        "settings": settings,
        "parameters": parameters,
    }


@nets.exercise("initialize_three_layer_conv_part3", points=2, needs=["ThreeLayerConvNet.forward"], seconds=30)
def initialize_part3(sub, x):
    """The module of three layers and its optimizer: scores before and after two steps, settings."""
    return trained_twice(*sub.initialize_three_layer_conv_part3(), x)


@nets.exercise("initialize_three_layer_conv_part4", points=2, seconds=30)
def initialize_part4(sub, x):
    """The same as an nn.Sequential: scores before and after two steps with Nesterov momentum, settings."""
    model, optimizer = sub.initialize_three_layer_conv_part4()
    return {**trained_twice(model, optimizer, x), "sequential": isinstance(model, torch.nn.Sequential)}


for initialized in (initialize_part3, initialize_part4):

    @initialized.case
    def two_pictures_to_learn(draw):
        return dict(x=draw.normal(2, 3, 32, 32, scale=0.5))


# == pytorch_autograd_and_nn: residual networks =======================================================================


@nets.exercise("PlainBlock", points=3)
def plain_block(sub, x, x_test, Cout, downsample):
    """A block without a shortcut, in training and in evaluation."""
    return block_outputs(sub.PlainBlock, x, x_test, Cout, downsample)


@nets.exercise("ResidualBlock", points=3, needs=["PlainBlock"])
def residual_block(sub, x, x_test, Cout, downsample):
    """A block with a shortcut, in training and in evaluation."""
    return block_outputs(sub.ResidualBlock, x, x_test, Cout, downsample)


@nets.exercise("ResidualBottleneckBlock", points=3)
def bottleneck_block(sub, x, x_test, Cout, downsample):
    """A bottleneck block with a shortcut, in training and in evaluation."""
    return block_outputs(sub.ResidualBottleneckBlock, x, x_test, Cout, downsample)


def block_outputs(block, x, x_test, Cout, downsample):
    """What a block computes in training, its gradient, and what it computes in evaluation after that."""
    return both_modes(block(x.shape[1], Cout, downsample=downsample), x, x_test)


def both_modes(net, x, x_test):
    net = same_parameters(net.to(x))
    leaves, given = differentiable(x)
    out = net.train()(*given)
    parameters = shapes_of(net, out)
    (dx,) = gradients_of((out * projection(tuple(out.shape), out)).sum(), leaves)
    with torch.no_grad():
        out_test = net.eval()(x_test)
    return {"out": out.detach(), "dx": dx, "out_test": out_test, "parameters": parameters}


def pictures_for_a_block(draw, image, Cout, downsample, *, scale=1.0):
    """The inputs of the blocks: `image` is (N, C, H, W)."""
    x, x_test = draw.normal(*image, scale=scale), draw.normal(2, *image[1:], scale=scale)
    return dict(x=x, x_test=x_test, Cout=Cout, downsample=downsample)


for block in (plain_block, residual_block, bottleneck_block):

    @block.case
    def more_channels(draw):
        return pictures_for_a_block(draw, (3, 4, 6, 6), 8, False)

    @block.case
    def half_the_size(draw):
        return pictures_for_a_block(draw, (3, 4, 6, 6), 8, True)


@nets.exercise("ResNet", points=2, needs=["ResidualBlock", "ResidualBottleneckBlock"])
def resnet(sub, x, x_test, stage_args, block, num_classes):
    """A residual network, in training and in evaluation; block is None: with the usual settings."""
    stages = [tuple(args) for args in stage_args]
    if block is None:
        net = sub.ResNet(stages)
    else:
        net = sub.ResNet(stages, Cin=x.shape[1], block=getattr(sub, block), num_classes=num_classes)
    return both_modes(net, x, x_test)


def pictures_for_a_net(draw, image, stage_args, block, num_classes):
    """The inputs of ResNet."""
    x, x_test = draw.normal(*image), draw.normal(2, *image[1:])
    return dict(x=x, x_test=x_test, stage_args=stage_args, block=block, num_classes=num_classes)


@resnet.case
def two_stages(draw):
    return pictures_for_a_net(draw, (3, 3, 16, 16), [[8, 8, 1, False], [8, 16, 2, True]], "ResidualBlock", 10)


# == rnn_lstm_attention_captioning: the plain network =================================================================

# By hand: the library's layers and autograd would leave nothing to do.
BY_HAND = no_calls(
    *("torch.nn.RNN", "torch.nn.RNNCell", "torch.rnn_tanh", "torch.rnn_tanh_cell", "torch.autograd.*", ".backward"),
    *("torch.func.*", "torch._VF.*"),
)
NO_LSTM = no_calls("torch.nn.LSTM", "torch.nn.LSTMCell", "torch.lstm", "torch.lstm_cell", "torch._VF.*")
NO_ATTENTION = no_calls(
    *("torch.nn.functional.scaled_dot_product_attention", "torch.nn.functional.multi_head_attention_forward"),
    *("torch.nn.MultiheadAttention", "torch.nn.attention.*"),
)


@rnn.exercise("rnn_step_forward", points=3, rules=[BY_HAND])
def rnn_step_forward(sub, x, prev_h, Wx, Wh, b):
    """One step of a recurrent network."""
    next_h, _ = sub.rnn_step_forward(x, prev_h, Wx, Wh, b)
    return {"next_h": next_h}


@rnn.exercise("rnn_step_backward", points=4, needs=["rnn_step_forward"], rules=[BY_HAND])
def rnn_step_backward(sub, x, prev_h, Wx, Wh, b, dnext_h):
    """Gradients of one step of a recurrent network."""
    _, cache = sub.rnn_step_forward(x, prev_h, Wx, Wh, b)
    dx, dprev_h, dWx, dWh, db = sub.rnn_step_backward(dnext_h, cache)
    return {"dx": dx, "dprev_h": dprev_h, "dWx": dWx, "dWh": dWh, "db": db}


@rnn.exercise("rnn_forward", points=3, needs=["rnn_step_forward"], rules=[BY_HAND])
def rnn_forward(sub, x, h0, Wx, Wh, b):
    """All steps of a recurrent network."""
    h, _ = sub.rnn_forward(x, h0, Wx, Wh, b)
    return {"h": h}


@rnn.exercise("rnn_backward", points=5, needs=["rnn_forward", "rnn_step_backward"], rules=[BY_HAND])
def rnn_backward(sub, x, h0, Wx, Wh, b, dh):
    """Gradients of all steps of a recurrent network."""
    _, cache = sub.rnn_forward(x, h0, Wx, Wh, b)
    dx, dh0, dWx, dWh, db = sub.rnn_backward(dh, cache)
    return {"dx": dx, "dh0": dh0, "dWx": dWx, "dWh": dWh, "db": db}


def a_step(draw, N, D, H, *, scale=1.0):
    """The inputs of rnn_step_forward."""
    return dict(
        x=draw.normal(N, D, scale=scale),
        prev_h=draw.normal(N, H),
        Wx=draw.normal(D, H, scale=0.7 * D**-0.5 / scale),
        Wh=draw.normal(H, H, scale=0.7 * H**-0.5),
        b=draw.normal(H, scale=0.3),
    )


def a_sequence(draw, N, T, D, H, *, scale=1.0):
    """The inputs of rnn_forward."""
    one = a_step(draw, N, D, H, scale=scale)
    one["h0"] = one.pop("prev_h")
    return {**one, "x": draw.normal(N, T, D, scale=scale)}


@rnn_step_forward.case
def three_examples(draw):
    return a_step(draw, 3, 5, 4)


@rnn_step_backward.case
def three_examples_back(draw):
    return dict(a_step(draw, 3, 5, 4), dnext_h=draw.normal(3, 4))


@rnn_forward.case
def four_steps(draw):
    return a_sequence(draw, 3, 4, 5, 6)


@rnn_backward.case
def four_steps_back(draw):
    return dict(a_sequence(draw, 3, 4, 5, 6), dh=draw.normal(3, 4, 6))


# == rnn_lstm_attention_captioning: words =============================================================================


@rnn.exercise("WordEmbedding.forward", points=1)
def word_embedding(sub, x, W_embed):
    """Vectors for words."""
    layer = made(sub.WordEmbedding, W_embed.shape[0], W_embed.shape[1], dtype=W_embed.dtype).to(W_embed)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(W_embed)
    return {"out": layer(x).detach()}


def made(kind, *args, **options):
    """An object of a class, without those options that its constructor does not know: editions differ in them."""
    known = inspect.signature(kind).parameters
    if not any(one.kind is inspect.Parameter.VAR_KEYWORD for one in known.values()):
        options = {name: value for name, value in options.items() if name in known}
    return kind(*args, **options)


@word_embedding.case
def ten_words(draw):
    return dict(x=draw.integers(0, 10, 3, 4), W_embed=draw.normal(10, 5))


@rnn.exercise("temporal_softmax_loss", points=4)
def temporal_softmax_loss(sub, x, y, ignore_index):
    """The loss of sentences, and its gradient."""
    loss, (dx,) = loss_and_gradients(lambda scores: sub.temporal_softmax_loss(scores, y, ignore_index=ignore_index), x)
    return {"loss": loss, "dx": dx}


def sentences(draw, N, T, V, *, ignore_index=0, scale=1.0):
    """The inputs of temporal_softmax_loss: sentences of different lengths, filled up with ignore_index."""
    y = draw.integers(0, V, N, T)
    y[y == ignore_index] = (ignore_index + 1) % V
    for row, length in zip(y, draw.integers(1, T + 1, N), strict=True):
        row[length:] = ignore_index
    return dict(x=draw.normal(N, T, V, scale=scale), y=y, ignore_index=ignore_index)


@temporal_softmax_loss.case
def three_sentences(draw):
    return sentences(draw, 3, 5, 7)


# == rnn_lstm_attention_captioning: LSTM and attention ================================================================


@rnn.exercise("lstm_step_forward", points=5, rules=[NO_LSTM])
def lstm_step_forward(sub, x, prev_h, prev_c, Wx, Wh, b, attention):
    """One step of an LSTM, without and with attention."""
    if has_layers(sub, "lstm_step_forward"):
        attn, Wattn = attention or (None, None)
        seen = () if attn is None else (attn,)
        with torch.no_grad():
            next_h, next_c = layer_of(sub, Wx, Wh, b, Wattn).step_forward(x, prev_h, prev_c, *seen)
    else:
        further = {} if attention is None else {"attn": attention[0], "Wattn": attention[1]}
        next_h, next_c = sub.lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b, **further)
    return {"next_h": next_h, "next_c": next_c}


def has_layers(sub, name):
    """Whether a submission is of the edition of 2022: methods of the layers LSTM and AttentionLSTM, no function."""
    return not hasattr(sub, name) and hasattr(sub, "LSTM")


def layer_of(sub, Wx, Wh, b, Wattn=None):
    """The layer of that edition with these parameters."""
    layer = (sub.LSTM if Wattn is None else sub.AttentionLSTM)(Wx.shape[0], Wh.shape[0])
    for name, value in {"Wx": Wx, "Wh": Wh, "b": b, "Wattn": Wattn}.items():
        if value is not None:
            setattr(layer, name, torch.nn.Parameter(value))
    return layer


def an_lstm_step(draw, N, D, H, *, attention, scale=1.0):
    """The inputs of lstm_step_forward."""
    return dict(
        x=draw.normal(N, D, scale=scale),
        prev_h=draw.normal(N, H, scale=scale),
        prev_c=draw.normal(N, H),
        Wx=draw.normal(D, 4 * H, scale=D**-0.5),
        Wh=draw.normal(H, 4 * H, scale=H**-0.5),
        b=draw.normal(4 * H, scale=0.5),
        attention=[draw.normal(N, H, scale=scale), draw.normal(H, 4 * H, scale=H**-0.5)] if attention else None,
    )


@lstm_step_forward.case
def without_attention(draw):
    return an_lstm_step(draw, 3, 5, 4, attention=False)


@lstm_step_forward.case
def with_attention(draw):
    return an_lstm_step(draw, 3, 5, 4, attention=True)


@rnn.exercise(
    "lstm_forward",
    points=5,
    speed_points=1,
    needs=["lstm_step_forward"],
    rules=[NO_LSTM, operations_do_not_grow()],
    seconds=30,
)
def lstm_forward(sub, x, h0, Wx, Wh, b):
    """All steps of an LSTM."""
    if has_layers(sub, "lstm_forward"):
        with torch.no_grad():
            return {"h": layer_of(sub, Wx, Wh, b)(x, h0)}
    return {"h": sub.lstm_forward(x, h0, Wx, Wh, b)}


def an_lstm_sequence(draw, N, T, D, H, *, scale=1.0):
    """The inputs of lstm_forward."""
    one = an_lstm_step(draw, N, D, H, attention=False)
    return dict(x=draw.normal(N, T, D, scale=scale), h0=one["prev_h"], Wx=one["Wx"], Wh=one["Wh"], b=one["b"])


@lstm_forward.case
def lstm_of_four_steps(draw):
    return an_lstm_sequence(draw, 3, 4, 5, 6)


@lstm_forward.timed(at_most=4.0)
def many_sentences(draw, n=300):
    return an_lstm_sequence(draw, n, 16, 48, 64)


@lstm_forward.yardstick("torch.nn.LSTM")
def library_lstm(x, h0, Wx, Wh, b):
    states = h0[None], torch.zeros_like(h0[None])
    weights = [Wx.T.contiguous(), Wh.T.contiguous(), b, torch.zeros_like(b)]
    biases, layers, dropout, training, both_ways, batch_first = True, 1, 0.0, False, False, True
    return torch.lstm(x, states, weights, biases, layers, dropout, training, both_ways, batch_first)[0]


@rnn.exercise("dot_product_attention", points=5, rules=[NO_ATTENTION])
def dot_product_attention(sub, prev_h, A):
    """What a hidden state looks at, and what it sees."""
    attn, weights = sub.dot_product_attention(prev_h, A)
    return {"attn": attn, "weights": weights}


@dot_product_attention.case
def two_pictures_to_look_at(draw):
    return dict(prev_h=draw.normal(2, 5), A=draw.normal(2, 5, 4, 4))


@rnn.exercise("attention_forward", points=3, needs=["lstm_step_forward", "dot_product_attention"], rules=[NO_LSTM])
def attention_forward(sub, x, A, Wx, Wh, Wattn, b):
    """All steps of an LSTM with attention."""
    if has_layers(sub, "attention_forward"):
        with torch.no_grad():
            return {"h": layer_of(sub, Wx, Wh, b, Wattn)(x, A)}
    return {"h": sub.attention_forward(x, A, Wx, Wh, Wattn, b)}


def looking(draw, N, T, D, H, *, scale=1.0):
    """The inputs of attention_forward."""
    one = an_lstm_step(draw, N, D, H, attention=True)
    x, A = draw.normal(N, T, D, scale=scale), draw.normal(N, H, 4, 4, mean=0.5)
    return dict(x=x, A=A, Wx=one["Wx"], Wh=one["Wh"], Wattn=one["attention"][1], b=one["b"])


@attention_forward.case
def four_steps_of_looking(draw):
    return looking(draw, 3, 4, 5, 6)


# == rnn_lstm_attention_captioning: captions ==========================================================================


END = 2  # the number of <END>
WIDTH = 1280  # channels of the features that the course's own extractor has


def captioner(sub, cell_type, numbers, words, wordvec_dim, hidden_dim, input_dim=WIDTH):
    """A CaptioningRNN on top of the network for digits, with parameters that depend on their shapes alone; a matrix
    gets the transpose of what its transpose would get, so weights may be (inputs, outputs) or (outputs, inputs).

    What stands behind the names FeatureExtractor and ImageEncoder (as it is called in the edition of 2022) is replaced:
    the course's own needs the internet."""
    import digits_network

    names = getattr(inspect.unwrap(sub.CaptioningRNN.__init__), "__globals__", {})
    names["FeatureExtractor"], names["ImageEncoder"] = digits_network.FeatureExtractor, digits_network.ImageEncoder
    digits_network.FeatureExtractor.channels = digits_network.ImageEncoder.channels = input_dim
    vocabulary = {"<NULL>": 0, "<START>": 1, "<END>": END} | {f"word {n}": n for n in range(3, words)}
    options = dict(input_dim=input_dim, wordvec_dim=wordvec_dim, hidden_dim=hidden_dim, ignore_index=0)
    options |= dict(dtype=numbers.dtype, device=str(numbers.device))
    try:
        net = made(sub.CaptioningRNN, vocabulary, cell_type=cell_type, **options)
    except ValueError:
        if cell_type != "attention":
            raise
        net = made(sub.CaptioningRNN, vocabulary, cell_type="attn", **options)  # as the edition of 2022 spells it
    with torch.no_grad():
        for parameter in net.to(numbers).parameters():
            start = (len(numbers) - parameter.numel()) // 2
            values = numbers[start : start + parameter.numel()]
            if parameter.dim() > 1:
                few, many = sorted((parameter.shape[0], parameter[0].numel()))
                values = 2 * many**-0.5 * values.reshape(few, many)
                values = values if parameter.shape[0] == few else values.T
            else:
                values = 0.5 * values
            parameter.copy_(values.reshape(parameter.shape))
    return net


def method_of(sub, net, name, older):
    """A network's method; in the edition of 2019 it is a function that is called otherwise."""
    if hasattr(net, older):
        return getattr(net, older)
    return functools.partial(getattr(sub, older), net) if hasattr(sub, older) else getattr(net, name)


NEEDED = ["WordEmbedding.forward", "rnn_forward", "lstm_forward", "attention_forward"]


@rnn.exercise("CaptioningRNN.forward", points=4, needs=[*NEEDED, "temporal_softmax_loss"], seconds=20)
def captioning_forward(sub, cell_type, images, captions, numbers, words, wordvec_dim, hidden_dim, input_dim):
    """The loss of captions for pictures."""
    net = captioner(sub, cell_type, numbers, words, wordvec_dim, hidden_dim, input_dim)
    loss = method_of(sub, net, "forward", "captioning_forward")(images, captions)
    return {"loss": loss.detach(), "parameters": shapes_of(net, loss, either_way=True)}


# What the course gives to begin with collects the weights in float32, whatever the dtype of the rest.
@rnn.exercise("CaptioningRNN.sample", points=3, needs=NEEDED, seconds=20, any_dtype=True)
def captioning_sample(sub, cell_type, images, numbers, words, wordvec_dim, hidden_dim, input_dim, max_length):
    """Captions for pictures, the likeliest word each time, and where attention was; what follows <END> is free.
    max_length is None: as long as captions usually are.
    """
    net = captioner(sub, cell_type, numbers, words, wordvec_dim, hidden_dim, input_dim)
    asked = {} if max_length is None else {"max_length": max_length}
    told = method_of(sub, net, "sample", "sample_caption")(images, **asked)
    if cell_type == "attention":
        captions, weights = told
        return {"captions": until_the_end(captions), "weights": until_the_end(captions, weights.detach())}
    return {"captions": until_the_end(told)}


def until_the_end(captions, values=None):
    """Words (N, T), or values for each of them, with 0 in the place of what follows <END>."""
    values = captions if values is None else values
    if not isinstance(captions, torch.Tensor) or captions.dim() != 2 or values.shape[:2] != captions.shape:
        return values
    ends = (captions == END).long()
    over = (ends.cumsum(dim=1) - ends) > 0
    return values.masked_fill(over.reshape(*over.shape, *[1] * (values.dim() - 2)), 0)


def a_captioner(draw, n, cell_type, *, words=12, wordvec_dim=7, hidden_dim=9, input_dim=WIDTH):
    """What CaptioningRNN.forward and .sample have in common. All dimensions differ, so that all shapes do."""
    images, _ = draw.digits(n, shift=0)
    sizes = [
        input_dim * hidden_dim,
        4 * hidden_dim * max(hidden_dim, wordvec_dim),
        words * max(hidden_dim, wordvec_dim),
    ]
    return dict(
        cell_type=cell_type,
        images=on_canvases(draw, images),
        numbers=draw.normal(max(sizes)),
        words=words,
        wordvec_dim=wordvec_dim,
        hidden_dim=hidden_dim,
        input_dim=input_dim,
    )


def captions_to_learn(draw, n, length, cell_type, **sizes):
    """The inputs of CaptioningRNN.forward."""
    inputs = a_captioner(draw, n, cell_type, **sizes)
    captions = draw.integers(3, inputs["words"], n, length)
    captions[:, 0] = 1
    for row, end in zip(captions, draw.integers(2, length, n), strict=True):
        row[end], row[end + 1 :] = 2, 0
    return dict(inputs, captions=captions)


for cell in ("rnn", "lstm", "attention"):

    def learned(draw, cell=cell):
        return captions_to_learn(draw, 3, 6, cell)

    def told(draw, cell=cell):
        return dict(a_captioner(draw, 3, cell), max_length=5)

    learned.__name__, told.__name__ = f"captions_by_{cell}", f"samples_by_{cell}"
    captioning_forward.case(learned)
    captioning_sample.case(told)


# == network_visualization ============================================================================================


@vis.exercise("compute_saliency_maps", points=6)
def compute_saliency_maps(sub, X, y):
    """How strongly each pixel acts on a score, up to a factor."""
    maps = sub.compute_saliency_maps(X, y, digits_network(X)).detach()
    largest = maps.abs().max() if maps.numel() else 1
    return {"saliency": maps / largest if largest > 0 else maps}


@compute_saliency_maps.case
def three_digits(draw):
    images, labels = draw.digits(3, shift=0)
    return dict(X=on_canvases(draw, images), y=labels)


@vis.exercise("make_adversarial_attack", points=5, seconds=30)
def make_adversarial_attack(sub, X, target_y, alike):
    """A picture that deceives the network, and the one it was made from; alike: whether it is to look like that one."""
    picture = sub.make_adversarial_attack(X, target_y, digits_network(X))
    return {"picture": picture.detach(), "original": X.detach().clone()}


def a_digit_to_change(draw, offset, *, alike=False):
    """The inputs of make_adversarial_attack."""
    images, labels = draw.digits(1, shift=0)
    return dict(X=on_canvases(draw, images), target_y=int((labels[0] + offset) % 10), alike=alike)


@make_adversarial_attack.case
def one_digit_for_the_next(draw):
    return a_digit_to_change(draw, 1)


@make_adversarial_attack.case(worth=0.1)
def one_digit_that_looks_like_itself(draw):
    return a_digit_to_change(draw, 2, alike=True)


@make_adversarial_attack.property()
def deceives_and_looks_alike(ref, answer, X, target_y, alike):
    picture, original = answer.get("picture"), answer.get("original")
    usable = isinstance(picture, torch.Tensor) and picture.shape == X.shape and bool(picture.isfinite().all())
    yield certain(usable), "it is a picture of the shape of X"
    if not usable:
        return
    network = digits_network(X)
    needed = float((ref.make_adversarial_attack(X, target_y, network) - X).norm())
    change = float((picture.to(X.dtype) - X).norm())
    scores = network(picture.to(X.dtype))[0]
    yield close(original, X), "X itself is not changed"
    yield certain(change > 0 or needed == 0), "the picture is not X itself"
    yield certain(int(scores.argmax()) == target_y), "the network takes the picture for an example of target_y"
    if alike:
        yield certain(change <= 2 * needed + 1), "the change is small: at most twice what small steps need"


@vis.exercise("class_visualization_step", points=4)
def class_visualization_step(sub, img, target_y, l2_reg, learning_rate):
    """The direction of a step towards a class, and how its length grows with the learning rate. l2_reg is None: with
    the usual settings, of which 25 is the learning rate.
    """
    steps = []
    usual = [{}, {"learning_rate": 50}]
    asked = [{"l2_reg": l2_reg, "learning_rate": rate} for rate in (learning_rate or 0, 2 * (learning_rate or 0))]
    for settings in usual if l2_reg is None else asked:
        start = img.clone().requires_grad_()
        stepped = sub.class_visualization_step(start, target_y, digits_network(img), **settings)
        steps.append(stepped.detach() - img)
    first, second = (float(step.norm()) for step in steps)
    return {"direction": steps[0] / (first or 1), "growth": second / (first or 1)}


def noise_to_change(draw, *, l2_reg, learning_rate, scale=1.0):
    """The inputs of class_visualization_step."""
    img = draw.normal(1, 3, 16, 16, scale=scale)
    return dict(img=img, target_y=draw.integer(0, 10), l2_reg=l2_reg, learning_rate=learning_rate)


@class_visualization_step.case
def a_step_from_noise(draw):
    return noise_to_change(draw, l2_reg=0.01, learning_rate=2.0)


# == style_transfer ===================================================================================================


@style.exercise("content_loss", points=2)
def content_loss(sub, content_weight, content_current, content_original):
    """How far the content is from what it should be, and the gradient."""
    loss, (gradient,) = loss_and_gradients(
        lambda current: sub.content_loss(content_weight, current, content_original), content_current
    )
    return {"loss": loss, "gradient": gradient}


def two_feature_maps(draw, C, H, W, *, weight=0.3, scale=1.0):
    """The inputs of content_loss."""
    current, original = draw.normal(1, C, H, W, scale=scale), draw.normal(1, C, H, W, scale=scale)
    return dict(content_weight=weight, content_current=current, content_original=original)


@content_loss.case
def small_feature_maps(draw):
    return two_feature_maps(draw, 3, 4, 5)


@style.exercise("gram_matrix", points=4)
def gram_matrix(sub, features, normalize):
    """How strongly channels appear together; normalize is None: as usual."""
    asked = {} if normalize is None else {"normalize": normalize}
    return {"gram": sub.gram_matrix(features, **asked)}


@gram_matrix.case
def divided(draw):
    return dict(features=draw.normal(1, 3, 4, 5, mean=0.5), normalize=True)


@gram_matrix.case(worth=0.1)
def not_divided(draw):
    return dict(features=draw.normal(1, 3, 4, 5, mean=0.5), normalize=False)


@style.exercise("style_loss", points=3, needs=["gram_matrix"])
def style_loss(sub, feats, style_layers, style_targets, style_weights):
    """How far the style is from what it should be, and the gradients."""
    loss, gradients = loss_and_gradients(
        lambda *feats: sub.style_loss(list(feats), style_layers, style_targets, style_weights), *feats
    )
    return {"loss": loss, "gradients": gradients}


def layers_to_style(draw, layers, chosen, *, regions=(), scale=1.0):
    """The inputs of style_loss: `layers` are (C, H, W), `chosen` the layers that count."""
    feats = [draw.normal(1, *regions, *layer, mean=0.5, scale=scale) for layer in layers]
    targets = [draw.normal(1, *regions, layers[i][0], layers[i][0], scale=0.3 * scale**2) for i in chosen]
    weights = [draw.number(0.5, 5.0) for _ in chosen]
    return dict(feats=feats, style_layers=list(chosen), style_targets=targets, style_weights=weights)


@style_loss.case
def two_of_three_layers(draw):
    return layers_to_style(draw, [(2, 4, 4), (3, 3, 4), (4, 2, 2)], (0, 2))


@style.exercise("tv_loss", points=2)
def tv_loss(sub, img, tv_weight):
    """How rough a picture is, and the gradient."""
    loss, (gradient,) = loss_and_gradients(lambda picture: sub.tv_loss(picture, tv_weight), img)
    return {"loss": loss, "gradient": gradient}


@tv_loss.case
def a_small_picture(draw):
    return dict(img=draw.normal(1, 3, 4, 5), tv_weight=0.3)


@style.exercise("guided_gram_matrix", points=2)
def guided_gram_matrix(sub, features, masks, normalize):
    """How strongly channels appear together in each region; normalize is None: as usual."""
    asked = {} if normalize is None else {"normalize": normalize}
    return {"gram": sub.guided_gram_matrix(features, masks, **asked)}


def regions(draw, N, R, C, H, W, *, normalize, soft=False, scale=1.0):
    """The inputs of guided_gram_matrix; masks are 0 or 1, or in between."""
    masks = draw.uniform(N, R, H, W)
    masks = masks if soft else (masks > 0.4).astype(masks.dtype)
    return dict(features=draw.normal(N, R, C, H, W, mean=0.5, scale=scale), masks=masks, normalize=normalize)


@guided_gram_matrix.case
def two_regions(draw):
    return regions(draw, 1, 2, 3, 4, 5, normalize=True)


@guided_gram_matrix.case(worth=0.1)
def two_regions_not_divided(draw):
    return regions(draw, 1, 2, 3, 4, 5, normalize=False)


@style.exercise("guided_style_loss", points=2, needs=["guided_gram_matrix"])
def guided_style_loss(sub, feats, style_layers, style_targets, style_weights, content_masks):
    """How far the style is from what it should be in each region, and the gradients."""
    loss, gradients = loss_and_gradients(
        lambda *feats: sub.guided_style_loss(list(feats), style_layers, style_targets, style_weights, content_masks),
        *feats,
    )
    return {"loss": loss, "gradients": gradients}


def regions_to_style(draw, R, layers, chosen, *, scale=1.0):
    """The inputs of guided_style_loss."""
    masks = [(draw.uniform(1, R, H, W) > 0.4).astype(np.dtype(draw.dtype)) for _, H, W in layers]
    return dict(layers_to_style(draw, layers, chosen, regions=(R,), scale=scale), content_masks=masks)


@guided_style_loss.case
def two_regions_in_two_of_three_layers(draw):
    return regions_to_style(draw, 2, [(2, 4, 4), (3, 3, 4), (4, 2, 2)], (0, 2))
