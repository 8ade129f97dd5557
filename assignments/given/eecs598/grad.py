"""Gradients by finite differences, to check the ones that were derived by hand.

Both functions move the entries of ``x`` in place and put them back, because the function under test
often reads the tensor from elsewhere (a parameter of a model) and ignores its argument. Use float64:
with the default step float32 has no digits left.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor


def _as_tensor(value: Any) -> Tensor:
    # By way of numpy: torch would make a float32 of a Python number.
    return (value if isinstance(value, Tensor) else torch.as_tensor(np.asarray(value))).detach()


def _central_difference(f: Callable[[Tensor], Any], x: Tensor, index: tuple[int, ...], h: float) -> Tensor:
    """(f(x + h e) - f(x - h e)) / 2h, where e is 1 at ``index``; same shape as f(x)."""
    entries = x.detach()  # shares memory with x, and may be changed in place even where x requires a gradient
    before = entries[index].item()
    try:
        entries[index] = before + h
        above = _as_tensor(f(x)).clone()  # f may return the same buffer twice
        entries[index] = before - h
        below = _as_tensor(f(x))
    finally:
        entries[index] = before
    return (above - below) / (2 * h)


def compute_numeric_gradient(
    f: Callable[[Tensor], Any], x: Tensor, dLdf: Tensor | None = None, h: float = 1e-7
) -> Tensor:
    """Gradient of sum(f(x) * dLdf) with respect to x, by central differences.

    x: any shape, float64. f(x): a tensor of any shape, or a number.
    dLdf: the upstream gradient, same shape as f(x); all ones when None.
    Returns a tensor of x's shape.
    """
    gradient = torch.zeros_like(x, requires_grad=False)
    for index in itertools.product(*map(range, x.shape)):
        slope = _central_difference(f, x, index, h)
        gradient[index] = slope.sum() if dLdf is None else (slope * dLdf).sum()
    return gradient


def grad_check_sparse(
    f: Callable[[Tensor], Any], x: Tensor, analytic_grad: Tensor, num_checks: int = 10, h: float = 1e-7
) -> float:
    """Compare ``analytic_grad`` with finite differences at ``num_checks`` random entries of x, and print both.

    x, analytic_grad: the same shape. f(x): a number or a 0-d tensor.
    Returns the largest relative error |a - n| / (|a| + |n|) that was seen.
    """
    worst = 0.0
    for _ in range(num_checks):
        index = tuple(random.randrange(size) for size in x.shape)
        numeric = _central_difference(f, x, index, h).item()
        analytic = analytic_grad[index].item()
        error = abs(analytic - numeric) / max(abs(analytic) + abs(numeric), 1e-12)
        worst = max(worst, error)
        print(f"numerical: {numeric:.6f}, analytic: {analytic:.6f}, relative error: {error:.3e}")
    return worst


def rel_error(x: Tensor, y: Tensor, eps: float = 1e-10) -> float:
    """max |x - y| / max(|x| + |y|, eps): symmetric, and relative to the largest entry. x, y: the same shape."""
    scale = (x.abs() + y.abs()).max().clamp(min=eps)
    return ((x - y).abs().max() / scale).item()
