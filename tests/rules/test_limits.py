"""Rules that are kept by what a submission does: its tensor operations and its memory; and what a broken rule costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from grader.course import Assignment, find_course
from grader.judge import Judge, Options
from grader.oracle import Oracle
from grader.report.terminal import lines
from grader.result import ExerciseResult, Verdict
from grader.sandbox import Plain
from grader.submission import open_submission
from tests.conftest import ROOT, one

Gaps = Callable[[str], ExerciseResult]

RIGHT = "return (a * a).sum(1, keepdim=True) + (b * b).sum(1) - 2 * torch.mm(a, b.T)"
PAIRS = "torch.stack([torch.stack([((p - q) ** 2).sum() for q in b]) for p in a])"
ROWS = "torch.stack([((p - b) ** 2).sum(1) for p in a])"


@pytest.fixture(scope="module")
def timed() -> Assignment:
    return find_course(ROOT / "tests" / "courses" / "timed").assignment("k1")


@pytest.fixture(scope="module")
def timed_oracle(nursery: Plain, timed: Assignment) -> Oracle:
    return Oracle(nursery, timed)


@pytest.fixture
def gaps(nursery: Plain, timed: Assignment, timed_oracle: Oracle, tmp_path: Path) -> Gaps:
    """`gaps(body)`: the result of the exercise of that name, without the clock."""

    def run(body: str) -> ExerciseResult:
        indented = body.strip().replace("\n", "\n    ")
        (tmp_path / "kernels.py").write_text(f"import torch\n\n\ndef gaps(a, b):\n    {indented}\n")
        judge = Judge(timed, timed_oracle, nursery, Options(exercises=("kernels.gaps",), timed=False))
        return one(judge.grade(open_submission(tmp_path, timed.checks.modules), "none"), "gaps")

    return run


def test_the_reference_keeps_every_rule(gaps: Gaps) -> None:
    result = gaps(RIGHT)
    assert (result.verdict, result.points, result.notes) == (Verdict.RIGHT, 40, ())


def test_a_loop_in_the_source_costs_the_points_and_is_named(gaps: Gaps) -> None:
    result = gaps(f"return {PAIRS}")
    assert (result.verdict, result.points, result.cause) == (Verdict.BROKE_RULE, 0, "LoopLimit")
    assert result.sentence == (
        "it has 2 Python loops in line 5 of kernels.py; the rule is: no Python loop, comprehension, map or recursion"
    )


@pytest.mark.parametrize(("loop", "means"), [(PAIRS, "four times"), (ROWS, "twice")])
def test_a_hidden_loop_is_counted(gaps: Gaps, loop: str, means: str) -> None:
    result = gaps(f"return eval('{loop}', dict(a=a, b=b, torch=torch))")
    assert (result.verdict, result.points, result.cause) == (Verdict.BROKE_RULE, 0, "OperationsDoNotGrow")
    sentence = result.sentence or ""
    assert f"{means} as many when n doubles: there is a Python loop over" in sentence
    assert "at n = 25 where the reference needs 9" in sentence


def test_a_hidden_function_is_seen_among_the_operations(gaps: Gaps) -> None:
    result = gaps("hidden = getattr(torch, ''.join(['c', 'dist']))\nreturn hidden(a, b) ** 2")
    assert (result.verdict, result.points, result.cause) == (Verdict.BROKE_RULE, 0, "NoCalls")
    assert (result.sentence or "").startswith("it uses `torch.cdist` in line 6 of kernels.py")


def test_what_was_computed_when_it_was_asked_is_counted_all_the_same(gaps: Gaps) -> None:
    """The answers are kept where no import anew would reach them; nobody is asked again where they are."""
    kept = "import statistics\nkept = statistics.__dict__.setdefault('kept', {})\nkey = (a.numpy().tobytes(), len(b))\n"
    hidden = "getattr(torch, ''.join(['c', 'dist']))(a, b) ** 2"
    result = gaps(f"{kept}if key not in kept:\n    kept[key] = {hidden}\nreturn kept[key]")
    assert (result.verdict, result.points, result.cause) == (Verdict.BROKE_RULE, 0, "NoCalls")


def test_a_large_tensor_breaks_the_memory_limit(gaps: Gaps) -> None:
    result = gaps("return (a[:, None] - b).square().sum(2)")
    assert (result.verdict, result.points, result.cause) == (Verdict.BROKE_RULE, 0, "MemoryLimit")
    sentence = result.sentence or ""
    assert "MB of memory at n = 300, and the limit is 40 MB (the reference takes" in sentence


def test_a_tensor_that_the_machine_may_not_have_room_for(gaps: Gaps) -> None:
    result = gaps(f"if len(a) == 300: torch.zeros(10**9)\n{RIGHT}")
    assert (result.verdict, result.cause) == (Verdict.BROKE_RULE, "MemoryLimit")
    assert (result.sentence or "").startswith(
        "it asks for 4.0 GB of memory at once in line 5 of kernels.py at n = 300, "
    )


def test_an_array_that_the_machine_may_not_have_room_for(gaps: Gaps) -> None:
    result = gaps(f"import numpy\nif len(a) == 300: numpy.ones(10**9)\n{RIGHT}")
    assert (result.verdict, result.cause) == (Verdict.BROKE_RULE, "MemoryLimit")
    assert (result.sentence or "").startswith(
        "it asks for 8.0 GB of memory at once in line 6 of kernels.py at n = 300, "
    )


def test_memory_that_is_asked_for_piece_by_piece(gaps: Gaps) -> None:
    result = gaps(f"if len(a) == 300:\n    raise MemoryError\n{RIGHT}")
    assert (result.verdict, result.cause) == (Verdict.BROKE_RULE, "MemoryLimit")
    assert (result.sentence or "").startswith(
        "it asks for more than 660 MB of memory in line 6 of kernels.py at n = 300, and the limit is 40 MB (the "
    )


def test_memory_that_was_used_before_is_not_charged(gaps: Gaps) -> None:
    result = gaps(f"if len(a) < 300: torch.zeros(8 * 10**6)\n{RIGHT}")
    assert result.verdict is Verdict.RIGHT, result.sentence


def test_memory_that_was_free_before_is_charged(gaps: Gaps) -> None:
    """Operations are counted at n = 50, in the process in which memory is measured: what is freed there is not held."""
    held = ", ".join(["np.ones(10**6)"] * 10)
    result = gaps(f"import numpy as np\nif len(a) in (50, 300): held = ({held})\n{RIGHT}")
    assert (result.verdict, result.cause) == (Verdict.BROKE_RULE, "MemoryLimit")


def test_a_wrong_answer_stays_wrong_and_hears_of_the_rule(gaps: Gaps) -> None:
    result = gaps(f"return 2 * {PAIRS}")
    assert (result.verdict, result.points) == (Verdict.WRONG, 0)
    assert any("it also breaks a rule: it has 2 Python loops" in note for note in result.notes)


def test_who_keeps_operations_from_being_counted_breaks_the_rule(gaps: Gaps) -> None:
    forged = "import grader.wire as wire\nwire.Counted = None\n"
    result = gaps(forged + RIGHT)
    assert (result.verdict, result.cause) == (Verdict.BROKE_RULE, "OperationsDoNotGrow")
    assert "where nothing is measured it answers the same question rightly" in (result.sentence or "")
    assert gaps(forged + f"return {PAIRS}").verdict is Verdict.BROKE_RULE


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (f"return {PAIRS}", "it has 2 Python loops in line 5 of kernels.py"),
        (f"return eval('{PAIRS}', dict(a=a, b=b, torch=torch))", "as many when n doubles: there is a Python loop"),
        ("return (a[:, None] - b).square().sum(2)", "of memory at n = 300, and the limit is 40 MB"),
    ],
)
def test_what_is_advice_is_told_and_costs_nothing(
    gaps: Gaps, timed: Assignment, monkeypatch: pytest.MonkeyPatch, body: str, words: str
) -> None:
    exercise = timed.checks["kernels.gaps"]
    monkeypatch.setattr(exercise, "rules", tuple(replace(rule, advice=True) for rule in exercise.rules))
    result = gaps(body)
    assert (result.verdict, result.points, result.cause) == (Verdict.RIGHT, 40, None)
    assert words in result.advice[0]
    assert f"Advice, which costs nothing: {result.advice[0]}" in lines(result)


def test_advice_beside_rules_that_bind(gaps: Gaps, timed: Assignment, monkeypatch: pytest.MonkeyPatch) -> None:
    exercise = timed.checks["kernels.gaps"]
    loops, *others = exercise.rules
    monkeypatch.setattr(exercise, "rules", (replace(loops, advice=True), *others))
    assert gaps(f"return {PAIRS}").cause == "OperationsDoNotGrow"
