"""How fast the references are on a GPU: each kernel against the best library call on the same inputs.

    python -m benchmarks.cuda [--pairs N] [--out FILE]

The inputs are those of the exercise's timed case, and of the same case four times as large where it can be drawn so, in
both float types. A reading is the wall time of CALLS calls, with the device waited for before and after; the two sides
take turns, and a ratio is the median of the paired ratios. Both answers are compared before the clock runs.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import sys
import time
from pathlib import Path

import torch

from benchmarks.kernels import MATCHES, Inputs, Kernel, Match, agree, is_float, norm_inputs
from grader.clock import fresh
from grader.course import find_course
from grader.files import write_atomically
from grader.gpu import MISSING, find
from grader.spec import CheckError
from grader.wire import Tensor as Wired
from grader.worker.tensors import from_wire, map_leaves

CALLS = 20
SIZES = (1, 4)  # times that of the timed case


def inputs(match: Match, dtype: torch.dtype, times: int) -> Inputs:
    """Those of the exercise's timed case at so many times its size, on the GPU. Raises CheckError."""
    assignment = find_course(Path(__file__)).assignment(match.assignment)
    exercise = assignment.checks[match.exercise]
    assert exercise.timed_case is not None
    n = exercise.timed_case.size * times
    question = fresh(exercise, b"benchmark", assignment.course.assignments, 0, n=n)
    wired = map_leaves(question.inputs, lambda leaf: Wired.of(leaf) if hasattr(leaf, "dtype") else leaf)
    placed = from_wire(wired, lambda tensor: tensor.to("cuda"))
    return norm_inputs(map_leaves(placed, lambda leaf: leaf.to(dtype) if is_float(leaf) else leaf))


def wall(kernel: Kernel) -> float:
    """Seconds of one call, in the mean."""
    torch.cuda.synchronize()
    begin = time.perf_counter()
    for _ in range(CALLS):
        kernel()
    torch.cuda.synchronize()
    return (time.perf_counter() - begin) / CALLS


def measured(reference: Kernel, library: Kernel, pairs: int) -> tuple[float, float, float]:
    """Medians: the reference's seconds, the library's, and their ratio."""
    for kernel in (reference, library):
        wall(kernel)
    readings = []
    for i in range(pairs):
        if i % 2:
            own, theirs = wall(reference), wall(library)
        else:
            theirs, own = wall(library), wall(reference)
        readings.append((own, theirs))
    ours, others = zip(*readings, strict=True)
    return statistics.median(ours), statistics.median(others), statistics.median(a / b for a, b in readings)


def row(match: Match, dtype: torch.dtype, times: int, pairs: int) -> str | None:
    """A line of the table; None where the case cannot be drawn so large."""
    try:
        i = inputs(match, dtype, times)
    except CheckError:
        return None
    reference = match.reference_of(importlib.import_module(match.exercise.partition(".")[0]), i)
    library = match.library_of(i)
    name, kind = match.exercise.partition(".")[2], str(dtype).removeprefix("torch.")
    told = f"| `{name}` | x{times} | `{match.library}` | {kind} |"
    if not agree(reference(), library()):
        return f"{told} they do not agree | | |"
    own, theirs, ratio = measured(reference, library, pairs)
    return f"{told} {own * 1e3:.3f} ms | {theirs * 1e3:.3f} ms | {ratio:.2f} |"


def main() -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--out", type=Path)
    told = parser.parse_args()
    if find() is None or not torch.cuda.is_available():
        print(MISSING, file=sys.stderr)
        return 2
    torch.backends.cudnn.allow_tf32 = False
    root = Path(__file__).resolve().parent.parent
    folders = dict.fromkeys(match.assignment for match in MATCHES)
    sys.path[:0] = [str(root / "assignments" / "given"), *(str(root / "solutions" / name) for name in folders)]
    lines = [
        "# The references' kernels on a GPU",
        "",
        f"{torch.cuda.get_device_name(0)}, torch {torch.__version__}, tf32 off; `python -m benchmarks.cuda`, "
        f"median of {told.pairs} pairs of {CALLS} calls.",
        "",
        "| exercise | size | library | dtype | reference | library | ratio |",
        "|---|---|---|---|---|---|---|",
    ]
    print("\n".join(lines), flush=True)
    for match in MATCHES:
        for times in SIZES:
            for dtype in (torch.float64, torch.float32):
                line = row(match, dtype, times, told.pairs)
                if line is not None:
                    lines.append(line)
                    print(line, flush=True)
                torch.cuda.empty_cache()
    if told.out is not None:
        write_atomically(told.out, ("\n".join(lines) + "\n").encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
