"""A linear layer."""

import torch


def layer(x: torch.Tensor, w: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
    """relu(x w), (N, M), and the gradient of its sum with respect to w, (D, M); for x, (N, D), and w, (D, M)."""
    w = w.clone().requires_grad_(True)
    out = torch.relu(x @ w)
    out.sum().backward()  # type: ignore[no-untyped-call]
    return out, w.grad
