"""A worker in a thread that does what a test says."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from typing import Any

from grader import wire
from grader.peer import Peer
from tests.wire.travel import words

Serve = Callable[[socket.socket, int], None]  # with the worker's socket, and the pipe of its output

DONE = b"".join(wire.encode(wire.Done()).parts)


class Stranger:
    """The other end of `peer`."""

    def __init__(self, serve: Serve) -> None:
        ours, self.sock = socket.socketpair()
        reading, self.output = os.pipe()
        self.peer = Peer(ours, reading)
        self._thread = threading.Thread(target=self._run, args=(serve,), daemon=True)
        self._thread.start()

    def _run(self, serve: Serve) -> None:
        try:
            serve(self.sock, self.output)
        except (OSError, EOFError):  # the judge has hung up
            pass

    def close(self) -> None:
        self.peer.close()
        self._thread.join()
        self.sock.close()
        os.close(self.output)


def answer(value: Any) -> bytes:
    """A frame that answers with `value`."""
    packer = wire.Packer(words)
    return b"".join(wire.encode(wire.Answer(packer.pack(value)), packer).parts)


def replying(*data: bytes) -> Serve:
    """A worker that waits for a question each, and answers it with these bytes."""

    def serve(sock: socket.socket, output: int) -> None:
        for one in data:
            wire.receive(sock, 2)
            sock.sendall(one)
        sock.shutdown(socket.SHUT_WR)

    return serve


def spawning(*replies: wire.Reply, child: bytes | None) -> Serve:
    """A worker that answers a Spawn so; the child prints, and says `child` on its own socket (None: there is none)."""

    def serve(sock: socket.socket, output: int) -> None:
        _, _, (channel, pipe) = wire.receive(sock, 2)
        if child is not None:
            os.write(pipe, b"hello")
            with socket.socket(fileno=os.dup(channel)) as own:
                own.sendall(child)
        os.close(channel)
        os.close(pipe)
        for reply in replies:
            wire.send(sock, wire.encode(reply))
        sock.shutdown(socket.SHUT_WR)

    return serve


def flooding(sock: socket.socket, output: int) -> None:
    """A worker that prints until nobody listens any more."""
    while True:
        os.write(output, b"y" * 65536)
