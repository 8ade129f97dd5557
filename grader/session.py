"""Many checks of one folder, one after the other, by workers that stay warm: notebooks and `--watch`."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType

from grader.course import Assignment, Course, find_course
from grader.diagnose import Diagnosis
from grader.editions import Poll
from grader.fingerprint import Code
from grader.grading import find_submission, graded, guess_assignment, oracle_of, place
from grader.judge import Judge, Options
from grader.oracle import Oracle
from grader.result import Result
from grader.sandbox import Plain
from grader.submission import Submission


class Session:
    """An assignment, the folder that is checked again and again, and the workers. Student code is not caged: it is the
    code of whoever runs this. `nursery`: one to share, which stays open. Raises what `grader.grading.check` raises."""

    def __init__(
        self, course: Course, assignment: Assignment, path: Path | None, here: Path, nursery: Plain | None = None
    ) -> None:
        self.course = course
        self.assignment = assignment
        self._path = path
        self._here = here
        self._shares = nursery is not None
        self._nursery = nursery or Plain()
        self._oracle: Oracle | None = None
        self._judges: dict[Options, Judge] = {}
        self._polls = {public: {name: Poll() for name in assignment.checks.modules} for public in (False, True)}

    @classmethod
    def open(cls, name: str | None, path: Path | None = None, here: Path | None = None) -> Session:
        """A session about an assignment, or the one that the folder `here` is about. Its course is the one around
        `here`; if that is not given, the one that `find_course` finds from the current folder."""
        course = find_course(here)
        here = here or Path.cwd()
        return cls(course, course.assignment(name or guess_assignment(course, here)), path, here)

    def check(
        self,
        exercises: Sequence[str] = (),
        public_only: bool = False,
        progress: Callable[[str], None] = lambda exercise: None,
        hasty: bool = False,
    ) -> Result:
        """Grade what the folder holds now; `exercises` are unambiguous endings of names. Where a module has editions,
        the others of its exercises are asked too if their code has changed since they were; `hasty`: not so, the
        edition is told from what they came to then."""
        chosen = tuple(exercise.id for exercise in self.assignment.select(exercises)) if exercises else None
        submission = self._submission()
        code, polls = _code(submission), self._polls[public_only]
        for name, poll in polls.items():
            poll.code = {one.id: code.whole(one) for one in self.assignment.checks.modules[name].exercises}
            if not hasty:
                poll.forget()
        judge = self._judge(Options(exercises=chosen, public_only=public_only))
        return graded(judge, self._reference(), submission, self._nursery.level, progress, polls)

    def foresee(self, name: str) -> Iterator[None]:
        """Prepare for a wrong answer to an exercise, step by step: it will be compared with those of misconceptions."""
        exercise = self.assignment.checks[name]
        known = {id: hints for poll in self._polls[False].values() for id, hints in poll.hints.items()}
        questions = self._judge(Options()).questions(exercise, timed=False)
        editions = [None, *exercise.module.editions.values()]
        edition = editions[self._polls[False][exercise.module.name].best]
        yield from Diagnosis(self.assignment.checks, self._reference(), known).foresee(questions, edition)

    def _judge(self, options: Options) -> Judge:
        if options not in self._judges:  # which keeps its questions, and the reference its answers to them
            self._judges[options] = Judge(self.assignment, self._reference(), self._nursery, options)
        return self._judges[options]

    def _reference(self) -> Oracle:
        if self._oracle is None:
            self._oracle = oracle_of(self.assignment, self._nursery)
        return self._oracle

    @property
    def folder(self) -> Path:
        """Where what is checked lies."""
        found = place(self.assignment, self._path, self._here).absolute()
        return found if found.is_dir() else found.parent

    def code(self) -> Code:
        """The source as it is saved now. Raises SubmissionError."""
        return _code(self._submission())

    def _submission(self) -> Submission:
        return find_submission(self.course, self.assignment, self._path, self._here)

    def close(self) -> None:
        """End the workers."""
        if not self._shares:
            self._nursery.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _code(submission: Submission) -> Code:
    """The Python files at the top of a submission: its modules, and what they may import beside them."""
    texts: dict[str, str] = {}
    for file in sorted(submission.folder.glob("*.py")):
        try:
            texts[file.stem] = file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
    return Code(texts)


_open: dict[tuple[str | None, Path], Session] = {}


def kept(name: str | None, here: Path) -> Session:
    """The session about this assignment and folder; it stays open until this process ends."""
    if (name, here) not in _open:
        if not _open:
            atexit.register(_close)
        _open[name, here] = Session.open(name, here=here)
    return _open[name, here]


def _close() -> None:
    for session in _open.values():
        session.close()
    _open.clear()
