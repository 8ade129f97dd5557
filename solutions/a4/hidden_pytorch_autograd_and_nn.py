"""Hidden cases of pytorch_autograd_and_nn, the mistakes that they catch, and independent ways to the same answers."""

import math

from checks import (
    both_modes,
    bottleneck_block,
    initialize_part2,
    initialize_part3,
    initialize_part4,
    pictures_for_a_block,
    pictures_for_a_net,
    plain_block,
    residual_block,
    resnet,
    shapes_of,
    three_layer_convnet,
    three_layer_module,
    three_layer_module_init,
    three_layers,
    with_small_biases,
)
from hidden import begin_as

from grader.ask import projection, same_parameters, torch


def conv(Cin, Cout, size, stride=1, bias=True):
    return torch.nn.Conv2d(Cin, Cout, size, stride=stride, padding=size // 2, bias=bias)


# -- three_layer_convnet ----------------------------------------------------------------------------------------------


@three_layer_convnet.case
def more_of_everything(draw):
    return three_layers(draw, (4, 3, 8, 8), 6, 9, 10)


@three_layer_convnet.case(worth=0.2)
def pictures_that_are_not_square(draw):
    return three_layers(draw, (2, 2, 7, 5), 6, 3, 4)


@three_layer_convnet.case(worth=0.2)
def one_picture_one_channel(draw):
    return three_layers(draw, (1, 1, 4, 4), 1, 1, 2)


@three_layer_convnet.case(worth=0.1)
def large_pixels(draw):
    return three_layers(draw, (2, 3, 6, 6), 4, 5, 3, scale=1e4)


def correlated(x, w, b):
    """A convolution that keeps height and width, from windows."""
    K = w.shape[-1]
    columns = torch.nn.functional.unfold(x, K, padding=K // 2)
    return ((w.flatten(1) @ columns) + b[:, None]).reshape(len(x), len(w), *x.shape[2:])


@three_layer_convnet.oracle
def from_windows(ref, x, params):
    conv_w1, conv_b1, conv_w2, conv_b2, fc_w, fc_b = params
    hidden = correlated(x, conv_w1, conv_b1).clamp(min=0)
    hidden = correlated(hidden, conv_w2, conv_b2).clamp(min=0)
    return {"scores": hidden.flatten(1) @ fc_w.T + fc_b}


def functional_net(x, params, *, pads=None, relu_1=True, relu_2=True, relu_3=False, biases=True, flipped=False):
    conv_w1, conv_b1, conv_w2, conv_b2, fc_w, fc_b = params
    if not biases:
        conv_b1 = conv_b2 = None
    pad_1, pad_2 = pads or (conv_w1.shape[-1] // 2, conv_w2.shape[-1] // 2)
    functional = torch.nn.functional
    hidden = functional.conv2d(x, conv_w1, conv_b1, padding=pad_1)
    hidden = hidden.relu() if relu_1 else hidden
    hidden = functional.conv2d(hidden, conv_w2, conv_b2, padding=pad_2)
    hidden = hidden.relu() if relu_2 else hidden
    flat = hidden.permute(0, 2, 3, 1).reshape(len(x), -1) if flipped else hidden.reshape(len(x), -1)
    scores = flat @ fc_w.T + fc_b
    return scores.relu() if relu_3 else scores


@three_layer_convnet.alternative
def by_functions(ref, x, params):
    return functional_net(x, params)


@three_layer_convnet.misconception("The ReLU after the first convolution is missing.")
def no_first_relu(ref, x, params):
    return functional_net(x, params, relu_1=False)


@three_layer_convnet.misconception("The ReLU after the second convolution is missing.")
def no_second_relu(ref, x, params):
    return functional_net(x, params, relu_2=False)


@three_layer_convnet.misconception("A ReLU follows the linear layer: scores may be negative.")
def relu_at_the_end(ref, x, params):
    return functional_net(x, params, relu_3=True)


@three_layer_convnet.misconception("The convolutions' biases are left out.")
def no_biases(ref, x, params):
    return functional_net(x, params, biases=False)


@three_layer_convnet.misconception("There is no padding: the convolutions do not keep height and width.")
def no_padding(ref, x, params):
    return functional_net(x, params, pads=(0, 0))


@three_layer_convnet.misconception("The paddings of the two convolutions are swapped: 2 belongs to 5x5, 1 to 3x3.")
def swapped_padding(ref, x, params):
    return functional_net(x, params, pads=(1, 2))


@three_layer_convnet.misconception("The feature maps are laid out with the channels last before the linear layer.")
def channels_last(ref, x, params):
    return functional_net(x, params, flipped=True)


@three_layer_convnet.misconception("A softmax follows: what is returned are probabilities, not scores.")
def probabilities(ref, x, params):
    return functional_net(x, params).softmax(dim=1)


# -- initial values ---------------------------------------------------------------------------------------------------


@initialize_part2.case(worth=0.2)
def in_double_precision(draw):
    return dict(double=True)


@initialize_part2.case(worth=0.1)
def in_the_usual_dtype(draw):
    return dict(double=None)


@three_layer_module_init.case
def more_filters(draw):
    return dict(in_channel=3, channel_1=32, channel_2=16, num_classes=10)


@three_layer_module_init.case(worth=0.2)
def four_channels_and_eight_classes(draw):
    return dict(in_channel=4, channel_1=20, channel_2=16, num_classes=8)


def parameters_with(dtype, weight, bias, learned=True):
    """The six parameters, each made by a function of its shape."""
    made = []
    for shape in [(32, 3, 5, 5), (16, 32, 3, 3), (10, 16 * 32 * 32)]:
        made += [weight(shape).to(dtype or torch.float32), bias(shape[:1]).to(dtype or torch.float32)]
    return [tensor.requires_grad_(learned) for tensor in made]


def kaiming(shape, deviation=None):
    return torch.randn(shape, dtype=torch.float64) * (deviation or math.sqrt(2 / math.prod(shape[1:])))


def zeros(shape):
    return torch.zeros(shape, dtype=torch.float64)


@initialize_part2.alternative
def by_random_numbers(ref, dtype=None, device="cpu"):
    return parameters_with(dtype, kaiming, zeros)


@initialize_part2.misconception("The weights are standard normal: the scale is left out.")
def unscaled(ref, dtype=None, device="cpu"):
    return parameters_with(dtype, lambda shape: kaiming(shape, 1.0), zeros)


@initialize_part2.misconception("2 / fan-in is taken for the deviation; it is the variance, and its root is missing.")
def scale_not_rooted(ref, dtype=None, device="cpu"):
    return parameters_with(dtype, lambda shape: kaiming(shape, 2 / math.prod(shape[1:])), zeros)


@initialize_part2.misconception("The fan-out takes the place of the fan-in.")
def by_fan_out(ref, dtype=None, device="cpu"):
    return parameters_with(dtype, lambda shape: kaiming(shape, math.sqrt(2 / (shape[0] * math.prod(shape[2:])))), zeros)


@initialize_part2.misconception("The gain for the ReLU is missing: the variance is 1 / fan-in.")
def without_gain(ref, dtype=None, device="cpu"):
    return parameters_with(dtype, lambda shape: kaiming(shape, math.sqrt(1 / math.prod(shape[1:]))), zeros)


@initialize_part2.misconception("The biases are random; they begin at 0.")
def random_biases(ref, dtype=None, device="cpu"):
    return parameters_with(dtype, kaiming, lambda shape: torch.randn(shape, dtype=torch.float64))


@initialize_part2.misconception("The parameters do not require gradients: nothing can be learned.")
def nothing_learned(ref, dtype=None, device="cpu"):
    return parameters_with(dtype, kaiming, zeros, learned=False)


@initialize_part2.misconception("The dtype that is asked for is not used.")
def in_half_precision(ref, dtype=None, device="cpu"):
    return parameters_with(torch.float16, kaiming, zeros)


@initialize_part2.misconception("The linear layer's weights are transposed: their shape is (inputs, classes).")
def transposed_weights(ref, dtype=None, device="cpu"):
    params = parameters_with(dtype, kaiming, zeros)
    params[4] = params[4].detach().T.clone().requires_grad_()
    return params


def declare_wrong_module(name, sentence, change):
    """A ThreeLayerConvNet whose layers are changed after they are made."""

    def __init__(ref, self, *args):
        begin_as(ref.ThreeLayerConvNet, self, *args)
        with torch.no_grad():
            for parameter in self.parameters():
                change(parameter)

    __init__.__name__ = name
    three_layer_module_init.misconception(sentence)(__init__)


def scale_of(parameter, deviation):
    if parameter.dim() > 1:
        parameter.normal_(0, deviation(parameter))


declare_wrong_module(
    "scale_not_rooted",
    "2 / fan-in is taken for the deviation; it is the variance, and its root is missing.",
    lambda parameter: scale_of(parameter, lambda p: 2 / p[0].numel()),
)
declare_wrong_module(
    "by_fan_out",
    "The fan-out takes the place of the fan-in.",
    lambda parameter: scale_of(parameter, lambda p: math.sqrt(2 * p.shape[1] / p.numel())),
)
declare_wrong_module(
    "without_gain",
    "The gain for the ReLU is missing: the variance is 1 / fan-in.",
    lambda parameter: scale_of(parameter, lambda p: math.sqrt(1 / p[0].numel())),
)
declare_wrong_module(
    "random_biases",
    "The biases are random; they begin at 0.",
    lambda parameter: parameter.normal_() if parameter.dim() == 1 else None,
)


@three_layer_module_init.misconception("The layers are left with the library's own initial values.")
def as_the_library_has_it(ref, self, in_channel, channel_1, channel_2, num_classes):
    begin_as(ref.ThreeLayerConvNet, self, in_channel, channel_1, channel_2, num_classes)
    for layer in self.children():
        layer.reset_parameters()


# -- ThreeLayerConvNet.forward, and optimizers ------------------------------------------------------------------------


@three_layer_module.case
def three_pictures(draw):
    return dict(x=draw.normal(3, 3, 32, 32), channel_1=5, channel_2=6, num_classes=10)


@three_layer_module.case(worth=0.2)
def pictures_of_four_channels(draw):
    return dict(x=draw.normal(2, 4, 32, 32), channel_1=3, channel_2=4, num_classes=7)


@three_layer_module.case(worth=0.2)
def one_large_picture(draw):
    return dict(x=draw.normal(1, 1, 32, 32), channel_1=2, channel_2=1, num_classes=2)


def sequential(in_channel, channel_1, channel_2, num_classes, sizes=(5, 3)):
    layers = [conv(in_channel, channel_1, sizes[0]), torch.nn.ReLU(), conv(channel_1, channel_2, sizes[1])]
    head = torch.nn.Linear(channel_2 * 32 * 32, num_classes)
    return torch.nn.Sequential(*layers, torch.nn.ReLU(), torch.nn.Flatten(), head)


@three_layer_module.oracle
def by_a_sequence_of_layers(ref, x, channel_1, channel_2, num_classes):
    net = with_small_biases(sequential(x.shape[1], channel_1, channel_2, num_classes).to(x.dtype))
    return {"scores": net(x).detach(), "parameters": shapes_of(net)}


def wrong_forward(relu_1=True, relu_2=True, relu_3=False):
    def forward(ref, self, x):
        layers = list(self.children())
        hidden = layers[0](x).relu() if relu_1 else layers[0](x)
        hidden = layers[1](hidden).relu() if relu_2 else layers[1](hidden)
        scores = layers[2](hidden.flatten(1))
        return scores.relu() if relu_3 else scores

    return forward


def declare_wrong_forward(name, sentence, **options):
    forward = wrong_forward(**options)
    forward.__name__ = name
    three_layer_module.misconception(sentence)(forward)


declare_wrong_forward("module_without_first_relu", "The ReLU after the first convolution is missing.", relu_1=False)
declare_wrong_forward("module_without_second_relu", "The ReLU after the second convolution is missing.", relu_2=False)
declare_wrong_forward("module_with_relu_at_the_end", "A ReLU follows the linear layer.", relu_3=True)


@three_layer_module.misconception("The convolutions have no biases.", of="ThreeLayerConvNet.__init__")
def module_without_biases(ref, self, in_channel, channel_1, channel_2, num_classes):
    begin_as(ref.ThreeLayerConvNet, self, in_channel, channel_1, channel_2, num_classes)
    for layer in list(self.children())[:2]:
        layer.bias = None


@three_layer_module.misconception(
    "The filters' sizes are 3 and 5; first comes 5, then 3.", of="ThreeLayerConvNet.__init__"
)
def module_with_swapped_sizes(ref, self, in_channel, channel_1, channel_2, num_classes):
    begin_as(ref.ThreeLayerConvNet, self, in_channel, channel_1, channel_2, num_classes)
    for (name, _), layer in zip(
        list(self.named_children()), [conv(in_channel, channel_1, 3), conv(channel_1, channel_2, 5)], strict=False
    ):
        setattr(self, name, layer)


@three_layer_module.misconception("A softmax follows: what is returned are probabilities, not scores.")
def module_of_probabilities(ref, self, x):
    return ref.ThreeLayerConvNet.forward(self, x).softmax(dim=1)


for initialized in (initialize_part3, initialize_part4):

    @initialized.case
    def three_pictures_to_learn(draw):
        return dict(x=draw.normal(3, 3, 32, 32))


def sgd(params, x, *, momentum):
    """Two steps by hand on leaves that autograd follows: L2 term in the gradient; Nesterov momentum."""
    rate, decay = (1e-2, 1e-4) if momentum else (3e-3, 1e-4)
    velocities = [torch.zeros_like(p) for p in params]

    def scores_of(params):
        w1, b1, w2, b2, w3, b3 = params
        hidden = correlated(correlated(x, w1, b1).clamp(min=0), w2, b2).clamp(min=0)
        return hidden.flatten(1) @ w3.T + b3

    before = scores_of(params)
    for _ in range(2):
        params = [p.detach().requires_grad_() for p in params]
        scores = scores_of(params)
        gradients = torch.autograd.grad((scores * projection(tuple(scores.shape), scores)).sum(), params)
        for i, (p, gradient) in enumerate(zip(params, gradients, strict=True)):
            g = gradient + decay * p.detach()
            velocities[i] = momentum * velocities[i] + g
            params[i] = p.detach() - rate * (g + momentum * velocities[i])
    settings = {"lr": rate, "weight_decay": decay, "momentum": momentum, "nesterov": float(momentum > 0)}
    return before, scores_of(params), settings


def trained_by_hand(x, momentum):
    net = with_small_biases(sequential(3, 32, 16, 10).to(x.dtype))
    before, after, settings = sgd([p.detach() for p in net.parameters()], x, momentum=momentum)
    shapes = shapes_of(net)
    return {"scores": before, "scores_after_two_steps": after, "settings": settings, "parameters": shapes}


@initialize_part3.oracle
def two_steps_by_hand(ref, x):
    return trained_by_hand(x, 0.0)


@initialize_part4.oracle
def two_nesterov_steps_by_hand(ref, x):
    return {**trained_by_hand(x, 0.5), "sequential": True}


@initialize_part3.alternative
def with_momentum_said_to_be_zero(ref):
    model = ref.ThreeLayerConvNet(3, 32, 16, 10)
    return model, torch.optim.SGD([*model.parameters()], 0.003, momentum=0, weight_decay=0.0001)


@initialize_part4.alternative
def with_a_name_for_each_layer(ref):
    model = torch.nn.Sequential()
    for number, layer in enumerate(sequential(3, 32, 16, 10)):
        model.add_module(f"layer_{number}", layer)
    options = dict(lr=1e-2, momentum=0.5, weight_decay=1e-4, nesterov=True)
    return model, torch.optim.SGD(model.parameters(), **options)


def declare_wrong_optimizers(exercise, function, right):
    def declare(name, sentence, **changed):
        def initialize(ref):
            model, _ = getattr(ref, function)()
            return model, torch.optim.SGD(model.parameters(), **{**right, **changed})

        initialize.__name__ = name
        exercise.misconception(sentence)(initialize)

    declare("no_weight_decay", "There is no weight decay.", weight_decay=0.0)
    declare("another_rate", "The learning rate is not the one that is asked for.", lr=1e-3)
    if right.get("momentum"):
        declare("no_nesterov", "The momentum is the usual one, not Nesterov's.", nesterov=False)
        declare("no_momentum", "There is no momentum.", momentum=0.0, nesterov=False)
        declare("another_momentum", "The momentum is not the one that is asked for.", momentum=0.9)
    else:
        declare("with_momentum", "There is momentum, which is not asked for.", momentum=0.9)


declare_wrong_optimizers(initialize_part3, "initialize_three_layer_conv_part3", dict(lr=3e-3, weight_decay=1e-4))
declare_wrong_optimizers(
    initialize_part4,
    "initialize_three_layer_conv_part4",
    dict(lr=1e-2, weight_decay=1e-4, momentum=0.5, nesterov=True),
)


@initialize_part3.misconception("The optimizer holds the parameters of another network: this one learns nothing.")
def of_another_network(ref):
    _, optimizer = ref.initialize_three_layer_conv_part3()
    model, _ = ref.initialize_three_layer_conv_part3()
    return model, optimizer


@initialize_part3.misconception("The numbers of filters are swapped.")
def filters_swapped(ref):
    model = ref.ThreeLayerConvNet(3, 16, 32, 10)
    return model, torch.optim.SGD(model.parameters(), lr=3e-3, weight_decay=1e-4)


@initialize_part4.misconception("The model is a module of its own, not an nn.Sequential.")
def no_sequential(ref):
    model = ref.ThreeLayerConvNet(3, 32, 16, 10)
    options = dict(lr=1e-2, momentum=0.5, weight_decay=1e-4, nesterov=True)
    return model, torch.optim.SGD(model.parameters(), **options)


@initialize_part4.misconception("The ReLUs are missing: two convolutions in a row are one.")
def sequence_without_relus(ref):
    kept = [layer for layer in sequential(3, 32, 16, 10) if not isinstance(layer, torch.nn.ReLU)]
    model = torch.nn.Sequential(*kept)
    options = dict(lr=1e-2, momentum=0.5, weight_decay=1e-4, nesterov=True)
    return model, torch.optim.SGD(model.parameters(), **options)


# -- blocks -----------------------------------------------------------------------------------------------------------

for block in (plain_block, residual_block, bottleneck_block):

    @block.case
    def the_same_channels(draw):
        return pictures_for_a_block(draw, (3, 8, 5, 6), 8, False)

    @block.case(worth=0.2)
    def the_same_channels_half_the_size(draw):
        return pictures_for_a_block(draw, (3, 8, 7, 5), 8, True)

    @block.case
    def more_channels_of_odd_size(draw):
        return pictures_for_a_block(draw, (3, 4, 5, 7), 12, False)

    @block.case
    def more_channels_half_of_odd_size(draw):
        return pictures_for_a_block(draw, (2, 4, 7, 5), 12, True)

    @block.case(worth=0.1)
    def one_bright_picture(draw):
        return pictures_for_a_block(draw, (1, 4, 6, 6), 8, True, scale=100.0)


def normalised(x, statistics, layer):
    """Batch normalisation in training, by its formula; what running statistics become goes to `statistics`."""
    mean, var = x.mean(dim=(0, 2, 3)), x.var(dim=(0, 2, 3), unbiased=False)
    n = x.numel() / x.shape[1]
    statistics.append((0.1 * mean.detach(), 0.9 + 0.1 * var.detach() * n / (n - 1)))
    return standard(x, mean, var, layer)


def standard(x, mean, var, layer):
    shape = (1, -1, 1, 1)
    x = (x - mean.reshape(shape)) / (var.reshape(shape) + 1e-5).sqrt()
    return x * layer["weight"].reshape(shape) + layer["bias"].reshape(shape)


def filled(*shapes, dtype):
    """Parameters as `same_parameters` fills them, one layer for each shape of weights."""
    made = []
    for shape in shapes:
        layer = torch.nn.Module()
        layer.weight = torch.nn.Parameter(torch.zeros(shape, dtype=dtype))
        layer.bias = torch.nn.Parameter(torch.zeros(shape[:1], dtype=dtype))
        made.append({name: p.detach() for name, p in same_parameters(layer).named_parameters()})
    return made


def by_arithmetic(layers, shortcut, x, x_test):
    """What a block of (norm, convolution, stride) triples computes; `shortcut`: None, "identity" or (layer, stride)."""
    functional = torch.nn.functional

    def run(x, normalise):
        out = x
        for norm, filters, stride in layers:
            out = normalise(out, norm).clamp(min=0)
            pad = filters["weight"].shape[-1] // 2
            out = functional.conv2d(out, filters["weight"], filters["bias"], stride=stride, padding=pad)
        if shortcut == "identity":
            return out + x
        if shortcut is None:
            return out
        layer, stride = shortcut
        return out + functional.conv2d(x, layer["weight"], layer["bias"], stride=stride)

    statistics = []
    x = x.detach().requires_grad_()
    out = run(x, lambda value, norm: normalised(value, statistics, norm))
    (dx,) = torch.autograd.grad((out * projection(tuple(out.shape), out)).sum(), x)
    kept = iter(statistics)
    out_test = run(x_test, lambda value, norm: standard(value, *next(kept), norm))
    counts = {}
    everything = [layer for norm, filters, _ in layers for layer in (norm, filters)]
    everything += [shortcut[0]] if isinstance(shortcut, tuple) else []
    for value in (value for layer in everything for value in layer.values()):
        shape = list(value.shape)
        while len(shape) > 2 and shape[-1] == 1:
            shape.pop()
        counts[str(tuple(shape))] = counts.get(str(tuple(shape)), 0) + 1
    return {"out": out.detach(), "dx": dx, "out_test": out_test, "parameters": dict(sorted(counts.items()))}


def shortcut_of(x, Cout, downsample):
    if not downsample and Cout == x.shape[1]:
        return "identity"
    (layer,) = filled((Cout, x.shape[1], 1, 1), dtype=x.dtype)
    return layer, 2 if downsample else 1


def plain_layers(x, Cout, downsample):
    Cin = x.shape[1]
    first, conv_1, second, conv_2 = filled((Cin,), (Cout, Cin, 3, 3), (Cout,), (Cout, Cout, 3, 3), dtype=x.dtype)
    return [(first, conv_1, 2 if downsample else 1), (second, conv_2, 1)]


@plain_block.oracle
def plain_by_arithmetic(ref, x, x_test, Cout, downsample):
    return by_arithmetic(plain_layers(x, Cout, downsample), None, x, x_test)


@residual_block.oracle
def residual_by_arithmetic(ref, x, x_test, Cout, downsample):
    return by_arithmetic(plain_layers(x, Cout, downsample), shortcut_of(x, Cout, downsample), x, x_test)


@bottleneck_block.oracle
def bottleneck_by_arithmetic(ref, x, x_test, Cout, downsample):
    Cin, narrow = x.shape[1], Cout // 4
    norms = filled((Cin,), (narrow,), (narrow,), dtype=x.dtype)
    filters = filled((narrow, Cin, 1, 1), (narrow, narrow, 3, 3), (Cout, narrow, 1, 1), dtype=x.dtype)
    layers = list(zip(norms, filters, (2 if downsample else 1, 1, 1), strict=True))
    return by_arithmetic(layers, shortcut_of(x, Cout, downsample), x, x_test)


def stack(Cin, steps, *, order="nrc", bias=True):
    """Layers in a row: for each step (Cout, size, stride) those that `order` names: n(orm), r(elu), c(onvolution)."""
    layers = []
    for Cout, size, stride in steps:
        channels = Cin
        for kind in order:
            if kind == "n":
                layers.append(torch.nn.BatchNorm2d(channels))
            elif kind == "r":
                layers.append(torch.nn.ReLU())
            else:
                layers.append(conv(channels, Cout, size, stride, bias))
                channels = Cout
        Cin = Cout
    return torch.nn.Sequential(*layers)


def added(net, shortcut, *, relu=False):
    """net(x) + shortcut(x) as a module, with or without a ReLU after it."""

    class Added(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.shortcut, self.net = shortcut, net

        def forward(self, x):
            out = self.shortcut(x) + self.net(x)
            return out.relu() if relu else out

    return Added()


def projected(Cin, Cout, downsample, *, stride=None, bias=True, size=1):
    """The shortcut."""
    if Cin == Cout and not downsample:
        return torch.nn.Identity()
    return conv(Cin, Cout, size, stride or (2 if downsample else 1), bias)


def plain_steps(Cout, downsample):
    return [(Cout, 3, 2 if downsample else 1), (Cout, 3, 1)]


def bottleneck_steps(Cout, downsample):
    return [(Cout // 4, 1, 2 if downsample else 1), (Cout // 4, 3, 1), (Cout, 1, 1)]


NO_BIAS = "The convolutions have no biases."
NO_NORM = "There is no batch normalisation."
NO_RELU = "The ReLUs are missing."
NORM_LAST = "The order is convolution - batch norm - ReLU; here it is batch norm - ReLU - convolution."
RELU_FIRST = "The ReLU comes before the batch normalisation, not after it."
NEVER_DOWN = "There is no downsampling: every stride is 1."
LATE = "The stride is in the second convolution; it belongs into the first one."


@plain_block.alternative
def plain_in_a_row(ref, Cin, Cout, downsample=False):
    return stack(Cin, plain_steps(Cout, downsample))


@plain_block.misconception(LATE)
def stride_in_the_second(ref, Cin, Cout, downsample=False):
    first, second = plain_steps(Cout, downsample)
    return stack(Cin, [(*first[:2], second[2]), (*second[:2], first[2])])


def declare_wrong_stacks(exercise, steps, finish):
    """The mistakes that all blocks share; `finish` adds the shortcut, where there is one."""

    def declare(name, sentence, down=True, **options):
        def block(ref, Cin, Cout, downsample=False):
            net = stack(Cin, steps(Cout, downsample and down), **options)
            return finish(net, Cin, Cout, downsample and down)

        block.__name__ = name
        exercise.misconception(sentence)(block)

    declare("without_biases", NO_BIAS, bias=False)
    declare("without_norm", NO_NORM, order="rc")
    declare("without_relu", NO_RELU, order="nc")
    declare("norm_last", NORM_LAST, order="cnr")
    declare("relu_first", RELU_FIRST, order="rnc")
    declare("never_down", NEVER_DOWN, down=False)


def with_shortcut(net, Cin, Cout, downsample):
    return added(net, projected(Cin, Cout, downsample))


declare_wrong_stacks(plain_block, plain_steps, lambda net, *_: net)
declare_wrong_stacks(residual_block, plain_steps, with_shortcut)
declare_wrong_stacks(bottleneck_block, bottleneck_steps, with_shortcut)


@plain_block.misconception("There is a shortcut: a plain block has none.")
def plain_with_shortcut(ref, Cin, Cout, downsample=False):
    return with_shortcut(stack(Cin, plain_steps(Cout, downsample)), Cin, Cout, downsample)


@plain_block.misconception("The channels change in the second convolution; they change in the first one.")
def channels_change_late(ref, Cin, Cout, downsample=False):
    return stack(Cin, [(Cin, 3, 2 if downsample else 1), (Cout, 3, 1)])


@bottleneck_block.misconception("The stride is in the 3x3 convolution; it belongs into the first one.")
def stride_in_the_middle(ref, Cin, Cout, downsample=False):
    first, second, third = bottleneck_steps(Cout, downsample)
    net = stack(Cin, [(*first[:2], 1), (*second[:2], first[2]), third])
    return with_shortcut(net, Cin, Cout, downsample)


@bottleneck_block.misconception("The bottleneck is a quarter of Cin wide, not of Cout.")
def quarter_of_cin(ref, Cin, Cout, downsample=False):
    narrow, stride = Cin // 4, 2 if downsample else 1
    return with_shortcut(stack(Cin, [(narrow, 1, stride), (narrow, 3, 1), (Cout, 1, 1)]), Cin, Cout, downsample)


@bottleneck_block.misconception("The bottleneck is Cout channels wide: it is none.")
def no_bottleneck(ref, Cin, Cout, downsample=False):
    net = stack(Cin, [(Cout, 1, 2 if downsample else 1), (Cout, 3, 1), (Cout, 1, 1)])
    return with_shortcut(net, Cin, Cout, downsample)


for block, steps in ((residual_block, plain_steps), (bottleneck_block, bottleneck_steps)):

    @block.alternative
    def shortcut_first(ref, Cin, Cout, downsample=False, steps=steps):
        return with_shortcut(stack(Cin, steps(Cout, downsample)), Cin, Cout, downsample)

    @block.misconception("There is no shortcut: the block returns F(x) alone.")
    def no_shortcut(ref, Cin, Cout, downsample=False, steps=steps):
        return stack(Cin, steps(Cout, downsample))

    @block.misconception("The shortcut is not projected: x is added as it is, also where its shape is another one.")
    def shortcut_not_projected(ref, Cin, Cout, downsample=False, steps=steps):
        return added(stack(Cin, steps(Cout, downsample)), torch.nn.Identity())

    @block.misconception("A ReLU follows the sum.")
    def relu_after_the_sum(ref, Cin, Cout, downsample=False, steps=steps):
        net = stack(Cin, steps(Cout, downsample))
        return added(net, projected(Cin, Cout, downsample), relu=True)

    @block.misconception("The shortcut is projected always; with one shape before and after it is the identity.")
    def always_projected(ref, Cin, Cout, downsample=False, steps=steps):
        return added(stack(Cin, steps(Cout, downsample)), conv(Cin, Cout, 1, 2 if downsample else 1))

    @block.misconception("The shortcut's convolution has a kernel of 3x3 pixels, not of one.")
    def large_shortcut(ref, Cin, Cout, downsample=False, steps=steps):
        return added(stack(Cin, steps(Cout, downsample)), projected(Cin, Cout, downsample, size=3))

    @block.misconception("The shortcut has a batch normalisation; it is the 1x1 convolution alone.")
    def norm_in_the_shortcut(ref, Cin, Cout, downsample=False, steps=steps):
        shortcut = projected(Cin, Cout, downsample)
        if not isinstance(shortcut, torch.nn.Identity):
            shortcut = torch.nn.Sequential(shortcut, torch.nn.BatchNorm2d(Cout))
        return added(stack(Cin, steps(Cout, downsample)), shortcut)

    @block.misconception("The shortcut begins with a batch normalisation; it is the 1x1 convolution alone.")
    def norm_before_the_shortcut(ref, Cin, Cout, downsample=False, steps=steps):
        shortcut = projected(Cin, Cout, downsample)
        if not isinstance(shortcut, torch.nn.Identity):
            shortcut = torch.nn.Sequential(torch.nn.BatchNorm2d(Cin), shortcut)
        return added(stack(Cin, steps(Cout, downsample)), shortcut)

    @block.misconception("The shortcut's convolution has no bias.")
    def shortcut_without_bias(ref, Cin, Cout, downsample=False, steps=steps):
        return added(stack(Cin, steps(Cout, downsample)), projected(Cin, Cout, downsample, bias=False))

    @block.misconception(
        "The shortcut halves the size by pooling, without a convolution, when the channels stay the same."
    )
    def shortcut_by_pooling(ref, Cin, Cout, downsample=False, steps=steps):
        shortcut = projected(Cin, Cout, downsample)
        if downsample and Cin == Cout:
            shortcut = torch.nn.AvgPool2d(2, ceil_mode=True)
        return added(stack(Cin, steps(Cout, downsample)), shortcut)


# -- ResNet -----------------------------------------------------------------------------------------------------------


@resnet.case
def three_stages(draw):
    stages = [[8, 8, 2, False], [8, 16, 1, True], [16, 32, 1, True]]
    return pictures_for_a_net(draw, (3, 3, 32, 32), stages, "ResidualBlock", 10)


@resnet.case
def of_bottlenecks(draw):
    stages = [[8, 8, 1, False], [8, 16, 2, True]]
    return pictures_for_a_net(draw, (3, 3, 16, 16), stages, "ResidualBottleneckBlock", 10)


@resnet.case
def of_plain_blocks(draw):
    return pictures_for_a_net(draw, (3, 3, 16, 16), [[8, 8, 1, False], [8, 16, 1, True]], "PlainBlock", 10)


@resnet.case(worth=0.2)
def a_stem_of_another_width(draw):
    stages = [[12, 12, 1, False], [12, 16, 1, True]]
    return pictures_for_a_net(draw, (3, 3, 16, 16), stages, "ResidualBlock", 10)


@resnet.case(worth=0.2)
def other_pictures_and_classes(draw):
    """Pictures of two channels that are not square, and seven classes"""
    return pictures_for_a_net(draw, (3, 2, 9, 8), [[8, 8, 2, False], [8, 12, 1, True]], "ResidualBlock", 7)


@resnet.case(worth=0.1)
def with_the_usual_settings(draw):
    """Without Cin, block and num_classes"""
    return pictures_for_a_net(draw, (3, 3, 16, 16), [[8, 8, 1, False], [8, 16, 1, True]], None, None)


def residual_net(ref, stage_args, Cin, block, num_classes, *, pool=None, stem=None, relu=False):
    """A ResNet; `pool` takes feature maps (N, C, H, W) to (N, C)."""
    stages = [ref.ResNetStage(*args, block=block or ref.ResidualBlock) for args in stage_args]
    stem = stem or ref.ResNetStem(Cin, stage_args[0][0])

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.head = torch.nn.Linear(stage_args[-1][1], num_classes)
            self.body = torch.nn.Sequential(stem, *stages)

        def forward(self, x):
            maps = self.body(x)
            seen = maps.mean(dim=(2, 3)) if pool is None else pool(maps)
            return self.head(seen.relu() if relu else seen)

    return Net()


@resnet.oracle
def layer_by_layer(ref, x, x_test, stage_args, block, num_classes):
    """Built from the library's layers alone."""
    layers = [conv(x.shape[1], stage_args[0][0], 3), torch.nn.ReLU()]
    for Cin, Cout, count, downsample in stage_args:
        for number in range(count):
            entering, down = (Cin, downsample) if number == 0 else (Cout, False)
            steps = bottleneck_steps if block == "ResidualBottleneckBlock" else plain_steps
            net = stack(entering, steps(Cout, down))
            layers.append(net if block == "PlainBlock" else with_shortcut(net, entering, Cout, down))
    head = [torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(stage_args[-1][1], num_classes or 10)]
    return both_modes(torch.nn.Sequential(*layers, *head), x, x_test)


@resnet.alternative
def head_first(ref, stage_args, Cin=3, block=None, num_classes=10):
    return residual_net(ref, stage_args, Cin, block, num_classes, pool=lambda maps: maps.flatten(2).mean(dim=2))


@resnet.misconception("The feature maps are summed over their pixels instead of averaged.")
def summed_over_pixels(ref, stage_args, Cin=3, block=None, num_classes=10):
    return residual_net(ref, stage_args, Cin, block, num_classes, pool=lambda maps: maps.sum(dim=(2, 3)))


@resnet.misconception("The largest pixel of each feature map is taken instead of the mean.")
def largest_pixel(ref, stage_args, Cin=3, block=None, num_classes=10):
    return residual_net(ref, stage_args, Cin, block, num_classes, pool=lambda maps: maps.amax(dim=(2, 3)))


@resnet.misconception(
    "The mean is taken along one axis of the picture only, and the first place of the other axis is kept."
)
def mean_along_one_axis(ref, stage_args, Cin=3, block=None, num_classes=10):
    return residual_net(ref, stage_args, Cin, block, num_classes, pool=lambda maps: maps.mean(dim=3)[:, :, 0])


@resnet.misconception("The mean is taken over the channels: the axes before the head are the wrong ones.")
def mean_over_channels(ref, stage_args, Cin=3, block=None, num_classes=10):
    return residual_net(ref, stage_args, Cin, block, num_classes, pool=lambda maps: maps.mean(dim=1).flatten(1))


@resnet.misconception("A ReLU stands before the linear layer.")
def relu_before_the_head(ref, stage_args, Cin=3, block=None, num_classes=10):
    return residual_net(ref, stage_args, Cin, block, num_classes, relu=True)


@resnet.misconception("The blocks are residual blocks whatever `block` says.")
def residual_blocks_always(ref, stage_args, Cin=3, block=None, num_classes=10):
    return residual_net(ref, stage_args, Cin, ref.ResidualBlock, num_classes)


@resnet.misconception("The stem has no ReLU.")
def stem_without_relu(ref, stage_args, Cin=3, block=None, num_classes=10):
    return residual_net(ref, stage_args, Cin, block, num_classes, stem=conv(Cin, stage_args[0][0], 3))


@resnet.misconception("The stages never downsample.")
def stages_never_down(ref, stage_args, Cin=3, block=None, num_classes=10):
    kept = [(*args[:3], False) for args in stage_args]
    return residual_net(ref, kept, Cin, block, num_classes)
