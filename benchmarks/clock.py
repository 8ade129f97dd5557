"""How often a timed verdict is unjust: our clock beside a single shot of wall time and the best of five.

    python -m benchmarks.clock [--verdicts N] [--loads 0,1,2]

A submission is the reference itself, or does 1.5 or 3 times its work, at a limit of 2: the first two may fail unjustly,
the third may be missed. Each of the first two is timed N times, the third 2 N times, on a machine that is otherwise
idle, with one busy loop, and with two; the variants take turns. All methods judge the same readings: a single shot is
the first pair's wall times, the best of five the least of five on each side (for both without what it takes to be
asked, which a grader inside the process would not see). Ours is what `grader check` does: a fresh process, warm-up, as
many pairs as it takes, every answer checked.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader import wire
from grader.clock import Pair, Race, Runner, Timing, fresh
from grader.course import Assignment, find_course
from grader.interview import Imported, Interview
from grader.meter import ProcessMeter
from grader.oracle import Oracle
from grader.question import Question
from grader.sandbox import Plain
from grader.submission import open_submission
from grader.yardstick import SMALLER

LIMIT = 2.0
STEPS = 8  # products in the reference
SMALL = 280 // SMALLER  # the size of the question that comes before a race
VARIANTS = {"1x": 8, "1.5x": 12, "3x": 24}  # products in a submission
UNJUST = {"1x": True, "1.5x": True, "3x": False}  # the verdict "too slow" is unjust (else its absence is)
LOADS = (0, 1, 2)  # busy loops
BEST_OF = 5
CONFIDENCE = 0.95

CHECKS = """
from grader.spec import Checks
checks = Checks("b", title="A benchmark")
products = checks.module("products")
@products.exercise("product", points=100, speed_points=50)
def product(sub, x, w):
    "A product of several matrices."
    return {"y": sub.product(x, w)}
@product.case
def small(draw):
    return dict(x=draw.normal(3, 3), w=draw.normal(3, 3))
@product.timed(at_most=2.0)
def square(draw, n=280):
    return dict(x=draw.normal(n, n), w=draw.normal(n, n, scale=n**-0.5))
"""
SUBMISSION = """
def product(x, w):
    y = x
    for step in range({steps}):
        if step % 8 == {steps} % 8:  # the last eight count
            y = x
        y = y @ w
    return y
"""


@dataclass
class Tally:
    """Verdicts of one variant under one load."""

    verdicts: int = 0
    wrong: dict[str, int] = field(default_factory=lambda: dict.fromkeys(METHODS, 0))
    seconds: float = 0.0
    pairs: int = 0
    ratios: list[float] = field(default_factory=list)

    def add(self, unjust: bool, timing: Timing, pairs: list[Pair], seconds: float) -> None:
        self.verdicts += 1
        self.seconds += seconds
        self.pairs += timing.pairs
        self.ratios.append(timing.ratio)
        slow = {
            "ours": timing.too_slow,
            "single shot, wall": walls(pairs, 1) > LIMIT,
            f"best of {BEST_OF}, wall": walls(pairs, BEST_OF) > LIMIT,
        }
        for method, too_slow in slow.items():
            self.wrong[method] += too_slow == unjust


METHODS = ("ours", "single shot, wall", f"best of {BEST_OF}, wall")


def walls(pairs: list[Pair], shots: int) -> float:
    """The least wall time of the submission in the first `shots` pairs over the least of the reference, both without
    what asking takes: the least of that in all pairs, or a shot in which the asking was disturbed would look fast."""
    asking = min(pair.reference.wall - pair.own.wall for pair in pairs)
    student = min(pair.student.wall for pair in pairs[:shots]) - asking
    return student / min(pair.own.wall for pair in pairs[:shots])


class Keeping(Race):
    """A race that asks for at least five pairs, for the methods beside ours, which stops when it would."""

    ours: Timing | None = None

    def timing(self) -> Timing:
        told = super().timing()
        if self.ours is None and told.clear:
            self.ours = told
        return told if len(self.pairs) >= BEST_OF else dataclasses.replace(told, pairs=1, interval=(0.0, math.inf))


class Benchmark:
    """A reference, and the submissions beside it, in plain processes."""

    def __init__(self, folder: Path) -> None:
        for path, text in (
            ("grader.toml", ""),
            ("assignments/b/checks.py", CHECKS),
            ("solutions/b/hidden.py", ""),
            ("solutions/b/products.py", SUBMISSION.format(steps=STEPS)),
            *((f"{name}/products.py", SUBMISSION.format(steps=steps)) for name, steps in VARIANTS.items()),
        ):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        self.assignment: Assignment = find_course(folder).assignment("b")
        self.exercise = self.assignment.checks["products.product"]
        self.nursery = Plain()
        self.oracle = Oracle(self.nursery, self.assignment)
        self.submissions: dict[str, tuple[Interview, Imported]] = {}
        for name in VARIANTS:
            submission = open_submission(folder / name, self.assignment.checks.modules)
            interview = Interview(self.nursery, self.assignment, submission)
            self.submissions[name] = interview, interview.load("products")
        self._count = 0

    def verdict(self, name: str) -> tuple[Timing, list[Pair], float]:
        """One verdict on a variant, the pairs behind it (five at least), and what it took in seconds: of two races
        where the first says that it is too slow, as in grader/trial.py."""
        timing, pairs, seconds = self.race(name)
        if timing.too_slow:
            again, _, more = self.race(name)
            return (timing if again.too_slow else again), pairs, seconds + more
        return timing, pairs, seconds

    def race(self, name: str) -> tuple[Timing, list[Pair], float]:
        """One race, the pairs that it took (five at least), and what it took in seconds."""
        begin = time.perf_counter()
        self._count += 1
        interview, imported = self.submissions[name]
        worker, _ = interview.fork(imported)
        reference = self.oracle.another("products")
        assert worker is not None
        race = Keeping(
            student=Runner(worker, interview.meter(worker), 60.0),
            reference=Runner(reference, ProcessMeter(reference.pid), 60.0, trusted=True),
            question=self._question,
            expected=self.oracle.read,
            check=_must_answer,
            limit=LIMIT,
            small=fresh(self.exercise, b"benchmark", self.assignment.course.assignments, "small", n=SMALL),
        )
        timing = race.run()
        interview.hang_up(worker)
        self.oracle.end(reference)
        return race.ours or timing, race.pairs, time.perf_counter() - begin

    def _question(self, i: int) -> Question:
        return fresh(self.exercise, b"benchmark", self.assignment.course.assignments, (self._count, i))


def _must_answer(question: Question, reply: wire.Reply, data: memoryview, expected: dict[str, Any]) -> None:
    assert isinstance(reply, wire.Answer)
    got = wire.unpack(reply.outputs, data)["y"].array
    assert abs(got - expected["y"].array).max() < 1e-9


@contextmanager
def busy(loops: int) -> Iterator[None]:
    """So many processes that do nothing but compute."""
    processes = [multiprocessing.get_context("spawn").Process(target=_spin, daemon=True) for _ in range(loops)]
    for process in processes:
        process.start()
    time.sleep(0.5 if loops else 0.0)  # they begin to spin after their import
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.join()


def _spin() -> None:
    parent = os.getppid()
    while os.getppid() == parent:
        sum(i * i for i in range(100_000))


def at_most(failures: int, trials: int) -> float:
    """The upper end of the one-sided 95 % interval for a rate (Clopper and Pearson 1934): 3/n where none was seen."""
    low, high = failures / trials, 1.0
    for _ in range(60):
        p = (low + high) / 2
        below = sum(math.comb(trials, k) * p**k * (1 - p) ** (trials - k) for k in range(failures + 1))
        low, high = (p, high) if below > 1 - CONFIDENCE else (low, p)
    return high


def measure(verdicts: int, loads: list[int]) -> dict[tuple[int, str], Tally]:
    """All variants under all loads; the slow one as often as the two others together, so that both errors are known
    equally well."""
    tallies: dict[tuple[int, str], Tally] = {}
    with tempfile.TemporaryDirectory() as folder:
        benchmark = Benchmark(Path(folder))
        try:
            for loops in loads:
                with busy(loops):
                    for name in VARIANTS:
                        tallies[loops, name] = Tally()
                    for i in range(2 * verdicts):
                        for name in ("1x" if i % 2 else "1.5x", "3x"):
                            verdict = benchmark.verdict(name)
                            tallies[loops, name].add(UNJUST[name], *verdict)
                            if verdict[0].too_slow == UNJUST[name]:  # to learn from
                                print(f"{loops} loops, {name}: {verdict[0]}", file=sys.stderr)
                                for pair in verdict[1]:
                                    print("  ", pair, file=sys.stderr, flush=True)
                        if i % 100 == 99:  # an hour's work should not be lost
                            print(f"{table(tallies)}\n", file=sys.stderr, flush=True)
        finally:
            benchmark.nursery.close()
    return tallies


def table(tallies: dict[tuple[int, str], Tally]) -> str:
    """Markdown: a row for each load and variant, then both errors under load together."""
    lines = [
        f"| busy loops | submission | error | {' | '.join(METHODS)} | verdicts | ratio | pairs | s per verdict |",
        "|---|---|---|" + "---|" * (len(METHODS) + 4),
    ]
    for (loops, name), tally in tallies.items():
        rates = " | ".join(f"{tally.wrong[method] / tally.verdicts:.1%}" for method in METHODS)
        error = "unjustly too slow" if UNJUST[name] else "missed"
        median = sorted(tally.ratios)[tally.verdicts // 2]
        lines.append(
            f"| {loops} | {name} | {error} | {rates} | {tally.verdicts} | {median:.2f} "
            f"| {tally.pairs / tally.verdicts:.1f} | {tally.seconds / tally.verdicts:.2f} |"
        )
    lines.append("")
    for unjust, words in ((True, "Unjustly too slow"), (False, "Missed")):
        loaded = [t for (loops, name), t in tallies.items() if loops and UNJUST[name] is unjust]
        trials, failures = sum(t.verdicts for t in loaded), sum(t.wrong["ours"] for t in loaded)
        if not trials:
            continue
        bound = at_most(failures, trials)
        lines.append(
            f"{words} under load: {failures} of {trials} verdicts, at most {bound:.2%} with 95 % confidence.  "
        )
    return "\n".join(lines)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--verdicts", type=int, default=20, help="of each of the first two variants under each load")
    parser.add_argument("--loads", default=",".join(map(str, LOADS)), help="numbers of busy loops")
    told = parser.parse_args()
    begin = time.perf_counter()
    print(table(measure(told.verdicts, [int(n) for n in told.loads.split(",")])))
    print(f"\n{os.cpu_count()} cores, {time.perf_counter() - begin:.0f} s in all.")


if __name__ == "__main__":
    main()
