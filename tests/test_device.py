"""`--device cuda` on a machine with a pretended GPU (tests/pretend): where tensors live, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader import both
from grader.course import Assignment
from grader.judge import Judge, Options
from grader.oracle import Oracle, places
from grader.question import draw
from grader.result import ExerciseResult, Result, Verdict
from grader.submission import open_submission
from grader.wire import Tensor
from grader.worker import failure as kinds
from grader.worker.failure import failure
from tests.conftest import Grade, one
from tests.pretend import PretendedPlain

ON_THE_GPU = Options(device="cuda")

SCALE = """
import torch

{top}

def scale(x, factor):
    {body}
"""

WRONG = Verdict.WRONG, "`out` comes back on the CPU, though its inputs are on the GPU: a `.cpu()`, or a tensor made"
MIXED = Verdict.CRASHED, "it mixes tensors of GPU and CPU (algebra.py, line 7); make new ones where the inputs are"
ARRAY = Verdict.CRASHED, "it turns a tensor of the GPU into a NumPy array (algebra.py, line 7); stay with torch"

MISTAKES = {
    "cpu": ("return x.cpu() * factor", WRONG),
    "to cpu": ("return (x * factor).to('cpu')", WRONG),
    "made anew": ("return torch.tensor((x * factor).tolist(), dtype=x.dtype)", WRONG),
    "a stray factor": ("return x * torch.full(x.shape, factor, dtype=x.dtype)", MIXED),
    "a stray index": ("return torch.zeros(9, dtype=x.dtype)[x.long().abs()]", MIXED),
    "a stray part": ("return torch.cat([x[:1], torch.zeros(2, 4, dtype=x.dtype)]) * factor", MIXED),
    "numpy": ("return torch.from_numpy(x.numpy() * factor)", ARRAY),
    "float32": ("return x.float() * factor", (Verdict.EDGE, "float32")),
}


@pytest.fixture(scope="module")
def machine() -> Iterator[PretendedPlain]:
    with PretendedPlain() as plain:
        yield plain


@pytest.fixture(scope="module")
def reference(machine: PretendedPlain, toy: Assignment) -> Oracle:
    return Oracle(machine, toy)


@pytest.fixture
def grade_there(machine: PretendedPlain, reference: Oracle, toy: Assignment, tmp_path: Path) -> Grade:
    """`grade_there(algebra="...")`: the record of one module, asked on the pretended GPU."""

    def run(options: Options = ON_THE_GPU, **modules: str) -> Result:
        for name, text in modules.items():
            (tmp_path / f"{name}.py").write_text(text)
        judge = Judge(toy, reference, machine, options)
        return judge.grade(open_submission(tmp_path, toy.checks.modules), "none")

    return run


def scale(grade_there: Grade, body: str, top: str = "") -> ExerciseResult:
    options = Options(device="cuda", exercises=("algebra.scale",))
    return one(grade_there(options, algebra=SCALE.format(body=body, top=top)), "scale")


def test_the_reference_is_right_there(toy: Assignment, grade_there: Grade) -> None:
    sources = {name: (toy.solution / f"{name}.py").read_text() for name in toy.checks.modules}
    result = grade_there(Options(device="cuda", timed=False), **sources)
    assert {one.id: (one.verdict, one.sentence) for one in result.exercises if one.verdict is not Verdict.RIGHT} == {}
    assert result.device == "cuda"


def test_its_time_is_told_by_the_wall(toy: Assignment, grade_there: Grade) -> None:
    """Whatever it says on a busy machine."""
    options = Options(device="cuda", exercises=("algebra.energy",))
    told = one(grade_there(options, algebra=(toy.solution / "algebra.py").read_text()), "energy")
    assert told.speed is not None and told.speed.clock == "wall" and told.speed.speedup_over_naive is None
    assert told.verdict in (Verdict.RIGHT, Verdict.TOO_SLOW) and told.cases[-1].name == "large"


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_tensor_in_the_wrong_place_is_named(mistake: str, grade_there: Grade) -> None:
    body, (verdict, sentence) = MISTAKES[mistake]
    told = scale(grade_there, body)
    assert told.verdict is verdict, told
    assert sentence in (told.sentence or "")
    assert told.points == (16 if verdict is Verdict.EDGE else 0)


@pytest.mark.parametrize(
    "body",
    [
        "return x * factor",
        "return x.cuda() * factor",  # right here, and the difference is told by --device both
        "return x * torch.tensor(factor, dtype=x.dtype)",  # one number may lie anywhere
        "return x * torch.full(x.shape, factor, dtype=x.dtype, device=x.device)",
        "return (x.cpu() * factor).to(x.device)",
    ],
)
def test_what_a_gpu_takes_is_taken(body: str, grade_there: Grade) -> None:
    told = scale(grade_there, body)
    assert told.verdict is Verdict.RIGHT, told


BROKEN = 'raise RuntimeError("CUDA error: device-side assert triggered")'


def test_after_a_kernel_that_failed_the_next_case_has_a_process_of_its_own(grade_there: Grade, tmp_path: Path) -> None:
    file = tmp_path / "processes"
    body = f"print(os.getpid(), file=open({str(file)!r}, 'a'))\n    {BROKEN}"
    told = scale(grade_there, body, "import os")
    assert told.verdict is Verdict.CRASHED, told
    assert "a kernel of it fails on the GPU (algebra.py, line 8)" in (told.sentence or "")
    processes = file.read_text().split()
    assert len(set(processes)) == len(processes) >= len(told.cases) > 1


def test_on_the_cpu_no_kernel_of_the_gpu_fails(grade_there: Grade) -> None:
    """ATTACKS 76: whatever the submission says."""
    text = SCALE.format(body=f"y = x * factor\n    {BROKEN}", top="")
    told = one(grade_there(Options(exercises=("algebra.scale",)), algebra=text), "scale")
    assert told.verdict is Verdict.CRASHED and "RuntimeError" in (told.sentence or ""), told
    assert "kernel of it" not in (told.sentence or "")


def test_a_module_that_uses_the_gpu_while_it_is_imported_is_imported_for_each_exercise(grade_there: Grade) -> None:
    """A fork of it could not use the GPU any more."""
    top = "import grader.worker.device as device; device._is_initialized = lambda: True; print('imported')"
    told = scale(grade_there, "return x * factor", top)
    assert told.verdict is Verdict.RIGHT and "imported" in told.printed
    plain = scale(grade_there, "return x * factor", "print('imported')")
    assert plain.verdict is Verdict.RIGHT and "imported" not in plain.printed


def test_a_module_whose_forks_cannot_use_the_gpu_is_imported_for_each_exercise(grade_there: Grade) -> None:
    """Asking how many GPUs there are may be enough for that, and is not seen from outside."""
    top = """import os
import grader.worker.device as device
own, describe = os.getpid(), device._devices["cuda"].describe
def refuse():
    if os.getpid() != own:
        raise RuntimeError("Cannot re-initialize CUDA in forked subprocess")
    return describe()
device._devices["cuda"].describe = refuse"""
    told = scale(grade_there, "return x * factor", top)
    assert told.verdict is Verdict.RIGHT, told


def test_a_process_that_can_use_no_gpu_is_the_submission_s_own_where_others_can(grade_there: Grade) -> None:
    top = """import grader.worker.device as device
def refuse():
    raise RuntimeError("no more")
device._devices["cuda"].describe = refuse"""
    told = scale(grade_there, "return x * factor", top)
    assert told.verdict is Verdict.CRASHED and told.points == 0, told


def test_addresses_are_not_bounded_beside_a_gpu_and_data_is(grade_there: Grade) -> None:
    body = "import resource as r; print(r.getrlimit(r.RLIMIT_AS)[0], r.getrlimit(r.RLIMIT_DATA)[0]); return x * factor"
    addresses, data = map(int, scale(grade_there, body).printed.split()[:2])
    assert addresses == -1 and 1 << 32 < data < 1 << 40


def test_a_bomb_is_stopped_beside_a_gpu_too(grade_there: Grade) -> None:
    told = scale(grade_there, "return torch.ones(10 << 30, dtype=torch.uint8)[0] * x * factor")
    assert told.verdict is Verdict.OUT_OF_MEMORY


def test_where_an_answer_lies_is_told_by_path(reference: Oracle, toy: Assignment) -> None:
    exercise = toy.checks["algebra.energy"]
    question = draw(exercise, exercise.cases[0], b"x", toy.course.assignments)
    assert reference.places(question, "cuda") == {"value": "cuda:0", "gradient": "cuda:0"}
    assert reference.places(question, "cpu") == {"value": "cpu", "gradient": "cpu"}
    tensor: Any = Tensor.of(question.inputs["x"])
    assert places({"a": [tensor, (1, tensor)], "b": {"c": tensor}, "d": Tensor.of(tensor.array, "numpy")}) == {
        "a[0]": "cpu",
        "a[1][1]": "cpu",
        "b['c']": "cpu",
    }


def test_what_differs_between_the_devices_is_named(grade_there: Grade, grade: Grade) -> None:
    hard = SCALE.format(body="return x.cuda() * factor", top="")
    options = Options(exercises=("algebra.scale",), public_only=True)
    on_cpu = grade(options, algebra=hard)
    there = grade_there(Options(exercises=("algebra.scale",), device="cuda", public_only=True), algebra=hard)
    (told,) = both.differences(on_cpu, there)
    assert told.startswith("algebra.scale: needs CUDA, 0 of 20 (it asks for a GPU (algebra.py, line 7)")
    assert told.endswith("; right, 20 of 20 on the GPU") or told.endswith(", right, 20 of 20 on the GPU")
    assert both.differences(there, there) == []
    assert both.record_of(Path("a/record.json"), "cuda") == Path("a/record.cuda.json")


# As torch says them: what a student reads depends on nothing else.
SAYINGS = {
    kinds.DEVICES: [
        RuntimeError("Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!"),
        RuntimeError("Expected all tensors to be on the same device, but got mat2 is on cpu, different from other tensors on cuda:0"),
        RuntimeError("indices should be either on cpu or on the same device as the indexed tensor (cpu)"),
        RuntimeError("Input type (torch.cuda.FloatTensor) and weight type (torch.FloatTensor) should be the same"),
        RuntimeError("Expected a 'cuda' device type for generator but found 'cpu'"),
        TypeError("can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first."),
    ],
    kinds.MEMORY: [
        RuntimeError("CUDA out of memory. Tried to allocate 200.00 GiB. GPU 0 has a total capacity of 139.80 GiB"),
        RuntimeError("CUDA error: out of memory"),
    ],
    kinds.BROKEN: [
        RuntimeError("CUDA error: device-side assert triggered\nCUDA kernel errors might be asynchronously reported"),
        RuntimeError("CUDA error: an illegal memory access was encountered"),
    ],
    kinds.CUDA: [
        RuntimeError("No CUDA GPUs are available"),
        AssertionError("Torch not compiled with CUDA enabled"),
        RuntimeError("CUDA error: no CUDA-capable device is detected"),
    ],
    kinds.RAISED: [
        RuntimeError("Input type (torch.FloatTensor) and weight type (torch.DoubleTensor) should be the same"),
        RuntimeError("mat1 and mat2 shapes cannot be multiplied"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("kind", "error"), [(kind, error) for kind, errors in SAYINGS.items() for error in errors])
def test_what_torch_says_of_devices_is_understood(kind: str, error: Exception, tmp_path: Path) -> None:
    assert failure(error, tmp_path, tmp_path / "checks.py").kind == kind
