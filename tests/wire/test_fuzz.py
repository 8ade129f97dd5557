"""Ten thousand frames that nobody should send: each ends with a reply or with PeerLost, soon and in little memory."""

from __future__ import annotations

import random
import socket
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from grader import wire
from grader.peer import Lost, Peer, PeerLost
from grader.wire.values import DTYPES
from tests.wire.travel import words

LONG = 60.0  # seconds; no frame of this file may use them up
FRAMES = 2000  # per seed
SEEDS = 8
MEMORY = 64 << 20  # bytes that a batch of frames may add; headers announce up to 256 MB

NULL = wire.encode(wire.Null())


def frame(message: wire.Reply, packer: wire.Packer | None = None) -> bytes:
    return b"".join(wire.encode(message, packer).parts)


def answer(value: Any) -> bytes:
    packer = wire.Packer(words)
    return frame(wire.Answer(packer.pack(value), ["x"]), packer)


VALID = [
    frame(wire.Done()),
    frame(wire.Ready(7)),
    frame(wire.Spawned(7)),
    frame(wire.Reaped(-11)),
    frame(wire.Loaded(None, ["cv2", "turtle"])),
    frame(wire.Claims(["a share p of the entries is dropped"])),
    frame(wire.Failure("raised", "ValueError", "no", [wire.Frame("a.py", 3, "f", "x = 1")], "detail")),
    answer({}),
    answer({"loss": 0.5, "dW": np.linspace(-1, 1, 60).reshape(6, 10)}),
    answer({"mask": np.arange(9) % 2 == 0, "names": ["a", "\N{GREEK SMALL LETTER PI}"], "n": 10**30, "none": None}),
    answer({"grads": {"W1": np.ones((2, 3), np.float32), (3, 4): [np.zeros(0), np.arange(5)]}, "what": object}),
    answer({"z": np.array(1 - 2j), "deep": [[[[[(1, (2.5, -1))]]]]], "half": np.ones(3, np.float16)}),
]


# -- what the judge makes of a frame -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def judged() -> Iterator[Callable[[bytes], str]]:
    """`judged(data)`: what comes of a worker that answers a question with these bytes and hangs up."""

    def serve(theirs: socket.socket, data: bytes) -> None:
        theirs.recv(1 << 16)
        theirs.sendall(data)
        theirs.shutdown(socket.SHUT_WR)

    def judge(data: bytes) -> str:
        ours, theirs = socket.socketpair()
        peer = Peer(ours)
        with theirs:
            sent = thread.submit(serve, theirs, data)
            try:
                return outcome(peer)
            finally:
                peer.close()
                assert isinstance(sent.exception(), OSError | None)

    with ThreadPoolExecutor(1) as thread:
        yield judge


def outcome(peer: Peer) -> str:
    """One word for what a question to this peer ends with."""
    try:
        reply, body = peer.call_encoded(NULL, seconds=LONG)
    except PeerLost as lost:
        cause, detail = lost.cause, lost.detail
    else:
        return meaning(reply, body)
    assert cause in (Lost.DIED, Lost.PROTOCOL)
    assert detail.isprintable() and len(detail) < 1000
    return str(cause)


def meaning(reply: wire.Reply, body: memoryview) -> str:
    if not isinstance(reply, wire.Answer):
        assert isinstance(reply, wire.Reply)
        return "reply"
    try:
        value = wire.unpack(reply.outputs, body)
    except wire.FrameError as error:
        sentence = str(error)
    else:
        sentence = ""
    assert sentence.isprintable() and len(sentence) < 1000
    if sentence:
        return "refused"
    assert size_of(value) <= len(body)
    repr(value)
    return "answer"


def size_of(value: Any) -> int:
    """Bytes of all tensors of a value, which holds nothing but what may travel."""
    if isinstance(value, wire.Tensor):
        array = value.array
        assert array.flags.c_contiguous and array.dtype == np.dtype(DTYPES[value.dtype])
        if array.dtype == np.bool_:
            assert set(array.view(np.uint8).flat) <= {0, 1}
        return array.nbytes
    if isinstance(value, dict):
        return sum(map(size_of, value)) + sum(map(size_of, value.values()))
    if isinstance(value, list | tuple):
        return sum(map(size_of, value))
    assert value is None or type(value) in (bool, int, float, str, wire.Opaque)
    return 0


@pytest.fixture
def little_memory() -> Iterator[None]:
    """Fails a test that makes this process larger by more than MEMORY, at any moment."""
    if sys.platform != "linux":
        yield
        return
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
            file.write("5")  # the peak starts again
    except OSError:
        pass
    before = memory("VmRSS")
    yield
    assert memory("VmHWM") - before < MEMORY


def memory(field: str) -> int:
    """Bytes, as the kernel counts them for this process."""
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) << 10 for line in file if line.startswith(field))


# -- by chance ---------------------------------------------------------------------------------------------------------


def scrambled(data: bytes, rng: random.Random) -> bytes:
    """`data` with a few bytes changed, taken out, put in or repeated."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        at = rng.randrange(len(out) + 1)
        match rng.randrange(5):
            case 0:
                out[at : at + 1] = rng.randbytes(1)
            case 1:
                del out[at : at + rng.choice((1, 4, 30))]
            case 2:
                out[at:at] = rng.randbytes(rng.choice((1, 4, 30)))
            case 3:
                out[at:at] = out[at : at + rng.choice((1, 8, 40))]
            case 4:  # msgpack's own first bytes: lists, maps and texts of any length, numbers, extensions
                announced = rng.choice((b"\xdd\xff\xff\xff\xff", b"\xdf\x7f\xff\xff\xff", b"\xdb\x00\xff\xff\xff"))
                out[at : at + 1] = rng.choice((announced, bytes([rng.randrange(0xC0, 0xE0)])))
    return bytes(out)


def packed(head: bytes, body: bytes) -> bytes:
    return wire.HEADER.pack(wire.INLINE, len(head), len(body)) + head + body


def by_chance(rng: random.Random) -> bytes:
    """A valid frame that something has happened to."""
    whole = rng.choice(VALID)
    length, _ = wire.lengths(whole[: wire.HEADER.size])
    head, body = whole[wire.HEADER.size :][:length], whole[wire.HEADER.size + length :]
    match rng.randrange(9):
        case 0:
            return scrambled(whole, rng)
        case 1 | 2 | 3:
            return packed(scrambled(head, rng), body)
        case 4:
            return packed(head, scrambled(body, rng))
        case 5:
            return whole[: rng.randrange(len(whole))]
        case 6:
            return packed(rng.randbytes(rng.randrange(200)), body)
        case 7:
            lengths = rng.choice((rng.randrange(2**32), length)), rng.choice((rng.randrange(2**64), 2**28, len(body)))
            return wire.HEADER.pack(rng.choice((wire.INLINE, wire.SEALED)), *lengths) + head + body
        case _:
            return rng.randbytes(rng.randrange(400))


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.usefixtures("little_memory")
def test_frames_by_chance(seed: int, judged: Callable[[bytes], str]) -> None:
    rng = random.Random(seed)
    found = Counter(judged(by_chance(rng)) for _ in range(FRAMES))
    assert found.total() == FRAMES
    assert set(found) == {"died", "protocol", "reply", "refused", "answer"}, found  # every way was gone


def test_the_frames_that_they_came_from_are_right(judged: Callable[[bytes], str]) -> None:
    assert {judged(whole) for whole in VALID} == {"reply", "answer"}


# -- by hypothesis: answers of which one part is something else -----------------------------------------------------

NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.sampled_from([0, 1, 8, 64, 2**31, 2**48, 2**63])
TEXTS = st.text(max_size=8) | st.sampled_from([*DTYPES, "torch", "numpy", "list", "tuple", "cpu", "array", "mapping"])
PARTS = (
    st.none()
    | st.booleans()
    | NUMBERS
    | st.floats()
    | TEXTS
    | st.binary(max_size=8)
    | st.lists(st.integers(0, 4) | NUMBERS, max_size=4)
)
ARRAYS = st.sampled_from([np.zeros(()), np.ones((2, 3)), np.zeros((0, 4)), np.array([True, False]), np.array([1j])])
KEYS = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.tuples(st.integers(), st.booleans())
VALUES = st.recursive(
    ARRAYS | st.none() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4) | st.tuples(inner, inner),
    max_leaves=5,
)


@st.composite
def almost_answers(draw: st.DrawFn) -> tuple[Any, bytes]:
    """A message and tensors that were right until one part of the message was replaced, taken out or repeated."""
    packer = wire.Packer(words)
    node = msgspec.to_builtins(packer.pack(draw(VALUES)), str_keys=False)
    body = b"".join(packer.parts())
    places = [(holder, index) for holder in lists_in(node) for index in range(len(holder))]
    holder, index = draw(st.sampled_from(places))
    match draw(st.sampled_from(["replaced", "replaced", "taken out", "repeated", "right"])):
        case "replaced":
            holder[index] = draw(PARTS)
        case "taken out":
            del holder[index]
        case "repeated":
            holder.insert(index, holder[index])
    return {"type": "answer", "outputs": node, "changed": []}, body


def lists_in(node: Any) -> Iterator[list[Any]]:
    if isinstance(node, list):
        yield node
        for part in node:
            yield from lists_in(part)


@given(almost_answers())
@settings(max_examples=500, deadline=None)
def test_almost_answers(judged: Callable[[bytes], str], almost: tuple[Any, bytes]) -> None:
    message, body = almost
    event(judged(packed(msgspec.msgpack.encode(message), body)))


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_bytes(judged: Callable[[bytes], str], data: bytes) -> None:
    assert judged(data) in ("died", "protocol")
    assert judged(packed(data, b"")) == "protocol"
