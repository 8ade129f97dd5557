"""Torch tensors as they travel: every dtype, layout and view, to the judge and back to a worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from grader import wire
from grader.worker.tensors import from_wire, to_leaf, to_wire
from tests.wire.travel import answered, asked

pytestmark = pytest.mark.filterwarnings("ignore:ComplexHalf", "ignore:Sparse")  # torch calls them experimental

DTYPES = sorted({str(value).removeprefix("torch.") for value in vars(torch).values() if isinstance(value, torch.dtype)})
QUANTIZED = [name for name in DTYPES if name.startswith(("qint", "quint"))]


def bits(tensor: torch.Tensor) -> bytes:
    return bytes(tensor.detach().contiguous().reshape(-1).view(torch.uint8).tolist())


def judged(value: Any) -> Any:
    """`value` as the judge sees it in a worker's answer."""
    return answered(value, to_leaf)


def returned(value: Any) -> Any:
    """`value` when the judge passes it on to another worker."""
    return from_wire(asked(judged(value)))


def some(name: str, *shape: int) -> torch.Tensor:
    """A tensor of that dtype with many different values."""
    dtype = getattr(torch, name)
    count = int(np.prod(shape))
    if name == "bool":
        return (torch.arange(count) % 3 == 0).reshape(shape)
    if (dtype.is_floating_point and name != "float4_e2m1fn_x2") or dtype.is_complex:
        return torch.linspace(0.25, 8, count).reshape(shape).to(dtype)
    size = torch.empty(0, dtype=dtype).element_size()
    return (torch.arange(count * size) * 37 % 251).to(torch.uint8).view(dtype).reshape(shape)


@pytest.mark.parametrize("name", sorted(set(DTYPES) - set(QUANTIZED)))
def test_every_dtype_goes_both_ways(name: str) -> None:
    for shape in ((3, 4), (5,), (), (1, 1, 1), (0,), (0, 3), (3, 0, 2)):
        tensor = some(name, *shape)
        got = judged(tensor)
        assert (got.dtype, got.kind, got.device, got.shape) == (name, "torch", "cpu", shape)
        back = returned(tensor)
        assert (back.dtype, back.shape) == (tensor.dtype, tensor.shape)
        assert bits(back) == bits(tensor)


def test_no_dtype_is_left_out() -> None:
    assert set(DTYPES) <= set(wire.DTYPES)


@pytest.mark.filterwarnings("ignore")  # torch deprecates them
@pytest.mark.parametrize("name", QUANTIZED)
def test_quantized_tensors_travel_as_what_they_stand_for(name: str) -> None:
    tensor = torch.quantize_per_tensor(torch.tensor([0.0, 0.5, 1.0, 1.5]), 0.5, 0, getattr(torch, name))
    assert judged(tensor).dtype == name
    assert np.array_equal(judged(tensor).array, tensor.dequantize().numpy())
    assert torch.equal(returned(tensor), tensor.dequantize())


@pytest.mark.parametrize("name", ["bfloat16", "float16", "float8_e4m3fn", "float8_e5m2", "float32", "float64"])
def test_special_floats(name: str) -> None:
    tensor = torch.tensor([float("nan"), 0.0, -0.0, 448.0, -1.5, 2.0**-6]).to(getattr(torch, name))
    assert bits(returned(tensor)) == bits(tensor)
    assert np.isnan(judged(tensor).array[0])
    if name != "float8_e4m3fn":
        assert judged(torch.tensor(-torch.inf).to(tensor.dtype)).array == -np.inf


X = torch.arange(24.0).reshape(4, 6)
Z = torch.complex(X, -X)


@torch.inference_mode()
def inference() -> torch.Tensor:
    return X + 1


VIEWS: dict[str, Callable[[], torch.Tensor]] = {
    "transposed": lambda: X.T,
    "sliced": lambda: X[1::2, ::3],
    "flipped": lambda: X.flip(0),
    "broadcast": lambda: torch.tensor(2.0).expand(3, 4),
    "broadcast row": lambda: X[0].expand(5, 6),
    "unfolded": lambda: X.unfold(1, 3, 1),
    "diagonal": X.diagonal,
    "channels last": lambda: X.reshape(1, 2, 3, 4).to(memory_format=torch.channels_last),
    "conjugate": Z.conj,
    "conjugate transposed": lambda: Z.mH,
    "negative view": lambda: Z.conj().imag,
    "negative, contiguous": lambda: torch._neg_view(X),
    "real part": lambda: Z.real,
    "requires grad": lambda: X.clone().requires_grad_(),
    "has a history": lambda: X.clone().requires_grad_() * 2,
    "parameter": lambda: torch.nn.Parameter(X.clone()),
    "inference": inference,
    "0-d of a view": lambda: X[2, 3],
    "sparse": X.to_sparse,
    "sparse, uncoalesced": lambda: torch.sparse_coo_tensor(torch.tensor([[0, 0]]), torch.tensor([1.0, 2.0]), (3,)),
    "hybrid sparse": lambda: X.to_sparse(1),
    "csr": X.to_sparse_csr,
    "csc": X.to_sparse_csc,
    "bsr": lambda: X.to_sparse_bsr((2, 3)),
    "sparse half": lambda: X.to_sparse().to(torch.bfloat16),
    "mkldnn": X.to_mkldnn,
    "many dimensions": lambda: X[0, :1].reshape([1] * 30),
}


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_arrives_with_its_values(name: str) -> None:
    tensor = VIEWS[name]()
    plain = tensor.detach() if tensor.layout == torch.strided else tensor.detach().to_dense()
    got, back = judged(tensor), returned(tensor)
    assert got.shape == tuple(tensor.shape) and got.array.flags.c_contiguous
    assert got.array.tolist() == plain.tolist()
    assert back.dtype == tensor.dtype and torch.equal(back, plain.resolve_conj().resolve_neg())


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.empty(3, device="meta"),
        lambda: torch.ones([1] * 65),
        lambda: torch.sparse_coo_tensor(torch.tensor([[0], [1]]), torch.tensor([1.0]), (10**9, 10**9)),
        lambda: torch.nested.nested_tensor([torch.ones(2), torch.ones(3)], layout=torch.jagged),
        lambda: torch.nn.Linear(2, 3),
        lambda: torch.float32,
        lambda: torch.device("cpu"),
    ],
)
def test_what_has_no_values_to_show_arrives_as_words(make: Callable[[], Any]) -> None:
    value = make()
    got = judged({"x": value})["x"]
    assert isinstance(got, wire.Opaque)
    assert got.type == type(value).__name__


def test_a_repr_that_fails_is_said() -> None:
    class Trap:
        def __repr__(self) -> str:
            raise ValueError("no")

    assert judged(Trap()) == wire.Opaque("Trap", "an object whose repr() fails")


def test_a_size_is_a_tuple_and_an_array_stays_one() -> None:
    assert judged(torch.zeros(2, 3).shape) == (2, 3)
    assert judged(np.arange(3)).kind == "numpy"
    back = from_wire(asked(judged([np.arange(3)])))[0]
    assert isinstance(back, np.ndarray)
    assert torch.equal(from_wire(asked(judged([np.arange(3)])), arrays=False)[0], torch.arange(3))


def test_inputs_are_tensors_of_their_own_that_can_be_changed() -> None:
    x = np.arange(12.0).reshape(3, 4)
    tensor = from_wire(asked({"x": x.T}))["x"]
    assert tensor.stride() == (1, 4) and not tensor.requires_grad
    tensor.mul_(2).requires_grad_()
    assert np.array_equal(tensor.detach().numpy(), 2 * x.T) and x[0, 1] == 1


def test_large_inputs_too() -> None:
    x = np.arange(2 * wire.SEALED_FROM / 8)
    first, second = (from_wire(asked(x)) for _ in range(2))
    first.neg_()
    assert torch.equal(second, torch.from_numpy(x)) and torch.equal(first, -second)


@pytest.mark.parametrize("dtype", ["bfloat16", "float8_e5m2", "complex32", "bits8"])
def test_inputs_of_dtypes_that_numpy_has_not(dtype: str) -> None:
    carried = np.arange(6).astype(wire.DTYPES[dtype]).reshape(2, 3).T
    tensor = from_wire(asked(wire.Tensor(carried, dtype)))
    assert str(tensor.dtype) == f"torch.{dtype}"
    again = to_wire(tensor)
    assert again is not None and np.array_equal(again.array, carried)
