"""b1, the private half: hidden cases, mistakes that people make, another way to the right answer."""

from checks import standardise

from grader.ask import torch


@standardise.case
def many_rows(draw):
    return dict(x=draw.normal(50, 4, scale=3.0, mean=-2.0))


@standardise.case(worth=0.25)  # failing it alone costs a quarter of the points
def a_column_of_large_numbers(draw):
    x = draw.normal(6, 2)
    x[:, 1] += 1e4
    return dict(x=x)


@standardise.misconception("The standard deviation is divided by N - 1.")
def sample_deviation(ref, x):
    return (x - x.mean(dim=0)) / x.std(dim=0)


@standardise.misconception("It divides by the variance.")
def by_the_variance(ref, x):
    return (x - x.mean(dim=0)) / x.var(dim=0, unbiased=False)


@standardise.misconception("One mean and one deviation are taken over all columns together.")
def all_columns_together(ref, x):
    return (x - x.mean()) / x.std(unbiased=False)


@standardise.oracle
def by_the_library(ref, x):
    deviation, mean = torch.std_mean(x, dim=0, correction=0)
    return {"out": (x - mean) / deviation}
