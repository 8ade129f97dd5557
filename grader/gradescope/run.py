"""What `run_autograder` does: grade one submission, write results.json."""

from __future__ import annotations

import os
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from grader.batch import SlotMaker, Work
from grader.course import Assignment, CourseError, find_course
from grader.engine import Stop
from grader.files import write_atomically
from grader.gradebook import Entry, Handed
from grader.gradescope.bundle import SETTINGS, Settings
from grader.judge import Options
from grader.report.gradescope import results_of, ungraded
from grader.spec import CheckError
from grader.submission import TurnedIn

NAME = "submission"


def grade_submission(root: Path) -> int:
    """Grade ROOT/submission as ROOT/source says, into ROOT/results/results.json; 0 where there is a grade, else 1."""
    results = root / "results"
    results.mkdir(parents=True, exist_ok=True)
    try:
        settings = msgspec.json.decode((root / "source" / SETTINGS).read_bytes(), type=Settings)
        os.environ["GRADER_COURSE"] = str(root / "source")
        assignment = find_course(root / "source").assignment(settings.assignment)
        entry = _graded(assignment, settings, root / NAME)
        content, code = results_of(entry, assignment), int(entry.is_ungraded)
    except (CourseError, CheckError, Stop, OSError, msgspec.MsgspecError) as error:
        content, code = ungraded(str(error)), 1
    except Exception as error:  # whatever it is, it is no zero
        content, code = ungraded(f"a fault in grader itself: {type(error).__name__}: {error}"), 1
    write_atomically(results / "results.json", content)
    return code


def _graded(assignment: Assignment, settings: Settings, folder: Path) -> Entry:
    """Raises Stop where this machine can grade nothing."""
    options = Options(secret=settings.seed.encode())
    slot = SlotMaker(assignment.course, assignment.name, options, (settings.sandbox,))()
    with closing(slot):
        done = slot(Work(TurnedIn(NAME, NAME, ((NAME, folder),)), Handed(NAME, NAME, "")))
    return Entry(
        student=NAME,
        submission=NAME,
        submitted=None,
        digest="",
        result=done.graded.result,
        problem=done.graded.problem,
        fault=done.graded.fault,
        attempts=done.tries,
        graded=datetime.now(UTC),
        notes=done.notes,
    )
