"""Captions as words, and what a captioning model looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .lazy import Image, ImageDraw

TEXT_HEIGHT = 25  # pixels above the picture, for the word


def decode_captions(captions: Any, idx_to_word: Mapping[int, str] | Sequence[str]) -> str | list[str]:
    """Word numbers -> words with spaces between, up to and with ``<END>``, without ``<NULL>``.

    captions: (T,) gives one string, (N, T) a list of N; a tensor, an array or lists of integers.
    """
    rows = captions.tolist() if hasattr(captions, "tolist") else list(captions)
    if rows and isinstance(rows[0], (list, tuple)):
        return [_decode(row, idx_to_word) for row in rows]
    return _decode(rows, idx_to_word) if rows else ""


def _decode(caption: Sequence[int], idx_to_word: Mapping[int, str] | Sequence[str]) -> str:
    words = []
    for number in caption:
        word = idx_to_word[number]
        if word != "<NULL>":
            words.append(word)
        if word == "<END>":
            break
    return " ".join(words)


def attention_visualizer(img: Tensor, attn_weights: Tensor, token: str) -> Tensor:
    """The picture, bright where the attention is, under a strip with the word. Needs Pillow for the letters.

    img: (3, H, W), values in 0..1. attn_weights: (h, w), not negative, for example (4, 4).
    Returns (3, H + 25, W).
    """
    height, width = img.shape[1:]
    weights = attn_weights.detach().to(img)[None, None]
    weights = F.interpolate(weights, size=(height, width), mode="bilinear", align_corners=False)[0]
    weights = weights / weights.max().clamp(min=1e-12)
    strip = Image.new("RGB", (width, TEXT_HEIGHT), "white")
    ImageDraw.Draw(strip).text((4, 6), token, fill="black")
    letters = torch.from_numpy(np.array(strip)).permute(2, 0, 1).to(img) / 255
    return torch.cat([letters, img.detach() * (0.25 + 0.75 * weights)], dim=1)
