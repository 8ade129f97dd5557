"""The loops of a source: what counts as one, and how those on different ways through some code are put together."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from grader import wire
from grader.worker.names import DEPTH, Names
from grader.worker.scopes import Container, Instance, Made, Origin, Routine, Scope, TooIntricate
from grader.worker.spellings import public_names

COMPREHENSIONS = {
    ast.ListComp: "list comprehension",
    ast.SetComp: "set comprehension",
    ast.DictComp: "dict comprehension",
    ast.GeneratorExp: "generator expression",
}
# Functions that call another one for every item.
LOOPING = {
    *("map", "filter", "functools.reduce", "itertools.starmap", "itertools.accumulate", "itertools.takewhile"),
    *("itertools.dropwhile", "itertools.filterfalse", "numpy.vectorize", "numpy.frompyfunc", "numpy.fromfunction"),
    *("numpy.apply_along_axis", "numpy.apply_over_axes", "?.apply_", "?.map_", "?.map2_"),
    *("torch.Tensor.apply_", "torch.Tensor.map_", "torch.Tensor.map2_", "timeit.timeit", "timeit.repeat"),
    *("torch.utils._pytree.tree_map", "torch.utils._pytree.tree_map_only", "optree.tree_map"),
}
KEYED = {
    *("sorted", "min", "max", "?.sort", "list.sort", "heapq.nsmallest", "heapq.nlargest", "heapq.merge"),
    *("itertools.groupby", "bisect.bisect", "bisect.bisect_left", "bisect.bisect_right", "bisect.insort"),
}
MAPPING = {"map", "imap", "imap_unordered", "starmap", "map_async", "starmap_async"}  # of whatever runs functions
REPLACING = {"re.sub", "re.subn"}

LoopKey = tuple[int, int, str, str]  # line, column, kind, function


@dataclass(frozen=True)
class Paths:
    """The loops on the way through some code: all of them, and those whose number of steps is not given literally. Of
    two ways that exclude each other, the one with more."""

    every: frozenset[LoopKey] = frozenset()
    varying: frozenset[LoopKey] = frozenset()

    def then(self, other: Paths) -> Paths:
        return Paths(self.every | other.every, self.varying | other.varying)

    def instead(self, other: Paths) -> Paths:
        return Paths(max(self.every, other.every, key=len), max(self.varying, other.varying, key=len))

    @property
    def loops(self) -> tuple[list[wire.Loop], list[wire.Loop]]:
        """Both, as they are told."""
        every, varying = (
            [wire.Loop(line, kind, function) for line, _, kind, function in sorted(keys)]
            for keys in (self.every, self.varying)
        )
        return every, varying


NONE = Paths()


def makers(origins: Iterable[Origin], depth: int = 0) -> Iterator[tuple[str, int, int]]:
    """The library's functions that have made these, with lines and columns."""
    if depth > DEPTH:
        raise TooIntricate
    for origin in origins:
        if isinstance(origin, Made):
            if origin.by is not None:
                yield origin.by
            yield from makers(origin.of, depth + 1)


def made_by(used: str, line: int, column: int, function: str) -> Paths:
    """The loop that a library's function makes of another one."""
    if LOOPING.isdisjoint((used, *public_names(used))):
        return NONE
    found = frozenset({(line, column, f"call of `{used.rpartition('.')[2]}`", function)})
    return Paths(found, found)


def calls_again(name: str, node: ast.Call, names: Names, scope: Scope) -> bool:
    """Whether a library's function, called like this, calls another one again and again."""
    known = {name, *public_names(name)}
    short = name.rpartition(".")[2]
    if known & LOOPING or ("." in name and short in MAPPING and node.args):
        return True
    if known & {"iter", "itertools.groupby"} and len(node.args) > 1:
        return True
    replaced = node.args[1:2] if known & REPLACING else node.args[:1] if short in ("sub", "subn") else []
    if any(_has_function(one, names, scope) for one in replaced):
        return True
    return any(_is_key(keyword, bool(known & KEYED), names, scope) for keyword in node.keywords)


def _is_key(keyword: ast.keyword, keyed: bool, names: Names, scope: Scope) -> bool:
    """Whether this argument is a function that is called for every item."""
    if keyword.arg not in ("key", None):
        return False
    if keyed and keyword.arg and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is None):
        return True
    return (keyed or keyword.arg == "key") and _has_function(keyword.value, names, scope)


def _has_function(node: ast.expr, names: Names, scope: Scope) -> bool:
    """Whether a function of the module is, or is in, what an expression stands for."""
    found = [*names.origins(node, scope)]
    found += [item for origin in found if isinstance(origin, Container) for item in origin.items]
    return any(isinstance(origin, Routine | Instance) or (isinstance(origin, Made) and origin.of) for origin in found)


def calls_itself(node: ast.Call, names: Names, scope: Scope) -> str:
    """The name of something unknown that is called with itself, as in `again(again, i + 1)`; "" where nothing is."""
    called = node.func.value if isinstance(node.func, ast.Subscript) else node.func
    if not isinstance(called, ast.Name):
        return ""
    given = [arg.value if isinstance(arg, ast.Starred) else arg for arg in node.args]
    given += [keyword.value for keyword in node.keywords]
    if not any(isinstance(one, ast.Name) and one.id == called.id for one in given):
        return ""
    return called.id if names.is_unknown(called, scope) else ""
