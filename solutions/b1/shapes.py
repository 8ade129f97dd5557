"""Shapes. Replace every `raise NotImplementedError`."""

import torch
from torch import Tensor


def standardise(x: Tensor) -> Tensor:
    """Return a copy of x whose columns have mean 0 and standard deviation 1 (the mean square, divided by N).

    x: (N, D), floats; no column is constant. It is not changed. Returns (N, D).
    """
    # BEGIN SOLUTION
    centred = x - x.mean(dim=0)
    return centred / torch.sqrt((centred * centred).mean(dim=0))
    # END SOLUTION
