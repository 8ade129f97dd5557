"""What a notebook does beside its definitions: a statement that cannot run costs who reads its names, and nobody else."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from grader.course import Assignment
from grader.grading import check
from grader.judge import Options
from grader.submission import open_submission
from grader.worker.notebooks import MARK, guard, limits
from grader.worker.notebooks.heavy import is_heavy
from tests.conftest import one
from tests.test_notebook import algebra, notebook, values

RIGHT = (
    "def scale(x, factor):\n    return x * factor",
    "def energy(x):\n    return (x * x).sum(), 2 * x",
)

# Statements that cannot run, or not here, in the manner of the course's notebooks of 2019.
FAILING = (
    "best = None\nbest = train(model, epochs=20)\nw = best.W[:-1]",
    "t = torch.tensor([1.0], device='cuda')\nassert (t == 1).all()",
    "x0 = torch.zeros(3)\nx1 = x0.cuda()",
    "results = []\nfirst = results[0]",
    "w1 = None\nw1.requires_grad = True\nw1.grad.zero_()",
    "total, count = 0, 0\nmean = total / count",
    "p = torch.zeros(2, 3)\nq = torch.zeros(4)\nr = p + q",
    "big = [0] * 10**10",
    "slow = sum(range(10**11))",
    "huge = 10 ** 10 ** 10",
    "table = {}\ntable['x'] += 1",
    "for i in range(3):\n    loss = step(i)\n    print(loss)",
    "with torch.no_grad():\n    scores = model(x)",
    "if __name__ == '__main__':\n    model.train()",
    "from neighbour_that_is_not_here import *\nfrom chance import nothing_of_that_name",
    "%%time\nloss, grad = energy(x)",
    "%matplotlib inline\nplt.rcParams['figure.figsize'] = (10.0, 8.0)\n!pip install nothing",
    "from google.colab import drive\ndrive.mount('/content/drive')",
    "class Late(best):\n    pass\n\n@t\ndef decorated():\n    return 1",
    "del best\nglobal count\ncount += 1\nassert False",
)


def test_statements_that_cannot_run_cost_nothing_that_does_not_read_them(toy: Assignment, tmp_path: Path) -> None:
    file = notebook(
        tmp_path / "mine.ipynb",
        "import torch\nimport matplotlib.pyplot as plt\nFACTOR = 2",
        *FAILING[: len(FAILING) // 2],
        *RIGHT,
        *FAILING[len(FAILING) // 2 :],
        "class Counter:\n    pass",
        "def init(self, above):\n    self.above = above\n\ndef count(self, x):\n    return slow",
        "Counter.__init__ = init\nCounter.count = count",
    )
    result = check(toy, open_submission(file, toy.checks.modules), Options())
    assert [(one(result, name).verdict, one(result, name).sentence) for name in ("scale", "energy")] == [
        ("right", None),
        ("right", None),
    ]
    assert re.fullmatch(
        r"it raises NameError: name 'slow' is not defined: cell 10, line 1, takes more than 1 s, .*\(cell 25, line 5\)",
        one(result, "count").sentence or "",
    )


LOST = {
    "w": ("best = None", "w = best.W", "cell 2, line 1, raises AttributeError: 'NoneType' object has no attribute 'W'"),
    "v": ("v = [0] * 10**10", "", "cell 1, line 1, takes more memory than the statements of a notebook may (1 GB)"),
    "u": ("u = sum(range(10**11))", "", "cell 1, line 1, takes more than 1 s, which is more than a statement"),
    "b": (
        "from algebra_of_mine import a\nfrom math import nothing_such as a",
        "b = a + 1",
        "cell 2, line 1, reads `a`, which is not there: cell 1, line 2, cannot import from `math`",
    ),
}


@pytest.mark.parametrize("name", LOST)
def test_who_reads_a_lost_name_is_told_which_cell_and_why(name: str, tmp_path: Path) -> None:
    *cells, why = LOST[name]
    kept = algebra(tmp_path, *cells, f"def scale(x, factor=1):\n    return {name}", f"def energy(x={name}): return x")
    made = values(kept.source)
    with pytest.raises(NameError) as raised:
        made["scale"](1)  # type: ignore[operator]
    from grader.notebook import _placed
    from grader.worker.notebooks.guard import why_lost

    told = why_lost("/somewhere/algebra.py", raised.value.name)
    assert why in _placed(told, {"algebra": kept})
    with pytest.raises(NameError, match="line"):
        made["energy"]()  # type: ignore[operator]


def test_bindings_tables_and_blocks_are_kept(tmp_path: Path) -> None:
    kept = algebra(
        tmp_path,
        "words = 'a b c'.split()\nto_number = {}\nfor i, word in enumerate(words):\n    to_number[word] = i",
        "LAST = to_number['c']\nnames = {number: word for word, number in to_number.items()}\nLAST += 1",
        "if USE_GPU:\n    print('good to go')\n    device = 'cuda'\nelse:\n    print('CPU')\n    device = 'cpu'",
        "USE_GPU = False",
        "try:\n    import missing_thing_of_mine\nexcept Exception:\n    def scale(x, factor):\n        return LAST\n",
        "class Counter:\n    pass\n",
        "def first(self): return 1",
        "Counter.count = first; Counter.kind = 'mine'",
        "def first(self): return 2",
        "def energy(x): return 'old'",
        "old_energy = energy",
        "def energy(x): return old_energy(x) + ' and new'",
        "if __name__ == '__main__':\n    MAIN = 1\n    train()",
        "DOUBLE = [1]\nDOUBLE[0] = 7\nDOUBLE = [2]",
    )
    made = values(kept.source)
    assert (made["LAST"], made["names"], made["device"]) == (3, {0: "a", 1: "b", 2: "c"}, "cpu")
    assert made["scale"](0, 0) == 3  # type: ignore[operator]
    assert made["Counter"]().count() == 1 and made["Counter"].kind == "mine"  # type: ignore[operator, attr-defined]
    assert made["first"](0) == 2 and made["energy"](0) == "old and new"  # type: ignore[operator]
    assert made["MAIN"] == 1 and made["DOUBLE"] == [2]
    for number, text in enumerate(kept.source.splitlines(), 1):
        if text == "    device = 'cpu'":
            assert kept.place(number) == "cell 3, line 6"


def test_what_ends_the_process_is_found_out_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = algebra(
        tmp_path,
        "import os\nclass Ends:\n    copy = staticmethod(lambda: os._exit(3))",
        "ended = Ends.copy()\nlater = [i for i in range(3)]",
        "z = [0] * 10**10\nu = sum(range(10**11))\nlast = [i for i in range(3)]",
        *RIGHT,
    )
    made = values(kept.source)
    assert "scale" in made and made["later"] == [0, 1, 2]
    why = {name: guard.why_lost("/somewhere/algebra.py", name) for name in ("ended", "z", "u", "last")}
    assert limits.ENDED in why["ended"] and limits.TOO_MUCH in why["z"] and limits.TOO_LONG in why["u"]
    assert limits.NOT_TRIED in why["last"]
    monkeypatch.setattr(limits, "_trial", None)
    begin = time.process_time()
    assert "scale" in values(kept.source)
    assert time.process_time() - begin < limits.SECONDS / 2


LIGHT = (
    "lr = 1e-3",
    "shape = (3, 32 * 32, 2 ** 10)",
    "device = torch.device('cuda' if x else 'cpu')",
    "y = x[0].shape",
)
HEAVY = (
    "[0] * n",
    "2 ** n",
    "1 << 10 ** 10",
    "list(range(n))",
    "[i for i in x]",
    "'%9d' % x",
    "f'{x:>{n}}'",
    "9 ** 9 ** 9",
)


def test_what_may_take_long_is_told_by_its_form() -> None:
    import ast

    assert [text for text in LIGHT if is_heavy(ast.parse(text).body[0])] == []
    assert [text for text in HEAVY if not is_heavy(ast.parse(f"x = {text}").body[0])] == []
    assert MARK.startswith("#")
