"""The rule that is kept by the memory a submission takes, read from outside its process."""

from __future__ import annotations

import re
from dataclasses import dataclass

from grader import wire
from grader.peer import printable
from grader.rules.breach import Breach
from grader.spec import MemoryLimit

MEGABYTE = 10**6
SPARE = 500 * MEGABYTE  # that may be asked for beyond four times a limit
_TORCH = re.compile(r"tried to allocate (\d{1,18}) bytes")
_NUMPY = re.compile(r"Unable to allocate (\d{1,6}(?:\.\d{1,6})?) ([KMGTPE])iB")


@dataclass(frozen=True)
class Taken:
    """The bytes that a question has taken; or `refused`: that it has asked for and was not given. `at`: where."""

    bytes: float
    refused: bool = False
    at: str = ""


def given(rule: MemoryLimit) -> int:
    """Bytes that may be asked for: what is beyond that is not measured, as a machine may not have it."""
    return 4 * rule.megabytes * MEGABYTE + SPARE


def refused(rule: MemoryLimit, failure: wire.Failure | None = None) -> Taken:
    """What was asked for by who was not given it: as much as its own failure tells, or else more than was given. It
    makes a sentence; that the limit is exceeded is certain without it."""
    told, at = 0.0, ""
    if failure is not None:
        if found := _TORCH.search(failure.message):
            told = float(found[1])
        elif found := _NUMPY.search(failure.message):
            told = float(found[1]) * 1024.0 ** (1 + "KMGTPE".index(found[2]))
        if failure.frames:
            last = failure.frames[-1]
            at = f" in line {last.line} of {printable(last.file[:100])}"
    return Taken(told if told > rule.megabytes * MEGABYTE else 0.0, True, at)


def memory_breach(rule: MemoryLimit, taken: Taken | None, reference: float | None) -> Breach | None:
    """The rule, where more bytes were used than it allows; None where not, and where nobody can tell."""
    if taken is None or (not taken.refused and taken.bytes <= rule.megabytes * MEGABYTE):
        return None
    needs = f" (the reference takes {in_words(reference)})" if reference is not None else ""
    if not taken.refused:
        how = f"takes {in_words(taken.bytes)} of memory"
    elif taken.bytes:
        how = f"asks for {in_words(taken.bytes)} of memory at once{taken.at}"
    else:
        how = f"asks for more than {in_words(given(rule))} of memory{taken.at}"
    return Breach(
        rule,
        f"it {how} at n = {rule.n}, and the limit is {rule.megabytes} MB{needs}: "
        "it makes a tensor that is much larger than its inputs and its result",
    )


def in_words(size: float) -> str:
    """ "150 MB", "1.9 GB"."""
    return f"{size / MEGABYTE:,.0f} MB" if size < 1000 * MEGABYTE else f"{size / MEGABYTE / 1000:,.1f} GB"
