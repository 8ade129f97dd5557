"""What a stranger may send: every message that does not fit is refused with a sentence, soon and in little memory."""

from __future__ import annotations

import sys
from typing import Any

import msgspec
import numpy as np
import pytest

from grader import wire
from grader.wire.values import DEPTH_LIMIT, DIGITS_LIMIT, NODES_LIMIT
from tests.wire.travel import same

encode = msgspec.msgpack.encode
BYTES = bytes(range(64)) * 4


def ref(**changes: Any) -> wire.ArrayRef:
    """A contiguous (4, 2) float64 array at the beginning, but for `changes`."""
    fields: dict[str, Any] = {"kind": "torch", "dtype": "float64", "shape": [4, 2], "start": 0, "nbytes": 64}
    return wire.ArrayRef(**{**fields, **changes})


def arrived(value: Any, body: bytes = b"") -> Any:
    """What the judge makes of an answer that was put together by hand."""
    reply = wire.decode_reply(encode({"type": "answer", "outputs": [value], "changed": []}))
    assert isinstance(reply, wire.Answer)
    return wire.unpack(reply.outputs, body)


def sequence(*items: Any) -> wire.SequenceNode:
    return wire.SequenceNode("list", list(items))


def mapping(*pairs: tuple[Any, Any]) -> wire.MappingNode:
    return wire.MappingNode(list(pairs))


def test_the_array_that_the_others_are_variations_of_is_right() -> None:
    assert same(arrived(ref(), BYTES[:64]), wire.Tensor(np.frombuffer(BYTES[:64]).reshape(4, 2), "float64"))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"kind": "jax"}, "not a message"),
        ({"dtype": "object"}, "dtype"),
        ({"dtype": "float128"}, "dtype"),
        ({"dtype": "\x1b[31m"}, "dtype"),
        ({"shape": [-4, -2]}, "not a message"),
        ({"shape": [2**40, 2**24]}, "shape is out of bounds"),
        ({"shape": [2**63, 2]}, "shape is out of bounds"),
        ({"shape": [0, 2**62], "nbytes": 0}, "shape is out of bounds"),
        ({"shape": [0, 2**31, 2**31], "nbytes": 0}, "shape is out of bounds"),
        ({"shape": [1] * 65, "nbytes": 8}, "not a message"),
        ({"shape": [4, 3]}, "does not fit its bytes"),
        ({"shape": []}, "does not fit its bytes"),
        ({"shape": [0, 2]}, "does not fit its bytes"),
        ({"nbytes": 63}, "does not fit its bytes"),
        ({"nbytes": 128}, "outside its frame"),
        ({"nbytes": 2**63}, "outside its frame"),
        ({"nbytes": -64}, "not a message"),
        ({"start": 64}, "outside its frame"),
        ({"start": 8, "nbytes": 56, "shape": [7]}, "outside its frame"),
        ({"start": -64}, "not a message"),
        ({"start": 2**64 - 64}, "outside its frame"),
        ({"strides": [2, 1]}, "does not lie behind"),
        ({"strides": [0, 0]}, "does not lie behind"),
        ({"strides": [-2, 1]}, "not a message"),
        ({"device": ""}, "device"),
        ({"device": "cpu\n"}, "device"),
        ({"device": "cuda:0123"}, "device"),
        ({"device": "\x1b[31mcpu"}, "device"),
        ({"device": "c" * 10_000}, "device"),
    ],
    ids=str,
)
def test_an_array_that_does_not_fit(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(wire.FrameError, match=sentence):
        arrived(ref(**changes), BYTES[:64])


@pytest.mark.parametrize("shape", [[], [1], [1] * 32])
def test_one_element_in_any_number_of_dimensions(shape: list[int]) -> None:
    assert arrived(ref(shape=shape, nbytes=8), bytes(8)).shape == tuple(shape)


def test_bytes_are_used_once_and_all_of_them() -> None:
    twice = sequence(ref(), ref())
    with pytest.raises(wire.FrameError, match="does not lie behind"):
        arrived(twice, BYTES[:64])
    with pytest.raises(wire.FrameError, match="does not lie behind"):
        arrived(sequence(ref(start=64), ref(start=0)), BYTES[:128])
    with pytest.raises(wire.FrameError, match="belong to no tensor"):
        arrived(ref(), BYTES[:128])
    with pytest.raises(wire.FrameError, match="belong to no tensor"):
        arrived(None, BYTES[:1])
    assert len(arrived(sequence(ref(), ref(start=64)), BYTES[:128])) == 2


@pytest.mark.parametrize("byte", [2, 128, 255])
def test_a_bool_is_0_or_1(byte: int) -> None:
    with pytest.raises(wire.FrameError, match="neither 0 nor 1"):
        arrived(ref(dtype="bool", nbytes=8), bytes([0, 1, 1, 0, 0, 0, 0, byte]))
    assert arrived(ref(dtype="bool", nbytes=8), bytes([0, 1] * 4)).array.sum() == 4


def test_nans_of_any_kind_are_nans() -> None:
    quiet, signalling = bytes.fromhex("ffffffffffffffff"), bytes.fromhex("010000000000f07f")
    got = arrived(ref(shape=[2], nbytes=16), quiet + signalling).array
    assert np.isnan(got).all() and got.tobytes() == quiet + signalling
    head = encode({"type": "answer", "outputs": [0.0]})
    reply = wire.decode_reply(head[: head.index(b"\xcb") + 1] + signalling[::-1])
    assert isinstance(reply, wire.Answer) and wire.unpack(reply.outputs, b"") != 0


@pytest.mark.parametrize(
    "node",
    [
        mapping((1, "a"), (True, "b")),
        mapping((1.0, "a"), (1, "b")),
        mapping((None, 1), (None, 2)),
        mapping((wire.BigInt("f" * 20), 1), (wire.BigInt("f" * 20), 2)),
    ],
    ids=str,
)
def test_a_dict_has_no_key_twice(node: Any) -> None:
    with pytest.raises(wire.FrameError, match="twice"):
        arrived(node)


@pytest.mark.parametrize(
    "key",
    [
        sequence(1),
        mapping(),
        wire.OpaqueNode("a", "b"),
        ref(shape=[0], nbytes=0),
        wire.SequenceNode("tuple", [1, sequence(2)]),
    ],
    ids=str,
)
def test_a_key_is_a_number_or_text(key: Any) -> None:
    with pytest.raises(wire.FrameError, match="no number, text or tuple"):
        arrived(mapping((key, 1)))


def test_keys_that_were_made_to_collide_are_not_told_apart() -> None:
    alike = [wire.BigInt(f"{2**64 + n * sys.hash_info.modulus:x}") for n in range(1000)]
    assert len({hash(int(key.digits, 16)) for key in alike}) == 1
    with pytest.raises(wire.FrameError, match="made to collide"):
        arrived(mapping(*((key, None) for key in alike)))
    honest = [2.0**n for n in range(-1000, 1000)] + [-1, -2, "text"] + [2**n for n in range(1000, 4000)]
    packed = wire.Packer(lambda obj: None).pack(dict.fromkeys(honest))
    assert list(wire.unpack(packed, b"")) == honest


@pytest.mark.parametrize(
    "digits", ["", "-", "xyz", "0x10", " 1", "1\n", "1_0", "F", "\uff11", "--1", "f" * (DIGITS_LIMIT + 1)]
)
def test_an_int_is_written_in_hexadecimal(digits: str) -> None:
    with pytest.raises(wire.FrameError, match="not a message"):
        arrived(wire.BigInt(digits))


def test_every_int_that_arrives_can_be_printed() -> None:
    str(arrived(wire.BigInt("-" + "f" * (DIGITS_LIMIT - 1))))


def test_words_for_an_object_are_short() -> None:
    with pytest.raises(wire.FrameError, match="not a message"):
        arrived(wire.OpaqueNode("name", "x" * 201))


def test_containers_are_counted_and_not_deep() -> None:
    node: Any = 0
    for _ in range(DEPTH_LIMIT):
        node = sequence(node)
    arrived(node)
    with pytest.raises(wire.FrameError, match="nested"):
        arrived(sequence(node))
    half = b"\x93\xa8sequence\xa4list\xdd" + (NODES_LIMIT // 2).to_bytes(4, "big") + b"\xc0" * (NODES_LIMIT // 2)
    head = encode({"type": "answer", "outputs": [None]})[:-1] + b"\x93\xa8sequence\xa4list\x92" + 2 * half
    reply = wire.decode_reply(head)
    assert isinstance(reply, wire.Answer)
    with pytest.raises(wire.FrameError, match="more than 262,144 values"):
        wire.unpack(reply.outputs, b"")


def test_deeper_than_python_s_own_limit() -> None:
    head = encode({"type": "answer", "outputs": [None]})[:-1] + b"\x93\xa8sequence\xa4list\x91" * 100_000 + b"\xc0"
    with pytest.raises(wire.FrameError, match="not a message"):
        wire.decode_reply(head)


@pytest.mark.parametrize("size", [NODES_LIMIT, 2**24, 2**32 - 1])
@pytest.mark.parametrize("kind", [b"\x93\xa8sequence\xa4list\xdd", b"\x92\xa7mapping\xdd"])
def test_a_list_that_announces_more_than_follows(kind: bytes, size: int) -> None:
    head = encode({"type": "answer", "outputs": [None]})[:-1] + (kind + size.to_bytes(4, "big")) * 200
    with pytest.raises(wire.FrameError, match="not a message"):
        wire.decode_reply(head)


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        {},
        {"type": "answer"},
        {"type": "no such type \x1b[31m"},
        {"type": "ask", "exercise": "e", "inputs": [None], "seed": 0},  # a request is no reply
        {"type": "answer", "outputs": {"value": None}},
        {"type": "answer", "outputs": [None, None]},
        {"type": "answer", "outputs": [None], "changed": ["x" * 1001]},
        {"type": "answer", "outputs": [None], "changed": ["x"] * 1001},
        {"type": "answer", "outputs": [b"bytes"]},
        {"type": "answer", "outputs": [msgspec.msgpack.Ext(1, b"x")]},
        {"type": "answer", "outputs": [["sequence", "set", []]]},
        {"type": "answer", "outputs": [["sequence", "list", [], "more"]]},
        {"type": "answer", "outputs": [["mapping", [[1, 2, 3]]]]},
        {"type": "answer", "outputs": [["spawn"]]},
        {"type": "spawned", "pid": -1},
        {"type": "spawned", "pid": 2**31},
        {"type": "spawned", "pid": True},
        {"type": "reaped", "status": 2**40},
        {"type": "ready"},
        {"type": "failure", "kind": "raised", "error": "E", "message": "x" * 10_001},
        {"type": "failure", "kind": "raised", "error": "x" * 1_001, "message": ""},
        {"type": "failure", "kind": "raised", "error": "", "message": "", "detail": "x" * 1_001},
        {"type": "loaded", "placeholders": ["x"] * 1_001},
    ],
    ids=lambda message: repr(message)[:60],
)
def test_what_is_no_reply(message: Any) -> None:
    with pytest.raises(wire.FrameError, match="not a message") as caught:
        wire.decode_reply(encode(message))
    assert str(caught.value).isprintable() and len(str(caught.value)) < 1000


def test_a_failure_s_frames_are_few_and_short() -> None:
    frame = {"file": "a.py", "line": 3, "function": "f", "source": "x = 1"}
    failure = {"type": "failure", "kind": "raised", "error": "E", "message": "m", "frames": [frame]}
    assert isinstance(wire.decode_reply(encode(failure)), wire.Failure)
    for frames in ([frame] * 101, [{**frame, "line": -1}], [{**frame, "source": "x" * 1001}]):
        with pytest.raises(wire.FrameError, match="not a message"):
            wire.decode_reply(encode({**failure, "frames": frames}))


@pytest.mark.parametrize("text", [b"\xa3\xed\xa0\x80", b"\xa1\xff", b"\xa4ab", b"\xd9\xff", b"\xdb\xff\xff\xff\xff"])
def test_text_that_is_not_utf_8(text: bytes) -> None:
    head = encode({"type": "answer", "outputs": [None]})[:-1] + text
    with pytest.raises(wire.FrameError, match="not a message"):
        wire.decode_reply(head)


def test_strides_from_the_judge_stay_within_the_frame() -> None:
    good = wire.Packed(ref(strides=[1, 4]))
    assert wire.unpack(good, BYTES[:64], trusted=True).array.strides == (8, 32)
    for changes in (
        {"strides": [1, 5]},
        {"strides": [2**60, 1]},
        {"strides": [1]},
        {"shape": [0, 2], "strides": [1, 1]},
    ):
        with pytest.raises(wire.FrameError):
            wire.unpack(wire.Packed(ref(**changes)), BYTES[:64], trusted=True)


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        (b"GRD2" + bytes(12), "not a frame"),
        (b"\0" * 16, "not a frame"),
        (b"HTTP/1.1 200 OK\r", "not a frame"),
        (wire.HEADER.pack(wire.SEALED, 1, 1), "not a frame"),  # the judge maps no memory of strangers
        (wire.HEADER.pack(wire.INLINE, wire.REPLY.message + 1, 0), "beyond the limit"),
        (wire.HEADER.pack(wire.INLINE, 1, wire.REPLY.tensors + 1), "beyond the limit"),
        (wire.HEADER.pack(wire.INLINE, 2**32 - 1, 2**64 - 1), "beyond the limit"),
    ],
)
def test_a_header_that_is_none(header: bytes, sentence: str) -> None:
    with pytest.raises(wire.FrameError, match=sentence):
        wire.lengths(header)
