"""Strides and views; the token and the places in one matrix each."""

import torch
from torch import nn
from transformers import Encoder


def patchify(images, patch):
    windows = images.unfold(2, patch, patch).unfold(3, patch, patch)  # (N, C, h, w, P, P)
    N, C, h, w = windows.shape[:4]
    return torch.movedim(windows, 1, -1).reshape(N, h * w, patch * patch * C)


class PatchEmbedding(nn.Module):
    def __init__(self, image_size, patch, channels, emb_dim):
        super().__init__()
        self.patch = patch
        h, w = (side // patch for side in image_size)
        self.register_parameter("places", nn.Parameter(torch.zeros(h * w + 1, emb_dim)))
        self.register_parameter("token", nn.Parameter(torch.zeros(emb_dim)))
        self.layer = nn.Linear(channels * patch**2, emb_dim)

    def forward(self, images):
        words = self.layer(patchify(images, self.patch))
        out = words.new_empty(words.shape[0], words.shape[1] + 1, words.shape[2])
        out[:, 0] = self.token
        out[:, 1:] = words
        return out + self.places[None]


class VisionTransformer(nn.Module):
    def __init__(
        self, image_size, patch, channels, num_classes, emb_dim, num_heads, feedforward_dim, num_layers, dropout=0.0
    ):
        super().__init__()
        self.head = nn.Linear(emb_dim, num_classes)
        self.encoder = Encoder(num_heads, emb_dim, feedforward_dim, num_layers, dropout)
        self.embed = PatchEmbedding(image_size, patch, channels, emb_dim)

    def forward(self, images):
        first, *_ = self.encoder(self.embed(images)).unbind(dim=1)
        return self.head(first)
