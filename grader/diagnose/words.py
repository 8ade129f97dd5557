"""Numbers, axes and parts of arrays in English."""

from __future__ import annotations

from typing import Any

from grader import wire

WORDS = {str: "text", dict: "a dict", list: "a list", tuple: "a tuple", type(None): "None", bool: "a bool"}


def kind_of(value: Any) -> str:
    """What a value is: "a tensor of shape (3, 4)", "a list", "a number"."""
    if isinstance(value, wire.Tensor):
        return f"a tensor of shape {value.shape}" if value.kind == "torch" else f"a NumPy array of shape {value.shape}"
    if isinstance(value, wire.Opaque):
        return f"an object of type {value.type}"
    return WORDS.get(type(value), "a number")


def dtype_of(value: Any) -> str:
    """The type of a number or a tensor's entries: "float32", "an int"."""
    if isinstance(value, wire.Tensor):
        return value.dtype
    if isinstance(value, list | tuple):
        return f"a list of {dtype_of(value[0]).removeprefix('an ').removeprefix('a ')}s" if value else "a list"
    return {bool: "a bool", int: "an int", float: "a float"}.get(type(value), "a number")


def shape_of(value: Any, shape: tuple[int, ...]) -> str:
    """A shape: that of a Python number is none."""
    return str(shape) if isinstance(value, wire.Tensor) or shape else "a single number"


def size_of(name: str, axis: int, ndim: int) -> str:
    """What the size of an array along an axis is: "the number of rows of `X`"."""
    if ndim == 1:
        return f"the length of `{name}`"
    if ndim == 2:
        return f"the number of {('rows', 'columns')[axis]} of `{name}`"
    return f"the size of `{name}` along dimension {axis}"


def lines_of(axis: int, ndim: int) -> str:
    """The slices of an array at each index of an axis: "rows", "columns", "slices along dimension 2"."""
    if ndim == 1:
        return "entries"
    return ("rows", "columns")[axis] if ndim == 2 else f"slices along dimension {axis}"


def at(name: str, *parts: str) -> str:
    """A part of an array, as one writes it: at("dW", ":", "2") is "`dW[:, 2]`"."""
    return f"`{name}[{', '.join(parts)}]`" if parts else f"`{name}`"


def share(wrong: int, size: int) -> str:
    """How many entries: "3 of 20 entries"."""
    if wrong == size:
        return f"all {size:,} entries" if size > 2 else ("both entries" if size == 2 else "its only entry")
    return f"{wrong:,} of {size:,} entries"


def listed(names: list[str]) -> str:
    """Names in a row: "`a`", "`a` and `b`", "`a`, `b` and `c`"."""
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def two_numbers(first: Any, second: Any) -> tuple[str, str]:
    """Two numbers with as many digits as it takes to tell them apart, six at least; whole numbers with all."""
    if isinstance(first, int) or isinstance(second, int):
        return str(first), str(second)
    for digits in (6, 9, 12, 17):
        told = f"{first:.{digits}g}", f"{second:.{digits}g}"
        if told[0] != told[1]:
            break
    return told
