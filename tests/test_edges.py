"""What is right in all that the course itself does is called so: only an edge fails, or only the dtype is another."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from grader.course import Assignment
from grader.judge import Options
from grader.report.cell import html as cell_of
from grader.report.gradescope import results_of
from grader.report.html import page_of
from grader.report.junit import junit_of
from grader.report.terminal import show
from grader.result import ExerciseResult, Result, Verdict
from tests.conftest import Grade, one
from tests.report.conftest import entry

SCALE = """
import torch

def scale(x, factor):
    {body}

def energy(x):
    return (x * x).sum(), 2 * x

class Counter:
    def __init__(self, above):
        self.above = above

    def count(self, x):
        return {count}
"""
ON_EMPTY = {  # the edge of `scale`, worth a quarter of its 20 points: what is done where there are no rows
    "crashes": ("return x * factor * (1 / len(x)) * len(x)", "it raises ZeroDivisionError"),
    "another shape": ("return x * factor if len(x) else x.reshape(-1)", "`out` has the shape (0,), not (0, 4)"),
    "returns nothing": ("if len(x): return x * factor", "it returns None"),
}


def scale(body: str, count: str = "int((x > self.above).sum())") -> str:
    return SCALE.format(body=body, count=count)


@pytest.mark.parametrize("on_empty", ON_EMPTY)
def test_an_edge_alone_is_called_one(grade: Grade, on_empty: str) -> None:
    body, words = ON_EMPTY[on_empty]
    found = one(grade(algebra=scale(body)), "scale")
    assert (found.verdict, found.points) == (Verdict.EDGE, 15)
    assert words in (found.sentence or "")
    assert found.verdict.words == "right, but for an edge"
    assert found.told == f"right, but for an edge: {found.sentence}"
    assert [case.verdict is Verdict.RIGHT for case in found.cases] == [True, True, False]


def test_a_core_case_that_fails_is_told_before_an_edge(grade: Grade) -> None:
    body = "if not len(x): raise ValueError('nothing to scale')\n    return x * abs(factor)"
    found = one(grade(algebra=scale(body)), "scale")
    assert (found.verdict, found.points) == (Verdict.WRONG, 0)
    assert "nothing to scale" not in (found.sentence or "")


def test_right_values_in_another_dtype_cost_a_share_once(grade: Grade) -> None:
    found = one(grade(algebra=scale("return (x * factor).float()")), "scale")
    assert (found.verdict, found.points) == (Verdict.EDGE, 16)
    assert found.sentence == "`out` is float32, not float64; its values are right"
    assert {case.verdict for case in found.cases} == {Verdict.EDGE}


@pytest.mark.parametrize("count", ["float((x > self.above).sum())", "(x > self.above).sum().to(torch.float32)"])
def test_whole_numbers_as_floats_are_right_values_in_another_dtype(grade: Grade, count: str) -> None:
    found = one(grade(algebra=scale("return x * factor", count)), "count")
    assert (found.verdict, found.points) == (Verdict.EDGE, 16)


WRONG_IN_ANOTHER_DTYPE = {
    "values too": "return (x * factor * 1.001).float()",
    "too few digits": "return (x * factor).half()",
    "rounded to whole numbers": "return (x * factor).long()",
    "a part of it only": "return (x * factor).to(torch.complex128)",
}


@pytest.mark.parametrize("how", WRONG_IN_ANOTHER_DTYPE)
def test_another_dtype_saves_no_wrong_value(grade: Grade, how: str) -> None:
    found = one(grade(algebra=scale(WRONG_IN_ANOTHER_DTYPE[how])), "scale")
    assert (found.verdict, found.points) == (Verdict.WRONG, 0)


def test_an_exercise_may_be_about_the_dtype(grade: Grade, toy: Assignment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toy.checks["algebra.scale"], "exact_dtype", True)
    found = one(grade(algebra=scale("return (x * factor).float()")), "scale")
    assert (found.verdict, found.points) == (Verdict.WRONG, 0)


def test_an_edge_and_another_dtype_add_up(grade: Grade) -> None:
    body = "return (x * factor).float() if len(x) else x.reshape(-1)"
    found = one(grade(algebra=scale(body)), "scale")
    assert (found.verdict, found.points) == (Verdict.EDGE, 20 * (1 - 0.25 - 0.2))


def test_all_edges_together_cost_half_at_most(grade: Grade, toy: Assignment, monkeypatch: pytest.MonkeyPatch) -> None:
    exercise = toy.checks["algebra.scale"]
    edges = [replace(case, name=f"{case.name}_{i}") for case in exercise.cases if case.worth for i in range(6)]
    monkeypatch.setattr(exercise, "cases", [*(case for case in exercise.cases if case.worth is None), *edges])
    body = scale("return x * factor if len(x) else x.reshape(-1)")
    found = one(grade(Options(secret=b"other cases"), algebra=body), "scale")  # under a secret that is kept apart
    assert (found.verdict, found.points) == (Verdict.EDGE, 10)


def test_without_a_core_case_nothing_is_right_but_for_an_edge(
    grade: Grade, toy: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    edges = [case for case in toy.checks["algebra.scale"].cases if case.worth is not None]
    monkeypatch.setattr(toy.checks["algebra.scale"], "cases", edges)
    found = one(grade(Options(secret=b"edges only"), algebra=scale("return x.reshape(-1)")), "scale")
    assert found.verdict is Verdict.WRONG


# -- what calls it -----------------------------------------------------------------------------------------------------


def test_a_prerequisite_that_fails_an_edge_blocks_nothing_that_it_does_not_explain(grade: Grade) -> None:
    text = scale(ON_EMPTY["another shape"][0]).replace("return (x * x).sum(), 2 * x", "return (x * x).sum(), 7 * x")
    result = grade(algebra=text)
    assert one(result, "scale").verdict is Verdict.EDGE
    assert one(result, "energy").verdict is Verdict.WRONG


def test_an_edge_is_not_called_blocked(grade: Grade, toy: Assignment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toy.checks["algebra.scale"], "needs", ("algebra.Counter.count",))
    result = grade(algebra=scale(ON_EMPTY["another shape"][0], "int((x < self.above).sum())"))
    found = one(result, "scale")
    assert (found.verdict, found.points) == (Verdict.EDGE, 15)
    assert "it may come from `algebra.Counter.count`, which is not all right" in found.notes


# -- wherever it is shown ----------------------------------------------------------------------------------------------


@pytest.fixture
def edge(grade: Grade) -> Result:
    return grade(Options(exercises=("algebra.scale", "algebra.energy")), algebra=scale(ON_EMPTY["another shape"][0]))


def test_the_sum_tells_edges(edge: Result) -> None:
    assert edge.how_many_right == "1 of 2 exercises right, 1 more but for an edge"
    assert not edge.all_right


def test_the_terminal_says_so_in_words_and_colour(edge: Result) -> None:
    shown = io.StringIO()
    show(edge, Console(file=shown, force_terminal=True, width=120, color_system="standard"))
    text = shown.getvalue()
    assert "\x1b[92mright, but for an edge\x1b[0m" in text
    assert "1 of 2 exercises right, 1 more but for an edge" in text


def test_a_notebook_a_page_and_exports_say_so(edge: Result, toy: Assignment) -> None:
    scaled: ExerciseResult = one(edge, "scale")
    sentence = scaled.sentence or ""
    assert '<b style="color:#7c8f1e">right, but for an edge</b>' in cell_of(edge)
    assert '<span class="badge edge">right, but for an edge</span>' in page_of(entry("ada", edge), toy)
    assert f'type="edge" message="right, but for an edge: {sentence}"' in junit_of([entry("ada", edge)], toy).decode()
    assert f"right, but for an edge: {sentence}" in results_of(entry("ada", edge), toy).decode()


def test_the_style_knows_every_verdict() -> None:
    from grader.report import html

    style = (Path(html.__file__).parent / "templates" / "style.css").read_text()
    for verdict in Verdict:
        assert f".v-{verdict.value} " in style
