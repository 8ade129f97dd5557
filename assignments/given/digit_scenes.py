"""Scenes of handwritten digits: several on a canvas, of different sizes and in colours, with boxes and captions.

Covered: `boxed_scenes` (for detectors), `captioned_scenes` (the same pictures, with a caption for each), `WORDS` and
`WORD_TO_IDX` (as in digits_network.py). Nothing is downloaded; the same arguments give the same scenes.

A scene is a picture (3, side, side) from -2 (dark) to 2 (bright). A box is x_tl, y_tl, x_br, y_br, class: edges of the
ink in pixels, x to the right and y down, and the digit. No two boxes of a scene overlap.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import torch
from digits_network import DIGIT, VOCABULARY, WORD_TO_IDX, WORDS, read_digits
from torch import Tensor

__all__ = ["PADDING", "VOCABULARY", "WORDS", "WORD_TO_IDX", "boxed_scenes", "captioned_scenes"]

HELD_OUT = 300  # digits, the last ones: those that the network of digits_network.py was not trained on
PADDING = -1.0  # fills the rows of boxes that are not there
INK = 0.2  # brightness from which a pixel belongs to a digit
TRIES = 50  # places tried for a digit, before the scene does without it
NOISE = 0.03  # standard deviation, of a brightness that runs from 0 to 1


def boxed_scenes(
    path: str | Path,
    n: int,
    seed: int = 0,
    *,
    part: str = "train",
    side: int = 56,
    most: int = 3,
    sizes: tuple[int, int] = (12, 24),
) -> tuple[Tensor, Tensor]:
    """Pictures (n, 3, side, side) float32, and their boxes (n, most, 5) float32, filled up with rows of -1.

    path: digits.npz. part: "train", or "test" for digits that no training scene holds. most: digits of a scene, at
    most; each has one at least. sizes: the smallest and the largest side of a digit's 8 x 8 image, in pixels; its ink
    is a little smaller. Raises ValueError where the arguments leave no room.
    """
    pictures, boxes, _ = _scenes(path, n, seed, part, side, most, sizes)
    return pictures, boxes


def captioned_scenes(
    path: str | Path,
    n: int,
    seed: int = 0,
    *,
    part: str = "train",
    side: int = 56,
    most: int = 3,
    sizes: tuple[int, int] = (12, 24),
) -> tuple[Tensor, Tensor, Tensor]:
    """Pictures (n, 3, side, side), captions (n, 3 * most) int64 in numbers of VOCABULARY, and boxes (n, most, 5).

    Arguments, pictures and boxes are those of `boxed_scenes`. A caption names the digits from the left or from above,
    along the axis on which their middles are further apart: <START> three above seven <END>, or <START> three left of
    seven left of two <END>, filled up with <NULL>.
    """
    pictures, boxes, captions = _scenes(path, n, seed, part, side, most, sizes)
    return pictures, captions, boxes


def _scenes(
    path: str | Path, n: int, seed: int, part: str, side: int, most: int, sizes: tuple[int, int]
) -> tuple[Tensor, Tensor, Tensor]:
    """Pictures, boxes and captions."""
    if part not in ("train", "test"):
        raise ValueError(f"part is {part!r}, and must be 'train' or 'test'.")
    if not 4 <= sizes[0] <= sizes[1] <= side or most < 1:
        raise ValueError(f"{most} digits of {sizes[0]} to {sizes[1]} pixels do not fit in a canvas of {side}.")
    generator = np.random.default_rng(seed)
    images, labels = read_digits(path)
    images, labels = (a[-HELD_OUT:] if part == "test" else a[:-HELD_OUT] for a in (images, labels))
    pictures = generator.normal(0, NOISE, (n, 3, side, side)).astype(np.float32)
    boxes = np.full((n, most, 5), PADDING, dtype=np.float32)
    captions = np.zeros((n, 3 * most), dtype=np.int64)
    for picture, rows, caption, count in zip(
        pictures, boxes, captions, generator.integers(1, most + 1, n), strict=True
    ):
        placed = 0
        for chosen in generator.integers(0, len(images), count):
            size = int(generator.integers(sizes[0], sizes[1] + 1))
            ink = enlarged(images[chosen], size)
            edges = _edges(ink)
            for corner in generator.integers(0, side - size + 1, (TRIES, 2)):
                box = edges + np.tile(corner, 2)
                if not _overlap(box, rows[:placed]):
                    break
            else:
                continue
            (x, y), colour = corner, generator.uniform(0.4, 1.0, 3)
            picture[:, y : y + size, x : x + size] += colour[:, None, None] * ink
            rows[placed] = [*box, labels[chosen]]
            placed += 1
        words = ["<START>", *_sentence(rows[:placed]), "<END>"]
        caption[: len(words)] = [WORD_TO_IDX[word] for word in words]
    return torch.from_numpy(4 * pictures - 2), torch.from_numpy(boxes), torch.from_numpy(captions)


def enlarged(image: np.ndarray, size: int) -> np.ndarray:
    """A digit (8, 8) as (size, size), bilinear."""
    weights = _weights(size)
    return weights @ image @ weights.T


@cache
def _weights(size: int) -> np.ndarray:
    """What each of 8 pixels counts in each of `size`: (size, 8), rows that sum to 1."""
    middles = ((np.arange(size) + 0.5) * DIGIT / size - 0.5).clip(0, DIGIT - 1)
    return np.maximum(0, 1 - np.abs(middles[:, None] - np.arange(DIGIT)))


def _edges(ink: np.ndarray) -> np.ndarray:
    """Where the ink begins and ends: x_tl, y_tl, x_br, y_br. These are edges of pixels: the last pixel is inside."""
    down, across = ((ink > INK).any(axis=axis).nonzero()[0] for axis in (1, 0))
    return np.array([across[0], down[0], across[-1] + 1, down[-1] + 1])


def _overlap(box: np.ndarray, others: np.ndarray) -> bool:
    """Whether a box (4,) has an area in common with one of the others (k, 5)."""
    shared = np.minimum(box[2:], others[:, 2:4]) - np.maximum(box[:2], others[:, :2])
    return bool((shared > 0).all(axis=1).any())


def _sentence(boxes: np.ndarray) -> list[str]:
    """What a scene with these boxes (k, 5) is called."""
    middles = (boxes[:, :2] + boxes[:, 2:4]) / 2
    apart = np.ptp(middles, axis=0)
    axis = 0 if apart[0] >= apart[1] else 1
    between = ["left", "of"] if axis == 0 else ["above"]
    words: list[str] = []
    for digit in boxes[np.argsort(middles[:, axis], kind="stable"), 4]:
        words += [*between, WORDS[int(digit)]] if words else [WORDS[int(digit)]]
    return words
