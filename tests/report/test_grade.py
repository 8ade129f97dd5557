"""What an entry comes to."""

from __future__ import annotations

import msgspec

from grader.course import Assignment
from grader.gradebook import Entry
from grader.report.grade import cell, grade, number
from grader.result import Result, Verdict
from tests.report.conftest import entry


def with_fault(result: Result) -> Result:
    """The same record, with a fault of the grader's in its first exercise."""
    first = msgspec.structs.replace(result.exercises[0], verdict=Verdict.GRADER_FAULT, points=0.0, sentence="it broke")
    return msgspec.structs.replace(result, exercises=(first, *result.exercises[1:]))


def test_what_each_comes_to(toy_class: list[Entry], toy: Assignment) -> None:
    told = {one.student: grade(one, toy) for one in toy_class}
    assert {one.out_of for one in told.values()} == {100.0}
    assert {name: one.points for name, one in told.items() if one.status == "graded"} == {
        "ada": 100.0,
        "grace": 50.0,
        "emmy": 50.0,
        "kurt": 70.0,
        "alan": 20.0,
        "paul": 30.0,
        "lazy": 0.0,
        "nan": 50.0,
    }
    assert told["empty"].points == 0.0 and told["empty"].status == "nothing to grade"
    assert "has none of algebra.py, chance.py" in (told["empty"].sentence or "")
    assert [told[name].points for name in ("unlucky", "waiting")] == [None, None]
    assert [told[name].sentence for name in ("unlucky", "waiting")] == ["no worker could be started", "not graded yet"]


def test_one_fault_in_a_record_leaves_the_whole_ungraded(toy_class: list[Entry], toy: Assignment) -> None:
    result = toy_class[0].result
    assert result is not None
    told = grade(entry("x", with_fault(result)), toy)
    assert (told.status, told.points, told.sentence) == ("ungraded", None, "algebra.scale: it broke")


def test_a_file_that_was_not_handed_in_counts_and_what_could_not_be_asked_does_not(
    toy_class: list[Entry], toy: Assignment
) -> None:
    result = toy_class[0].result
    assert result is not None
    some = msgspec.structs.replace(result, exercises=result.exercises[:2])
    assert grade(entry("x", some), toy).out_of == 100
    away = msgspec.structs.replace(result.exercises[0], verdict=Verdict.NEEDS_CUDA, points=0.0, out_of=0.0)
    without = msgspec.structs.replace(result, exercises=(away, *result.exercises[1:]))
    assert grade(entry("x", without), toy).out_of == 80


def test_numbers_and_cells() -> None:
    assert [number(x) for x in (91.5, 8.0, 1 / 3, 0.0, -0.0, 100.0, 123456.75)] == [
        "91.5",
        "8",
        "0.3333",
        "0",
        "0",
        "100",
        "123456.75",
    ]
    assert cell("a\r\n\tb\x1b[2J\u202e\x00") == "a b\ufffd[2J\ufffd\ufffd"
    assert len(cell("x" * 1_000_000)) <= 4_000
