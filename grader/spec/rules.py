"""What a submission may not do, as declarations; `grader.rules` enforces them.

A rule speaks about the function that the exercise is named after and whatever that calls in the same module.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """One thing that a solution must keep to. `sentence` is what a student reads."""

    @property
    def sentence(self) -> str:
        raise NotImplementedError


@dataclass(frozen=True)
class LoopLimit(Rule):
    """At most (or exactly) so many loops; a comprehension, `map` and recursion count as loops."""

    most: int
    exactly: bool = False

    @property
    def sentence(self) -> str:
        if self.most == 0:
            return "no Python loop, comprehension, map or recursion"
        return f"{'exactly' if self.exactly else 'at most'} {self.most} Python loop{'s' if self.most > 1 else ''}"


@dataclass(frozen=True)
class NoCalls(Rule):
    """Names that may not be called: dotted ("torch.cdist"), or an attribute of anything (".norm").

    A name that ends in ".*" stands for everything below it ("torch.nn.*")."""

    names: tuple[str, ...]

    @property
    def sentence(self) -> str:
        return "no call of " + ", ".join(self.names)


@dataclass(frozen=True)
class OperationsDoNotGrow(Rule):
    """The number of dispatched tensor operations is the same at the timed case's size and at twice that size."""

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


def no_loops() -> Rule:
    """No Python loop, comprehension, map or recursion."""
    return LoopLimit(0)


def at_most_loops(n: int) -> Rule:
    """At most `n` Python loops."""
    return LoopLimit(n)


def exactly_loops(n: int) -> Rule:
    """Exactly `n` Python loops."""
    return LoopLimit(n, exactly=True)


def no_calls(*names: str) -> Rule:
    """None of these functions is called, under whatever alias."""
    return NoCalls(names)


def operations_do_not_grow() -> Rule:
    """The number of dispatched tensor operations does not depend on the size of the timed case."""
    return OperationsDoNotGrow()


def memory_at_most(megabytes: int, n: int) -> Rule:
    """The timed case at size `n` needs at most `megabytes` MB (10**6 bytes) of memory."""
    return MemoryLimit(megabytes, n)
