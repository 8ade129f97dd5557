"""Pictures of data sets and of detections. Everything here needs matplotlib when it is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .images import image_grid, tensor_to_image
from .lazy import plt

PADDING = 2  # pixels between the pictures of a grid


def visualize_dataset(X_data: Tensor, y_data: Tensor, samples_per_class: int, class_list: Sequence[str]) -> np.ndarray:
    """A row of random examples for each class, with the names of the classes written beside the rows.

    X_data: (N, 3, H, W), values in 0..1. y_data: (N,), numbers of classes in ``class_list``.
    Returns the picture, (H', W', 3) uint8, for ``plt.imshow``.
    """
    height = X_data.shape[2]
    rows = []
    for number, name in enumerate(class_list):
        plt.text(-4, PADDING + (height + PADDING) * (number + 0.5), name, ha="right", va="center")
        members = (y_data == number).nonzero().flatten()
        members = members[torch.randperm(len(members), device="cpu").to(members.device)[:samples_per_class]]
        row = X_data.new_ones((samples_per_class, *X_data.shape[1:]))
        row[: len(members)] = X_data[members.to(X_data.device)]
        rows.append(row)
    return tensor_to_image(image_grid(torch.cat(rows), columns=samples_per_class, padding=PADDING))


def detection_visualizer(
    img: Any, idx_to_class: Mapping[int, str] | Sequence[str], bbox: Any = None, pred: Any = None
) -> None:
    """Draw a picture with its boxes: the true ones in red, the predicted ones in green.

    img: an array (H, W, 3) or a Pillow image.
    bbox: (N, 5), x_tl, y_tl, x_br, y_br, class in pixels; rows that are all -1 are padding.
    pred: (N, 5), or (N, 6) with the confidence in the last column.
    """
    _, axes = plt.subplots()
    axes.imshow(np.asarray(img))
    axes.axis("off")
    for boxes, colour in ((bbox, "red"), (pred, "green")):
        for box in [] if boxes is None else torch.as_tensor(boxes).tolist():
            _draw_box(axes, box, idx_to_class, colour)
    plt.show()


def _draw_box(axes: Any, box: list[float], idx_to_class: Mapping[int, str] | Sequence[str], colour: str) -> None:
    left, top, right, bottom = box[:4]
    number = int(box[4]) if len(box) > 4 else -1
    if all(value == -1 for value in box):
        return
    axes.add_patch(plt.Rectangle((left, top), right - left, bottom - top, fill=False, edgecolor=colour, linewidth=2))
    label = idx_to_class[number] if number >= 0 else ""
    if len(box) > 5:
        label = f"{label} {box[5]:.2f}".strip()
    axes.text(left, top, label, color="white", fontsize=8, va="bottom", backgroundcolor=colour)
