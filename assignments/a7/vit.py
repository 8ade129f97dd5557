"""A transformer that looks at pictures: patches are its words.

N pictures of C channels, H rows and W columns; patches of P x P pixels, L of them in a picture; M numbers in a vector.
Names of attributes are yours to choose. Replace every `raise NotImplementedError`.
"""

import torch
from torch import Tensor, nn
from transformers import Encoder

SMALL = 0.02  # the deviation with which learned vectors begin


def patchify(images: Tensor, patch: int) -> Tensor:
    """Return the patches of pictures, (N, L, P * P * C), without a loop.

    images: (N, C, H, W). patch: P, which divides H and W. Patches come row by row, as one reads; so do the pixels of a
    patch, and the C channels of a pixel stand together.
    """
    raise NotImplementedError("write this")


class PatchEmbedding(nn.Module):
    """Vectors of M numbers for a picture: first one that is learned and the same for all pictures (the class token),
    then one for each patch, a linear layer of its pixels. To each of these L + 1 vectors one that belongs to its place
    is added, which is learned too.
    """

    def __init__(self, image_size: tuple[int, int], patch: int, channels: int, emb_dim: int) -> None:
        """image_size: (H, W). The vectors that are learned begin small and random, the linear layer as the library has
        it.
        """
        super().__init__()
        self.patch = patch
        raise NotImplementedError("write this")

    def forward(self, images: Tensor) -> Tensor:
        """images: (N, C, H, W). Returns (N, L + 1, M)."""
        raise NotImplementedError("write this")


class VisionTransformer(nn.Module):
    """A PatchEmbedding, the Encoder of transformers.py, and a linear layer from the class token's vector to scores."""

    def __init__(
        self,
        image_size: tuple[int, int],
        patch: int,
        channels: int,
        num_classes: int,
        emb_dim: int,
        num_heads: int,
        feedforward_dim: int,
        num_layers: int,
        dropout: float,
    ) -> None:
        super().__init__()
        raise NotImplementedError("write this")

    def forward(self, images: Tensor) -> Tensor:
        """images: (N, C, H, W). Returns scores (N, num_classes)."""
        raise NotImplementedError("write this")
