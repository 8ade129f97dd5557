"""What else the libraries call an object: `torch.nn.modules.rnn.LSTM` is `torch.nn.LSTM`. Looked up in what is imported
already, without running anything."""

from __future__ import annotations

import sys
from functools import cache
from types import ModuleType
from typing import Any

# Where rules name things.
PUBLIC = (
    *("torch", "torch.nn", "torch.nn.functional", "torch.nn.attention", "torch.linalg", "torch.func"),
    *("torch.autograd", "torch.autograd.functional", "torch.autograd.forward_ad", "numpy", "numpy.linalg"),
    *("torchvision.ops", "functools", "itertools", "operator", "builtins"),
)
ROOTS = {name.partition(".")[0] for name in PUBLIC} | {"_functools", "_operator"}


def public_names(name: str) -> tuple[str, ...]:
    """Under which public names the same object is offered; none where `name` is public itself, or unknown."""
    parts = name.split(".")
    if parts[0] not in ROOTS or len(parts) > 12:
        return ()
    found = _public().get(id(_find(parts)), ())
    return () if name in found else found


def _find(parts: list[str]) -> Any:
    for at in range(len(parts) - 1, 0, -1):
        found: Any = sys.modules.get(".".join(parts[:at]))
        for part in parts[at:]:
            owners = found.__mro__ if isinstance(found, type) else [found] if isinstance(found, ModuleType) else []
            found = next((vars(owner)[part] for owner in owners if part in vars(owner)), None)
        if found is not None:
            return found
    return None


@cache
def _public() -> dict[int, tuple[str, ...]]:
    """The public names of each object that has some, by its id: modules keep their objects."""
    found: dict[int, tuple[str, ...]] = {}
    for name in PUBLIC:
        for key, value in vars(sys.modules.get(name, object)).items():
            if callable(value) and not key.startswith("_") and _is_offered(value, name):
                found[id(value)] = (*found.get(id(value), ()), f"{name}.{key}".removeprefix("builtins."))
    return found


def _is_offered(value: Any, module: str) -> bool:
    """Whether a module offers it as its own: torch.nn.functional.Tensor is what it was written with."""
    home = str(getattr(value, "__module__", None) or "")
    return f"{home}.".startswith((f"{module}.", f"{module.partition('.')[0]}._")) or not (
        isinstance(value, type) or hasattr(value, "__code__")
    )
