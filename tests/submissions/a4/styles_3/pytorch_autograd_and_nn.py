"""With parameters held by hand where that is possible."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


def _same(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    half = weight.shape[-1] // 2
    return functional.conv2d(functional.pad(x, (half, half, half, half)), weight, bias)


def three_layer_convnet(x: Tensor, params) -> Tensor:
    w1, b1, w2, b2, w3, b3 = params
    hidden = functional.relu(_same(functional.relu(_same(x, w1, b1)), w2, b2))
    return torch.einsum("nd,cd->nc", hidden.reshape(hidden.shape[0], -1), w3) + b3


def _made(*shape: int, dtype=torch.float32, device="cpu") -> Tensor:
    if len(shape) == 1:
        return torch.zeros(shape, dtype=dtype, device=device, requires_grad=True)
    fan_in = torch.Size(shape[1:]).numel()
    return torch.empty(shape, dtype=dtype, device=device).normal_(0, (2 / fan_in) ** 0.5).requires_grad_()


def initialize_three_layer_conv_part2(dtype=torch.float, device="cpu") -> list[Tensor]:
    shapes = [(32, 3, 5, 5), (32,), (16, 32, 3, 3), (16,), (10, 16 * 32 * 32), (10,)]
    return [_made(*shape, dtype=dtype, device=device) for shape in shapes]


class ThreeLayerConvNet(nn.Module):
    def __init__(self, in_channel, channel_1, channel_2, num_classes):
        super().__init__()
        shapes = [(channel_1, in_channel, 5, 5), (channel_1,), (channel_2, channel_1, 3, 3), (channel_2,)]
        shapes += [(num_classes, channel_2 * 32 * 32), (num_classes,)]
        self.held = nn.ParameterList([nn.Parameter(_made(*shape).detach()) for shape in shapes])

    def forward(self, x):
        return three_layer_convnet(x, list(self.held))


def initialize_three_layer_conv_part3():
    model = ThreeLayerConvNet(3, 32, 16, 10)
    optimizer = torch.optim.SGD([{"params": model.parameters(), "weight_decay": 1e-4}], lr=3e-3)
    return model, optimizer


def initialize_three_layer_conv_part4():
    model = nn.Sequential()
    model.append(nn.Sequential(nn.Conv2d(3, 32, 5, padding=2), nn.ReLU()))
    model.append(nn.Sequential(nn.Conv2d(32, 16, 3, padding=1), nn.ReLU()))
    model.append(nn.Sequential(nn.Flatten(), nn.Linear(16 * 32 * 32, 10)))
    settings = {"lr": 1e-2, "weight_decay": 1e-4, "momentum": 0.5, "nesterov": True}
    return model, torch.optim.SGD(model.parameters(), **settings)


class PlainBlock(nn.Module):
    def __init__(self, Cin, Cout, downsample=False):
        super().__init__()
        self.second, self.second_norm = nn.Conv2d(Cout, Cout, 3, 1, 1), nn.BatchNorm2d(Cout)
        self.first, self.first_norm = nn.Conv2d(Cin, Cout, 3, 2 if downsample else 1, 1), nn.BatchNorm2d(Cin)

    def forward(self, x):
        x = self.first(functional.relu(self.first_norm(x)))
        return self.second(functional.relu(self.second_norm(x)))


class ResidualBlock(PlainBlock):
    def __init__(self, Cin, Cout, downsample=False):
        super().__init__(Cin, Cout, downsample)
        self.same = Cin == Cout and not downsample
        if not self.same:
            self.across = nn.Conv2d(Cin, Cout, kernel_size=1, stride=2 if downsample else 1)

    def forward(self, x):
        return super().forward(x) + (x if self.same else self.across(x))


class ResidualBottleneckBlock(nn.Module):
    def __init__(self, Cin, Cout, downsample=False):
        super().__init__()
        stride, quarter = (2, Cout // 4) if downsample else (1, Cout // 4)
        self.norms = nn.ModuleList([nn.BatchNorm2d(Cin), nn.BatchNorm2d(quarter), nn.BatchNorm2d(quarter)])
        self.convs = nn.ModuleList(
            [nn.Conv2d(Cin, quarter, 1, stride), nn.Conv2d(quarter, quarter, 3, 1, 1), nn.Conv2d(quarter, Cout, 1)]
        )
        self.across = nn.Conv2d(Cin, Cout, 1, stride) if downsample or Cin != Cout else None

    def forward(self, x):
        out = x
        for norm, conv in zip(self.norms, self.convs):
            out = conv(norm(out).relu())
        return out + x if self.across is None else out + self.across(x)


class ResNet(nn.Module):
    def __init__(self, stage_args, Cin=3, block=ResidualBlock, num_classes=10):
        super().__init__()
        self.head = nn.Linear(stage_args[-1][1], num_classes)
        self.stem = nn.Conv2d(Cin, stage_args[0][0], 3, padding=1)
        self.blocks = nn.ModuleList()
        for before, after, count, downsample in stage_args:
            for number in range(count):
                first = number == 0
                self.blocks.append(block(before if first else after, after, downsample=downsample and first))

    def forward(self, x):
        x = self.stem(x).clamp(min=0)
        for block in self.blocks:
            x = block(x)
        return self.head(x.mean(3).mean(2))
