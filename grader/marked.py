"""What an exercise came to, while it is still being found out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from grader import diagnose
from grader.compare import Agreement
from grader.editions import Poll
from grader.explain import Explanation
from grader.question import Question
from grader.response import Response
from grader.result import CaseResult, Speed, Verdict
from grader.spec import Exercise
from grader.trial import Outcome

EDGES_AT_MOST = 0.5  # the share of an exercise's points that its edges cost together, unless one alone costs more
DTYPE_WORTH = 0.2  # the share of an exercise's points that right values in another dtype cost


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
    told: Failed | None = None  # the failure that is told
    explanation: Explanation | None = None
    notes: list[str] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)
    printed: str = ""
    hints: tuple[str, ...] = ()
    own_mistake: bool = False  # the hints name one of the exercise itself, whatever its prerequisites do
    speed: Speed | None = None
    together: bool = False  # it was asked in a process that others were asked in


class Row:
    """An exercise under each edition, the usual one first; the others are looked at when they are asked for."""

    def __init__(self, usual: Marked, others: Sequence[Callable[[], Marked]] = ()) -> None:
        self._others = others
        self._found: dict[int, Marked] = {0: usual}

    def __getitem__(self, number: int) -> Marked:
        if number not in self._found:
            self._found[number] = self._others[number - 1]()
        return self._found[number]

    @property
    def can_gain(self) -> bool:
        """Whether another edition could give more than the usual one."""
        return self._found[0].points < self._found[0].out_of

    @property
    def is_right(self) -> bool:
        """Whether it is right under one of them."""
        return any(self[number].verdict is Verdict.RIGHT for number in range(len(self._others) + 1))

    @property
    def is_written(self) -> bool:
        """Whether there is something to be right or wrong."""
        return self[0].verdict is not Verdict.NOT_ATTEMPTED


def best_edition(rows: Mapping[str, Row], editions: int, poll: Poll | None) -> int:
    """The number of the edition that gives most; `poll`: what is known from before, and what is to be known again."""
    if poll is None and not any(row.can_gain for row in rows.values()):
        return 0
    poll = poll or Poll()
    for exercise, row in rows.items():
        poll.enter(exercise, [row[number].points for number in range(editions)])
    return poll.best


def hold(marked: Marked, outcome: Outcome) -> None:
    """Take off what a broken rule or a slow answer costs: all points, or points for speed."""
    marked.speed = outcome.speed
    marked.notes += outcome.notes
    marked.advice += outcome.advice
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


@dataclass(frozen=True)
class Failed:
    """A case that is not right. `why` None: its answer was compared, and `agreement` says what differs."""

    question: Question
    response: Response
    agreement: Agreement | None
    why: Explanation | None

    @property
    def only_dtype(self) -> bool:
        """Whether the values are right, and the dtype is another one than is asked for."""
        if self.why is not None or self.agreement is None or self.question.exercise.exact_dtype:
            return False
        return self.agreement.only_dtype

    @property
    def verdict(self) -> Verdict:
        """What becomes of the case."""
        return self.why.verdict if self.why else Verdict.EDGE if self.only_dtype else Verdict.WRONG

    @property
    def is_edge(self) -> bool:
        """Whether it costs a share of the points only."""
        return self.verdict is not Verdict.GRADER_FAULT and (self.only_dtype or _worth(self.question) is not None)

    @property
    def cost(self) -> float:
        """The share of the exercise's points."""
        worth = _worth(self.question)
        own = 1.0 if worth is None else worth
        return min(own, DTYPE_WORTH) if self.only_dtype else own


def settle(marked: Marked, failures: Sequence[Failed], asked: Sequence[Question]) -> None:
    """Enter what failures cost, and what is told first: one that costs everything before edges, a public one before
    hidden ones.

    A dtype costs its share once, in however many cases it differs. All edges together cost half of the points at most:
    what the course itself does is right."""
    if not failures:
        return
    core = [one for one in failures if not one.is_edge]
    shares = [one.cost for one in failures if not one.only_dtype]
    shares += [max((one.cost for one in failures if one.only_dtype), default=0.0)]
    lost = 1.0 if core else min(sum(shares), max(EDGES_AT_MOST, *shares))
    marked.points = marked.exercise.points * (1 - lost)
    marked.told = min(core or failures, key=lambda one: (one.question.case.hidden, -one.cost))
    marked.explanation = marked.told.why
    only_edges = not core and any(_worth(question) is None for question in asked)
    marked.verdict = Verdict.EDGE if only_edges else marked.told.verdict


def _worth(question: Question) -> float | None:
    worth: float | None = getattr(question.case, "worth", None)
    return worth


def unasked(exercise: Exercise, why: Explanation, out_of: float | None = None) -> Marked:
    """An exercise that was not, or could not be, asked."""
    return Marked(exercise, why.verdict, 0.0, exercise.points if out_of is None else out_of, explanation=why)
