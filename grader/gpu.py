"""The machine's NVIDIA GPU, as far as it can be told without asking its driver: what a process needs to use it.

Workers for the CPU are shown none: their answers are those of a machine without one, and torch's autograd starts no
threads for it, after which a process could not be forked.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CONTROL = ("/dev/nvidiactl", "/dev/nvidia-uvm")
MISSING = "no CUDA device: this machine has no NVIDIA GPU (or hides it: CUDA_VISIBLE_DEVICES); use --device cpu"

# Folders in which containers and distributions keep the driver's libraries, where the loader does not look by itself.
DRIVERS = ("/usr/local/nvidia/lib64", "/usr/local/nvidia/lib", "/run/opengl-driver/lib")
LIBRARY = "libcuda.so.1"

# What CUDA reads about the machine when it starts. There is nothing of other processes in it, except in /proc, which a
# cage with namespaces has to itself.
READS = ("/sys/devices", "/sys/bus/pci", "/proc")

HIDDEN = {"CUDA_VISIBLE_DEVICES": ""}


@dataclass(frozen=True)
class GPU:
    """`devices`: its device files. `drivers`: folders of the driver's libraries to name to the loader. `visible`: which
    of several is used, as CUDA_VISIBLE_DEVICES says it."""

    devices: tuple[str, ...]
    drivers: tuple[str, ...] = ()
    visible: str = "0"

    @property
    def environment(self) -> dict[str, str]:
        """What a worker is told of it. Nothing that was compiled is kept from one submission to the next."""
        told = {"CUDA_VISIBLE_DEVICES": self.visible, "CUDA_CACHE_DISABLE": "1"}
        return {**told, **({"LD_LIBRARY_PATH": ":".join(self.drivers)} if self.drivers else {})}


def find(environment: Mapping[str, str] = os.environ, dev: Path = Path("/dev")) -> GPU | None:
    """The GPU that this process may use; None where there is none, or CUDA_VISIBLE_DEVICES hides all."""
    told = environment.get("CUDA_VISIBLE_DEVICES")
    cards = sorted(path for path in dev.glob("nvidia[0-9]*") if path.name.removeprefix("nvidia").isdigit())
    control = [dev / Path(name).name for name in CONTROL]
    if not control[0].exists() or not cards or told == "":
        return None
    devices = tuple(str(path) for path in (*control, *cards) if path.exists())
    return GPU(devices, _drivers(environment), (told or "0").partition(",")[0])


def words() -> str:
    """What a person wants to know first."""
    found = find()
    return "no GPU" if found is None else f"--device cuda uses GPU {found.visible} ({', '.join(found.devices)})"


def environment(gpu: GPU | None) -> dict[str, str]:
    """What a worker's environment says about GPUs."""
    return HIDDEN if gpu is None else gpu.environment


def _drivers(environment: Mapping[str, str]) -> tuple[str, ...]:
    folders = (*environment.get("LD_LIBRARY_PATH", "").split(":"), *DRIVERS)
    return tuple(dict.fromkeys(folder for folder in folders if folder and Path(folder, LIBRARY).exists()))
