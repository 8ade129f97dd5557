"""Rules accuse where a use is certain: a name that stands for something else where it is used is no use, and what a
function is wrapped in hides nothing. Every innocent has a guilty twin."""

from __future__ import annotations

import textwrap

import pytest

from grader.sandbox import Plain
from grader.spec import no_calls, no_loops
from tests.rules.test_source import breach, f

NO_NN = no_calls("torch.nn.*", "torch.cdist", ".backward", but=("torch.nn.functional.pad",))

# Each: lines at the top, an innocent body, and a guilty one.
NAMES = {
    "for": (
        "",
        "import torch.nn.functional as F\ny = F.pad(x, (1, 1))\nfor F in range(3):\n    y = y * x[F] + F\nreturn y",
        "import torch.nn.functional as F\nfor F_ in range(3):\n    y = F.normalize(x)\nreturn y",
    ),
    "for, and after it": (
        "",
        "import torch.nn.functional as F\ny = F.pad(x, (1, 1))\nfor F in range(3):\n    pass\nF = 2\nreturn y[F]",
        "import torch.nn.functional as F\nfor i in range(3):\n    F = F\nreturn F.normalize(x)",
    ),
    "a loop that may not run": (
        "",
        "F = 0\nfor F in range(3): pass\nreturn x[F]",
        "import torch.nn.functional as F\nfor F in (): pass\nreturn F.normalize(x)",
    ),
    "bound at the end of a loop": (
        "",
        "d = abs\nwhile len(x):\n    x = d(x)\n    d = torch.sum\nreturn x",
        "d = abs\nwhile len(x):\n    x = d(x, x)\n    d = torch.cdist\nreturn x",
    ),
    "comprehension": (
        "import torch.nn.functional as F",
        "y = F.pad(x, (1, 1))\nreturn y + sum(x[F] * F for F in range(3))",
        "y = [F for F in range(3)]\nreturn F.normalize(x)",
    ),
    "a lambda in a comprehension": (
        "",
        "return [(lambda: d(x))() for d in (torch.sum,)]",
        "return [(lambda: d(x, x))() for d in (torch.cdist,)]",
    ),
    "with": (
        "import torch.nn.functional as F",
        "with open('/dev/null') as F:\n    F.normalize\n    return F.read(1)",
        "with torch.no_grad() as F_:\n    return F.normalize(x)",
    ),
    "with, that swallows an exception": (
        "from contextlib import suppress",
        "d = torch.sum\nwith suppress(ValueError):\n    d = abs\nreturn d(x)",
        "with suppress(ValueError):\n    d = torch.cdist\n    raise ValueError\n    d = abs\nreturn d(x, x)",
    ),
    "except": (
        "import torch.nn.functional as F",
        "try:\n    y = F.pad(x, (1, 1))\nexcept ValueError as F:\n    y = F.args\nreturn y",
        "try:\n    d = torch.cdist\n    raise ValueError\n    d = abs\nexcept ValueError as error:\n    return d(x, x)",
    ),
    "import": (
        "import torch.nn.functional as F",
        "import math as F\nreturn F.normalize(x)",
        "import math as F\nimport torch.nn.functional as F\nreturn F.normalize(x)",
    ),
    "walrus": (
        "import torch.nn.functional as F",
        "if (F := len(x)) > 3:\n    return x[F] + F\nreturn x",
        "if (F_ := len(x)) > 3:\n    return F.normalize(x)\nreturn x",
    ),
    "walrus in a comprehension": (
        "import torch.nn.functional as F",
        "y = [F := row for row in x]\nreturn x[F.long()]",
        "y = [d := torch.cdist for row in x]\nreturn d(x, x)",
    ),
    "match": (
        "import torch.nn.functional as F",
        "match x.shape:\n    case (N, F):\n        return x[F - 1] * F\nreturn x",
        "match torch.cdist:\n    case d:\n        return d(x, x)",
    ),
    "a parameter": (
        "import torch.nn.functional as F\ndef g(x, F): return x[F] * F",
        "return g(x, 3)",
        "return (lambda y, d=torch.cdist: d(y, y))(x)",
    ),
    "a parameter that is bound again": (
        "def g(x, d=torch.cdist):\n    d = abs\n    return d(x)\ndef h(x, d=torch.cdist):\n    return d(x, x)",
        "return g(x)",
        "return h(x)",
    ),
    "unpacked": (
        "import torch.nn.functional as F",
        "N, C, F = x.shape\nreturn x[F - 1] + F",
        "N, C, d = 1, 2, torch.cdist\nreturn d(x, x)",
    ),
    "del": (
        "",
        "import torch.nn.functional as F\ny = F.pad(x, (1, 1))\ndel F\nF = 2\nreturn y[F]",
        "d = abs\ndel d\nd = torch.cdist\nreturn d(x, x)",
    ),
    "one branch leaves": (
        "",
        "if len(x) > 3:\n    import torch.nn.functional as F\n    return F.pad(x, (1, 1))\nelse:\n    F = 2\nreturn x[F]",
        "if len(x) > 3:\n    d = torch.cdist\nelse:\n    d = abs\nreturn d(x, x)",
    ),
    "a class scope": (
        "class G:\n    cdist = abs\n    d = torch.cdist\n    d = abs\n    e = torch.cdist",
        "return G.d(x)",
        "return G.e(x, x)",
    ),
    "a nested function": (
        "import torch.nn.functional as F",
        "def g(F): return x[F] * F\nreturn g(3)",
        "def g(i): return F.normalize(x)\nreturn g(3)",
    ),
    "an alias that is taken before": (
        "d = abs\ne = d\nd = torch.cdist",
        "return e(x)",
        "return d(x, x)",
    ),
    "a star": (
        "from math import *\nfrom torch import cdist\ncdist = abs",
        "return cdist(x)",
        "return torch.cdist(x, x)",
    ),
    "made of a number": (
        "class G:\n    def __init__(self, n): self.n = n\n    def __call__(self, x): return x * self.n\n"
        "g = G(torch.nn.functional.relu(torch.tensor(3)).item())\nh = torch.vmap(torch.nn.Linear(3, 3))",
        "return g(x)",
        "return torch.nn.Linear(3, 3)(x)",
    ),
    "made at the top": (
        "g = torch.compile(torch.sum)\nh = torch.nn.Linear(3, 3)\nSCALE = torch.tensor([2.0]).item()",
        "return x * SCALE",
        "return h(x)",
    ),
    "bound many times": (
        "d = abs\n" * 60,
        "return d(x)",
        "\n".join(["d = abs"] * 60 + ["d = x.backward", "return d()"]),
    ),
}


@pytest.mark.parametrize("kind", NAMES)
def test_a_name_is_what_it_stands_for_where_it_is_used(nursery: Plain, kind: str) -> None:
    top, innocent, guilty = NAMES[kind]
    assert breach(nursery, f(innocent, top), NO_NN) is None
    found = breach(nursery, f(guilty, top), NO_NN)
    assert found is not None and "which it has to do without" in found.sentence and " in line " in found.sentence


# Each: an innocent module, and a guilty one.
DEFINED = {
    "recursion by another name": (
        "def f(x): return x\n_first = f\ndef f(x): return _first(x)",
        "def f(x): return _first(x[1:])\n_first = f",
    ),
    "wrapped by hand": (
        "def f(x): return x\n_old = f\ndef f(x, verbose=False):\n    return _old(x)",
        "def f(x):\n    for row in x: pass\n_old = f\ndef f(x): return _old(x)",
    ),
    "a method's old version": (
        "class G:\n    def run(self, x): return x\n_run = G.run\ndef run(self, x): return _run(self, x)\nG.run = run\n"
        "def f(x): return G().run(x)",
        "class G:\n    def run(self, x): return x\ndef run(self, x): return G.run(self, x[1:])\nG.run = run\n"
        "def f(x): return G().run(x)",
    ),
    "torch.no_grad()": (
        "def f(x): return x\nf = torch.no_grad()(f)",
        "def f(x):\n    for row in x: pass\nf = torch.no_grad()(f)",
    ),
    "torch.compile": (
        "def g(x): return x\nf = torch.compile(g)",
        "def g(x): return [y for y in x]\nf = torch.compile(g)",
    ),
    "torch.jit.script": (
        "@torch.jit.script\ndef f(x): return x",
        "@torch.jit.script\ndef f(x):\n    for row in x: pass",
    ),
    "a decorator by hand": (
        "def timed(g):\n    def inner(*args): return g(*args)\n    return inner\ndef f(x): return x\nf = timed(f)",
        "def timed(g):\n    def inner(x): return [g(y) for y in x]\n    return inner\ndef f(x): return x\nf = timed(f)",
    ),
    "a decorator": (
        "import functools\ndef timed(g):\n    @functools.wraps(g)\n    def inner(*args): return g(*args)\n"
        "    return inner\n@timed\ndef f(x): return x",
        "import functools\ndef timed(g):\n    @functools.wraps(g)\n    def inner(x): return [g(y) for y in x]\n"
        "    return inner\n@timed\ndef f(x): return x",
    ),
    "a decorator that loops when the module is imported": (
        "TABLE = {}\ndef named(*names):\n    def keep(g):\n        for name in names: TABLE[name] = g\n        return g\n"
        "    return keep\n@named('a', 'b')\ndef f(x): return x",
        "def named(*names):\n    def keep(g):\n        def inner(x):\n            for name in names: g(x)\n"
        "        return inner\n    return keep\n@named('a', 'b')\ndef f(x): return x",
    ),
    "a decorator that is a class": (
        "class Timed:\n    def __init__(self, g): self.g = g\n    def __call__(self, *args): return self.g(*args)\n"
        "@Timed\ndef f(x): return x",
        "class Timed:\n    def __init__(self, g): self.g = g\n    def __call__(self, x): return [self.g(y) for y in x]\n"
        "@Timed\ndef f(x): return x",
    ),
    "a manager at the top": (
        "from contextlib import nullcontext\ndef g(x): return x\nwith nullcontext(g) as f: pass",
        "from contextlib import nullcontext\ndef g(x): return [y for y in x]\ndef f(x): return x\n"
        "with nullcontext(g) as f: pass",
    ),
    "a pattern at the top": (
        "def g(x): return x\nmatch g:\n    case f: pass",
        "def g(x): return [y for y in x]\ndef f(x): return x\nmatch g:\n    case f: pass",
    ),
    "lru_cache": (
        "from functools import lru_cache\n@lru_cache(maxsize=None)\ndef f(x): return x",
        "from functools import lru_cache\n@lru_cache(maxsize=None)\ndef f(x): return f(x[1:])",
    ),
    "partial": (
        "from functools import partial\ndef g(n, x): return x\nf = partial(g, 3)",
        "from functools import partial\ndef g(n, x): return [x] * n + [y for y in x]\nf = partial(g, 3)",
    ),
    "a lambda": ("f = lambda x: x + 1", "f = lambda x: [y for y in x]"),
    "a function that makes functions": (
        "def make(n):\n    def inner(x): return x * n\n    return inner\nf = make(3)",
        "def make(n):\n    def inner(x): return [y * n for y in x]\n    return inner\nf = make(3)",
    ),
    "vectorize": (
        "import numpy as np\ndef g(x): return x\nh = np.vectorize(g)\ndef f(x): return g(x)",
        "import numpy as np\ndef g(x): return x\nf = np.vectorize(g)",
    ),
    "a table that a loop has made": (
        "def g(n):\n    for i in range(n): pass\n    return n\nTABLE = torch.tensor(list(map(g, range(3))))\n"
        "def f(x): return x * TABLE + TABLE[0]",
        "def g(n):\n    for i in range(n): pass\nTABLE = [g]\ndef f(x): return TABLE[0](x)",
    ),
    "an attribute of a class": (
        "class G:\n    pass\ndef g(self, x): return x\nG.run = g\ndef g(self, x): return [y for y in x]\n"
        "def f(x): return G().run(x)",
        "class G:\n    pass\ndef g(self, x): return [y for y in x]\nG.run = g\ndef g(self, x): return x\n"
        "def f(x): return G().run(x)",
    ),
    "under a condition": (
        "if torch.cuda.is_available():\n    def f(x): return x\nelse:\n    def f(x): return -x",
        "if torch.cuda.is_available():\n    def f(x): return x\nelse:\n    def f(x): return [y for y in x]",
    ),
    "tried": (
        "try:\n    from torch import sort as g\nexcept ImportError:\n    def g(x): return x\ndef f(x): return g(x)",
        "try:\n    from torch import sort as g\nexcept ImportError:\n    def g(x): return [y for y in x]\n"
        "def f(x): return g(x)",
    ),
    "a nested function of that name": (
        "def f(x):\n    def f(y): return y\n    return f(x)",
        "def f(x):\n    def f(y): return f(y[1:])\n    return f(x)",
    ),
    "the name of a builtin": (
        "map = torch.sort\ndef f(x): return map(x)",
        "m = map\nmap = torch.sort\ndef f(x): return list(m(torch.sum, x))",
    ),
}


@pytest.mark.parametrize("kind", DEFINED)
def test_a_function_is_what_its_name_stands_for_in_the_end(nursery: Plain, kind: str) -> None:
    innocent, guilty = ("import torch\n" + textwrap.dedent(source) for source in DEFINED[kind])
    assert breach(nursery, innocent, no_loops()) is None
    found = breach(nursery, guilty, no_loops())
    assert found is not None and " in line " in found.sentence and found.sentence.endswith(no_loops().sentence)


# What made the function is unknown: its rules cannot be checked, which is said.
UNKNOWN = {
    "by a text": "def g(x): return x\nf = eval('lambda g: g')(g)",
    "by exec": "exec('f = len')",
    "by a name in a text": "import math\nf = getattr(math, 'f' + 'abs')",
    "elsewhere": "from helper import f",
    "deleted": "def f(x): return x\ndel f",
}


@pytest.mark.parametrize("kind", UNKNOWN)
def test_a_function_that_nobody_can_see_is_said_to_be_none(nursery: Plain, kind: str) -> None:
    found = breach(nursery, UNKNOWN[kind], no_loops())
    assert found is not None and found.sentence.endswith("so its rules cannot be checked: define it in m.py")
