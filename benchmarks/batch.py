"""What a batch costs for each submission, and beside it a plain pytest process, nbgrader and otter-grader.

    python -m benchmarks.batch [--submissions N] [--jobs 1,2] [--pytest N] [--rivals N] [--timed] [--sandbox LEVEL]
                               [--write] [--afresh]

The class is a mixture over a1: references, other people's styles, half right ones, stubs, slow ones, what does not
parse, what kills itself, half of what is asked for, damaged archives. CPU time is that of everything that was started,
as a control group adds it up where one can be made; without the start of the batch, which is that of a batch of one.
`in their code` is what the workers tell of the time inside questions whose answers were compared. The others ask the
same questions of the same submissions, with the reference's answers computed in the student's process. All of it is
without timed pairs, unless --timed.

Each row is kept in .cache/benchmarks as soon as it is measured, and measured once: what was stopped goes on, --afresh
begins again. --write puts the table into benchmarks/batch.md. nbgrader and otter-grader take part where
`make bench-rivals` has installed them.
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
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks import rivals
from grader import interview, wire
from grader.batch import Batch, Ended, Request, run_batch
from grader.course import Course, find_course
from grader.gradebook import Gradebook

KEPT = Path(".cache/benchmarks")
SLOW = """
def compute_distances_two_loops(x_train, x_test):
    train, test = x_train.flatten(1).tolist(), x_test.flatten(1).tolist()
    return x_train.new_tensor(
        [[sum((a - b) ** 2 for a, b in zip(row, other)) ** 0.5 for other in test] for row in train]
    ).reshape(len(train), len(test))


compute_distances_one_loop = compute_distances_two_loops
"""
HOSTILE = "import os, signal\nprint('x' * 10_000)\nos.kill(os.getpid(), signal.SIGKILL)\n"
GROUP = Path("/sys/fs/cgroup/cpuacct")
_numbers = count()

TESTS = """
import importlib, sys
from pathlib import Path
import pytest, torch
from grader.course import find_course
from grader.question import draw, map_arrays
from grader.worker.subject import Subject

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

def tensors(inputs):
    return map_arrays(inputs, lambda array: torch.from_numpy(array.copy()))

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
        expected = exercise.ask(reference, **tensors(question.inputs))
        torch.manual_seed(question.seed)
        assert close(expected, exercise.ask(submission, **tensors(question.inputs)))
"""


def make_class(folder: Path, size: int, course: Course) -> None:
    """`size` submissions, of every kind in turn."""
    submissions = course.root / "tests" / "submissions" / "a1"
    right = course.solutions / "a1"
    texts = {name: (right / f"{name}.py").read_text() for name in ("knn", "pytorch101")}
    kinds: list[Path | dict[str, str] | bytes] = [
        *(right, submissions / "styles_1", submissions / "half", submissions / "styles_2"),
        *(course.assignments / "a1", submissions / "styles_3", right, {**texts, "knn": texts["knn"] + SLOW}),
        *({"knn": "def broken(:\n", "pytorch101": ""}, {**texts, "knn": "def broken(:\n"}),
        *({"knn": HOSTILE, "pytorch101": HOSTILE}, b"damaged"),
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


def measured(
    command: list[str], folder: Path | None = None, environment: dict[str, str] | None = None
) -> tuple[float, float, str]:
    """CPU seconds of a command and all that it has started, wall seconds, and what it printed."""
    group = GROUP / f"grader-benchmark-{os.getpid()}-{next(_numbers)}"
    try:
        group.mkdir()
    except OSError:
        group = Path()
    if group.name:
        command = ["sh", "-c", f'echo $$ > {group}/cgroup.procs; exec "$@"', "sh", *command]
    before, begin = os.times(), time.perf_counter()
    how: dict[str, Any] = {"cwd": folder, "env": environment, "stdout": subprocess.PIPE, "text": True}
    printed = subprocess.run(command, check=False, **how).stdout
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
    real = interview._response

    def each(answer: Any, seen: wire.Answer | wire.Seen) -> interview.Response:
        inside[0] += seen.cpu
        return real(answer, seen)

    interview._response = each

    def tell(ended: Ended | None) -> None:
        memory.append(int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6)

    state = Batch()
    request = Request(find_course().assignment("a1"), submissions, out, jobs=jobs, levels=(level,), timed=timed)
    run_batch(request, state, tell)
    with Gradebook.open(out) as book:
        sure = sum(not entry.is_ungraded for entry in book.entries("a1"))
    steps = [round(memory[len(memory) * part // 5]) for part in range(5)] + [round(memory[-1])]
    return {"inside": inside[0] / 1e9, "memory": steps, "sure": sure, "faults": state.faults}


class Rows:
    """What was measured, kept in a file; each row is measured once."""

    def __init__(self, file: Path, afresh: bool) -> None:
        self._file = file
        self.found: dict[str, dict[str, Any]] = {}
        if file.is_file() and not afresh:
            self.found = json.loads(file.read_text())

    def measure(self, name: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The row of this name."""
        if name not in self.found:
            load = os.getloadavg()[0]
            self.found[name] = {**make(), "load": round(load, 1), "when": datetime.now(UTC).strftime("%Y-%m-%d %H:%M")}
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_text(json.dumps(self.found, indent=2))
            print(_line(name, self.found[name]), flush=True)
        return self.found[name]


HEAD = (
    "| | submissions | CPU, s | of it in their code | wall, s | memory of the judge, MB, over time | ungraded "
    "| load before |\n"
    "|---|---|---|---|---|---|---|---|"
)


def _line(name: str, row: dict[str, Any]) -> str:
    memory, ungraded = " ".join(map(str, row.get("memory", []))), row.get("ungraded", "")
    inside = f"{row['inside']:.3f}" if "inside" in row else ""
    costs = f"{row['cpu']:.3f} | {inside} | {row['wall']:.3f}"
    return f"| {name} | {row['n']} | {costs} | {memory} | {ungraded} | {row['load']} |"


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submissions", type=int, default=1000)
    parser.add_argument("--jobs", default="1,2")
    parser.add_argument("--pytest", type=int, default=20)
    parser.add_argument("--rivals", type=int, default=20)
    parser.add_argument("--timed", action="store_true")
    parser.add_argument("--sandbox", default="warm")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--afresh", action="store_true")
    parser.add_argument("--child", nargs=3, metavar=("SUBMISSIONS", "OUT", "JOBS"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        submissions, out, jobs = asked.child
        print(json.dumps(grade(Path(submissions), Path(out), int(jobs), asked.sandbox, asked.timed)))
        return
    course = find_course()
    root = Path(tempfile.mkdtemp(prefix="grader-benchmark-"))
    timed = "-timed" * asked.timed
    rows = Rows(course.root / KEPT / f"batch-{asked.submissions}-{asked.sandbox}{timed}.json", asked.afresh)
    try:
        print(HEAD)
        for name, row in rows.found.items():
            print(_line(name, row))
        _compare(course, root, asked, rows)
    finally:
        shutil.rmtree(root)
    print(f"\n{_told(rows)}")
    if asked.write:
        _write(course, asked, rows)


def _compare(course: Course, root: Path, asked: argparse.Namespace, rows: Rows) -> None:
    make_class(root / "one", 1, course)
    make_class(root / "all", asked.submissions, course)
    places = [place for place in sorted((root / "all").iterdir()) if place.is_dir()]
    for jobs in asked.jobs.split(","):
        rows.measure(f"grader batch, {jobs} job{'s' * (jobs != '1')}", lambda jobs=jobs: _batch(root, asked, jobs))  # type: ignore[misc]
    if asked.pytest:
        rows.measure("pytest, a process for each", lambda: _pytest(course, root, places[: asked.pytest]))
    if asked.rivals and rivals.is_there(course.root):
        for name, run in (("nbgrader", rivals.nbgrader), ("otter-grader", rivals.otter)):
            chosen = places[: asked.rivals]

            def row(name: str = name, run: Any = run, chosen: list[Path] = chosen) -> dict[str, Any]:
                (root / name.partition("-")[0]).mkdir()
                cpu, wall = run(course, chosen, root, measured)
                return {"n": len(chosen), "cpu": cpu, "wall": wall}

            rows.measure(name, row)


def _batch(root: Path, asked: argparse.Namespace, jobs: str) -> dict[str, Any]:
    how = ["--sandbox", asked.sandbox, *(["--timed"] if asked.timed else [])]

    def run(which: str) -> tuple[float, float, dict[str, Any]]:
        child = [str(root / which), str(root / f"out-{which}-{jobs}"), jobs]
        cpu, wall, told = measured([sys.executable, "-m", "benchmarks.batch", *how, "--child", *child])
        return cpu, wall, json.loads(told)

    start_cpu, start_wall, first = run("one")
    cpu, wall, told = run("all")
    n = asked.submissions - 1
    return {
        "n": asked.submissions,
        "cpu": (cpu - start_cpu) / n,
        "wall": (wall - start_wall) / n,
        "inside": (told["inside"] - first["inside"]) / n,
        "memory": told["memory"],
        "ungraded": asked.submissions - told["sure"],
        "start": [start_cpu, start_wall],
    }


def _pytest(course: Course, root: Path, places: list[Path]) -> dict[str, Any]:
    found = []
    for place in places:
        test = root / f"test_{place.name}.py"
        test.write_text(TESTS.format(root=str(course.root), submission=str(place)))
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", str(test)]
        found.append(measured([*command, f"--rootdir={root}"])[:2])
    cpu, wall = (statistics.fmean(part) for part in zip(*found, strict=True))
    return {"n": len(places), "cpu": cpu, "wall": wall}


def _told(rows: Rows) -> str:
    """The two comparisons that matter, and what a start costs."""
    ours = {name: row for name, row in rows.found.items() if "inside" in row}
    others = {name: row["cpu"] for name, row in rows.found.items() if "inside" not in row}
    told = []
    for name, row in ours.items():
        start = f"its start takes {row['start'][0]:.1f} s of CPU time and {row['start'][1]:.1f} s"
        line = f"{name}: {row['cpu'] / max(row['inside'], 1e-9):.1f} times the CPU time inside student code; {start}"
        if others:
            best = min(others, key=lambda other: others[other])
            line += f"; {best}, the cheapest of the others, takes {others[best] / row['cpu']:.1f} times as much"
        told.append(f"- {line}.")
    return "\n".join(told)


def _write(course: Course, asked: argparse.Namespace, rows: Rows) -> None:
    """benchmarks/batch.md."""
    command = f"python -m benchmarks.batch --submissions {asked.submissions}" + " --timed" * asked.timed
    lines = [_line(name, row) for name, row in rows.found.items()]
    days = sorted(row["when"] for row in rows.found.values())
    text = f"""# What a batch costs

Output of `{command}` on a machine with {os.cpu_count()} cores, {days[0]} to {days[-1]} UTC. A mixture over
a1: right, in other styles, half right, slow, not written, broken, hostile, damaged. CPU and wall time are for each
submission, without the start of the batch; `in their code` is what the workers tell of the time inside questions whose
answers were compared (those about rules, and whatever ended without an answer, come on top); `load before` is how busy
the machine was with other things when a row began: a busy one takes more CPU time for the same.

{HEAD}
{chr(10).join(lines)}

{_told(rows)}
"""
    (course.root / "benchmarks" / "batch.md").write_text(text)


if __name__ == "__main__":
    main()
