"""The reference scores everything, the stub nothing."""

from __future__ import annotations

from grader import stubs
from grader.judge import Options
from grader.result import Verdict
from grader.validate.bench import SECRETS, Bench
from grader.validate.findings import Finding


def reference(bench: Bench) -> Finding:
    """All points under several secrets, without a hint, and in the other float type too."""
    name, gaps, tried = bench.assignment.name, [], 0
    for secret in SECRETS:
        for one in bench.grade(bench.assignment.solution, Options(secret=secret)).exercises:
            if one.out_of == 0:
                continue
            tried += 1
            if one.verdict is not Verdict.RIGHT or one.points != one.out_of:
                gaps.append(f"the reference's {one.id} is {one.verdict.words}: {one.sentence}")
            elif one.hints:
                gaps.append(f"the reference's {one.id} is right and gets a hint: {one.hints[0]}")
            elif any("only" in note for note in one.notes):
                gaps.append(f"the reference's {one.id} {one.notes[0]}")
    return Finding(name, name, "reference", tried, tuple(dict.fromkeys(gaps)))


def stub(bench: Bench) -> Finding:
    """No points, nothing but `not attempted`, and every generated file is the one that would be generated now."""
    name, gaps, tried = bench.assignment.name, [], 0
    for path in stubs.stale(bench.assignment):
        gaps.append(f"{path.name} is out of step with its source; run grader stubs {name}")
    for one in bench.grade(bench.assignment.folder, Options()).exercises:
        tried += 1
        if one.points or one.verdict not in (Verdict.NOT_ATTEMPTED, Verdict.NEEDS_CUDA):
            gaps.append(f"the stub of {one.id} has {one.points:g} points: {one.verdict.words}, {one.sentence}")
    tried += len(stubs.generated(bench.assignment))
    return Finding(name, name, "stub", tried, tuple(gaps))
