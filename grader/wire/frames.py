"""Messages as bytes: 16 bytes of header (magic, lengths), the message in msgpack, the tensors.

Every length is bounded before anything is allocated.
"""

from __future__ import annotations

import array
import os
import socket
import struct
from typing import Any

import msgspec

from grader.wire.messages import Reply, Request
from grader.wire.values import FrameError, Packer

MAGIC = b"GRD1"
HEADER = struct.Struct("<4sIQ")
MESSAGE_LIMIT = 16 << 20  # bytes of msgpack
TENSOR_LIMIT = 512 << 20  # bytes of tensors in one frame

_encoder = msgspec.msgpack.Encoder()
_requests = msgspec.msgpack.Decoder(Request)
_replies = msgspec.msgpack.Decoder(Reply)


def encode(message: Request | Reply, packer: Packer | None = None) -> list[bytes | bytearray]:
    """The frame, in parts to be sent one after the other."""
    head = _encoder.encode(message)
    body = packer.bytes() if packer is not None else bytearray()
    if len(head) > MESSAGE_LIMIT or len(body) > TENSOR_LIMIT:
        raise FrameError(f"a message of {len(head) + len(body):,} bytes is too large to send")
    return [HEADER.pack(MAGIC, len(head), len(body)) + head, body]


def decode_request(head: bytes | bytearray) -> Request:
    """A request; raises FrameError."""
    return _decode(_requests, head)  # type: ignore[no-any-return]


def decode_reply(head: bytes | bytearray) -> Reply:
    """A reply; raises FrameError."""
    return _decode(_replies, head)  # type: ignore[no-any-return]


def _decode(decoder: Any, head: bytes | bytearray) -> Any:
    try:
        return decoder.decode(head)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, ValueError, OverflowError) as error:
        raise FrameError(f"not a message: {str(error)[:200]}") from None


def lengths(header: bytes | bytearray) -> tuple[int, int]:
    """Lengths of message and tensors that a header announces; raises FrameError where they are beyond the limits."""
    magic, head, body = HEADER.unpack(header)
    if magic != MAGIC:
        raise FrameError("not a frame")
    if head > MESSAGE_LIMIT or body > TENSOR_LIMIT:
        raise FrameError(f"a frame of {head + body:,} bytes is beyond the limit")
    return head, body


# -- blocking ends, for workers ----------------------------------------------------------------------------------------


def send(sock: socket.socket, parts: list[bytes | bytearray], descriptors: tuple[int, ...] = ()) -> None:
    """Send a frame; descriptors travel with its first byte."""
    first, *rest = parts
    sent = 0
    if descriptors:
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors).tobytes())]
        sent = sock.sendmsg([first], ancillary)
    sock.sendall(memoryview(first)[sent:])
    for part in rest:
        if part:
            sock.sendall(part)


def receive(sock: socket.socket, descriptors: int = 0) -> tuple[bytearray, bytearray, list[int]]:
    """The next frame's message and tensors, and up to so many descriptors; EOFError when the peer is gone."""
    header = bytearray(HEADER.size)
    got = 0
    fds: list[int] = []
    if descriptors:
        data, fds, _, _ = socket.recv_fds(sock, HEADER.size, descriptors)
        if not data:
            raise EOFError
        header[: len(data)] = data
        got = len(data)
    _fill(sock, header, got)
    head_size, body_size = lengths(header)
    head, body = bytearray(head_size), bytearray(body_size)
    _fill(sock, head, 0)
    _fill(sock, body, 0)
    for fd in fds:
        os.set_inheritable(fd, False)
    return head, body, list(fds)


def _fill(sock: socket.socket, buffer: bytearray, got: int) -> None:
    view = memoryview(buffer)
    while got < len(buffer):
        n = sock.recv_into(view[got:])
        if n == 0:
            raise EOFError
        got += n
