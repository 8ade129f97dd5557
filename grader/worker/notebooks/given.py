"""Names of the course's own helpers, for a notebook that imports them from a neighbour that was not handed in."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

folder: Path | None = None  # of the helpers; None: there are none


def from_given(name: str) -> tuple[Any, str] | None:
    """What a helper defines under this name, and the helper's name; None where none does."""
    if folder is None or name.startswith("_"):
        return None
    defines = re.compile(rf"^(?:(?:def|class)\s+{re.escape(name)}\b|{re.escape(name)}\b[^=\n]*=[^=])".encode(), re.M)
    for file in sorted([*folder.glob("*.py"), *folder.glob("*/*.py")]):
        module = ".".join(file.relative_to(folder).with_suffix("").parts).removesuffix(".__init__")
        try:
            if defines.search(file.read_bytes()):
                return getattr(importlib.import_module(module), name), module
        except (OSError, ImportError, AttributeError):
            continue
    return None
