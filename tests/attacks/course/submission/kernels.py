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
