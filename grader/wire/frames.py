"""Messages as bytes: 16 bytes of header (magic, lengths), the message in msgpack, the tensors.

Every length is bounded before room is made for it, and room is taken from the system as bytes arrive. Tensors of large
questions do not follow in the frame: they lie in sealed memory, whose descriptor comes with the frame's first byte.
"""

from __future__ import annotations

import array
import os
import socket
import struct
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
import numpy as np

from grader.wire.messages import Reply, Request
from grader.wire.pack import JOINED, Packer
from grader.wire.sealed import Sealed, mapped
from grader.wire.unpack import Data
from grader.wire.values import FrameError

INLINE = b"GRD1"  # the tensors follow
SEALED = b"GRDS"  # the tensors lie in sealed memory; from judge to worker only
HEADER = struct.Struct("<4sIQ")
SEALED_FROM = 1 << 20  # bytes of tensors: below, sending them is as fast as mapping them


class Limits(NamedTuple):
    """Bytes that a frame may have."""

    message: int
    tensors: int


REPLY = Limits(8 << 20, 256 << 20)
REQUEST = Limits(32 << 20, 1 << 30)  # a student's answer goes to be judged together with the inputs

_encoder = msgspec.msgpack.Encoder()
_requests = msgspec.msgpack.Decoder(Request)
_replies = msgspec.msgpack.Decoder(Reply)


@dataclass(frozen=True, eq=False)
class Encoded:
    """A frame, to be sent as often as one likes: bytes, and the memory that travels beside them as a descriptor."""

    parts: tuple[Data, ...]
    memory: Sealed | None = None

    @property
    def descriptors(self) -> tuple[int, ...]:
        return () if self.memory is None else (self.memory.fd,)


def encode(message: Request | Reply, packer: Packer | None = None, *, sealed: bool = True) -> Encoded:
    """The frame of a message and its tensors. Raises FrameError where it is too large, or holds ill-formed text.

    `sealed` False keeps the tensors of a large question in the frame, where those of small ones and of answers are."""
    try:
        head = _encoder.encode(message)
    except UnicodeEncodeError:
        raise FrameError("a message holds text that is not Unicode, a file's name perhaps") from None
    size = packer.size if packer is not None else 0
    limits = REQUEST if isinstance(message, Request) else REPLY
    if len(head) > limits.message or size > limits.tensors:
        raise FrameError(
            f"{size:,} bytes of tensors and {len(head):,} of other values are too much to send; "
            f"the limits are {limits.tensors:,} and {limits.message:,}"
        )
    if packer is None or not size:
        return Encoded((HEADER.pack(INLINE, len(head), 0) + head,))
    memory = None
    if sealed and size >= SEALED_FROM and isinstance(message, Request):
        memory = Sealed.of(packer.chunks(), size)
    if memory is not None:
        return Encoded((HEADER.pack(SEALED, len(head), size) + head,), memory)
    parts = (HEADER.pack(INLINE, len(head), size) + head, *packer.parts())
    return Encoded((b"".join(parts),) if len(parts[0]) + size <= JOINED else parts)


def decode_request(head: Data) -> Request:
    """A request; raises FrameError."""
    return _decode(_requests, head)  # type: ignore[no-any-return]


def decode_reply(head: Data) -> Reply:
    """A reply; raises FrameError."""
    return _decode(_replies, head)  # type: ignore[no-any-return]


def _decode(decoder: Any, head: Data) -> Any:
    try:
        return decoder.decode(head)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, ValueError, OverflowError) as error:
        # The sentence may quote what a stranger wrote.
        quoted = str(error)[:200].encode("unicode_escape").decode("ascii")
        raise FrameError(f"not a message: {quoted}") from None


def lengths(header: Data) -> tuple[int, int]:
    """Lengths of message and tensors that a reply's header announces; raises FrameError beyond the limits."""
    magic, head, body = _lengths(header, REPLY)
    if magic != INLINE:
        raise FrameError("not a frame")
    return head, body


def room(size: int) -> memoryview:
    """Memory for so many bytes; the system commits each page of it when the first byte arrives there."""
    return np.empty(size, np.uint8).data


def _lengths(header: Data, limits: Limits) -> tuple[bytes, int, int]:
    magic, head, body = HEADER.unpack(header)
    if magic not in (INLINE, SEALED):
        raise FrameError("not a frame")
    if head > limits.message or body > limits.tensors:
        raise FrameError(f"a frame of {head + body:,} bytes is beyond the limit")
    return magic, head, body


# -- blocking ends, for workers ----------------------------------------------------------------------------------------


def rights(descriptors: tuple[int, ...]) -> list[tuple[int, int, bytes]]:
    """The ancillary data that hands descriptors over."""
    return [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors).tobytes())]


def send(sock: socket.socket, frame: Encoded, descriptors: tuple[int, ...] = ()) -> None:
    """Send a frame; descriptors travel with its first byte."""
    first, *rest = frame.parts
    sent = 0
    if descriptors := (*frame.descriptors, *descriptors):
        sent = sock.sendmsg([first], rights(descriptors))
    sock.sendall(memoryview(first)[sent:])
    for part in rest:
        sock.sendall(part)


def receive(sock: socket.socket, descriptors: int = 0) -> tuple[memoryview, memoryview, list[int]]:
    """The next frame's message and tensors, and up to so many descriptors; that of sealed memory is not among them.

    The tensors may be written to. Raises EOFError when the peer is gone."""
    header = room(HEADER.size)
    fds: list[int] = []
    try:
        got = 0
        if descriptors:
            flags = getattr(socket, "MSG_CMSG_CLOEXEC", 0)
            data, fds, _, _ = socket.recv_fds(sock, HEADER.size, descriptors, flags)
            got = len(data)
            if not got:
                raise EOFError
            header[:got] = data
        _fill(sock, header, got)
        magic, head_size, body_size = _lengths(header, REQUEST)
        head = room(head_size)
        _fill(sock, head, 0)
        if magic == INLINE:
            body = room(body_size)
            _fill(sock, body, 0)
        elif fds:
            memory = fds.pop(0)
            try:
                body = mapped(memory, body_size)
            finally:
                os.close(memory)
        else:
            raise FrameError("a frame came without the memory that it speaks of")
    except BaseException:
        for fd in fds:
            os.close(fd)
        raise
    for fd in fds:
        os.set_inheritable(fd, False)
    return head, body, fds


def _fill(sock: socket.socket, buffer: memoryview, got: int) -> None:
    while got < len(buffer):
        n = sock.recv_into(buffer[got:])
        if n == 0:
            raise EOFError
        got += n
