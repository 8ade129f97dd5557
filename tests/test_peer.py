"""The judge's end of a worker that is not to be trusted: an answer or PeerLost, in time, and nothing else."""

from __future__ import annotations

import array
import errno
import gc
import itertools
import os
import socket
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from grader import peer as module
from grader import wire
from grader.peer import PRINTED_LIMIT, Lost, Peer, PeerLost, Printed, printable
from tests.wire.stranger import DONE, Serve, Stranger, answer, flooding, replying, spawning
from tests.wire.travel import same

SHORT = 0.2  # seconds that a worker gets which is going to exceed them
LONG = 60.0  # seconds that a worker gets which is not


@pytest.fixture
def stranger() -> Iterator[Callable[[Serve], Peer]]:
    """`stranger(serve)`: the peer of a worker that does `serve(socket, output)`."""
    made: list[Stranger] = []

    def make(serve: Serve) -> Peer:
        made.append(Stranger(serve))
        return made[-1].peer

    yield make
    for one in made:
        one.close()


def lost(peer: Peer, frame: wire.Encoded | None = None, seconds: float = LONG) -> PeerLost:
    """What asking this peer ends with."""
    with pytest.raises(PeerLost) as caught:
        peer.call_encoded(frame or wire.encode(wire.Null()), seconds=seconds)
    assert peer.lost is not None and (peer.lost.cause, peer.lost.detail) == (caught.value.cause, caught.value.detail)
    return caught.value


# -- honest workers ----------------------------------------------------------------------------------------------------


def test_a_question_and_its_answer(stranger: Any) -> None:
    peer = stranger(replying(DONE, answer({"x": np.arange(1e5)})))
    assert peer.call(wire.Null(), seconds=LONG) == (wire.Done(), b"")
    reply, data = peer.call(wire.Null(), seconds=LONG)
    assert same(wire.unpack(reply.outputs, data), {"x": wire.Tensor.of(np.arange(1e5), "numpy")})
    assert lost(peer).cause is Lost.DIED


@pytest.mark.parametrize("sealed", [True, False])
def test_a_large_question_is_encoded_once_and_asked_again(stranger: Any, sealed: bool) -> None:
    sums: list[float] = []

    def serve(sock: socket.socket, output: int) -> None:
        while True:
            head, body, _ = wire.receive(sock, 2)
            inputs = wire.unpack(wire.decode_request(head).inputs, body, trusted=True)
            sums.append(float(inputs["x"].array.sum()))
            inputs["x"].array[...] = 0
            sock.sendall(DONE)

    packer = wire.Packer()
    frame = wire.encode(wire.Ask("e", packer.pack({"x": np.ones(1 << 18)}), 0), packer, sealed=sealed)
    peers = [stranger(serve), stranger(serve)]
    for peer in (*peers, *peers):
        peer.call_encoded(frame, seconds=LONG)
    assert sums == [2.0**18] * 4


# -- times -------------------------------------------------------------------------------------------------------------


def test_silence_ends_at_the_deadline(stranger: Any) -> None:
    assert lost(stranger(lambda sock, output: sock.recv(1 << 20) and None), seconds=SHORT).cause is Lost.TIMED_OUT


def test_one_byte_at_a_time_does_not_move_the_deadline(stranger: Any) -> None:
    def trickle(sock: socket.socket, output: int) -> None:
        wire.receive(sock)
        pause = threading.Event()
        for byte in answer("x" * (1 << 20)):
            pause.wait(0.001)
            sock.sendall(bytes([byte]))

    assert lost(stranger(trickle), seconds=SHORT).cause is Lost.TIMED_OUT


def test_a_worker_that_has_used_its_cpu_time_is_not_waited_for(stranger: Any) -> None:
    told = iter([SHORT / 10, SHORT / 10, 0.0])
    peer = stranger(lambda sock, output: sock.recv(1 << 20) and sock.recv(1))
    with pytest.raises(PeerLost) as caught:
        peer.call_encoded(wire.encode(wire.Null()), seconds=LONG, left=lambda: next(told))
    assert caught.value.cause is Lost.SPENT
    assert list(told) == []
    assert lost(peer).cause is Lost.SPENT


def test_a_worker_that_answers_in_time_is_not_looked_at(stranger: Any) -> None:
    told = iter([LONG])
    peer = stranger(replying(DONE, DONE))
    assert peer.call_encoded(wire.encode(wire.Null()), seconds=LONG, left=lambda: next(told))[0] == wire.Done()
    assert peer.call(wire.Null(), seconds=LONG)[0] == wire.Done()
    assert list(told) == []


class Endless(socket.socket):
    """A socket on which the next byte of a large frame always lies ready."""

    reads = 0

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        self.reads += 1
        assert self.reads < 100, "it reads on after the deadline"
        if len(buffer) == wire.HEADER.size:
            buffer[:] = wire.HEADER.pack(wire.INLINE, 0, wire.REPLY.tensors)
            return wire.HEADER.size
        return 1


def test_bytes_that_never_stop_coming_do_not_either(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = itertools.count()
    monkeypatch.setattr(module.time, "monotonic", lambda: float(next(seconds)))
    peer = Peer(Endless())
    with pytest.raises(PeerLost) as caught:
        peer.wait_ready(50.0)
    assert caught.value.cause is Lost.TIMED_OUT
    peer.close()


def test_who_never_reads_ends_at_the_deadline(stranger: Any) -> None:
    packer = wire.Packer()
    frame = wire.encode(wire.Ask("e", packer.pack({"x": np.zeros(1 << 19)}), 0), packer, sealed=False)
    gone = threading.Event()
    peer = stranger(lambda sock, output: gone.wait() and None)
    assert lost(peer, frame, seconds=SHORT).cause is Lost.TIMED_OUT
    gone.set()


def test_who_answers_before_the_question_is_read_ends_at_the_deadline_too(stranger: Any) -> None:
    packer = wire.Packer()
    frame = wire.encode(wire.Ask("e", packer.pack({"x": np.zeros(1 << 19)}), 0), packer, sealed=False)
    gone = threading.Event()

    def serve(sock: socket.socket, output: int) -> None:
        sock.recv(1)
        sock.sendall(DONE)
        gone.wait()

    assert lost(stranger(serve), frame, seconds=SHORT).cause is Lost.TIMED_OUT
    gone.set()


# -- frames that are none ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cut", [0, 1, wire.HEADER.size - 1, wire.HEADER.size, wire.HEADER.size + 5, -1])
def test_a_frame_that_ends_early(stranger: Any, cut: int) -> None:
    assert lost(stranger(replying(answer({"x": np.arange(10)})[:cut]))).cause is Lost.DIED


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        wire.HEADER.pack(wire.INLINE, 2**32 - 1, 0),
        wire.HEADER.pack(wire.INLINE, 0, 2**64 - 1),
        wire.HEADER.pack(wire.SEALED, 10, 1 << 20) + bytes(10),
        wire.HEADER.pack(wire.INLINE, 1, 0) + b"\xc1",
        wire.HEADER.pack(wire.INLINE, 0, 0),
        wire.HEADER.pack(wire.INLINE, 15, 0) + b"\x81\xa4type\xa8\x1b[31mred",
    ],
)
def test_what_is_no_frame(stranger: Any, data: bytes) -> None:
    found = lost(stranger(replying(data)))
    assert found.cause is Lost.PROTOCOL
    assert found.detail and found.detail.isprintable() and found.detail.isascii()


def test_a_worker_is_lost_once_and_for_all(stranger: Any) -> None:
    peer = stranger(replying(b"x" * 16, DONE, DONE))
    first, second = lost(peer), lost(peer)
    assert first is not second and str(first) == str(second) == "protocol: not a frame"
    with pytest.raises(PeerLost):
        peer.wait_ready(LONG)
    with pytest.raises(PeerLost):
        peer.spawn(LONG)


def test_an_answer_before_the_question_is_none(stranger: Any) -> None:
    spoken = threading.Event()

    def serve(sock: socket.socket, output: int) -> None:
        sock.sendall(DONE)
        spoken.set()
        replying(DONE)(sock, output)

    peer = stranger(serve)
    spoken.wait()
    found = lost(peer)
    assert (found.cause, found.detail) == (Lost.PROTOCOL, "it spoke before it was asked")


def test_a_second_answer_is_not_taken_for_the_next_question_s(stranger: Any) -> None:
    peer = stranger(replying(DONE + answer("forged"), DONE))
    assert peer.call(wire.Null(), seconds=LONG)[0] == wire.Done()
    assert lost(peer).cause is Lost.PROTOCOL


def test_a_frame_that_does_not_fit_into_memory(stranger: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(size: int) -> memoryview:
        if size > 1 << 20:
            raise MemoryError
        return memoryview(bytearray(size))

    monkeypatch.setattr(wire, "room", full)
    found = lost(stranger(replying(answer({"x": np.zeros(1 << 18)}))))
    assert (found.cause, found.detail) == (Lost.PROTOCOL, "a frame that does not fit into memory")


def test_what_was_received_is_not_kept_by_the_exception(stranger: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    room, received = wire.room, []

    def watched(size: int) -> memoryview:
        found = room(size)
        received.append(weakref.ref(found))
        return found

    monkeypatch.setattr(wire, "room", watched)
    peer = stranger(replying(answer({"x": np.zeros(1 << 18)})[:-1]))
    kept = [lost(peer), lost(peer), peer.lost]
    gc.collect()
    assert [one() for one in received] == [None] * 3 and len(kept) == 3


# -- descriptors -------------------------------------------------------------------------------------------------------


def test_descriptors_from_a_worker_are_not_received(stranger: Any) -> None:
    """The kernel closes them: whoever waits at the other end of the pipe sees its end."""
    reading, writing = os.pipe()
    closed = threading.Event()

    def serve(sock: socket.socket, output: int) -> None:
        wire.receive(sock)
        frame = answer({"x": np.zeros(100)})
        for at in range(0, len(frame), 50):
            rights = array.array("i", [writing] * 20).tobytes()
            sock.sendmsg([frame[at : at + 50]], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
        os.close(writing)
        closed.set()

    before = descriptors()
    peer = stranger(serve)
    reply, _ = peer.call(wire.Null(), seconds=LONG)
    assert isinstance(reply, wire.Answer)
    closed.wait()
    os.set_blocking(reading, False)
    assert os.read(reading, 1) == b""
    os.close(reading)
    peer.close()
    assert len(descriptors()) <= len(before)  # the stranger's socket and pipe took the place of this test's


def descriptors() -> set[str]:
    return set(os.listdir("/proc/self/fd" if sys.platform == "linux" else "/dev/fd"))


# -- what it prints ----------------------------------------------------------------------------------------------------


def test_prints_are_taken_while_waiting(stranger: Any) -> None:
    def serve(sock: socket.socket, output: int) -> None:
        wire.receive(sock)
        for _ in range(100):
            os.write(output, b"z" * 65536)
        os.write(output, b"the end")
        sock.sendall(DONE)

    peer = stranger(serve)
    assert peer.call(wire.Null(), seconds=LONG)[0] == wire.Done()
    peer.drain()
    assert peer.printed.total == 100 * 65536 + 7
    assert peer.printed.text.startswith("zzz") and peer.printed.text.endswith("the end")


def test_prints_without_end_are_cut_off(stranger: Any) -> None:
    peer = stranger(flooding)
    assert lost(peer).cause is Lost.PRINTED
    assert PRINTED_LIMIT < peer.printed.total < PRINTED_LIMIT + (1 << 20)
    assert len(peer.printed.text) < 30_000


def test_draining_a_flood_ends() -> None:
    class Few(Printed):
        def add(self, data: bytes) -> None:
            super().add(data)
            assert self.total <= module.DRAIN_READS * module.READ

    ours, theirs = socket.socketpair()
    peer = Peer(ours, os.open("/dev/zero", os.O_RDONLY))  # there is always more of it
    peer.printed = Few()
    peer.drain()
    assert peer.printed.total == module.DRAIN_READS * module.READ
    peer.printed = Few()
    peer.close()
    theirs.close()


def test_a_worker_without_output(stranger: Any) -> None:
    ours, theirs = socket.socketpair()
    peer = Peer(ours)
    theirs.sendall(b"".join(wire.encode(wire.Ready(7)).parts))
    peer.wait_ready(LONG)
    peer.drain()
    peer.close()
    peer.close()
    theirs.close()
    assert (peer.printed.text, str(lost(peer))) == ("", "died: closed")


def test_a_worker_that_closes_its_output_is_still_asked(stranger: Any) -> None:
    def serve(sock: socket.socket, output: int) -> None:
        os.write(output, b"last words")
        os.dup2(sock.fileno(), output)  # the pipe's last writer is gone
        replying(DONE)(sock, output)

    peer = stranger(serve)
    assert peer.call(wire.Null(), seconds=LONG)[0] == wire.Done()
    peer.drain()
    assert peer.printed.text == "last words"


def test_both_ends_of_what_was_printed() -> None:
    printed = Printed()
    for n in range(10_000):
        printed.add(b"%06d\n" % n)
    text = printed.text
    assert text.startswith("000000\n000001\n") and text.endswith("009998\n009999\n")
    assert f"... {printed.total - module.PRINTED_HEAD - module.PRINTED_TAIL:,} bytes left out ..." in text


@pytest.mark.parametrize("bad", ["\x1b[2J", "\r", "\b", "\0", "\x85", "\u202e", "\ue000", "\udc80", "\u2028"])
def test_a_terminal_is_told_nothing(bad: str) -> None:
    assert printable(f"a{bad}b\n\tc\N{GREEK SMALL LETTER PI}").replace("\N{REPLACEMENT CHARACTER}", "").startswith("a")
    assert not set(printable(bad)) & {bad[0]}
    printed = Printed()
    printed.add(bad.encode("utf-8", "surrogateescape"))
    assert bad[0] not in printed.text


# -- forks -------------------------------------------------------------------------------------------------------------


READY = b"".join(wire.encode(wire.Ready(1)).parts)


def test_a_fork_is_a_peer_of_its_own(stranger: Any) -> None:
    child = stranger(spawning(wire.Spawned(1234), child=READY)).spawn(LONG)
    child.drain()
    assert (child.pid, child.printed.text) == (1234, "hello")
    child.close()


@pytest.mark.parametrize(
    ("serve", "cause", "parent_lost"),
    [
        (spawning(child=None), Lost.DIED, True),
        (spawning(wire.Done(), child=READY), Lost.PROTOCOL, True),
        (spawning(wire.Failure("raised", "OSError", "no processes left"), child=None), Lost.PROTOCOL, True),
        (spawning(wire.Spawned(1), child=None), Lost.DIED, False),
        (spawning(wire.Spawned(1), child=DONE), Lost.PROTOCOL, False),
        (spawning(wire.Spawned(1), child=b"x" * 16), Lost.PROTOCOL, False),
    ],
)
def test_a_fork_that_fails(stranger: Any, serve: Serve, cause: Lost, parent_lost: bool) -> None:
    peer = stranger(serve)
    before = descriptors()
    with pytest.raises(PeerLost) as caught:
        peer.spawn(LONG)
    assert caught.value.cause is cause
    assert (peer.lost is not None) == parent_lost
    assert len(descriptors()) <= len(before)


@pytest.mark.parametrize("missing", ["socketpair", "pipe"])
def test_without_descriptors_it_is_the_grader_s_fault(
    stranger: Any, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    peer = stranger(replying(DONE))
    before = descriptors()
    with monkeypatch.context() as patched:
        patched.setattr(socket if missing == "socketpair" else os, missing, refuse)
        with pytest.raises(PeerLost) as caught:
            peer.spawn(LONG)
    assert str(caught.value) == "grader: Too many open files"
    assert descriptors() == before
    assert peer.call(wire.Null(), seconds=LONG)[0] == wire.Done()


# -- what the judge is made of -----------------------------------------------------------------------------------------


def test_the_judge_imports_no_torch() -> None:
    code = """
import sys, grader.judge, grader.cli
commands = [grader.cli.main.get_command(None, name) for name in grader.cli.COMMANDS]
assert len(commands) > 10
print([m for m in sys.modules if m.partition('.')[0] == 'torch'])
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
