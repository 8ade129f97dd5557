"""Variables that a notebook computes, where they are defaults of arguments: no cell is run, so they are not there.

`def loss(x, y, ignore_index=NULL_index)` is defined nevertheless; who relies on the default gets the NameError that the
definition would have raised.
"""

from __future__ import annotations

from typing import Any, NoReturn


class NotComputed:
    """Stands for a variable: may be passed around, not used."""

    def __init__(self, name: str) -> None:
        object.__setattr__(self, "_name", name)

    def _used(self, *args: Any, **kwargs: Any) -> NoReturn:
        name = object.__getattribute__(self, "_name")
        raise NameError(f"name {name!r} is not defined", name=name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # inspect, copy and torch look for special names: that is no use of it
            raise AttributeError(name)
        self._used()

    __call__ = __getitem__ = __setitem__ = __iter__ = __len__ = __bool__ = __contains__ = __index__ = __float__ = _used
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __neg__ = _used
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = __matmul__ = __rmatmul__ = _used
    __lt__ = __gt__ = __le__ = __ge__ = _used
    __eq__ = __ne__ = _used
    __hash__ = object.__hash__
