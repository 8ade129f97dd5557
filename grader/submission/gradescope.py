"""The table of a Gradescope export: whose each of its folders is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

TABLE = "submission_metadata.yml"
TABLE_LIMIT = 256 << 20  # bytes


@dataclass(frozen=True)
class Exported:
    """A folder of a Gradescope export: whose it is (several for a group), and when it was handed in."""

    students: tuple[str, ...]
    submitted: datetime | None
    remarks: tuple[str, ...] = ()


def gradescope(folder: Path) -> dict[str, Exported] | str:
    """What the export's table says about each `submission_N` folder, or why it cannot be read."""
    import yaml  # of all exports only this one needs it

    file = folder / TABLE
    try:
        if file.stat().st_size > TABLE_LIMIT:
            return f"{TABLE} is too long to be read"
        with file.open("rb") as stream:
            table = yaml.load(stream, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return f"{TABLE} cannot be read: {' '.join(str(error).split())[:200]}"
    if not isinstance(table, dict):
        return f"{TABLE} holds no table"
    about = {name: told for name, told in table.items() if isinstance(name, str) and isinstance(told, dict)}
    people = {name: _people(told) for name, told in about.items()}
    shared = _shared(person for some in people.values() for person in some)
    return {name: _exported(people[name], told.get(":created_at"), shared) for name, told in about.items()}


def _people(told: dict[Any, Any]) -> list[tuple[str, str, str]]:
    """Number, address and name of each submitter."""
    found = told.get(":submitters")
    some = [person for person in found if isinstance(person, dict)] if isinstance(found, list) else []
    return [(_text(person.get(":sid")), _text(person.get(":email")), _text(person.get(":name"))) for person in some]


def _text(value: object) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(value).strip()


def _shared(people: Iterable[tuple[str, str, str]]) -> set[str]:
    """The numbers that people with different addresses have: a number may be what a student has typed in."""
    owners: dict[str, set[str]] = defaultdict(set)
    for number, address, name in people:
        owners[number].add(address.casefold() or name)
    return {number for number, some in owners.items() if number and len(some) > 1}


def _exported(people: Iterable[tuple[str, str, str]], when: object, shared: Set[str]) -> Exported:
    """The student is the number, else the address, else the name; a number that several have is none."""
    students, remarks = [], []
    for number, address, name in people:
        if number in shared:
            remarks.append(f"several people have the number {number}: they are told apart by their addresses")
        students.append((number not in shared and number) or address or name)
    return Exported(tuple(filter(None, students)), _when(when), tuple(dict.fromkeys(remarks)))


def _when(value: object) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.replace(" UTC", "+00:00"))
        except ValueError:
            return None
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime(value.year, value.month, value.day, tzinfo=UTC) if isinstance(value, date) else None
