"""Outputs that are no copies: what a worker says about the memory they lie in. It explains, and decides nothing."""

from __future__ import annotations

from grader.peer import printable
from grader.response import Response


def sharing(response: Response) -> tuple[str, ...]:
    """Which outputs share their memory with an input that was changed, as lines of text."""
    return tuple(
        f"`{printable(output)}` is no copy: it shares its memory with the input `{printable(name)}`"
        for output, name in response.shared
        if name in response.changed
    )
