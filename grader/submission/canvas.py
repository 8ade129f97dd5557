"""The names that Canvas gives to the files of a bulk download:

    lovelaceada_LATE_12345_67890_knn-1.py   name, user, attachment, file with the number of its version
    anon_iQ7rK_67890_knn.py                 the same where the assignment is anonymous
    lovelaceada_12345_text.html             what was typed in, or a link

The file's name is the student's, and so is the name in front; the numbers between them are Canvas's. Canvas lets no
name hold a number between underscores, so the first one is the user's, unless the name ends in a number: of
`team_3_109_9013_knn.py` the user may be 3 or 109.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from grader.submission.named import Named

WHO = r"(?P<who>(?:(?!_\d+_|_attempt_\d{4}-).)+?)"  # nor is it the beginning of a name of Blackboard's
TYPED = r"(?:text|link)\.html"
NAMED = re.compile(
    rf"{WHO}(?P<end>_\d+(?=_LATE_))?_(?P<late>LATE_)?(?P<user>\d+)_"
    rf"(?:(?P<attachment>\d+)_(?P<file>.+)|(?P<typed>{TYPED}))",
    re.ASCII | re.DOTALL,
)
ANONYMOUS = re.compile(
    rf"(?P<late>LATE_)?anon_(?P<user>[0-9A-Za-z]{{5}})_(?P<later>LATE_)?"
    rf"(?:(?P<attachment>\d+)_(?P<file>.+)|(?P<typed>{TYPED}))",
    re.ASCII | re.DOTALL,
)
MORE = re.compile(r"(?P<attachment>\d+)_(?P<file>.+)", re.ASCII | re.DOTALL)
VERSION = re.compile(
    r"(?P<stem>.+)-(?:(?P<version>\d{1,3})|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?P<end>(?:\.tar)?)",
    re.IGNORECASE | re.DOTALL,
)
UNIQUE = 1000  # the version of what has a UUID, which Canvas gives where it has tried numbers enough


@dataclass(frozen=True)
class Reading:
    """One way to read a name."""

    who: str
    user: str
    attachment: str
    file: str
    late: bool

    @property
    def named(self) -> Named:
        remarks = ("handed in late",) if self.late else ()
        return Named(self.user, self.file, self.who, remarks, order=int(self.attachment or 0), versioned=True)


def readings(label: str) -> list[Reading]:
    """The ways to read a name, two at most, the one that Canvas itself prefers first."""
    if found := ANONYMOUS.fullmatch(label):
        late = bool(found["late"] or found["later"])
        return [Reading("", found["user"], found["attachment"] or "", found["file"] or found["typed"], late)]
    found = NAMED.fullmatch(label)
    if found is None:
        return []
    who, attachment, file = found["who"] + (found["end"] or ""), found["attachment"] or "", found["file"]
    first = Reading(who, found["user"], attachment, file or found["typed"], bool(found["late"]))
    if first.late or not attachment:
        return [first]
    longer = f"{who}_{first.user}"
    if more := MORE.fullmatch(file):
        return [first, Reading(longer, attachment, more["attachment"], more["file"], False)]
    return [first, Reading(longer, attachment, "", file, False)] if re.fullmatch(TYPED, file) else [first]


def read(labels: Sequence[str]) -> dict[str, Named]:
    """Whose each file is, by all names together; none of them where they cannot be Canvas's. What can be read in two
    ways, and nothing tells which, is nobody else's: it stands alone, with a remark."""
    found = {label: ways for label in labels if (ways := readings(label))}
    sure = [ways[0] for ways in found.values() if len(ways) == 1]
    attached = [(one.who, one.user, one.attachment) for one in sure if one.attachment]
    if attached and 2 * len(set(attached)) <= len(attached):
        return {}  # an attachment that one user has twice is none, but a folder may have been unpacked twice
    told = _Told({len(one.attachment) for one in sure if one.attachment}, [w for w in found.values() if len(w) == 2])
    return {label: ways[0].named if len(ways) == 1 else told.named(*ways) for label, ways in found.items()}


class _Told:
    """Which of two readings holds: ids of attachments are as long as others are, and no user has one twice."""

    def __init__(self, lengths: set[int], doubtful: Sequence[Sequence[Reading]]) -> None:
        self._lengths = lengths
        self._times = Counter((one.who, one.user, one.attachment) for one, _ in doubtful)
        firsts = {(one.who, one.user): other.attachment for one, other in sorted(doubtful, key=str, reverse=True)}
        self._numbered = not lengths and 2 * len({*firsts.values()}) < len(firsts)  # 1_knn.py, 2_knn.py, of everybody

    def named(self, one: Reading, other: Reading) -> Named:
        """The reading that holds, or neither."""
        if self._times[one.who, one.user, one.attachment] > 1:
            return other.named
        fits = not self._lengths or len(one.attachment) in self._lengths
        other_fits = not self._lengths or not other.attachment or len(other.attachment) in self._lengths
        if self._numbered or (fits and not other_fits):
            return one.named
        if other_fits and not fits:
            return other.named
        remark = f"its name can be read as that of user {one.user} or of user {other.user}: it is taken for neither's"
        return replace(other.named, student=f"{other.who}_{other.user}", who="", remarks=(remark,))


def version(file: str) -> tuple[str, int]:
    """A file's name without the number of its version, and that number: a1-2.zip is ("a1.zip", 2), and a1.tar-1.gz is
    ("a1.tar.gz", 1)."""
    base, end = _split(file)
    match = VERSION.fullmatch(base)
    if match is None:
        return file, 0
    return match["stem"] + match["end"] + end, int(match["version"] or UNIQUE)


def _split(file: str) -> tuple[str, str]:
    base, dot, end = file.rpartition(".")
    return (base, dot + end) if base else (file, "")
