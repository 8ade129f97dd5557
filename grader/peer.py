"""The judge's end of a worker: a question out, an answer in, and nothing that the other end does makes it wait longer
than agreed, allocate more than agreed, or raise anything but PeerLost.

    PeerLost        the worker gave no answer and is not to be asked again; `cause` says why
"""

from __future__ import annotations

import array
import os
import select
import socket
import time
from enum import StrEnum

from grader import wire

PRINTED_HEAD = 16 << 10  # bytes of a worker's output that are kept: the first ones ...
PRINTED_TAIL = 4 << 10  # ... and the last ones
PRINTED_LIMIT = 64 << 20  # bytes after which a worker is cut off


class Lost(StrEnum):
    """Why a worker is gone."""

    DIED = "died"
    TIMED_OUT = "timed out"
    PRINTED = "output"
    PROTOCOL = "protocol"


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
    """A worker process, over its socket and the pipe of its stdout and stderr (-1: it has none of its own)."""

    def __init__(self, sock: socket.socket, output: int = -1, pid: int = 0) -> None:
        self._sock = sock
        self._sock.setblocking(False)
        self._output = output
        self.pid = pid
        self.printed = Printed()
        self.lost: PeerLost | None = None
        if output >= 0:
            os.set_blocking(output, False)

    def call(
        self, request: wire.Request, packer: wire.Packer | None = None, *, seconds: float
    ) -> tuple[wire.Reply, bytearray]:
        """Send a request and wait for the reply, at most so long. Raises PeerLost."""
        return self.call_encoded(wire.encode(request, packer), seconds=seconds)

    def call_encoded(
        self, parts: list[bytes | bytearray], *, seconds: float, descriptors: tuple[int, ...] = ()
    ) -> tuple[wire.Reply, bytearray]:
        """The same for a frame that was encoded before, with descriptors that travel along."""
        if self.lost:
            raise self.lost
        deadline = time.monotonic() + seconds
        try:
            self._send(parts, descriptors, deadline)
            return self._receive(deadline)
        except PeerLost as lost:
            self.lost = lost
            raise

    def wait_ready(self, seconds: float) -> None:
        """Wait for a worker's first frame."""
        try:
            reply, _ = self._receive(time.monotonic() + seconds)
            if not isinstance(reply, wire.Ready):
                raise PeerLost(Lost.PROTOCOL, "a worker did not say that it is ready")
        except PeerLost as lost:
            self.lost = lost
            raise

    def spawn(self, seconds: float) -> Peer:
        """Have the worker fork; the child's peer. Raises PeerLost (of this worker, or of a child that never was)."""
        ours, theirs = socket.socketpair()
        reading, writing = os.pipe()
        try:
            reply, _ = self.call_encoded(
                wire.encode(wire.Spawn()), seconds=seconds, descriptors=(theirs.fileno(), writing)
            )
        except PeerLost:
            ours.close()
            os.close(reading)
            raise
        finally:
            theirs.close()
            os.close(writing)
        child = Peer(ours, reading, reply.pid if isinstance(reply, wire.Spawned) else 0)
        try:
            child.wait_ready(seconds)
        except PeerLost:
            child.close()
            raise
        return child

    def drain(self) -> None:
        """Take what the worker has printed so far."""
        while self._output >= 0 and self._take_output():
            pass

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

    def _send(self, parts: list[bytes | bytearray], descriptors: tuple[int, ...], deadline: float) -> None:
        for part in parts:
            view = memoryview(part)
            while len(view):
                self._wait(select.POLLOUT, deadline)
                try:
                    if descriptors:
                        rights = array.array("i", descriptors).tobytes()
                        n = self._sock.sendmsg([view], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
                        descriptors = ()
                    else:
                        n = self._sock.send(view)
                except BlockingIOError:
                    continue
                except OSError as error:
                    raise PeerLost(Lost.DIED, error.strerror or "") from None
                view = view[n:]

    def _receive(self, deadline: float) -> tuple[wire.Reply, bytearray]:
        try:
            head_size, body_size = wire.lengths(self._read(wire.HEADER.size, deadline))
            head = self._read(head_size, deadline)
            body = self._read(body_size, deadline)
            return wire.decode_reply(head), body
        except wire.FrameError as error:
            raise PeerLost(Lost.PROTOCOL, str(error)) from None

    def _read(self, size: int, deadline: float) -> bytearray:
        buffer = bytearray(size)
        view, got = memoryview(buffer), 0
        while got < size:
            self._wait(select.POLLIN, deadline)
            try:
                n = self._sock.recv_into(view[got:])
            except BlockingIOError:
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

    def _take_output(self) -> bool:
        try:
            data = os.read(self._output, 1 << 16)
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
