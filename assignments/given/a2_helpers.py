"""Helpers of the second assignment (linear classifiers, two-layer network).

Covered: ``get_toy_data``, and the plots ``plot_stats``, ``plot_acc_curves``, ``show_net_weights`` with
``visualize_grid``. The plots need matplotlib when they are called. The modules that the course's helper
leaves in reach of ``import *`` are handed on as well.
"""

from __future__ import annotations

import math
import random
import statistics
import time

import eecs598
import torch
from eecs598.lazy import plt
from eecs598.ops import torchvision
from eecs598.plots import plot_acc_curves, plot_stats, show_net_weights, visualize_grid
from eecs598.utils import reset_seed
from torch import Tensor

__all__ = [
    "eecs598",
    "get_toy_data",
    "hello_helper",
    "math",
    "plot_acc_curves",
    "plot_stats",
    "plt",
    "random",
    "reset_seed",
    "show_net_weights",
    "statistics",
    "time",
    "torch",
    "torchvision",
    "visualize_grid",
]


def hello_helper() -> None:
    """Print a greeting: the helper was found."""
    print("Hello from a2_helpers.py!")


def get_toy_data(
    num_inputs: int = 5,
    input_size: int = 4,
    hidden_size: int = 10,
    num_classes: int = 3,
    dtype: torch.dtype = torch.float32,
    device: str | torch.device = "cpu",
) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """A few examples and a small two-layer network, the same ones at every call.

    Returns X (num_inputs, input_size), y (num_inputs,) int64 and the parameters W1 (input_size, hidden_size),
    b1 (hidden_size,), W2 (hidden_size, num_classes), b2 (num_classes,). The global random state is left alone.
    """
    generator = torch.Generator().manual_seed(0)

    def normal(*shape: int, scale: float) -> Tensor:
        return (scale * torch.randn(*shape, generator=generator, dtype=torch.float64)).to(device, dtype)

    params = {
        "W1": normal(input_size, hidden_size, scale=0.1),
        "b1": torch.zeros(hidden_size, dtype=dtype, device=device),
        "W2": normal(hidden_size, num_classes, scale=0.1),
        "b2": torch.zeros(num_classes, dtype=dtype, device=device),
    }
    X = normal(num_inputs, input_size, scale=10.0)
    y = torch.arange(num_inputs, device=device) % num_classes
    return X, y, params
