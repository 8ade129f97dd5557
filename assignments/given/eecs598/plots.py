"""Pictures of a training run and of a network's weights. All but `visualize_grid` need matplotlib when called."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from .images import image_grid, rescale
from .lazy import plt


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
