"""All proofs about some assignments, in parallel."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby

from grader.course import Assignment
from grader.gpu import GPU
from grader.oracle import OracleFault
from grader.sandbox import Plain, gpu_of, usable
from grader.validate import cuda, exercises, mutation, references, release
from grader.validate.bench import Bench
from grader.validate.cache import Cache, contents, key
from grader.validate.findings import Finding
from grader.validate.speed import speed


@dataclass(frozen=True)
class Task:
    """One proof; `prove` runs on the bench of whatever thread is free."""

    assignment: Assignment
    proof: str
    subject: str
    prove: Callable[[Bench], Finding]


def validate(
    assignments: Sequence[Assignment],
    *,
    jobs: int = 1,
    cache: Cache | None = None,
    sample: int | None = None,
    only: Callable[[str, str], bool] = lambda proof, subject: True,
    progress: Callable[[Finding], None] = lambda finding: None,
    device: str = "cpu",
) -> list[Finding]:
    """Every proof that `only(proof, subject)` admits, and with `sample` only that many mutants of each assignment; with
    `device` "cuda" those about a GPU instead. A proof that fails for a reason of its own is a gap, never passed over.
    Raises SandboxError where there is no such device."""
    cache = cache or Cache(None)
    gpu = gpu_of(device)
    if gpu is not None:
        with Plain(gpu=gpu) as nursery:
            usable(nursery)
    rests_on = {assignment.name: contents(assignment) for assignment in assignments}
    pool = _Benches(gpu)
    if gpu is None:
        tasks = [task for assignment in assignments for task in _tasks(assignment, pool, sample)]
    else:
        tasks = [task for assignment in assignments for task in _on_the_gpu(assignment)]
    tasks = [task for task in tasks if only(task.proof, task.subject)]

    def run(task: Task) -> Finding:
        name = key(rests_on[task.assignment.name], task.proof, task.subject, str(sample))
        finding = cache.get(name)
        if finding is None:
            finding = _prove(task, pool.of(task.assignment))
            cache.put(name, finding)
        progress(finding)
        return finding

    try:
        with ThreadPoolExecutor(jobs) as threads:
            return list(threads.map(run, tasks))
    finally:
        pool.close()


def _prove(task: Task, bench: Bench) -> Finding:
    try:
        return task.prove(bench)
    except OracleFault as fault:
        return Finding(task.assignment.name, task.subject, task.proof, 1, (f"{task.subject}: {fault}",))


def _tasks(assignment: Assignment, pool: _Benches, sample: int | None) -> list[Task]:
    name = assignment.name
    tasks = [
        Task(assignment, "reference", name, references.reference),
        Task(assignment, "stub", name, references.stub),
        Task(assignment, "release", name, release.secrets),
    ]
    for exercise in assignment.checks.exercises:
        if exercise.needs_cuda:
            continue
        for proof, prove in (
            ("oracle", exercises.oracle),
            ("misconception", exercises.misconceptions),
            ("null", exercises.nulls),
            ("room", exercises.room),
            ("speed", speed),
        ):
            if proof == "speed" and exercise.timed_case is None:
                continue
            tasks.append(Task(assignment, proof, exercise.id, lambda bench, e=exercise, p=prove: p(bench, e)))  # type: ignore[misc]
    for module in assignment.checks.modules:
        unasked = {e.name for e in assignment.checks.modules[module].exercises if e.needs_cuda}
        found = [m for m in mutation.all_mutants(pool.of(assignment), module) if m.scope not in unasked]
        if sample is not None:
            share = max(1, sample // len(assignment.checks.modules))
            found = random.Random(0).sample(found, min(share, len(found)))
        found.sort(key=lambda m: m.scope)
        for scope, group in groupby(found, key=lambda m: m.scope):
            chosen = list(group)
            tasks.append(
                Task(
                    assignment,
                    "mutant",
                    f"{module}.{scope}",
                    lambda bench, m=module, s=scope, c=chosen: mutation.mutation(bench, m, s, c),  # type: ignore[misc]
                )
            )
    return tasks


def _on_the_gpu(assignment: Assignment) -> list[Task]:
    """Those that need a GPU."""
    return [
        Task(assignment, "cuda", f"{assignment.name}/{module}", lambda bench, m=module: cuda.right(bench, m))  # type: ignore[misc]
        for module in assignment.checks.modules
    ]


class _Benches:
    """A bench for each thread and assignment."""

    def __init__(self, gpu: GPU | None) -> None:
        self._gpu = gpu
        self._benches: dict[tuple[int, str], Bench] = {}
        self._lock = threading.Lock()

    def of(self, assignment: Assignment) -> Bench:
        place = (threading.get_ident(), assignment.name)
        with self._lock:
            if place not in self._benches:
                self._benches[place] = Bench(assignment, self._gpu)
            return self._benches[place]

    def close(self) -> None:
        for bench in self._benches.values():
            bench.nursery.close()
