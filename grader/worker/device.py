"""Where an exercise's tensors live: a Device makes itself ready, takes tensors, and waits until it has done its work.

CUDA is initialised in the process that answers, never in one that is forked from: a fork could not use it any more.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from typing import Protocol

import torch

from grader import wire
from grader.worker.lifeline import IN_SIGHT

# Taken before any submission is imported: what it puts in their places changes nothing here. It waits for everything
# that this process has launched, on whichever stream.
_synchronize: Callable[[], None] | None = getattr(torch._C, "_cuda_synchronize", None)
_is_initialized: Callable[[], bool] = torch.cuda.is_initialized

# What the driver's part in a process opens when CUDA starts, with whatever call: torch knows of some only. Asking how
# many GPUs there are (NVML) opens others, and harms no fork.
MEMORY_DEVICE = "/dev/nvidia-uvm"


class Device(Protocol):
    """What `--device` names."""

    name: str

    def prepare(self) -> None:
        """Make it usable in this process. Raises RuntimeError, AssertionError."""
        ...

    def place(self, tensor: torch.Tensor) -> torch.Tensor:
        """The tensor, or a copy of it, there."""
        ...

    def wait(self) -> None:
        """Until all that was begun there has ended. Raises what went wrong meanwhile."""
        ...

    def describe(self) -> tuple[str, int]:
        """What it is called, and its memory in bytes, after something was computed there. Raises RuntimeError."""
        ...


class Cpu:
    """The processor: always ready, and done when a call returns."""

    name = "cpu"

    def prepare(self) -> None:
        pass

    def place(self, tensor: torch.Tensor) -> torch.Tensor:
        return tensor

    def wait(self) -> None:
        pass

    def describe(self) -> tuple[str, int]:
        return "the CPU", 0


class Cuda:
    """The first GPU in sight."""

    name = "cuda"

    def prepare(self) -> None:
        torch.cuda.init()  # type: ignore[no-untyped-call]

    def place(self, tensor: torch.Tensor) -> torch.Tensor:
        return tensor.to("cuda")

    def wait(self) -> None:
        if _synchronize is not None:
            _synchronize()

    def describe(self) -> tuple[str, int]:
        x = torch.ones(2, 2, device="cuda", requires_grad=True)
        (x @ x).sum().backward()  # type: ignore[no-untyped-call]
        self.wait()
        seen = torch.cuda.get_device_properties(0)
        return str(seen.name), int(seen.total_memory)


_devices: dict[str, Device] = {one.name: one for one in (Cpu(), Cuda())}


def device(name: str) -> Device:
    """The device of this name, ready. Raises KeyError, RuntimeError, AssertionError."""
    found = _devices[name]
    found.prepare()
    return found


def known_as(found: Device) -> None:
    """Let a name stand for this device, in place of the one that it stood for."""
    _devices[found.name] = found


def survey(name: str) -> wire.Surveyed:
    """What a device is, or why it cannot be used; from here on it is ready."""
    try:
        title, memory = device(name).describe()
    except (RuntimeError, AssertionError, KeyError) as error:
        return wire.Surveyed(problem=(str(error).splitlines() or [type(error).__name__])[0][:500])
    return wire.Surveyed(title[:100], memory)


def full_precision() -> None:
    """float32 means float32: convolutions would be rounded to the 10 bits of tf32 else. Initialises nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cuda.matmul.allow_tf32 = False


def is_touched() -> bool:
    """Whether this process has used the GPU, so that its forks cannot."""
    return IN_SIGHT and (_is_initialized() or holds(MEMORY_DEVICE))


def stay_untouched() -> None:
    """To be called where a process is to be forked later. Raises RuntimeError where that would not do."""
    if _is_initialized() or (IN_SIGHT and holds(MEMORY_DEVICE)):
        raise RuntimeError("CUDA was initialised in a process that others are to be forked from")


def holds(file: str) -> bool:
    """Whether this process has opened a file, and has it open."""
    for fd in os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else ():
        try:
            if os.readlink(f"/proc/self/fd/{fd}") == file:
                return True
        except OSError:  # the descriptor of the listing itself
            continue
    return False
