"""What proofs work with: an assignment, its reference, and questions under several secrets."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from grader.agreement import agreement
from grader.compare import Agreement
from grader.course import Assignment
from grader.gpu import GPU
from grader.interview import Interview
from grader.judge import Judge, Options
from grader.oracle import Oracle, OracleFault
from grader.peer import PeerLost
from grader.question import Question
from grader.result import Result
from grader.sandbox import Plain
from grader.spec import Exercise
from grader.submission import Submission, open_submission

PATIENCE = 10.0  # times the reference's own time
PATIENCE_FROM = 3.0  # seconds
SECRETS = (b"validate 1", b"validate 2", b"validate 3")


class Bench:
    """A nursery, and the reference worker in it. One per thread."""

    def __init__(self, assignment: Assignment, gpu: GPU | None = None) -> None:
        self.assignment = assignment
        self.nursery = Plain(gpu=gpu)
        self.oracle = Oracle(self.nursery, assignment)
        self._questions: dict[tuple[str, bytes], list[Question]] = {}
        self._took: dict[int, float] = {}  # seconds that the reference took, by the question's id()

    def grade(self, folder: Path, options: Options) -> Result:
        """The record of a folder."""
        judge = Judge(self.assignment, self.oracle, self.nursery, options)
        return judge.grade(open_submission(folder, self.assignment.checks.modules), "none")

    def questions(self, exercise: Exercise, secret: bytes = SECRETS[0]) -> list[Question]:
        """An exercise's questions, the timed one among them, under a secret."""
        key = (exercise.id, secret)
        if key not in self._questions:
            judge = Judge(self.assignment, self.oracle, self.nursery, Options(secret=secret))
            self._questions[key] = judge.questions(exercise)
        return self._questions[key]

    def patience(self, question: Question) -> float:
        """Seconds to wait for a mutant's answer, since many never end: ten times what the reference takes here and now,
        3 at least, and no more than a submission has. Raises OracleFault."""
        if id(question) not in self._took:
            worker = self.oracle.another(question.exercise.module.name)
            begin = time.perf_counter()
            try:
                worker.call_encoded(question.frame, seconds=question.exercise.seconds)
            except PeerLost as lost:
                raise OracleFault(f"the reference does not answer {question.exercise.id}: {lost}") from None
            finally:
                self.oracle.end(worker)
            self._took[id(question)] = time.perf_counter() - begin
        return min(max(PATIENCE * self._took[id(question)], PATIENCE_FROM), question.exercise.seconds)

    def agreement(self, question: Question, answer: dict[str, Any]) -> Agreement:
        """An answer against the reference's."""
        expected = self.oracle.expected(question)
        return agreement(question, expected, answer)

    def passes(self, question: Question, answer: dict[str, Any]) -> bool:
        """Whether the judge would take this answer for right."""
        if not self.agreement(question, answer).ok:
            return False
        return not question.exercise.properties or not self.oracle.failed_claims(question, answer)

    @contextmanager
    def changed(self, module: str, source: str) -> Iterator[Submission]:
        """The reference as a submission, with one module's source replaced."""
        folder = Path(tempfile.mkdtemp(prefix="grader-mutant-"))
        try:
            for name in self.assignment.checks.modules:
                text = (self.assignment.solution / f"{name}.py").read_text(encoding="utf-8")
                (folder / f"{name}.py").write_text(source if name == module else text, encoding="utf-8")
            yield open_submission(folder, self.assignment.checks.modules)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def interview(self, submission: Submission) -> Interview:
        """For asking a submission without a verdict."""
        return Interview(self.nursery, self.assignment, submission)

    def __enter__(self) -> Bench:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.nursery.close()


def faster(question: Question, seconds: float) -> Question:
    """The same question with another limit of time."""
    return replace(question, exercise=replace(question.exercise, seconds=seconds))
