"""Which misconceptions explain a wrong answer: those that give the same answer on every case that is wrong.

Of those that do, the ones that are right where the submission is right come first; those that were named for one of its
prerequisites before those of the exercise itself, and these before any other of what it needs. What explains equally
well is named alike. A likeness of chance is said to be one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grader import wire
from grader.agreement import comparison_of
from grader.compare import Agreement, Mismatch
from grader.diagnose.likeness import Likeness, compared, equal, indistinguishable, is_choice, likeness
from grader.diagnose.outcome import Right, Wrong
from grader.diagnose.view import view
from grader.oracle import UNUSABLE, Oracle, OracleFault
from grader.question import Question
from grader.response import Response
from grader.spec import Checks, Exercise, TimedCase, Version
from grader.worker import failure as kinds

CRASHES = (
    kinds.RAISED,
    kinds.VALUES,
    kinds.NOTHING,
    kinds.RETURNED,
    kinds.SIGNATURE,
)  # that a misconception may have caused


SEARCHED = 30.0  # seconds that a question may take; where it may take more, unasked prerequisites are not searched


@dataclass(frozen=True)
class Explanation:
    """A misconception that gives the submission's answers. `consistent`: it is right where the submission is."""

    version: Version
    own: bool
    likeness: Likeness
    consistent: bool

    @property
    def rank(self) -> tuple[bool, bool, Likeness]:
        return self.consistent, self.own, self.likeness


@dataclass(frozen=True)
class Named:
    """The sentences to say. `own`: they name a mistake of the exercise itself, beyond chance, that gives these answers
    with every prerequisite right, and none that was named for a prerequisite gives them."""

    sentences: tuple[str, ...] = ()
    own: bool = False


def hints(
    checks: Checks,
    oracle: Oracle,
    wrong: Sequence[Wrong],
    edition: tuple[Version, ...],
    right: Sequence[Right] = (),
    known: Mapping[str, Sequence[str]] | None = None,
) -> Named:
    """The sentences of the misconceptions that explain every case that is `wrong`, as far as it has an answer.

    `right` are the cases that are right; `known` are the hints that were given to the submission's other exercises, ()
    to those that were right. Raises OracleFault."""
    cases = sorted(filter(_speaks, wrong), key=_order)
    if not cases:
        return Named()
    search = _Search(checks, oracle, cases, right, edition, known or {})
    return search.named()


class _Search:
    """The misconceptions that may explain an exercise's answers, tried one after the other."""

    def __init__(
        self,
        checks: Checks,
        oracle: Oracle,
        cases: Sequence[Wrong],
        right: Sequence[Right],
        edition: tuple[Version, ...],
        known: Mapping[str, Sequence[str]],
    ) -> None:
        self.checks = checks
        self.oracle = oracle
        self.cases = cases
        self.exercise = cases[0][0].exercise
        self.right = [one for one in right if not isinstance(one[0].case, TimedCase)]
        self.edition = edition
        self.known = known
        self._claims: dict[tuple[int, str], frozenset[str]] = {}

    def named(self) -> Named:
        strong = any(map(_is_telling, self.cases))
        needed = list(self.checks.prerequisites(self.exercise))
        told = [hint for need in needed for hint in self.known.get(need.id, ())]
        # By sentence: two ways to the same end have the same mistakes, and the reference may go the other one.
        known = [m for need in needed for m in need.misconceptions if _is_among(m, told)]
        found = self._explaining(known, own=False)
        if not any(one.consistent and one.likeness is Likeness.EQUAL for one in found):
            found += self._explaining(own_misconceptions(self.checks, self.exercise), own=True)
            if not any(one.consistent for one in found) and self.exercise.seconds <= SEARCHED:
                # What was asked, and was right or got another hint, is none of these: a case would have shown it.
                unasked = [need for need in needed if need.id not in self.known]
                found += self._explaining((m for need in unasked for m in need.misconceptions), own=False)
        found = [one for one in found if one.consistent or (strong and one.likeness is Likeness.EQUAL)]
        if not found:
            return Named(tuple(dict.fromkeys(self._in_parts())))
        best = max(one.rank for one in found)
        said = [_said(one) for one in found if one.rank == best]
        return Named(tuple(dict.fromkeys(said)), strong and best == (True, True, Likeness.EQUAL))

    def _explaining(self, candidates: Iterable[Version], own: bool) -> list[Explanation]:
        found = []
        for version in candidates:
            alike = self._alike(version)
            if alike is not Likeness.NONE:
                found.append(Explanation(version, own, alike, all(self._is_right(version, *one) for one in self.right)))
        return found

    def _alike(self, version: Version) -> Likeness:
        """The least likeness over all wrong cases; the first one that has none ends it."""
        least = Likeness.EQUAL
        for question, response, _ in self.cases:
            least = min(least, self._in_case(version, question, response))
            if least is Likeness.NONE:
                break
        return least

    def _in_case(self, version: Version, question: Question, response: Response) -> Likeness:
        theirs, truth = self._answer(question, version), self._truth(question)
        if theirs is None:
            return Likeness.NONE
        alike = likeness(question, response, theirs, truth)
        if alike is Likeness.NONE or isinstance(theirs, wire.Failure) or response.answer is None:
            return alike
        how = comparison_of(question)
        if not how(compared(question, truth), compared(question, response.answer)).ok:
            return alike
        # What is compared is right, in both. So a property fails, or nothing that can be seen in an answer.
        if not self.exercise.properties:
            return Likeness.NONE
        got, model = _rest(question, response.answer), _rest(question, theirs)
        if how(model, got).ok:
            return alike
        if not is_choice(self.exercise, got, model) and not indistinguishable(got, model, how):
            return Likeness.NONE
        failed = self._failed(question, response.answer, "")
        alike_wrong = failed and UNUSABLE not in failed and failed == self._failed(question, theirs, version.id)
        return Likeness.CHANCE if alike_wrong else Likeness.NONE

    def _is_right(self, version: Version, question: Question, response: Response) -> bool:
        """Whether the misconception is right in a case, as the submission is."""
        theirs = self._answer(question, version)
        if theirs is None or isinstance(theirs, wire.Failure):
            return False
        if not comparison_of(question)(compared(question, self._truth(question)), compared(question, theirs)).ok:
            return False
        return not self.exercise.properties or not self._failed(question, theirs, version.id)

    # -- two mistakes at once ------------------------------------------------------------------------------------

    def _in_parts(self) -> Iterator[str]:
        """Misconceptions that explain some of the outputs each, and get no other output wrong in another way."""
        if any(response.answer is None for _, response, _ in self.cases):
            return
        for version in own_misconceptions(self.checks, self.exercise):
            outputs = self._explained(version)
            if outputs and all(self._is_right(version, *one) for one in self.right):
                yield f"{' and '.join(f'`{name}`' for name in sorted(outputs))}: {version.sentence}"

    def _explained(self, version: Version) -> set[str]:
        """The outputs that the misconception gets wrong, if the submission has all of them wrong in the same way."""
        outputs: set[str] = set()
        telling = False
        for question, response, agreement in self.cases:
            theirs, truth = self._answer(question, version), self._truth(question)
            if theirs is None or isinstance(theirs, wire.Failure) or response.answer is None:
                return set()
            how = comparison_of(question)
            for name, value in compared(question, truth).items():
                if how({name: value}, {name: theirs.get(name)}).ok and name in theirs:
                    continue
                got, model = ({name: a[name]} if name in a else {} for a in (response.answer, theirs))
                if how({name: value}, got).ok or not equal(got, model, {name: value}, how):
                    return set()
                outputs.add(name)
                telling = telling or _is_telling((question, response, agreement), name)
        return outputs if telling else set()

    # -- asking --------------------------------------------------------------------------------------------------

    def _answer(self, question: Question, version: Version) -> dict[str, Any] | wire.Failure | None:
        try:
            return self.oracle.answer(question, *self.edition, version)
        except OracleFault:  # a misconception that does not end explains nothing
            return None

    def _truth(self, question: Question) -> dict[str, Any]:
        return self.oracle.expected(question, self.edition[0] if self.edition else None)

    def _failed(self, question: Question, answer: dict[str, Any], whose: str) -> frozenset[str]:
        key = (id(question), whose)
        if key not in self._claims:
            edition = self.edition[0] if self.edition else None
            self._claims[key] = frozenset(self.oracle.failed_claims(question, answer, edition))
        return self._claims[key]


def own_misconceptions(checks: Checks, exercise: Exercise) -> list[Version]:
    """The exercise's own, and those that other exercises declare of its function."""
    others = [
        version
        for other in checks.exercises
        if other is not exercise
        for version in other.misconceptions
        if set(version.replacements) == {exercise.id}
    ]
    return [*exercise.misconceptions, *others]


def _rest(question: Question, answer: dict[str, Any]) -> dict[str, Any]:
    """The outputs that are not compared with the reference's."""
    return {name: value for name, value in answer.items() if not question.exercise.compares(name)}


def _speaks(case: Wrong) -> bool:
    """Whether there is an answer, or a crash of a kind that a misconception may cause."""
    _, response, _ = case
    return response.answer is not None or (response.failure is not None and response.failure.kind in CRASHES)


def _order(case: Wrong) -> tuple[bool, int]:
    """The most damning case first: one that fits by chance least. Large ones last, as they cost most."""
    question, _, agreement = case
    return isinstance(question.case, TimedCase), -_entries(agreement)


def _entries(agreement: Agreement | None) -> int:
    """How many entries the differing outputs have, of which a hundred are as good as more."""
    sizes = (getattr(getattr(d.expected, "array", None), "size", 1) for d in agreement.differences) if agreement else ()
    return min(sum(sizes), 100)


def _is_telling(case: Wrong, output: str | None = None) -> bool:
    """Whether nothing equals this wrong answer by chance: it has floats that are no round numbers."""
    question, _, agreement = case
    for difference in agreement.differences if agreement else ():
        if difference.kind is Mismatch.VALUES and output in (None, difference.path.partition("[")[0]):
            seen = view(difference, question)
            if seen is not None and seen.floats and (seen.telling or seen.strict):
                return True
    return False


def _is_among(version: Version, hints: Sequence[str]) -> bool:
    """Whether it was named, for certain, perhaps, or of some outputs."""
    return any(hint.endswith(version.sentence) for hint in hints)


def _said(explanation: Explanation) -> str:
    sentence = explanation.version.sentence
    return sentence if explanation.likeness is Likeness.EQUAL else f"Perhaps: {sentence}"
