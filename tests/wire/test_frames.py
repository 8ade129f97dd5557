"""Frames through sockets, and the sealed memory that travels beside them."""

from __future__ import annotations

import errno
import fcntl
import gc
import mmap
import os
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from grader import wire
from grader.wire.sealed import mapped
from tests.wire.travel import asked, pair, same, split

linux = pytest.mark.skipif(sys.platform != "linux", reason="sealed memory is Linux's")
LARGE = np.arange(wire.SEALED_FROM // 8 + 8.0)


def question(array: np.ndarray, *, sealed: bool = True) -> wire.Encoded:
    packer = wire.Packer()
    return wire.encode(wire.Ask("an.exercise", packer.pack({"x": array}), 0), packer, sealed=sealed)


def tensor(head: memoryview, body: memoryview) -> np.ndarray:
    request = wire.decode_request(head)
    assert isinstance(request, wire.Ask)
    array: np.ndarray = wire.unpack(request.inputs, body, trusted=True)["x"].array
    return array


@pytest.fixture
def connection() -> Iterator[tuple[socket.socket, socket.socket]]:
    with pair() as ends:
        yield ends


# -- frames ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("request_", [wire.Null(), wire.Spawn(), wire.Reap(3), wire.Patch(["a", "b"])], ids=repr)
def test_a_request_arrives(connection: tuple[socket.socket, socket.socket], request_: wire.Request) -> None:
    ours, theirs = connection
    wire.send(ours, wire.encode(request_))
    head, body, descriptors = wire.receive(theirs)
    assert wire.decode_request(head) == request_
    assert (len(body), descriptors) == (0, [])


def test_frames_follow_each_other(connection: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = connection
    for size in (0, 1, 1000):
        wire.send(ours, question(np.arange(size)))
    for size in (0, 1, 1000):
        head, body, _ = wire.receive(theirs, 1)
        assert same(tensor(head, body), np.arange(size))


def test_a_peer_that_is_gone_is_an_eof() -> None:
    whole = b"".join(question(np.arange(100)).parts)
    for cut in (0, 1, wire.HEADER.size, wire.HEADER.size + 10, len(whole) - 1):
        with pair() as (a, b):
            a.sendall(whole[:cut])
            a.shutdown(socket.SHUT_WR)
            with pytest.raises(EOFError):
                wire.receive(b, cut % 2)


def test_descriptors_arrive_and_are_not_inherited(connection: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = connection
    reading, writing = os.pipe()
    wire.send(ours, wire.encode(wire.Spawn()), (writing,))
    os.close(writing)
    *_, (got,) = wire.receive(theirs, 2)
    assert not os.get_inheritable(got)
    os.write(got, b"through")
    os.close(got)
    assert os.read(reading, 100) == b"through"
    assert os.read(reading, 100) == b""
    os.close(reading)


def test_a_bad_frame_s_descriptors_are_closed(connection: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = connection
    reading, writing = os.pipe()
    ours.sendmsg([b"x" * wire.HEADER.size], wire.rights((writing,)))
    os.close(writing)
    with pytest.raises(wire.FrameError):
        wire.receive(theirs, 2)
    os.set_blocking(reading, False)
    assert os.read(reading, 1) == b""  # the last writer is gone
    os.close(reading)


def test_what_is_too_large_is_not_sent() -> None:
    tensors = wire.Tensor(np.broadcast_to(np.float64(0), (2, 1)), "float64")
    packer = wire.Packer(lambda obj: None)
    packed = packer.pack(tensors)
    packer.size = wire.REPLY.tensors + 1
    with pytest.raises(wire.FrameError, match="too much to send"):
        wire.encode(wire.Answer(packed), packer)
    text = wire.Packer().pack(["x" * (1 << 20)] * 9)
    with pytest.raises(wire.FrameError, match="too much to send"):
        wire.encode(wire.Answer(text))
    wire.encode(wire.Ask("e", text, 0))  # a question may be larger, as an answer that is judged needs room in it


def test_a_file_s_name_that_is_not_unicode_is_refused() -> None:
    with pytest.raises(wire.FrameError, match="not Unicode"):
        wire.encode(wire.Patch([os.fsdecode(b"\xff")]))


def test_room_is_not_committed_before_bytes_arrive() -> None:
    before = resident()
    rooms = [wire.room(wire.REPLY.tensors) for _ in range(4)]
    assert resident() - before < 64 << 20
    assert sum(map(len, rooms)) == 4 * wire.REPLY.tensors


def resident() -> int:
    """Bytes of this process in memory."""
    if sys.platform != "linux":
        pytest.skip("reads /proc")
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * mmap.PAGESIZE


# -- sealed memory -----------------------------------------------------------------------------------------------------


@linux
def test_large_questions_travel_in_sealed_memory() -> None:
    assert question(LARGE).memory is not None and len(question(LARGE).parts) == 1
    assert question(LARGE[:-16]).memory is None
    assert same(asked(LARGE).array, LARGE)
    assert same(
        asked({"a": LARGE[::2], "b": [LARGE > 3, 1.5]}), asked({"a": LARGE[::2], "b": [LARGE > 3, 1.5]}, sealed=False)
    )


def test_answers_never_do() -> None:
    packer = wire.Packer(lambda obj: None)
    frame = wire.encode(wire.Answer(packer.pack({"x": LARGE})), packer)
    assert frame.memory is None and len(split(frame)[1]) == LARGE.nbytes


@pytest.mark.parametrize("missing", ["function", "memory", "room"])
def test_without_sealed_memory_the_frame_holds_the_tensors(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    def refuse(*args: object) -> int:
        raise OSError(errno.ENOSYS, "no")

    if missing == "function":
        monkeypatch.setattr("grader.wire.sealed.sys.platform", "darwin")
    else:
        monkeypatch.setattr(os, "memfd_create" if missing == "memory" else "ftruncate", refuse)
    before = open_descriptors()
    frame = question(LARGE)
    assert frame.memory is None
    assert open_descriptors() == before
    with pair() as (ours, theirs), ThreadPoolExecutor(1) as thread:
        thread.submit(wire.send, ours, frame)
        head, body, _ = wire.receive(theirs, 2)
    assert same(tensor(head, body), LARGE)


@linux
def test_who_is_asked_changes_only_an_own_copy(connection: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = connection
    frame = question(LARGE)
    for _ in range(2):  # the submission and the reference; a repeat
        wire.send(ours, frame)
        head, body, descriptors = wire.receive(theirs, 2)
        array = tensor(head, body)
        assert descriptors == [] and same(array, LARGE)
        array *= -1
        array[0] = np.nan
    assert same(asked(LARGE).array, LARGE)


@linux
@pytest.mark.parametrize("reopened", [False, True])
def test_nobody_changes_sealed_memory(reopened: bool) -> None:
    memory = question(LARGE).memory
    assert memory is not None
    fd = os.open(f"/proc/self/fd/{memory.fd}", os.O_RDWR) if reopened else memory.fd
    try:
        for change in (
            lambda: os.pwrite(fd, b"x", 0),
            lambda: os.ftruncate(fd, 0),
            lambda: os.ftruncate(fd, 2 * memory.size),
            lambda: os.posix_fallocate(fd, memory.size, 4096),
            lambda: mmap.mmap(fd, memory.size, flags=mmap.MAP_SHARED),
            lambda: fcntl.fcntl(fd, fcntl.F_ADD_SEALS, 0),
        ):
            with pytest.raises(PermissionError):
                change()
    finally:
        if reopened:
            os.close(fd)
    assert same(np.frombuffer(mapped(memory.fd, memory.size)), LARGE)


@linux
def test_sealed_memory_is_given_back_with_the_question() -> None:
    gc.collect()
    before = open_descriptors()
    frame = question(LARGE)
    assert len(open_descriptors()) == len(before) + 1
    del frame
    gc.collect()
    assert open_descriptors() == before


@linux
def test_who_is_asked_keeps_no_descriptor_of_it(connection: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = connection
    frame = question(LARGE)
    gc.collect()  # what other tests have left is closed now, not between the two looks
    before = open_descriptors()
    wire.send(ours, frame)
    head, body, _ = wire.receive(theirs, 2)
    assert same(tensor(head, body), LARGE)
    del head, body
    gc.collect()
    assert open_descriptors() == before


@linux
def test_memory_that_is_not_sealed_is_not_mapped(connection: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = connection
    memory = question(LARGE).memory
    assert memory is not None
    with pytest.raises(wire.FrameError, match="not sealed, or not as large"):
        mapped(memory.fd, memory.size + 1)
    fd = os.memfd_create("open", os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, memory.size)
    with pytest.raises(wire.FrameError, match="not sealed, or not as large"):
        mapped(fd, memory.size)
    os.close(fd)
    reading, writing = os.pipe()
    with pytest.raises(wire.FrameError, match="cannot be mapped"):
        mapped(reading, memory.size)
    os.close(reading)
    os.close(writing)
    ours.sendall(question(LARGE).parts[0])
    with pytest.raises(wire.FrameError, match="without the memory"):
        wire.receive(theirs, 2)


def open_descriptors() -> set[str]:
    folder = "/proc/self/fd" if sys.platform == "linux" else "/dev/fd"
    return set(os.listdir(folder))
