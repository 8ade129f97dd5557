"""A small assignment with limits: on time, on memory, on what the source may hold."""

from grader.spec import Checks, memory_at_most, no_calls, no_loops, operations_do_not_grow

checks = Checks("k1", title="Limits")
kernels = checks.module("kernels")


@kernels.exercise("powers", points=60, speed_points=40)
def powers(sub, x, w):
    """x times the fourth power of w."""
    return {"y": sub.powers(x, w)}


@powers.case
def small(draw):
    return dict(x=draw.normal(3, 4), w=draw.normal(4, 4))


@powers.timed(at_most=2.0)
def large(draw, n=240):
    return dict(x=draw.normal(n, n), w=draw.normal(n, n, scale=n**-0.5))


@powers.yardstick("torch.mm")
def library(x, w):
    return x.mm(w).mm(w)


@kernels.exercise(
    "gaps",
    points=40,
    rules=[no_loops(), no_calls("torch.cdist"), operations_do_not_grow(), memory_at_most(40, n=300)],
)
def gaps(sub, a, b):
    """Squared distances of the rows of a to the rows of b."""
    return {"gaps": sub.gaps(a, b)}


@gaps.case
def a_few(draw):
    return dict(a=draw.normal(4, 3), b=draw.normal(2, 3))


@gaps.timed(at_most=50.0)
def many(draw, n=400):
    return dict(a=draw.normal(n, 100), b=draw.normal(n, 100))
