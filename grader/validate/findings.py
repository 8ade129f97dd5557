"""What a proof found: how much it tried, and each gap in one sentence."""

from __future__ import annotations

import msgspec

PROOFS = {
    "reference": "the reference scores all points",
    "stub": "the stub scores none, and no generated file is out of step",
    "oracle": "the reference agrees with an independent oracle",
    "misconception": "known mistakes are caught, and called by their names",
    "null": "null answers never pass",
    "room": "other right formulations stay far inside the tolerance",
    "mutant": "mutants are caught",
    "speed": "speed limits leave the reference twice its time, and catch the naive version",
    "release": "what students get holds no line of a solution, no hidden case and no misconception",
}

ON_A_GPU = {"cuda": "on a GPU the reference scores all points, leaves its answers there, and is in time"}


class Finding(msgspec.Struct, frozen=True):
    """One proof about one exercise (or module, or assignment). `tried` counts what was shown or not shown."""

    assignment: str
    subject: str
    proof: str
    tried: int
    gaps: tuple[str, ...] = ()
    survivors: tuple[str, ...] = ()  # of mutants: those that nothing caught
    equivalent: int = 0  # mutants that are declared no mistake
    undeclared: int = 0  # limits on time without a naive version to show that they catch it

    @property
    def shown(self) -> int:
        """How many of the tried were shown."""
        return self.tried - len(self.gaps) - len(self.survivors)
