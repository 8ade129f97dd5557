"""A new assignment to begin with: one exercise that is whole, in its public and its private half.

ScaffoldError    nothing was made; the sentence says why
"""

from __future__ import annotations

import keyword
import os
from pathlib import Path

from grader.course import CONFIGURATION, CourseError, find_course, trust
from grader.errors import GraderError
from grader.files import write_atomically
from grader.stubs import generated

CHECKS = '''"""{name}, the public half: how a student's code is called, and how close it has to be."""

from grader.spec import Checks, no_loops

checks = Checks("{name}", title="{title}")  # the points of all exercises add up to 100
{module} = checks.module("{module}")  # the student's {module}.py


@{module}.exercise("standardise", points=100, rules=[no_loops()])
def standardise(sub, x):
    """Columns with mean 0 and standard deviation 1."""
    return {{"out": sub.standardise(x)}}


@standardise.case
def five_by_three(draw):
    return dict(x=draw.normal(5, 3, scale=2.0, mean=1.0))


@standardise.case
def one_column(draw):
    return dict(x=draw.uniform(8, 1, low=-3.0, high=3.0))
'''

REFERENCE = '''"""{title}. Replace every `raise NotImplementedError`."""

import torch
from torch import Tensor


def standardise(x: Tensor) -> Tensor:
    """Return a copy of x whose columns have mean 0 and standard deviation 1 (the mean square, divided by N).

    x: (N, D), floats; no column is constant. It is not changed. Returns (N, D).
    """
    # BEGIN SOLUTION
    centred = x - x.mean(dim=0)
    return centred / torch.sqrt((centred * centred).mean(dim=0))
    # END SOLUTION
'''

HIDDEN = '''"""{name}, the private half: hidden cases, mistakes that people make, another way to the right answer."""

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
    return {{"out": (x - mean) / deviation}}
'''

HANDOUT = """\
# {title}

What `{module}.py` is about, in the words in which you would say it to a student.

<!-- points -->
<!-- /points -->

## `{module}.py`

**`standardise(x)`** For each column c of an (N, D) matrix,

    m = sum(c) / N        s = sqrt( sum((c - m)^2) / N )        result = (c - m) / s
"""

NOTEBOOK = '''"""Notebook of {name}, {module}. See docs/authoring.md for the marks."""

# %% [markdown]
# ## Before and after
#
# A small experiment that shows the idea; `torch`, `plt` and the student's `{module}` are imported.

# %%
x = torch.randn(500, 2) * torch.tensor([3.0, 0.5]) + torch.tensor([4.0, -2.0])
plt.scatter(*x.T, s=4, label="before")
plt.scatter(*((x - x.mean(0)) / x.std(0)).T, s=4, label="after")
plt.axis("equal")
plt.legend()
plt.show()

# %% [handout] {module}.py

# %% [checks]
'''


class ScaffoldError(GraderError):
    """Nothing was made."""


def scaffold(name: str, module: str, title: str, here: Path) -> list[Path]:
    """Write a new assignment into the course around `here`; where there is none, begin one there. The files, in the
    order in which an author reads them. Raises ScaffoldError, CourseError."""
    for word in (name, module):
        if not word.isidentifier() or keyword.iskeyword(word) or word.startswith("_"):
            raise ScaffoldError(f"{word!r} is no name for a folder of checks: letters, digits and _, like a4")
    if name in ("given", "data", "notebooks"):
        raise ScaffoldError(f"{name} is the name of a folder that a course has for something else")
    if module in ("checks", "hidden"):
        raise ScaffoldError(f"a module cannot be called {module}: {module}.py is a file of the declaration")
    made: list[Path] = []
    named = os.environ.get("GRADER_COURSE")
    if not named and not any((folder / CONFIGURATION).is_file() for folder in (here, *here.parents)):
        made.append(here / CONFIGURATION)
        write_atomically(made[0], b'assignments = "assignments"\nsolutions = "solutions"\n')
    course = find_course(here)
    public, private = course.assignments / name, course.solutions / name
    for folder in (public, private):
        if folder.exists():
            raise ScaffoldError(f"{folder} is there already")
    texts = {
        public / "checks.py": CHECKS,
        private / f"{module}.py": REFERENCE,
        private / "hidden.py": HIDDEN,
        public / "README.md": HANDOUT,
        public / "notebooks" / f"{module}.py": NOTEBOOK,
    }
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text.format(name=name, module=module, title=title).encode())
    course.given.mkdir(exist_ok=True)
    for path, text in generated(course.assignment(name)).items():
        write_atomically(path, text.encode())
    trust(course.root)
    return [*made, *texts]


__all__ = ["CourseError", "ScaffoldError", "scaffold"]
