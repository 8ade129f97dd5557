"""A small assignment that the tests of grader are written against."""

from grader.property import binomial, certain
from grader.spec import Checks, no_loops

checks = Checks("t1", title="A toy")
algebra = checks.module("algebra", also={"scale": "multiply_by"})
chance = checks.module("chance")

doubled = algebra.edition("doubled", "twice the sum of squares")


@algebra.exercise("scale", points=20)
def scale(sub, x, factor):
    """x times a factor."""
    return {"out": sub.scale(x, factor)}


@scale.case
def small(draw):
    return dict(x=draw.normal(3, 4), factor=draw.number(1.5, 3))


@algebra.exercise("energy", points=30, needs=["scale"], keep_inputs=True, rules=[no_loops()])
def energy(sub, x):
    """Sum of squares, and its gradient."""
    value, gradient = sub.energy(x)
    return {"value": value, "gradient": gradient}


@energy.case
def plain(draw):
    return dict(x=draw.normal(5, 3))


@energy.timed(at_most=4.0)
def large(draw, n=6000):
    return dict(x=draw.normal(n, 30))


@energy.yardstick("torch.square")
def library(x):
    return x.square() + x.square()


@algebra.exercise("Counter.count", points=20)
def count(sub, x, above):
    """How many entries are above a number."""
    return {"count": sub.Counter(above).count(x)}


@count.case
def some(draw):
    return dict(x=draw.normal(30), above=0.1)


@chance.exercise("sort_by_size", points=10)
def sort_by_size(sub, x):
    """The order that sorts x, whichever is right where entries are equal."""
    return {"order": sub.sort_by_size(x)}


@sort_by_size.case
def twice_the_same(draw):
    x = draw.integers(0, 5, 20)
    return dict(x=x), dict(ordered=sorted(x.tolist()))


@sort_by_size.property()
def sorts(ref, answer, x, ordered):
    yield certain(sorted(answer["order"].tolist()) == list(range(len(x)))), "every index occurs once"
    yield certain(x[answer["order"]].tolist() == ordered), "the entries are in ascending order"


@chance.exercise("coin", points=20)
def coin(sub, n, p):
    """n independent flips that are 1 with probability p."""
    return {"flips": sub.coin(n, p)}


@coin.case
def thousand(draw):
    return dict(n=2000, p=0.3)


@coin.property(false_alarm=1e-9)
def right_share(ref, answer, n, p):
    flips = answer["flips"]
    yield certain(flips.shape == (n,)), "there are n flips"
    yield binomial(flips == 1, p), "a share p of the flips is 1"
