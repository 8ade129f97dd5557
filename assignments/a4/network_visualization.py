"""Looking into a trained network: what it looked at, what deceives it, what it takes for the perfect example.

The network stays as it is, and the picture is what gradients are taken of. Replace every `raise NotImplementedError`.
"""

from typing import Any

import torch
from torch import Tensor, nn


def compute_saliency_maps(X: Tensor, y: Tensor, model: nn.Module) -> Tensor:
    """Return saliency maps (N, H, W): how strongly each pixel acts on the score of the right class.

    X: pictures (N, 3, H, W). y: their classes (N,). model: gives scores (N, C), not probabilities. A pixel's saliency
    is the largest absolute value, over the channels, of the derivative of the right class's score.
    """
    raise NotImplementedError("write this")


def make_adversarial_attack(
    X: Tensor, target_y: int, model: nn.Module, max_iter: int = 100, verbose: bool = True
) -> Tensor:
    """Return a picture that looks like X and that the model takes for an example of target_y.

    X: (1, 3, H, W), which is not changed. Climb: step by step of length 1 (the norm of the whole step) along the
    gradient of the score of target_y, and stop as soon as no score is larger. At most max_iter steps; verbose: whether
    to print.
    """
    raise NotImplementedError("write this")


def class_visualization_step(img: Tensor, target_y: int, model: nn.Module, **kwargs: Any) -> Tensor:
    """Return the picture after one step of gradient ascent on score - l2_reg * (sum of squared pixels).

    img: (1, 3, H, W); it may be changed in place. The score is that of target_y. The step is learning_rate times the
    gradient divided by its norm.
    """
    l2_reg = kwargs.pop("l2_reg", 1e-3)
    learning_rate = kwargs.pop("learning_rate", 25)
    raise NotImplementedError("write this")
