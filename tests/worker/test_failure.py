"""Whose fault an exception is, and what is said of it: the submission's call, what it returned, or its own code."""

from __future__ import annotations

import importlib
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from grader.explain import explain
from grader.question import Question
from grader.response import Response
from grader.result import Verdict
from grader.spec import Checks
from grader.wire import Failure
from grader.worker import failure as kinds
from grader.worker.failure import failure
from grader.worker.subject import Subject


class Asked:
    """A submission, and asks about it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "submission"
        self.folder.mkdir()
        self.checks = folder / "checks.py"
        self._count = 0

    def failed(self, source: str, ask: str, **inputs: object) -> Failure:
        """What an ask comes to; the ask is the body of a function of `sub` and the inputs."""
        self._count += 1
        name = f"asked_{self._count}"
        (self.folder / f"{name}.py").write_text("import torch\nfrom torch import nn\n" + textwrap.dedent(source))
        head = f"import torch\ndef ask(sub, {', '.join(inputs)}):\n"
        self.checks.write_text(head + textwrap.indent(textwrap.dedent(ask), "    "))
        module = importlib.import_module(name)
        space: dict[str, object] = {}
        exec(compile(self.checks.read_text(), str(self.checks), "exec"), space)  # as spec.load does
        try:
            space["ask"](Subject(module, {}), **inputs)  # type: ignore[operator]
        except BaseException as error:
            return failure(error, self.folder, self.checks)
        raise AssertionError("nothing failed")


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    made = Asked(tmp_path)
    monkeypatch.syspath_prepend(str(made.folder))
    known: dict[str, ModuleType] = dict(sys.modules)
    yield made
    for name in set(sys.modules) - set(known):
        if name.startswith("asked_"):
            del sys.modules[name]


def case(hidden: bool) -> Question:
    """The question of a public or a hidden case of asked_1."""
    checks = Checks("t", title="T")

    def f(sub: Any, x: Any) -> dict[str, Any]:
        return {"out": sub.f(x)}

    exercise = checks.module("asked_1").exercise("f", points=1)(f)
    exercise.case(lambda draw: dict(x=1))
    return Question(exercise, replace(exercise.cases[0], hidden=hidden), {}, 0)


def told(failed: Failure) -> tuple[Verdict, str]:
    explained = explain(Response(failure=failed), case(hidden=False))
    return explained.verdict, explained.sentence


NOTHING = {
    "a method of it": ("def f(x): pass", "return {'order': sub.f(x).argsort()}", "what `f` returns is None"),
    "an argument": ("def f(x): pass", "return {'order': torch.argsort(sub.f(x))}", "what `f` returns is None"),
    "a name": ("def f(x): pass", "out = sub.f(x)\nreturn {'out': out.to(x)}", "`out` is None"),
    "one of two": (
        "def f(x): return x, None",
        "loss, dW = sub.f(x)\nreturn {'loss': loss, 'dW': dW.flatten()}",
        "`dW` is None",
    ),
    "not taken apart": ("def f(x): pass", "loss, dW = sub.f(x)", "what `f` returns is None"),
    "of a class": (
        "class C:\n    @staticmethod\n    def forward(x): pass",
        "out, cache = sub.C.forward(x)",
        "what `C.forward` returns is None",
    ),
    "deep in a helper": (
        "def f(x): pass",
        "def helper(v):\n    return v.sum()\nout = sub.f(x)\nreturn helper(out)",
        "`out` is None",
    ),
    "in the middle": ("def f(x): return x, None", "a, b = sub.f(x)\nreturn torch.stack([a, b])", "`b` is None"),
    "an entry": ("def f(x): return {'a': None}", "return sub.f(x)['a'].sum()", "what `f` returns is None"),
}


@pytest.mark.parametrize("what", NOTHING)
def test_none_that_came_back_is_named_and_is_nobody_s_call(asked: Asked, what: str) -> None:
    source, ask, sentence = NOTHING[what]
    import torch

    failed = asked.failed(source, ask, x=torch.ones(3))
    assert failed.kind == kinds.NOTHING
    assert told(failed) == (Verdict.WRONG, sentence)


OTHERS = {
    "unusable": ("def f(x): return 'text'", "return {'out': sub.f(x).sum()}", kinds.RETURNED),
    "a wrong argument of the ask's own": ("def f(x): return 1", "return torch.argsort(sub.f(x))", kinds.RETURNED),
    "too few values": ("def f(x): return x, x", "a, b, c = sub.f(x)", kinds.VALUES),
    "too few arguments": ("def f(x, y): return x", "return sub.f(x)", kinds.SIGNATURE),
    "too many arguments": ("def f(): return 1", "return sub.f(x)", kinds.SIGNATURE),
    "another keyword": ("def f(x): return 1", "return sub.f(x, factor=2)", kinds.SIGNATURE),
    "of a constructor": ("class C:\n    def __init__(self): pass", "return sub.C(x)", kinds.SIGNATURE),
    "of a class without one": ("class C: pass", "return sub.C(x)", kinds.SIGNATURE),
    "of a network": ("class N(nn.Module):\n    def forward(self): return 1", "return sub.N()(x)", kinds.SIGNATURE),
    "of a builtin of the ask's": ("def f(x): return x", "return len(sub.f(x), 1)", kinds.RETURNED),
    "of what it returned": ("def f(x): return int", "return sub.f(x)(1, 2, 3, 4)", kinds.RETURNED),
    "a missing attribute": ("class C: pass", "return sub.C().count(x)", kinds.MISSING),
}


@pytest.mark.parametrize("what", OTHERS)
def test_the_call_is_blamed_only_where_it_is_the_call(asked: Asked, what: str) -> None:
    import torch

    source, ask, kind = OTHERS[what]
    assert asked.failed(source, ask, x=torch.ones(3)).kind == kind


RAISED = {
    "bool matmul": "def f(x): return x.bool() @ x.bool()",
    "softmax of integers": "def f(x): return x.long().softmax(0)",
    "no forward": "class N(nn.Module):\n    def forwards(self, x): return x\ndef f(x): return N()(x)",
    "a library's": "import io\ndef f(x): return io.RawIOBase().read(1)\n",
    "raised again": "def f(x):\n    try:\n        return x.bool() @ x.bool()\n    except NotImplementedError:\n        raise",
}


@pytest.mark.parametrize("what", RAISED)
def test_a_library_s_not_implemented_is_a_crash(asked: Asked, what: str) -> None:
    import torch

    failed = asked.failed(RAISED[what], "return sub.f(x)", x=torch.ones(3, 3))
    verdict, sentence = told(failed)
    assert (failed.kind, verdict) == (kinds.RAISED, Verdict.CRASHED)
    assert failed.frames and ".py, line" in sentence and "not written" not in sentence


@pytest.mark.parametrize(
    "source",
    [
        "def f(x): raise NotImplementedError",
        "def f(x):\n    raise NotImplementedError(\n        'write'\n        'this')",
        "def g(x):\n    raise NotImplementedError('later') from None\ndef f(x): return g(x)",
    ],
)
def test_one_s_own_not_implemented_is_not_written(asked: Asked, source: str) -> None:
    failed = asked.failed(source, "return sub.f(1)")
    assert failed.kind == kinds.NOT_WRITTEN and told(failed)[0] is Verdict.NOT_ATTEMPTED


def test_a_network_without_forward_that_the_ask_calls_is_a_crash_too(asked: Asked) -> None:
    import torch

    failed = asked.failed("class N(nn.Module): pass", "return sub.N()(x)", x=torch.ones(3))
    assert told(failed)[0] is Verdict.CRASHED
    assert told(failed)[1].startswith("the `N` that it returns raises NotImplementedError: Module [N] is missing")


def test_what_a_network_raises_is_not_what_it_returns(asked: Asked) -> None:
    import torch

    own = "class N(nn.Module):\n    def forward(self, x):\n        return x.reshape(9, 1280)\n"
    failed = asked.failed(own, "return sub.N()(x)", x=torch.ones(3))
    assert told(failed)[1].startswith("it raises RuntimeError: shape '[9, 1280]' is invalid")
    assert told(failed)[1].endswith("_1.py, line 5)")
    library = "def f(): return nn.Sequential(nn.Unflatten(0, (9, 1280)))"
    failed = asked.failed(library, "net = sub.f()\nreturn net(x)", x=torch.ones(3))
    assert told(failed)[0] is Verdict.CRASHED
    assert told(failed)[1].startswith("the `Sequential` that it returns raises RuntimeError")


def test_a_file_that_is_not_found_where_it_was_looked_for(asked: Asked) -> None:
    source = "def f(path): return open(path)"
    assert "the current folder holds copies" in told(asked.failed(source, "return sub.f('weights.npz')"))[1]
    assert "current folder" not in told(asked.failed(source, "return sub.f('/content/drive/weights.npz')"))[1]


SECRETS = {
    "in a message": "def f(x): raise ValueError(repr(x.tolist()))",
    "in a name": "def f(x): raise type('v' + str(int(x[0])), (Exception,), {})('hidden')",
    "in a known message": "def f(x): raise IndexError(f'list index out of range {x.tolist()}')",
    "in a key": "def f(x): return {}[str(x.tolist())]",
    "in a function's name": "def f(x):\n    exec(compile(f'def g{int(x[0])}(): 1 / 0\\ng{int(x[0])}()', __file__, 'exec'))",
    "in a source line": (
        "import linecache\ndef f(x):\n    linecache.cache[__file__] = (9, None, [str(x.tolist())] * 9, __file__)\n    1 / 0"
    ),
    "in a missing name": "def f(x): return {}.get(None)\nclass C: pass\ndef f(x): return getattr(C, 'v' + str(int(x[0])))",
    "in what is not installed": "def f(x): raise ModuleNotFoundError(name='v' + str(int(x[0])))",
    "in what is wanted": "def f(x): raise NameError(name='xrange')",
}


@pytest.mark.parametrize("where", SECRETS)
def test_of_a_hidden_case_nothing_is_told_that_its_inputs_are_in(asked: Asked, where: str) -> None:
    import torch

    failed = asked.failed(SECRETS[where], "return sub.f(x)", x=torch.tensor([7319.0]))
    explained = explain(Response(failure=failed), case(hidden=True))
    assert "7319" not in f"{explained}", explained
    if where != "in what is wanted":
        assert "7319" in f"{explain(Response(failure=failed), case(hidden=False))}"


def test_of_a_hidden_case_the_kind_and_the_line_are_told(asked: Asked) -> None:
    import torch

    source = "def f(x):\n    return x.reshape(4, 5)"
    failed = asked.failed(source, "return sub.f(x)", x=torch.ones(3))
    explained = explain(Response(failure=failed), case(hidden=True))
    assert explained.sentence == (
        "it raises RuntimeError: a shape with another number of entries (asked_1.py, line 4), for inputs that are not shown"
    )


PLACES = {
    "a library's": ("from typing import no_such_name", "cannot import name 'no_such_name' from 'typing'"),
    "its own": ("def f(): open(__file__ + '.no')", "No such file or directory: 'asked_1.py.no'"),
    "lines for others": (
        "def f(): raise ValueError('one\\ntwo\\n\\nfor debugging\\nsee below')",
        "ValueError: one two (",
    ),
}


@pytest.mark.parametrize("what", PLACES)
def test_no_place_of_this_machine_and_no_lines_for_others_are_told(asked: Asked, what: str) -> None:
    source, words = PLACES[what]
    if "import" in source:
        source = f"def f():\n    {source}"
    _, sentence = told(asked.failed(source, "return sub.f()"))
    assert words in sentence and "/" not in sentence and "debugging" not in sentence, sentence
