"""Values sent for these tests: as a worker sends an answer, and as the judge sends a question."""

from __future__ import annotations

import math
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np

from grader import wire


def words(obj: Any) -> wire.Opaque:
    """What a worker without torch says about an object that cannot travel."""
    return wire.Opaque(type(obj).__name__, repr(obj))


def answered(value: Any, leaf: Any = words) -> Any:
    """`value` as the judge sees it when it comes from a worker."""
    packer = wire.Packer(leaf)
    head, body = split(wire.encode(wire.Answer(packer.pack(value)), packer))
    reply = wire.decode_reply(head)
    assert isinstance(reply, wire.Answer)
    return wire.unpack(reply.outputs, body)


def asked(value: Any, *, sealed: bool = True) -> Any:
    """`value` as a worker unpacks it when it comes from the judge, through a socket."""
    packer = wire.Packer()
    frame = wire.encode(wire.Ask("an.exercise", packer.pack(value), 0), packer, sealed=sealed)
    with pair() as (ours, theirs), ThreadPoolExecutor(1) as thread:
        sent = thread.submit(wire.send, ours, frame)
        head, body, descriptors = wire.receive(theirs, 2)
        sent.result()
    assert descriptors == []
    request = wire.decode_request(head)
    assert isinstance(request, wire.Ask)
    return wire.unpack(request.inputs, body, trusted=True)


def split(frame: wire.Encoded) -> tuple[bytes, bytes]:
    """A frame's message and its tensors, as its header says."""
    whole = b"".join(frame.parts)
    head, body = wire.lengths(whole[: wire.HEADER.size])
    assert len(whole) == wire.HEADER.size + head + body
    return whole[wire.HEADER.size :][:head], whole[wire.HEADER.size + head :]


@contextmanager
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends of a connection."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def same(a: Any, b: Any) -> bool:
    """Whether two values are the same to the last bit: NaN is NaN, -0.0 is not 0.0, True is not 1."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, wire.Tensor) and isinstance(b, wire.Tensor):
        return (a.dtype, a.kind, a.device) == (b.dtype, b.kind, b.device) and same(a.array, b.array)
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return (a == b and math.copysign(1, a) == math.copysign(1, b)) or (a != a and b != b)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return same(list(a), list(b)) and same(list(a.values()), list(b.values()))
    return bool(a == b)
