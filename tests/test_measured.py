"""Questions by which rules are measured: whoever is right where nothing is measured, and not there, gains nothing; who
is right in another style, or on a slow machine, loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from grader import measured, wire
from grader.course import Assignment, find_course
from grader.explain import Explanation
from grader.judge import Judge, Options
from grader.measured import Measuring
from grader.oracle import Oracle
from grader.peer import Lost, PeerLost
from grader.response import Response
from grader.result import ExerciseResult, Verdict
from grader.sandbox import Plain
from grader.submission import open_submission
from tests.conftest import ROOT, one

Ask = Callable[[str], ExerciseResult]

STYLES = {
    "with vmap": """
norms = torch.vmap(lambda row: row.square().sum())
return norms(a)[:, None] + norms(b) - 2 * a @ b.T
""",
    "in place, in inference mode": """
with torch.inference_mode():
    out = torch.einsum("nd,md->nm", a, b).mul_(-2)
    return out.add_(a.square().sum(1)[:, None]).add_(b.square().sum(1))
""",
    "in NumPy": """
x, y = a.numpy(), b.numpy()
return torch.from_numpy((x**2).sum(1)[:, None] + (y**2).sum(1) - 2 * x @ y.T)
""",
    "with a function of autograd's": """
class Squares(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return (x * x).sum(1)
return Squares.apply(a)[:, None] + Squares.apply(b) - 2 * a @ b.T
""",
    "with a pool of threads": """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(2) as pool:
    product = pool.submit(torch.mm, a, b.T)
    left, right = a.square().sum(1), b.square().sum(1)
return left[:, None] + right - 2 * product.result()
""",
    "compiled from a script": "return _script(a, b)",
    "with a first call that loads what it needs": """
import scipy.spatial
return (a * a).sum(1, keepdim=True) + (b * b).sum(1) - 2 * a.mm(b.t())
""",
}
TOP = """
import torch

@torch.jit.script
def _script(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return (a * a).sum(1, keepdim=True) + (b * b).sum(1) - 2 * a.mm(b.t())

def gaps(a, b):
    """


@pytest.fixture
def ask(nursery: Plain, tmp_path: Path) -> Ask:
    """`ask(body, seconds)`: the result of `gaps` with this body."""
    timed: Assignment = find_course(ROOT / "tests" / "courses" / "timed").assignment("k1")

    def run(body: str) -> ExerciseResult:
        (tmp_path / "kernels.py").write_text(TOP + body.strip().replace("\n", "\n    "))
        judge = Judge(timed, Oracle(nursery, timed), nursery, Options(exercises=("kernels.gaps",)))
        return one(judge.grade(open_submission(tmp_path, timed.checks.modules), "none"), "gaps")

    return run


@pytest.mark.parametrize("style", STYLES)
def test_who_is_right_is_right_where_it_is_measured(ask: Ask, style: str) -> None:
    result = ask(STYLES[style])
    assert (result.verdict, result.points) == (Verdict.RIGHT, 40), result.sentence


class Worker:
    """Counts in so many seconds, and answers in so many where nothing is counted."""

    def __init__(self, counted: float, plain: float) -> None:
        self.takes = {"count": counted, "plain": plain}
        self.given: list[tuple[str, float]] = []
        self.now = 0.0

    def call_encoded(self, frame: str, *, seconds: float) -> tuple[wire.Reply, memoryview]:
        self.given.append((frame, seconds))
        self.now += min(self.takes[frame], seconds)
        if self.takes[frame] > seconds:
            raise PeerLost(Lost.TIMED_OUT)
        outputs = wire.Packer().pack({"gaps": 1.0})
        reply = wire.Answer(outputs, []) if frame == "plain" else wire.Counted(3, True, [], outputs)
        return reply, memoryview(b"")


@pytest.fixture
def measure(monkeypatch: pytest.MonkeyPatch) -> Callable[[Worker], Explanation | None]:
    """What is wrong with who counts like this worker, where 10 s are usual."""
    exercise: Any = find_course(ROOT / "tests" / "courses" / "timed").assignment("k1").checks["kernels.gaps"]
    question: Any = SimpleNamespace(exercise=exercise, case=SimpleNamespace(hidden=False, name="x"), frame="plain")
    reference = wire.Counted(3, True, [])
    yardstick: Any = SimpleNamespace(
        sizes=lambda exercise: (2, 4),
        question=lambda exercise, label, n: question,
        counts=lambda exercise, questions: (reference, reference),
        count=lambda question, limit: "count",
        expected=lambda question, edition: None,
    )

    def run(worker: Worker) -> Explanation | None:
        monkeypatch.setattr(measured, "time", SimpleNamespace(monotonic=lambda: worker.now))
        sitting: Any = SimpleNamespace(again=lambda: worker, fresh=lambda: (worker, None))
        interview: Any = SimpleNamespace(gone=lambda worker, lost: Response(lost=lost))
        return Measuring(yardstick, interview, sitting, exercise, None, lambda *told, **how: None).operations()[1]

    return run


def test_a_slow_machine_is_waited_for(measure: Callable[[Worker], Explanation | None]) -> None:
    assert measure(Worker(counted=0.1, plain=0.1)) is None
    assert measure(Worker(counted=29.0, plain=0.1)) is None  # three times the usual time
    assert measure(Worker(counted=29.0, plain=28.0)) is None
    assert measure(Worker(counted=70.0, plain=4.0)) is None  # what is counted may be so much slower


def test_who_sleeps_where_it_is_measured_is_not_waited_for_long(
    measure: Callable[[Worker], Explanation | None],
) -> None:
    why = measure(worker := Worker(counted=1e9, plain=0.1))
    assert why is not None and why.verdict is Verdict.BROKE_RULE
    assert "where its operations are counted, it did not end within 10 s" in why.sentence
    assert sum(seconds for frame, seconds in worker.given if frame == "count") <= 50
    why = measure(worker := Worker(counted=1e9, plain=1e9))
    assert why is not None and why.verdict is Verdict.TIMED_OUT
    assert len(worker.given) == 2
