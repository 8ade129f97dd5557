"""The start-up probe asks this of a submission of ours that tries to break out of the cage it is in."""

from grader.spec import Checks

checks = Checks("escape", title="Does the cage hold?")
escape = checks.module("escape")


@escape.exercise("attempts", points=100)
def attempts(sub, world):
    """What each attempt has seen, by name; an empty text where the cage held."""
    return sub.attempts(world)


@attempts.case
def nothing(draw):
    return dict(world={})
