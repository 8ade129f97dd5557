"""Reference."""

import torch


def coin(n, p):
    """n flips."""
    # BEGIN SOLUTION
    return (torch.rand(n) < p).long()
    # END SOLUTION
