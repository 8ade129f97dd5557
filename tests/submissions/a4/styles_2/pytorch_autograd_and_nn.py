"""Short: one helper makes the layers of every block."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def three_layer_convnet(x, params):
    *convolutions, weight, bias = params
    for w, b in zip(convolutions[::2], convolutions[1::2]):
        x = F.conv2d(x, w, b, padding="same").relu()
    return x.flatten(1) @ weight.T + bias


def initialize_three_layer_conv_part2(dtype=torch.float, device="cpu"):
    params = []
    for shape in ((32, 3, 5, 5), (16, 32, 3, 3), (10, 16 * 32 * 32)):
        params.append(torch.randn(shape, dtype=dtype, device=device) * math.sqrt(2 / math.prod(shape[1:])))
        params.append(torch.zeros(shape[0], dtype=dtype, device=device))
    for param in params:
        param.requires_grad = True
    return params


def _layers(in_channel, channel_1, channel_2, num_classes):
    return nn.Sequential(
        nn.Conv2d(in_channel, channel_1, 5, padding="same"),
        nn.ReLU(inplace=True),
        nn.Conv2d(channel_1, channel_2, 3, padding="same"),
        nn.ReLU(inplace=True),
        nn.Flatten(),
        nn.Linear(channel_2 * 1024, num_classes),
    )


class ThreeLayerConvNet(nn.Module):
    def __init__(self, in_channel, channel_1, channel_2, num_classes):
        super().__init__()
        self.everything = _layers(in_channel, channel_1, channel_2, num_classes)
        for param in self.parameters():
            nn.init.kaiming_normal_(param) if param.dim() > 1 else nn.init.zeros_(param)

    def forward(self, x):
        return self.everything(x)


def initialize_three_layer_conv_part3():
    net = ThreeLayerConvNet(3, 32, 16, 10)
    return net, torch.optim.SGD(net.parameters(), lr=0.003, weight_decay=1e-4)


def initialize_three_layer_conv_part4():
    net = _layers(3, 32, 16, 10)
    return net, torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.5, weight_decay=1e-4, nesterov=True)


def _unit(cin, cout, size, stride=1):
    return [nn.BatchNorm2d(cin), nn.ReLU(), nn.Conv2d(cin, cout, size, stride, padding=size // 2)]


def _shortcut(cin, cout, downsample):
    return nn.Conv2d(cin, cout, 1, 1 + downsample) if downsample or cin != cout else nn.Sequential()


class PlainBlock(nn.Sequential):
    def __init__(self, Cin, Cout, downsample=False):
        super().__init__(*_unit(Cin, Cout, 3, 1 + downsample), *_unit(Cout, Cout, 3))


class _Sum(nn.Module):
    def __init__(self, *parts):
        super().__init__()
        self.parts = nn.ModuleList(parts)

    def forward(self, x):
        return sum(part(x) for part in self.parts)


class ResidualBlock(_Sum):
    def __init__(self, Cin, Cout, downsample=False):
        super().__init__(_shortcut(Cin, Cout, downsample), PlainBlock(Cin, Cout, downsample))


class ResidualBottleneckBlock(_Sum):
    def __init__(self, Cin, Cout, downsample=False):
        mid = Cout // 4
        deep = nn.Sequential(*_unit(Cin, mid, 1, 1 + downsample), *_unit(mid, mid, 3), *_unit(mid, Cout, 1))
        super().__init__(_shortcut(Cin, Cout, downsample), deep)


class ResNet(nn.Sequential):
    def __init__(self, stage_args, Cin=3, block=ResidualBlock, num_classes=10):
        layers = [nn.Conv2d(Cin, stage_args[0][0], 3, padding=1), nn.ReLU()]
        for cin, cout, count, downsample in stage_args:
            layers.append(block(cin, cout, downsample))
            layers += [block(cout, cout, False) for _ in range(count - 1)]
        super().__init__(*layers, nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.Linear(cout, num_classes))
