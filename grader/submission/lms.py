"""The names that learning platforms give to what they hand out, after the descriptions of their exports: which platform
the names of a whole folder are of, and whose each is. What stands behind the platform's own part of a name is the
student's, and decides nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from os.path import commonprefix

from grader.submission import canvas
from grader.submission.named import Named

# Ada Lovelace_12345_assignsubmission_file_ (a folder), or the same before the name of a file; names hold no underscores
MOODLE = re.compile(
    r"(?P<who>(?:(?!_\d+_|_attempt_\d{4}-).)*)_(?P<user>\d+)_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?",
    re.ASCII | re.DOTALL,
)
# A1_jdoe_attempt_2026-02-03-10-11-12_knn.py; without a file's name it is the platform's receipt
BLACKBOARD = re.compile(
    r"(?P<head>.+?)_attempt_(?P<when>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|(?P<receipt>\.txt))", re.ASCII | re.DOTALL
)
# 12345-678 - Ada Lovelace - Feb 3, 2026 1011 AM (a folder), or the same and " - knn.py"
_DAY = r"[^\W\d_]{3,12}\.? \d{1,2},? \d{4}|\d{1,2} [^\W\d_]{3,12}\.?,? \d{4}|\d{4}-\d\d-\d\d"
BRIGHTSPACE = re.compile(
    rf"(?P<user>[0-9]+)-[0-9]+ ?- ?(?P<who>.+?) ?- ?(?P<day>{_DAY}),? "
    r"(?P<time>\d{1,2}[:.]?\d\d)(?: ?(?P<half>[AP]M))?(?: - (?P<file>.+))?",
    re.IGNORECASE | re.DOTALL,
)
# ada+a1+2026-02-03 10:11:12.123456 UTC+c29tZXRoaW5n (a folder of nbgrader's exchange)
EXCHANGE = re.compile(
    r"(?P<user>.+)\+(?P<assignment>[^+]+)\+(?P<when>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?(?: [^+]+)?)(?:\+[^+]+)?",
    re.ASCII | re.DOTALL,
)

ANONYMOUS = "Canvas, anonymous"


@dataclass(frozen=True)
class Export:
    """What the names of a folder tell: of which platform they are (none: ""), and whose each is that is of it."""

    platform: str = ""
    named: Mapping[str, Named] = field(default_factory=dict)


def read_names(labels: Sequence[str], known: Sequence[str] | None = None) -> Export:
    """The platform that most of the names are of, if that is more than half of `known`: those of what may be a
    submission. Of two that fit alike the first."""
    found = [Export(platform, read(labels)) for platform, read in PLATFORMS.items()]
    best = max(found, key=lambda one: len(one.named))
    count = len({*(labels if known is None else known), *best.named})
    return best if 2 * len(best.named) > count else Export()


def assignment_of(label: str) -> str:
    """The assignment that a folder of nbgrader's exchange is of; "" if it is none."""
    found = EXCHANGE.fullmatch(label)
    return found["assignment"] if found else ""


def names_beside(label: str, student: str) -> dict[str, list[str]]:
    """The names that a label gives to a student beside the id, by platform; a platform's is there if the label may be
    that student's there. Of an anonymous name of Canvas's the platform is ANONYMOUS."""
    if canvas.ANONYMOUS.fullmatch(label):
        return {ANONYMOUS: []}
    found: dict[str, list[str]] = {}
    for platform, read in PLATFORMS.items():
        ways = [one.named for one in canvas.readings(label)] if platform == "Canvas" else [*read([label]).values()]
        mine = [one.who for one in ways if student in (one.student, f"{one.who}_{one.student}")]
        if mine:
            found[platform] = [who for who in mine if who]
    return found


def _moodle(labels: Sequence[str]) -> dict[str, Named]:
    found = {label: match for label in labels if (match := MOODLE.fullmatch(label))}
    return {label: Named(match["user"], match["file"] or match["kind"], match["who"]) for label, match in found.items()}


def _blackboard(labels: Sequence[str]) -> dict[str, Named]:
    """The assignment's name is what all begin with; what follows is the student's user name."""
    found = {label: match for label in labels if (match := BLACKBOARD.fullmatch(label))}
    heads = {match["head"] for match in found.values()}
    begins = commonprefix(list(heads)) if len(heads) > 1 else "".join(heads)  # noqa: RUF071  of letters
    cut = begins.rfind("_") + 1
    return {
        label: Named(match["head"][cut:] or match["head"], match["file"] or "receipt.txt", attempt=(0.0, match["when"]))
        for label, match in found.items()
    }


def _brightspace(labels: Sequence[str]) -> dict[str, Named]:
    """Files are handed in one by one, so what came earlier still counts where nothing of its name came later."""
    found = {label: match for label in labels if (match := BRIGHTSPACE.fullmatch(label))}
    return {
        label: Named(match["user"], match["file"] or "", match["who"], order=_order(match))
        for label, match in found.items()
    }


def _order(match: re.Match[str]) -> float:
    """Seconds; only good for an order, since no zone is told. 0 if the month has a name in another language."""
    day = re.sub(r"[.,]", "", match["day"])
    clock = re.sub(r"\D", "", match["time"]).zfill(4)
    form = "%H%M" if match["half"] is None else "%I%M%p"
    for days in ("%b %d %Y", "%B %d %Y", "%d %b %Y", "%d %B %Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(f"{day} {clock}{match['half'] or ''}", f"{days} {form}").timestamp()
        except ValueError:
            continue
    return 0.0


def _exchange(labels: Sequence[str]) -> dict[str, Named]:
    found = {label: match for label in labels if (match := EXCHANGE.fullmatch(label))}
    return {label: Named(match["user"], label, attempt=(0.0, match["when"])) for label, match in found.items()}


PLATFORMS: dict[str, Callable[[Sequence[str]], dict[str, Named]]] = {
    "Brightspace": _brightspace,  # first, since no other platform's names begin like these
    "Canvas": canvas.read,
    "Moodle": _moodle,
    "Blackboard": _blackboard,
    "nbgrader": _exchange,
}
