"""What a new user runs into: each is one clear sentence, costs only its own exercise, and leaves no process behind."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from grader.judge import Options
from grader.result import Verdict
from grader.sandbox import Plain
from tests.conftest import Grade, one

ALGEBRA = """
import torch

def scale(x, factor):
    {scale}

def energy(x):
    return (x * x).sum(), 2 * x

class Counter:
    def __init__(self, above):
        self.above = above

    def count(self, x):
        return int((x > self.above).sum())
"""


CHANCE = (
    "import torch\ndef sort_by_size(x): return torch.argsort(x)\ndef coin(n, p): return (torch.rand(n) < p).long()\n"
)


def algebra(body: str) -> str:
    """The module with another body for `scale`."""
    return ALGEBRA.replace("{scale}", body.replace("\n", "\n    "))


MISHAPS = {
    "not written": ("raise NotImplementedError", Verdict.NOT_ATTEMPTED, "not written yet"),
    "does nothing": ("pass", Verdict.NOT_ATTEMPTED, "not written yet (algebra.py, line 4)"),
    "raises": (
        "return x + undefined",
        Verdict.CRASHED,
        "NameError: name 'undefined' is not defined (algebra.py, line 5",
    ),
    "text for a tensor": ("return 'twice'", Verdict.WRONG, "`out` is text, not a tensor of shape (3, 4)"),
    "another object": ("return object()", Verdict.WRONG, "`out` is an object of type object"),
    "shape": ("return (x * factor).reshape(-1)", Verdict.WRONG, "(12,), not (3, 4)"),
    "NaN": ("return x * float('nan')", Verdict.WRONG, "`out` is NaN in 12 of 12 entries"),
    "no GPU": ("return (x.cuda() * factor).cpu()", Verdict.NEEDS_CUDA, "it asks for a GPU (algebra.py, line 5)"),
    "endless": ("while True: pass", Verdict.TIMED_OUT, "did not end within"),
    "exit": ("exit()", Verdict.CRASHED, "it calls exit()"),
    "sys.exit": ("import sys; sys.exit(0)", Verdict.CRASHED, "it calls exit()"),
    "os._exit": ("import os; os._exit(3)", Verdict.CRASHED, "ended its process"),
    "segfault": ("import ctypes; ctypes.string_at(0)", Verdict.CRASHED, "a segmentation fault (SIGSEGV)"),
    "abort": ("import os; os.abort()", Verdict.CRASHED, "SIGABRT"),
    "input": ("return x * float(input())", Verdict.CRASHED, "waits for input"),
    "prints without end": ("while True: print('x' * 10**6)", Verdict.CRASHED, "prints without end"),
    "memory": ("return torch.zeros(2**38) * x", Verdict.OUT_OF_MEMORY, "more memory"),
    "list bomb": ("return [0] * 2**40", Verdict.OUT_OF_MEMORY, "more memory"),
    "recursion": ("return scale(x, factor)", Verdict.CRASHED, "RecursionError"),
    "python 2 name": ("return x * sum(1 for _ in xrange(2))", Verdict.ENVIRONMENT, "Python 2 (`xrange`)"),
    "old numpy": ("import numpy; return numpy.int(3) * x", Verdict.ENVIRONMENT, "an older numpy (`int` is gone)"),
    "placeholder used": ("import cv2; return cv2.scale(x)", Verdict.ENVIRONMENT, "`cv2`, which is not installed here"),
    "closes everything": ("import os; os.closerange(0, 99); return x", Verdict.CRASHED, ""),
    "kills its group": ("import os; os.kill(os.getpid(), 9)", Verdict.CRASHED, "SIGKILL"),
}


@pytest.mark.parametrize("mishap", MISHAPS)
def test_costs_its_own_exercise_and_says_so(grade: Grade, nursery: Plain, toy, mishap: str, monkeypatch) -> None:
    body, verdict, words = MISHAPS[mishap]
    monkeypatch.setattr(toy.checks["algebra.scale"], "seconds", 3.0)
    before = nursery.processes

    result = grade(algebra=algebra(body))

    scale = one(result, "scale")
    assert (scale.verdict, scale.points) == (verdict, 0), scale
    assert words in (scale.sentence or ""), scale.sentence
    assert "Traceback" not in str(result) and "grader/" not in str(result)
    others = [e for e in result.exercises if e is not scale]
    assert [e.verdict for e in others] == [Verdict.RIGHT] * len(others)
    assert nursery.processes - before <= _reference_workers(nursery, before)


def _reference_workers(nursery: Plain, before: set[int]) -> set[int]:
    """Workers of the reference that the first grading starts and keeps."""
    return nursery.workers - before


def test_a_missing_function(grade: Grade) -> None:
    result = grade(algebra=ALGEBRA.replace("def scale", "def scales").replace("{scale}", "return 0"))
    assert one(result, "scale").verdict is Verdict.NOT_ATTEMPTED
    assert one(result, "scale").sentence == "`scale` is not defined in the submission"
    assert one(result, "count").verdict is Verdict.RIGHT


def test_another_edition_s_name_is_the_same_function(grade: Grade) -> None:
    result = grade(algebra=ALGEBRA.replace("def scale", "def multiply_by").replace("{scale}", "return x * factor"))
    assert result.all_right


def test_a_missing_class_and_a_missing_method(grade: Grade) -> None:
    result = grade(algebra=algebra("return x * factor").replace("class Counter", "class Counters"))
    assert one(result, "count").sentence == "`Counter` is not defined in the submission"
    result = grade(algebra=algebra("return x * factor").replace("def count", "def counts"))
    assert one(result, "count").verdict is Verdict.NOT_ATTEMPTED
    assert "count" in (one(result, "count").sentence or "")


@pytest.mark.parametrize("returned", ["(x * x).sum(), 2 * x, 0", "(x * x).sum()", "[1]"])
def test_another_number_of_values(grade: Grade, returned: str) -> None:
    result = grade(algebra=algebra("return x * factor").replace("return (x * x).sum(), 2 * x", f"return {returned}"))
    energy = one(result, "energy")
    assert energy.verdict is Verdict.WRONG
    assert "another number of values than is asked for (value, gradient)" in (energy.sentence or "")


def test_another_signature(grade: Grade) -> None:
    result = grade(algebra=algebra("return x * factor").replace("def scale(x, factor)", "def scale(x)"))
    assert "cannot be called as the exercise says" in (one(result, "scale").sentence or "")


def test_an_input_changed_in_place_is_a_note_or_an_error(grade: Grade) -> None:
    result = grade(algebra=algebra("return x.mul_(factor)").replace("(x * x).sum(), 2 * x", "x.pow_(2).sum(), x"))
    assert one(result, "scale").verdict is Verdict.RIGHT
    assert one(result, "scale").notes == ("changes its input `x` in place",)
    assert one(result, "energy").verdict is Verdict.WRONG
    assert one(result, "energy").sentence == "it changes its input `x` in place, and must not"


IMPORTS = {
    "syntax error": ("def scale(x:\n", Verdict.CRASHED, "algebra.py does not parse"),
    "python 2": ("print 'hello'\n", Verdict.ENVIRONMENT, "it needs Python 2"),
    "empty bytes": (b"\x00\x01", Verdict.CRASHED, "algebra.py holds null bytes, which no text has"),
    "not utf-8": (b"name = '\xe9t\xe9'\n", Verdict.CRASHED, "algebra.py is not saved as UTF-8; save it as UTF-8"),
    "utf-16": (
        "\ufeffname = 1\n".encode("utf-16-le"),
        Verdict.CRASHED,
        "algebra.py is saved as UTF-16; save it as UTF-8",
    ),
    "utf-16 without a mark": ("x = 1\n".encode("utf-16-be"), Verdict.CRASHED, "algebra.py is saved as UTF-16"),
    "null bytes": (b"x = 1\n" * 99 + b"\x00\n", Verdict.CRASHED, "algebra.py holds null bytes"),
    "a web page": (
        "\n<!DOCTYPE html>\n<html><body>Sign in</body></html>\n",
        Verdict.CRASHED,
        "holds a web page (HTML)",
    ),
    "a conflict": (
        "x = 1\n<<<<<<< HEAD\ny = 1\n=======\ny = 2\n>>>>>>> other\n",
        Verdict.CRASHED,
        "conflict, the first in line 2",
    ),
    "a pointer": (
        "version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 3\n",
        Verdict.CRASHED,
        "pointer of Git LFS",
    ),
    "a helper's": ("import odd_helper\n", Verdict.CRASHED, "what algebra.py imports in line 1 does not parse"),
    "raises": ("1 / 0\n", Verdict.CRASHED, "algebra.py cannot be imported: it raises ZeroDivisionError"),
    "exits": ("import os\nos._exit(0)\n", Verdict.CRASHED, "importing algebra.py ended its process"),
    "sys.exit": ("exit()\n", Verdict.CRASHED, "algebra.py cannot be imported: it calls exit()"),
    "missing sibling": (
        "import chance_\nimport chance as c\nc.nothing\n",
        Verdict.CRASHED,
        "has no attribute 'nothing'",
    ),
    "no file": (None, Verdict.NOT_ATTEMPTED, "there is no algebra.py in the submission"),
}


@pytest.mark.parametrize("mishap", IMPORTS)
def test_a_module_that_cannot_be_imported_costs_its_own_exercises(grade: Grade, mishap: str) -> None:
    text, verdict, words = IMPORTS[mishap]
    result = grade(algebra=text, odd_helper="def f(:\n")
    told = result.modules[0]
    assert (told.name, told.imported) == ("algebra", False)
    assert words in (told.sentence or ""), told.sentence
    assert {e.verdict for e in result.exercises if e.id.startswith("algebra.")} == {verdict}
    assert {e.verdict for e in result.exercises if e.id.startswith("chance.")} == {Verdict.RIGHT}


def test_a_sibling_that_is_missing_is_named(grade: Grade) -> None:
    result = grade(chance="from algebra import scale\n", algebra=None)
    assert result.modules[1].sentence == "chance.py imports `algebra`, which is not in the submission"
    assert one(result, "coin").verdict is Verdict.ENVIRONMENT


def test_what_is_not_installed_is_a_placeholder(grade: Grade) -> None:
    top = (
        "import cv2, turtle_not_there\nimport google.colab\nfrom google.colab import drive\n"
        "import seaborn.pyplot as plt\nfrom torchsummary import summary\nimport torchvision.models as models\n"
        "plt.rcParams['figure.figsize'] = (10, 8)\nplt.style = 'x'\nclass Net(models.Base):\n    pass\n"
        "try:\n    import cupy\nexcept ImportError:\n    cupy = None\nassert cupy is None\n"
    )
    result = grade(algebra=top + algebra("return x * factor"))
    assert result.all_right
    names = {"cv2", "turtle_not_there", "google.colab", "seaborn", "torchsummary", "torchvision"}
    assert set(result.modules[0].placeholders) == names


def test_a_file_named_like_a_library_shadows_nothing(grade: Grade) -> None:
    trap = "raise SystemExit('shadowed')\n"
    result = grade(algebra="import random, torch\n" + algebra("return x * factor"), random=trap, torch=trap, numpy=trap)
    assert result.all_right


def test_one_exercise_cannot_change_the_next(grade: Grade) -> None:
    body = "import torch\nimport sys\ntorch.sum = None\nsys.modules[__name__].Counter = None\nreturn x * factor"
    assert grade(algebra=algebra(body)).all_right


def test_one_exercise_alone_gets_the_same_verdict(grade: Grade) -> None:
    wrong = algebra("return x * factor").replace("(x * x).sum(), 2 * x", "(x * x).sum(), x")
    whole = grade(algebra=wrong)
    alone = grade(Options(exercises=("algebra.energy",)), algebra=wrong)
    assert alone.exercises == (one(whole, "energy"),)
    assert one(whole, "energy").hints == ("The gradient of x * x is taken for x.",)


def test_an_edition_is_named_and_one_module_has_one(grade: Grade) -> None:
    doubled = algebra("return x * factor").replace("(x * x).sum(), 2 * x", "2 * (x * x).sum(), 4 * x")
    result = grade(algebra=doubled)
    assert result.all_right
    assert result.modules[0].edition == "twice the sum of squares"


def test_a_failed_prerequisite_is_named(grade: Grade) -> None:
    wrong = algebra("return x + factor").replace("(x * x).sum(), 2 * x", "(x * x).sum(), scale(x, 2)")
    result = grade(algebra=wrong)
    assert one(result, "scale").hints == ("The factor is added instead of multiplied.",)
    assert one(result, "energy").verdict is Verdict.BLOCKED
    assert one(result, "energy").cause == "algebra.scale"
    assert "The factor is added instead of multiplied." in one(result, "energy").hints


def test_the_statistical_property_catches_another_share(grade: Grade) -> None:
    chance = (
        "import torch\ndef sort_by_size(x): return torch.argsort(x)\n"
        "def coin(n, p): return (torch.rand(n) > p).long()\n"
    )
    coin = one(grade(chance=chance), "coin")
    assert coin.verdict is Verdict.WRONG
    assert coin.sentence == "it does not hold that a share p of the flips is 1"


def test_worth_is_what_an_edge_costs(grade: Grade) -> None:
    result = grade(algebra=algebra("return x * factor if len(x) else None"))
    assert one(result, "scale").points == 15
    assert one(result, "scale").out_of == 20


def test_the_prints_are_kept_and_capped(grade: Grade) -> None:
    result = grade(algebra=algebra("print('here', '\\x1b[31m' + 'y' * 10**6)\nreturn x * factor"))
    printed = one(result, "scale").printed
    assert result.all_right
    assert printed.startswith("here ") and "\x1b" not in printed and "bytes left out" in printed
    assert len(printed) < 200_000


def test_it_works_in_one_dtype_only(grade: Grade) -> None:
    result = grade(algebra=algebra("return x @ torch.eye(x.shape[1]).double() * factor"))
    assert one(result, "scale").verdict is Verdict.RIGHT
    assert any("works in float64 only" in note for note in one(result, "scale").notes)


def test_all_answers_together_may_take_so_long(grade: Grade, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.interview.SUBMISSION_SECONDS", 0.2)
    result = grade(algebra=algebra("import time; time.sleep(0.3); return x * factor"))
    scale, count = one(result, "scale"), one(result, "count")
    assert (count.verdict, count.cause) == (Verdict.TIMED_OUT, "submission")
    assert "all answers of this submission together may take" in (count.sentence or "")
    assert scale.verdict in (Verdict.TIMED_OUT, Verdict.EDGE, Verdict.RIGHT)


UNWRITTEN = {
    "bound to None": "out = None\nreturn out",
    "its input": "return x",
    "zeros": "out = torch.zeros_like(x)\nreturn out",
    "marked": "out = None\n# TODO: write this\npass\n# END OF YOUR CODE\nreturn out",
    "in a helper": "return _helper(x)\n\ndef _helper(x):\n    pass",
}


@pytest.mark.parametrize("form", UNWRITTEN)
def test_placeholders_are_not_attempted_and_get_no_hint(grade: Grade, form: str) -> None:
    body = UNWRITTEN[form].replace("\n\ndef _helper", "\n\n\ndef _helper")
    source = "import torch\n" + ALGEBRA.replace("    {scale}", "\n".join(f"    {line}" for line in body.split("\n")))
    source = source.replace("    def _helper(x):\n        pass", "def _helper(x):\n    pass")
    scale = one(grade(algebra=source), "scale")
    assert (scale.verdict, scale.points, scale.hints, scale.notes) == (Verdict.NOT_ATTEMPTED, 0, (), ())
    assert "not written yet (algebra.py, line " in (scale.sentence or "")


def test_what_is_written_and_calls_what_is_not_is_blocked(grade: Grade) -> None:
    for unwritten in ("raise NotImplementedError", "out = None\nreturn out"):
        source = algebra(unwritten).replace("(x * x).sum(), 2 * x", "(x * x).sum(), scale(x, 2)")
        result = grade(algebra=source)
        assert one(result, "scale").verdict is Verdict.NOT_ATTEMPTED
        assert (one(result, "energy").verdict, one(result, "energy").cause) == (Verdict.BLOCKED, "algebra.scale")


def test_what_is_as_short_as_a_placeholder_and_right_is_right(grade: Grade) -> None:
    short = "def scale(x, factor):\n    return x if factor is None else _times(x, factor)\n\ndef _times(x, factor):\n    return x * factor\n"
    assert grade(algebra=short + algebra("return x * factor").split("    return x * factor\n", 1)[1]).all_right
    energy = one(grade(algebra=algebra("return x * factor").replace("return (x * x).sum(), 2 * x", "pass")), "energy")
    assert energy.verdict is Verdict.NOT_ATTEMPTED


def test_a_return_that_was_forgotten_is_not_called_unwritten(grade: Grade) -> None:
    scale = one(grade(algebra=algebra("y = x * factor")), "scale")
    assert (scale.verdict, scale.sentence) == (Verdict.WRONG, "it returns None: is its `return` missing?")


FOLDERS = {
    "another": "os.chdir('/tmp')",
    "the root": "os.chdir('/')",
    "one that is gone": "import tempfile\nwith tempfile.TemporaryDirectory() as folder:\n    os.chdir(folder)",
    "its own is gone": "import shutil\nshutil.rmtree(os.getcwd())",
    "one that nobody may look into": "os.makedirs('shut', exist_ok=True)\nos.chdir('shut')\nos.chmod('.', 0)",
}


@pytest.mark.parametrize("folder", FOLDERS)
def test_wherever_it_goes_its_answers_count(grade: Grade, folder: str) -> None:
    source = "import os\n" + algebra(f"{FOLDERS[folder]}\nreturn x * factor")
    result = grade(algebra=source)
    assert result.all_right and one(result, "scale").hints == ()
    assert grade(algebra=f"import os\n{FOLDERS[folder]}\n" + algebra("return x * factor")).all_right


def test_it_begins_beside_what_was_handed_in(grade: Grade, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "words.txt").write_text("one two")
    (tmp_path / "numbers.txt").write_text("3 4")
    body = "assert open('numbers.txt').read() == '3 4' and open('data/words.txt').read() == 'one two'\n"
    body += (
        "import os\nos.chdir('/')\nopen(os.path.join(os.environ['TMPDIR'], 'kept.txt'), 'w').close()\nreturn x * factor"
    )
    top = "limit = int(open('numbers.txt').read()[0])\nopen('made.txt', 'w').write('mine')\n"
    assert grade(algebra=top + algebra(body)).all_right
    assert not (tmp_path / "made.txt").exists()


def test_its_arguments_are_its_file_alone(grade: Grade, tmp_path: Path) -> None:
    top = (
        "import argparse, sys\nassert sys.argv == [__file__], sys.argv\nassert sys.orig_argv[1:] == [__file__]\n"
        "options = argparse.ArgumentParser().parse_args()\nsys.argv.append('--more')\n"
    )
    body = "import sys\nassert sys.argv == [__file__], sys.argv\nsys.argv = []\nreturn x * factor"
    result = grade(algebra=top + algebra(body), chance="import sys\nassert sys.argv == [__file__]\n" + CHANCE)
    assert result.all_right, result


NEWER = {
    "generic function": ("x = 1\ndef first[T](xs: list[T]) -> T:\n    return xs[0]\n", "3.12 in line 2", (3, 12)),
    "alias": ("type Pair = tuple[int, int]\n", "3.12 in line 1", (3, 12)),
    "quotes": ("d = {'a': 1}\nx = f'{d['a']}'\n", "3.12 in line 2", (3, 12)),
    "backslash": ("x = f'{chr(10).join([])} {\"\\n\".join([])}'\n", "3.12 in line 1", (3, 12)),
}


@pytest.mark.parametrize("what", NEWER)
def test_syntax_that_this_python_does_not_have_yet(grade: Grade, what: str) -> None:
    text, words, since = NEWER[what]
    if sys.version_info >= since:
        assert grade(algebra=text + algebra("return x * factor")).all_right
        return
    here = f"this grader's Python is 3.{sys.version_info[1]}"
    result = grade(algebra=text)
    assert result.modules[0].sentence == f"algebra.py uses syntax of Python {words}; {here}"
    assert one(result, "scale").verdict is Verdict.ENVIRONMENT


REACH = {
    "a network": ("import urllib.request\nurllib.request.urlopen('http://127.0.0.1:9/')", "cannot rely on a network"),
    "a name of it": ("import socket\nsocket.getaddrinfo('nowhere.invalid', 80)", "cannot rely on a network"),
    "a program": ("import subprocess\nsubprocess.run(['no-such-program'])", "cannot rely on other programs"),
    "a file": ("open('weights.npz')", "the current folder holds copies of what was handed in"),
}


@pytest.mark.parametrize("what", REACH)
def test_what_is_not_in_reach_is_said_to_be(grade: Grade, what: str) -> None:
    body, words = REACH[what]
    scale = one(grade(algebra=algebra(f"{body}\nreturn x * factor")), "scale")
    assert scale.verdict is Verdict.CRASHED
    assert words in (scale.sentence or "") and "(algebra.py, line " in (scale.sentence or "")


def test_windows_that_nobody_sees_cost_nothing(grade: Grade) -> None:
    top = (
        "import matplotlib\nmatplotlib.use('TkAgg')\nimport matplotlib.pyplot as plt\nmatplotlib.use('TkAgg')\n"
        "import google.colab.drive\ngoogle.colab.drive.mount('/content/drive')\nimport nowhere_x as n\n"
        "n.style.use('dark')\nn.rcParams.update({'size': 3})\n"
    )
    result = grade(algebra=top + algebra("return x * factor"))
    assert result.all_right
    assert {"google.colab", "nowhere_x"} <= set(result.modules[0].placeholders)
    used = grade(algebra=top + algebra("google.colab.drive.mount('/x')\nreturn x * factor"))
    assert (one(used, "scale").sentence or "").startswith("it needs `google.colab`, which is not installed here")


@pytest.mark.parametrize("body", ["return x * factor", "return x + factor"])
def test_what_is_printed_of_hidden_inputs_is_not_shown(grade: Grade, body: str) -> None:
    """Right, and asked beside others; wrong, and asked alone."""
    energy = "print('seen', len(x), float(x.sum())); return (x * x).sum(), 2 * x"
    source = algebra(f"print('here', tuple(x.shape), float(x.sum()))\n{body}").replace(
        "return (x * x).sum(), 2 * x", energy
    )
    result = grade(algebra=source)
    scale = one(result, "scale")
    assert scale.printed.count("here (3, 4)") == 1 and scale.printed.count("here") == 1, scale.printed
    assert one(result, "energy").printed.count("seen 5") == 1 == one(result, "energy").printed.count("seen")


def test_what_a_hidden_case_raises_is_not_shown(grade: Grade) -> None:
    scale = one(grade(algebra=algebra("if len(x) != 3:\n    raise ValueError(str(x))\nreturn x * factor")), "scale")
    assert scale.verdict is Verdict.CRASHED
    assert scale.sentence == "it raises ValueError (algebra.py, line 6), for inputs that are not shown"
    assert scale.details == ()


def test_nothing_of_the_grader_is_shown_in_what_is_printed(grade: Grade) -> None:
    body = (
        "import traceback, warnings, sys\nwarnings.simplefilter('always')\nwarnings.warn('mind this', stacklevel=3)\n"
        "warnings.warn('and that', stacklevel=1)\ntraceback.print_stack(file=sys.stdout)\n"
        "print(torch.__file__)\nreturn x * factor"
    )
    result = grade(algebra="import torch\n" + algebra(body))
    printed = one(result, "scale").printed
    assert result.all_right and "UserWarning: mind this" in printed and "UserWarning: and that" in printed
    assert "traceback.print_stack" in printed and "torch/__init__.py" in printed
    assert "serve.py" not in printed and "site-packages" not in printed, printed


def test_no_innards_in_what_is_expected_and_came(grade: Grade) -> None:
    told = str(one(grade(algebra=algebra("return [x, x]")), "scale"))
    assert "array(" not in told and "Tensor(" not in told
