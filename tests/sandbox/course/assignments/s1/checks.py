"""An assignment whose every exercise is a chance to run into another limit."""

from grader.spec import Checks

checks = Checks("s1", title="Limits")
limits = checks.module("limits")
importing = checks.module("importing")

SECONDS = {"wall": 1.0, "output": 60.0, "cpu": 60.0}
NAMES = ("memory", "processes", "threads", "files", "scratch", "one_large_file", "many_files", "output", "wall", "cpu")


def _declare(name):
    def ask(sub):
        return {"out": getattr(sub, name)()}

    ask.__doc__ = f"Returns 1 ({name})."
    limits.exercise(name, points=9, seconds=SECONDS.get(name, 30.0))(ask).case(nothing)


def nothing(draw):
    return {}


for _name in NAMES:
    _declare(_name)


@importing.exercise("late", points=10)
def late(sub):
    """Returns 1, from a module that uses too much when it is imported."""
    return {"out": sub.late()}


late.case(nothing)
