"""What came back for a question, and how much of it the judge keeps.

A stranger may answer each question with as much as a frame holds. What is kept of one exercise's answers is bounded
when they arrive, and once the right answer is known, an array that cannot be it is kept as a shape.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import msgspec
import numpy as np

from grader import wire
from grader.peer import Lost, PeerLost
from grader.worker.failure import BROKEN, RAISED, UNREADABLE, is_unwritten

KEPT = 64 << 20  # bytes of one exercise's answers, together; those of the references take less than a tenth
VALUE = 64  # bytes that a value takes beside its contents
SMALL = 1 << 20  # bytes of an array that is kept whatever its shape: hints look at it


@dataclass(frozen=True)
class Response:
    """What came back for one case: an answer, a failure, or nothing because the worker was lost."""

    answer: dict[str, Any] | None = None
    changed: tuple[str, ...] = ()
    failure: wire.Failure | None = None
    lost: PeerLost | None = None
    status: int | None = None  # exit status of a lost worker, where it is known
    limit: str | None = None  # the limit of the cage that a lost worker ran into, where it is known
    shared: tuple[tuple[str, str], ...] = ()  # outputs that lie in the memory of an input, and that input

    @property
    def is_late(self) -> bool:
        """Whether nothing came back within the time."""
        return self.lost is not None and self.lost.cause is Lost.TIMED_OUT

    @cached_property
    def size(self) -> int:
        """The bytes that its answer takes in this process, about."""
        return sum(map(_size, _leaves(self.answer)))


@dataclass
class Transcript:
    """An exercise's responses, in the order of its questions, and what it printed meanwhile. `aside`: to what was asked
    afterwards; none where its worker was lost by then. `together`: in a process that other exercises were asked in, so
    that it is asked alone unless it is right."""

    responses: list[Response] = field(default_factory=list)
    printed: str = ""
    aside: list[Response] = field(default_factory=list)
    together: bool = False
    room: int = KEPT

    def add(self, response: Response) -> None:
        """Keep a response, or that there is no room for its answer."""
        self.responses.append(self._kept(response))

    def add_aside(self, response: Response) -> None:
        """The same for what was asked afterwards."""
        self.aside.append(self._kept(response))

    def _kept(self, response: Response) -> Response:
        size = response.size
        if size > self.room:
            return _too_large(size)
        self.room -= size
        return response


def on_device(failed: wire.Failure, device: str) -> wire.Failure:
    """A failure as what it is where it happened: on the CPU whatever says that a kernel of the GPU failed was raised by
    the submission itself."""
    return msgspec.structs.replace(failed, kind=RAISED) if failed.kind == BROKEN and device == "cpu" else failed


def response_of(reply: wire.Reply, data: memoryview) -> Response:
    """A reply as a response; raises PeerLost where it is none."""
    if isinstance(reply, wire.Failure):
        return Response(failure=reply)
    if not isinstance(reply, wire.Answer):
        raise PeerLost(Lost.PROTOCOL, "not an answer")
    try:
        answer = wire.unpack(reply.outputs, data)
    except wire.FrameError as error:
        raise PeerLost(Lost.PROTOCOL, str(error)) from None
    return _response(answer, reply)


def responses_of(reply: wire.Reply, data: memoryview, count: int) -> list[Response] | None:
    """A reply as so many responses, None where it says that there are none, or more than is kept; raises PeerLost where
    it is neither."""
    if not isinstance(reply, wire.Answers):
        raise PeerLost(Lost.PROTOCOL, "not answers")
    if reply.failures:
        unwritten = len(reply.failures) == count and all(map(is_unwritten, reply.failures))
        return [Response(failure=one) for one in reply.failures] if unwritten else None
    try:
        answers = wire.unpack(reply.outputs, data)
    except wire.FrameError as error:
        raise PeerLost(Lost.PROTOCOL, str(error)) from None
    if not isinstance(answers, list) or not len(answers) == len(reply.seen) == count:
        raise PeerLost(Lost.PROTOCOL, "another number of answers")
    responses = [_response(answer, seen) for answer, seen in zip(answers, reply.seen, strict=True)]
    return responses if sum(one.size for one in responses) <= KEPT else None


def without_bulk(response: Response, expected: dict[str, Any]) -> Response:
    """The response, with a large array that has another number of entries than the one expected in its place kept as
    its shape: zeros that take no memory."""
    if response.answer is None or response.size <= SMALL:
        return response
    return replace(response, answer=_without_bulk(response.answer, expected))


def _without_bulk(got: Any, expected: Any) -> Any:
    if isinstance(got, wire.Tensor):
        size = expected.array.size if isinstance(expected, wire.Tensor) else None
        if got.array.size == size or got.array.nbytes <= SMALL:
            return got
        return replace(got, array=np.broadcast_to(got.array.dtype.type(0), got.shape))
    if isinstance(got, dict):
        wanted = expected if isinstance(expected, dict) else {}
        return {key: _without_bulk(value, wanted.get(key)) for key, value in got.items()}
    if isinstance(got, list | tuple):
        items = expected if isinstance(expected, list | tuple) and len(expected) == len(got) else (None,) * len(got)
        return type(got)(_without_bulk(value, item) for value, item in zip(got, items, strict=True))
    return got


def _response(answer: Any, seen: wire.Answer | wire.Seen) -> Response:
    if not isinstance(answer, dict) or not all(isinstance(name, str) for name in answer):
        raise PeerLost(Lost.PROTOCOL, "an answer without names")
    shared = tuple((output[:100], name[:100]) for output, name in seen.shared[:50])
    return Response(answer=answer, changed=tuple(name[:100] for name in seen.changed[:50]), shared=shared)


def _too_large(size: int) -> Response:
    told = f"it has {size / 1e6:,.0f} MB, and all answers to an exercise together may have {KEPT / 1e6:,.0f} MB"
    return Response(failure=wire.Failure(UNREADABLE, "", told))


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from (*_leaves(key), *_leaves(item))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item)
    else:
        yield value


def _size(leaf: Any) -> int:
    if isinstance(leaf, wire.Tensor):
        return VALUE + leaf.array.nbytes
    if isinstance(leaf, int):
        return VALUE + leaf.bit_length() // 8
    return VALUE + (len(leaf) if isinstance(leaf, str) else 0)
