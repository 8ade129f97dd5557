"""The class as JSON."""

from __future__ import annotations

import json

import msgspec

from grader.course import Assignment
from grader.gradebook import Entry
from grader.report.json import json_of
from grader.result import Result


def test_the_records_are_those_of_the_gradebook(toy_class: list[Entry], hostile: Entry, toy: Assignment) -> None:
    everybody = [*toy_class, hostile]
    told = json.loads(json_of(everybody, toy))
    assert (told["schema"], told["assignment"], told["title"]) == (1, "t1", "A toy")
    assert len(told["submissions"]) == len(everybody)
    for one, row in zip(everybody, told["submissions"], strict=True):
        assert (row["student"], row["attempts"]) == (one.student, 1)
        record = None if row["record"] is None else msgspec.convert(row["record"], Result)
        assert record == one.result
    remarks = {row["student"]: (row["status"], row["fault"], row["remark"]) for row in told["submissions"]}
    assert remarks["unlucky"] == ("ungraded", "no worker could be started", "no worker could be started")
    assert remarks["waiting"] == ("ungraded", None, "not graded yet")
    points = {row["student"]: row["points"] for row in told["submissions"]}
    assert points["unlucky"] is points["waiting"] is None and points["empty"] == 0 and points["ada"] == 100


def test_nobody_is_an_empty_list(toy: Assignment) -> None:
    assert json.loads(json_of(iter(()), toy))["submissions"] == []
