"""The judge's end of a worker: a question out, an answer in, and nothing that the other end does makes it wait longer
than agreed, allocate more than agreed, or raise anything but PeerLost.

    PeerLost        the worker gave no answer and is not to be asked again; `cause` says why
"""

from __future__ import annotations

import math
import os
import select
import socket
import time
from collections.abc import Callable
from enum import StrEnum
from typing import NoReturn

from grader import wire

PRINTED_HEAD = 16 << 10  # bytes of a worker's output that are kept: the first ones ...
PRINTED_TAIL = 4 << 10  # ... and the last ones
PRINTED_LIMIT = 64 << 20  # bytes after which a worker is cut off
READ = 1 << 16  # bytes taken from a worker's output at a time
LOOK = 0.02  # seconds between two looks at what a worker has used, at least
DRAIN_READS = 32  # times READ, more than the 1 MB to which a worker may enlarge its pipe

Left = Callable[[], float]


class Lost(StrEnum):
    """Why a worker is gone."""

    DIED = "died"
    TIMED_OUT = "timed out"
    SPENT = "CPU time"  # it has used all that it was given for a question
    PRINTED = "output"
    PROTOCOL = "protocol"
    MEMORY = "memory"  # the cage ended it, and whatever was started in its place, for want of memory
    GRADER = "grader"  # no fault of the worker's: this process has no descriptors left, the cage was ended


class PeerLost(Exception):
    """The worker is not to be asked again."""

    def __init__(self, cause: Lost, detail: str = "") -> None:
        super().__init__(f"{cause}: {detail}" if detail else str(cause))
        self.cause = cause
        self.detail = detail


class Printed:
    """What a worker has printed: the beginning and the end of it, and how much there was."""

    def __init__(self) -> None:
        self.total = 0
        self._head = bytearray()
        self._tail = bytearray()

    def add(self, data: bytes) -> None:
        """Take the next bytes."""
        self.total += len(data)
        room = PRINTED_HEAD - len(self._head)
        self._head += data[:room]
        if len(data) > room:
            self._tail = (self._tail + data[max(room, 0) :])[-PRINTED_TAIL:]

    @property
    def text(self) -> str:
        """Both ends as text, without control characters."""
        left_out = self.total - len(self._head) - len(self._tail)
        between = f"\n... {left_out:,} bytes left out ...\n" if left_out > 0 else ""
        return printable(self._head.decode("utf-8", "replace") + between + self._tail.decode("utf-8", "replace"))


def printable(text: str) -> str:
    """`text` without what a terminal would obey: control characters other than newline and tab."""
    return "".join(c if c in "\n\t" or (c.isprintable()) else "\N{REPLACEMENT CHARACTER}" for c in text)


class Peer:
    """A worker process, over its socket and the pipe of its stdout and stderr (-1: it has none of its own).

    Descriptors that a worker sends along are never received: the kernel closes them."""

    def __init__(self, sock: socket.socket, output: int = -1, pid: int = 0, parent: Peer | None = None) -> None:
        self._sock = sock
        self._sock.setblocking(False)
        self._output = output
        self.pid = pid
        self.parent = parent  # whom it was forked from
        self.printed = Printed()
        self.lost: PeerLost | None = None
        self._left: Left | None = None
        self._look = math.inf  # when to ask `_left`
        if output >= 0:
            os.set_blocking(output, False)

    def call(
        self, request: wire.Request, packer: wire.Packer | None = None, *, seconds: float
    ) -> tuple[wire.Reply, memoryview]:
        """Send a request and wait for the reply, at most so long. Raises PeerLost; and wire.FrameError, before
        anything is sent, where the request is too large."""
        return self.call_encoded(wire.encode(request, packer), seconds=seconds)

    def call_encoded(
        self,
        frame: wire.Encoded,
        *,
        seconds: float,
        descriptors: tuple[int, ...] = (),
        first: wire.Encoded | None = None,
        left: Left | None = None,
    ) -> tuple[wire.Reply, memoryview]:
        """The same for a frame that was encoded before, with descriptors that travel along. `first`: one that goes
        before it, and that nobody replies to. `left`: tells how many seconds of CPU time the worker has left; if none,
        it is given up."""
        return self._exchange(frame, descriptors, seconds, first, left)

    def wait_ready(self, seconds: float) -> None:
        """Wait for a worker's first frame."""
        reply, _ = self._exchange(None, (), seconds)
        if not isinstance(reply, wire.Ready):
            self._lose(Lost.PROTOCOL, "a worker did not say that it is ready")

    def spawn(self, seconds: float) -> Peer:
        """Have the worker fork; the child's peer. Raises PeerLost (of this worker, or of a child that never was)."""
        try:
            ours, theirs = socket.socketpair()
        except OSError as error:
            raise PeerLost(Lost.GRADER, error.strerror or "") from None
        try:
            reading, writing = os.pipe()
        except OSError as error:
            ours.close()
            theirs.close()
            raise PeerLost(Lost.GRADER, error.strerror or "") from None
        child = Peer(ours, reading, parent=self)
        try:
            frame = wire.encode(wire.Spawn())
            reply, _ = self.call_encoded(frame, seconds=seconds, descriptors=(theirs.fileno(), writing))
            if not isinstance(reply, wire.Spawned):
                self._lose(Lost.PROTOCOL, "a worker did not say that it forked")
            child.pid = reply.pid
        except PeerLost:
            child.close()
            raise
        finally:
            theirs.close()
            os.close(writing)
        try:
            child.wait_ready(seconds)
        except PeerLost:
            child.close()
            raise
        return child

    @property
    def root(self) -> Peer:
        """The one that it descends from, itself where it was not forked."""
        return self if self.parent is None else self.parent.root

    def has_died(self, seconds: float) -> bool:
        """Whether it gives no sign of life because it has ended."""
        try:
            self.call(wire.Reap(0), seconds=seconds)
        except PeerLost as lost:
            return lost.cause is Lost.DIED
        return False

    def drain(self) -> None:
        """Take what the worker has printed so far; of one that prints without end, no more than a pipe holds."""
        for _ in range(DRAIN_READS):
            if self._output < 0 or not self._take_output():
                return

    def restart_printed(self) -> None:
        """Forget what the worker has printed so far."""
        self.drain()
        self.printed = Printed()

    def close(self) -> None:
        """Hang up. The process is the sandbox's to kill."""
        self.drain()
        self._sock.close()
        if self._output >= 0:
            os.close(self._output)
            self._output = -1
        if self.lost is None:
            self.lost = PeerLost(Lost.DIED, "closed")

    # -- bytes --------------------------------------------------------------------------------------------------

    def _exchange(
        self,
        frame: wire.Encoded | None,
        descriptors: tuple[int, ...],
        seconds: float,
        first: wire.Encoded | None = None,
        left: Left | None = None,
    ) -> tuple[wire.Reply, memoryview]:
        if self.lost is None:
            deadline = time.monotonic() + seconds
            self._left = left
            self._look = time.monotonic() + left() if left is not None else math.inf
            try:
                if frame is not None:
                    self._expect_silence()
                    if first is not None:
                        self._send(first, first.descriptors, deadline)
                    self._send(frame, (*frame.descriptors, *descriptors), deadline)
                return self._receive(deadline)
            except PeerLost as lost:
                why = lost.cause, lost.detail
        else:
            why = self.lost.cause, self.lost.detail
        self._lose(*why)

    def _lose(self, cause: Lost, detail: str = "") -> NoReturn:
        """Give the worker up. What is raised is a new exception: the traceback of the one that was caught would keep
        all that was received until then, for as long as somebody keeps the exception."""
        self.lost = PeerLost(cause, detail)
        raise PeerLost(cause, detail)

    def _expect_silence(self) -> None:
        """Nothing may lie there before a question is sent: it would be taken for the answer."""
        try:
            early = self._sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return
        except OSError as error:
            raise PeerLost(Lost.DIED, error.strerror or "") from None
        raise PeerLost(Lost.PROTOCOL, "it spoke before it was asked") if early else PeerLost(Lost.DIED)

    def _send(self, frame: wire.Encoded, descriptors: tuple[int, ...], deadline: float) -> None:
        for part in frame.parts:
            view = memoryview(part)
            while len(view):
                try:
                    n = self._sock.sendmsg([view], wire.rights(descriptors) if descriptors else [])
                except BlockingIOError:
                    self._wait(select.POLLOUT, deadline)
                    continue
                except OSError as error:
                    raise PeerLost(Lost.DIED, error.strerror or "") from None
                descriptors = ()
                view = view[n:]

    def _receive(self, deadline: float) -> tuple[wire.Reply, memoryview]:
        try:
            head_size, body_size = wire.lengths(self._read(wire.HEADER.size, deadline))
            head = self._read(head_size, deadline)
            body = self._read(body_size, deadline)
            return wire.decode_reply(head), body
        except wire.FrameError as error:
            raise PeerLost(Lost.PROTOCOL, str(error)) from None
        except MemoryError:
            raise PeerLost(Lost.PROTOCOL, "a frame that does not fit into memory") from None

    def _read(self, size: int, deadline: float) -> memoryview:
        buffer, got = wire.room(size), 0
        while got < size:
            if time.monotonic() >= deadline:  # also while bytes keep coming
                raise PeerLost(Lost.TIMED_OUT)
            try:
                n = self._sock.recv_into(buffer[got:])
            except BlockingIOError:
                self._wait(select.POLLIN, deadline)
                continue
            except OSError as error:
                raise PeerLost(Lost.DIED, error.strerror or "") from None
            if n == 0:
                raise PeerLost(Lost.DIED)
            got += n
        return buffer

    def _wait(self, event: int, deadline: float) -> None:
        """Until the socket is ready, taking the worker's output meanwhile."""
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise PeerLost(Lost.TIMED_OUT)
            left = min(left, self._until_spent())
            poll = select.poll()
            poll.register(self._sock, event)
            if self._output >= 0:
                poll.register(self._output, select.POLLIN)
            ready = dict(poll.poll(min(left, 3600.0) * 1000))
            if self._output in ready:
                self._take_output()
                if self.printed.total > PRINTED_LIMIT:
                    raise PeerLost(Lost.PRINTED, f"{PRINTED_LIMIT >> 20} MB")
            if self._sock.fileno() in ready:
                return

    def _until_spent(self) -> float:
        """Seconds in which the worker cannot have used up its CPU time, if it uses one core: then it is looked at
        again. Whoever answers in time is not looked at."""
        now = time.monotonic()
        if self._left is None or now < self._look:
            return self._look - now
        left = self._left()
        if left <= 0:
            raise PeerLost(Lost.SPENT)
        self._look = now + max(left, LOOK)
        return self._look - now

    def _take_output(self) -> bool:
        try:
            data = os.read(self._output, READ)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            os.close(self._output)
            self._output = -1
            return False
        self.printed.add(data)
        return True
