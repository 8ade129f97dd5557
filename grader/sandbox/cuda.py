"""Can a cage's workers use the GPU? Asked of one that runs nobody's code, before any other."""

from __future__ import annotations

from grader import wire
from grader.gpu import GPU, MISSING, find
from grader.peer import PeerLost
from grader.sandbox.cage import Cage, SandboxError

SECONDS = 120.0  # the driver may have to be woken


def usable(cage: Cage) -> wire.Surveyed:
    """What the GPU is called and how much memory it has, as a fresh worker sees it. Raises SandboxError where it cannot
    be used there."""
    try:
        worker = cage.open()
        try:
            told, _ = worker.call(wire.Survey("cuda"), seconds=SECONDS)
        finally:
            cage.end(worker)
    except PeerLost as lost:
        raise SandboxError(f"level {cage.level}: a process that uses the GPU is lost: {lost}") from None
    problem = told.problem if isinstance(told, wire.Surveyed) else "it does not say"
    if problem or not isinstance(told, wire.Surveyed):
        where = "no CUDA device" if cage.level == "none" else f"level {cage.level} shows a GPU that cannot be used"
        raise SandboxError(f"{where}: {problem}")
    return told


def gpu_of(device: str) -> GPU | None:
    """The GPU to show where this device is asked for; None for the CPU. Raises SandboxError where there is none."""
    if device == "cpu":
        return None
    gpu = find()
    if gpu is None:
        raise SandboxError(MISSING)
    return gpu


__all__ = ["gpu_of", "usable"]
