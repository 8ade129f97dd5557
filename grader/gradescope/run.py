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
from grader.seed import derived, secret_of
from grader.spec import CheckError
from grader.submission import TurnedIn, digest

NAME = "submission"
METADATA = "submission_metadata.json"  # which Gradescope writes


def grade_submission(root: Path) -> int:
    """Grade ROOT/submission as ROOT/source says, into ROOT/results/results.json; 0 where there is a grade, else 1."""
    results = root / "results"
    results.mkdir(parents=True, exist_ok=True)
    try:
        settings = msgspec.json.decode((root / "source" / SETTINGS).read_bytes(), type=Settings)
        os.environ["GRADER_COURSE"] = str(root / "source")
        assignment = find_course(root / "source").assignment(settings.assignment)
        secret = secret_of_hand_in(settings.seed, root)
        entry = _graded(assignment, settings, root / NAME, secret)
        content, code = results_of(entry, assignment), int(entry.is_ungraded)
    except (CourseError, CheckError, Stop, OSError, msgspec.MsgspecError) as error:
        content, code = ungraded(str(error)), 1
    except Exception as error:  # whatever it is, it is no zero
        content, code = ungraded(f"a fault in grader itself: {type(error).__name__}: {error}"), 1
    write_atomically(results / "results.json", content)
    return code


class _Metadata(msgspec.Struct):
    """What Gradescope tells of a hand-in: a number of its own, which grading it again keeps, and when it came."""

    id: int | str | None = None
    created_at: str | None = None


def secret_of_hand_in(seed: str, root: Path) -> bytes:
    """The secret that the hidden cases of this hand-in are drawn from: the same when it is graded again, and another at
    the next one, so that what was carried out of this one is worth nothing there. Where Gradescope does not tell which
    one it is, its files do. Raises OSError."""
    try:
        told = msgspec.json.decode((root / METADATA).read_bytes(), type=_Metadata)
    except (OSError, msgspec.MsgspecError):
        told = _Metadata()
    if told.id is None and told.created_at is None:
        which = f"files {digest([(NAME, root / NAME)])}"
    else:
        which = f"number {told.id}" if told.id is not None else f"time {told.created_at}"
    return derived(secret_of(seed.encode()), which)


def _graded(assignment: Assignment, settings: Settings, folder: Path, secret: bytes) -> Entry:
    """Raises Stop where this machine can grade nothing."""
    options = Options(secret=secret)
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
