"""Grades one submission: asks, compares, scores.

The judge imports neither a submission nor torch. What it says about an exercise rests on the answers alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from grader import diagnose, wire
from grader.agreement import agreement, agreement_in_other_type
from grader.compare import Agreement
from grader.course import Assignment
from grader.editions import Poll
from grader.explain import Explanation, explain, explain_import, not_started, printed_plainly, told_safely
from grader.interview import IMPORT_SECONDS, Imported, Interview
from grader.marked import Failed, Marked, Row, best_edition, hold, settle, unasked
from grader.oracle import Oracle, OracleFault
from grader.peer import PeerLost, printable
from grader.placement import misplaced
from grader.question import OTHER, Question, draw, encode_all
from grader.response import SMALL, Response, Transcript, without_bulk
from grader.result import CaseResult, ExerciseResult, ModuleResult, Result, Verdict, finite
from grader.rules import SourceReader, about_source, own_modules, read_sources
from grader.sandbox.cage import Cage
from grader.seed import name_of
from grader.sitting import Sitting
from grader.skeleton import SkeletonReader
from grader.spec import Case, Exercise, TimedCase
from grader.spec.checks import Edition, Module
from grader.submission import Submission
from grader.trial import Trial
from grader.yardstick import Yardstick

Judgement = tuple[float, Agreement | None, Explanation | None]


@dataclass(frozen=True)
class Options:
    """What is asked, and how. `secret` None: hidden cases are drawn with the public secret."""

    exercises: tuple[str, ...] | None = None  # ids; None: all
    public_only: bool = False
    device: str = "cpu"
    secret: bytes | None = None
    timed: bool = True  # False: without the clock, the timed case is asked like any other

    @property
    def seed(self) -> str:
        """What a record tells of the secret: which one it is, not what it is."""
        return "public" if self.secret is None else name_of(self.secret)


@dataclass(frozen=True)
class _Asked:
    """A module that was asked; its rules, limits and hints are still to be seen to. `imported` None: it was not."""

    told: ModuleResult
    exercises: list[Marked]
    imported: Imported | None = None
    edition: Edition | None = None
    poll: Poll | None = None


class Judge:
    """Grades submissions of one assignment. Questions are drawn once, and answered by the reference once."""

    def __init__(self, assignment: Assignment, oracle: Oracle, nursery: Cage, options: Options) -> None:
        self._assignment = assignment
        self._oracle = oracle
        self._nursery = nursery
        self._options = options
        self._secret = options.secret or b"public"
        self._yardstick = Yardstick(oracle, self._secret, assignment.course.assignments)

    def grade(
        self,
        submission: Submission,
        sandbox: str,
        progress: Callable[[str], None] = lambda exercise: None,
        polls: Mapping[str, Poll] | None = None,
    ) -> Result:
        """The record of one submission; `progress` is told each exercise before it is asked. `polls`: what is known of
        each module of this very folder from before."""
        known = {name: hints for poll in (polls or {}).values() for name, hints in poll.hints.items()}
        diagnosis = diagnose.Diagnosis(self._assignment.checks, self._oracle, known)
        there = [m for m in self._assignment.checks.modules.values() if m.name in submission.modules]
        wanted = [module for module in there if any(map(self._wanted, module.exercises))]
        ahead = [module for module in wanted if any(map(about_source, module.exercises))]
        texts = read_sources(submission)  # before any of it is run
        beside = own_modules(submission, self._assignment.course.given)
        asked: list[_Asked] = []
        finished = 0
        with (
            Interview(self._nursery, self._assignment, submission, self._options.device) as interview,
            ExitStack() as stack,
            Sitting(interview) as asking,
        ):
            sources, skeleton = SourceReader(interview, texts, ahead, beside), SkeletonReader(interview, texts)
            for module in wanted:
                asked.append(one := self._module(module, asking, progress, (polls or {}).get(module.name)))
                has_worker = one.imported is not None and one.imported.worker is not None
                if one.imported is not None:
                    stack.callback(interview.end, one.imported)
                if has_worker or module is wanted[-1]:  # what that worker holds is not to be there beside the next one
                    asking.end()
                    skeleton.settle(each for told in asked[finished:] for each in told.exercises)
                    self._finish(asked[finished:], interview, sources, diagnosis)
                    finished = len(asked)
        marked = [each for one in asked for each in one.exercises]
        own = {one.exercise.id for one in marked if one.own_mistake}
        results = diagnose.blocked([self._result(one) for one in marked], self._assignment.checks, own)
        record = Result(
            assignment=self._assignment.name,
            version=self._assignment.version,
            submission=submission.name,
            device=self._options.device,
            sandbox=sandbox,
            points=0.0,
            out_of=0.0,
            seed=self._options.seed,
            modules=tuple(one.told for one in asked),
            exercises=(),
        )
        return record.with_exercises(results)

    def questions(self, exercise: Exercise, timed: bool = True) -> list[Question]:
        """An exercise's questions: public ones first, what is printed there is shown; of these and of the hidden ones
        those that cost all points before those that cost some; with the timed case."""
        cases: list[Case | TimedCase] = [
            *sorted(exercise.cases, key=lambda case: (case.hidden, case.worth is not None))
        ]
        if exercise.timed_case and timed:
            cases.append(exercise.timed_case)
        wanted = [case for case in cases if not (case.hidden and self._options.public_only)]
        data = self._assignment.course.assignments
        key = ("questions", exercise.id, timed, self._options.public_only, self._secret)
        return self._oracle.known.get(key, lambda: [draw(exercise, case, self._secret, data) for case in wanted])

    def _asked(self, exercise: Exercise) -> list[Question]:
        """The questions that are asked before the clock runs."""
        return self.questions(exercise, timed=not self._options.timed)

    def _wanted(self, exercise: Exercise) -> bool:
        return self._options.exercises is None or exercise.id in self._options.exercises

    # -- a module ------------------------------------------------------------------------------------------------

    def _module(self, module: Module, asking: Sitting, progress: Callable[[str], None], poll: Poll | None) -> _Asked:
        try:
            imported = asking.begin(module.name)
        except PeerLost as lost:
            why = not_started(lost)
            return self._unasked(module, ModuleResult(module.name, False, why.sentence), why)
        told = ModuleResult(module.name, True, None, imported.placeholders, None, printed_plainly(imported.printed))
        if imported.failed:
            why = explain_import(imported, IMPORT_SECONDS)
            told = msgspec.structs.replace(told, imported=False, sentence=why.sentence)
            return self._unasked(module, told, why)
        edition, exercises = self._best_edition(module, asking, progress, poll)
        told = msgspec.structs.replace(told, edition=edition.sentence if edition else None)
        return _Asked(told, exercises, imported, edition, poll)

    def _unasked(self, module: Module, told: ModuleResult, why: Explanation) -> _Asked:
        return _Asked(told, [unasked(exercise, why) for exercise in module.exercises if self._wanted(exercise)])

    def _finish(
        self, asked: Sequence[_Asked], interview: Interview, sources: SourceReader, diagnosis: diagnose.Diagnosis
    ) -> None:
        """Rules, limits and hints; nothing that was asked runs beside what is measured now."""
        with Sitting(interview) as counting:
            trial = Trial(self._yardstick, interview, sources, counting)
            for one in asked:
                if one.imported is not None:
                    for marked in one.exercises:
                        self._try(marked, trial, one.imported, one.edition)
        for one in asked:
            if one.imported is not None:
                self._hint(one, one.imported, interview, diagnosis)
                interview.end(one.imported)

    def _hint(self, asked: _Asked, imported: Imported, interview: Interview, diagnosis: diagnose.Diagnosis) -> None:
        # Hints to one help to find those to what needs it.
        for marked in sorted(asked.exercises, key=lambda one: diagnosis.depth(one.exercise)):
            wrong = marked.wrong if marked.verdict is not Verdict.NOT_ATTEMPTED else []
            found = diagnosis.hints(marked.exercise, wrong, marked.right, asked.edition, interview, imported)
            marked.hints, marked.own_mistake = found.hints, found.own
            marked.notes += found.notes
            if asked.poll is not None:
                asked.poll.tell(marked.exercise.id, found.hints)

    def _best_edition(
        self, module: Module, sitting: Sitting, progress: Callable[[str], None], poll: Poll | None
    ) -> tuple[Edition | None, list[Marked]]:
        """The module's exercises under the edition that gives most."""
        editions: list[Edition | None] = [None, *module.editions.values()]
        rows: dict[str, Row] = {}
        for exercise in module.exercises:
            if self._wanted(exercise) or (len(editions) > 1 and not (poll and poll.knows(exercise.id))):
                progress(exercise.id)
                rows[exercise.id] = self._ask(exercise, editions, sitting)
        while True:
            best = best_edition(rows, len(editions), poll)
            chosen = [row[best] for row in rows.values()]
            doubtful = [one.exercise for one in chosen if one.together and one.verdict is not Verdict.RIGHT]
            if not doubtful:
                return editions[best], [one for one in chosen if self._wanted(one.exercise)]
            for exercise in doubtful:  # right under another edition only
                rows[exercise.id] = self._ask(exercise, editions, sitting, alone=True)

    # -- an exercise ---------------------------------------------------------------------------------------------

    def _ask(
        self, exercise: Exercise, editions: Sequence[Edition | None], sitting: Sitting, alone: bool = False
    ) -> Row:
        """An exercise under each edition: as it is beside others, where it is right there and there is nothing else to
        be said of it; else as it is alone."""
        if exercise.needs_cuda and self._options.device == "cpu":
            away = Explanation(Verdict.NEEDS_CUDA, "asked on a machine with a GPU only; not counted here")
            gone = unasked(exercise, away, out_of=0.0)
            return Row(gone, [lambda: gone] * (len(editions) - 1))
        questions, aside = self._asked(exercise), self._in_other_type(exercise)
        frame = None if alone or self._options.device != "cpu" else self._frame(exercise)
        together = sitting.ask_together(frame, questions, aside) if frame is not None else None
        if together is not None:
            row, note = self._marks(exercise, together, editions)
            if not together.together or (not note and row.is_right):
                sitting.settle(row.is_right, row.is_written)
                return row
        row, _ = self._marks(exercise, sitting.ask_alone(questions, aside), editions)
        sitting.settle(row.is_right, row.is_written)
        return row

    def _frame(self, exercise: Exercise) -> wire.Encoded | None:
        """All that an exercise is asked, as one request."""
        key = ("frame", exercise.id, self._options.timed, self._options.public_only, self._secret)
        asked = [*self._asked(exercise), *self._in_other_type(exercise)]
        return self._oracle.known.get(key, lambda: encode_all(asked, "cpu"))

    def _marks(
        self, exercise: Exercise, transcript: Transcript, editions: Sequence[Edition | None]
    ) -> tuple[Row, str | None]:
        """An exercise under each edition, and a note on the other float type."""
        transcript.responses = list(map(self._without_bulk, self._asked(exercise), transcript.responses))
        usual = self._mark(exercise, transcript, None)
        note = self._about_the_other_type(usual, transcript)
        usual.notes += [note] if note else []
        others = [partial(self._mark, exercise, transcript, edition, usual) for edition in editions[1:]]
        return Row(usual, others), note

    def _without_bulk(self, question: Question, response: Response) -> Response:
        """What is kept of a response until the end."""
        if response.size <= SMALL:
            return response
        try:
            return without_bulk(response, self._oracle.expected(question))
        except OracleFault:
            return response  # it will be told

    def _mark(
        self, exercise: Exercise, transcript: Transcript, edition: Edition | None, usual: Marked | None = None
    ) -> Marked:
        """Verdict and points under an edition. What is the same under every edition is taken from `usual`."""
        marked = Marked(exercise, Verdict.RIGHT, exercise.points, exercise.points)
        marked.printed, marked.together = transcript.printed, transcript.together
        if usual is not None:
            marked.notes = usual.notes
        failures: list[Failed] = []
        for question, response in zip(self._asked(exercise), transcript.responses, strict=True):
            try:
                error, agreement, why = self._judge(question, response, edition)
            except OracleFault as fault:
                return unasked(exercise, Explanation(Verdict.GRADER_FAULT, str(fault)))
            if response.changed and not exercise.keep_inputs and usual is None:
                names = " and ".join(f"`{printable(name)}`" for name in response.changed)
                marked.notes.append(f"changes its input {names} in place")
            verdict = Verdict.RIGHT
            if why is not None or (agreement is not None and not agreement.ok):
                failures.append(Failed(question, response, agreement, why))
                marked.wrong.append((question, response, agreement))
                verdict = failures[-1].verdict
            else:
                marked.right.append((question, response))
            hidden = question.case.hidden
            marked.cases.append(CaseResult(question.case.name, hidden, verdict, None if hidden else finite(error)))
        settle(marked, failures, self._asked(exercise))
        return marked

    def _judge(self, question: Question, response: Response, edition: Edition | None) -> Judgement:
        """Error, agreement where an answer was compared, and an explanation where that is not the point."""
        if response.answer is None:
            return float("inf"), None, explain(response, question)
        expected = self._oracle.expected(question, edition.version if edition else None)
        return self._against(question, response, expected, edition)

    def _against(
        self, question: Question, response: Response, expected: dict[str, Any], edition: Edition | None
    ) -> Judgement:
        """The same, for an answer whose right one is known."""
        exercise = question.exercise
        assert response.answer is not None
        if all(value is None for value in response.answer.values()) and any(v is not None for v in expected.values()):
            sentence = "it returns None: not written yet, or its `return` is missing"
            return float("inf"), None, Explanation(Verdict.NOT_ATTEMPTED, sentence)
        if exercise.keep_inputs and response.changed:
            names = " and ".join(f"`{printable(name)}`" for name in response.changed)
            sentence = f"it changes its input {names} in place, and must not"
            why = Explanation(Verdict.WRONG, sentence, diagnose.sharing(response))
            return float("inf"), agreement(question, expected, response.answer), why
        agreed = agreement(question, expected, response.answer)
        values_are_right = agreed.ok or agreed.only_dtype
        if values_are_right and exercise.properties:
            failed = self._oracle.failed_claims(question, response.answer, edition.version if edition else None)
            if failed:
                return float("inf"), agreed, Explanation(Verdict.WRONG, f"it does not hold that {failed[0]}")
        away = misplaced(question, response, self._oracle, self._options.device) if values_are_right else None
        return agreed.error, agreed, away

    def _in_other_type(self, exercise: Exercise) -> list[Question]:
        """The first question in the other float type, where an answer to it can be compared."""
        first = self._asked(exercise)[0]
        return [] if exercise.properties or not first.has_floats else [first.cast(OTHER[exercise.dtype])]

    def _about_the_other_type(self, marked: Marked, transcript: Transcript) -> str | None:
        """A note, which costs nothing, where the exercise is right in one float type only."""
        exercise, other = marked.exercise, OTHER[marked.exercise.dtype]
        if marked.verdict is not Verdict.RIGHT or not transcript.aside:
            return None
        (cast,), (response,) = self._in_other_type(exercise), transcript.aside
        question = self._asked(exercise)[0]
        try:
            if response.answer is None:
                why = explain(response, question).sentence
                return f"works in {exercise.dtype} only: given {other}, {why}"
            expected = self._oracle.expected(cast)
        except OracleFault:
            return None
        if agreement_in_other_type(question, expected, response.answer).ok:
            return None
        return f"works in {exercise.dtype} only: given {other}, its answer is another one"

    # -- rules and time ------------------------------------------------------------------------------------------

    def _try(self, marked: Marked, trial: Trial, imported: Imported, edition: Edition | None) -> None:
        """Hold an exercise that has points to its rules and its limit on time; a wrong one is told of a broken rule."""
        exercise, case = marked.exercise, marked.exercise.timed_case
        if not marked.cases or marked.out_of == 0:
            return
        clock = self._options.timed and case is not None and not (case.hidden and self._options.public_only)

        def check(
            question: Question, response: Response, expected: dict[str, Any], remember: bool = True
        ) -> Explanation | None:
            if response.answer is None:
                return explain(response, question)
            response = without_bulk(response, expected)
            _, agreement, why = self._against(question, response, expected, edition)
            if why is not None or agreement is None or agreement.ok:
                return why
            marked.wrong += [(question, response, agreement)] if remember else []
            told = diagnose.describe(agreement, question)
            name, _, label = question.case.name.partition("/")
            which = "the larger" if label.isdigit() else "other"
            return Explanation(Verdict.WRONG, f"for {which} inputs of {name}: {told.sentence}")

        try:
            if not marked.points:
                breach = trial.source_rules(exercise) if marked.verdict is Verdict.WRONG else None
                marked.notes += [f"it also breaks a rule: {breach.sentence}"] if breach else []
                return
            version = edition.version if edition else None
            outcome = trial.run(exercise, imported, version, check, clock)
        except OracleFault as fault:
            marked.verdict, marked.points = Verdict.GRADER_FAULT, 0.0
            marked.explanation = Explanation(Verdict.GRADER_FAULT, str(fault))
            return
        hold(marked, outcome)
        if clock and case is not None and not (outcome.why and outcome.why.verdict is Verdict.BROKE_RULE):
            verdict = outcome.why.verdict if outcome.why else Verdict.RIGHT
            marked.cases.append(CaseResult(case.name, case.hidden, verdict))

    # -- words ---------------------------------------------------------------------------------------------------

    def _result(self, marked: Marked) -> ExerciseResult:
        sentence: str | None = None
        details: tuple[str, ...] = ()
        cause: str | None = None
        if marked.explanation is not None:
            why = marked.explanation
            sentence, details, cause = why.sentence, why.details, why.cause
        elif marked.told is not None:
            assert marked.told.agreement is not None  # what is not explained otherwise was compared
            told = diagnose.describe(marked.told.agreement, marked.told.question, marked.wrong)
            sentence, details = told.sentence, told.details
        return ExerciseResult(
            id=marked.exercise.id,
            points=round(marked.points, 6),
            out_of=marked.out_of,
            verdict=marked.verdict,
            cause=cause,
            sentence=None if sentence is None else told_safely(sentence),
            hints=marked.hints,
            notes=tuple(dict.fromkeys(map(told_safely, marked.notes))),
            advice=tuple(map(told_safely, marked.advice)),
            details=tuple(map(told_safely, details)),
            printed=printed_plainly(marked.printed),
            cases=tuple(marked.cases),
            speed=marked.speed,
            excerpt=diagnose.excerpt(marked.wrong),
        )
