"""A class as a folder of pages: index.html, and one for each student beside it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from grader.course import Assignment
from grader.files import write_atomically
from grader.gradebook import Entry
from grader.report.html.student import page_of
from grader.report.html.summary import Summary, class_page_of
from grader.report.names import safe_name

STUDENTS = "students"


def write_site(entries: Iterable[Entry], assignment: Assignment, folder: Path) -> int:
    """Write them, one entry at a time; how many students there are. Raises OSError."""
    summary = Summary(assignment)
    (folder / STUDENTS).mkdir(parents=True, exist_ok=True)
    for entry in entries:
        link = f"{STUDENTS}/{safe_name(entry.student)}.html"
        write_atomically(folder / link, page_of(entry, assignment, up="../index.html").encode("utf-8", "replace"))
        summary.add(entry, link)
    write_atomically(folder / "index.html", class_page_of(summary).encode("utf-8", "replace"))
    return len(summary.rows)
