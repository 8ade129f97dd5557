"""What grading does without. Packages are imported at their first use, so that a helper is imported in no time; of
those that are not installed everything may be named, passed around and derived from, and says so when it is used. What
the courses' helpers have and ours do not says by name why.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, NoReturn


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
        except ImportError:
            return Absent(self._package)
        return getattr(module, attribute)


class _Unusable:
    """May be named, passed around and derived from. Raises an error when it is used."""

    def _error(self) -> Exception:
        raise NotImplementedError

    def _used(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise self._error()

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        def __init__(made: Any, *args: Any, **kwargs: Any) -> None:
            raise self._error()

        return (type("Unusable", (), {"__init__": __init__}),)

    __call__ = _used


class Absent(_Unusable):
    """Something of a package that is not installed."""

    def __init__(self, package: str) -> None:
        object.__setattr__(self, "_package", package)

    def _error(self) -> Exception:
        sentence = f"This function needs {self._package}, which is not installed: pip install {self._package}."
        return ModuleNotFoundError(sentence, name=self._package)

    def __getattr__(self, attribute: str) -> Absent:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        return Absent(self._package)

    def __setattr__(self, attribute: str, value: Any) -> None:
        pass  # a setting of what is not used

    def __setitem__(self, key: Any, value: Any) -> None:
        pass

    __getitem__ = __iter__ = __len__ = __bool__ = __enter__ = _Unusable._used


class NotGiven(_Unusable):
    """Stands for a function or a class of the course that is not given here."""

    def __init__(self, name: str, reason: str) -> None:
        self._name, self._reason = name, reason

    def _error(self) -> Exception:
        return RuntimeError(f"`{self._name}` is the course's own and not given here: {self._reason}.")

    def __repr__(self) -> str:
        return f"<{self._name}: not given here>"


def lazy_function(module: LazyModule, name: str) -> Callable[..., Any]:
    """A module's function, which is imported when it is called."""

    def function(*args: Any, **kwargs: Any) -> Any:
        return getattr(module, name)(*args, **kwargs)

    function.__name__ = function.__qualname__ = name
    return function


plt: Any = LazyModule("matplotlib.pyplot", "matplotlib")
gridspec: Any = LazyModule("matplotlib.gridspec", "matplotlib")
seaborn: Any = LazyModule("seaborn", "seaborn")
Image: Any = LazyModule("PIL.Image", "pillow")
ImageDraw: Any = LazyModule("PIL.ImageDraw", "pillow")
datasets: Any = LazyModule("torchvision.datasets", "torchvision")
models: Any = LazyModule("torchvision.models", "torchvision")
transforms: Any = LazyModule("torchvision.transforms", "torchvision")
gaussian_filter1d = lazy_function(LazyModule("scipy.ndimage", "scipy"), "gaussian_filter1d")
summary = lazy_function(LazyModule("torchsummary", "torchsummary"), "summary")
