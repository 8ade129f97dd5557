"""One judge's place: a reference worker and a sandbox, kept from submission to submission.

What fails here is the grader's fault unless it is the submission's for certain: it is tried again in a new place, and
then reported, never scored.
"""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from grader.batch.carry import Carried, with_bases
from grader.batch.scratch import Scratch
from grader.batch.work import Done, Work
from grader.course import Assignment, Course
from grader.engine import Stop
from grader.gradebook import Graded
from grader.judge import Judge, Options
from grader.known import Known
from grader.notebook import in_cells
from grader.oracle import Oracle, OracleFault
from grader.peer import PeerLost
from grader.result import ExerciseResult, ModuleResult, Result, Verdict
from grader.sandbox import Cage, Plain, Sandbox, SandboxError, gpu_of, open_sandbox, usable
from grader.seed import of_hand_in
from grader.spec import CheckError
from grader.submission import SubmissionError, prepare

TRIES = 3
ENDED = {"signal", "exit"}  # causes of a crash that may come from outside
HOPELESS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE}  # no better for the next submission


@dataclass
class _Common:
    """What the slots of one process share."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    known: Known = field(default_factory=Known)
    assignment: Assignment | None = None
    level: str | None = None


@dataclass(frozen=True)
class SlotMaker:
    """Makes the slots of one batch, in this process or, pickled, in a cluster's. `levels`: tried in this order."""

    course: Course
    assignment: str
    options: Options
    levels: tuple[str, ...]
    _common: _Common = field(default_factory=_Common, compare=False, repr=False)

    def __call__(self) -> GradingSlot:
        """A slot at the best level that there is. Raises Stop."""
        common, sandbox = self._common, None
        with common.lock:
            if common.assignment is None:
                common.assignment = self.course.assignment(self.assignment)
            if common.level is None:
                common.level, sandbox = _best(self.levels, common.assignment, self.options.device)
        return GradingSlot(common.assignment, self.options, common.level, common.known, sandbox)

    def __reduce__(self) -> tuple[object, ...]:
        return SlotMaker, (self.course, self.assignment, self.options, self.levels)


def _best(levels: tuple[str, ...], assignment: Assignment, device: str) -> tuple[str, Sandbox | None]:
    """The first level that holds here, and its sandbox, tried with a cage. Raises Stop."""
    reasons: dict[str, None] = {}
    for level in (level for level in levels for _ in range(TRIES)):  # what was killed meanwhile is no reason
        if level == "none":
            return level, None
        try:
            with ExitStack() as stack:
                gpu = gpu_of(device)
                sandbox = open_sandbox(level, gpu=gpu)
                stack.callback(sandbox.close)
                given = assignment.course.given
                with Scratch() as scratch, sandbox.cage(scratch.folder(), assignment.public, given) as cage:
                    if gpu is not None:
                        usable(cage)
                stack.pop_all()
                return level, sandbox
        except (SandboxError, PeerLost) as error:
            reasons[str(error)] = None
    raise Stop(
        f"no level of caging can be had here: {'; '.join(reasons)}; grader doctor says more, and --no-sandbox does "
        "without, for submissions of people that you trust"
    )


class GradingSlot:
    """Grades one submission after the other, each in a cage of its own."""

    def __init__(
        self, assignment: Assignment, options: Options, level: str, known: Known, sandbox: Sandbox | None = None
    ) -> None:
        self._assignment = assignment
        self._options = options
        self._level = level
        self._known = known
        self._scratch = Scratch()
        self._stack = ExitStack()
        self._oracle: Oracle | None = None
        self._sandbox = sandbox
        if sandbox is not None:
            self._stack.callback(sandbox.close)
        self._uncaged: Plain | None = None

    def __call__(self, work: Work) -> Done:
        """Grade a submission. Raises Stop if no other submission could be graded either.

        If one of its processes has ended, somebody else may have ended it (the system, for want of memory; a person):
        then those exercises are asked once more, and the second grading answers for them and for no others."""
        first: Done | None = None
        for tries in range(1, TRIES + 1):
            done = self._try(work, crashed(first) if first is not None else ())
            if done.graded.fault is not None:
                self._tear_down()
            elif first is not None:
                return replace(answered_again(first, done), tries=tries)
            elif crashed(done):
                first = done
            else:
                break
        return replace(first or done, tries=tries)

    def close(self) -> None:
        """End all processes, remove all files."""
        self._tear_down()
        self._scratch.close()

    def _try(self, work: Work, again: Collection[str]) -> Done:
        """One grading; `again`: only these exercises."""
        folder = self._scratch.folder()
        try:
            return self._graded(work, folder, again)
        except CheckError as error:  # the course's own mistake
            raise Stop(str(error)) from None
        except SandboxError as error:
            return Done(Graded(fault=f"no cage could be had: {error}"))
        except (OracleFault, PeerLost) as error:
            return Done(Graded(fault=str(error)))
        except OSError as error:
            if error.errno in HOPELESS:
                raise Stop(f"{error.strerror} ({error.filename or folder})") from None
            return Done(Graded(fault=f"{error.strerror or error} ({error.filename or work.turned_in.name})"))
        except Exception as error:
            if os.environ.get("GRADER_DEBUG"):
                raise
            return Done(Graded(fault=f"a fault in grader itself: {type(error).__name__}: {error}"))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _graded(self, work: Work, folder: Path, again: Collection[str]) -> Done:
        turned_in = work.turned_in
        carried = Carried.of(work.before, self._assignment)
        if carried is not None and not carried.asked:
            notes = work.before.notes if work.before is not None else ()
            return Done(Graded(carried.merged(None, self._assignment)), 1, notes)
        try:
            prepared = prepare(turned_in.name, turned_in.parts, self._assignment.checks.modules, folder)
        except SubmissionError as error:
            return Done(Graded(problem=str(error)))
        with ExitStack() as stack:
            cage = self._cage(stack, prepared.submission.folder)
            asked = tuple(again or (carried.asked if carried is not None else ())) or None
            options = replace(self._options, exercises=asked, secret=self._secret(work))
            judge = Judge(self._assignment, self._reference(), cage, options)
            result = judge.grade(prepared.submission, self._level)
        result = in_cells(with_missing(result, self._assignment), prepared.submission.cells)
        result = with_bases(result, self._assignment)
        if carried is not None:
            result = carried.merged(result, self._assignment)
        if result.faults:
            return Done(Graded(fault=result.faults[0].sentence or "an exercise could not be graded"), 1, prepared.notes)
        return Done(Graded(result), 1, prepared.notes)

    def _secret(self, work: Work) -> bytes | None:
        """Another one for each further hand-in of a student, who may have seen what the one before was asked."""
        secret = self._options.secret
        return None if secret is None else of_hand_in(secret, work.earlier)

    def _reference(self) -> Oracle:
        if self._oracle is None:
            self._oracle = Oracle(self._plain(), self._assignment, self._known)
        return self._oracle

    def _plain(self) -> Plain:
        return self._stack.enter_context(Plain(self._scratch.path, gpu_of(self._options.device)))

    def _cage(self, stack: ExitStack, folder: Path) -> Cage:
        """A cage of its own; at level none, which has no cages, the processes that all submissions are forked from."""
        if self._level == "none":
            if self._uncaged is None:
                self._uncaged = self._plain()
            return self._uncaged
        if self._sandbox is None:
            self._sandbox = open_sandbox(self._level, gpu=gpu_of(self._options.device))
            self._stack.callback(self._sandbox.close)
        return stack.enter_context(self._sandbox.cage(folder, self._assignment.public, self._assignment.course.given))

    def _tear_down(self) -> None:
        stack, self._stack = self._stack, ExitStack()
        self._oracle = self._sandbox = self._uncaged = None
        try:
            stack.close()
        except (SandboxError, PeerLost, OSError):
            pass  # what is broken is thrown away


def crashed(done: Done) -> frozenset[str]:
    """The exercises whose process has ended, but may not have ended itself."""
    exercises = done.graded.result.exercises if done.graded.result is not None else ()
    may_be = (Verdict.CRASHED, Verdict.EDGE)
    return frozenset(one.id for one in exercises if one.verdict in may_be and one.cause in ENDED)


def answered_again(first: Done, second: Done) -> Done:
    """The first grading, with what the second says of the exercises that had crashed in it."""
    doubtful, result, again = crashed(first), first.graded.result, second.graded.result
    assert result is not None
    if again is None:
        return first
    now = {one.id: one for one in again.exercises if one.id in doubtful}
    theirs = {name.partition(".")[0] for name in doubtful}
    modules = {one.name: one for one in again.modules if one.name in theirs}
    merged = msgspec.structs.replace(
        result.with_exercises(now.get(one.id, one) for one in result.exercises),
        modules=tuple(one if one.imported else modules.get(one.name, one) for one in result.modules),
    )
    return replace(first, graded=Graded(merged))


def with_missing(result: Result, assignment: Assignment) -> Result:
    """The record with the modules that were not handed in: their exercises were not attempted."""
    missing = [module for module in assignment.checks.modules.values() if module.name not in _names(result)]
    if not missing:
        return result
    modules, found = {one.name: one for one in result.modules}, {one.id: one for one in result.exercises}
    for module in missing:
        sentence = _not_handed_in(module.name)
        modules[module.name] = ModuleResult(module.name, False, sentence)
        for exercise in module.exercises:
            away = exercise.needs_cuda and result.device == "cpu"
            found[exercise.id] = ExerciseResult(
                exercise.id,
                0.0,
                0.0 if away else exercise.points,
                Verdict.NEEDS_CUDA if away else Verdict.NOT_ATTEMPTED,
                sentence="asked on a machine with a GPU only; not counted here" if away else sentence,
            )
    exercises = tuple(found[exercise.id] for exercise in assignment.checks.exercises if exercise.id in found)
    kept = tuple(modules[name] for name in assignment.checks.modules if name in modules)
    return msgspec.structs.replace(result.with_exercises(exercises), modules=kept)


def handed_in(result: Result) -> list[str]:
    """The modules that were there."""
    return [one.name for one in result.modules if one.sentence != _not_handed_in(one.name)]


def _not_handed_in(module: str) -> str:
    return f"{module}.py was not handed in"


def _names(result: Result) -> set[str]:
    return {module.name for module in result.modules}
