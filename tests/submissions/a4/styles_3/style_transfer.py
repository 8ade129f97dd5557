"""With einsum, and a stack of terms."""

from __future__ import annotations

import torch
from torch import Tensor


def content_loss(content_weight: float, content_current: Tensor, content_original: Tensor) -> Tensor:
    difference = torch.sub(content_current, content_original).ravel()
    return torch.dot(difference, difference) * content_weight


def gram_matrix(features: Tensor, normalize: bool = True) -> Tensor:
    scale = features.shape[1] * features.shape[2] * features.shape[3] if normalize else 1
    return torch.einsum("nihw,njhw->nij", features, features) / scale


def style_loss(feats, style_layers, style_targets, style_weights) -> Tensor:
    terms = [
        (gram_matrix(feats[layer]) - target).norm() ** 2 * weight
        for layer, target, weight in zip(style_layers, style_targets, style_weights, strict=True)
    ]
    return torch.stack(terms).sum()


def tv_loss(img: Tensor, tv_weight: float) -> Tensor:
    below, above = img[..., 1:, :], img[..., :-1, :]
    right, left = img[..., 1:], img[..., :-1]
    return tv_weight * torch.sum((below - above).square()) + tv_weight * torch.sum((right - left).square())


def guided_gram_matrix(features: Tensor, masks: Tensor, normalize: bool = True) -> Tensor:
    _, _, C, H, W = features.shape
    masked = torch.einsum("nrchw,nrhw->nrchw", features, masks)
    gram = torch.einsum("nrihw,nrjhw->nrij", masked, masked)
    if normalize:
        gram /= C * H * W
    return gram


def guided_style_loss(feats, style_layers, style_targets, style_weights, content_masks) -> Tensor:
    total = torch.zeros((), dtype=feats[0].dtype)
    for place, layer in enumerate(style_layers):
        gram = guided_gram_matrix(feats[layer], content_masks[layer])
        total = total + style_weights[place] * torch.sum((style_targets[place] - gram).abs() ** 2)
    return total
