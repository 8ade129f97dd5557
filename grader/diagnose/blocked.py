"""Which failures are put down to a prerequisite."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from grader.diagnose.words import listed
from grader.result import ExerciseResult, Verdict
from grader.spec import Checks

FINE = (Verdict.RIGHT, Verdict.TOO_SLOW, Verdict.BROKE_RULE, Verdict.NEEDS_CUDA, Verdict.GRADER_FAULT)


def blocked(results: Sequence[ExerciseResult], checks: Checks, own: Collection[str]) -> tuple[ExerciseResult, ...]:
    """Return the records; a failure whose prerequisite failed is called blocked, and keeps its own sentence as a note.

    `own` are the exercises that fail as one of their own misconceptions does on top of right prerequisites: what is
    wrong there is known, and putting the prerequisite right would not help. They keep their verdict. So does what is
    right but for an edge: it has its points. A prerequisite that is right but for an edge is blamed only if the hint is
    about its mistake; else it is named in a note."""
    verdicts = {one.id: one.verdict for one in results}
    named: list[ExerciseResult] = []
    for one in results:
        failed = [need for need in checks[one.id].needs if verdicts.get(need, Verdict.RIGHT) not in FINE]
        blamed = [need for need in failed if one.hints or verdicts[need] is not Verdict.EDGE]
        fails = bool(one.cases) and one.verdict not in (*FINE, Verdict.NOT_ATTEMPTED)
        if not failed or not fails or one.id in own:
            named.append(one)
        elif one.verdict is Verdict.EDGE or not blamed:
            named.append(_with_note(one, failed))
        else:
            named.append(_called(one, blamed))
    return tuple(named)


def _with_note(one: ExerciseResult, failed: Sequence[str]) -> ExerciseResult:
    names = listed(list(failed))
    note = f"it may come from {names}, which {'are' if len(failed) > 1 else 'is'} not all right"
    return msgspec.structs.replace(one, notes=(*one.notes, note))


def _called(one: ExerciseResult, failed: Sequence[str]) -> ExerciseResult:
    return msgspec.structs.replace(
        one,
        verdict=Verdict.BLOCKED,
        cause=", ".join(failed),
        sentence=f"{listed(list(failed))} must be right first",
        notes=(*one.notes, f"on its own: {one.verdict.words}, {one.sentence}"),
    )
