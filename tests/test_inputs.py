"""Which inputs were changed in place, in small frames and in sealed memory."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import wire
from grader.worker import inputs as module
from grader.worker.inputs import Before
from grader.worker.tensors import from_wire

ROWS = {"in the frame": 30, "in sealed memory": 3000}
CHANGES: dict[str, Callable[[torch.Tensor], object]] = {
    "one entry": lambda x: x[-1].fill_(7.5),
    "the first entry": lambda x: x.view(-1)[:1].fill_(7.5) if x.is_contiguous() else x[:1].fill_(7.5),
    "sorted": lambda x: x.copy_(x.flip(0)),
    "a sign of zero": lambda x: x[3].fill_(-0.0),
    "not a number": lambda x: x[5].fill_(float("nan")),
    "a shape": lambda x: x.unsqueeze_(0),
    "other memory": lambda x: x.set_(torch.zeros(x.shape, dtype=x.dtype)),
}
HARMLESS: dict[str, Callable[[torch.Tensor], object]] = {
    "nothing": lambda x: None,
    "reading": lambda x: float(x.sum()),
    "the same numbers": lambda x: x.copy_(x.clone()),
    "other memory with the same": lambda x: x.set_(x.clone()),
    "there and back": lambda x: (x.neg_(), x.neg_()),
}


def arrived(values: dict[str, Any]) -> tuple[dict[str, Any], memoryview]:
    """Inputs as a worker has them, and the frame that they came in."""
    packer = wire.Packer()
    frame = wire.encode(wire.Ask("m.e", packer.pack(values), 0), packer)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        wire.send(ours, frame)
        head, data, _ = wire.receive(theirs, 2)
    request = wire.decode_request(head)
    assert isinstance(request, wire.Ask)
    return from_wire(wire.unpack(request.inputs, data, trusted=True)), data


def values(rows: int) -> dict[str, Any]:
    """A plain matrix, one whose rows lie apart, a list, and numbers."""
    x = np.random.default_rng(0).standard_normal((rows, 60))
    x[3] = 0.0
    return {"x": x, "apart": (x + 1)[:, ::2], "all": [x + 2, {"deep": x[:2] + 3}], "k": 3, "word": "w"}


@pytest.fixture(params=[True, False], ids=["pages told", "pages not told"], autouse=True)
def pages(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the system tells which pages were written to."""
    if not request.param:
        monkeypatch.setattr(module, "_are_of_a_file", lambda address, size: False)


def tensors(inputs: dict[str, Any]) -> dict[str, torch.Tensor]:
    return {"x": inputs["x"], "apart": inputs["apart"], "all": inputs["all"][0]}


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("name", ["x", "apart", "all"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_noticed_and_belongs_to_its_input(change: str, name: str, rows: int) -> None:
    inputs, data = arrived(values(rows))
    assert (wire.untouched(data) is not None) == (rows == 3000)
    before = Before(inputs, data)
    assert before.changed(inputs) == []
    CHANGES[change](tensors(inputs)[name])
    assert before.changed(inputs) == [name]


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("name", ["x", "apart", "all"])
@pytest.mark.parametrize("change", HARMLESS)
def test_what_is_the_same_afterwards_is_no_change(change: str, name: str, rows: int) -> None:
    inputs, data = arrived(values(rows))
    before = Before(inputs, data)
    HARMLESS[change](tensors(inputs)[name])
    assert before.changed(inputs) == []


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
def test_containers_and_what_is_in_them_count(rows: int) -> None:
    inputs, data = arrived(values(rows))
    before = Before(inputs, data)
    inputs["all"].append(1)
    inputs["k"] = 4
    assert before.changed(inputs) == ["all", "k"]


class Contrary(torch.Tensor):
    """A tensor that answers nothing."""

    @classmethod
    def __torch_function__(cls, *args: Any, **kwargs: Any) -> Any:
        raise KeyboardInterrupt


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
def test_what_cannot_be_compared_is_another_thing(rows: int) -> None:
    others: list[Any] = [inputs_x(rows).to_sparse(), inputs_x(rows).as_subclass(Contrary), None, 5]
    for other in others:
        inputs, data = arrived(values(rows))
        before = Before(inputs, data)
        inputs["all"][0] = other
        assert before.changed(inputs) == ["all"]
        inputs["all"] = other
        assert before.changed(inputs) == ["all"]


def inputs_x(rows: int) -> torch.Tensor:
    """The first tensor in the list."""
    return torch.from_numpy(values(rows)["all"][0])


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, 3000 * 60 - 1), value=st.floats(-9, 9))
def test_one_number_anywhere_is_enough(at: int, value: float) -> None:
    inputs, data = arrived(values(3000))
    before = Before(inputs, data)
    flat = inputs["x"].view(-1)
    same = float(flat[at]) == value
    flat[at] = value
    assert before.changed(inputs) == ([] if same else ["x"])


def test_large_ones_are_compared_with_what_came() -> None:
    inputs, data = arrived(values(3000))
    inputs["x"][0] = 5.0
    assert Before(inputs, data).changed(inputs) == ["x"]
