"""The proof about a GPU, on a pretended one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from grader.course import Assignment, find_course
from grader.validate import ON_A_GPU, bench, cuda
from grader.validate.bench import Bench
from tests.conftest import TOY
from tests.pretend import PRETENDED, PretendedPlain


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """One with such a GPU."""
    monkeypatch.setattr(bench, "Plain", PretendedPlain)


@pytest.mark.usefixtures("machine")
def test_the_toys_references_are_proved(toy: Assignment) -> None:
    with Bench(toy, PRETENDED) as there:
        found = [cuda.right(there, module) for module in toy.checks.modules]
    assert [(one.subject, one.tried) for one in found] == [("t1/algebra", 3), ("t1/chance", 2)]
    assert [
        gap for one in found for gap in one.gaps if " is too slow: " not in gap
    ] == []  # a busy machine may say that
    assert {one.proof for one in found} == set(ON_A_GPU)


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize(
    ("right", "wrong", "gap"),
    [
        ("return x * factor", "return (x * factor).cpu()", "scale leaves `out` on the CPU"),
        (
            "return x * factor",
            "return x * torch.full(x.shape, factor)",
            "scale is crashed: it mixes tensors of GPU and",
        ),
    ],
)
def test_a_reference_that_leaves_the_gpu_is_a_gap(right: str, wrong: str, gap: str, tmp_path: Path) -> None:
    shutil.copytree(TOY, tmp_path / "course")
    file = tmp_path / "course" / "solutions" / "t1" / "algebra.py"
    assert right in file.read_text()
    file.write_text("import torch\n" + file.read_text().replace(right, wrong))
    with Bench(find_course(tmp_path / "course").assignment("t1"), PRETENDED) as there:
        gaps = cuda.right(there, "algebra").gaps
    assert any(f"algebra.{gap}" in told for told in gaps), gaps
