"""The same submission on the CPU and on the GPU: what differs."""

from __future__ import annotations

from pathlib import Path

from grader.result import ExerciseResult, Result, Verdict

DEVICES = ("cpu", "cuda")


def differences(cpu: Result, cuda: Result) -> list[str]:
    """Each exercise whose verdict or points are not the same on both, in a sentence. What only a GPU can be asked is
    no difference."""
    on_gpu = {one.id: one for one in cuda.exercises}
    found = []
    for one in cpu.exercises:
        other = on_gpu.get(one.id)
        if other is None or (one.verdict is Verdict.NEEDS_CUDA and one.out_of == 0):
            continue
        if (one.verdict, one.points) != (other.verdict, other.points):
            found.append(f"{one.id}: {_words(one)} on the CPU, {_words(other)} on the GPU")
    return found


def record_of(file: Path, device: str) -> Path:
    """The name of one device's record or page: record.json -> record.cuda.json."""
    return file.with_name(f"{file.stem}.{device}{file.suffix}")


def _words(one: ExerciseResult) -> str:
    why = f" ({one.sentence})" if one.sentence and one.verdict is not Verdict.RIGHT else ""
    return f"{one.verdict.words}, {one.points:g} of {one.out_of:g}{why}"
