"""Expected answers, from a live reference worker; and what each misconception would have answered.

OracleFault     the reference itself failed: the grader's fault, never a student's
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from grader import wire
from grader.course import Assignment
from grader.errors import GraderError
from grader.known import Known
from grader.meter import Meter
from grader.peer import Peer, PeerLost
from grader.question import Question
from grader.spec import Exercise, Version

LOAD_SECONDS = 60.0
REFERENCE_SECONDS = 120.0
PROPERTY_SECONDS = 30.0  # for judging one answer
UNUSABLE = "the answer has the form that is asked for"


class OracleFault(GraderError):
    """The reference gave no answer."""


class Nursery(Protocol):
    """What starts workers: a sandbox."""

    def open(self) -> Peer: ...

    def spawn(self, parent: Peer) -> Peer: ...

    def end(self, worker: Peer) -> None: ...

    def meter(self, worker: Peer) -> Meter: ...


Answer = dict[str, Any] | wire.Failure  # what a version that raises answers is its failure


@dataclass(frozen=True)
class Measured:
    """What was measured of the reference of an exercise, by whoever recorded its answers.

    `pace`: how many times the time of the exercise's yardstick it takes, None where it was not measured."""

    operations: tuple[int, int] | None = None  # at the two sizes at which they are counted
    memory: float | None = None  # bytes, at the size that the rule about memory speaks of
    naive: tuple[float, int] | None = None  # times the reference's time, and at which size
    pace: float | None = None


class Oracle:
    """The reference worker of an assignment: each module imported once, each version in a fork of that.

    Answers are kept in `known`, which oracles of one assignment may share: a case is asked once per version."""

    def __init__(self, nursery: Nursery, assignment: Assignment, known: Known | None = None) -> None:
        self._nursery = nursery
        self._assignment = assignment
        self._modules: dict[str, Peer] = {}
        self._versions: dict[tuple[str, tuple[str, ...]], Peer] = {}
        self.known = Known() if known is None else known

    def expected(self, question: Question, edition: Version | None = None) -> dict[str, Any]:
        """The right answer, under an edition. Raises OracleFault."""
        return self._right(question, self.answer(question, *([edition] if edition else [])))

    def _right(self, question: Question, answer: Answer) -> dict[str, Any]:
        if isinstance(answer, wire.Failure):
            where = f"{answer.frames[-1].file}:{answer.frames[-1].line}: " if answer.frames else ""
            raise OracleFault(
                f"the reference failed on {question.exercise.id}, case {question.case.name}: "
                f"{where}{answer.error}: {answer.message}"
            )
        return answer

    def answer(self, question: Question, *versions: Version) -> Answer:
        """What the reference with these versions' replacements answers. Raises OracleFault where it is lost."""
        ids = tuple(version.id for version in versions)
        return self.known.get(("answer", question.key, ids), lambda: self._ask(question, ids))

    def failed_claims(self, question: Question, answer: dict[str, Any], edition: Version | None = None) -> list[str]:
        """The claims of the exercise's properties that a student's answer fails. Raises OracleFault.

        A property may take for granted what a right answer looks like. Where it fails over an answer and not over the
        right one, that is the answer's fault."""
        failed = self._claims(question, answer, edition)
        if isinstance(failed, str):
            why = self._claims(question, self.expected(question, edition), edition)
            if isinstance(why, str):
                raise OracleFault(f"a property of {question.exercise.id} cannot be judged: {why}")
            return [UNUSABLE]
        return failed

    def _claims(self, question: Question, answer: dict[str, Any], edition: Version | None) -> list[str] | str:
        """The claims that fail, or why they cannot be judged. Raises OracleFault where no worker can be had."""
        packer = wire.Packer()
        try:
            request = wire.JudgeProperty(
                question.exercise.id,
                packer.pack({**question.inputs, **question.kept}),
                packer.pack(answer),
                question.seed,
            )
            frame = wire.encode(request, packer)
        except wire.FrameError as error:
            return str(error)
        worker = self._worker(question.exercise.module.name, (edition.id,) if edition else ())
        try:
            reply, _ = self._call(worker, frame, PROPERTY_SECONDS)
        except OracleFault as fault:
            return str(fault)
        if isinstance(reply, wire.Failure):
            return f"{reply.error}: {reply.message}"
        return reply.failed if isinstance(reply, wire.Claims) else "its worker did not judge"

    def independent(self, question: Question) -> Answer:
        """What the exercise's own oracle answers. Raises OracleFault where it is lost."""
        packer = wire.Packer()
        request = wire.AskOracle(question.exercise.id, packer.pack(question.inputs), question.seed)
        worker = self._worker(question.exercise.module.name, ())
        return self._answered(question, self._call(worker, wire.encode(request, packer)))

    def measured(self, exercise: Exercise) -> Measured | None:
        """What was measured before; None where the reference is at hand to be measured."""
        return None

    def fresh(self) -> Peer:
        """A worker that has run nobody's code, to be ended with `end`. Raises OracleFault."""
        try:
            return self._nursery.open()
        except PeerLost as lost:
            raise OracleFault(f"no worker could be started: {lost}") from None

    def another(self, module: str, *versions: Version) -> Peer:
        """A new fork of the reference with these versions' replacements, to be ended with `end`. Raises OracleFault."""
        return self._forked(module, tuple(version.id for version in versions))

    def end(self, worker: Peer) -> None:
        """End a worker that `fresh` or `another` gave."""
        self._nursery.end(worker)

    def read(self, question: Question, reply: wire.Reply, data: memoryview) -> dict[str, Any]:
        """The answer in a reference worker's reply. Raises OracleFault where there is none."""
        return self._right(question, self._answered(question, (reply, data)))

    def forget(self) -> None:
        """End the workers of versions; the next question to one starts it again."""
        for worker in self._versions.values():
            self._nursery.end(worker)
        self._versions.clear()

    def _ask(self, question: Question, versions: tuple[str, ...]) -> Answer:
        worker = self._worker(question.exercise.module.name, versions)
        return self._answered(question, self._call(worker, question.frame))

    def _answered(self, question: Question, told: tuple[wire.Reply, memoryview]) -> Answer:
        reply, data = told
        if isinstance(reply, wire.Failure):
            return reply
        if not isinstance(reply, wire.Answer):
            raise OracleFault(f"the reference did not answer {question.exercise.id}")
        answer = wire.unpack(reply.outputs, data)
        assert isinstance(answer, dict)
        return answer

    def _worker(self, module: str, versions: tuple[str, ...]) -> Peer:
        key = (module, versions)
        if key not in self._versions:
            self._versions[key] = self._forked(module, versions)
        return self._versions[key]

    def _forked(self, module: str, versions: tuple[str, ...]) -> Peer:
        worker = self._spawn(self._module(module))
        if versions:
            reply, _ = self._call(worker, wire.encode(wire.Patch(list(versions))))
            if not isinstance(reply, wire.Done):
                raise OracleFault(f"{' and '.join(versions)} cannot be put in place: {_words(reply)}")
        return worker

    def _module(self, name: str) -> Peer:
        if name not in self._modules:
            course, assignment = self._assignment.course, self._assignment
            worker = self.fresh()
            request = wire.LoadModule(
                folder=str(assignment.solution),
                module=name,
                siblings=list(assignment.checks.modules),
                given=str(course.given),
                checks=str(assignment.public),
                hidden=str(assignment.hidden) if assignment.hidden else None,
            )
            reply, _ = self._call(worker, wire.encode(request))
            if not isinstance(reply, wire.Loaded) or reply.failure:
                broken = reply.failure if isinstance(reply, wire.Loaded) else reply
                raise OracleFault(f"the reference {name}.py cannot be imported: {_words(broken)}")
            self._modules[name] = worker
        return self._modules[name]

    def _spawn(self, parent: Peer) -> Peer:
        try:
            return self._nursery.spawn(parent)
        except PeerLost as lost:
            self._drop(parent)
            raise OracleFault(f"the reference worker is gone: {lost}") from None

    def _call(
        self, worker: Peer, parts: wire.Encoded, seconds: float = REFERENCE_SECONDS
    ) -> tuple[wire.Reply, memoryview]:
        try:
            return worker.call_encoded(parts, seconds=seconds)
        except PeerLost as lost:
            self._drop(worker)
            raise OracleFault(f"the reference worker is gone: {lost}") from None

    def _drop(self, worker: Peer) -> None:
        """Give up a worker that is lost; whoever needs its like next starts another."""
        self._modules = {key: kept for key, kept in self._modules.items() if kept is not worker}
        self._versions = {key: kept for key, kept in self._versions.items() if kept is not worker}
        self._nursery.end(worker)


def _words(reply: wire.Reply | None) -> str:
    return f"{reply.error}: {reply.message}" if isinstance(reply, wire.Failure) else type(reply).__name__
