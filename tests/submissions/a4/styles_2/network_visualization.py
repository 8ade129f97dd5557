"""Short, by torch.autograd.grad."""

import torch


def _slope(model, pictures, target, penalty=lambda p: 0):
    pictures = pictures.detach().requires_grad_(True)
    scores = model(pictures)
    value = scores[range(len(pictures)), target].sum() - penalty(pictures)
    return scores.detach(), torch.autograd.grad(value, pictures)[0]


def compute_saliency_maps(X, y, model):
    return _slope(model, X, y)[1].abs().max(1)[0]


def make_adversarial_attack(X, target_y, model, max_iter=100, verbose=True):
    picture = X.detach().clone()
    while max_iter > 0:
        scores, slope = _slope(model, picture, target_y)
        if scores.argmax(1).item() == target_y:
            return picture
        picture, max_iter = picture + slope / slope.norm(), max_iter - 1
    return picture


def class_visualization_step(img, target_y, model, l2_reg=1e-3, learning_rate=25, **_):
    _, slope = _slope(model, img, target_y, lambda p: l2_reg * p.pow(2).sum())
    return img.detach() + learning_rate * slope / slope.norm()
