"""What a submission may not do, as declarations; `grader.rules` enforces them.

A rule speaks about the function that the exercise is named after and whatever that calls in the same module.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Rule:
    """One thing that a solution must keep to.

    `sentence` is what a student reads. If it is `advice`, breaking it is told in a note and costs nothing."""

    advice: bool = field(default=False, kw_only=True)

    @property
    def sentence(self) -> str:
        raise NotImplementedError


@dataclass(frozen=True)
class LoopLimit(Rule):
    """At most (or exactly) so many loops; a comprehension, `map` and recursion count as loops."""

    most: int
    exactly: bool = False
    constant_allowed: bool = False  # loops over a literally given number of steps, up to 64, do not count

    @property
    def sentence(self) -> str:
        but = " (but for loops over a constant number of steps)" if self.constant_allowed else ""
        if self.most == 0:
            return f"no Python loop, comprehension, map or recursion{but}"
        return f"{'exactly' if self.exactly else 'at most'} {self.most} Python loop{'s' if self.most > 1 else ''}{but}"


@dataclass(frozen=True)
class NoCalls(Rule):
    """Names that may not be called: dotted ("torch.cdist"), or an attribute of anything (".norm").

    A name that ends in ".*" stands for everything below it ("torch.nn.*"), but not for the names in `but`."""

    names: tuple[str, ...]
    but: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        return "no call of " + ", ".join(self.names) + (f" (but {', '.join(self.but)})" if self.but else "")


@dataclass(frozen=True)
class OperationsDoNotGrow(Rule):
    """The number of dispatched tensor operations is the same at two sizes of the timed case, one twice the other."""

    @property
    def sentence(self) -> str:
        return "the number of tensor operations does not grow with the input"


@dataclass(frozen=True)
class MemoryLimit(Rule):
    """The timed case at size `n` must fit in `megabytes` beyond what the process holds at the start."""

    megabytes: int
    n: int

    @property
    def sentence(self) -> str:
        return f"at most {self.megabytes} MB of memory at size {self.n}"


def no_loops(*, constant_allowed: bool = False, advice: bool = False) -> Rule:
    """No Python loop, comprehension, map or recursion; `constant_allowed` lets `for i in range(3)` pass."""
    return LoopLimit(0, constant_allowed=constant_allowed, advice=advice)


def at_most_loops(n: int, *, constant_allowed: bool = False, advice: bool = False) -> Rule:
    """At most `n` Python loops."""
    return LoopLimit(n, constant_allowed=constant_allowed, advice=advice)


def exactly_loops(n: int, *, constant_allowed: bool = False, advice: bool = False) -> Rule:
    """Exactly `n` Python loops."""
    return LoopLimit(n, exactly=True, constant_allowed=constant_allowed, advice=advice)


def no_calls(*names: str, but: tuple[str, ...] = (), advice: bool = False) -> Rule:
    """None of these functions is called, under whatever alias; `but` are exceptions from names like "torch.nn.*"."""
    return NoCalls(names, but, advice=advice)


def operations_do_not_grow(*, advice: bool = False) -> Rule:
    """The number of dispatched tensor operations does not depend on the size of the timed case."""
    return OperationsDoNotGrow(advice=advice)


def memory_at_most(megabytes: int, n: int, *, advice: bool = False) -> Rule:
    """The timed case at size `n` needs at most `megabytes` MB (10**6 bytes) of memory."""
    return MemoryLimit(megabytes, n, advice=advice)
