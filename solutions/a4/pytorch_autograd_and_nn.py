"""Networks at three heights: tensors and autograd, `nn.Module`, `nn.Sequential`; then blocks of residual networks.

Here the library differentiates. Names of attributes are yours to choose; what a network computes and the shapes of its
parameters are graded. Replace every `raise NotImplementedError`.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn, optim

CLASSES = 10

# -- tensors and autograd ---------------------------------------------------------------------------------------------


def flatten(x: Tensor, start_dim: int = 1, end_dim: int = -1) -> Tensor:
    """(N, d1, d2, ...) -> (N, d1 * d2 * ...). Given."""
    return x.flatten(start_dim, end_dim)


class Flatten(nn.Module):
    """`flatten` as a layer, for nn.Sequential. Given."""

    def forward(self, x: Tensor) -> Tensor:
        """x: (N, ...). Returns (N, D)."""
        return flatten(x)


def three_layer_convnet(x: Tensor, params: list[Tensor]) -> Tensor:
    """Return scores (N, C): convolution - ReLU - convolution - ReLU - linear, both convolutions with a bias and with
    the padding that keeps height and width.

    x: (N, channels, H, W). params: conv_w1 (F1, channels, 5, 5), conv_b1 (F1,), conv_w2 (F2, F1, 3, 3), conv_b2 (F2,),
    fc_w (C, F2 * H * W), fc_b (C,).
    """
    conv_w1, conv_b1, conv_w2, conv_b2, fc_w, fc_b = params
    # BEGIN SOLUTION
    hidden = F.relu(F.conv2d(x, conv_w1, conv_b1, padding="same"))
    hidden = F.relu(F.conv2d(hidden, conv_w2, conv_b2, padding="same"))
    return F.linear(flatten(hidden), fc_w, fc_b)
    # END SOLUTION


def initialize_three_layer_conv_part2(dtype: torch.dtype = torch.float32, device: str = "cpu") -> list[Tensor]:
    """Return the six parameters of `three_layer_convnet` for pictures (3, 32, 32) and 10 classes: 32 filters of 5 x 5,
    then 16 of 3 x 3. Weights are normal as Kaiming has it (mean 0, variance 2 / fan-in), biases 0; all require
    gradients.
    """
    C, H, W = 3, 32, 32
    channel_1, channel_2 = 32, 16
    kernel_1, kernel_2 = 5, 3
    # BEGIN SOLUTION
    shapes = [
        (channel_1, C, kernel_1, kernel_1),
        (channel_2, channel_1, kernel_2, kernel_2),
        (CLASSES, channel_2 * H * W),
    ]
    params = []
    for shape in shapes:
        params.append(nn.init.kaiming_normal_(torch.empty(shape, dtype=dtype, device=device)))
        params.append(torch.zeros(shape[0], dtype=dtype, device=device))
    return [param.requires_grad_() for param in params]
    # END SOLUTION


# -- nn.Module and nn.Sequential --------------------------------------------------------------------------------------


class ThreeLayerConvNet(nn.Module):
    """The same network as a module, for pictures of 32 x 32: filters of 5 x 5, then of 3 x 3, then a linear layer."""

    def __init__(self, in_channel: int, channel_1: int, channel_2: int, num_classes: int) -> None:
        """Make the layers; weights normal as Kaiming has it, biases 0."""
        super().__init__()
        # BEGIN SOLUTION
        self.conv1 = nn.Conv2d(in_channel, channel_1, 5, padding=2)
        self.conv2 = nn.Conv2d(channel_1, channel_2, 3, padding=1)
        self.fc = nn.Linear(channel_2 * 32 * 32, num_classes)
        for layer in (self.conv1, self.conv2, self.fc):
            nn.init.kaiming_normal_(layer.weight)
            nn.init.zeros_(layer.bias)
        # END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """x: (N, in_channel, 32, 32). Returns scores (N, num_classes)."""
        # BEGIN SOLUTION
        hidden = F.relu(self.conv2(F.relu(self.conv1(x))))
        return self.fc(flatten(hidden))
        # END SOLUTION


def initialize_three_layer_conv_part3() -> tuple[nn.Module, optim.Optimizer]:
    """Return a ThreeLayerConvNet (3 channels, 32 and 16 filters, 10 classes) and plain stochastic gradient descent for
    it, with the learning rate and the weight decay below.
    """
    C, channel_1, channel_2 = 3, 32, 16
    learning_rate, weight_decay = 3e-3, 1e-4
    # BEGIN SOLUTION
    model = ThreeLayerConvNet(C, channel_1, channel_2, CLASSES)
    return model, optim.SGD(model.parameters(), lr=learning_rate, weight_decay=weight_decay)
    # END SOLUTION


def initialize_three_layer_conv_part4() -> tuple[nn.Module, optim.Optimizer]:
    """Return the same network as an nn.Sequential, and stochastic gradient descent with Nesterov momentum for it, with
    the settings below. The initial weights are yours to choose.
    """
    C, H, W = 3, 32, 32
    channel_1, channel_2 = 32, 16
    kernel_1, kernel_2 = 5, 3
    learning_rate, weight_decay, momentum = 1e-2, 1e-4, 0.5
    # BEGIN SOLUTION
    model = nn.Sequential(
        nn.Conv2d(C, channel_1, kernel_1, padding="same"),
        nn.ReLU(),
        nn.Conv2d(channel_1, channel_2, kernel_2, padding="same"),
        nn.ReLU(),
        Flatten(),
        nn.Linear(channel_2 * H * W, CLASSES),
    )
    options = dict(lr=learning_rate, weight_decay=weight_decay, momentum=momentum, nesterov=True)
    return model, optim.SGD(model.parameters(), **options)
    # END SOLUTION


# -- residual networks ------------------------------------------------------------------------------------------------


class PlainBlock(nn.Module):
    """(batch norm - ReLU - 3x3 convolution) twice, no shortcut. The first convolution goes from Cin to Cout channels,
    with stride 2 when downsampling.
    """

    def __init__(self, Cin: int, Cout: int, downsample: bool = False) -> None:
        super().__init__()
        # BEGIN SOLUTION
        self.net = nn.Sequential(
            nn.BatchNorm2d(Cin),
            nn.ReLU(),
            nn.Conv2d(Cin, Cout, 3, stride=2 if downsample else 1, padding=1),
            nn.BatchNorm2d(Cout),
            nn.ReLU(),
            nn.Conv2d(Cout, Cout, 3, padding=1),
        )
        # END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """x: (N, Cin, H, W). Returns (N, Cout, H', W'), halved and rounded up when downsampling."""
        # BEGIN SOLUTION
        return self.net(x)
        # END SOLUTION


class ResidualBlock(nn.Module):
    """A PlainBlock F with a shortcut G: F(x) + G(x).

    G is the identity when input and output have one shape; else a 1x1 convolution, with stride 2 when downsampling.
    """

    def __init__(self, Cin: int, Cout: int, downsample: bool = False) -> None:
        super().__init__()
        # BEGIN SOLUTION
        self.block = PlainBlock(Cin, Cout, downsample)
        self.shortcut: nn.Module = nn.Identity()
        if downsample or Cin != Cout:
            self.shortcut = nn.Conv2d(Cin, Cout, 1, stride=2 if downsample else 1)
        # END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """x: (N, Cin, H, W). Returns (N, Cout, H', W')."""
        # BEGIN SOLUTION
        return self.block(x) + self.shortcut(x)
        # END SOLUTION


class ResidualBottleneckBlock(nn.Module):
    """(batch norm - ReLU - convolution) three times, with a shortcut as in ResidualBlock.

    The convolutions: 1x1 to Cout // 4 channels, with stride 2 when downsampling; 3x3 with Cout // 4; 1x1 to Cout.
    """

    def __init__(self, Cin: int, Cout: int, downsample: bool = False) -> None:
        super().__init__()
        # BEGIN SOLUTION
        stride, narrow = 2 if downsample else 1, Cout // 4
        self.block = nn.Sequential(
            nn.BatchNorm2d(Cin),
            nn.ReLU(),
            nn.Conv2d(Cin, narrow, 1, stride=stride),
            nn.BatchNorm2d(narrow),
            nn.ReLU(),
            nn.Conv2d(narrow, narrow, 3, padding=1),
            nn.BatchNorm2d(narrow),
            nn.ReLU(),
            nn.Conv2d(narrow, Cout, 1),
        )
        self.shortcut: nn.Module = nn.Identity()
        if downsample or Cin != Cout:
            self.shortcut = nn.Conv2d(Cin, Cout, 1, stride=stride)
        # END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """x: (N, Cin, H, W). Returns (N, Cout, H', W')."""
        # BEGIN SOLUTION
        return self.block(x) + self.shortcut(x)
        # END SOLUTION


class ResNetStem(nn.Module):
    """The first layer: a 3x3 convolution and a ReLU. Given."""

    def __init__(self, Cin: int = 3, Cout: int = 8) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(Cin, Cout, 3, padding=1), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        """x: (N, Cin, H, W). Returns (N, Cout, H, W)."""
        return self.net(x)


class ResNetStage(nn.Module):
    """num_blocks blocks in a row, of which the first one changes the channels and may downsample. Given."""

    def __init__(
        self, Cin: int, Cout: int, num_blocks: int, downsample: bool = True, block: type[nn.Module] = ResidualBlock
    ) -> None:
        super().__init__()
        blocks: list[Any] = [block(Cin, Cout, downsample)]
        blocks += [block(Cout, Cout) for _ in range(num_blocks - 1)]
        self.net = nn.Sequential(*blocks)

    def forward(self, x: Tensor) -> Tensor:
        """x: (N, Cin, H, W). Returns (N, Cout, H', W')."""
        return self.net(x)


class ResNet(nn.Module):
    """A stem, stages, the mean over all pixels, and a linear layer."""

    def __init__(
        self,
        stage_args: list[tuple[int, int, int, bool]],
        Cin: int = 3,
        block: type[nn.Module] = ResidualBlock,
        num_classes: int = 10,
    ) -> None:
        """stage_args: for each stage (Cin, Cout, num_blocks, downsample). The stem goes from Cin channels to those that
        the first stage begins with.
        """
        super().__init__()
        # BEGIN SOLUTION
        stages = [ResNetStage(*args, block=block) for args in stage_args]
        self.cnn = nn.Sequential(ResNetStem(Cin, stage_args[0][0]), *stages)
        self.fc = nn.Linear(stage_args[-1][1], num_classes)
        # END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """x: (N, Cin, H, W). Returns scores (N, num_classes)."""
        # BEGIN SOLUTION
        return self.fc(self.cnn(x).mean(dim=(2, 3)))
        # END SOLUTION
