"""What grading costs beyond what cannot be avoided: `grader check a1` on the reference, against importing torch once
plus the time inside the questions, all on one core. A cage is a fresh interpreter that imports torch beside the
reference's: on one core that shows, with a second one it hardly does.

    python -m benchmarks.startup [--runs N]
"""

from __future__ import annotations

import argparse
import compileall
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import grader
from grader import wire
from grader.course import find_course
from grader.grading import check
from grader.judge import Options
from grader.peer import Peer
from grader.submission import open_submission

TARGET = 1.5


def seconds(command: list[str]) -> float:
    """Wall time of a command that must succeed."""
    begin = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begin


def inside_questions() -> float:
    """Wall time between sending a question (or an import) and its answer, summed over one check of the reference."""
    spent = 0.0
    asked = Peer.call_encoded

    def timed(self: Peer, *args: object, **kwargs: object) -> object:
        nonlocal spent
        begin = time.perf_counter()
        try:
            return asked(self, *args, **kwargs)  # type: ignore[arg-type]
        finally:
            if not kwargs.get("descriptors") or _is_question(args[0]):
                spent += time.perf_counter() - begin

    Peer.call_encoded = timed  # type: ignore[assignment, method-assign]
    try:
        assignment = find_course(Path(__file__)).assignment("a1")
        check(assignment, open_submission(assignment.solution, assignment.checks.modules), Options())
    finally:
        Peer.call_encoded = asked  # type: ignore[method-assign]
    return spent


def _is_question(frame: object) -> bool:
    return isinstance(frame, list) and b"spawn" not in bytes(frame[0][: wire.HEADER.size + 32])


def median(measure: Callable[[], float], runs: int) -> float:
    """The median of so many measurements, after one that does not count."""
    measure()
    return statistics.median(measure() for _ in range(runs))


def both(runs: int) -> tuple[float, float]:
    """The seconds of the command, and of the same without a cage."""
    command = [sys.executable, "-m", "grader.cli", "check", "a1", "--submission", "solutions/a1"]
    return median(lambda: seconds(command), runs), median(lambda: seconds([*command, "--sandbox", "none"]), runs)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    if cores:
        os.sched_setaffinity(0, {min(cores)})
    compileall.compile_dir(Path(grader.__file__).parent, quiet=2)  # as it is where it was installed
    torch = median(lambda: seconds([sys.executable, "-c", "import torch"]), runs)
    own = median(lambda: seconds([sys.executable, "-c", "import grader.cli.check"]), runs)
    questions = median(inside_questions, runs)
    caged, plain = both(runs)
    print(f"| on one core, median of {runs} | seconds |\n|---|---|")
    print(f"| `import torch` | {torch:.2f} |\n| inside the questions | {questions:.2f} |")
    print(f"| what the command imports | {own:.2f} |")
    print(f"| `grader check a1` on the reference | {caged:.2f} |")
    print(f"| the same with `--sandbox none` | {plain:.2f} |")
    print(f"| ratio (aim: at most {TARGET}) | {caged / (torch + questions):.2f} |")
    if len(cores) > 1:
        os.sched_setaffinity(0, cores)
        caged, plain = both(runs)
        print(f"| on {len(cores)} cores: `grader check a1`, and with `--sandbox none` | {caged:.2f}, {plain:.2f} |")


if __name__ == "__main__":
    main()
