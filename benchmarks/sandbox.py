"""What caging costs for each submission: start a cage, import a module, fork, put one 64x64 question, kill everything.

    python -m benchmarks.sandbox [--runs N] [--levels warm,cold,none]

CPU time is that of the judge and of every process that it has started, as the system adds it up when they have ended.
It is measured over 1 and over N + 1 submissions, each in a process of its own, and the difference counts. The time
inside the question is measured in the same way, with more questions.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from grader import wire
from grader.draw import Draw
from grader.sandbox import LEVELS, open_sandbox
from grader.sandbox.cage import Cage

TARGET = 40.0  # ms of CPU for a submission under `warm`, beyond the time inside the question
MORE = 20  # questions, to measure one

CHECKS = """
from grader.spec import Checks
checks = Checks("b", title="A benchmark")
products = checks.module("products")
@products.exercise("product", points=100)
def product(sub, x, y):
    "A product."
    return {"out": sub.product(x, y)}
@product.case
def square(draw):
    return dict(x=draw.normal(64, 64), y=draw.normal(64, 64))
"""
SUBMISSION = "import torch\ndef product(x, y):\n    return (x @ y).relu()\n"


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--levels", default="warm,cold,none")
    parser.add_argument("--child", nargs=3, metavar=("LEVEL", "SUBMISSIONS", "QUESTIONS"), help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.child:
        print(json.dumps(child(told.child[0], int(told.child[1]), int(told.child[2]))))
        return
    print("| level | CPU, ms | of it in the question | wall, ms |\n|---|---|---|---|")
    for level in told.levels.split(","):
        if level not in LEVELS:
            parser.error(f"there is no level {level}")
        runs = told.runs if level == "warm" else max(told.runs // 4, 2)
        cpu, question, wall = measure(level, runs)
        print(f"| {level} | {cpu:.1f} | {question:.2f} | {wall:.1f} |", flush=True)
        if level == "warm":
            verdict = "met" if cpu - question <= TARGET else "missed"
            print(
                f"|  | beyond the question {cpu - question:.1f} (aim: at most {TARGET:g}, {verdict}) | | |", flush=True
            )


def measure(level: str, runs: int) -> tuple[float, float, float]:
    """Milliseconds for one submission: CPU, CPU inside its question, wall."""
    begin, end, asked = (run(level, *what) for what in ((1, 1), (runs + 1, 1), (runs + 1, 1 + MORE)))
    cpu = (end["cpu"] - begin["cpu"]) / runs
    question = (asked["cpu"] - end["cpu"]) / (runs + 1) / MORE
    return 1e3 * cpu, 1e3 * question, 1e3 * end["wall"]


def run(level: str, submissions: int, questions: int) -> dict[str, float]:
    """What so many submissions have used, measured in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.sandbox", "--child", level, str(submissions), str(questions)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def child(level: str, submissions: int, questions: int) -> dict[str, float]:
    """Grade a submission so many times; seconds of CPU for all, and the median wall time for one."""
    walls = []
    with tempfile.TemporaryDirectory() as folder:
        mine = Path(folder, "submission")
        mine.mkdir()
        (mine / "products.py").write_text(SUBMISSION)
        checks = Path(folder, "checks.py")
        checks.write_text(CHECKS)
        draw = Draw(b"benchmark", "square")
        packer = wire.Packer()
        inputs = packer.pack({"x": draw.normal(64, 64), "y": draw.normal(64, 64)})
        question = wire.encode(wire.Ask("products.product", inputs, 0), packer)
        sandbox = open_sandbox(level)
        try:
            for _ in range(submissions):
                start = time.perf_counter()
                with sandbox.cage(mine, checks, Path(folder, "given")) as cage:
                    one(cage, mine, checks, question, questions)
                walls.append(time.perf_counter() - start)
        finally:
            sandbox.close()
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {"cpu": sum(use.ru_utime + use.ru_stime for use in used), "wall": sorted(walls)[len(walls) // 2]}


def one(cage: Cage, submission: Path, checks: Path, question: wire.Encoded, questions: int) -> None:
    """What the judge does with a submission of one module and one exercise."""
    folder = submission if cage.paths is None else cage.paths.submission
    file = checks if cage.paths is None else cage.paths.checks
    module = cage.open()
    load = wire.LoadModule(folder=str(folder), module="products", siblings=[], given="/nonexistent", checks=str(file))
    reply, _ = module.call(load, seconds=30)
    assert isinstance(reply, wire.Loaded) and reply.failure is None, reply
    worker = cage.spawn(module)
    for _ in range(questions):
        reply, _ = worker.call_encoded(question, seconds=30)
        assert isinstance(reply, wire.Answer), reply
    cage.end(worker)
    cage.end(module)


if __name__ == "__main__":
    main()
