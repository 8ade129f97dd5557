"""Slices put together; layers with plain names."""

import torch
import torch.nn as nn
from transformers import EncoderBlock


def patchify(images, patch):
    N, C, H, W = images.shape
    x = images.permute(0, 2, 3, 1)  # channels last
    x = x.contiguous().view(N, H // patch, patch, W // patch, patch, C)
    x = x.transpose(2, 3).contiguous()
    return x.view(N, (H // patch) * (W // patch), patch * patch * C)


class PatchEmbedding(nn.Module):
    def __init__(self, image_size, patch, channels, emb_dim):
        super().__init__()
        self.patch = patch
        H, W = image_size
        self.num_patches = (H // patch) * (W // patch)
        self.proj = nn.Linear(patch * patch * channels, emb_dim)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, emb_dim))
        self.pos_embed = nn.Parameter(torch.randn(1, self.num_patches + 1, emb_dim) * 0.02)

    def forward(self, images):
        x = self.proj(patchify(images, self.patch))
        cls = self.cls_token.repeat(x.shape[0], 1, 1)
        x = torch.cat((cls, x), dim=1)
        return x + self.pos_embed


class VisionTransformer(nn.Module):
    def __init__(
        self, image_size, patch, channels, num_classes, emb_dim, num_heads, feedforward_dim, num_layers, dropout
    ):
        super().__init__()
        self.embed = PatchEmbedding(image_size, patch, channels, emb_dim)
        self.blocks = nn.ModuleList(
            [EncoderBlock(num_heads, emb_dim, feedforward_dim, dropout) for _ in range(num_layers)]
        )
        self.head = nn.Linear(emb_dim, num_classes)

    def forward(self, images):
        x = self.embed(images)
        for block in self.blocks:
            x = block(x)
        return self.head(x[:, 0, :])
