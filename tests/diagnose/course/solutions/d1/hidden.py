"""Hidden part: known mistakes, and a case full of numbers that nobody is to see."""

import numpy as np
from checks import best, loss, noise, rates, scores, spread, table, total

from grader.ask import torch

CANARIES = np.array([[73519.0625, 0.73519], [-735.1921875, 7.3519e-05], [6.1283e08, -61283.5], [6.1283, 0.061283]])


@scores.case
def many(draw):
    return dict(W=draw.normal(5, 3), X=draw.normal(11, 5))


@scores.misconception("The weights are subtracted from nothing: the sign is wrong.")
def negative(ref, W, X):
    return -ref.scores(W, X)


@scores.misconception("Weights and examples are multiplied in the wrong order.")
def wrong_order(ref, W, X):
    return W @ X


@scores.misconception("The scores are a view of something of another shape.")
def refused(ref, W, X):
    return ref.scores(W, X).T.view(-1)


@loss.case
def more_examples(draw):
    return dict(W=draw.normal(5, 3), X=draw.normal(11, 5), Y=draw.normal(11, 3), reg=0.7)


def _loss(value=lambda v, d, W, X, reg: v, grad=lambda v, d, W, X, reg: d):
    def version(ref, W, X, Y, reg):
        v, d = ref.loss(W, X, Y, reg)
        return value(v, d, W, X, reg), grad(v, d, W, X, reg)

    return version


def declare(name, sentence, **parts):
    version = _loss(**parts)
    version.__name__ = name
    loss.misconception(sentence)(version)


declare("no_reg", "The gradient lacks the regularisation.", grad=lambda v, d, W, X, reg: d - 2 * reg * W)
declare("summed", "The loss is a sum over the examples.", value=lambda v, d, W, X, reg: v * len(X))
declare("sum_grad", "The gradient is not divided by N.", grad=lambda v, d, W, X, reg: d * len(X))
declare("sum_too", "The gradient is that of a sum over the examples.", grad=lambda v, d, W, X, reg: d * len(X))
declare("always_reg", "There is regularisation where there should be none.", grad=lambda v, d, W, X, reg: d + 0.1 * W)
declare(
    "fixed_reg", "The strength of the regularisation is fixed.", grad=lambda v, d, W, X, reg: d + (0.4 - 2 * reg) * W
)
declare(
    "strong_reg",
    "A strong regularisation is made stronger.",
    grad=lambda v, d, W, X, reg: d + (0.1 * W if reg > 0.5 else 0 * W),
)


@noise.case
def a_third(draw):
    return dict(x=draw.normal(50, 50, away=0.1), p=0.3)


@noise.case
def never(draw):
    return dict(x=draw.normal(20, 20, away=0.1), p=0.0)


@noise.misconception("p is taken for the probability to keep.")
def keep(ref, x, p):
    return x * (torch.rand(x.shape) < p) / (1 - p)


@noise.misconception("What is kept is not scaled.")
def not_scaled(ref, x, p):
    return x * (torch.rand(x.shape) >= p)


@noise.misconception("What is kept is divided by p.")
def by_p(ref, x, p):
    return x * (torch.rand(x.shape) >= p) / (p or 1)


@spread.misconception("The variance is that of a sample.")
def sample(ref, x):
    return x.var()


@total.case
def five_rows(draw):
    return dict(x=draw.normal(5, 3))


@total.case
def four_rows(draw):
    return dict(x=draw.normal(4, 4))


@total.misconception("The sums are those of the columns.")
def of_columns(ref, x):
    return x.sum(dim=0), ref.total(x)[1]


@table.case
def closed_table(draw):
    return dict(keys=[73519, 61283], words=["kanarienvogel", "canarybird73519"], x=CANARIES)


@best.case
def of_seven(draw):
    return dict(W=draw.normal(3, 7), X=draw.normal(20, 3))


@best.misconception("The lowest score is taken for the highest.")
def lowest(ref, W, X):
    highest = ref.scores(W, X).min(dim=1)
    return highest.indices, highest.values


@best.misconception("The scores are taken with the wrong sign.")
def wrong_sign(ref, W, X):
    return ref.best(-W, X)


@rates.case
def some_again(draw):
    return {}


@rates.misconception("There are too many to try.")
def too_many(ref):
    return [0.1, 0.2, 0.3, 0.4, 0.5]


@rates.misconception("A rate is 0 or less.")
def zero(ref):
    return [0.1, 0.0]
