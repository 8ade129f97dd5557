"""results.json, against the fields that Gradescope documents."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from grader.course import Assignment
from grader.gradebook import Entry
from grader.report.gradescope import results_of
from grader.result import Verdict

FORMATS = {"text", "html", "simple_format", "md", "ansi"}
VISIBILITIES = {"visible", "hidden", "after_due_date", "after_published"}
NUMBER, TEXT = (int, float), (str,)
DOCUMENT = {
    "score": NUMBER,
    "execution_time": NUMBER,
    "output": TEXT,
    "output_format": TEXT,
    "test_output_format": TEXT,
    "test_name_format": TEXT,
    "visibility": TEXT,
    "stdout_visibility": TEXT,
    "extra_data": (dict,),
    "tests": (list,),
    "leaderboard": (list,),
}
TEST = {
    "score": NUMBER,
    "max_score": NUMBER,
    "status": TEXT,
    "name": TEXT,
    "name_format": TEXT,
    "number": TEXT,
    "output": TEXT,
    "output_format": TEXT,
    "tags": (list,),
    "visibility": TEXT,
    "extra_data": (dict,),
}


def checked(document: dict[str, Any], fields: dict[str, tuple[type, ...]]) -> dict[str, Any]:
    """That Gradescope knows every field, its type and its words."""
    for name, value in document.items():
        assert name in fields and isinstance(value, fields[name]) and not isinstance(value, bool), name
        assert not name.endswith("_format") or value in FORMATS
        assert not name.endswith("visibility") or value in VISIBILITIES
    assert document.get("status", "passed") in ("passed", "failed")
    for test in document.get("tests", ()):
        checked(test, TEST)
        assert 0 <= test["score"] <= test["max_score"]
    return document


def results(one: Entry, assignment: Assignment) -> dict[str, Any]:
    """Decoded and checked."""
    return checked(json.loads(results_of(one, assignment)), DOCUMENT)


def test_the_score_is_the_sum_of_the_tests(toy_class: list[Entry], toy: Assignment) -> None:
    graded = [one for one in toy_class if one.result is not None]
    assert len(graded) > 5
    for one in graded:
        told = results(one, toy)
        assert told["score"] == pytest.approx(sum(test["score"] for test in told["tests"]))
        assert sum(test["max_score"] for test in told["tests"]) == 100
        assert {test["status"] for test in told["tests"] if test["tags"] != ["right"]} <= {"failed"}
        assert [test["name"] for test in told["tests"]] == [exercise.id for exercise in toy.checks.exercises]


def test_what_a_student_reads(toy_class: list[Entry], toy: Assignment) -> None:
    told = {one.student: results(one, toy) for one in toy_class}
    assert "Hint: The factor is added instead of multiplied." in told["grace"]["tests"][0]["output"]
    assert "algebra.py does not parse" in told["paul"]["output"]
    assert told["paul"]["score"] == 30
    assert told["ada"]["tests"][0]["output"] == "right"


def test_nothing_to_grade_is_no_points_and_a_sentence(toy_class: list[Entry], toy: Assignment) -> None:
    told = next(results(one, toy) for one in toy_class if one.student == "empty")
    assert told["score"] == 0 and "tests" not in told
    assert "has none of algebra.py, chance.py" in told["output"]


@pytest.mark.parametrize("student", ["unlucky", "waiting"])
def test_a_fault_has_no_score(toy_class: list[Entry], toy: Assignment, student: str) -> None:
    told = next(results(one, toy) for one in toy_class if one.student == student)
    assert "score" not in told and "tests" not in told
    assert told["output"].startswith("Ungraded: ") and "no zero" in told["output"]


def test_what_was_not_asked_is_said_and_not_counted(toy_class: list[Entry], toy: Assignment) -> None:
    result = toy_class[0].result
    assert result is not None
    away = msgspec.structs.replace(result.exercises[0], verdict=Verdict.NEEDS_CUDA, points=0.0, out_of=0.0)
    exercises = (away, *result.exercises[1:])
    without = msgspec.structs.replace(result, exercises=exercises, points=80.0, out_of=80.0)
    told = results(Entry("x", "x", None, "", without, None, None, 1, None), toy)
    assert told["score"] == 80 and sum(test["max_score"] for test in told["tests"]) == 80
    assert "not counted: algebra.scale" in told["output"]


def test_output_is_text_never_markup(hostile: Entry, toy: Assignment) -> None:
    told = results(hostile, toy)
    assert told["output_format"] == "text" and {test["output_format"] for test in told["tests"]} == {"text"}
    texts = [told["output"], *(test["output"] for test in told["tests"])]
    assert any("<script>" in text for text in texts)  # as text it is harmless, and says what came
    assert all(c in "\n\t" or c.isprintable() for text in texts for c in text)
