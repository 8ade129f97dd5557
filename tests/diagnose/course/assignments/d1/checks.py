"""An assignment that the tests of diagnosis are written against."""

from grader.property import binomial, certain, close
from grader.spec import Checks

checks = Checks("d1", title="To be got wrong")
layers = checks.module("layers")
above = checks.module("above")


@layers.exercise("scores", points=10)
def scores(sub, W, X):
    """X W, scores (N, C)."""
    return {"scores": sub.scores(W, X)}


@scores.case
def few(draw):
    return dict(W=draw.normal(4, 3), X=draw.normal(6, 4))


@layers.exercise("loss", points=30, needs=["scores"])
def loss(sub, W, X, Y, reg):
    """Mean squared distance to Y, regularised, and its gradient."""
    value, dW = sub.loss(W, X, Y, reg)
    return {"loss": value, "dW": dW}


@loss.case
def regularised(draw):
    return dict(W=draw.normal(4, 3), X=draw.normal(6, 4), Y=draw.normal(6, 3), reg=0.2)


@loss.case
def not_regularised(draw):
    return dict(W=draw.normal(4, 3), X=draw.normal(7, 4), Y=draw.normal(7, 3), reg=0.0)


@layers.exercise("noise", points=10)
def noise(sub, x, p):
    """Inverted dropout."""
    return {"out": sub.noise(x, p)}


@noise.case
def a_fifth(draw):
    return dict(x=draw.normal(40, 50, away=0.1), p=0.2)


@noise.property(false_alarm=1e-7)
def drops_and_scales(ref, answer, x, p):
    out = answer["out"]
    yield certain(out.shape == x.shape), "the shape is that of x"
    kept = out != 0
    yield binomial(kept, 1 - p), "each number is dropped with the probability p"
    yield close(out[kept], x[kept] / (1 - p)), "what is kept is divided by 1 - p"


@layers.exercise("spread", points=10, dtype="float32")
def spread(sub, x):
    """The variance of all entries."""
    return {"variance": sub.spread(x)}


@spread.case
def far_from_zero(draw):
    return dict(x=draw.normal(60, mean=1000.0))


@layers.exercise("total", points=10, keep_inputs=True)
def total(sub, x):
    """The sums of the rows, and x with its rows in reverse order."""
    sums, turned = sub.total(x)
    return {"sums": sums, "turned": turned}


@total.case
def three_rows(draw):
    return dict(x=draw.normal(3, 4))


@layers.exercise("table", points=10)
def table(sub, keys, words, x):
    """A table of x by keys, the longest word, x twice, and a list of all of x."""
    return sub.table(keys, words, x)


@table.case
def open_table(draw):
    return dict(keys=[3, 4], words=["ab", "abc"], x=draw.normal(4, 2))


@above.exercise("rates", points=10)
def rates(sub):
    """Learning rates to try, fewer than five."""
    return {"rates": list(sub.rates())}


@rates.property()
def are_few_and_positive(ref, answer):
    yield certain(len(answer["rates"]) < 5), "there are fewer than five"
    yield certain(all(rate > 0 for rate in answer["rates"])), "all are positive"
    yield certain(len(answer["rates"])), "there is one at least"


@rates.case
def some(draw):
    return {}


@above.exercise("best", points=10, needs=["layers.scores"])
def best(sub, W, X):
    """The column with the highest score, and that score."""
    columns, highest = sub.best(W, X)
    return {"columns": columns, "highest": highest}


@best.case
def of_five(draw):
    return dict(W=draw.normal(4, 5), X=draw.normal(9, 4))
