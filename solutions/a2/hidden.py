"""Hidden part of a2: what both modules share; each has a file of its own beside this one."""

from grader.ask import torch


def one_hot(y, like):
    """(N, C) in the dtype of `like`, whose shape it has: 1 at the right class, else 0."""
    return torch.zeros_like(like).scatter_(1, y.unsqueeze(1), 1.0)
