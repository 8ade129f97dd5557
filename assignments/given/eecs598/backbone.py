"""Features of pictures for detectors: (B, 1280, 7, 7), from whatever backbone is chosen.

The course takes MobileNet's, which has to be downloaded. Ours is the small network of digits_network.py, which is
here: `use_backbone` puts another one in its place.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CHANNELS, CELLS = 1280, 7

Backbone = Callable[[Tensor], Tensor]


class DigitsBackbone:
    """What the network for digits sees in each cell: its pixels, the layers' features there, the last layer's in the
    cells around it, and their mean over the whole picture: 192 + 256 + 128 + 64 + 576 + 64 = 1280 numbers.
    """

    def __init__(self) -> None:
        from digits_network import load_network  # here, since other backbones do without it

        self.network = load_network()

    def __call__(self, images: Tensor) -> Tensor:
        """images: (B, 3, S, S), from -2 to 2, of any size S; digits of about S / 4 are seen best.
        Returns (B, 1280, 7, 7)."""
        self.network.to(images)
        pixels = F.interpolate(images, size=(8 * CELLS, 8 * CELLS), mode="bilinear", antialias=True)
        layers, seen = [], F.avg_pool2d(pixels, 2)
        for layer in self.network.features:
            seen = layer(seen)
            if isinstance(layer, nn.ReLU):
                layers.append(seen)
        first, second, third, last = layers
        around = F.unfold(last, 3, padding=1).reshape(len(images), -1, CELLS, CELLS)
        whole = last.mean(dim=(2, 3), keepdim=True).expand_as(last)
        cells = [F.pixel_unshuffle(pixels, 8), F.pixel_unshuffle(first, 4), F.pixel_unshuffle(second, 2)]
        return torch.cat([*cells, third, around, whole], dim=1)


def use_backbone(make: Callable[[], Backbone] = DigitsBackbone) -> None:
    """From now on a FeatureExtractor has the backbone that `make()` returns: a function from pictures (B, 3, S, S) to
    features (B, 1280, 7, 7), such as MobileNet's. Without an argument: the one that is given."""
    FeatureExtractor.make = staticmethod(make)


class FeatureExtractor(nn.Module):
    """The course's interface to a backbone, a module that may be called. It is not trained: no gradients reach it, and
    its parameters are none of those of the network that it is part of."""

    make: Callable[[], Backbone] = staticmethod(DigitsBackbone)
    backbone: Backbone

    def __init__(
        self, reshape_size: int = 224, pooling: bool = False, verbose: bool = False, backbone: Backbone | None = None
    ) -> None:
        """backbone: see `use_backbone`, which is asked when it is None. reshape_size is not needed here."""
        super().__init__()
        self.pooling = pooling
        self.__dict__["backbone"] = backbone or self.make()  # no submodule, see above

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> FeatureExtractor:
        if isinstance(self.backbone, nn.Module):
            self.backbone._apply(fn, recurse)
        return super()._apply(fn, recurse)

    def forward(self, img: Tensor, verbose: bool = False) -> Tensor:
        """img: (B, 3, S, S). Returns (B, 1280, 7, 7), or with pooling (B, 1280)."""
        with torch.no_grad():
            features = self.backbone(img)
        if verbose:
            print("Output feature shape: ", tuple(features.shape))
        return features.mean(dim=(2, 3)) if self.pooling else features

    # The names are the course's.
    extract_mobilenet_feature = extract_feature = forward
