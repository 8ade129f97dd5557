"""What students get gives nothing away: the bundle is made, and searched."""

from __future__ import annotations

import tempfile
from pathlib import Path

from grader.recording import RecordingError
from grader.release import ReleaseError, private, release
from grader.validate.bench import Bench
from grader.validate.findings import Finding


def secrets(bench: Bench) -> Finding:
    """No line of a solution, no hidden case and no misconception is in the assignment's bundle; each is tried."""
    assignment = bench.assignment
    tried = sum(1 for _ in private(assignment))
    with tempfile.TemporaryDirectory(prefix="grader-release-") as folder:
        try:
            release([assignment], Path(folder) / "bundle")
        except (ReleaseError, RecordingError) as error:
            return Finding(assignment.name, assignment.name, "release", tried, (f"{assignment.name}: {error}",))
    return Finding(assignment.name, assignment.name, "release", tried)
