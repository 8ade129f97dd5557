"""Exercises that share a process: what it saves, and that nobody's verdict is another one than alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from grader import interview, sitting
from grader.judge import Options
from grader.peer import Peer
from grader.result import Result, Verdict
from tests.conftest import Grade, one

UNTIMED = Options(timed=False)
BUSY = "import time\nend = time.process_time() + 0.5\nwhile time.process_time() < end:\n    pass"
MODULE = """
import os, sys, threading, time, types, warnings
import numpy as np
import torch

{top}

def scale(x, factor):
    {scale}
    return x * factor

def energy(x):
    {energy}
    return (x * x).sum(), 2 * x

class Counter:
    kept = None

    def __init__(self, above):
        self.above = above

    def count(self, x):
        {count}
        return int((x > self.above).sum())
"""


def module(scale: str = "pass", energy: str = "pass", count: str = "pass", top: str = "") -> str:
    """The toy's algebra, right, with a statement more in each function."""
    text = MODULE.replace("{top}", top)
    for name, body in (("scale", scale), ("energy", energy), ("count", count)):
        at = "        " if name == "count" else "    "
        text = text.replace(f"{{{name}}}", body.replace("\n", f"\n{at}"))
    return text


@pytest.fixture
def forks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The workers that were forked, as they are."""
    found: list[int] = []
    spawn: Callable[..., Peer] = Peer.spawn

    def counted(self: Peer, seconds: float) -> Peer:
        found.append(self.pid)
        return spawn(self, seconds)

    monkeypatch.setattr(Peer, "spawn", counted)
    return found


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What workers are asked, and what they reply: the kinds of the messages."""
    found: list[tuple[str, str]] = []
    call, call_encoded = Peer.call, Peer.call_encoded

    def noted(self: Peer, request: object, *rest: object, **how: object):
        reply = call(self, request, *rest, **how)
        found.append((type(request).__name__, type(reply[0]).__name__))
        return reply

    def quietly(self: Peer, *frame: object, first: object = None, **how: object):
        if first is interview.ANEW:
            found.append(("Anew", ""))
        return call_encoded(self, *frame, first=first, **how)

    monkeypatch.setattr(Peer, "call", noted)
    monkeypatch.setattr(Peer, "call_encoded", quietly)
    return found


def test_what_is_right_costs_no_fork_but_that_in_which_its_module_is_imported(grade: Grade, forks: list[int]) -> None:
    grade(UNTIMED)  # the reference has its workers now
    forks.clear()
    assert grade(UNTIMED).all_right
    assert len(forks) == 1 + 1, "both modules, and a process that reads the source"


def test_what_is_not_written_costs_no_fork_either(grade: Grade, forks: list[int]) -> None:
    stub = "def scale(x, factor):\n    raise NotImplementedError\n\ndef energy(x):\n    raise NotImplementedError\n"
    grade(UNTIMED)
    forks.clear()
    result = grade(UNTIMED, algebra=stub)
    assert len(forks) == 1
    assert [e.verdict for e in result.exercises[:3]] == [Verdict.NOT_ATTEMPTED] * 3
    assert one(result, "count").sentence == "`Counter` is not defined in the submission"


def test_what_is_wrong_is_asked_once_more_in_a_fork_of_its_own(grade: Grade, forks: list[int]) -> None:
    grade(UNTIMED, algebra=module(count="return 0"))  # the misconceptions have been asked
    forks.clear()
    result = grade(UNTIMED, algebra=module(count="return 0"))
    assert one(result, "count").verdict is Verdict.WRONG
    mine = 2 + 1  # as for what is right
    again = 2 + 3  # alone, of the module imported once more; and three times by whoever looks for a hint
    assert mine + 2 <= len(forks) <= mine + again


def test_what_is_wrong_where_nobody_was_before_is_not_asked_again(grade: Grade, calls: list[tuple[str, str]]) -> None:
    """The first exercise of a module, right or wrong, has the process to itself in which the module was imported."""
    first = Options(timed=False, exercises=("algebra.scale",))
    counts = []
    for scale in ("pass", "return x"):
        calls.clear()
        grade(first, algebra=module(scale=scale))
        counts.append([request for request, _ in calls].count("Spawn"))
    assert counts[0] == counts[1]


def test_how_the_process_ended_is_known_of_the_first_one_too(grade: Grade) -> None:
    for body, told in (("os._exit(3)", "exit status 3"), ("os.kill(os.getpid(), 11)", "SIGSEGV")):
        scale, _, count = grade(UNTIMED, algebra=module(scale=body, count=body)).exercises[:3]
        assert scale.verdict is count.verdict is Verdict.CRASHED
        assert told in (scale.sentence or "") and scale.sentence == count.sentence


def test_right_ones_after_wrong_ones_share_a_process_again(grade: Grade, calls: list[tuple[str, str]]) -> None:
    grade(UNTIMED, algebra=module(scale="return x", energy="return x.sum(), x"))
    asked = [request for request, _ in calls]
    assert "Anew" in asked


# What an exercise may leave behind; `energy` gives the right answer where it is there, and another one where it is not.
LEFT = {
    "a global of the module": ("global left\nleft = 1", "'left' in globals()"),
    "an attribute of a class": ("Counter.kept = 1", "Counter.kept"),
    "an attribute of a function": ("scale.kept = 1", "hasattr(scale, 'kept')"),
    "a default dtype": ("torch.set_default_dtype(torch.float64)", "torch.get_default_dtype() is torch.float64"),
    "no gradients": ("torch.set_grad_enabled(False)", "not torch.is_grad_enabled()"),
    "a function of torch's": ("torch.cumprod = len", "torch.cumprod is len"),
    "a method of tensors": ("torch.Tensor.kept = 1", "hasattr(torch.Tensor, 'kept')"),
    "a function of NumPy's": ("np.cumprod = len", "np.cumprod is len"),
    "a builtin": ("__builtins__['kept'] = 1", "'kept' in __builtins__"),
    "how NumPy treats errors": ("np.seterr(all='raise')", "np.geterr()['over'] == 'raise'"),
    "an environment variable": ("os.environ['KEPT'] = '1'", "'KEPT' in os.environ"),
    "a folder": ("os.makedirs('deeper', exist_ok=True)\nos.chdir('deeper')", "os.getcwd().endswith('deeper')"),
    "a path": ("sys.path.append('/kept')", "'/kept' in sys.path"),
    "a limit": ("sys.setrecursionlimit(2222)", "sys.getrecursionlimit() == 2222"),
    "a warning": ("warnings.simplefilter('error')", "warnings.filters[0][0] == 'error'"),
    "a thread": (
        "threading.Thread(target=time.sleep, args=(30,), daemon=True).start()",
        "threading.active_count() > 1",
    ),
    "a module of its own": ("import helper\nhelper.kept = 1", "__import__('helper').kept"),
}


@pytest.mark.parametrize("what", LEFT)
def test_what_one_exercise_leaves_behind_makes_no_other_right(grade: Grade, what: str) -> None:
    leave, there = LEFT[what]
    text = module(scale=leave, energy=f"if not ({there}):\n    return x.sum(), x")
    helper = "kept = 0\n"

    whole = grade(UNTIMED, algebra=text, helper=helper)

    assert one(whole, "scale").verdict is Verdict.RIGHT
    assert one(whole, "energy").verdict is Verdict.WRONG
    alone = grade(Options(timed=False, exercises=("algebra.energy",)), algebra=text, helper=helper)
    assert alone.exercises == (one(whole, "energy"),)


@pytest.mark.parametrize("what", LEFT)
def test_what_one_exercise_leaves_behind_makes_no_other_wrong(grade: Grade, what: str) -> None:
    leave, there = LEFT[what]
    text = module(scale=leave, energy=f"if {there}:\n    return x.sum(), x")
    assert grade(UNTIMED, algebra=text, helper="kept = 0\n").all_right


CHANCE = """
import os, sys, threading, time, types, warnings
import numpy as np
import torch

{top}

def sort_by_size(x):
    {sort}
    return torch.argsort(x)

def coin(n, p):
    return (torch.rand(n) < p).long()
"""
FAR = {what: how for what, how in LEFT.items() if not what.startswith("an attribute")}  # what another module may see


def chance(sort: str = "pass", top: str = "") -> str:
    """The toy's other module, right, with a statement more."""
    return CHANCE.replace("{sort}", sort.replace("\n", "\n    ")).replace("{top}", top)


@pytest.mark.parametrize("at", ["top", "count"])
@pytest.mark.parametrize("what", FAR)
def test_what_a_module_leaves_behind_makes_no_other_one_right(grade: Grade, what: str, at: str) -> None:
    leave, there = FAR[what]
    modules = {"algebra": module(**{at: leave}), "helper": "kept = 0\n"}
    modules["chance"] = chance(f"if not ({there}):\n    return x")
    whole = grade(UNTIMED, **modules)
    assert [one.verdict for one in whole.exercises[:3]] == [Verdict.RIGHT] * 3
    assert one(whole, "sort_by_size").verdict is Verdict.WRONG
    alone = grade(Options(timed=False, exercises=("chance.sort_by_size",)), **modules)
    assert alone.exercises == (one(whole, "sort_by_size"),)


@pytest.mark.parametrize("at", ["top", "count"])
@pytest.mark.parametrize("what", FAR)
def test_what_a_module_leaves_behind_makes_no_other_one_wrong(grade: Grade, what: str, at: str) -> None:
    leave, there = FAR[what]
    text = chance(f"if {there}:\n    return x", top=f"assert not ({there})")
    assert grade(UNTIMED, algebra=module(**{at: leave}), chance=text, helper="kept = 0\n").all_right


def test_a_module_finds_none_of_those_before_it(grade: Grade, calls: list[tuple[str, str]]) -> None:
    grade(UNTIMED)
    calls.clear()
    assert grade(UNTIMED, chance=chance(top="assert not {'algebra', 'absent'} & set(sys.modules)")).all_right
    assert [request for request, _ in calls].count("LoadModule") == 2, "beside the first at once"


def test_what_each_module_prints_and_misses_is_its_own(grade: Grade) -> None:
    first = module(top="import absent, missing.part\nprint('from algebra')")
    result = grade(UNTIMED, algebra=first, chance=chance(top="import absent\nprint('from chance')"))
    assert result.all_right
    assert [told.printed for told in result.modules] == ["from algebra\n", "from chance\n"]
    assert [told.placeholders for told in result.modules] == [("absent", "missing"), ("absent",)]


@pytest.mark.parametrize(
    "top", ["print('once')\n1 / 0", "raise SystemExit(3)", "os._exit(3)", "import algebra\nalgebra.x"]
)
def test_a_module_that_cannot_be_imported_is_told_of_as_it_is_alone(grade: Grade, top: str) -> None:
    whole = grade(UNTIMED, chance=chance(top=top))
    alone = grade(UNTIMED, algebra=None, chance=chance(top=top)) if "algebra" not in top else whole
    assert whole.modules[1].imported is False
    assert whole.modules[-1] == alone.modules[-1]
    assert whole.exercises[3:] == alone.exercises[-2:]


def test_a_module_that_hangs_when_it_is_imported_again_is_waited_for_once(
    grade: Grade, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    loads: list[str] = []
    load = interview.Interview.load
    monkeypatch.setattr(interview.Interview, "load", lambda self, name: loads.append(name) or load(self, name))
    mark = tmp_path_factory.mktemp("mark") / "imported"
    top = f"if os.path.exists({str(mark)!r}):\n    time.sleep(60)\nopen({str(mark)!r}, 'w').close()"
    monkeypatch.setattr(interview, "IMPORT_SECONDS", 3.0)
    monkeypatch.setattr(sitting, "ANEW_SECONDS", 0.5)
    result = grade(UNTIMED, algebra=module(scale="return x", top=top), chance=None)
    assert one(result, "scale").verdict is Verdict.WRONG
    assert one(result, "count").verdict is Verdict.TIMED_OUT
    assert loads.count("algebra") == 2


def test_after_a_module_with_mistakes_the_next_one_is_asked_as_usual(grade: Grade) -> None:
    result = grade(UNTIMED, algebra=module(scale="return x", count="os._exit(0)"))
    assert [one.verdict for one in result.exercises[:3]] == [Verdict.WRONG, Verdict.RIGHT, Verdict.CRASHED]
    assert [one.verdict for one in result.exercises[3:]] == [Verdict.RIGHT] * 2


def test_what_is_printed_belongs_to_its_exercise(grade: Grade) -> None:
    text = module("print('from scale')", "print('from energy')", "print('from count')", top="print('from the top')")
    result = grade(UNTIMED, algebra=text)
    assert result.all_right
    assert set(one(result, "scale").printed.split("\n")) == {"from scale", ""}
    assert set(one(result, "energy").printed.split("\n")) == {"from energy", ""}
    assert set(one(result, "count").printed.split("\n")) == {"from count", ""}
    assert result.modules[0].printed == "from the top\n"


def test_a_module_that_takes_long_to_import_is_imported_once(grade: Grade, calls: list[tuple[str, str]]) -> None:
    grade(UNTIMED, chance=None)  # the reference has its workers now
    calls.clear()
    assert grade(UNTIMED, algebra=module(top=BUSY), chance=None).exercises[0].verdict is Verdict.RIGHT
    assert "Anew" not in [request for request, _ in calls]
    assert [request for request, _ in calls].count("LoadModule") == 2, "one of them of the module that is missing"


def test_a_library_that_takes_long_to_import_stays_and_costs_no_forks(
    grade: Grade, forks: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    library = tmp_path_factory.mktemp("library")  # not below the submission
    (library / "ponderous.py").write_text(BUSY)
    found = f"if {str(library)!r} not in sys.path:\n    sys.path.append({str(library)!r})\n"
    grade(UNTIMED)
    counts = []
    for top in (found, f"{found}import ponderous", BUSY):
        forks.clear()
        assert grade(UNTIMED, algebra=module(top=top)).all_right
        counts.append(len(forks))
    assert counts[0] == counts[1] < counts[2]


def test_what_leaves_something_each_time_is_not_tried_for_ever(grade: Grade, calls: list[tuple[str, str]]) -> None:
    leave = "os.environ['LEFT'] = str(time.time())"
    assert grade(UNTIMED, algebra=module(scale=leave, energy=leave, count=leave), chance=None).exercises[2].points
    assert [request for request, _ in calls].count("Anew") == 2


def test_random_numbers_drawn_at_the_top_are_the_same_each_time(grade: Grade) -> None:
    text = module(
        energy="if not torch.equal(start, DRAWN):\n    return x.sum(), x",
        top="start = torch.rand(3)\nDRAWN = torch.rand(3, generator=torch.Generator().manual_seed(0))",
    )
    assert grade(UNTIMED, algebra=text).all_right


def test_an_edition_that_only_one_exercise_follows_is_judged_alone(grade: Grade) -> None:
    """`energy` is right under an edition; what is said of it, under the edition that gives most, is from its own fork."""
    text = module(energy="return 2 * (x * x).sum(), 4 * x")
    result = grade(UNTIMED, algebra=text)
    assert result.modules[0].edition == "twice the sum of squares"
    assert result.all_right


def test_answers_that_are_forged_in_number_are_no_answers() -> None:
    from grader import wire

    packer = wire.Packer(lambda leaf: None)
    reply = wire.Answers(packer.pack([{"out": 1.0}]), [wire.Seen()])
    assert interview.responses_of(reply, memoryview(b""), 1) is not None
    for count in (0, 2, 1000):
        with pytest.raises(interview.PeerLost):
            interview.responses_of(reply, memoryview(b""), count)
    unwritten = wire.Failure("raised", "ValueError", "")
    assert interview.responses_of(wire.Answers(packer.pack([]), [], [unwritten]), memoryview(b""), 1) is None


def _verdicts(result: Result) -> dict[str, Verdict]:
    return {one.id: one.verdict for one in result.exercises}


def test_an_exercise_that_ends_the_process_costs_no_other(grade: Grade) -> None:
    result = grade(UNTIMED, algebra=module(energy="os._exit(0)"))
    assert _verdicts(result) == {**_verdicts(grade(UNTIMED)), "algebra.energy": Verdict.CRASHED}
