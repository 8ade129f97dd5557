"""Half right: what is wrong in it is listed in tests/test_a7.py."""

import torch
import torch.nn.functional as F
from torch import nn

import transformers


def patchify(images, patch):
    N, C = images.shape[:2]
    columns = F.unfold(images, kernel_size=patch, stride=patch)
    return columns.transpose(1, 2)


class PatchEmbedding(nn.Module):
    def __init__(self, image_size, patch, channels, emb_dim):
        super().__init__()
        count = image_size[0] * image_size[1] // patch**2
        self.conv = nn.Conv2d(channels, emb_dim, kernel_size=patch, stride=patch)
        self.token = nn.Parameter(torch.empty(1, emb_dim).normal_(0, 0.02))
        self.where = nn.Parameter(torch.empty(count + 1, emb_dim).normal_(0, 0.02))

    def forward(self, images):
        words = self.conv(images).flatten(2).transpose(1, 2)
        token = self.token.unsqueeze(0).expand(words.size(0), -1, -1)
        return torch.cat([words, token], 1) + self.where


class VisionTransformer(nn.Module):
    def __init__(self, image_size, patch, channels, num_classes, emb_dim, num_heads, feedforward_dim, num_layers, dropout):
        super().__init__()
        self.net = nn.Sequential(
            PatchEmbedding(image_size, patch, channels, emb_dim),
            transformers.Encoder(num_heads, emb_dim, feedforward_dim, num_layers, dropout),
        )
        self.fc = nn.Linear(emb_dim, num_classes)

    def forward(self, images):
        return self.fc(self.net(images)[:, 0])
