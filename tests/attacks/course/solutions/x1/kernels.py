"""Reference. canary-solution-41c7e0b2"""

import torch

WATERMARK = "canary-constant-90d3a11f"


def pairwise(x, y):
    """Squared distances between the rows of x and the rows of y. canary-docstring-7be2f604"""
    # BEGIN SOLUTION
    difference = x[:, None, :] - y[None, :, :]
    return (difference * difference).sum(dim=2)
    # END SOLUTION


def center(x):
    """x without its mean."""
    # BEGIN SOLUTION
    return x - x.mean()
    # END SOLUTION


def row_norms(x):
    """The Euclidean length of each row."""
    # BEGIN SOLUTION
    return (x * x).sum(dim=1).sqrt()
    # END SOLUTION


def clip(x, low, high):
    """Every entry moved into [low, high]."""
    # BEGIN SOLUTION
    x = torch.where(x < low, torch.full_like(x, low), x)
    return torch.where(x > high, torch.full_like(x, high), x)
    # END SOLUTION


def gaps(a, b):
    """Squared distances of the rows of a to the rows of b."""
    # BEGIN SOLUTION
    return (a * a).sum(dim=1, keepdim=True) + (b * b).sum(dim=1) - 2 * torch.mm(a, b.T)
    # END SOLUTION


class Momentum:
    """Gradient descent with momentum."""

    def __init__(self, rate, decay):
        self.rate = rate
        self.decay = decay
        self.velocity = 0.0

    def step(self, w, gradient):
        """The weights after one step."""
        # BEGIN SOLUTION
        self.velocity = self.decay * self.velocity - self.rate * gradient
        return w + self.velocity
        # END SOLUTION


def slope(x):
    """The gradient of the sum of cubes."""
    # BEGIN SOLUTION
    return 3 * x * x
    # END SOLUTION


def means(xs, ls):
    """The mean of every tensor."""
    # BEGIN SOLUTION
    rows = torch.repeat_interleave(torch.arange(len(xs)), ls.long())
    return torch.zeros(len(xs), dtype=xs[0].dtype).index_add(0, rows, torch.cat(xs)) / ls
    # END SOLUTION


def lengths(x):
    """The length of each row."""
    # BEGIN SOLUTION
    return (x * x).sum(dim=1).sqrt()
    # END SOLUTION


def standardize(x):
    """Columns of mean 0 and variance 1."""
    # BEGIN SOLUTION
    x = x - x.mean(dim=0)
    return x / (x * x).mean(dim=0).sqrt()
    # END SOLUTION


def attend(q, k, v):
    """Attention."""
    # BEGIN SOLUTION
    return torch.softmax(q @ k.mT / q.shape[-1] ** 0.5, dim=-1) @ v
    # END SOLUTION


def convolve(x, w):
    """A convolution of squares of two by two."""
    # BEGIN SOLUTION
    parts = x.unfold(2, 2, 1).unfold(3, 2, 1)
    return torch.einsum("nchwij,fcij->nfhw", parts, w)
    # END SOLUTION
