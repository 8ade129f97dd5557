"""Helpers of the fourth assignment: autograd and modules, recurrent captioning, visualisation, style transfer; in the
2022 edition detectors without anchors.

Covered: the image constants and functions (``SQUEEZENET_MEAN``, ``SQUEEZENET_STD``, ``preprocess``,
``deprocess``, ``rescale``, ``jitter``, ``blur_image``), captions (``load_coco_captions``, ``decode_captions``,
``attention_visualizer``), ``load_CIFAR``, ``dump_results``, ``infinite_loader``, ``flatten`` and ``Flatten``,
``rel_error`` and ``reset_seed``. The modules and classes that the course's helper leaves in reach of ``import *`` are
handed on as well.
Not covered: training loops; their names say so when they are called.
"""

from __future__ import annotations

import json
import math
import os
import pickle
import random
import shutil
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Any, Optional

import eecs598
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from eecs598.captions import attention_visualizer, decode_captions
from eecs598.coco import load_coco_captions
from eecs598.data import load_CIFAR
from eecs598.grad import rel_error
from eecs598.images import (
    SQUEEZENET_MEAN,
    SQUEEZENET_STD,
    blur_image,
    check_scipy,
    deprocess,
    jitter,
    load_imagenet_val,
    preprocess,
    rescale,
)
from eecs598.lazy import Image, NotGiven, datasets, gaussian_filter1d, plt, transforms
from eecs598.submit import dump_results
from eecs598.utils import reset_seed
from torch import Tensor
from torch.utils.data import DataLoader, sampler

__all__ = [
    "SQUEEZENET_MEAN",
    "SQUEEZENET_STD",
    "DataLoader",
    "F",
    "Flatten",
    "Image",
    "Optional",
    "OrderedDict",
    "T",
    "VOC2007DetectionTiny",
    "attention_visualizer",
    "blur_image",
    "check_scipy",
    "decode_captions",
    "deprocess",
    "dset",
    "dump_results",
    "eecs598",
    "flatten",
    "gaussian_filter1d",
    "hello_helper",
    "inference_with_detector",
    "infinite_loader",
    "jitter",
    "json",
    "load_CIFAR",
    "load_COCO",
    "load_coco_captions",
    "load_imagenet_val",
    "math",
    "nn",
    "np",
    "optim",
    "os",
    "pickle",
    "plt",
    "preprocess",
    "random",
    "rel_error",
    "rescale",
    "reset_seed",
    "sampler",
    "shutil",
    "time",
    "torch",
    "train_detector",
    "transforms",
]

T, dset = transforms, datasets
load_COCO = load_coco_captions

_DETECTORS = "it belongs to the detectors of the 2022 edition, which learn from Pascal VOC's pictures"
VOC2007DetectionTiny: Any = NotGiven(
    "VOC2007DetectionTiny", f"{_DETECTORS}; a5_helper.get_pascal_voc2007_data reads the files of Pascal VOC"
)
train_detector: Any = NotGiven("train_detector", f"{_DETECTORS}, and nothing that is graded calls it")
inference_with_detector: Any = NotGiven("inference_with_detector", f"{_DETECTORS}, and nothing that is graded calls it")


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


def infinite_loader(loader: Iterable[Any]) -> Iterator[Any]:
    """Yield a loader's batches, again and again."""
    while True:
        yield from loader
