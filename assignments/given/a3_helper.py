"""Helpers of the third assignment (fully-connected and convolutional networks).

Covered: ``svm_loss`` and ``softmax_loss``, the two last layers that the students' networks call, the plots of the
second assignment, and ``get_CIFAR10_data``. The modules that the course's helper leaves in reach of ``import *`` are
handed on as well.
"""

from __future__ import annotations

import math
import random

import eecs598
import torch
from eecs598.data import get_CIFAR10_data
from eecs598.lazy import plt
from eecs598.ops import torchvision
from eecs598.plots import plot_acc_curves, plot_stats, show_net_weights, visualize_grid
from torch import Tensor

__all__ = [
    "eecs598",
    "get_CIFAR10_data",
    "hello_helper",
    "math",
    "plot_acc_curves",
    "plot_stats",
    "plt",
    "random",
    "show_net_weights",
    "softmax_loss",
    "svm_loss",
    "torch",
    "torchvision",
    "visualize_grid",
]


def hello_helper() -> None:
    """Print a greeting: the helper was found."""
    print("Hello from a3_helper.py!")


def svm_loss(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Multiclass SVM loss with margin 1, summed over the wrong classes and averaged over the examples.

    x: scores (N, C). y: labels (N,). Returns the loss, a 0-d tensor, and its gradient dx (N, C).
    """
    count = len(x)
    labels = y.long()[:, None]
    margins = (x - x.gather(1, labels) + 1).clamp(min=0)
    margins.scatter_(1, labels, 0)
    loss = margins.sum() / count
    dx = (margins > 0).to(x.dtype)
    # Every margin that is not zero pulls the correct class's score once.
    dx.scatter_(1, labels, -dx.sum(dim=1, keepdim=True))
    return loss, dx / count


def softmax_loss(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Cross-entropy of the softmax, averaged over the examples; finite for scores of any size.

    x: scores (N, C). y: labels (N,). Returns the loss, a 0-d tensor, and its gradient dx (N, C).
    """
    count = len(x)
    labels = y.long()[:, None]
    log_probabilities = x - x.logsumexp(dim=1, keepdim=True)
    loss = -log_probabilities.gather(1, labels).sum() / count
    dx = log_probabilities.exp()
    dx.scatter_add_(1, labels, -torch.ones_like(labels, dtype=x.dtype))
    return loss, dx / count
