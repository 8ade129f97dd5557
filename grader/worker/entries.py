"""What a dictionary holds, compared with what it held before, without a look at the values.

To look at an object counts a reference to it; in a process that was forked, that copies the page on which it lies, and
a library's functions lie on a thousand pages. So the table of a dictionary is read as the bytes that it is: keys,
values and hashes are addresses and numbers there (CPython, Objects/dictobject.c, Include/internal/pycore_dict.h). Where
that is not so, which is tried once, the values are kept and compared.
"""

from __future__ import annotations

import ctypes
import gc
import sys
import sysconfig
from collections.abc import Mapping
from itertools import islice
from operator import is_
from types import MappingProxyType, ModuleType
from typing import Any

TABLE = 32  # bytes from the beginning of a dictionary to the address of its table
HEAD = 32  # bytes at the beginning of a table that change without any entry changing


class Entries:
    """The entries of a module's or a class's dictionary as they are now."""

    def __init__(self, mapping: Mapping[str, Any]) -> None:
        self._mapping = mapping
        self._count = len(mapping)
        self._dict = _behind(mapping) if IS_READABLE else None
        self._table = _table(self._dict) if self._dict is not None else b""
        self._values = tuple(mapping.values()) if self._dict is None else ()

    @property
    def are_kept(self) -> bool:
        """Whether the values are the same objects; modules may have come to them, as importing a part of a library
        does."""
        if self._dict is not None and _table(self._dict) == self._table:
            return True
        values = list(self._mapping.values())
        return (
            len(values) >= self._count
            and self._are_first(values)
            and all(isinstance(value, ModuleType) for value in islice(values, self._count, None))
        )

    def _are_first(self, values: list[Any]) -> bool:
        if self._dict is None:
            return all(map(is_, values, self._values))
        words = iter(memoryview(self._table).cast("Q"))  # each is looked for behind the one before
        return all(id(value) in words for value in values[: self._count])


def _behind(mapping: Mapping[str, Any]) -> dict[str, Any] | None:
    """The dictionary that a class shows a proxy of."""
    found = gc.get_referents(mapping)[0] if isinstance(mapping, MappingProxyType) else mapping
    return found if type(found) is dict and len(found) == len(mapping) else None


def _table(entries: dict[str, Any]) -> bytes:
    size = entries.__sizeof__() - dict.__basicsize__ - HEAD
    return ctypes.string_at(ctypes.c_size_t.from_address(id(entries) + TABLE).value + HEAD, size) if size > 0 else b""


def _is_readable() -> bool:
    """Whether tables are what they are taken for."""
    known = sys.implementation.name == "cpython" and sys.version_info < (3, 14)
    if not known or sysconfig.get_config_var("Py_GIL_DISABLED") or ctypes.sizeof(ctypes.c_size_t) != 8:
        return False
    tried = {f"key {number}": object() for number in range(100)}
    before = _table(tried)
    words = iter(memoryview(before).cast("Q")) if len(before) % 8 == 0 else iter(())
    if not all(id(value) in words for value in tried.values()):
        return False
    kept, tried["key 50"] = tried["key 50"], object()
    if _table(tried) == before:
        return False
    tried["key 50"] = kept
    return _table(tried) == before


IS_READABLE = _is_readable()
