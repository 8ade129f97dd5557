"""A submission as Gradescope's results.json, with a test for each exercise.

Where there is no grade there is no `score` and no test: Gradescope then says that the autograder failed.
"""

from __future__ import annotations

import msgspec

from grader.course import Assignment
from grader.gradebook import Entry
from grader.report.grade import cell, grade, number
from grader.report.terminal import lines
from grader.result import ExerciseResult, Result, Verdict

LONGEST = 8_000  # characters of one test's output
PLAIN = {"output_format": "text", "stdout_visibility": "hidden", "visibility": "visible"}


def results_of(entry: Entry, assignment: Assignment) -> bytes:
    """The content of /autograder/results/results.json. All of it is plain text, which Gradescope escapes."""
    told = grade(entry, assignment)
    if told.points is None:
        return ungraded(told.sentence or told.status)
    nothing = f"Nothing was graded: {told.sentence}"
    output = _summary(entry.result, assignment) if entry.result is not None else nothing
    document: dict[str, object] = {
        "score": round(told.points, 4),
        "output": "\n".join([output, *map(cell, entry.notes)]),
        **PLAIN,
    }
    if entry.result is not None:
        exercises = [one for one in entry.result.exercises if one.out_of]
        document["tests"] = [_test(one, order) for order, one in enumerate(exercises, start=1)]
    return _encoded(document)


def ungraded(why: str) -> bytes:
    """The same where the grader failed."""
    told = f"Ungraded: the grader failed, not the submission ({cell(why)}). This is no zero."
    return _encoded({"output": told, **PLAIN})


def _encoded(document: dict[str, object]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _summary(result: Result, assignment: Assignment) -> str:
    told = [f"{assignment.name}: {number(result.points)} of {number(result.out_of)} points"]
    told[0] += f", {result.how_many_right}"
    told += [cell(f"{one.name}.py: {one.sentence}") for one in result.modules if one.sentence]
    away = [one.id for one in result.exercises if not one.out_of]
    if away:
        told.append(f"Not asked on this machine, and not counted: {', '.join(away)}")
    return "\n".join(told)


def _test(one: ExerciseResult, order: int) -> dict[str, object]:
    told = lines(msgspec.structs.replace(one, sentence=one.told))
    text = "\n".join(told) or one.verdict.words
    return {
        "name": one.id,
        "number": str(order),
        "score": round(one.points, 4),
        "max_score": round(one.out_of, 4),
        "status": "passed" if one.verdict is Verdict.RIGHT else "failed",
        "output": text if len(text) <= LONGEST else f"{text[:LONGEST]}\n...",
        "output_format": "text",
        "tags": [one.verdict.value],
        "visibility": "visible",
    }
