"""Rules that forbid a name forbid what it names, wherever libraries keep it."""

from __future__ import annotations

import pytest
import torch

from grader.rules.calls import LAYER, forbidding
from grader.sandbox import Plain
from grader.spec import no_calls
from tests.rules.test_source import breach, f

BY_HAND = no_calls("torch.nn.*", "torch.autograd.*", ".backward", "torch.func.*")
NO_LSTM = no_calls("torch.nn.LSTM", "torch.linalg.vector_norm", "torch.cdist")

# Each: lines at the top, a guilty expression, and an innocent one that looks like it.
OFFERED = {
    "functorch": ("import functorch", "functorch.grad_and_value(g)(x)", "functorch_of_my_own(x)"),
    "its own place": ("from torch._functorch import apis", "apis.grad(abs)(x)", "abs(x)"),
    "and where that is kept": ("from torch._functorch.eager_transforms import vjp", "vjp(abs, x)", "torch.vjp(x)"),
    "C": ("", "torch._C._nn.linear(x, x)", "torch._C._get_default_device()"),
    "at the top": ("", "torch.group_norm(x, 3)", "torch.relu(x)"),
    "a kernel": ("", "torch.native_batch_norm(x)", "torch.normal(x)"),
    "another": ("", "torch.max_pool3d(x, 2)", "torch.max(x)"),
    "an overload": ("", "torch.ops.aten.native_group_norm.default(x)", "torch.ops.aten.mm.default(x, x)"),
    "methodcaller": ("import operator", "operator.methodcaller('backward')(x)", "operator.methodcaller('sum')(x)"),
    "methodcaller, mapped": (
        "from operator import methodcaller as m",
        "(lambda go: go(x))(m('backward'))",
        "(lambda go: go(x))(m('sum'))",
    ),
    "a subclass": ("class L(torch.nn.Linear): pass", "L(3, 4)(x)", "abs(x)"),
    "a layer of its own": (
        "class L(torch.nn.Module):\n    def forward(self, x): return torch.nn.functional.linear(x, x)",
        "L()(x)",
        "isinstance(x, L)",
    ),
}


@pytest.mark.parametrize("kind", OFFERED)
def test_a_forbidden_function_is_found_under_another_name(nursery: Plain, kind: str) -> None:
    top, guilty, innocent = OFFERED[kind]
    found = breach(nursery, f(f"return {guilty}", top), BY_HAND)
    assert found is not None and "which it has to do without" in found.sentence and " in line " in found.sentence
    assert breach(nursery, f(f"return {innocent}", top), BY_HAND) is None


SAME = {
    "its module": ("from torch.nn.modules import rnn", "rnn.LSTM(3, 4)", "rnn.GRU(3, 4)"),
    "through another module": ("import torch.functional as t", "t.torch.nn.LSTM(3, 4)", "t.torch.nn.GRU(3, 4)"),
    "numpy": ("import numpy as np", "np.linalg.vector_norm(x)", "np.linalg.solve(x, x)"),
    "numpy's own": ("from numpy.linalg import _linalg", "_linalg.vector_norm(x)", "_linalg.solve(x, x)"),
    "functional": ("import torch.functional as t", "t.cdist(x, x)", "t.einsum('ij->i', x)"),
}


@pytest.mark.parametrize("kind", SAME)
def test_the_same_object_is_the_same_function(nursery: Plain, kind: str) -> None:
    top, guilty, innocent = SAME[kind]
    assert breach(nursery, f(f"return {guilty}", top), NO_LSTM) is not None
    assert breach(nursery, f(f"return {innocent}", top), NO_LSTM) is None


# What torch offers at its top and below torch.nn, and is no layer: anybody may use it where "torch.nn.*" is forbidden.
PLAIN = {
    *("alpha_dropout", "celu", "celu_", "channel_shuffle", "dropout", "embedding", "feature_alpha_dropout"),
    *("hardshrink", "log_softmax", "native_channel_shuffle", "pixel_shuffle", "pixel_unshuffle", "prelu", "relu"),
    *("relu_", "rrelu", "rrelu_", "selu", "selu_", "sigmoid", "softmax", "tanh", "threshold", "threshold_"),
}


def test_every_function_that_this_torch_offers_twice_is_a_layer_or_plain() -> None:
    functional = torch.nn.functional
    twice = {name for name in dir(functional) if callable(getattr(torch, name, None)) and not name.startswith("_")}
    twice = {name for name in twice if not isinstance(getattr(torch, name), type)}
    layers = {name for name in twice if LAYER.fullmatch(f"torch.{name}")}
    assert twice - layers == PLAIN
    assert all(forbidding(BY_HAND, f"torch.{name}") for name in layers)
    assert not any(forbidding(BY_HAND, f"torch.{name}") for name in PLAIN)
