"""Helpers of the second assignment (linear classifiers, two-layer network).

Covered: ``get_toy_data``, and the plots ``plot_stats``, ``plot_acc_curves``, ``show_net_weights`` with
``visualize_grid``. The plots need matplotlib when they are called. The modules that the course's helper
leaves in reach of ``import *`` (torch, plt, math, random, time, statistics) are handed on as well.
"""

from __future__ import annotations

import math
import random
import statistics
import time
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from eecs598.images import image_grid, rescale
from eecs598.lazy import plt
from eecs598.utils import reset_seed
from torch import Tensor

__all__ = [
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


def plot_stats(stat_dict: Mapping[str, Sequence[float]]) -> None:
    """Plot ``loss_history`` by iteration beside ``train_acc_history`` and ``val_acc_history`` by epoch."""
    _, (left, right) = plt.subplots(1, 2, figsize=(12, 4))
    left.plot(stat_dict["loss_history"], "o", markersize=2)
    left.set(title="Loss", xlabel="Iteration", ylabel="Loss")
    right.plot(stat_dict["train_acc_history"], label="training")
    right.plot(stat_dict["val_acc_history"], label="validation")
    right.set(title="Accuracy", xlabel="Epoch", ylabel="Share of correct predictions")
    right.legend()
    plt.show()


def plot_acc_curves(stat_dict: Mapping[Any, Mapping[str, Sequence[float]]]) -> None:
    """Plot the accuracies of several runs: label of a run -> its ``train_acc_history`` and ``val_acc_history``."""
    _, panels = plt.subplots(1, 2, figsize=(12, 4))
    for axes, key in zip(panels, ("train_acc_history", "val_acc_history"), strict=True):
        for label, stats in stat_dict.items():
            axes.plot(stats[key], label=str(label))
        axes.set(title=key, xlabel="Epoch", ylabel="Share of correct predictions")
        axes.legend()
    plt.show()


def visualize_grid(Xs: Tensor, ubound: float = 255.0, padding: int = 1) -> Tensor:
    """Images (N, H, W, C), each stretched to 0..ubound -> one picture (H', W', C), as square as it can be."""
    columns = math.ceil(math.sqrt(len(Xs)))
    stretched = torch.stack([ubound * rescale(X) for X in Xs.detach()])
    return image_grid(stretched.permute(0, 3, 1, 2), columns, padding).permute(1, 2, 0)


def show_net_weights(net: Any) -> None:
    """Show each column of ``net.params["W1"]`` (3 * 32 * 32, H) as a picture of 32x32 pixels."""
    pictures = net.params["W1"].detach().cpu().T.reshape(-1, 3, 32, 32).permute(0, 2, 3, 1)
    plt.imshow(visualize_grid(pictures, padding=3).to(torch.uint8).numpy())
    plt.axis("off")
    plt.show()
