"""Names that may not be used, told by what ran: the operations that a function dispatches betray it, whatever its
source looks like. Every guilty one has an innocent twin."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from grader.rules import Breach, forbidden_breach, may_be_seen
from grader.spec import no_calls
from grader.worker.operations import Counting
from tests.rules.test_source import exercise

BY_HAND = no_calls("torch.autograd.*", ".backward", "torch.func.*")
NO_NN = no_calls("torch.nn.*", but=("torch.nn.functional.pad",))
NO_ATTENTION = no_calls("torch.nn.functional.scaled_dot_product_attention")
NO_LSTM = no_calls("torch.nn.LSTM", "torch.lstm")


def seen(folder: Path, rule: object, body: str) -> Breach | None:
    """The rule that a function with this body is seen to break."""
    file = folder / "m.py"
    code = compile(f"def f(x):\n    {body.replace(chr(10), chr(10) + '    ')}", str(file), "exec")
    made = {"torch": torch}
    exec(code, made)
    counting = Counting(folder, 10_000)
    with counting:
        made["f"](torch.linspace(-1, 1, 2 * 3 * 5 * 5, dtype=torch.float64).reshape(2, 3, 5, 5))
    return forbidden_breach(exercise(rule), counting.counted())  # type: ignore[arg-type]


SUM = "lambda v: (v * v).sum()"
DERIVATIVES = {
    "backward": ("w = x.clone().requires_grad_()\n(w * w).sum().backward()", "w = x.clone().requires_grad_()\nw * w"),
    "by a text": (
        "w = x.clone().requires_grad_()\ngetattr((w * w).sum(), 'back' + 'ward')()",
        "getattr(x, 's' + 'um')()",
    ),
    "methodcaller": (
        "import operator\nw = x.clone().requires_grad_()\noperator.methodcaller('backward')((w * w).sum())",
        "import operator\noperator.methodcaller('sum')(x)",
    ),
    "from a table": (
        "w = x.clone().requires_grad_()\n(lambda **how: how['go']())(**dict(go=(w * w).sum().backward))",
        "(lambda **how: how['go']())(**dict(go=x.sum))",
    ),
    "functorch": (f"import functorch\nfunctorch.grad_and_value({SUM})(x)", "torch.vmap(torch.sum)(x)"),
    "forward": (f"torch.func.jvp({SUM}, (x,), (x,))", "with torch.no_grad(): x * x"),
    "dual numbers": (
        "from torch.autograd import forward_ad as ad\nwith ad.dual_level():\n    d = ad.make_dual(x, x)\n    d * d",
        "x * x",
    ),
}


@pytest.mark.parametrize("kind", DERIVATIVES)
def test_derivatives_that_torch_computes_are_seen(tmp_path: Path, kind: str) -> None:
    guilty, innocent = DERIVATIVES[kind]
    found = seen(tmp_path, BY_HAND, guilty)
    assert found is not None
    assert found.sentence.startswith("it has autograd compute derivatives in line ")
    assert found.sentence.endswith(" of m.py, which it has to do without")
    assert seen(tmp_path, BY_HAND, innocent) is None
    assert may_be_seen(exercise(BY_HAND))


def test_what_the_question_itself_differentiates_is_nobody_s(tmp_path: Path) -> None:
    counting = Counting(tmp_path, 1_000)
    with counting:
        w = torch.ones(3, requires_grad=True)
        (w * w).sum().backward()
    assert forbidden_breach(exercise(BY_HAND), counting.counted()) is None


LAYERS = {
    "thnn_conv2d": "torch._C._nn.thnn_conv2d(x, torch.ones(4, 3, 3, 3, dtype=x.dtype), [3, 3])",
    "conv3d": "torch.conv3d(x[:, :, None], torch.ones(4, 3, 1, 3, 3, dtype=x.dtype))",
    "max_pool3d": "torch.max_pool3d(x, (1, 2, 2))",
    "adaptive": "torch.nn.AdaptiveMaxPool2d(2)(x)",
    "group_norm": "torch.group_norm(x, 3)",
    "instance_norm": "torch.instance_norm(x, None, None, None, None, True, 0.1, 1e-5, False)",
    "batch_norm": "torch.batch_norm(x, None, None, None, None, True, 0.1, 1e-5, False)",
    "layer_norm": "torch.layer_norm(x, (5,))",
    "fold": "torch.nn.Fold((5, 5), 1)(x.reshape(2, 3, 25))",
}


@pytest.mark.parametrize("kind", LAYERS)
def test_layers_are_seen_by_their_kernels(tmp_path: Path, kind: str) -> None:
    found = seen(tmp_path, NO_NN, LAYERS[kind])
    assert found is not None and "line 2 of m.py" in found.sentence
    assert seen(tmp_path, NO_ATTENTION, LAYERS[kind]) is None


def test_attention_and_lstm_are_seen_by_their_kernels(tmp_path: Path) -> None:
    attention = "torch._C._nn.scaled_dot_product_attention(x, x, x)"
    assert seen(tmp_path, NO_ATTENTION, attention) is not None
    assert seen(tmp_path, NO_ATTENTION, "torch.softmax(x @ x.mT, -1) @ x") is None
    lstm = "torch.nn.modules.rnn.LSTM(5, 4)(x[0].float())"
    assert seen(tmp_path, NO_LSTM, lstm) is not None
    assert seen(tmp_path, NO_LSTM, "torch.sigmoid(x) * torch.tanh(x)") is None


def test_plain_mathematics_is_no_layer(tmp_path: Path) -> None:
    plain = "y = torch.softmax(torch.relu(x), 1).sigmoid().tanh().mean((2, 3)).std(0)"
    assert seen(tmp_path, NO_NN, f"{plain}\nreturn y.norm() + x.unfold(2, 3, 1).max()") is None
