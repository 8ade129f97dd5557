"""The clock: its arithmetic, and what tries to cheat it. Nothing here depends on how fast the machine is."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader import clock, yardstick
from grader.clock import (
    DOUBT,
    LEAST,
    NEAR_ZERO,
    PAIRS,
    SHORTEST,
    STEADY,
    WALL,
    WALL_PAIRS,
    WARM_UP,
    Runner,
    Timing,
    TooShort,
    fresh,
    interval,
    ratios,
)
from grader.course import Assignment, find_course
from grader.judge import Judge, Options
from grader.meter import TreeMeter
from grader.oracle import Oracle
from grader.result import ExerciseResult, Result, Verdict
from grader.sandbox import Plain
from grader.submission import open_submission
from grader.yardstick import ENOUGH
from tests.conftest import ROOT, one

pytestmark = pytest.mark.xdist_group("clock")

LIMIT = 2.0  # of powers
SLOW = 20  # times the reference's work: far beyond five times the limit, where no speed points are left

POWERS = """
import torch

def work(x, w):
    return x @ w @ w @ w @ w

def slow(x, w):
    for _ in range({slow} - 1):
        work(x, w)
    return work(x, w)

{top}

def powers(x, w):
    {body}
"""

Time = Callable[..., ExerciseResult]


@pytest.fixture(scope="module")
def timed() -> Assignment:
    return find_course(ROOT / "tests" / "courses" / "timed").assignment("k1")


@pytest.fixture(scope="module")
def timed_oracle(nursery: Plain, timed: Assignment) -> Oracle:
    return Oracle(nursery, timed)


@pytest.fixture
def time_it(nursery: Plain, timed: Assignment, timed_oracle: Oracle, tmp_path: Path) -> Time:
    """`time_it(body, top="...", slow=14)`: the result of `powers` with this body, after these lines at the top."""

    def run(body: str, top: str = "", slow: int = SLOW, options: Options | None = None) -> ExerciseResult:
        indented = body.strip().replace("\n", "\n    ")
        (tmp_path / "kernels.py").write_text(POWERS.format(body=indented, top=top, slow=slow))
        judge = Judge(timed, timed_oracle, nursery, options or Options(exercises=("kernels.powers",)))
        return one(judge.grade(open_submission(tmp_path, timed.checks.modules), "none"), "powers")

    return run


# -- arithmetic --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", range(1, 26))
def test_the_interval_misses_the_median_no_more_often_than_it_says(k: int) -> None:
    low, high = interval([float(i) for i in range(k)])
    left_out = int(low)
    assert high == k - 1 - left_out
    misses = 2 * sum(math.comb(k, i) for i in range(left_out + 1)) / 2**k
    assert misses <= DOUBT or left_out == 0
    one_more = 2 * sum(math.comb(k, i) for i in range(left_out + 2)) / 2**k
    assert one_more > DOUBT


def test_the_interval_of_a_few_is_all_of_them() -> None:
    assert interval([3.0, 1.0, 2.0, 5.0, 4.0]) == (1.0, 5.0)
    assert interval(list(map(float, range(25)))) == (7.0, 17.0)


def test_the_interval_holds_the_median_of_skewed_readings() -> None:
    random = np.random.default_rng(5)
    missed = 0
    for _ in range(2000):
        low, high = interval(random.lognormal(0, 1, PAIRS).tolist())
        missed += not low <= 1 <= high
    assert missed < 2000 * DOUBT + 5 * math.sqrt(2000 * DOUBT)


def timing(ratio: float, wall: float = 1.0, spread: float = 0.0, pairs: int = PAIRS, limit: float = LIMIT) -> Timing:
    ends = (ratio * (1 - spread), ratio * (1 + spread))
    return Timing(ratio, ends, limit, pairs, wall, wall, "cpu", 0.01)


def test_points_are_full_up_to_the_limit_and_fall_with_the_logarithm() -> None:
    assert timing(LIMIT).share == 1
    assert timing(LIMIT * 1.0001).share == pytest.approx(1, abs=1e-3)
    assert timing(LIMIT * math.sqrt(5)).share == pytest.approx(0.5)
    assert timing(LIMIT * 5).share == pytest.approx(0)
    assert timing(LIMIT * 500).share == 0


def test_the_doubt_is_the_students() -> None:
    assert timing(2.1, spread=0.01).too_slow
    assert not timing(2.1, spread=0.1).too_slow
    assert timing(2.1, spread=0.1).share == 1


def test_it_measures_on_while_the_limit_lies_inside_the_interval() -> None:
    assert not timing(2.1, spread=0.1).clear
    assert timing(2.1, spread=0.01).clear
    assert timing(1.9, spread=0.01).clear
    assert not timing(2.5, pairs=2).clear
    assert timing(50.0, pairs=2).clear


def test_waiting_is_caught_by_the_wall_and_generously() -> None:
    gate = WALL * LIMIT
    assert not timing(1.0, wall=gate, pairs=WALL_PAIRS).too_slow
    assert timing(1.0, wall=gate * 1.1, pairs=WALL_PAIRS).too_slow
    assert timing(1.0, wall=gate * 1.1, pairs=WALL_PAIRS).waits
    assert timing(1.0, wall=gate * 5, pairs=WALL_PAIRS).share == 0
    assert not timing(3.0, wall=3.0 * WALL, pairs=WALL_PAIRS).waits


def test_what_computes_long_on_a_busy_machine_is_not_called_waiting() -> None:
    """Longer questions are interrupted by others more often than the reference's short ones."""
    busy = replace(timing(21.0, wall=67.0, pairs=WALL_PAIRS), wall_from=31.0)
    assert busy.too_slow and not busy.waits
    assert busy.clear and busy.share == 0


def test_it_measures_on_before_it_calls_something_waiting() -> None:
    gate = WALL * LIMIT
    assert not timing(1.0, wall=gate * 1.1).too_slow
    assert not timing(1.0, wall=gate * 1.1).clear
    assert timing(1.0, wall=gate * 1.1, pairs=WALL_PAIRS).clear
    assert not timing(2.5, wall=gate * 3).clear


def test_what_asking_takes_is_no_part_of_the_ratio() -> None:
    asking, own = 5_000_000, 10_000_000
    found, seconds = ratios([(asking + 3 * own, asking + own, own)] * 3)
    assert found == [3.0, 3.0, 3.0]
    assert seconds == pytest.approx(0.01)


def test_readings_near_zero_are_dropped() -> None:
    good = (15_000_000, 15_000_000, 10_000_000)
    late = (int(NEAR_ZERO * 10_000_000), 15_000_000, 10_000_000)
    assert ratios([good, good, late, good])[0] == [1.0, 1.0, 1.0]


def test_what_cannot_be_timed_is_not_judged() -> None:
    with pytest.raises(TooShort):
        ratios([(SHORTEST, SHORTEST, SHORTEST // 2)] * PAIRS)


def test_inputs_are_new_for_every_question_and_depend_on_the_secret(timed: Assignment) -> None:
    powers, data = timed.checks["kernels.powers"], timed.course.assignments
    drawn = [
        fresh(powers, secret, data, label, n=8).inputs["x"] for secret in (b"a", b"b") for label in (0, 1, "memory")
    ]
    assert len({x.tobytes() for x in drawn}) == len(drawn)
    again = fresh(powers, b"a", data, 1, n=8).inputs["x"]
    assert again.tobytes() == drawn[1].tobytes()


# -- verdicts ----------------------------------------------------------------------------------------------------------


def test_the_reference_is_fast_enough(time_it: Time) -> None:
    result = time_it("return work(x, w)")
    assert (result.verdict, result.points) == (Verdict.RIGHT, 60)
    assert result.speed is not None
    assert result.speed.limit == LIMIT
    assert result.speed.interval[0] <= result.speed.ratio <= result.speed.interval[1]
    assert result.speed.pairs >= PAIRS
    assert result.speed.speedup_over_naive is not None and result.speed.speedup_over_naive > 0
    assert [(case.name, case.verdict) for case in result.cases] == [
        ("small", Verdict.RIGHT),
        ("large", Verdict.RIGHT),
    ]


def test_a_slow_answer_costs_the_points_for_speed_and_says_why(time_it: Time) -> None:
    result = time_it("return slow(x, w)")
    assert (result.verdict, result.points) == (Verdict.TOO_SLOW, 20)
    sentence = result.sentence or ""
    assert "times the reference's time, and the limit is 2 times" in sentence
    assert "where the reference needs" in sentence
    assert "a `for` loop in line 8 of kernels.py, in `slow`" in sentence
    assert result.speed is not None
    assert result.speed.operations[0] == SLOW * result.speed.reference_operations[0]


def test_points_fall_between_the_limit_and_five_times_it(time_it: Time) -> None:
    result = time_it("return slow(x, w)", slow=5)
    assert result.verdict is Verdict.TOO_SLOW
    assert result.speed is not None
    over = result.speed.ratio if result.cause == "cpu" else result.speed.wall
    assert over is not None
    share = 1 - math.log(over / LIMIT) / math.log(5)
    assert result.points == pytest.approx(20 + 40 * share, abs=0.01)
    assert 20 < result.points < 60


def test_a_loop_over_the_input_is_called_one(time_it: Time) -> None:
    result = time_it("return torch.stack([work(row[None], w)[0] for _ in range(3) for row in x])[:len(x)]")
    assert result.verdict is Verdict.TOO_SLOW
    assert "twice as many when n doubles: there is a Python loop over the input" in (result.sentence or "")


def test_without_the_clock_the_timed_case_is_a_case_like_any_other(time_it: Time) -> None:
    options = Options(exercises=("kernels.powers",), timed=False)
    result = time_it("return slow(x, w)", options=options)
    assert (result.verdict, result.points, result.speed) == (Verdict.RIGHT, 60, None)
    assert [case.name for case in result.cases] == ["small", "large"]
    result = time_it("return work(x, w) if len(x) < 10 else x", options=options)
    assert result.verdict is Verdict.WRONG


def test_an_answer_to_a_timed_question_is_checked(time_it: Time) -> None:
    result = time_it("return work(x, w) if len(x) < 10 else x")
    assert (result.verdict, result.points) == (Verdict.WRONG, 0)
    assert "larger inputs of large" in (result.sentence or "")


def test_every_answer_to_a_timed_question_is_checked(time_it: Time) -> None:
    result = time_it("times.append(0)\nreturn work(x, w) if len(times) < 5 else x", top="times = []")
    assert (result.verdict, result.points) == (Verdict.WRONG, 0)


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system keeps no process on a core")
def test_what_is_timed_stays_on_one_core(time_it: Time) -> None:
    """The reference's one: a core that is slower than another says nothing about the answer."""
    body = "times.append(0)\nassert len(times) < 5 or len(os.sched_getaffinity(0)) == 1\nreturn work(x, w)"
    result = time_it(body, top="import os\ntimes = []")
    assert (result.verdict, result.points) == (Verdict.RIGHT, 60)


def test_a_crash_at_the_timed_size_is_a_crash(time_it: Time) -> None:
    result = time_it("assert len(x) < 10, 'too large for me'\nreturn work(x, w)")
    assert (result.verdict, result.points) == (Verdict.CRASHED, 0)
    assert "it raises AssertionError (kernels.py, line " in (result.sentence or "")
    assert "too large for me" not in str(result)  # inputs of a race are drawn like hidden ones


def test_what_never_ends_is_too_slow(time_it: Time, timed: Assignment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timed.checks["kernels.powers"], "seconds", 2.0)
    result = time_it("while len(x) > 100: pass\nreturn work(x, w)")
    assert (result.verdict, result.points) == (Verdict.TOO_SLOW, 20)
    assert "does not end within 2 s" in (result.sentence or "")
    assert result.speed is not None and result.speed.pairs == 0


# -- what is hopeless: its answer is not waited for ------------------------------------------------------------------

BURN = f"""
import os, time
asked = []

def burn():
    end = time.process_time() + 4 * {LEAST / 1e9}
    while time.process_time() < end: pass
"""


@pytest.fixture
def questions(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """What is asked in races from now on: whether it was answered, for each question to a submission."""
    asked: list[bool] = []
    ask = Runner.ask

    def counted(self: Runner, *args: Any) -> Any:
        if self._trusted:
            return ask(self, *args)
        asked.append(False)
        told = ask(self, *args)
        asked[-1] = True
        return told

    monkeypatch.setattr(Runner, "ask", counted)
    return asked


def test_what_is_hopelessly_slow_is_asked_once_and_not_waited_for(time_it: Time, questions: list[bool]) -> None:
    result = time_it("return slow(x, w)", slow=4000)
    assert (result.verdict, result.points, result.cause) == (Verdict.TOO_SLOW, 20, "cpu")
    assert (result.sentence or "").startswith(
        "at n = 240 it takes more than 20 times the reference's time, and the limit is 2 times: it was stopped there; "
        f"more than {ENOUGH:,} tensor operations at n = 15 where the reference needs 4, and there is a Python loop (a "
    )
    assert result.speed is not None and (result.speed.pairs, result.speed.ratio) == (0, 20)
    assert questions == [True] * STEADY + [False]


def test_what_is_slow_for_large_inputs_only_is_waited_for_once(time_it: Time, questions: list[bool]) -> None:
    result = time_it("return slow(x, w) if len(x) > 100 else work(x, w)", slow=250)
    assert (result.verdict, result.points) == (Verdict.TOO_SLOW, 20)
    assert questions == [True] * (STEADY + 1) + [False]


FAIR = {
    "what is done once in a process": "if not asked: burn()",
    "what is done once for each shape": "if x.shape not in asked: burn()",
    "what is done the second time": "if len(asked) == 1: burn()",
    "what is done the second time for each shape": "if asked.count(x.shape) == 1: burn()",
    "a moment that is out of the common": f"if len(asked) == {STEADY + WARM_UP + 2}: burn()",
    "what cannot be done for smaller inputs": "if 10 < len(x) < 100: raise ValueError",
    "a smaller question that nobody survives": "if 10 < len(x) < 100: os._exit(1)",
}


@pytest.mark.parametrize("kind", FAIR)
def test_nobody_is_called_hopeless_for_what_is_not_done_each_time(time_it: Time, kind: str) -> None:
    result = time_it(f"{FAIR[kind]}\nasked.append(x.shape)\nreturn work(x, w)", top=BURN)
    assert (result.verdict, result.points) == (Verdict.RIGHT, 60), result.sentence


def test_what_cannot_be_timed_costs_nothing(time_it: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "SHORTEST", 10**12)
    result = time_it("return slow(x, w)")
    assert (result.verdict, result.points, result.speed) == (Verdict.RIGHT, 60, None)
    assert result.notes == ("its speed was not measured: the reference answers large too quickly",)


def test_where_the_system_tells_no_cpu_times_the_wall_decides(time_it: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TreeMeter, "cpu", lambda self: None)
    result = time_it("return slow(x, w)", slow=200)
    assert result.verdict is Verdict.TOO_SLOW
    assert result.speed is not None and result.speed.clock == "wall"


def test_a_reference_that_is_lost_is_our_fault(time_it: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yardstick, "REFERENCE_SECONDS", 0.0)
    result = time_it("return work(x, w)")
    assert result.verdict is Verdict.GRADER_FAULT
    assert "the reference worker is gone" in (result.sentence or "")


# -- attacks: all of them do the work of `slow` and try to be charged for less -----------------------------------------

FORK = """
import os, pickle

def forked(x, w):
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.close(reading)
        with os.fdopen(writing, "wb") as file:
            pickle.dump(slow(x, w).numpy(), file)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        return torch.from_numpy(pickle.load(file))
"""

SERVER = """
import os, pickle, socket

ours = None

def receive(sock):
    with sock.makefile("rb") as file:
        return pickle.load(file)

def start():
    global ours
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        {detach}
        ours.close()
        while True:
            x, w = map(torch.from_numpy, receive(theirs))
            theirs.sendall(pickle.dumps(slow(x, w).numpy()))

def served(x, w):
    if ours is None:
        start()
    ours.sendall(pickle.dumps((x.numpy(), w.numpy())))
    return torch.from_numpy(receive(ours))
"""

SERVED_BY_A_THREAD = """
import pickle, socket, threading

ours, theirs = socket.socketpair()

def receive(sock):
    with sock.makefile("rb") as file:
        return pickle.load(file)

def serve():
    while True:
        x, w = map(torch.from_numpy, receive(theirs))
        theirs.sendall(pickle.dumps(slow(x, w).numpy()))

threading.Thread(target=serve, daemon=True).start()

def served(x, w):
    ours.sendall(pickle.dumps((x.numpy(), w.numpy())))
    return torch.from_numpy(receive(ours))
"""

PATCHED = """
import time, resource, os
zero = lambda *args: 0
for module, names in (
    (time, "time perf_counter perf_counter_ns process_time process_time_ns monotonic thread_time clock_gettime_ns"),
    (os, "times"),
    (resource, "getrusage"),
):
    for name in names.split():
        setattr(module, name, zero)
import grader.wire
answer = grader.wire.Answer
grader.wire.Answer = lambda *args, **kwargs: answer(*args, **{**kwargs, "cpu": 0, "wall": 0})
"""

POOL = """
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(1)
"""

ATTACKS = {
    "the work itself": ("", "return slow(x, w)"),
    "a second thread": (POOL, "return pool.submit(slow, x, w).result()"),
    "many threads": ("torch.set_num_threads(2)", "torch.set_num_threads(2)\nreturn slow(x, w)"),
    "a forked process": (FORK, "return forked(x, w)"),
    "a forked process that nobody waits for": (
        "import signal\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\n" + FORK,
        "return forked(x, w)",
    ),
    "a helper process": (SERVER.format(detach="pass"), "return served(x, w)"),
    "a helper process that hides": (
        SERVER.format(detach="os.setsid()\n        if os.fork(): os._exit(0)"),
        "return served(x, w)",
    ),
    "a thread of the module's own process": (SERVED_BY_A_THREAD, "return served(x, w)"),
    "patched clocks": (PATCHED, "return slow(x, w)"),
    "a cache by content": (
        "cache = {}",
        "key = x.numpy().tobytes(), w.numpy().tobytes()\n"
        "if key not in cache: cache[key] = slow(x, w)\nreturn cache[key]",
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_hidden_work_gains_nothing(time_it: Time, attack: str) -> None:
    top, body = ATTACKS[attack]
    result = time_it(body, top=top)
    assert result.verdict is Verdict.TOO_SLOW, result.sentence
    if "nobody" in attack:  # its CPU time is out of sight without a control group: the wall decides, less exactly
        assert 20 <= result.points < 50, result.speed
    else:
        assert 20 <= result.points < 25, result.speed  # at ten times the reference's time there are 20


def test_sleeping_gains_nothing(time_it: Time) -> None:
    result = time_it("import time\ntime.sleep(0.6)\nreturn work(x, w)")
    assert result.verdict is Verdict.TOO_SLOW, result.speed
    assert result.cause == "wall"
    assert "it waits for something" in (result.sentence or "")
    assert result.points < 60


def test_a_cache_by_pointer_gains_nothing(time_it: Time) -> None:
    body = "key = x.data_ptr(), w.data_ptr()\nif key not in cache: cache[key] = slow(x, w)\nreturn cache[key]"
    result = time_it(body, top="cache = {}")
    assert result.verdict in (Verdict.TOO_SLOW, Verdict.WRONG)
    assert result.points <= 20


def test_working_between_the_questions_is_charged(time_it: Time) -> None:
    top = "import threading\ndone = threading.Event()\n"
    body = (
        "answer = work(x, w)\n"
        "threading.Thread(target=slow, args=(x.clone(), w.clone()), daemon=True).start()\n"
        "return answer"
    )
    result = time_it(body, top=top)
    assert result.verdict is Verdict.TOO_SLOW, result.speed
    assert result.points < 60


def test_a_lazy_answer_is_charged_when_it_is_packed(time_it: Time) -> None:
    top = """
class Lazy(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        for lazy in (a for a in args if isinstance(a, Lazy) and not hasattr(a, "made")):
            lazy.made = True
            lazy.as_subclass(torch.Tensor).copy_(slow(lazy.x, lazy.w))
        return super().__torch_function__(func, types, args, kwargs or {})
"""
    body = "y = torch.zeros_like(x).as_subclass(Lazy)\ny.x, y.w = x, w\nreturn y"
    result = time_it(body, top=top)
    assert result.verdict in (Verdict.TOO_SLOW, Verdict.WRONG, Verdict.CRASHED)
    assert result.points <= 20


# -- a1 ----------------------------------------------------------------------------------------------------------------

TIMED = ("compute_distances_no_loops", "predict_labels", "batched_matrix_multiply")


@pytest.fixture(scope="module")
def a1() -> Assignment:
    return find_course(ROOT).assignment("a1")


@pytest.fixture(scope="module")
def a1_oracle(nursery: Plain, a1: Assignment) -> Oracle:
    return Oracle(nursery, a1)


@pytest.fixture
def grade_a1(nursery: Plain, a1: Assignment, a1_oracle: Oracle, tmp_path: Path) -> Callable[..., Result]:
    """`grade_a1(function="source", ...)`: the timed exercises of the reference with these functions in place of its."""

    def run(**functions: str) -> Result:
        for name in a1.checks.modules:
            source = (a1.solution / f"{name}.py").read_text()
            for function, text in functions.items():
                source += f"\n\n{text}" if f"def {function}(" in source else ""
            (tmp_path / f"{name}.py").write_text(source)
        wanted = tuple(e.id for e in a1.checks.exercises if e.timed_case)
        judge = Judge(a1, a1_oracle, nursery, Options(exercises=wanted))
        return judge.grade(open_submission(tmp_path, a1.checks.modules), "none")

    return run


def test_every_timed_exercise_of_a1_has_twice_the_room_that_the_reference_needs(
    grade_a1: Callable[..., Result],
) -> None:
    result = grade_a1()
    assert {e.id.rpartition(".")[2] for e in result.exercises} == set(TIMED)
    for exercise in result.exercises:
        assert exercise.verdict is Verdict.RIGHT, exercise.sentence
        assert exercise.speed is not None
        assert 2 * exercise.speed.ratio <= exercise.speed.limit, exercise


TWO_LOOPS = """
def compute_distances_no_loops(x_train, x_test):
    return {pairs}
"""
PAIRWISE = "torch.stack([torch.stack([((a - b) ** 2).sum() ** 0.5 for b in x_test]) for a in x_train])"


def test_naive_answers_to_a1_are_told_what_to_change(grade_a1: Callable[..., Result]) -> None:
    result = grade_a1(
        compute_distances_no_loops=TWO_LOOPS.format(pairs=PAIRWISE),
        predict_labels="""
def predict_labels(dists, y_train, k=1):
    labels = torch.zeros(dists.shape[1], dtype=torch.int64)
    for j in range(dists.shape[1]):
        labels[j] = torch.bincount(y_train[dists[:, j].topk(k, largest=False).indices]).argmax()
    return labels
""",
    )
    distances, labels = one(result, "compute_distances_no_loops"), one(result, "predict_labels")
    assert (distances.verdict, distances.points) == (Verdict.BROKE_RULE, 0)
    assert "2 Python loops in line " in (distances.sentence or "")
    assert (labels.verdict, labels.points) == (Verdict.RIGHT, 14)  # the course's own way: its time is advice
    assert "there is a Python loop over the input (a `for` loop in line " in labels.advice[0]


def test_a_pairwise_loop_that_the_source_hides_is_counted(grade_a1: Callable[..., Result]) -> None:
    hidden = f"eval({PAIRWISE!r}, dict(torch=torch, x_train=x_train, x_test=x_test))"
    result = grade_a1(compute_distances_no_loops=TWO_LOOPS.format(pairs=hidden))
    distances = one(result, "compute_distances_no_loops")
    assert (distances.verdict, distances.points) == (Verdict.BROKE_RULE, 0)
    assert "four times as many when n doubles: there is a Python loop over pairs" in (distances.sentence or "")


def test_a_broadcast_over_pairs_and_features_breaks_the_memory_limit(grade_a1: Callable[..., Result]) -> None:
    broadcast = "((x_train[:, None] - x_test) ** 2).flatten(2).sum(2) ** 0.5"
    distances = one(
        grade_a1(compute_distances_no_loops=TWO_LOOPS.format(pairs=broadcast)), "compute_distances_no_loops"
    )
    assert (distances.verdict, distances.cause) == (Verdict.BROKE_RULE, "MemoryLimit")
