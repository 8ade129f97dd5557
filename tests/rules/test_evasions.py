"""Rules are not evaded by plain statements: what Python does with them is read, or it is said that it cannot be. Every
evasion has an innocent twin, which is not accused."""

from __future__ import annotations

import textwrap

import pytest

from grader.rules import SourceReader, source_breach
from grader.sandbox import Plain
from grader.spec import no_calls, no_loops
from tests.rules.test_source import Blanks, breach, exercise, f

NO_CDIST = no_calls("torch.cdist", ".backward")
LOOP = "for row in x: pass"


# -- what is read is what is called ------------------------------------------------------------------------------------

CHEAT = "def _cheat(x):\n    for row in x: pass\n"
DEF = "def f(x): return x\n"

# Each: an evasion, and an innocent module.
ELSEWHERE = {
    "global": (
        f"{DEF}{CHEAT}def _install():\n    global f\n    f = _cheat\n_install()",
        f"{DEF}CALLS = 0\ndef _count():\n    global CALLS\n    CALLS += 1\n_count()",
    ),
    "global, by a definition": (
        f"{DEF}def _install():\n    global f\n    def f(x):\n        for row in x: pass\n_install()",
        f"{DEF}def _install():\n    def f(x): return [x for x in x]\n    return 3\n_install()",
    ),
    "global, by a loop": (
        f"{DEF}{CHEAT}def _install():\n    global f\n    for f in [_cheat]: pass\n_install()",
        f"{DEF}{CHEAT}def _install():\n    for f in [_cheat]: pass\n_install()",
    ),
    "global, by an import": (
        f"{DEF}def _install():\n    global f\n    from fast import f\n_install()",
        f"{DEF}def _install():\n    global np\n    import numpy as np\n_install()",
    ),
    "global, deleted": (
        f"{DEF}def _remove():\n    global f\n    del f\n_remove()",
        f"{DEF}TABLE = [1]\ndef _remove():\n    global TABLE\n    del TABLE\n_remove()",
    ),
    "code": (f"{DEF}{CHEAT}f.__code__ = _cheat.__code__", f"{DEF}f.__name__ = 'g'\nf.__doc__ = 'It.'\nf.calls = 0"),
    "code, by another name": (f"{DEF}{CHEAT}g = f\ng.__code__ = _cheat.__code__", f"{DEF}g = f\nprint(g.__code__)"),
    "code, by setattr": (
        f"{DEF}{CHEAT}setattr(f, '__code__', _cheat.__code__)",
        f"{DEF}setattr(f, 'calls', 0)",
    ),
    "defaults": (f"def f(x, g=abs): return g(x)\n{CHEAT}f.__defaults__ = (_cheat,)", f"{DEF}print(f.__defaults__)"),
    "globals()": (f"{DEF}{CHEAT}globals()['f'] = _cheat", f"{DEF}globals()['TABLE'] = [1]"),
    "globals().update": (f"{DEF}{CHEAT}globals().update(f=_cheat)", f"{DEF}globals().update(TABLE=[1])"),
    "globals(), by a text": (
        f"{DEF}{CHEAT}globals()['g'[:0] + chr(102)] = _cheat",
        f"{DEF}config = {{}}\nconfig[chr(102)] = f",
    ),
    "the module": (
        f"import sys\n{DEF}{CHEAT}setattr(sys.modules[__name__], 'f', _cheat)",
        f"class G: pass\ng = G()\nsetattr(g, 'f', 3)\n{DEF}",
    ),
    "the module's attribute": (
        f"import sys\n{DEF}{CHEAT}sys.modules[__name__].f = _cheat",
        f"class G: pass\nrows = [G()]\n{DEF}rows[0].f = 3",
    ),
    "the module by its own name": (
        f"import m\n{DEF}{CHEAT}m.f = _cheat",
        f"class G: pass\ncfg = G()\n{DEF}cfg.f = 3\nsetattr(cfg, 'f', 4)",
    ),
    "its dict by its own name": (
        f"import m\n{DEF}{CHEAT}m.__dict__['f'] = _cheat",
        f"import m\n{DEF}m.__dict__['g'] = 3",
    ),
    "the module, imported by a function": (
        f"{DEF}{CHEAT}def _install():\n    import m\n    setattr(m, 'f', _cheat)\n_install()",
        f"class G:\n    def __init__(self, **how):\n        self.__dict__.update(how)\n        vars(self).update(how)\n{DEF}",
    ),
    "the module's dict": (
        f"import sys\n{DEF}{CHEAT}sys.modules[__name__].__dict__.update(f=_cheat)",
        f"class G:\n    def __init__(self, cfg, d):\n        self.cfg = cfg\n        self.cfg.__dict__.update(d)\n{DEF}",
    ),
    "deleted on one way": (
        f"{DEF}if len('a'):\n    del f",
        f"def f(x): pass\ndel f\n{DEF}",
    ),
    "bound to who knows what on one way": (
        f"{DEF}if len('a'):\n    f = eval('len')",
        f"{DEF}if len('a'):\n    f = torch.no_grad()(f)",
    ),
    "a manager of who knows what": (
        f"{DEF}if len('a'):\n    with open('x') as f: pass",
        f"{DEF}with open('/dev/null') as g: pass",
    ),
    "an import on one way": (
        f"{DEF}try:\n    from fast import f\nexcept ImportError: pass",
        f"try:\n    from fast import g\nexcept ImportError: pass\n{DEF}",
    ),
    "__getattr__": ("def __getattr__(name): return len", f"def __getattr__(name): return len\n{DEF}"),
}


@pytest.mark.parametrize("kind", ELSEWHERE)
def test_what_may_be_replaced_is_said_to_be_unread(nursery: Plain, kind: str) -> None:
    evasion, innocent = (f"import torch\n{textwrap.dedent(source)}" for source in ELSEWHERE[kind])
    found = breach(nursery, evasion, no_loops())
    assert found is not None
    assert found.sentence.startswith(("in m.py line ", "in m.py it ", "in m.py what "))
    assert found.sentence.endswith(", so its rules cannot be checked")
    assert breach(nursery, innocent, no_loops()) is None


def test_a_method_that_a_function_replaces(nursery: Plain) -> None:
    source = f"class G:\n    def run(self, x): return x\n{CHEAT}def _install(g):\n    {{}}\n_install(G)\n"
    for evasion in ("G.run = _cheat", "setattr(G, 'run', _cheat)"):
        found = breach(nursery, source.format(evasion), no_loops(), name="G.run")
        assert found is not None and found.sentence.startswith("in m.py line 6 binds `G.run` to something else")
    assert breach(nursery, source.format("G.walk = _cheat\n    g.size = 3"), no_loops(), name="G.run") is None


def test_the_other_edition_s_name_is_read_where_it_answers(nursery: Plain) -> None:
    loop = f"def f(x): return x\ndel f\ndef old_f(x):\n    {LOOP}\n"
    found = breach(nursery, loop, no_loops(), f="old_f")
    assert found is not None and "`for` loop in line 4" in found.sentence
    assert breach(nursery, loop.replace(LOOP, "return x"), no_loops(), f="old_f") is None
    assert breach(nursery, loop.replace("del f", "f = None"), no_loops(), f="old_f") is not None
    twice = f"def old_f(x):\n    {LOOP}\ndef f(x): return x\n"
    assert breach(nursery, twice, no_loops(), f="old_f") is None


@pytest.mark.parametrize(
    ("source", "own", "sure"),
    [
        (f"{DEF}from fast import *", {"fast"}, False),
        (f"{DEF}from .fast.er import *", {"fast"}, False),
        ("def g(x): return x\nfrom fast import *\ndef f(x): return g(x)", {"fast"}, False),
        (f"if len('a'):\n    {DEF.strip()}\nif len('a'):\n    from fast import *", {"fast"}, False),
        (f"from fast import *\n{DEF}", {"fast"}, True),
        (f"{DEF}from math import *", {"fast"}, True),
        (f"{DEF}from a2_helpers import *", {"fast"}, True),
        ("from fast import *\ndef f(x): return g(x)", {"fast"}, True),
        (f"{DEF}from fast import g", {"fast"}, True),
    ],
)
def test_everything_imported_from_a_file_of_the_submission(
    nursery: Plain, source: str, own: set[str], sure: bool
) -> None:
    asked = exercise(no_loops())
    found = source_breach(asked, SourceReader(Blanks(nursery), {"m": source.encode()}, own=own).inspected(asked))
    assert (found is None) is sure
    assert found is None or "imports everything from `" in found.sentence


# -- loops -------------------------------------------------------------------------------------------------------------

MEANS = """
class Means:
    def __init__(self, xs): self.xs = xs
    def {method}(self, *args):
        {body}
"""
# Each: lines at the top, a body that loops, and an innocent one.
AGAIN = {
    "sorted": ("", "sorted(range(len(x)), key=lambda i: x[i].sum())", "return sorted(x)"),
    "max": ("", "max(range(len(x)), key=g)", "return max(len(x), 1)"),
    "min of a key of nothing": ("", "min(x, key=abs)", "return min(x, key=None)"),
    "list.sort": ("", "rows = [1]\nrows.sort(key=g)", "rows = [1]\nrows.sort(reverse=True)"),
    "an alias with a key": ("s = sorted", "s(x, key=g)", "return s(x)"),
    "a key in a table": ("", "sorted(x, **{'key': g})", "return sorted(x, **{'reverse': True})"),
    "a key by partial": (
        "from functools import partial",
        "partial(sorted, key=g)(x)",
        "return partial(sorted, reverse=True)(x)",
    ),
    "nlargest": ("import heapq", "heapq.nlargest(3, x, key=g)", "return heapq.nlargest(3, x)"),
    "iter": ("", "list(iter(lambda: next(x), None))", "return next(iter(x))"),
    "groupby": ("import itertools", "list(itertools.groupby(x, g))", "return itertools.groupby(x)"),
    "re.sub": ("import re", "re.sub('.', lambda m: str(g(m)), 'abc')", "return re.sub('a', 'b', 'abc')"),
    "a pattern's sub": ("import re", "re.compile('.').sub(g, 'abc')", "return torch.ones(3).sub(x)"),
    "a pool": (
        "from concurrent.futures import ThreadPoolExecutor",
        "with ThreadPoolExecutor() as pool:\n    pool.map(g, x)",
        "return x.map",
    ),
    "another pool": ("import multiprocessing.pool as p", "p.ThreadPool(2).imap(g, x)", "return p"),
    "timeit": ("import timeit", "timeit.timeit(g, number=9)", "return timeit.default_timer()"),
    "a function that is handed itself": (
        "",
        "def step(again, i):\n    if i: again(again, i - 1)\nstep(step, len(x))",
        "def step(go, i): return go(i)\nreturn step(abs, len(x))",
    ),
    "by a keyword": ("", "def step(i, again):\n    return again(i - 1, again=again)\nstep(3, step)", "x.add(x)"),
    "from a table that it is handed": ("", "def step(t, i): return t[0](t, i)\nstep([abs], 3)", "return x[0].add(x)"),
    **{
        method: (MEANS.format(method=method, body="for x in self.xs: pass"), "Means(x)", "return isinstance(x, Means)")
        for method in ("__matmul__", "__getitem__", "__enter__", "__len__", "__iter__", "__lt__", "__del__", "__get__")
    },
    "of an object that exists": (
        MEANS.format(method="__matmul__", body="for x in self.xs: pass") + "MEANS = Means([1])",
        "MEANS @ x",
        "return len('MEANS')",
    ),
    "inherited": (
        MEANS.format(method="__add__", body="for x in self.xs: pass") + "class Sum(Means): pass",
        "Sum(x) + x",
        "return issubclass(Sum, Means)",
    ),
    "__class_getitem__": (
        MEANS.format(method="__class_getitem__", body="for x in self: pass"),
        "Means[x]",
        "return Means(x)",
    ),
    "a metaclass": (
        MEANS.format(method="__getitem__", body="for x in args: pass").replace("class Means", "class Meta(type)")
        + "class Means(metaclass=Meta): pass",
        "Means[x]",
        "return x",
    ),
    "as a text": (
        MEANS.format(method="__repr__", body="for x in self.xs: pass"),
        "f'{Means(x)}'",
        "Means(x)",
    ),
    "recursion by an operator": (
        MEANS.format(method="__matmul__", body="return Means(self.xs[1:]) @ args"),
        "Means(x) @ x",
        "return x @ x",
    ),
    "an operator that makes another": (
        MEANS.format(method="__add__", body="for x in self.xs: pass"),
        "Means(x) + x",
        "return x",
    ),
    "nonlocal": (
        f"def _cheat(x):\n    {LOOP}",
        "g = abs\ndef put():\n    nonlocal g\n    g = _cheat\nput()\nreturn g(x)",
        "n = 0\ndef put():\n    nonlocal n\n    n = 3\nput()\nreturn x[n]",
    ),
    "global, of a helper": (
        f"def _cheat(x):\n    {LOOP}\ng = abs\ndef put():\n    global g\n    g = _cheat\nput()",
        "return g(x)",
        "return x",
    ),
}


@pytest.mark.parametrize("kind", AGAIN)
def test_what_is_called_again_and_again_is_a_loop(nursery: Plain, kind: str) -> None:
    top, loop, innocent = AGAIN[kind]
    top = top if "def g(" in top or "g =" in top else f"{top}\ndef g(x): return x"
    found = breach(nursery, f(loop, top), no_loops())
    assert found is not None and found.sentence.endswith(no_loops().sentence), found
    assert breach(nursery, f(innocent, top), no_loops()) is None


VECTOR = """
class Vector:
    def __init__(self, x): self.x = x
    def __add__(self, other): return Vector(self.x + other.x)
    def __mul__(self, k): return Vector(self.x * k)
    __rmul__ = __mul__
    def __getitem__(self, i): return Vector(self.x[i])
    def __len__(self): return len(self.x)
    def __enter__(self): return self
    def __exit__(self, *error): return False
    def __repr__(self): return ', '.join(str(v) for v in self.x)
"""


def test_a_class_with_operators_is_no_loop(nursery: Plain) -> None:
    body = "with Vector(x) as v:\n    w = 2 * v + v * 3 + v[1:]\nreturn (w + v).x + len(w)"
    assert breach(nursery, f(body, VECTOR), no_loops()) is None


# -- what is too much to be read ---------------------------------------------------------------------------------------

READ = {
    "many uses": ("", "if len(x) < 0:\n" + "    torch.abs(x)\n" * 5_001 + "torch.cdist(x, x)"),
    "many bindings": ("", "go = abs\n" * 60 + "go = torch.cdist\ndef g(): return go(x, x)\nreturn g()"),
    "many bindings at the top": ("go = abs\n" * 60 + "go = torch.cdist", "return go(x, x)"),
    "an alias of an alias": (
        "a0 = torch.cdist\n" + "".join(f"a{i} = a{i - 1}\n" for i in range(1, 300)),
        "return a299(x, x)",
    ),
    "in the function": (
        "",
        "a0 = torch.cdist\n" + "".join(f"a{i} = a{i - 1}\n" for i in range(1, 300)) + "return a299(x, x)",
    ),
    "many parts": ("TABLE = [" + "abs, " * 200 + "torch.cdist]", "return TABLE[200](x, x)"),
    "many arguments": ("", "return torch.vmap(" + "abs, " * 200 + "torch.cdist)(x)"),
    "many helpers": (
        "def g0(x): return torch.cdist(x, x)\n" + "".join(f"def g{i}(x): return g{i - 1}(x)\n" for i in range(1, 90)),
        "return g89(x)",
    ),
}


@pytest.mark.parametrize("kind", READ)
def test_much_is_read(nursery: Plain, kind: str) -> None:
    top, body = READ[kind]
    found = breach(nursery, f(body, top), NO_CDIST)
    assert found is not None and "it uses `torch.cdist`" in found.sentence
    assert breach(nursery, f(body.replace("cdist", "add"), top.replace("cdist", "add")), NO_CDIST) is None


TOO_MUCH = {
    "different names": "\n".join(f"torch.abs{i}(x)" for i in range(5_100)),
    "nested": "return " + "abs(" * 80 + "x" + ")" * 80 + "\n" + "a = b.c" + ".d()" * 400 + "\nreturn a()",
    "bindings on different ways": "\n".join(f"if x[{i}]: go = g{i}" for i in range(5_100)) + "\nreturn go(x)",
}


@pytest.mark.parametrize("kind", TOO_MUCH)
def test_what_is_too_much_is_not_passed_over(nursery: Plain, kind: str) -> None:
    found = breach(nursery, f(TOO_MUCH[kind]), NO_CDIST)
    assert found is not None
    assert found.sentence.startswith("m.py ") and found.sentence.endswith("so its rules cannot be checked")


def test_a_long_function_is_not_too_much(nursery: Plain) -> None:
    lines = "".join(f"x = x.reshape(-1).float().clamp(0, {i}).abs() + {i}\n" for i in range(300))
    table = "TABLE = [" + ", ".join(f"[{i}, {i}.5, -{i}]" for i in range(5_000)) + "]"
    text = "TEXT = " + " + ".join(f"'{i}'" for i in range(300))
    assert breach(nursery, f(lines + "return x", f"{table}\n{text}"), no_loops(), NO_CDIST) is None
