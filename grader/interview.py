"""Puts questions to a submission: a worker for each module, and forks of it, fresh ones or shared (grader.sitting)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType

from grader import wire
from grader.course import Assignment
from grader.meter import Meter
from grader.peer import Lost, Peer, PeerLost, printable
from grader.question import Question
from grader.response import Response, Transcript, on_device, response_of, responses_of
from grader.sandbox.cage import Cage, Paths, SandboxError
from grader.sandbox.cuda import usable
from grader.submission import Submission
from grader.worker.failure import BROKEN

IMPORT_SECONDS = 30.0
REAP_SECONDS = 2.0  # for a parent to say how a worker has ended, or that it is there itself
DEVICE_SECONDS = 60.0  # for a worker to get hold of a GPU, which takes a second or two
SUBMISSION_SECONDS = 900.0  # that all answers of one submission may take together; honest ones take a minute
END_SECONDS = 0.5  # for a worker that has hung up to end
ANEW = wire.encode(wire.Anew(quiet=True))
REFUSALS = 2  # of a module to be imported once more, after which that is not tried any more
DEATHS = 3  # of an exercise's workers, after which its other cases are not asked


@dataclass
class Imported:
    """A module of the submission. `worker`: the one that imported it, as long as nobody was asked there; to be forked,
    or to be asked itself; None where there is none, and the module is imported once more when one is needed."""

    name: str
    worker: Peer | None
    failure: wire.Failure | None = None
    lost: PeerLost | None = None
    status: int | None = None
    limit: str | None = None
    placeholders: tuple[str, ...] = ()
    printed: str = ""
    alone: bool = False  # it cannot be forked: it has used the GPU
    quick: bool = False  # to import it once more costs little
    originals: int = 0  # processes that have imported it to be asked themselves
    refusals: list[Response] = field(default_factory=list)  # what came of importing it once more, where that failed

    @property
    def failed(self) -> bool:
        """Whether it cannot be imported."""
        return self.failure is not None or self.lost is not None


class Interview:
    """Everything that one submission is asked."""

    def __init__(self, nursery: Cage, assignment: Assignment, submission: Submission, device: str = "cpu") -> None:
        self._nursery = nursery
        self._assignment = assignment
        self._submission = submission
        self._device = device
        self._blank: Peer | None = None  # a worker that has run nobody's code
        self._waited = 0.0  # seconds, for answers

    def __enter__(self) -> Interview:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._blank is not None:
            self.give_up(self._blank)

    def fresh(self) -> Peer:
        """A worker that has run nobody's code. Raises PeerLost."""
        worker, self._blank = self._blank, None
        return worker or self._nursery.open()

    def keep(self, worker: Peer) -> None:
        """It has still run nobody's code: for whoever wants one next."""
        self._blank = worker

    def give_up(self, worker: Peer) -> None:
        """End it, and blame nobody for the limits that it has run into."""
        self.forget_limits()
        self.hang_up(worker)

    def load(self, module: str) -> Imported:
        """Import a module; its failure is data. Raises PeerLost only where no worker can be started at all."""
        worker = self.fresh()
        try:
            reply, _ = worker.call(self._request(module), seconds=IMPORT_SECONDS)
            if not isinstance(reply, wire.Loaded):
                raise PeerLost(Lost.PROTOCOL, "no answer to an import")
        except PeerLost as lost:
            response = self.gone(worker, lost)
            imported = Imported(module, None, lost=response.lost, status=response.status, limit=response.limit)
        else:
            imported = self._imported(module, reply)
            imported.worker = None if reply.failure else worker
        worker.drain()
        imported.printed = worker.printed.text
        if imported.worker is None:
            self._nursery.end(worker)
        return imported

    def load_beside(self, worker: Peer, module: str, seconds: float) -> Imported | None:
        """Import another module where one was imported and asked, as if in a new worker; None where that cannot be."""
        worker.restart_printed()
        try:
            reply, _ = worker.call(self._request(module), seconds=seconds)
        except PeerLost:
            return None
        if not isinstance(reply, wire.Loaded) or reply.failure is not None or not reply.quick:
            return None
        worker.drain()
        # What it prints there could be hidden inputs that the process was given before.
        return None if worker.printed.text else self._imported(module, reply)

    def _request(self, module: str) -> wire.LoadModule:
        seen = self._nursery.paths or Paths(
            self._submission.folder, self._assignment.public, self._assignment.course.given
        )
        return wire.LoadModule(
            folder=str(seen.submission),
            module=module,
            siblings=list(self._assignment.checks.modules),
            given=str(seen.given),
            checks=str(seen.checks),
        )

    def _imported(self, module: str, reply: wire.Loaded) -> Imported:
        return Imported(
            module,
            None,
            failure=on_device(reply.failure, self._device) if reply.failure else None,
            placeholders=tuple(printable(name[:100]) for name in reply.placeholders[:20]),
            alone=reply.alone and self._device != "cpu",
            quick=reply.quick and self._device == "cpu",
        )

    def ask(self, imported: Imported, questions: Sequence[Question], aside: Sequence[Question] = ()) -> Transcript:
        """Put an exercise's questions to a fresh fork; one that dies over a question is replaced for the next. `aside`:
        questions for a note, put to the same worker in the end, where another one would cost more than they do."""
        transcript, worker = self.put_all(imported, questions, aside)
        if worker is not None:
            self._nursery.end(worker)
        return transcript

    def put_all(
        self,
        imported: Imported,
        questions: Sequence[Question],
        aside: Sequence[Question] = (),
        worker: Peer | None = None,
    ) -> tuple[Transcript, Peer | None]:
        """The same, and the worker where it is still there, to be ended by `hang_up`. `worker`: who is asked first."""
        transcript = Transcript()
        deaths = 0
        shown = True  # what it prints: until it has seen what is hidden
        for question in questions:
            if self._waited > SUBMISSION_SECONDS:
                transcript.add(Response(lost=PeerLost(Lost.TIMED_OUT), limit="submission"))
                continue
            if shown and question.case.hidden:
                shown = False
                if worker is not None:
                    worker.drain()
                    transcript.printed += worker.printed.text
            if deaths >= DEATHS:
                transcript.responses.append(transcript.responses[-1])
                continue
            if worker is None:
                worker, response = self.fork(imported, ready=True)
                if response is not None:
                    transcript.add(response)
                    deaths += 1
                    continue
            assert worker is not None
            response = self._put(worker, question)
            if response.lost:
                response = self.gone(worker, response.lost)
                deaths += 1
                worker.drain()
                transcript.printed += worker.printed.text if shown else ""
                self._nursery.end(worker)
                worker = None
            elif response.failure is not None and response.failure.kind == BROKEN:
                worker.drain()
                transcript.printed += worker.printed.text if shown else ""
                self._nursery.end(worker)
                worker = None
            transcript.add(response)
        if worker is not None:
            worker.drain()
            transcript.printed += worker.printed.text if shown else ""
            for question in aside:
                transcript.add_aside(self._put(worker, question))
                if transcript.aside[-1].lost:
                    break
        return transcript, worker

    def end(self, imported: Imported) -> None:
        """End the module's worker."""
        if imported.worker is not None:
            self._nursery.end(imported.worker)
            imported.worker = None

    def fork(self, imported: Imported, *, ready: bool = False) -> tuple[Peer | None, Response | None]:
        """A fresh fork of the imported module, or why there is none; if the module's worker is gone, the module is
        imported once more. `ready`: it has the device, which is no question's time."""
        worker, response = self._again(imported) if imported.alone else self._fork(imported)
        if worker is not None and ready and self._device != "cpu":
            response = self._prepare(worker)
            if response is not None:
                self._nursery.end(worker)
                if response.failure is None or imported.alone:
                    return None, response
                imported.alone = True  # what it did when it was imported is in the way of its forks
                return self.fork(imported, ready=True)
        return worker, response

    def take(self, imported: Imported) -> Peer | None:
        """The module's own worker, which nobody forks any more; one that imports it again where it is gone."""
        worker, imported.worker = imported.worker, None
        return worker or self._again(imported)[0]

    def _prepare(self, worker: Peer) -> Response | None:
        """Let a fork get hold of the device; why it could not. That it is the machine's fault is believed where one
        that runs nobody's code cannot do it either."""
        try:
            reply, _ = worker.call(wire.Survey(self._device), seconds=DEVICE_SECONDS)
        except PeerLost as lost:
            return Response(lost=lost)
        if isinstance(reply, wire.Surveyed) and not reply.problem:
            return None
        try:
            usable(self._nursery)
        except SandboxError as error:
            return Response(lost=PeerLost(Lost.GRADER, str(error)))
        return Response(failure=wire.Failure(BROKEN, "RuntimeError", "this process cannot use the GPU any more"))

    def _again(self, imported: Imported) -> tuple[Peer | None, Response | None]:
        """A worker that has imported the module by itself; one that fails to, time and again, is not waited for."""
        if imported.refusals and (len(imported.refusals) >= REFUSALS or imported.refusals[-1].is_late):
            return None, imported.refusals[-1]
        try:
            again = self.load(imported.name)
        except PeerLost as lost:
            return None, Response(lost=lost if lost.cause is Lost.MEMORY else PeerLost(Lost.GRADER, str(lost)))
        if again.worker is not None:
            return again.worker, None
        imported.refusals.append(Response(None, (), again.failure, again.lost, again.status, again.limit))
        return None, imported.refusals[-1]

    def _fork(self, imported: Imported) -> tuple[Peer | None, Response | None]:
        for attempt in range(2):
            if imported.worker is None:
                worker, response = self._again(imported)
                if worker is None:
                    return None, response
                imported.worker = worker
            try:
                return self._nursery.spawn(imported.worker), None
            except PeerLost as lost:
                response = self.gone(imported.worker, lost)
                self.end(imported)
                if attempt:
                    return None, response
        raise AssertionError

    def _put(self, worker: Peer, question: Question) -> Response:
        parts, begin = question.encode(self._device), time.monotonic()
        try:
            reply, data = worker.call_encoded(parts, seconds=question.exercise.seconds)
            reply = on_device(reply, self._device) if isinstance(reply, wire.Failure) else reply
            return response_of(reply, data)
        except PeerLost as lost:
            return Response(lost=lost)
        finally:
            self._waited += time.monotonic() - begin

    def put_together(
        self, worker: Peer, frame: wire.Encoded, count: int, seconds: float, *, anew: bool
    ) -> list[Response] | wire.Failure | None:
        """Put so many questions at once, and wait so long for all answers; a failure, or None, where one of them is
        missing. `anew`: to a worker that imports its module again before."""
        begin = time.monotonic()
        try:
            reply, data = worker.call_encoded(frame, seconds=seconds, first=ANEW if anew else None)
            return reply if isinstance(reply, wire.Failure) else responses_of(reply, data, count)
        except PeerLost:
            return None
        finally:
            self._waited += time.monotonic() - begin

    @property
    def device(self) -> str:
        """Where it is asked."""
        return self._device

    def meter(self, worker: Peer) -> Meter:
        """What reads how much a fork uses."""
        return self._nursery.meter(worker)

    def hang_up(self, worker: Peer) -> None:
        """End a fork."""
        self._nursery.end(worker)

    def forget_limits(self) -> None:
        """Blame nobody for the limits that the cage has run into so far."""
        self._nursery.limit_hit()

    def gone(self, worker: Peer, lost: PeerLost) -> Response:
        """What is said of a worker that was lost. One that has ended because its whole cage has is the grader's loss,
        where nobody in there can have done that."""
        status, limit = self._status(worker, lost), self._nursery.limit_hit()
        doubtful = lost.cause is Lost.DIED and status is None and limit is None
        if doubtful and self._nursery.keeps_its_nursery and worker.root.has_died(REAP_SECONDS):
            lost = PeerLost(Lost.GRADER, "the process that all others are forked from was ended from outside")
        return Response(lost=lost, status=status, limit=limit)

    def _status(self, worker: Peer, lost: PeerLost) -> int | None:
        """How a worker that has died ended, as its parent tells: good for a sentence, not for a verdict."""
        if worker.parent is None or lost.cause is not Lost.DIED:
            return None
        try:
            until = time.monotonic() + END_SECONDS  # its socket is closed before it has ended
            while True:
                reply, _ = worker.parent.call(wire.Reap(worker.pid), seconds=REAP_SECONDS)
                if not isinstance(reply, wire.Reaped) or reply.status is not None:
                    return reply.status if isinstance(reply, wire.Reaped) else None
                if time.monotonic() > until:
                    return None
                time.sleep(0.001)
        except PeerLost:
            return None
