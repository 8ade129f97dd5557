"""Reference. canary-chance-c85f31d9"""

import torch


def drop(x, p):
    """Inverted dropout."""
    # BEGIN SOLUTION
    keep = (torch.rand(x.shape) >= p).to(x.dtype)
    return x * keep / (1 - p)
    # END SOLUTION
