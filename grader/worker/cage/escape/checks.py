"""The start-up probe asks this of a submission of ours that tries to break out of the cage it is in."""

from typing import Any

from grader.spec import Checks

checks = Checks("escape", title="Does the cage hold?")
escape = checks.module("escape")


@escape.exercise("attempts", points=100)
def attempts(sub: Any, world: dict[str, Any]) -> dict[str, Any]:
    """What each attempt has seen, by name; an empty text where the cage held."""
    seen: dict[str, Any] = sub.attempts(world)
    return seen


@attempts.case
def nothing(draw: Any) -> dict[str, Any]:
    return dict(world={})
