"""A right submission."""

import torch


def pairwise(x, y):
    return ((x[:, None] - y[None]) ** 2).sum(-1)


def center(x):
    return x - x.mean()


def row_norms(x):
    return (x * x).sum(1).sqrt()


def clip(x, low, high):
    return torch.minimum(torch.maximum(x, torch.full_like(x, low)), torch.full_like(x, high))


def gaps(a, b):
    return (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T


class Momentum:
    def __init__(self, rate, decay):
        self.rate, self.decay, self.velocity = rate, decay, 0.0

    def step(self, w, gradient):
        self.velocity = self.decay * self.velocity - self.rate * gradient
        return w + self.velocity


def slope(x):
    return 3 * x * x


def means(xs, ls):
    rows = torch.repeat_interleave(torch.arange(len(xs)), ls.long())
    return torch.zeros(len(xs), dtype=xs[0].dtype).index_add(0, rows, torch.cat(xs)) / ls


def lengths(x):
    return (x * x).sum(dim=1).sqrt()


def standardize(x):
    x = x - x.mean(dim=0)
    return x / (x * x).mean(dim=0).sqrt()


def attend(q, k, v):
    return torch.softmax(q @ k.mT / q.shape[-1] ** 0.5, dim=-1) @ v


def convolve(x, w):
    parts = x.unfold(2, 2, 1).unfold(3, 2, 1)
    return torch.einsum("nchwij,fcij->nfhw", parts, w)
