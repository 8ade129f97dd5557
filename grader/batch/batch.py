"""Many submissions into a gradebook.

What waits is claimed, graded and written down one by one; a process that is killed loses what it had in hand, and its
claims die with it. This process is the only one that writes for its batch.

BatchError      the batch cannot run; the sentence says why
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from grader.batch.scratch import Scratch
from grader.batch.slot import SlotMaker, handed_in
from grader.batch.work import Done, Work
from grader.course import Assignment
from grader.engine import Lost, Stop, open_engine
from grader.errors import GraderError
from grader.gradebook import Entry, Gradebook, GradebookError, Graded, Handed, keep_secret
from grader.gradebook.book import NAME
from grader.judge import Options
from grader.sandbox import BEST
from grader.seed import secret_of
from grader.submission import TurnedIn, collect, digest, unpack
from grader.submission.archives import is_archive
from grader.submission.limits import CLASS


class BatchError(GraderError):
    """Nothing can be graded."""


@dataclass(frozen=True)
class Request:
    """What an instructor asks for. `submissions`: a folder or an archive; `out`: the folder of the gradebook."""

    assignment: Assignment
    submissions: Path
    out: Path
    jobs: int = 0  # 0: one for each core
    seed: str | None = None
    resume: bool = False
    only: tuple[str, ...] = ()  # students
    retry_faults: bool = False
    levels: tuple[str, ...] = BEST
    device: str = "cpu"
    timed: bool = True
    engine: str = "local"


@dataclass(frozen=True)
class Ended:
    """A submission that was graded now."""

    work: Work
    graded: Graded


@dataclass
class Batch:
    """How far it is. `students`: all that count; of these `before` had a grade already, or a fault that is not tried
    again (`old_faults`), and `elsewhere` are in the hands of another batch."""

    students: int = 0
    before: int = 0
    old_faults: int = 0
    graded: int = 0
    problems: int = 0
    faults: int = 0
    elsewhere: int = 0
    alone: int = 0  # of the graded: those that hold one module of several
    modules: int = 0  # of the assignment
    remarks: list[str] = field(default_factory=list)  # on how the class's submissions are read
    stopped: threading.Event = field(default_factory=threading.Event)
    points: float = 0.0  # of all that were graded now, together
    out_of: float = 0.0

    @property
    def ended(self) -> int:
        """How many have been graded now, well or not."""
        return self.graded + self.problems + self.faults

    @property
    def doubtful(self) -> str:
        """A sentence if half of what ended holds one module of several, or none: files may be taken for students."""
        few, count = self.alone + self.problems, self.graded + self.problems
        if few < 2 or 2 * few < count or self.modules < 2:
            return ""
        return f"{few} of {count} submissions hold one module at most"

    @property
    def waiting(self) -> int:
        """How many are left."""
        return self.students - self.before - self.ended - self.elsewhere

    @property
    def ungraded(self) -> int:
        """How many have no grade, for whatever reason."""
        return self.faults + self.old_faults + self.waiting + self.elsewhere


def run_batch(request: Request, batch: Batch, tell: Callable[[Ended | None], None]) -> None:
    """Grade what has no grade; `tell` is called once all is counted, with None, and after each that has ended.

    Raises BatchError, GradebookError, SubmissionError, EngineError, CourseError, CheckError, OSError."""
    if request.assignment.unsolved is not None:
        raise BatchError(request.assignment.unsolved)
    batch.modules = len(request.assignment.checks.modules)
    with ExitStack() as stack:
        request.out.mkdir(parents=True, exist_ok=True)
        out = request.out.resolve()
        book = stack.enter_context(Gradebook.open(out / NAME, create=True))
        secret = secret_of(keep_secret(out, request.assignment.name, request.seed))
        shared = None if request.engine == "local" else out  # which a cluster's workers can see
        scratch = stack.enter_context(Scratch(shared))
        options = Options(device=request.device, secret=secret, timed=request.timed)
        settings = settings_of(request.assignment, options)
        waiting = _waiting(request, batch, book, settings, _laid_out(request, scratch, batch.remarks.append))
        tell(None)
        if not waiting:
            return
        maker = SlotMaker(request.assignment.course, request.assignment.name, options, request.levels)
        resources = {"GPU": 1.0} if request.device != "cpu" else {}
        engine = open_engine(request.engine, maker, min(_jobs(request), len(waiting)), resources)
        stack.callback(engine.close)
        claims = _Claims(request.assignment.name, settings, book, batch, request.retry_faults)
        stack.callback(claims.release)
        try:
            for work, outcome in engine.run(claims.of(waiting)):
                tell(Ended(work, claims.write(work, outcome)))
        except Stop as stop:
            raise BatchError(str(stop)) from None


class _Claims:
    """What this batch has in hand."""

    def __init__(self, assignment: str, settings: str, book: Gradebook, batch: Batch, retry_faults: bool) -> None:
        self._assignment = assignment
        self._settings = settings
        self._book = book
        self._batch = batch
        self._retry_faults = retry_faults
        self._held: dict[str, Handed] = {}

    def of(self, waiting: Sequence[Work]) -> Iterator[Work]:
        """Those that nobody else is at, each claimed when it is asked for."""
        for work in waiting:
            if self._batch.stopped.is_set():
                return
            if self._book.claim(self._assignment, work.handed, self._settings, retry_faults=self._retry_faults):
                self._held[work.handed.student] = work.handed
                number = self._book.earlier(self._assignment, work.handed)
                yield replace(work, before=self._before(work.handed), earlier=number)
            elif self._book.is_graded(self._assignment, work.handed, self._settings, faults=True):
                self._batch.before += 1  # by another batch, meanwhile
                self._batch.old_faults += not self._book.is_graded(self._assignment, work.handed, self._settings)
            else:
                self._batch.elsewhere += 1

    def _before(self, handed: Handed) -> Entry | None:
        """The last grade of the same files under the same settings but for the assignment's version."""
        history = self._book.history(self._assignment, handed.student)
        wanted = _without_version(self._settings)
        fitting = [one for one in history if one.digest == handed.digest and _without_version(one.settings) == wanted]
        return next((one for one in reversed(fitting) if one.result is not None), None)

    def write(self, work: Work, outcome: Done | Lost) -> Graded:
        """Write down what became of it. Raises GradebookError."""
        done = outcome if isinstance(outcome, Done) else Done(Graded(fault=f"whoever graded it: {outcome.sentence}"))
        handed = replace(work.handed, notes=tuple(dict.fromkeys((*work.handed.notes, *done.notes))))
        self._book.write(self._assignment, handed, self._settings, done.graded, done.tries)
        self._held.pop(handed.student, None)
        batch, graded = self._batch, done.graded
        batch.faults += graded.fault is not None
        batch.problems += graded.problem is not None
        if graded.result is not None:
            batch.graded += 1
            batch.points += graded.result.points
            batch.out_of += graded.result.out_of
            batch.alone += len(graded.result.modules) > 1 == len(handed_in(graded.result))
        return graded

    def release(self) -> None:
        """Leave to others what was not ended."""
        for handed in self._held.values():
            try:
                self._book.release(self._assignment, handed, self._settings)
            except GradebookError:
                pass  # the claim dies with this process


def settings_of(assignment: Assignment, options: Options) -> str:
    """What a grade rests on beside the submission, as JSON: a grade under other settings is another grade."""
    return json.dumps(
        {
            "version": assignment.version,
            "device": options.device,
            "seed": options.seed,
            "timed": options.timed,
        }
    )


def _without_version(settings: str) -> dict[str, object]:
    return {name: value for name, value in json.loads(settings).items() if name != "version"}


def _laid_out(request: Request, scratch: Scratch, say: Callable[[str], None]) -> list[TurnedIn]:
    """The submissions that count, those asked for. Raises SubmissionError, BatchError."""
    source = request.submissions
    if source.is_file():
        if not is_archive(source.name):
            raise BatchError(f"{source} is neither a folder nor an archive (zip, tar) of submissions")
        folder = scratch.folder()
        unpack(source, folder, CLASS)
        source = folder
    elif not source.is_dir():
        raise BatchError(f"there is nothing at {source}")
    found = collect(source.absolute(), list(request.assignment.checks.modules), request.assignment.name, say)
    if not request.only:
        return found
    missing = set(request.only) - {one.student for one in found}
    if missing:
        raise BatchError(f"nobody called {' or '.join(sorted(missing))} has handed anything in")
    return [one for one in found if one.student in request.only]


def _waiting(request: Request, batch: Batch, book: Gradebook, settings: str, found: list[TurnedIn]) -> list[Work]:
    """What has no grade yet; first hand-ins before further ones, which are asked something else, and last what somebody
    has died over. Raises BatchError."""
    name = request.assignment.name
    works = [Work(one, _handed(one)) for one in found]
    waiting = [w for w in works if not book.is_graded(name, w.handed, settings, faults=not request.retry_faults)]
    batch.students, batch.before = len(works), len(works) - len(waiting)
    if not request.retry_faults:
        batch.old_faults = batch.before - sum(book.is_graded(name, work.handed, settings) for work in works)
    if batch.before and not request.resume and not request.retry_faults:
        raise BatchError(
            f"{book.path} has results for {batch.before} of {batch.students} submissions already: --resume grades the "
            f"others; grader regrade grades again what was graded before {name} was changed"
        )
    book.hand_in(name, [work.handed for work in works], request.submissions)
    return sorted(waiting, key=lambda work: (book.deaths(name, work.handed, settings), book.earlier(name, work.handed)))


def _handed(one: TurnedIn) -> Handed:
    return Handed(one.student, one.name, digest(one.parts), one.submitted, one.notes)


def _jobs(request: Request) -> int:
    if request.jobs:
        return request.jobs
    if request.device != "cpu":  # a GPU has one queue for all
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
