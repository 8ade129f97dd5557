"""What counts as not written: placeholders of every kind that courses hand out, and nothing that somebody has thought of."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.worker.unwritten import find_unwritten


def unwritten(source: str, *names: str) -> list[str]:
    """For each name the function that is not written, "" where it is, "?" where nothing is defined of it."""
    told = find_unwritten(textwrap.dedent(source).encode(), names).functions
    return [one.what if one.found else "?" for one in told]


SKELETONS = {
    "refuses": "raise NotImplementedError",
    "refuses with a word": "raise NotImplementedError('write this')",
    "passes": "pass",
    "says what it will do": '"""Does much."""',
    "dots": "...",
    "None": "y = None\nreturn y",
    "two of None": "return None, None",
    "its input": "return x",
    "its inputs": "out = None\ncache = (x, w, conv_param)\nreturn out, cache",
    "zeros of a size": "n, d = x.shape\ndists = x.new_zeros(n, w.shape[0])\nreturn dists",
    "zeros like": "loss = 0.0\ndW = torch.zeros_like(w)\nreturn loss, dW",
    "zeros by sizes": "N = x.shape[0]\nout = torch.zeros((N, 2 * N), dtype=x.dtype, device=x.device)\nreturn out",
    "empty containers": "grads = {}\nhistory = []\nreturn {'loss': None, 'history': history}, grads",
    "keys of what is given": "w, b = params['W1'], params['b1']\nscores = None\nreturn scores",
    "looked up": "mode = conv_param.get('mode', 'train')\nconv_param.setdefault('lr', 1e-2)\nout = None\nreturn out",
    "asserts": "assert x.dim() == 2, 'a matrix'\nif w is None:\n    w = x\nout = None\nreturn out",
    "loops around it": "for i in range(x.shape[0]):\n    for j in range(w.shape[0]):\n        pass\nreturn None",
    "no gradients": "with torch.no_grad():\n    pass\nreturn x",
    "marked": "x = x + 1\n# TODO: more\n# Replace this\npass\n# END OF YOUR CODE\nreturn x.sum()",
    "marked otherwise": "for i in x:\n    # *****START OF YOUR CODE*****\n    pass\n    # *****END OF YOUR CODE*****\nreturn x * 2",
    "marked at the end": "n = x.sum()\n# TODO: more\npass\n##########\n# END OF YOUR CODE #\n##########",
    "marked and bound": "# TODO\nscores, loss = None, 0.0\n# END OF YOUR CODE\nif w is None:\n    return scores\nreturn loss.item()",
    "refuses in a loop": "for i in range(9):\n    x = x * 2\n    raise NotImplementedError\nreturn x",
}
WRITTEN = {
    "computes": "return x + 1",
    "calls": "return other(x)",
    "a part": "return x[-1]",
    "a size": "return x.shape[0]",
    "stores": "x[0] = 1\nreturn x",
    "adds up": "y = 0\ny += x\nreturn y",
    "in place": "x.mul_(2)\nreturn x",
    "a number": "return 0.5",
    "numbers": "return [0.1], [16]",
    "zeros of its own": "x = torch.zeros(3, 2)\nreturn x",
    "one block of two": "# TODO\ny = x + 1\n# END OF YOUR CODE\n# TODO\npass\n# END OF YOUR CODE\nreturn y",
    "beside what was left": "# TODO\ny = x * 2\npass\n# END OF YOUR CODE\nreturn y",
    "refuses sometimes": "if x is None:\n    raise NotImplementedError\nreturn x.sum()",
    "a comprehension": "return [v for v in x]",
    "by a comment only": "# TODO: faster\nreturn x @ w",
}


@pytest.mark.parametrize("form", SKELETONS)
def test_placeholders_are_not_written(form: str) -> None:
    body = textwrap.indent(SKELETONS[form], "    ")
    assert unwritten(
        f"def f(x, w=None, params=None, conv_param=None):\n{body}\n\ndef g():\n    return 1 + 1\n", "f", "g"
    ) == ["f", ""]


@pytest.mark.parametrize("form", WRITTEN)
def test_what_somebody_has_thought_of_is_written(form: str) -> None:
    body = textwrap.indent(WRITTEN[form], "    ")
    assert unwritten(f"def f(x, w=None):\n{body}\n", "f") == [""]


NETS = """
class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        {init}

    def forward(self, x):
        {forward}
"""


@pytest.mark.parametrize(
    ("init", "forward", "what"),
    [
        ("self.block = None", "return self.block(x)", "Net.__init__"),
        ("self.width = width; self.block = None; self.head = None", "return self.head(self.block(x))", "Net.__init__"),
        ("pass", "return self.block(x)", "Net.__init__"),
        ("self.block = nn.Linear(width, 2)", "out = None; return out", "Net.forward"),
        ("self.block = None", "out = None; return out", "Net.__init__"),
        ("self.block = nn.Linear(width, 2)", "return self.block(x)", ""),
        ("self.block = nn.Linear(width, 2); self.seen = None", "return self.block(x)", ""),
        ("self.kept = None", "self.kept = x * 2; return self.kept", ""),
        ("self.width = width", "return x * self.width", ""),
    ],
)
def test_a_class_whose_layers_are_none_is_not_written(init: str, forward: str, what: str) -> None:
    source = NETS.format(init=init, forward=forward)
    assert unwritten(source, "Net") == [what]
    assert unwritten(source, "Net.permutation") == [what]  # an exercise about a class that is no method of it


def test_methods_that_are_asked_by_themselves_are_told_apart() -> None:
    source = NETS.format(init="self.block = None", forward="return self.block(x)")
    assert unwritten(source, "Net.__init__", "Net.forward") == ["Net.__init__", ""]
    assert unwritten(source, "Net.forward") == ["Net.__init__"]
    assert unwritten(source, "Other", "Net.nothing.at.all") == ["?", "Net.__init__"]


def test_the_last_definition_counts() -> None:
    assert unwritten("def f(x):\n    pass\ndef f(x):\n    return x + 1\n", "f") == [""]


def test_what_cannot_be_parsed_says_nothing() -> None:
    assert unwritten("def f(:", "f") == []
    assert find_unwritten(b"\x00", ["f"]).functions == []
    assert find_unwritten(("(" * 100_000).encode(), ["f"]).functions == []


@given(st.lists(st.sampled_from([*SKELETONS.values(), *WRITTEN.values()]), min_size=1, max_size=4))
def test_any_pile_of_bodies_is_read(bodies: list[str]) -> None:
    body = textwrap.indent("\n".join(bodies), "    ")
    (told,) = find_unwritten(f"def f(x, w=None):\n{body}\n".encode(), ["f"]).functions
    assert told.found and told.what in ("", "f")
