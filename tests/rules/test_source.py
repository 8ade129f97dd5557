"""Rules that are read from the source: what they find under which name, and what they leave alone."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest

from grader.peer import Peer
from grader.rules import Breach, SourceReader, read_sources, source_breach
from grader.rules.source import SOURCE_LIMIT
from grader.sandbox import Plain
from grader.spec import Checks, Exercise, Rule, at_most_loops, exactly_loops, no_calls, no_loops
from grader.submission import Submission

NO_CDIST = no_calls("torch.cdist", ".norm", "torch.nn.*", "sum", but=("torch.nn.functional.relu",))


def exercise(*rules: Rule, name: str = "f", **also: str) -> Exercise:
    """An exercise of a module "m" with these rules."""

    def ask(sub: Any, x: Any) -> None:
        """A title."""

    declared = Checks("a", title="A").module("m", also=also).exercise(name, points=100, rules=rules)(ask)
    assert isinstance(declared, Exercise)
    return declared


class Blanks:
    """Processes of a nursery, of which none is kept."""

    def __init__(self, nursery: Plain) -> None:
        self.fresh, self.keep, self.give_up = nursery.open, nursery.end, nursery.end


def breach(nursery: Plain, source: str | bytes, *rules: Rule, name: str = "f", **also: str) -> Breach | None:
    """The first rule that a source breaks."""
    asked = exercise(*rules, name=name, **also)
    data = source if isinstance(source, bytes) else textwrap.dedent(source).encode()
    return source_breach(asked, SourceReader(Blanks(nursery), {"m": data}).inspected(asked))


def f(body: str, top: str = "") -> str:
    """A module in which `f` has this body."""
    lines = textwrap.dedent(body).strip().replace("\n", "\n    ")
    return f"import torch\n{textwrap.dedent(top)}\n\ndef f(x):\n    {lines}\n"


# -- loops -------------------------------------------------------------------------------------------------------------

LOOPS = {
    "for": "for row in x: pass",
    "while": "while len(x): x = x[1:]",
    "async": "async def g():\n    async for y in x: pass\nreturn g()",
    "list comprehension": "return [row for row in x]",
    "set comprehension": "return {row for row in x}",
    "dict comprehension": "return {i: i for i in x}",
    "generator": "return max(row for row in x)",
    "map": "return list(map(torch.sum, x))",
    "map through an alias": "m = map\nreturn list(m(torch.sum, x))",
    "map through builtins": "import builtins\nreturn list(builtins.map(torch.sum, x))",
    "filter": "return list(filter(None, x))",
    "reduce": "from functools import reduce\nreturn reduce(torch.add, x)",
    "starmap": "import itertools as it\nreturn list(it.starmap(torch.add, x))",
    "numpy": "import numpy as np\nreturn np.vectorize(abs)(x)",
    "Tensor.apply_": "return x.apply_(lambda v: v + 1)",
    "recursion": "return f(x[1:]) if len(x) else x",
    "a nested function": "def g(y):\n    for row in y: pass\nreturn g(x)",
    "a lambda": "return (lambda y: [row for row in y])(x)",
    "a lambda with a name": "g = lambda y: [row for row in y]\nreturn g(x)",
    "recursion of a nested function": "def g(n):\n    return g(n - 1) if n else x\nreturn g(len(x))",
    "in a condition": "if len(x) > 3:\n    for row in x: pass\nreturn x",
    "after a return in a branch": "if len(x) > 3:\n    return x\nfor row in x: pass",
    "in an else": "try:\n    pass\nexcept ValueError:\n    for row in x: pass",
    "in with": "with torch.no_grad():\n    for row in x: pass",
    "in match": "match len(x):\n    case 1:\n        for row in x: pass",
    "in an argument": "return torch.stack([row for row in x])",
    "in a default": "def g(y=[row for row in x]): return y\nreturn g()",
}


@pytest.mark.parametrize("kind", LOOPS)
def test_a_loop_is_found(nursery: Plain, kind: str) -> None:
    found = breach(nursery, f(LOOPS[kind]), no_loops())
    assert found is not None
    assert "of m.py" in found.sentence and found.sentence.endswith(no_loops().sentence)


HELPERS = {
    "a function": ("def g(x):\n    for row in x: pass", "return g(x)"),
    "two steps away": ("def g(x): return h(x)\ndef h(x):\n    for row in x: pass", "return g(x)"),
    "an alias": ("def g(x):\n    for row in x: pass\nh = g", "return h(x)"),
    "handed over": ("def g(x):\n    for row in x: pass", "return torch.vmap(g)(x)"),
    "partial": ("from functools import partial\ndef g(x):\n    for row in x: pass", "return partial(g, x)()"),
    "a method": ("class G:\n    def run(self, x):\n        for row in x: pass", "return G().run(x)"),
    "a static method": ("class G:\n    @staticmethod\n    def run(x):\n        for row in x: pass", "return G.run(x)"),
    "a constructor": ("class G:\n    def __init__(self, x):\n        for row in x: pass", "return G(x)"),
    "a call": ("class G:\n    def __call__(self, x):\n        for row in x: pass", "g = G()\nreturn g(x)"),
    "inherited": ("class B:\n    def run(self, x):\n        for row in x: pass\nclass G(B): pass", "return G().run(x)"),
    "super": (
        "class B:\n    def run(self, x):\n        for row in x: pass\n"
        "class G(B):\n    def run(self, x): return super().run(x)",
        "return G().run(x)",
    ),
    "mutual recursion": ("def g(x): return f(x)", "return g(x[1:]) if len(x) else x"),
    "a decorator": (
        "def d(g):\n    def h(x):\n        for row in x: pass\n    return h\n@d\ndef g(x): pass",
        "return g(x)",
    ),
    "by globals": ("def g(x):\n    for row in x: pass", "return globals()['g'](x)"),
    "in a table": ("def g(x):\n    for row in x: pass\ntable = {'g': g}", "return table['g'](x)"),
    "later patched": ("def g(x): pass\ndef h(x):\n    for row in x: pass\ng = h", "return g(x)"),
}


@pytest.mark.parametrize("kind", HELPERS)
def test_a_loop_is_found_in_what_is_called(nursery: Plain, kind: str) -> None:
    top, body = HELPERS[kind]
    found = breach(nursery, f(body, top=top), no_loops())
    assert found is not None
    assert ", in `" in found.sentence or "recursion" in found.sentence


FINE = {
    "a comment": "# for row in x: pass\nreturn x",
    "a docstring": '"""for row in x: pass"""\nreturn x',
    "a string": "'''\nfor row in x: pass\n'''\nreturn x",
    "after return": "return x\nfor row in x: pass",
    "after raise": "raise NotImplementedError\nfor row in x: pass",
    "if False": "if False:\n    for row in x: pass\nreturn x",
    "if 0, else": "if 1:\n    pass\nelse:\n    for row in x: pass\nreturn x",
    "an unused nested function": "def g(y):\n    for row in y: pass\nreturn x",
    "a name like a loop": "x.filter = 1\nmapped = x.map\nreturn x.filter(2) + mapped",
    "a variable called map": "map = torch.abs\nreturn map(x)",
    "isinstance of a class that loops": "return x if isinstance(x, G) else -x",
    "the sum of a tensor": "return x.sum() + torch.sum(x)",
}
AROUND = """
class G:
    def run(self, x):
        for row in x: pass

def unrelated(x):
    return [f(row) for row in x]
"""


@pytest.mark.parametrize("kind", FINE)
def test_what_is_no_loop_is_left_alone(nursery: Plain, kind: str) -> None:
    assert breach(nursery, f(FINE[kind], top=AROUND), no_loops()) is None


def test_the_last_definition_counts(nursery: Plain) -> None:
    old = "def f(x):\n    for row in x: pass\n\n"
    assert breach(nursery, old + f("return x"), no_loops()) is None
    assert breach(nursery, f("return x") + old, no_loops()) is not None


@pytest.mark.parametrize(
    ("body", "loops"),
    [
        ("for a in x:\n    for b in x: pass", 2),
        ("return [a + b for a in x for b in x]", 2),
        ("for a in x: pass\nfor b in x: pass", 2),
        ("if len(x):\n    for a in x: pass\nelse:\n    for b in x: pass", 1),
        ("if len(x):\n    for a in x: pass\n    return x\nfor b in x: pass", 1),
        ("return [a for a in x] if len(x) else [b for b in x]", 1),
        ("try:\n    for a in x: pass\nexcept ValueError:\n    for b in x: pass", 1),
        ("g(x)\ng(x)", 1),
        ("for a in x: g(a)", 2),
        ("return x", 0),
    ],
)
def test_loops_are_counted_on_the_way_that_has_most(nursery: Plain, body: str, loops: int) -> None:
    source = f(body, top="def g(x):\n    for row in x: pass\n")
    assert breach(nursery, source, at_most_loops(loops)) is None
    assert breach(nursery, source, exactly_loops(loops)) is None
    assert (breach(nursery, source, at_most_loops(loops - 1)) is not None) or loops == 0
    assert breach(nursery, source, exactly_loops(loops + 1)) is not None


CONSTANT = [
    "for i in range(3): pass",
    "for i in range(1, 9, 2): pass",
    "for i in range(-TAPS, TAPS): pass",
    "for i, name in enumerate(('a', 'b')): pass",
    "for a, b in zip([1, 2], x): pass",
    "return [x[i] for i in (0, 1)]",
    "for c in 'xyz': pass",
]
VARYING = [
    "for i in range(len(x)): pass",
    "for i in range(10**9): pass",
    "for i in range(10000): pass",
    "for i in [*x]: pass",
    "n = 3\nn = len(x)\nfor i in range(n): pass",
    "for i in (y for y in x): pass",
    "while True: break",
]


@pytest.mark.parametrize("body", CONSTANT)
def test_a_constant_loop_passes_where_it_may(nursery: Plain, body: str) -> None:
    source = f(body, top="TAPS = 2\n")
    assert breach(nursery, source, no_loops(constant_allowed=True)) is None
    assert breach(nursery, source, no_loops()) is not None


@pytest.mark.parametrize("body", VARYING)
def test_a_loop_over_the_input_never_passes_for_a_constant_one(nursery: Plain, body: str) -> None:
    assert breach(nursery, f(body), no_loops(constant_allowed=True)) is not None


# -- names -------------------------------------------------------------------------------------------------------------

FORBIDDEN = {
    "plain": ("", "return torch.cdist(x, x)"),
    "from": ("from torch import cdist", "return cdist(x, x)"),
    "from, as": ("from torch import cdist as c", "return c(x, x)"),
    "import as": ("import torch as t", "return t.cdist(x, x)"),
    "import in the function": ("", "from torch import cdist as c\nreturn c(x, x)"),
    "star": ("from torch import *", "return cdist(x, x)"),
    "an alias": ("d = torch.cdist", "return d(x, x)"),
    "a local alias": ("", "d = torch.cdist\nreturn d(x, x)"),
    "one of two": ("", "d, e = torch.cdist, torch.sum\nreturn d(x, x)"),
    "getattr": ("", "return getattr(torch, 'cdist')(x, x)"),
    "getattr of pieces": ("", "return getattr(torch, 'cd' + 'ist')(x, x)"),
    "getattr of a name": ("NAME = 'cdist'", "return getattr(torch, NAME)(x, x)"),
    "getattr of an f-string": ("", "a = 'dist'\nreturn getattr(torch, f'c{a}')(x, x)"),
    "the dict": ("", "return torch.__dict__['cdist'](x, x)"),
    "vars": ("", "return vars(torch)['cdist'](x, x)"),
    "import_module": ("", "import importlib\nreturn importlib.import_module('torch').cdist(x, x)"),
    "__import__": ("", "return __import__('torch').cdist(x, x)"),
    "functional": ("", "return torch.functional.cdist(x, x)"),
    "the C function": ("", "return torch._C._VariableFunctions.cdist(x, x)"),
    "ops": ("", "return torch.ops.aten.cdist.default(x, x)"),
    "attrgetter": ("import operator", "return operator.attrgetter('cdist')(torch)(x, x)"),
    "handed over": ("", "return torch.vmap(torch.cdist)(x, x)"),
    "partial": ("from functools import partial", "return partial(torch.cdist, x)(x)"),
    "a default": ("", "def g(y, d=torch.cdist): return d(y, y)\nreturn g(x)"),
    "a container": ("", "return [torch.cdist][0](x, x)"),
    "a loop over functions": ("", "for d in (torch.cdist,): y = d(x, x)\nreturn y"),
    "an attribute of self": (
        "class G:\n    def __init__(self): self.d = torch.cdist\n    def run(self, x): return self.d(x, x)",
        "return G().run(x)",
    ),
    "walrus": ("", "return (d := torch.cdist)(x, x)"),
    "one way or the other": ("", "return (torch.cdist if len(x) else torch.sum)(x, x)"),
    "a method": ("", "return (x - x).norm()"),
    "a method by getattr": ("", "return getattr(x, 'norm')()"),
    "a method by another name": ("", "g = x.norm\nreturn g()"),
    "an attribute of the library": ("", "return torch.linalg.norm(x)"),
    "everything below": ("import torch.nn.functional as F", "return F.pairwise_distance(x, x)"),
    "from everything below": ("from torch.nn.functional import normalize", "return normalize(x)"),
    "a builtin": ("", "return sum(x)"),
}


@pytest.mark.parametrize("kind", FORBIDDEN)
def test_a_forbidden_name_is_found(nursery: Plain, kind: str) -> None:
    top, body = FORBIDDEN[kind]
    found = breach(nursery, f(body, top=top), NO_CDIST)
    assert found is not None
    assert "which it has to do without" in found.sentence and "line " in found.sentence


ALLOWED = {
    "a comment": ("", "return x  # torch.cdist"),
    "a docstring": ("", '"""Like torch.cdist(x, x)."""\nreturn x'),
    "a string": ("", "return 'torch.cdist'"),
    "an own function": ("def cdist(a, b): return a - b", "return cdist(x, x)"),
    "an own method": ("class G:\n    def norm(self): return 1\n", "return G().norm()"),
    "an attribute that is data": ("", "y = x.norm\nreturn x"),
    "a variable": ("", "norm = x.sum()\nreturn norm"),
    "an import that is not used": ("from torch import cdist\nimport torch.nn as nn", "return x"),
    "an annotation": ("import torch.nn as nn", "y: nn.Module = x\nreturn y"),
    "an exception": ("import torch.nn.functional as F", "return F.relu(x)"),
    "a method of that name of the builtin": ("", "return x.sum()"),
    "after return": ("", "return x\ntorch.cdist(x, x)"),
    "another function": ("def g(x): return torch.cdist(x, x)", "return x"),
    "an attribute of another's": ("", "return torch.normal(x, x)"),
}


@pytest.mark.parametrize("kind", ALLOWED)
def test_an_allowed_name_is_left_alone(nursery: Plain, kind: str) -> None:
    top, body = ALLOWED[kind]
    assert breach(nursery, f(body, top=top), NO_CDIST) is None


# -- where, and under which name ---------------------------------------------------------------------------------------


def test_the_sentence_names_line_and_rule(nursery: Plain) -> None:
    source = f("y = x\nfor row in x: pass\nreturn y")
    found = breach(nursery, source, no_loops())
    assert found is not None
    line = 1 + source.splitlines().index("    for row in x: pass")
    assert found.sentence == (
        f"it has a `for` loop in line {line} of m.py; the rule is: no Python loop, comprehension, map or recursion"
    )
    found = breach(nursery, f("return torch.cdist(x, x)"), NO_CDIST)
    assert found is not None
    assert found.sentence == "it uses `torch.cdist` in line 5 of m.py, which it has to do without"


METHOD = """
class Net:
    def forward(self, x):
        return self.step(x)

    def step(self, x):
        {step}

    def unrelated(self, x):
        for row in x: pass
"""


def test_a_method_and_what_it_calls_of_its_class(nursery: Plain) -> None:
    assert breach(nursery, METHOD.format(step="return x"), no_loops(), name="Net.forward") is None
    found = breach(nursery, METHOD.format(step="return [y for y in x]"), no_loops(), name="Net.forward")
    assert found is not None and "in `Net.step`" in found.sentence


def test_a_class_stands_for_all_of_its_methods(nursery: Plain) -> None:
    assert breach(nursery, METHOD.format(step="return x"), no_loops(), name="Net") is not None


def test_a_function_that_becomes_a_method(nursery: Plain) -> None:
    source = "class Net:\n    @staticmethod\n    def forward(x): raise NotImplementedError\n\n{}\nNet.forward = g\n"
    assert breach(nursery, source.format("def g(x): return x"), no_loops(), name="Net.forward") is None
    loop = source.format("def g(x):\n    for row in x: pass")
    assert breach(nursery, loop, no_loops(), name="Net.forward") is not None


def test_another_edition_s_name(nursery: Plain) -> None:
    source = f("for row in x: pass").replace("def f", "def old_f")
    found = breach(nursery, source, no_loops(), f="old_f")
    assert found is not None and "`for` loop" in found.sentence


def test_what_is_defined_elsewhere_cannot_be_checked(nursery: Plain) -> None:
    found = breach(nursery, "from helpers import f\n", no_loops())
    assert found is not None
    assert found.sentence == "it is imported from `helpers`, so its rules cannot be checked: define it in m.py"
    found = breach(nursery, "exec('def f(x): return [y for y in x]')\n", no_loops())
    assert found is not None and "has no `def` of it" in found.sentence


def test_without_rules_nothing_is_read() -> None:
    assert source_breach(exercise(), "unreadable") is None


# -- sources that fight back -------------------------------------------------------------------------------------------

HOSTILE = {
    "too long": b"x = 1\n" * (SOURCE_LIMIT // 6 + 10),
    "deep": b"def f(x): return " + b"(" * 5000 + b"x" + b")" * 5000,
    "deep attributes": b"def f(x): return x" + b".a" * 100_000,
    "deep blocks": b"def f(x):\n" + b"".join(b" " * i + b"if x:\n" for i in range(1, 90)) + b" " * 90 + b"x\n",
    "a chain of aliases": b"".join(b"a%d = a%d\n" % (i, i - 1) for i in range(1, 2000)) + b"def f(x): return a1999(x)",
    "aliases in a circle": b"a = b\nb = a\ndef f(x): return a(x)",
    "a class that is its own base": b"class A(A): pass\nclass B(A): pass\ndef f(x): return B().run(x)",
    "many names": b"from torch import cdist as a0\n"
    + b"".join(b"a%d = a%d or a%d\n" % (i, i - 1, i - 1) for i in range(1, 500))
    + b"def f(x): return a499(x)",
    "nothing": b"",
    "no Python": b"\x00\xff\xfe",
    "a cookie": b"# -*- coding: nonsense -*-\ndef f(x): return x",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_source_costs_a_sentence_at_most(nursery: Plain, kind: str) -> None:
    found = breach(nursery, HOSTILE[kind], no_loops())
    assert found is None or found.sentence.startswith(("m.py ", "it has "))


def test_large_sources_are_bounded_in_memory_and_time(nursery: Plain) -> None:
    dense = b"def f(x):\n return [" + b"x," * ((SOURCE_LIMIT - 100) // 2) + b"]\n"
    found = breach(nursery, dense, no_loops())
    assert found is None or found.sentence.startswith("m.py ")


def test_several_large_modules_are_read_one_after_the_other(nursery: Plain) -> None:
    """In one process, whose limits count from what it has used so far."""
    checks = Checks("a", title="A")
    source = b"def f(x):\n    return x\n" + b"y = 1\n" * (SOURCE_LIMIT // 6 - 10)
    exercises = []
    for name in (f"m{i}" for i in range(5)):

        def ask(sub: Any, x: Any) -> None:
            """A title."""

        asked = checks.module(name).exercise("f", points=20, rules=[no_loops()])(ask)
        assert isinstance(asked, Exercise)
        exercises.append(asked)
    blanks = Blanks(nursery)
    opened: list[Peer] = []
    blanks.fresh = lambda: opened.append(nursery.open()) or opened[-1]
    reader = SourceReader(blanks, dict.fromkeys(checks.modules, source), checks.modules.values())
    assert [source_breach(asked, reader.inspected(asked)) for asked in exercises] == [None] * 5
    assert len(opened) == 1


def test_sources_are_plain_files(tmp_path: Path, nursery: Plain) -> None:
    import os

    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "device.py").symlink_to("/dev/zero")
    (tmp_path / "good.py").write_bytes(b"x = 1\n")
    names = ("pipe", "folder", "device", "good", "missing")
    sources = read_sources(Submission("s", tmp_path, names))
    assert sources == {"pipe": b"", "folder": b"", "device": b"", "good": b"x = 1\n", "missing": b""}
