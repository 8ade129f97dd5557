"""Helpers of the fourth assignment (autograd and modules, recurrent captioning, visualisation, style transfer).

Covered: the image constants and functions (``SQUEEZENET_MEAN``, ``SQUEEZENET_STD``, ``preprocess``,
``deprocess``, ``rescale``, ``jitter``, ``blur_image``), captions (``load_coco_captions``, ``decode_captions``,
``attention_visualizer``), ``flatten`` and ``Flatten``, ``rel_error`` and ``reset_seed``. The modules that the
course's helper leaves in reach of ``import *`` are handed on as well.
Not covered: training loops.
"""

from __future__ import annotations

import math
import os
import random
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from eecs598.captions import attention_visualizer, decode_captions
from eecs598.coco import load_coco_captions
from eecs598.grad import rel_error
from eecs598.images import SQUEEZENET_MEAN, SQUEEZENET_STD, blur_image, deprocess, jitter, preprocess, rescale
from eecs598.lazy import plt
from eecs598.utils import reset_seed
from torch import Tensor

__all__ = [
    "SQUEEZENET_MEAN",
    "SQUEEZENET_STD",
    "F",
    "Flatten",
    "attention_visualizer",
    "blur_image",
    "decode_captions",
    "deprocess",
    "flatten",
    "hello_helper",
    "jitter",
    "load_coco_captions",
    "math",
    "nn",
    "np",
    "optim",
    "os",
    "plt",
    "preprocess",
    "random",
    "rel_error",
    "rescale",
    "reset_seed",
    "time",
    "torch",
]


def hello_helper() -> None:
    """Print a greeting: the helper was found."""
    print("Hello from a4_helper.py!")


def flatten(x: Tensor, start_dim: int = 1, end_dim: int = -1) -> Tensor:
    """(N, d1, d2, ...) -> (N, d1 * d2 * ...)."""
    return x.flatten(start_dim, end_dim)


class Flatten(nn.Module):
    """``flatten`` as a layer: (N, d1, d2, ...) -> (N, d1 * d2 * ...)."""

    def forward(self, x: Tensor) -> Tensor:
        """x: (N, ...). Returns (N, D)."""
        return flatten(x)
