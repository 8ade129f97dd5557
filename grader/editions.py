"""Under which edition a module is graded: the one that gives its exercises most.

Every exercise has a say, whichever are asked for, so that one alone gets the verdict that it has among all. What each
came to is kept, so that whoever grades one folder again and again asks those again whose code has changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class Poll:
    """The points of a module's exercises under each of its editions, the usual one first. `code` tells a fingerprint of
    what each exercise runs; points of other code count until `forget` is called."""

    def __init__(self) -> None:
        self.code: Mapping[str, str] = {}
        self._points: dict[str, tuple[str, tuple[float, ...]]] = {}

    def knows(self, exercise: str) -> bool:
        """Whether its points count."""
        return exercise in self._points

    def enter(self, exercise: str, points: Sequence[float]) -> None:
        """What an exercise came to just now."""
        self._points[exercise] = self.code.get(exercise, ""), tuple(points)

    def forget(self) -> None:
        """Drop the points of code that is another one now."""
        self._points = {name: kept for name, kept in self._points.items() if kept[0] == self.code.get(name, "")}

    @property
    def best(self) -> int:
        """The edition with most points; of several the first."""
        sums = [sum(column) for column in zip(*(points for _, points in self._points.values()), strict=True)]
        return max(range(len(sums)), key=lambda i: (sums[i], -i), default=0)
