"""Short, and with functions of the library."""

import torch
import torch.nn.functional as F


def content_loss(content_weight, content_current, content_original):
    return content_weight * F.mse_loss(content_current, content_original, reduction="sum")


def gram_matrix(features, normalize=True):
    flat = features.flatten(2)
    gram = torch.bmm(flat, flat.mT)
    return gram.div(flat[0].numel()) if normalize else gram


def _distance(grams, targets, weights):
    return sum(w * F.mse_loss(g, t, reduction="sum") for g, t, w in zip(grams, targets, weights))


def style_loss(feats, style_layers, style_targets, style_weights):
    return _distance((gram_matrix(feats[layer]) for layer in style_layers), style_targets, style_weights)


def tv_loss(img, tv_weight):
    return tv_weight * sum(torch.diff(img, dim=axis).pow(2).sum() for axis in (-1, -2))


def guided_gram_matrix(features, masks, normalize=True):
    n, r = masks.shape[:2]
    return gram_matrix((features * masks.unsqueeze(2)).flatten(0, 1), normalize).unflatten(0, (n, r))


def guided_style_loss(feats, style_layers, style_targets, style_weights, content_masks):
    grams = (guided_gram_matrix(feats[layer], content_masks[layer]) for layer in style_layers)
    return _distance(grams, style_targets, style_weights)
