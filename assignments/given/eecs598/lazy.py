"""Packages that only drawing needs: imported at the first use, so that grading runs without them."""

from __future__ import annotations

import importlib
from typing import Any


class LazyModule:
    """Stands for a module; looks like it once an attribute is asked for."""

    def __init__(self, name: str, package: str) -> None:
        self._name = name
        self._package = package

    def __getattr__(self, attribute: str) -> Any:
        # inspect, copy and doctest look for special names: that is no use of the package.
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        try:
            module = importlib.import_module(self._name)
        except ImportError as error:
            sentence = f"This function needs {self._package}, which is not installed: pip install {self._package}."
            raise ImportError(sentence, name=self._name) from error
        return getattr(module, attribute)


plt: Any = LazyModule("matplotlib.pyplot", "matplotlib")
