"""What a batch costs for each submission, and beside it a plain pytest process for each.

    python -m benchmarks.batch [--submissions N] [--jobs 1,2] [--pytest N] [--timed] [--sandbox LEVEL]

The class is a mixture over a1: references, other people's styles, half right ones, stubs, what does not parse, what
kills itself, half of what is asked for, damaged archives. CPU time is that of everything that was started, as a control
group adds it up where one can be made; without the start of the batch, which is that of a batch of one. `in their code`
is what the workers tell of the time inside questions. pytest asks the same questions of the same submissions in one
process, with the reference's answers computed there. All of it is without timed pairs, unless --timed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

from grader import interview, wire
from grader.batch import Batch, Ended, Request, run_batch
from grader.course import Course, find_course
from grader.gradebook import Gradebook

HOSTILE = "import os, signal\nprint('x' * 10_000)\nos.kill(os.getpid(), signal.SIGKILL)\n"
GROUP = Path("/sys/fs/cgroup/cpuacct")
_numbers = count()

TESTS = """
import importlib, sys
from pathlib import Path
import pytest, torch
from grader.course import find_course
from grader.question import draw

from grader.worker.subject import Subject
from grader.worker.tensors import from_wire

root, here = Path({root!r}), Path({submission!r})
course = find_course(root)
assignment = course.assignment("a1")
sys.path.insert(0, str(course.given))

def module(folder, name):
    sys.path.insert(0, str(folder))
    for known in assignment.checks.modules:
        sys.modules.pop(known, None)
    try:
        return Subject(importlib.import_module(name), assignment.checks.modules[name].also)
    finally:
        sys.path.remove(str(folder))

def close(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(close(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(close, a, b))
    if isinstance(a, torch.Tensor):
        return a.shape == b.shape and torch.allclose(a.double(), torch.as_tensor(b).double(), rtol=1e-6)
    return a == b or abs(a - b) < 1e-6

@pytest.fixture(scope="module", params=list(assignment.checks.modules))
def both(request):
    return module(assignment.solution, request.param), module(here, request.param), request.param

@pytest.mark.parametrize("exercise", list(assignment.checks.exercises), ids=lambda e: e.id)
def test(exercise, both):
    reference, submission, name = both
    if exercise.module.name != name or exercise.needs_cuda:
        pytest.skip("another module")
    cases = [*exercise.cases, *([exercise.timed_case] if exercise.timed_case else [])]
    for case in cases:
        question = draw(exercise, case, b"secret", course.assignments)
        torch.manual_seed(question.seed)
        expected = exercise.ask(reference, **from_wire(question.inputs))
        torch.manual_seed(question.seed)
        assert close(expected, exercise.ask(submission, **from_wire(question.inputs)))
"""


def make_class(folder: Path, size: int, course: Course) -> None:
    """`size` submissions, of every kind in turn."""
    submissions = course.root / "tests" / "submissions" / "a1"
    kinds: list[Path | dict[str, str] | bytes] = [
        *(course.solutions / "a1", submissions / "styles_1", submissions / "half", submissions / "styles_2"),
        *(course.assignments / "a1", submissions / "styles_3", course.solutions / "a1"),
        *({"knn": "def broken(:\n", "pytorch101": ""}, {"knn": HOSTILE, "pytorch101": HOSTILE}, b"damaged"),
    ]
    for number in range(size):
        kind, place = kinds[number % len(kinds)], folder / f"s{number:04}"
        if isinstance(kind, bytes):
            place.with_suffix(".zip").write_bytes(kind + str(number).encode())
            continue
        place.mkdir(parents=True)
        for name in ("knn", "pytorch101"):
            source = kind[name] if isinstance(kind, dict) else (kind / f"{name}.py").read_text()
            (place / f"{name}.py").write_text(f"{source}\n# {number}\n")


def measured(command: list[str]) -> tuple[float, float, str]:
    """CPU seconds of a command and all that it has started, wall seconds, and what it printed."""
    group = GROUP / f"grader-benchmark-{os.getpid()}-{next(_numbers)}"
    try:
        group.mkdir()
    except OSError:
        group = Path()
    if group.name:
        command = ["sh", "-c", f'echo $$ > {group}/cgroup.procs; exec "$@"', "sh", *command]
    before, begin = os.times(), time.perf_counter()
    printed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout
    wall, after = time.perf_counter() - begin, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    if group.name:
        cpu = int((group / "cpuacct.usage").read_text()) / 1e9
        _remove(group)
    return cpu, wall, printed


def _remove(group: Path) -> None:
    for folder in sorted(group.rglob("*/"), reverse=True):
        try:
            folder.rmdir()
        except OSError:
            continue
    try:
        group.rmdir()
    except OSError:
        pass


def grade(submissions: Path, out: Path, jobs: int, level: str, timed: bool) -> dict[str, object]:
    """In a process of its own: a batch, the time in student code, and this process's memory over time."""
    inside, memory = [0], []

    def told(reply: wire.Reply, data: memoryview, real: Callable[..., interview.Response] = interview.response_of):
        if isinstance(reply, wire.Answer):
            inside[0] += reply.cpu
        return real(reply, data)

    interview.response_of = told

    def tell(ended: Ended | None) -> None:
        memory.append(int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6)

    state = Batch()
    request = Request(find_course().assignment("a1"), submissions, out, jobs=jobs, levels=(level,), timed=timed)
    run_batch(request, state, tell)
    with Gradebook.open(out) as book:
        sure = sum(not entry.is_ungraded for entry in book.entries("a1"))
    steps = [round(memory[len(memory) * part // 5]) for part in range(5)] + [round(memory[-1])]
    return {"inside": inside[0] / 1e9, "memory": steps, "sure": sure, "faults": state.faults}


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submissions", type=int, default=1000)
    parser.add_argument("--jobs", default="1,2")
    parser.add_argument("--pytest", type=int, default=20)
    parser.add_argument("--timed", action="store_true")
    parser.add_argument("--sandbox", default="warm")
    parser.add_argument("--child", nargs=3, metavar=("SUBMISSIONS", "OUT", "JOBS"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        submissions, out, jobs = asked.child
        print(json.dumps(grade(Path(submissions), Path(out), int(jobs), asked.sandbox, asked.timed)))
        return
    course = find_course()
    root = Path(tempfile.mkdtemp(prefix="grader-benchmark-"))
    try:
        _compare(course, root, asked)
    finally:
        shutil.rmtree(root)


def _compare(course: Course, root: Path, asked: argparse.Namespace) -> None:
    make_class(root / "one", 1, course)
    make_class(root / "all", asked.submissions, course)
    print("| | submissions | CPU, s | of it in their code | wall, s | memory of the judge, MB, over time | ungraded |")
    print("|---|---|---|---|---|---|---|")
    for jobs in asked.jobs.split(","):
        how = ["--sandbox", asked.sandbox, *(["--timed"] if asked.timed else [])]

        def run(which: str, jobs: str = jobs, how: list[str] = how) -> tuple[float, float, dict[str, object]]:
            child = [str(root / which), str(root / f"out-{which}-{jobs}"), jobs]
            cpu, wall, told = measured([sys.executable, "-m", "benchmarks.batch", *how, "--child", *child])
            return cpu, wall, json.loads(told)

        start_cpu, start_wall, first = run("one")
        cpu, wall, told = run("all")
        n = asked.submissions - 1
        inside = (told["inside"] - first["inside"]) / n  # type: ignore[operator]
        ungraded = asked.submissions - told["sure"]  # type: ignore[operator]
        start = f"{start_cpu:.1f} s CPU, {start_wall:.1f} s for the start"
        what = f"grader batch, {jobs} job{'s' * (jobs != '1')} ({start})"
        memory = " ".join(map(str, told["memory"]))  # type: ignore[call-overload]
        costs = f"{(cpu - start_cpu) / n:.3f} | {inside:.3f} | {(wall - start_wall) / n:.3f}"
        print(f"| {what} | {asked.submissions} | {costs} | {memory} | {ungraded} |", flush=True)
    pytests = []
    for place in sorted((root / "all").iterdir())[: asked.pytest]:
        if place.is_dir():
            test = root / f"test_{place.name}.py"
            test.write_text(TESTS.format(root=str(course.root), submission=str(place)))
            command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", str(test)]
            pytests.append(measured([*command, f"--rootdir={root}"])[:2])
    if pytests:
        cpu, wall = (statistics.fmean(part) for part in zip(*pytests, strict=True))
        print(f"| pytest, a process for each | {len(pytests)} | {cpu:.3f} | | {wall:.3f} | | |")


if __name__ == "__main__":
    main()
