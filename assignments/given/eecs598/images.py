"""Images as tensors: between files, pixels and what a network pretrained on ImageNet expects. Files need Pillow."""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .lazy import Image, NotGiven

# Mean and standard deviation of the ImageNet training images, by channel (red, green, blue), on a 0..1 scale.
SQUEEZENET_MEAN = torch.tensor([0.485, 0.456, 0.406], dtype=torch.float32)
SQUEEZENET_STD = torch.tensor([0.229, 0.224, 0.225], dtype=torch.float32)


def tensor_to_image(tensor: Tensor) -> np.ndarray:
    """(3, H, W) with values in 0..1 -> (H, W, 3) uint8, rounded to the nearest and clipped to 0..255."""
    pixels = (tensor.detach() * 255).round().clamp(0, 255)
    return pixels.permute(1, 2, 0).to("cpu", torch.uint8).numpy()


def image_grid(images: Tensor, columns: int, padding: int = 2, value: float = 0.0) -> Tensor:
    """(N, C, H, W) -> one image (C, rows * (H + padding) + padding, columns * (W + padding) + padding).

    Images run from left to right and from top to bottom; gaps and empty places hold ``value``.
    """
    count, channels, height, width = images.shape
    rows = math.ceil(count / columns)
    tall, wide = height + padding, width + padding
    grid = images.new_full((channels, rows * tall + padding, columns * wide + padding), value)
    for i, image in enumerate(images):
        top, left = padding + i // columns * tall, padding + i % columns * wide
        grid[:, top : top + height, left : left + width] = image
    return grid


def _as_tensor(img: Any) -> Tensor:
    """A picture in any usual form -> (3, H, W) float32 with values in 0..1."""
    if not isinstance(img, Tensor):
        array = np.array(img)  # a copy: what comes from Pillow is read-only
        img = torch.from_numpy(array if array.ndim == 2 else array.transpose(2, 0, 1))
    if img.dim() == 2:
        img = img[None]
    img = img[:3].expand(3, -1, -1)  # grey becomes three equal channels; transparency is dropped
    pixels: Tensor = img.float()
    return pixels if img.is_floating_point() else pixels / 255


def preprocess(img: Any, size: int | tuple[int, int] = 224) -> Tensor:
    """A picture -> (1, 3, h, w) float32, resized and normalised by SQUEEZENET_MEAN and SQUEEZENET_STD.

    img: a Pillow image, an array (H, W), (H, W, 3) or (H, W, 4), or a tensor (C, H, W); integers count as 0..255,
    floats as 0..1. size: the shorter side, or (h, w). Bilinear with antialiasing, as Pillow resizes but for rounding.
    """
    pixels = _as_tensor(img)[None]
    if isinstance(size, int):
        height, width = pixels.shape[2:]
        shorter = min(height, width)
        size = (height * size // shorter, width * size // shorter)
    pixels = F.interpolate(pixels, size=tuple(size), mode="bilinear", align_corners=False, antialias=True)
    mean, std = SQUEEZENET_MEAN.to(pixels.device), SQUEEZENET_STD.to(pixels.device)
    return (pixels - mean[:, None, None]) / std[:, None, None]


def rescale(x: Tensor) -> Tensor:
    """Shift and scale to 0..1 over the whole tensor, any shape; all zeros when x is constant."""
    low, high = x.min(), x.max()
    return (x - low) / (high - low) if high > low else torch.zeros_like(x)


def deprocess(img: Tensor, should_rescale: bool = True) -> np.ndarray:
    """Undo preprocess: (1, 3, H, W) or (3, H, W) normalised -> (H, W, 3) uint8, ready for ``plt.imshow``.

    should_rescale: stretch the values to the full range first, for images that were optimised and left 0..1.
    """
    pixels = img.detach().squeeze(0) if img.dim() == 4 else img.detach()
    pixels = pixels * SQUEEZENET_STD.to(pixels)[:, None, None] + SQUEEZENET_MEAN.to(pixels)[:, None, None]
    return tensor_to_image(rescale(pixels) if should_rescale else pixels)


def jitter(X: Tensor, ox: int, oy: int) -> Tensor:
    """Shift (N, C, H, W) by ox pixels to the right and oy pixels down; what leaves on one side enters on the other."""
    return X.roll((ox, oy), dims=(3, 2))


def blur_image(X: Tensor, sigma: float = 1) -> Tensor:
    """Blur (N, C, H, W) with a Gaussian of ``sigma`` pixels, in place; returns X. Borders are mirrored."""
    radius = int(4 * sigma + 0.5)
    offsets = torch.arange(-radius, radius + 1, dtype=X.dtype, device=X.device)
    kernel = torch.exp(-0.5 * (offsets / sigma) ** 2)
    kernel = kernel / kernel.sum()
    with torch.no_grad():
        blurred = X
        for axis in (2, 3):
            size = X.shape[axis]
            # The mirror repeats the border pixel: c b a | a b c | c b a.
            positions = torch.arange(-radius, size + radius, device=X.device) % (2 * size)
            positions = torch.minimum(positions, 2 * size - 1 - positions)
            windows = blurred.index_select(axis, positions).unfold(axis, 2 * radius + 1, 1)
            blurred = windows @ kernel
        return X.copy_(blurred)


def check_scipy() -> None:
    """Nothing: the course looks whether scipy is recent enough for its blur, and ours does without."""


load_imagenet_val: Any = NotGiven(
    "load_imagenet_val",
    "it reads a file of ImageNet's pictures that the course hands out; digits_network.py has pictures and a network "
    "that has learned to read them",
)


def open_picture(file: str | os.PathLike[str]) -> Any:
    """A picture's file -> a Pillow image in RGB. Raises FileNotFoundError, and ValueError for what is no picture."""
    try:
        with Image.open(file) as picture:
            return picture.convert("RGB")
    except FileNotFoundError:
        raise FileNotFoundError(f"The picture {file} is not here.") from None
    except (OSError, SyntaxError) as error:  # Pillow raises SyntaxError for some broken files
        raise ValueError(f"{file} is no picture that can be read: {error}.") from error


def picture_of(file: str | os.PathLike[str], size: int) -> Tensor:
    """A picture's file -> (3, size, size) uint8: the shorter side becomes `size`, and the middle is cut out."""
    picture = open_picture(file)
    scale = size / min(picture.size)
    wide, high = (max(size, round(length * scale)) for length in picture.size)
    pixels = torch.from_numpy(np.array(picture.resize((wide, high), Image.Resampling.BILINEAR)))
    top, left = (high - size) // 2, (wide - size) // 2
    return pixels.permute(2, 0, 1)[:, top : top + size, left : left + size].contiguous()
