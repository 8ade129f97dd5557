"""Expected answers, from a live reference worker; and what each misconception would have answered.

OracleFault     the reference itself failed: the grader's fault, never a student's
"""

from __future__ import annotations

from typing import Any, Protocol

from grader import wire
from grader.course import Assignment
from grader.peer import Peer, PeerLost
from grader.question import Question
from grader.spec import Version

LOAD_SECONDS = 60.0
REFERENCE_SECONDS = 120.0


class OracleFault(Exception):
    """The reference gave no answer."""


class Nursery(Protocol):
    """What starts workers: a sandbox."""

    def open(self) -> Peer: ...

    def spawn(self, parent: Peer) -> Peer: ...

    def end(self, worker: Peer) -> None: ...


Answer = dict[str, Any] | wire.Failure  # what a version that raises answers is its failure


class Oracle:
    """The reference worker of an assignment: each module imported once, each version in a fork of that.

    Answers are kept for as long as the oracle lives: a case is asked once per version."""

    def __init__(self, nursery: Nursery, assignment: Assignment) -> None:
        self._nursery = nursery
        self._assignment = assignment
        self._modules: dict[str, Peer] = {}
        self._versions: dict[tuple[str, tuple[str, ...]], Peer] = {}
        self._answers: dict[tuple[int, tuple[str, ...]], Answer] = {}
        self._questions: list[Question] = []  # kept, so that an id() is not given twice

    def expected(self, question: Question, edition: Version | None = None) -> dict[str, Any]:
        """The right answer, under an edition. Raises OracleFault."""
        answer = self.answer(question, *([edition] if edition else []))
        if isinstance(answer, wire.Failure):
            where = f"{answer.frames[-1].file}:{answer.frames[-1].line}: " if answer.frames else ""
            raise OracleFault(
                f"the reference failed on {question.exercise.id}, case {question.case.name}: "
                f"{where}{answer.error}: {answer.message}"
            )
        return answer

    def answer(self, question: Question, *versions: Version) -> Answer:
        """What the reference with these versions' replacements answers. Raises OracleFault where it is lost."""
        key = (id(question), tuple(version.id for version in versions))
        if key not in self._answers:
            self._questions.append(question)
            self._answers[key] = self._ask(question, key[1])
        return self._answers[key]

    def failed_claims(self, question: Question, answer: dict[str, Any], edition: Version | None = None) -> list[str]:
        """The claims of the exercise's properties that a student's answer fails. Raises OracleFault."""
        packer = wire.Packer()
        request = wire.JudgeProperty(
            question.exercise.id,
            packer.pack({**question.inputs, **question.kept}),
            packer.pack(answer),
            question.seed,
        )
        worker = self._worker(question.exercise.module.name, (edition.id,) if edition else ())
        reply, _ = self._call(worker, wire.encode(request, packer))
        if isinstance(reply, wire.Failure):
            raise OracleFault(f"a property of {question.exercise.id} failed: {reply.error}: {reply.message}")
        if not isinstance(reply, wire.Claims):
            raise OracleFault(f"a property of {question.exercise.id} was not judged")
        return reply.failed

    def forget(self) -> None:
        """End the workers of versions; the next question to one starts it again."""
        for worker in self._versions.values():
            self._nursery.end(worker)
        self._versions.clear()

    def _ask(self, question: Question, versions: tuple[str, ...]) -> Answer:
        worker = self._worker(question.exercise.module.name, versions)
        reply, data = self._call(worker, question.frame)
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
            worker = self._spawn(self._module(module))
            if versions:
                reply, _ = self._call(worker, wire.encode(wire.Patch(list(versions))))
                if not isinstance(reply, wire.Done):
                    raise OracleFault(f"{' and '.join(versions)} cannot be put in place: {_words(reply)}")
            self._versions[key] = worker
        return self._versions[key]

    def _module(self, name: str) -> Peer:
        if name not in self._modules:
            course, assignment = self._assignment.course, self._assignment
            try:
                worker = self._nursery.open()
            except PeerLost as lost:
                raise OracleFault(f"no worker could be started: {lost}") from None
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
            raise OracleFault(f"the reference worker is gone: {lost}") from None

    def _call(self, worker: Peer, parts: list[bytes | bytearray]) -> tuple[wire.Reply, bytearray]:
        try:
            return worker.call_encoded(parts, seconds=REFERENCE_SECONDS)
        except PeerLost as lost:
            raise OracleFault(f"the reference worker is gone: {lost}") from None


def _words(reply: wire.Reply | None) -> str:
    return f"{reply.error}: {reply.message}" if isinstance(reply, wire.Failure) else type(reply).__name__
