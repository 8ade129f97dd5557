"""The rule that is kept by the memory a submission takes, read from outside its process."""

from __future__ import annotations

import math

from grader.rules.breach import Breach
from grader.spec import MemoryLimit

MEGABYTE = 10**6


def memory_breach(rule: MemoryLimit, used: float | None, reference: float | None) -> Breach | None:
    """The rule, where more bytes were used than it allows: infinitely many, where it asked for more than it was given;
    None: nobody can tell."""
    if used is None or used <= rule.megabytes * MEGABYTE:
        return None
    how = f"{used / MEGABYTE:,.0f} MB" if math.isfinite(used) else "several times too much"
    needs = f" (the reference takes {reference / MEGABYTE:,.0f} MB)" if reference is not None else ""
    return Breach(
        rule,
        f"it takes {how} of memory at n = {rule.n}, and the limit is {rule.megabytes} MB{needs}: "
        "it makes a tensor that is much larger than its inputs and its result",
    )
