"""Reference."""

import torch


def sort_by_size(x):
    """The order that sorts x."""
    # BEGIN SOLUTION
    return torch.argsort(x)
    # END SOLUTION


def coin(n, p):
    """n flips."""
    # BEGIN SOLUTION
    return (torch.rand(n) < p).long()
    # END SOLUTION
