"""Reference."""

from layers import scores


def best(W, X):
    highest = scores(W, X).max(dim=1)
    return highest.indices, highest.values


def rates():
    return [0.1, 1.0]
