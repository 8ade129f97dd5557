"""What is known of a module from before, where one folder is graded again and again; and the edition that it tells.

A module is graded under the edition that gives its exercises most. Every exercise has a say, whichever are asked for,
so that one alone gets the verdict that it has among all: those are asked again whose code has changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class Poll:
    """The points of a module's exercises under each of its editions, the usual one first, and the hints to them. `code`
    tells a fingerprint of what each exercise runs; points of other code count until `forget` is called, its hints do
    not."""

    def __init__(self) -> None:
        self.code: Mapping[str, str] = {}
        self._points: dict[str, tuple[str, tuple[float, ...]]] = {}
        self._hints: dict[str, tuple[str, tuple[str, ...]]] = {}

    def knows(self, exercise: str) -> bool:
        """Whether its points count."""
        return exercise in self._points

    def enter(self, exercise: str, points: Sequence[float]) -> None:
        """What an exercise came to just now."""
        self._points[exercise] = self.code.get(exercise, ""), tuple(points)

    def forget(self) -> None:
        """Drop the points of code that is another one now."""
        self._points = {name: kept for name, kept in self._points.items() if self._is_of_now(name, kept[0])}

    @property
    def best(self) -> int:
        """The edition with most points; of several the first."""
        sums = [sum(column) for column in zip(*(points for _, points in self._points.values()), strict=True)]
        return max(range(len(sums)), key=lambda i: (sums[i], -i), default=0)

    def tell(self, exercise: str, hints: Sequence[str]) -> None:
        """The hints to an exercise just now, () where it is right."""
        self._hints[exercise] = self.code.get(exercise, ""), tuple(hints)

    @property
    def hints(self) -> dict[str, tuple[str, ...]]:
        """The hints to what has not changed since."""
        return {name: hints for name, (code, hints) in self._hints.items() if self._is_of_now(name, code)}

    def _is_of_now(self, exercise: str, code: str) -> bool:
        return code == self.code.get(exercise, "")
