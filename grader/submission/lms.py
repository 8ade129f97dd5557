"""The names that learning platforms give to what they hand out. Checked against the descriptions of Canvas's, Moodle's
and Gradescope's exports; a name that fits none of them is the student's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from grader.submission.archives import stem

# lovelaceada_LATE_12345_67890_knn-1.py: name, user, attachment, file with the number of its version
CANVAS = re.compile(r"^(?P<who>[^_]+)_(?P<late>LATE_)?(?P<user>\d+)_(?:\d+)_(?P<file>.+)$")
# Ada Lovelace_12345_assignsubmission_file_ (a folder), or the same before the name of a file
MOODLE = re.compile(r"^(?P<who>.+)_(?P<user>\d+)_assignsubmission_(?P<kind>file|onlinetext)_?(?P<file>.*)$")
GRADESCOPE = "submission_metadata.yml"
METADATA_LIMIT = 256 << 20  # bytes
VERSION = re.compile(r"^(?P<stem>.+)-(?P<version>\d{1,3})$")


@dataclass(frozen=True)
class Named:
    """What a name tells: who (an id), the file's own name, and remarks."""

    student: str
    file: str
    remarks: tuple[str, ...] = ()
    versioned: bool = False  # whether an ending -2 is a version's number
    who: str = ""  # the name beside the id


def named(name: str) -> Named:
    """By the name of a file or folder among the submissions."""
    if match := MOODLE.match(name):
        return Named(match["user"], match["file"] or name, who=match["who"])
    if match := CANVAS.match(name):
        return Named(match["user"], match["file"], ("handed in late",) if match["late"] else (), True, match["who"])
    return Named(stem(name), name)


def version(file: str) -> tuple[str, int]:
    """A file's name without the number of its version, and that number: a1-2.zip is ("a1.zip", 2)."""
    base = stem(file)
    match = VERSION.match(base)
    return (match["stem"] + file[len(base) :], int(match["version"])) if match else (file, 0)


@dataclass(frozen=True)
class Exported:
    """A folder of a Gradescope export: whose it is (several for a group), and when it was handed in."""

    students: tuple[str, ...]
    submitted: datetime | None


def gradescope(folder: Path) -> dict[str, Exported] | str:
    """What the export's table says about each `submission_N` folder, or why it cannot be read."""
    import yaml  # of all exports only this one needs it

    file = folder / GRADESCOPE
    try:
        if file.stat().st_size > METADATA_LIMIT:
            return f"{GRADESCOPE} is too long to be read"
        with file.open("rb") as stream:
            table = yaml.load(stream, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return f"{GRADESCOPE} cannot be read: {' '.join(str(error).split())[:200]}"
    if not isinstance(table, dict):
        return f"{GRADESCOPE} holds no table"
    found = {}
    for name, about in table.items():
        if isinstance(name, str) and isinstance(about, dict):
            people = about.get(":submitters")
            ids = [_id(person) for person in people if isinstance(person, dict)] if isinstance(people, list) else []
            found[name] = Exported(tuple(filter(None, ids)), _when(about.get(":created_at")))
    return found


def _id(person: dict[Any, Any]) -> str:
    """The student's number, else the address, else the name."""
    return next((str(person[key]).strip() for key in (":sid", ":email", ":name") if person.get(key)), "")


def _when(value: object) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.replace(" UTC", "+00:00"))
        except ValueError:
            return None
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime(value.year, value.month, value.day, tzinfo=UTC) if isinstance(value, date) else None
