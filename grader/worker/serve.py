"""The worker's loop: one request, one reply."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from itertools import takewhile
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from grader import wire
from grader.spec import Checks, load_checks
from grader.worker import reference
from grader.worker.cage.confine import step_down, tidy
from grader.worker.chance import seed
from grader.worker.device import device, full_precision, is_touched, stay_untouched, survey
from grader.worker.failure import GRADER, LEFT, NO_FILE, UNREADABLE, failure, is_unwritten
from grader.worker.inputs import Before
from grader.worker.inspection import inspect
from grader.worker.libraries import LibraryImports
from grader.worker.lifeline import IN_SIGHT, bound_memory, die_with_parent, trim_memory
from grader.worker.operations import Counting
from grader.worker.placeholders import PlaceholderFinder
from grader.worker.subject import Subject, anew, prepare_path
from grader.worker.surroundings import Helpers, Surroundings, has_children, place
from grader.worker.tensors import apart, from_wire, to_leaf
from grader.worker.unwritten import find_unwritten
from grader.worker.workplace import Workplace

STATUSES = 10_000  # exit statuses that are kept for whoever asks
QUICK = 0.2  # seconds of CPU time of its own that an import may have taken for the module to be imported again ...
ANEW = 0.02  # ... and that this may take: a fork costs less


def warm_up() -> None:
    """Run the operations that torch initialises lazily once, before anything is forked: a child would pay for each."""
    full_precision()
    x = torch.ones(8, 8, requires_grad=True)
    y = torch.nn.functional.conv2d(x.view(1, 1, 8, 8), x.view(1, 1, 8, 8)[:, :, :3, :3])
    loss = y.relu().sum() + torch.softmax(x @ x, 1).sum() + x.log_softmax(0).exp().std()
    if not IN_SIGHT:  # else autograd starts threads for the GPU, and no fork could run it any more
        loss.backward()  # type: ignore[no-untyped-call]
    torch.arange(8).sort().values.cumsum(0)
    seed(0)
    stay_untouched()


class Worker:
    """What a worker process holds: the module that it was told to load, and the checks about it."""

    def __init__(self, workplace: Workplace | None = None) -> None:
        self.folder = Path("/nonexistent")
        self.checks_file = Path("/nonexistent")
        self.name = ""
        self.siblings: list[str] = []
        self.checks: Checks | None = None
        self.subject: Subject | None = None
        self.pacing = False
        self._workplace = workplace  # None: the current folder is that of whoever runs this
        self._given = Path("/nonexistent")
        self._last = ""  # the module that was imported last before the submission's
        self._finder: PlaceholderFinder | None = None  # None: no module was imported
        self._untouched: Surroundings | None = None  # as all was before an import; None: nobody has looked
        self._surroundings: Surroundings | None = None  # None: the module is not to be imported again
        self._helpers = Helpers({})  # those that were given and that the module imports: they stay
        self._place: tuple[object, ...] | None = None  # None: nobody has been asked here
        self._first_place: tuple[object, ...] | None = None  # as it was before an import
        self._refusal: wire.Failure | None = None  # what the next request is answered with
        self._statuses: dict[int, int] = {}
        self._handlers: dict[type, Callable[[Any, memoryview], wire.Reply | tuple[wire.Reply, wire.Packer]]] = {
            wire.LoadModule: self._load,
            wire.Anew: self._anew,
            wire.Patch: self._patch,
            wire.Ask: self._ask,
            wire.AskAll: self._ask_all,
            wire.JudgeProperty: self._judge,
            wire.AskOracle: self._oracle,
            wire.Pace: self._pace,
            wire.Null: lambda request, data: wire.Done(),
            wire.Trim: self._trim,
            wire.Count: self._count,
            wire.Inspect: self._inspect,
            wire.FindUnwritten: lambda request, data: find_unwritten(request.source, request.functions),
            wire.Reap: self._reap,
            wire.Survey: lambda request, data: survey(request.device),
        }

    def handle(self, request: wire.Request, data: memoryview) -> wire.Reply | tuple[wire.Reply, wire.Packer] | None:
        """The reply to any request but Spawn; None where none is wanted."""
        if self._refusal is not None:
            refusal, self._refusal = self._refusal, None
            return refusal
        try:
            reply = self._handlers[type(request)](request, data)
        finally:
            if self._workplace is not None:
                self._workplace.go_home()
        if isinstance(request, wire.Anew) and request.quiet:
            self._refusal = reply if isinstance(reply, wire.Failure) else None
            return None
        return reply

    def _load(self, request: wire.LoadModule, data: memoryview) -> wire.Reply:
        if self._finder is not None and not self._gives_way():
            return wire.Failure(LEFT, "", "")
        self.folder, self.checks_file = Path(request.folder), Path(request.checks)
        self.name, self.siblings = request.module, request.siblings
        hidden = Path(request.hidden) if request.hidden else None
        self.checks = self.checks or load_checks(self.checks_file, hidden)
        file = self.folder / f"{request.module}.py"
        if not file.is_file():
            return wire.Loaded(wire.Failure(NO_FILE, "", "", detail=file.name))
        if self._workplace is not None and hidden is None:
            self._workplace.take(self.folder, file)
        if self._finder is None:
            self._finder = prepare_path(self.folder, Path(request.given), request.siblings)
            self._given, self._last = Path(request.given), next(reversed(sys.modules))
            if hidden is None:
                self._untouched, self._first_place = Surroundings(), place()
        begin, libraries = time.process_time(), LibraryImports(self.folder, request.given)
        seed(0)
        try:
            with libraries:
                module = importlib.import_module(request.module)
            self._take(module)
        except BaseException as error:
            return wire.Loaded(failure(error, self.folder, self.checks_file), self._finder.made)
        if self._untouched is not None and time.process_time() - begin - libraries.seconds < QUICK:
            self._helpers = Helpers(self._added(self._given))
            self._surroundings = self._untouched if self._untouched.are_as_before else Surroundings()
        gc.freeze()  # a collection in a fork would touch all of this, and so copy it
        return wire.Loaded(None, self._finder.made, is_touched(), self._surroundings is not None)

    def _gives_way(self) -> bool:
        """Drop the module and all that came with it, for another one of the submission's; whether nothing is left."""
        if self._surroundings is None or self._surroundings is not self._untouched:
            return False
        if self._place != self._first_place or not self._is_as_before():
            return False
        self._helpers, self._surroundings, self._place = Helpers({}), None, None
        self._forget_own()
        assert self._finder is not None
        self._finder.forget()
        return True

    def _is_as_before(self) -> bool:
        """Whether whoever was asked here has left nothing beside the submission's own modules."""
        return (
            self._surroundings is not None
            and self._surroundings.are_as_before
            and self._helpers.are_as_before
            and self._place == place()
            and not has_children()
        )

    def _anew(self, request: wire.Anew, data: memoryview) -> wire.Reply:
        begin = time.process_time()
        try:
            if not self._is_as_before():
                return wire.Failure(LEFT, "", "")
            self._forget_own()
            seed(0)
            self._take(anew(self.name, self.folder))
        except BaseException as error:
            return failure(error, self.folder, self.checks_file)
        return wire.Done() if time.process_time() - begin < ANEW else wire.Failure(LEFT, "", "")

    def _forget_own(self) -> None:
        """Drop the submission's modules, and helpers that it was given and has imported since."""
        for name in self._added(self.folder, self._given):
            if name not in self._helpers.names:
                del sys.modules[name]

    def _added(self, *folders: Path) -> dict[str, ModuleType]:
        """The modules from these folders that were imported since the submission's was. What was imported before is not
        looked at: counting a reference to it would copy the page that it lies on."""
        since = takewhile(lambda item: item[0] != self._last, reversed(sys.modules.items()))
        own = tuple(f"{folder}/" for folder in folders)
        return {name: module for name, module in since if str(getattr(module, "__file__", None)).startswith(own)}

    def _take(self, module: ModuleType) -> None:
        assert self.checks is not None
        self.subject = Subject(module, self.checks.modules[self.name].also)

    def _patch(self, request: wire.Patch, data: memoryview) -> wire.Reply:
        assert self.checks is not None
        wanted = reference.versions(self.checks, request.versions)
        self._take(reference.patch(self.name, self.siblings, wanted))
        return wire.Done()

    def _ask(self, request: wire.Ask, data: memoryview) -> wire.Reply | tuple[wire.Reply, wire.Packer]:
        put = self._put(
            request, from_wire(wire.unpack(request.inputs, data, trusted=True), device(request.device).place), data
        )
        if isinstance(put, wire.Failure):
            return put
        outputs, seen = put
        told = _answer(outputs, seen.changed)
        if isinstance(told, tuple):
            told[0].shared, told[0].cpu, told[0].wall = seen.shared, seen.cpu, seen.wall
        return told

    def _ask_all(self, request: wire.AskAll, data: memoryview) -> wire.Reply | tuple[wire.Reply, wire.Packer]:
        answers: list[dict[str, Any]] = []
        all_seen: list[wire.Seen] = []
        failures: list[wire.Failure] = []
        for inputs in wire.unpack(request.inputs, data, trusted=True):
            put = self._put(request, from_wire(inputs, device(request.device).place), data)
            if isinstance(put, wire.Failure):
                if answers or not is_unwritten(put):
                    return put
                failures.append(put)
            elif failures:
                return failures[0]
            else:
                answers.append(put[0])
                all_seen.append(put[1])
        packer = wire.Packer(to_leaf)
        return wire.Answers(packer.pack(answers), all_seen, failures), packer

    def _put(
        self, request: wire.Ask | wire.AskAll, inputs: dict[str, Any], data: memoryview
    ) -> wire.Failure | tuple[dict[str, Any], wire.Seen]:
        """Put one question: named outputs, and what was seen beside them."""
        assert self.checks is not None
        exercise, where = self.checks[request.exercise], device(request.device)
        before = Before(inputs, data)
        self._note_place()
        seed(request.seed)
        where.wait()
        wall, cpu = time.perf_counter_ns(), _cpu_time()
        try:
            if self.pacing and exercise.library is not None:
                outputs = {"out": exercise.library.call(**inputs)}
            else:
                outputs = exercise.ask(self.subject, **inputs)
            where.wait()
        except BaseException as error:
            return failure(error, self.folder, self.checks_file)
        cpu, wall = _cpu_time() - cpu, time.perf_counter_ns() - wall
        if not isinstance(outputs, dict):
            raise TypeError("an ask returns a dict of named outputs")
        outputs, shared = apart(outputs, inputs)  # first: a change after the look at the inputs is no answer
        return outputs, wire.Seen(before.changed(inputs), shared, cpu, wall)

    def _note_place(self) -> None:
        if self._surroundings is not None and self._place is None:
            self._place = place()

    def _trim(self, request: wire.Trim, data: memoryview) -> wire.Reply:
        trim_memory()
        return wire.Done()

    def _count(self, request: wire.Count, data: memoryview) -> wire.Reply | tuple[wire.Reply, wire.Packer]:
        assert self.checks is not None
        inputs = from_wire(wire.unpack(request.inputs, data, trusted=True))
        self._note_place()
        seed(request.seed)
        counting = Counting(self.folder, request.limit)
        try:
            with counting.everywhere():
                outputs = self.checks[request.exercise].ask(self.subject, **inputs)
                counting.is_answered = True
                answer = _answer(outputs, [])
        except BaseException as error:
            return counting.counted() if counting.is_full else failure(error, self.folder, self.checks_file)
        return answer if isinstance(answer, wire.Failure) else (counting.counted(answer[0].outputs), answer[1])

    def _inspect(self, request: wire.Inspect, data: memoryview) -> wire.Reply:
        return inspect(request.source, request.functions)

    def _oracle(self, request: wire.AskOracle, data: memoryview) -> wire.Reply | tuple[wire.Reply, wire.Packer]:
        assert self.checks is not None
        oracle = self.checks[request.exercise].oracle_function
        assert oracle is not None
        seed(request.seed)
        return _answer(oracle(self.subject, **from_wire(wire.unpack(request.inputs, data, trusted=True))), [])

    def _pace(self, request: wire.Pace, data: memoryview) -> wire.Reply:
        self.pacing = True
        return wire.Done()

    def _judge(self, request: wire.JudgeProperty, data: memoryview) -> wire.Reply:
        assert self.checks is not None
        seed(request.seed)
        inputs = from_wire(wire.unpack(request.inputs, data, trusted=True))
        answer = from_wire(wire.unpack(request.answer, data, trusted=True), arrays=False)
        ref = reference.Absent() if self.subject is None else self.subject
        return wire.Claims(reference.failed_claims(self.checks[request.exercise], ref, answer, inputs))

    def _reap(self, request: wire.Reap, data: memoryview) -> wire.Reply:
        self.collect()
        tidy(request.pid)
        return wire.Reaped(self._statuses.pop(request.pid, None))

    def collect(self) -> None:
        """Take the exit statuses of the children that have ended, orphans that were adopted among them."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            if len(self._statuses) < STATUSES:
                self._statuses[pid] = os.waitstatus_to_exitcode(status)


def serve(sock: socket.socket) -> None:
    """Answer requests until the peer closes the socket. After a Spawn the child goes on here, on its own socket."""
    workplace = Workplace(os.getcwd())
    worker = Worker(workplace)
    wire.send(sock, wire.encode(wire.Ready(os.getpid())))
    while True:
        try:
            head, data, descriptors = wire.receive(sock, 2)
        except (EOFError, OSError):
            return
        worker.collect()
        request = wire.decode_request(head)
        if isinstance(request, wire.Spawn):
            sock = _spawn(sock, descriptors, workplace)
            continue
        try:
            reply = worker.handle(request, data)
        except Exception as error:  # ours, or the author's
            reply = failure(error, worker.folder, worker.checks_file)
            reply.detail = GRADER
        if reply is None:
            continue
        _flush()
        message, packer = reply if isinstance(reply, tuple) else (reply, None)
        try:
            parts = wire.encode(message, packer)
        except wire.FrameError as error:
            parts = wire.encode(wire.Failure(UNREADABLE, "FrameError", str(error)))
        wire.send(sock, parts)


def _spawn(sock: socket.socket, descriptors: list[int], workplace: Workplace) -> socket.socket:
    """Fork. In the parent: report the child and return `sock`. In the child: return its own socket."""
    _flush()
    pid = os.fork()
    if pid:
        for fd in descriptors:
            os.close(fd)
        wire.send(sock, wire.encode(wire.Spawned(pid)))
        return sock
    die_with_parent()
    bound_memory()
    sock.close()
    channel, output = descriptors
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    step_down()
    workplace.move()
    child = socket.socket(fileno=channel)
    wire.send(child, wire.encode(wire.Ready(os.getpid())))
    return child


def _answer(outputs: Any, changed: list[str]) -> wire.Failure | tuple[wire.Answer, wire.Packer]:
    if not isinstance(outputs, dict):
        raise TypeError("an ask returns a dict of named outputs")
    packer = wire.Packer(to_leaf)
    try:
        return wire.Answer(packer.pack(outputs), changed), packer
    except Exception as error:
        return wire.Failure(UNREADABLE, type(error).__name__, str(error)[:500])


def _cpu_time() -> int:
    """Nanoseconds of this process. Where its CPU time is limited, Linux brings that clock up to date only with each
    tick (4 ms and more), or when a thread's own is read."""
    time.thread_time_ns()
    return time.process_time_ns()


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass


__all__ = ["Worker", "serve", "warm_up"]
