"""What an exercise could leave behind beside its own modules, and would be found by the next one in the same process.

For the sake of whoever hands in honest work: whether the next exercise can be asked here with the answer that it would
give alone. A submission can hide what it likes from this, and gains nothing: its answers are compared either way.
"""

from __future__ import annotations

import builtins
import gc
import math
import os
import random
import sys
import threading
import time
import warnings
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np
import torch

from grader.worker.entries import Entries

# Whose attributes are looked at: what a submission might replace, to work around something.
HOLDERS: tuple[Any, ...] = (
    *(builtins, math, random, time, np, np.random, np.linalg, torch, torch.linalg, torch.random, torch.autograd),
    *(torch.nn, torch.nn.functional, torch.nn.init, torch.Tensor, torch.nn.Module, torch.nn.Parameter),
)


class Surroundings:
    """What surrounds the submission's modules in this process, as it is now."""

    def __init__(self) -> None:
        self._attributes = [Entries(vars(holder)) for holder in HOLDERS]
        self._settings = _settings()

    @property
    def are_as_before(self) -> bool:
        """Whether all of it still is what it was."""
        return _settings() == self._settings and all(entries.are_kept for entries in self._attributes)


class Helpers:
    """Modules that a submission was given and has imported, with what is in them now."""

    def __init__(self, modules: Mapping[str, ModuleType]) -> None:
        self.names = frozenset(modules)
        self._attributes = [Entries(vars(module)) for module in modules.values()]

    @property
    def are_as_before(self) -> bool:
        """Whether nobody has replaced anything in them."""
        return all(entries.are_kept for entries in self._attributes)


def place() -> tuple[object, ...]:
    """What a fork has of its own: its environment, its folder and what lies there; no two are alike where the folder
    is gone, or may not be looked into."""
    try:
        return dict(os.environ), os.getcwd(), os.listdir()
    except OSError:
        return (object(),)


def has_children() -> bool:
    """Whether a process that was started here is left."""
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return False
    return True


def _settings() -> tuple[object, ...]:
    """What changes how torch, NumPy and Python behave."""
    return (
        *(torch.get_default_dtype(), torch.get_default_device(), torch.get_num_threads(), torch.is_grad_enabled()),
        *(torch.is_inference_mode_enabled(), torch.is_anomaly_enabled(), torch.are_deterministic_algorithms_enabled()),
        *(torch.is_autocast_enabled("cpu"), torch._C._len_torch_dispatch_stack()),
        *(torch._C._len_torch_function_stack(), np.geterr()),
        *(sys.getrecursionlimit(), list(sys.path), list(sys.meta_path), sys.gettrace(), sys.getprofile()),
        *(sys.stdout, sys.stderr, sys.stdin, sys.excepthook, list(warnings.filters)),
        *(threading.active_count(), gc.isenabled()),
    )
