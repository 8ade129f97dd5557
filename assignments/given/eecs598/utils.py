"""The seed, and the small tools that the 2022 edition keeps in ``eecs598.utils``."""

from __future__ import annotations

import random

import numpy as np
import torch

from .captions import attention_visualizer, decode_captions
from .images import tensor_to_image
from .vis import detection_visualizer, visualize_dataset

__all__ = [
    "attention_visualizer",
    "decode_captions",
    "detection_visualizer",
    "reset_seed",
    "tensor_to_image",
    "visualize_dataset",
]


def reset_seed(number: int) -> None:
    """Seed ``random``, numpy and torch (all devices) with the same number."""
    random.seed(number)
    np.random.seed(number)
    torch.manual_seed(number)
