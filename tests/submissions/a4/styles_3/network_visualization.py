"""One derivative for each picture, by torch.func where it fits; the step of the visualisation is not normalised."""

from __future__ import annotations

import torch
from torch import Tensor


def compute_saliency_maps(X: Tensor, y: Tensor, model) -> Tensor:
    def score(picture: Tensor, label: Tensor) -> Tensor:
        return (model(picture[None])[0] * (torch.arange(10) == label)).sum()

    slopes = torch.func.vmap(torch.func.grad(score))(X.detach(), y)
    return torch.linalg.vector_norm(slopes, ord=float("inf"), dim=1)


def make_adversarial_attack(X: Tensor, target_y: int, model, max_iter: int = 100, verbose: bool = True) -> Tensor:
    change = torch.zeros_like(X)
    for _ in range(10 * max_iter):
        change.requires_grad_(True)
        scores = model(X.detach() + change)
        if torch.all(scores[0, target_y] >= scores):
            break
        (slope,) = torch.autograd.grad(scores[0, target_y], change)
        change = (change + 0.2 * slope / slope.square().sum().sqrt()).detach()
    return (X + change).detach()


def class_visualization_step(img: Tensor, target_y: int, model, **kwargs) -> Tensor:
    def goal(pixels: Tensor) -> Tensor:
        return model(pixels)[0, target_y] - kwargs.get("l2_reg", 1e-3) * torch.linalg.vector_norm(pixels) ** 2

    return img.detach() + kwargs.get("learning_rate", 25) * torch.func.grad(goal)(img.detach())
