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
    # BEGIN SOLUTION
    N, C, H, W = images.shape
    cut = images.reshape(N, C, H // patch, patch, W // patch, patch)
    return cut.permute(0, 2, 4, 3, 5, 1).reshape(N, -1, patch * patch * C)
    # END SOLUTION


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
        # BEGIN SOLUTION
        L = (image_size[0] // patch) * (image_size[1] // patch)
        self.linear = nn.Linear(patch * patch * channels, emb_dim)
        self.class_token = nn.Parameter(SMALL * torch.randn(emb_dim))
        self.positions = nn.Parameter(SMALL * torch.randn(L + 1, emb_dim))
        # END SOLUTION

    def forward(self, images: Tensor) -> Tensor:
        """images: (N, C, H, W). Returns (N, L + 1, M)."""
        # BEGIN SOLUTION
        patches = self.linear(patchify(images, self.patch))
        first = self.class_token.expand(len(images), 1, -1)
        return torch.cat([first, patches], dim=1) + self.positions
        # END SOLUTION


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
        # BEGIN SOLUTION
        self.embedding = PatchEmbedding(image_size, patch, channels, emb_dim)
        self.encoder = Encoder(num_heads, emb_dim, feedforward_dim, num_layers, dropout)
        self.head = nn.Linear(emb_dim, num_classes)
        # END SOLUTION

    def forward(self, images: Tensor) -> Tensor:
        """images: (N, C, H, W). Returns scores (N, num_classes)."""
        # BEGIN SOLUTION
        return self.head(self.encoder(self.embedding(images))[:, 0])
        # END SOLUTION
