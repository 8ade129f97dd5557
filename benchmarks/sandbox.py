"""What caging costs for each submission: start a cage, import a module, fork, put one 64x64 question, kill everything.

    python -m benchmarks.sandbox [--runs N] [--levels warm,cold,none]

CPU time is that of the judge and of every process that it has started, those that have ended too, as the system adds
it up. The first submission, with the start of the zygote, does not count. The time inside the question is measured with
more questions. Beside each stands what importing torch costs at that moment: a busy machine makes both dearer.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from grader import wire
from grader.draw import Draw
from grader.sandbox import LEVELS, open_sandbox
from grader.sandbox.cage import Cage
from grader.sandbox.processes import descendants

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
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--levels", default="warm,cold,none")
    parser.add_argument("--child", nargs=3, metavar=("LEVEL", "SUBMISSIONS", "QUESTIONS"), help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.child:
        print(json.dumps(child(told.child[0], int(told.child[1]), int(told.child[2]))))
        return
    print("| level | CPU, ms | of it in the question | wall, ms | `import torch`, ms of CPU |\n|---|---|---|---|---|")
    for level in told.levels.split(","):
        if level not in LEVELS:
            parser.error(f"there is no level {level}")
        cpu, question, wall = measure(level, told.runs if level == "warm" else max(told.runs // 10, 2))
        print(f"| {level} | {cpu:.1f} | {question:.2f} | {wall:.1f} | {1e3 * torch_seconds():.0f} |", flush=True)
        if level == "warm":
            met = "met" if cpu - question <= TARGET else "missed"
            print(f"|  | {cpu - question:.1f} beyond the question (aim: at most {TARGET:g}, {met}) | | | |", flush=True)


def measure(level: str, runs: int) -> tuple[float, float, float]:
    """Milliseconds for one submission: CPU, CPU inside its question, wall."""
    once, more = (run(level, runs, questions) for questions in (1, 1 + MORE))
    return once["cpu"], (more["cpu"] - once["cpu"]) / MORE, once["wall"]


def run(level: str, submissions: int, questions: int) -> dict[str, float]:
    """What a submission has used, measured in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.sandbox", "--child", level, str(submissions), str(questions)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def child(level: str, submissions: int, questions: int) -> dict[str, float]:
    """Grade a submission so many times and once before; milliseconds for one of them, CPU (mean) and wall (median)."""
    walls: list[float] = []
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
        begun = 0.0
        try:
            for number in range(submissions + 1):
                if number == 1:
                    begun = used()
                start = time.perf_counter()
                with sandbox.cage(mine, checks, Path(folder, "given")) as cage:
                    one(cage, mine, checks, question, questions)
                walls.append(time.perf_counter() - start)
            spent = used() - begun
        finally:
            sandbox.close()
    return {"cpu": 1e3 * spent / submissions, "wall": 1e3 * statistics.median(walls[1:])}


def used() -> float:
    """Seconds of CPU of this process, of those below it, and of all that they have waited for."""
    seconds = 0.0
    for pid in (os.getpid(), *descendants(os.getpid())):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        seconds += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return seconds


def torch_seconds() -> float:
    """Seconds of CPU that a process takes to import torch and to end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", "import torch"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


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
