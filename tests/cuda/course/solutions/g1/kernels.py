"""Reference."""

import torch

TERMS = 400


def sums(x, w):
    """The sum of (x / k) w over k = 1 ... 400."""
    # BEGIN SOLUTION
    y = torch.zeros(x.shape[0], w.shape[1], dtype=x.dtype, device=x.device)
    for k in range(1, TERMS + 1):
        y += (x / k) @ w
    return y
    # END SOLUTION


def normed(x, w, kernel):
    """x w; and x, as a stack of images of 8 channels and 16 rows, convolved with the kernel."""
    # BEGIN SOLUTION
    images = x[:, :128].reshape(-1, 8, 4, 4)
    return x @ w, torch.nn.functional.conv2d(images, kernel, padding=1)
    # END SOLUTION
