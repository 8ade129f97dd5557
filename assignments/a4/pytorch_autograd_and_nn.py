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
    raise NotImplementedError("write this")


def initialize_three_layer_conv_part2(dtype: torch.dtype = torch.float32, device: str = "cpu") -> list[Tensor]:
    """Return the six parameters of `three_layer_convnet` for pictures (3, 32, 32) and 10 classes: 32 filters of 5 x 5,
    then 16 of 3 x 3. Weights are normal as Kaiming has it (mean 0, variance 2 / fan-in), biases 0; all require
    gradients.
    """
    C, H, W = 3, 32, 32
    channel_1, channel_2 = 32, 16
    kernel_1, kernel_2 = 5, 3
    raise NotImplementedError("write this")


# -- nn.Module and nn.Sequential --------------------------------------------------------------------------------------


class ThreeLayerConvNet(nn.Module):
    """The same network as a module, for pictures of 32 x 32: filters of 5 x 5, then of 3 x 3, then a linear layer."""

    def __init__(self, in_channel: int, channel_1: int, channel_2: int, num_classes: int) -> None:
        """Make the layers; weights normal as Kaiming has it, biases 0."""
        super().__init__()
        raise NotImplementedError("write this")

    def forward(self, x: Tensor) -> Tensor:
        """x: (N, in_channel, 32, 32). Returns scores (N, num_classes)."""
        raise NotImplementedError("write this")


def initialize_three_layer_conv_part3() -> tuple[nn.Module, optim.Optimizer]:
    """Return a ThreeLayerConvNet (3 channels, 32 and 16 filters, 10 classes) and plain stochastic gradient descent for
    it, with the learning rate and the weight decay below.
    """
    C, channel_1, channel_2 = 3, 32, 16
    learning_rate, weight_decay = 3e-3, 1e-4
    raise NotImplementedError("write this")


def initialize_three_layer_conv_part4() -> tuple[nn.Module, optim.Optimizer]:
    """Return the same network as an nn.Sequential, and stochastic gradient descent with Nesterov momentum for it, with
    the settings below. The initial weights are yours to choose.
    """
    C, H, W = 3, 32, 32
    channel_1, channel_2 = 32, 16
    kernel_1, kernel_2 = 5, 3
    learning_rate, weight_decay, momentum = 1e-2, 1e-4, 0.5
    raise NotImplementedError("write this")


# -- residual networks ------------------------------------------------------------------------------------------------


class PlainBlock(nn.Module):
    """(batch norm - ReLU - 3x3 convolution) twice, no shortcut. The first convolution goes from Cin to Cout channels,
    with stride 2 when downsampling.
    """

    def __init__(self, Cin: int, Cout: int, downsample: bool = False) -> None:
        super().__init__()
        raise NotImplementedError("write this")

    def forward(self, x: Tensor) -> Tensor:
        """x: (N, Cin, H, W). Returns (N, Cout, H', W'), halved and rounded up when downsampling."""
        raise NotImplementedError("write this")


class ResidualBlock(nn.Module):
    """A PlainBlock F with a shortcut G: F(x) + G(x).

    G is the identity when input and output have one shape; else a 1x1 convolution, with stride 2 when downsampling.
    """

    def __init__(self, Cin: int, Cout: int, downsample: bool = False) -> None:
        super().__init__()
        raise NotImplementedError("write this")

    def forward(self, x: Tensor) -> Tensor:
        """x: (N, Cin, H, W). Returns (N, Cout, H', W')."""
        raise NotImplementedError("write this")


class ResidualBottleneckBlock(nn.Module):
    """(batch norm - ReLU - convolution) three times, with a shortcut as in ResidualBlock.

    The convolutions: 1x1 to Cout // 4 channels, with stride 2 when downsampling; 3x3 with Cout // 4; 1x1 to Cout.
    """

    def __init__(self, Cin: int, Cout: int, downsample: bool = False) -> None:
        super().__init__()
        raise NotImplementedError("write this")

    def forward(self, x: Tensor) -> Tensor:
        """x: (N, Cin, H, W). Returns (N, Cout, H', W')."""
        raise NotImplementedError("write this")


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
        raise NotImplementedError("write this")

    def forward(self, x: Tensor) -> Tensor:
        """x: (N, Cin, H, W). Returns scores (N, num_classes)."""
        raise NotImplementedError("write this")
