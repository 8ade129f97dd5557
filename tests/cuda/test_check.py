"""Questions on a GPU, at every level of caging that the machine gives."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from grader import both
from grader.course import Assignment
from grader.gpu import GPU
from grader.grading import check
from grader.judge import Judge, Options
from grader.oracle import Oracle
from grader.result import Verdict
from grader.sandbox import LEVELS, Plain, SandboxError, open_sandbox, usable
from grader.submission import open_submission
from tests.conftest import Grade, one
from tests.cuda.test_attacks import KERNELS
from tests.test_device import MISTAKES, SCALE

pytestmark = pytest.mark.usefixtures("trusted")

SUMS = Options(device="cuda", exercises=("kernels.sums",), timed=False)


@pytest.fixture(scope="module")
def toy_reference(trusted: Plain, toy: Assignment) -> Oracle:
    return Oracle(trusted, toy)


@pytest.mark.parametrize("level", LEVELS)
def test_the_reference_is_right_at_every_level(level: str, gpu: GPU, reference: Oracle, course: Assignment) -> None:
    try:
        room = open_sandbox(level, gpu=gpu)
    except SandboxError as error:
        pytest.skip(str(error))
    try:
        with room.cage(course.solution, course.public, course.course.given) as cage:
            usable(cage)
            judge = Judge(course, reference, cage, Options(device="cuda", timed=False))
            result = judge.grade(open_submission(course.solution, course.checks.modules), level)
    finally:
        room.close()
    assert {one.id: one.sentence for one in result.exercises if one.verdict is not Verdict.RIGHT} == {}
    assert result.device == "cuda"


def test_the_toy_is_right(toy: Assignment, toy_reference: Oracle, trusted: Plain) -> None:
    mine = open_submission(toy.solution, toy.checks.modules)
    result = Judge(toy, toy_reference, trusted, Options(device="cuda", timed=False)).grade(mine, "none")
    assert {one.id: one.sentence for one in result.exercises if one.verdict is not Verdict.RIGHT} == {}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_tensor_in_the_wrong_place_is_named(
    mistake: str, toy: Assignment, toy_reference: Oracle, trusted: Plain, tmp_path: Path
) -> None:
    """In the words that the pretended GPU of tests/test_device.py gives."""
    body, (verdict, sentence) = MISTAKES[mistake]
    (tmp_path / "algebra.py").write_text(SCALE.format(body=body, top=""))
    options = Options(device="cuda", exercises=("algebra.scale",))
    judge = Judge(toy, toy_reference, trusted, options)
    told = one(judge.grade(open_submission(tmp_path, toy.checks.modules), "none"), "scale")
    assert told.verdict is verdict and sentence in (told.sentence or ""), told


def test_what_differs_between_cpu_and_gpu_is_named(toy: Assignment, gpu: GPU, trusted: Plain, tmp_path: Path) -> None:
    (tmp_path / "algebra.py").write_text(SCALE.format(body="return x.cuda() * factor", top=""))
    mine = open_submission(tmp_path, toy.checks.modules)
    ids = ("algebra.scale",)
    results = [check(toy, mine, Options(device=name, exercises=ids), sandbox="none") for name in both.DEVICES]
    (told,) = both.differences(*results)
    assert "needs CUDA" in told and told.endswith("right, 20 of 20 on the GPU")


def test_float32_is_not_rounded_to_tf32(grade_kernels: Grade) -> None:
    options = Options(device="cuda", exercises=("kernels.normed",))
    assert (
        one(grade_kernels(KERNELS.format(top="", body="return work(x, w)"), options), "normed").verdict is Verdict.RIGHT
    )
    rounded = "torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True"
    told = one(grade_kernels(KERNELS.format(top=rounded, body="return work(x, w)"), options), "normed")
    assert told.verdict is Verdict.WRONG, "the tolerance tells tf32 from float32, or this shows nothing"


def test_a_module_may_use_the_gpu_while_it_is_imported(grade_kernels: Grade) -> None:
    told = one(
        grade_kernels(KERNELS.format(top="table = torch.ones(3, device='cuda')", body="return work(x, w)"), SUMS),
        "sums",
    )
    assert told.verdict is Verdict.RIGHT, told


def test_backward_works_in_a_fork(grade_kernels: Grade) -> None:
    """Autograd has threads of its own for a GPU; a nursery must not have started them."""
    body = (
        "x = x.clone().requires_grad_(); work(x, w).sum().backward(); assert x.grad.is_cuda; return work(x, w).detach()"
    )
    assert one(grade_kernels(KERNELS.format(top="", body=body), SUMS), "sums").verdict is Verdict.RIGHT


def test_a_kernel_that_fails_takes_nobody_along(grade_kernels: Grade) -> None:
    body = "return work(x, w)[torch.full((8,), 10**6, device=x.device)]"
    result = grade_kernels(KERNELS.format(top="", body=body), Options(device="cuda", timed=False))
    told = one(result, "sums")
    assert told.verdict is Verdict.CRASHED and "fails on the GPU" in (told.sentence or ""), told
    assert one(result, "normed").verdict is Verdict.RIGHT


def test_too_much_memory_of_the_gpu_is_out_of_memory(grade_kernels: Grade) -> None:
    told = one(
        grade_kernels(KERNELS.format(top="", body="torch.empty(1 << 42, device='cuda'); return work(x, w)"), SUMS),
        "sums",
    )
    assert told.verdict is Verdict.OUT_OF_MEMORY, told


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_the_nursery_never_opens_the_gpu(trusted: Plain, grade_kernels: Grade) -> None:
    """Its forks could not use it any more."""
    grade_kernels(KERNELS.format(top="", body="return work(x, w)"), SUMS)
    nursery = trusted._process.pid
    opened = [os.readlink(f"/proc/{nursery}/fd/{fd}") for fd in os.listdir(f"/proc/{nursery}/fd")]
    assert "/dev/nvidia-uvm" not in opened
