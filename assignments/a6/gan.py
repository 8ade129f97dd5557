"""Generative adversarial networks: a generator makes pictures out of noise, a discriminator tells them from real ones,
and each learns from the other.

Pictures are 28 x 28 pixels from -1 (dark) to 1 (bright), laid out as rows of 784 numbers. Networks are nn.Sequential;
names in them are yours to choose, what they compute and the shapes of their parameters are graded.
Replace every `raise NotImplementedError`.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn, optim

NOISE_DIM = 96

# -- two networks of linear layers ------------------------------------------------------------------------------------


def sample_noise(
    batch_size: int, noise_dim: int, dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu"
) -> Tensor:
    """Return (batch_size, noise_dim) random numbers, independent of each other, uniform between -1 and 1."""
    raise NotImplementedError("write this")


def discriminator() -> nn.Module:
    """Return a network from pictures (N, 784) to logits (N, 1), large for what it takes for real: linear layers with
    256, 256 and 1 outputs, and a leaky ReLU of slope 0.01 after the first two.
    """
    raise NotImplementedError("write this")


def generator(noise_dim: int = NOISE_DIM) -> nn.Module:
    """Return a network from noise (N, noise_dim) to pictures (N, 784): linear layers with 1024, 1024 and 784 outputs, a
    ReLU after the first two, tanh at the end.
    """
    raise NotImplementedError("write this")


# -- the game ---------------------------------------------------------------------------------------------------------


def discriminator_loss(logits_real: Tensor, logits_fake: Tensor) -> Tensor:
    """Return the discriminator's loss, a scalar: the binary cross-entropy of its logits for real pictures with the
    label 1, averaged, plus that of its logits for made ones with the label 0, averaged. Finite for logits of any size.

    logits_real and logits_fake: (N,) or (N, 1).
    """
    raise NotImplementedError("write this")


def generator_loss(logits_fake: Tensor) -> Tensor:
    """Return the generator's loss, a scalar: the binary cross-entropy of the discriminator's logits for its pictures
    with the label 1, averaged. Finite for logits of any size.

    logits_fake: (N,) or (N, 1).
    """
    raise NotImplementedError("write this")


def get_optimizer(model: nn.Module) -> optim.Optimizer:
    """Return Adam for all parameters of a model, with learning rate 1e-3, beta1 = 0.5 and beta2 = 0.999."""
    raise NotImplementedError("write this")


# -- least squares ----------------------------------------------------------------------------------------------------


def ls_discriminator_loss(scores_real: Tensor, scores_fake: Tensor) -> Tensor:
    """Return the discriminator's least-squares loss, a scalar: half the mean of (score - 1)^2 over real pictures plus
    half the mean of score^2 over made ones.

    scores_real and scores_fake: (N,) or (N, 1), the discriminator's outputs as they are.
    """
    raise NotImplementedError("write this")


def ls_generator_loss(scores_fake: Tensor) -> Tensor:
    """Return the generator's least-squares loss, a scalar: half the mean of (score - 1)^2 over made pictures.

    scores_fake: (N,) or (N, 1), the discriminator's outputs as they are.
    """
    raise NotImplementedError("write this")


# -- two convolutional networks ---------------------------------------------------------------------------------------


def build_dc_classifier() -> nn.Module:
    """Return a convolutional discriminator from pictures (N, 784) to logits (N, 1): 32 filters of 5 x 5, max-pooling
    2 x 2, 64 filters of 5 x 5, max-pooling 2 x 2, linear layers with 1024 outputs and with 1. No padding; stride 1 in
    the convolutions, 2 in the pooling; a leaky ReLU of slope 0.01 after each convolution and after the first linear
    layer.
    """
    raise NotImplementedError("write this")


def build_dc_generator(noise_dim: int = NOISE_DIM) -> nn.Module:
    """Return a convolutional generator from noise (N, noise_dim) to pictures (N, 784): a linear layer with 1024
    outputs, ReLU, batch norm; a linear layer with 7 * 7 * 128 outputs, ReLU, batch norm; these as 128 maps of 7 x 7; a
    transposed convolution to 64 maps of 14 x 14, ReLU, batch norm; a transposed convolution to one map of 28 x 28,
    tanh. Both have filters of 4 x 4, stride 2 and padding 1.
    """
    raise NotImplementedError("write this")
