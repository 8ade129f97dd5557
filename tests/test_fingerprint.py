"""Which exercises rest on which lines of a submission."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.course import find_course
from grader.fingerprint import Code
from grader.spec import Checks, load_checks
from tests.conftest import ROOT

CHECKS = """
from grader.spec import Checks

checks = Checks("f1", title="Layers")
layers = checks.module("layers", also={"relu": "rectify"})
nets = checks.module("nets")


def made(sub, name):
    return sub.Net(name)


@layers.exercise("Linear.forward", points=20)
def forward(sub, x):
    "forward."
    return {"out": sub.Linear.forward(x)}


@layers.exercise("Linear.backward", points=20)
def backward(sub, x):
    "backward."
    return {"out": sub.Linear.backward(x)}


@layers.exercise("relu", points=20)
def relu(sub, x):
    "relu."
    return {"out": sub.relu(x)}


@nets.exercise("Net", points=20)
def net(sub, x):
    "net."
    return {"out": made(sub, 3)(x)}


@nets.exercise("train", points=20)
def train(sub, x):
    "train."
    return {"out": sub.train(x)}


for exercise in checks.exercises:
    exercise.case(lambda draw: dict(x=1))
"""

LAYERS = '''
"""relu stands in this text; that calls nothing."""
import torch
from math import (
    sqrt,
    pi,
)

SCALE = 2


class Linear:
    """A layer."""

    bias = 0

    @staticmethod
    def forward(x):
        return helper(x) + Linear.bias

    @staticmethod
    def backward(x):  # relu is not called here
        """Not relu(x) either."""
        return 3 * x

    def spare(self):
        return 4


def helper(x):
    return x * SCALE


def unused(x):
    return 5


@torch.no_grad()
def relu(
    x,
):
    return x.clamp(0)
'''

NETS = """
from layers import Linear, relu


class Net:
    def __init__(self, x):
        self.x = x

    def forward(self, x):
        return self.inner(x)

    def inner(self, x):
        return relu(Linear.forward(x))


def train(x):
    layer = Linear()
    return getattr(layer, "spare")()
"""

NAMES = ("Linear.forward", "Linear.backward", "relu", "Net", "train")


@pytest.fixture(scope="module")
def checks(tmp_path_factory: pytest.TempPathFactory) -> Checks:
    file = tmp_path_factory.mktemp("checks") / "checks.py"
    file.write_text(CHECKS)
    return load_checks(file)


def touched(checks: Checks, file: str, before: str, after: str) -> tuple[set[str], set[str]]:
    """The exercises whose own code a change in a file is in, and all that run it."""
    texts = {"layers": LAYERS, "nets": NETS}
    assert texts[file].count(before) == 1
    old, new = Code(texts), Code({**texts, file: texts[file].replace(before, after)})
    own = {one.name for one in checks.exercises if old.own(one) != new.own(one)}
    return own, {one.name for one in checks.exercises if old.whole(one) != new.whole(one)}


EDITS = {
    "a function": ("layers", "x.clamp(0)", "x.clamp(1)", {"relu"}, {"relu", "Net"}),
    "its decorator": ("layers", "@torch.no_grad()", "@torch.enable_grad()", {"relu"}, {"relu", "Net"}),
    "its arguments": ("layers", "    x,\n):", "    y,\n):", {"relu"}, {"relu", "Net"}),
    "a method": ("layers", "return 3 * x", "return 4 * x", {"Linear.backward"}, {"Linear.backward", "train"}),
    "forward, which may be called unnamed": (
        *("layers", "return helper(x) +", "return helper(x) -"),
        {"Linear.forward"},
        {"Linear.forward", "Linear.backward", "Net", "train"},
    ),
    "a method that is no exercise": ("layers", "return 4", "return 7", set(), {"train"}),
    "what stands in a class": (
        *("layers", "bias = 0", "bias = 1", set()),
        {"Linear.forward", "Linear.backward", "Net", "train"},
    ),
    "a helper": (
        *("layers", "return x * SCALE", "return SCALE * x", set()),
        {"Linear.forward", "Linear.backward", "Net", "train"},
    ),
    "what nobody calls": ("layers", "return 5", "return 6", set(), set()),
    "a constant": ("layers", "SCALE = 2", "SCALE = 3", set(), {*NAMES}),
    "an import": ("layers", "    pi,\n", "", set(), {*NAMES}),
    "blank lines": ("layers", "SCALE = 2\n", "SCALE = 2\n\n\n", set(), set()),
    "blanks at an end": ("layers", "SCALE = 2\n", "SCALE = 2   \n", set(), set()),
    "a class that an ask makes through a helper": ("nets", "self.inner(x)", "self.inner(x) + 0", {"Net"}, {"Net"}),
    "a method that a class calls": ("nets", "return relu(", "return -relu(", {"Net"}, {"Net"}),
    "a function of the other file": ("nets", "layer = Linear()", "layer = relu", {"train"}, {"train"}),
}


@pytest.mark.parametrize("what", EDITS)
def test_a_change_touches_what_runs_it(what: str, checks: Checks) -> None:
    file, before, after, own, whole = EDITS[what]
    assert touched(checks, file, before, after) == (own, whole)


def test_a_function_may_be_made_a_method_outside_of_its_class(checks: Checks) -> None:
    text = "class Linear:\n    pass\n\n\ndef one(x):\n    return 1\n\n\ndef two(x):\n    return 2\n\n\n"
    text += "Linear.forward = staticmethod(one)\nLinear.backward = two\n"
    old, new = Code({"layers": text}), Code({"layers": text.replace("return 2", "return 3")})
    touched = [one.name for one in checks.modules["layers"].exercises if old.whole(one) != new.whole(one)]
    assert touched == ["Linear.backward"]


def test_a_function_may_have_the_name_of_another_edition(checks: Checks) -> None:
    old, new = (Code({"layers": f"def rectify(x):\n    return {n}\n"}) for n in (1, 2))
    (relu,) = [one for one in checks.exercises if one.name == "relu"]
    assert "" != old.own(relu) != new.own(relu) and old.whole(relu) != new.whole(relu)


def test_what_is_not_there_has_no_code_of_its_own(checks: Checks) -> None:
    empty = Code({})
    assert {empty.own(one) for one in checks.exercises} == {""}
    assert {empty.whole(one) for one in checks.exercises} == {""}


SCRAPS = [
    *LAYERS.splitlines(True),
    *NETS.splitlines(True),
    '"""\n',
    "    def\n",
    "@\n",
    "class\n",
    "\tx = (\n",
    "'''\n",
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.sampled_from(SCRAPS), max_size=30), at=st.integers(0, 30))
def test_half_written_files_are_cut_too_and_what_stands_outside_is_everybody_s(
    lines: list[str], at: int, checks: Checks
) -> None:
    old = Code({"layers": "".join(lines)})
    new = Code({"layers": "".join([*lines[:at], "NEW = 1\n", *lines[at:]])})
    for one in checks.modules["layers"].exercises:
        assert old.whole(one) != new.whole(one)


def test_the_exercises_of_the_course_have_code_of_their_own_where_a_function_has_their_name() -> None:
    course = find_course(ROOT)
    for name in course.names():
        assignment = course.assignment(name)
        texts = {one: (assignment.solution / f"{one}.py").read_text() for one in assignment.checks.modules}
        code = Code(texts)
        for one in assignment.checks.exercises:
            function = one.name.rpartition(".")[2]
            assert bool(code.own(one)) == bool(re.search(rf"(def|class) {function}\b", texts[one.module.name])), one.id
