"""b1, the public half: how a student's code is called, and how close it has to be."""

from grader.spec import Checks, no_loops

checks = Checks("b1", title="Shapes")  # the points of all exercises add up to 100
shapes = checks.module("shapes")  # the student's shapes.py


@shapes.exercise("standardise", points=100, rules=[no_loops()])
def standardise(sub, x):
    """Columns with mean 0 and standard deviation 1."""
    return {"out": sub.standardise(x)}


@standardise.case
def five_by_three(draw):
    return dict(x=draw.normal(5, 3, scale=2.0, mean=1.0))


@standardise.case
def one_column(draw):
    return dict(x=draw.uniform(8, 1, low=-3.0, high=3.0))
