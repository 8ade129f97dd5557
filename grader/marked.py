"""What an exercise came to, while it is still being found out."""

from __future__ import annotations

from dataclasses import dataclass, field

from grader import diagnose
from grader.explain import Explanation
from grader.question import Question
from grader.result import CaseResult, Speed, Verdict
from grader.spec import Exercise
from grader.trial import Outcome


@dataclass
class Marked:
    """One exercise under one edition."""

    exercise: Exercise
    verdict: Verdict
    points: float
    out_of: float
    cases: list[CaseResult] = field(default_factory=list)
    wrong: list[diagnose.Wrong] = field(default_factory=list)
    right: list[diagnose.Right] = field(default_factory=list)
    explanation: Explanation | None = None
    notes: list[str] = field(default_factory=list)
    printed: str = ""
    hints: tuple[str, ...] = ()
    own_mistake: bool = False  # the hints name one of the exercise itself, whatever its prerequisites do
    speed: Speed | None = None


def hold(marked: Marked, outcome: Outcome) -> None:
    """Take off what a broken rule or a slow answer costs: all points, or points for speed."""
    marked.speed = outcome.speed
    marked.notes += outcome.notes
    why = outcome.why
    if why is None:
        return
    if why.verdict is not Verdict.TOO_SLOW:
        marked.points, marked.verdict, marked.explanation = 0.0, why.verdict, why
        return
    exercise = marked.exercise
    left = 1 - (1 - outcome.share) * exercise.speed_points / exercise.points
    marked.points = round(marked.points * left, 2)
    if marked.verdict is Verdict.RIGHT:
        marked.verdict, marked.explanation = why.verdict, why
    else:
        marked.notes.append(f"it is also too slow: {why.sentence}")


def cost(question: Question) -> float:
    """The share of an exercise's points that failing this case costs."""
    worth = getattr(question.case, "worth", None)
    return 1.0 if worth is None else worth


def unasked(exercise: Exercise, why: Explanation, out_of: float | None = None) -> Marked:
    """An exercise that was not, or could not be, asked."""
    return Marked(exercise, why.verdict, 0.0, exercise.points if out_of is None else out_of, explanation=why)
