"""Reference."""

import torch


def powers(x, w):
    """x times the fourth power of w."""
    # BEGIN SOLUTION
    return x @ w @ w @ w @ w
    # END SOLUTION


def gaps(a, b):
    """Squared distances of the rows of a to the rows of b."""
    # BEGIN SOLUTION
    return (a * a).sum(1, keepdim=True) + (b * b).sum(1) - 2 * torch.mm(a, b.T)
    # END SOLUTION
