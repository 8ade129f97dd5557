"""Which failures are put down to a prerequisite."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from grader.result import ExerciseResult, Verdict
from grader.spec import Checks

FINE = (Verdict.RIGHT, Verdict.TOO_SLOW, Verdict.BROKE_RULE, Verdict.NEEDS_CUDA, Verdict.GRADER_FAULT)


def blocked(results: Sequence[ExerciseResult], checks: Checks, own: Collection[str]) -> tuple[ExerciseResult, ...]:
    """The records; a failure whose prerequisite failed is called blocked, and keeps its own sentence as a note.

    `own` are the exercises that fail as one of their own misconceptions does on top of right prerequisites: what is
    wrong there is known, and putting the prerequisite right would not help. They keep their verdict."""
    verdicts = {one.id: one.verdict for one in results}
    named: list[ExerciseResult] = []
    for one in results:
        failed = [need for need in checks[one.id].needs if verdicts.get(need, Verdict.RIGHT) not in FINE]
        fails = bool(one.cases) and one.verdict not in (*FINE, Verdict.NOT_ATTEMPTED)
        named.append(_called(one, failed) if failed and fails and one.id not in own else one)
    return tuple(named)


def _called(one: ExerciseResult, failed: Sequence[str]) -> ExerciseResult:
    return msgspec.structs.replace(
        one,
        verdict=Verdict.BLOCKED,
        cause=", ".join(failed),
        sentence=f"{_list(failed)} must be right first",
        notes=(*one.notes, f"on its own: {one.verdict.words}, {one.sentence}"),
    )


def _list(names: Sequence[str]) -> str:
    """As a sentence has it: `a`, `b` and `c`."""
    *first, last = (f"`{name}`" for name in names)
    return f"{', '.join(first)} and {last}" if first else last
