"""Helpers of the sixth assignment (generative models; in the 2022 edition also visualisation and style transfer).

Covered: ``one_hot``, ``count_params``, ``initialize_weights``, ``show_images``, and the image constants and
functions (``SQUEEZENET_MEAN``, ``SQUEEZENET_STD``, ``preprocess``, ``deprocess``, ``rescale``, ``jitter``,
``blur_image``), ``load_CIFAR``, ``dump_results``, and ``loss_function``, which is the one of vae.py. Our own addition:
``enlarged``. The modules that the course's helper leaves in reach of ``import *`` are handed on as well.
Not covered: training loops; their names say so when they are called. ``vae`` is imported when ``loss_function`` is
called, so that a broken vae.py breaks nothing else.
"""

from __future__ import annotations

import importlib
import math
import os
import pickle
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
from eecs598.coco import load_coco_captions
from eecs598.data import load_CIFAR
from eecs598.grad import rel_error
from eecs598.images import (
    SQUEEZENET_MEAN,
    SQUEEZENET_STD,
    blur_image,
    check_scipy,
    deprocess,
    image_grid,
    jitter,
    load_imagenet_val,
    preprocess,
    rescale,
)
from eecs598.lazy import NotGiven, datasets, gaussian_filter1d, gridspec, models, plt, transforms
from eecs598.submit import dump_results
from eecs598.utils import reset_seed
from torch import Tensor
from torch.utils.data import DataLoader, sampler

__all__ = [
    "SQUEEZENET_MEAN",
    "SQUEEZENET_STD",
    "DataLoader",
    "F",
    "T",
    "blur_image",
    "check_scipy",
    "count_params",
    "datasets",
    "deprocess",
    "dset",
    "dump_results",
    "eecs598",
    "enlarged",
    "gaussian_filter1d",
    "get_zero_one_masks",
    "gridspec",
    "hello_helper",
    "initialize_weights",
    "jitter",
    "load_CIFAR",
    "load_COCO",
    "load_imagenet_val",
    "loss_function",
    "math",
    "models",
    "nn",
    "np",
    "one_hot",
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
    "show_images",
    "shutil",
    "time",
    "torch",
    "train_vae",
    "transforms",
]

T, dset = transforms, datasets
load_COCO = load_coco_captions

train_vae: Any = NotGiven(
    "train_vae", "it trains on pictures that have to be downloaded; the notebook vae.ipynb has a loop of its own"
)
get_zero_one_masks: Any = NotGiven(
    "get_zero_one_masks",
    "it reads pictures of masks that the course hands out; the notebook style_transfer.ipynb makes its own",
)


def hello_helper() -> None:
    """Print a greeting: the helper was found."""
    print("Hello from a6_helper.py!")


def one_hot(labels: Tensor, class_size: int) -> Tensor:
    """Labels (N,) -> (N, class_size) float32 on the same device: 1 at the label, 0 elsewhere."""
    return F.one_hot(labels.long(), class_size).float()


def loss_function(*args: Any, **kwargs: Any) -> Any:
    """The loss of the variational autoencoder: that of vae.py, which is imported now. Raises NameError if vae.py has
    none of its own."""
    own = getattr(importlib.import_module("vae"), "loss_function", loss_function)
    if own.__module__ == __name__:
        raise NameError("vae.py defines no loss_function", name="loss_function")
    return own(*args, **kwargs)


def count_params(model: nn.Module) -> int:
    """How many numbers the parameters of a model hold."""
    return sum(parameter.numel() for parameter in model.parameters())


def enlarged(images: Tensor) -> Tensor:
    """Pictures (N, 8, 8), pixels from 0 to 1 -> (N, 1, 28, 28): three times as large, in a dark frame of two pixels."""
    larger = F.interpolate(images[:, None], scale_factor=3, mode="bicubic", align_corners=False).clamp(0, 1)
    return F.pad(larger, (2, 2, 2, 2))


def initialize_weights(layer: nn.Module) -> None:
    """Draw the weights of a linear or transposed convolutional layer by Xavier's rule; ``model.apply`` passes each."""
    if isinstance(layer, (nn.Linear, nn.ConvTranspose2d)):
        nn.init.xavier_uniform_(layer.weight)


def show_images(images: Tensor) -> None:
    """Show (N, H, W) or (N, H * H) grey images as a picture that is as square as it can be. Needs matplotlib."""
    pixels = torch.as_tensor(images).detach().cpu().float()
    side = math.isqrt(pixels[0].numel())
    pixels = pixels.reshape(len(pixels), 1, *(pixels.shape[-2:] if pixels.dim() > 2 else (side, side)))
    grid = image_grid(pixels, columns=math.ceil(math.sqrt(len(pixels))))
    plt.imshow(grid[0].numpy(), cmap="gray")
    plt.axis("off")
    plt.show()
