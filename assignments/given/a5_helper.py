"""Helpers of the fifth assignment (object detection).

Covered: ``GenerateGrid`` and ``coord_trans`` between pixels and cells of the feature map, the matching of anchors to
boxes (``ReferenceOnActivatedAnchors``) and the loss of their classes (``ObjectClassification``), a
``FeatureExtractor`` whose backbone can be replaced (``use_backbone``), ``torchvision.ops`` where torchvision is not
installed, the Pascal VOC class names (``class_to_idx``, ``idx_to_class``), ``detection_visualizer``, the image
constants with ``preprocess`` and ``deprocess``, ``load_coco_captions`` and ``decode_captions`` (the 2022 edition
captions in its fifth assignment), Pascal VOC's files (``get_pascal_voc2007_data``, ``pascal_voc2007_loader``,
``voc_collate_fn``), ``get_toy_data``, and ``reset_seed``.
The modules that the course's helper leaves in reach of ``import *`` are handed on as well.
Not covered: the training loops of the course's notebooks; their names say so when they are called.
"""

from __future__ import annotations

import json
import math
import os
import random
import shutil
import time
from typing import Any

import eecs598
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from eecs598.anchors import ObjectClassification, ReferenceOnActivatedAnchors, reset_negatives
from eecs598.backbone import FeatureExtractor, use_backbone
from eecs598.captions import decode_captions
from eecs598.coco import load_coco_captions
from eecs598.images import SQUEEZENET_MEAN, SQUEEZENET_STD, deprocess, preprocess
from eecs598.lazy import NotGiven, datasets, models, plt, seaborn, summary, transforms
from eecs598.ops import torchvision
from eecs598.utils import reset_seed
from eecs598.vis import detection_visualizer
from eecs598.voc import CLASSES, get_pascal_voc2007_data, pascal_voc2007_loader, voc_collate_fn
from torch import Tensor
from torch.utils.data import DataLoader

__all__ = [
    "SQUEEZENET_MEAN",
    "SQUEEZENET_STD",
    "DataLoader",
    "DetectionEvaluater",
    "DetectionInference",
    "DetectionSolver",
    "F",
    "FeatureExtractor",
    "GenerateGrid",
    "ObjectClassification",
    "ReferenceOnActivatedAnchors",
    "class_to_idx",
    "coord_trans",
    "datasets",
    "decode_captions",
    "deprocess",
    "detection_visualizer",
    "draw",
    "eecs598",
    "get_pascal_voc2007_data",
    "get_toy_data",
    "hello_helper",
    "idx_to_class",
    "inference",
    "json",
    "load_coco_captions",
    "math",
    "models",
    "nn",
    "np",
    "optim",
    "os",
    "pascal_voc2007_loader",
    "plt",
    "preprocess",
    "random",
    "reset_negatives",
    "reset_seed",
    "seaborn",
    "shutil",
    "summary",
    "time",
    "torch",
    "torchvision",
    "train",
    "train_captioner",
    "transforms",
    "use_backbone",
    "val",
    "voc_collate_fn",
]

_DETECTORS = "it trains and tries out the detectors of the 2020 edition on Pascal VOC's pictures"
DetectionSolver: Any = NotGiven(
    "DetectionSolver", f"{_DETECTORS}; the notebooks beside this file have loops of their own"
)
DetectionInference: Any = NotGiven("DetectionInference", f"{_DETECTORS}, and nothing that is graded calls it")
DetectionEvaluater: Any = NotGiven("DetectionEvaluater", f"{_DETECTORS}, and nothing that is graded calls it")
_CAPTIONS = "it trains the captioning network of the 2022 edition on COCO's pictures"
train_captioner: Any = NotGiven("train_captioner", f"{_CAPTIONS}, and nothing that is graded calls it")
_SUMS = "it belongs to the transformer of the 2022 edition, which learns to add"
train: Any = NotGiven("train", f"{_SUMS}; the notebook transformers.ipynb has a loop of its own")
val: Any = NotGiven("val", f"{_SUMS}; the notebook transformers.ipynb has a loop of its own")
inference: Any = NotGiven("inference", f"{_SUMS}, and nothing that is graded calls it")
draw: Any = NotGiven("draw", f"{_SUMS}; a7_helper.show_attention draws weights as a picture")

class_to_idx = {name: number for number, name in enumerate(CLASSES)}
idx_to_class = dict(enumerate(CLASSES))


def hello_helper() -> None:
    """Print a greeting: the helper was found."""
    print("Hello from a5_helper.py!")


def get_toy_data(data_path: str | os.PathLike[str] = "two_digit_op.json") -> Any:
    """What is in the course's file of sums and differences as text. Raises FileNotFoundError without the file."""
    if not os.path.isfile(data_path):
        raise FileNotFoundError(
            f"{data_path} is not here: the course's file is to lie there; a7_helper.expressions() makes sums and "
            "differences without any file."
        )
    with open(data_path, encoding="utf-8") as file:
        return json.load(file)


def GenerateGrid(
    batch_size: int,
    w_amap: int = 7,
    h_amap: int = 7,
    dtype: torch.dtype = torch.float32,
    device: str | torch.device | None = None,
) -> Tensor:
    """The centre (x, y) of every cell of a feature map, in cells: (batch_size, h_amap, w_amap, 2).

    The cell in row i and column j has its centre at (j + 0.5, i + 0.5). device: torch's default one when None.
    """
    columns = torch.arange(w_amap, dtype=dtype, device=device) + 0.5
    rows = torch.arange(h_amap, dtype=dtype, device=device) + 0.5
    grid_y, grid_x = torch.meshgrid(rows, columns, indexing="ij")
    return torch.stack([grid_x, grid_y], dim=-1).repeat(batch_size, 1, 1, 1)


def coord_trans(
    bbox: Tensor, w_pixel: Tensor, h_pixel: Tensor, w_amap: int = 7, h_amap: int = 7, mode: str = "a2p"
) -> Tensor:
    """Boxes from cells of the feature map to pixels (``a2p``) or back (``p2a``), image by image.

    bbox: (B, ..., D), D at least 4: x_tl, y_tl, x_br, y_br, and what else stays as it is (a class).
    w_pixel, h_pixel: (B,), the sizes of the images. Boxes whose coordinates are all -1 are padding and stay so.
    Returns new boxes of the same shape.
    """
    if mode not in ("a2p", "p2a"):
        raise ValueError(f"mode is {mode!r}, and must be 'a2p' or 'p2a'.")
    per_image = (-1, *[1] * (bbox.dim() - 2))
    wide = (w_pixel.to(bbox) / w_amap).view(per_image)
    high = (h_pixel.to(bbox) / h_amap).view(per_image)
    scale = torch.stack([wide, high, wide, high], dim=-1)
    corners = bbox[..., :4]
    moved = corners * scale if mode == "a2p" else corners / scale
    padding = (corners == -1).all(dim=-1, keepdim=True)
    return torch.cat([torch.where(padding, corners, moved), bbox[..., 4:]], dim=-1)
