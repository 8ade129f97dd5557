"""Reference."""

import torch


def scores(W, X):
    return X @ W


def loss(W, X, Y, reg):
    away = scores(W, X) - Y
    value = (away * away).sum() / len(X) + reg * (W * W).sum()
    return value, 2 * X.T @ away / len(X) + 2 * reg * W


def noise(x, p):
    return x * (torch.rand(x.shape) >= p) / (1 - p)


def spread(x):
    return ((x - x.mean()) ** 2).mean()


def total(x):
    return x.sum(dim=1), x.flip(0)


def table(keys, words, x):
    return {
        "by_key": {key: x.sum() * key for key in keys},
        "longest": max(words, key=len),
        "twice": 2 * x,
        "listed": x.flatten().tolist(),
        "number": float(x.sum()),
        "largest": max(keys),
    }
