"""The gradebook: what is written once, what is read back, whose claim holds."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader.gradebook import Gradebook, GradebookError, Graded, Handed, keep_secret
from grader.result import Result

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def result(points: float = 50.0) -> Result:
    return Result("t1", "v", "s", "cpu", "warm", points, 100.0, "public", (), ())


def handed(student: str = "ada", digest: str = "d1", submitted: datetime | None = NOON) -> Handed:
    return Handed(student, f"{student}.zip", digest, submitted, ("an earlier one is left aside",))


@pytest.fixture
def book(tmp_path: Path) -> Gradebook:
    return Gradebook.open(tmp_path / "g.sqlite", create=True)


def test_what_is_written_is_read_back(book: Gradebook) -> None:
    book.hand_in("t1", [handed()])
    assert book.write("t1", handed(), "{}", Graded(result()))
    (entry,) = book.entries("t1")
    assert (entry.student, entry.submission, entry.submitted, entry.digest) == ("ada", "ada.zip", NOON, "d1")
    assert entry.result == result()
    assert (entry.problem, entry.fault, entry.attempts, entry.settings) == (None, None, 1, "{}")
    assert entry.graded is not None and entry.graded.tzinfo is not None
    assert entry.notes == ("an earlier one is left aside",)
    assert book.entry("t1", "ada") == entry
    assert book.entry("t1", "bob") is None
    assert book.assignments() == ["t1"]


def test_what_waits_for_its_grade_is_listed_without_one(book: Gradebook) -> None:
    book.hand_in("t1", [handed()])
    (entry,) = book.entries("t1")
    assert entry.is_ungraded and entry.attempts == 0 and entry.graded is None
    assert book.history("t1", "ada") == []


def test_entries_come_by_student_however_many_there_are(book: Gradebook) -> None:
    names = [f"s{n:04}" for n in range(200)]
    for name in reversed(names):
        book.hand_in("t1", [handed(name)])
    assert [entry.student for entry in book.entries("t1")] == names


def test_a_grade_is_written_once(book: Gradebook) -> None:
    assert book.write("t1", handed(), "{}", Graded(result(10)))
    assert not book.write("t1", handed(), "{}", Graded(result(20)))
    assert not book.write("t1", handed(), "{}", Graded(problem="too late"))
    assert [entry.result for entry in book.history("t1", "ada")] == [result(10)]


def test_a_fault_is_no_grade_and_may_be_tried_again(book: Gradebook) -> None:
    book.hand_in("t1", [handed()])
    assert book.write("t1", handed(), "{}", Graded(fault="the reference is gone"))
    assert book.entry("t1", "ada").is_ungraded
    assert not book.claim("t1", handed(), "{}")
    assert book.claim("t1", handed(), "{}", retry_faults=True)
    assert book.write("t1", handed(), "{}", Graded(result()))
    entry = book.entry("t1", "ada")
    assert (entry.result, entry.fault, entry.attempts) == (result(), None, 2)
    assert [one.fault for one in book.history("t1", "ada")] == ["the reference is gone", None]


def test_other_settings_and_other_contents_are_graded_again_and_history_is_kept(book: Gradebook) -> None:
    book.hand_in("t1", [handed()])
    for digest, settings, points in (("d1", "{}", 1.0), ("d1", '{"v": 2}', 2.0), ("d2", '{"v": 2}', 3.0)):
        assert book.claim("t1", handed(digest=digest), settings)
        assert book.write("t1", handed(digest=digest), settings, Graded(result(points)))
    assert [entry.result.points for entry in book.history("t1", "ada")] == [1, 2, 3]
    assert book.entry("t1", "ada").result.points == 2, "d1 is what counts until d2 is handed in"
    book.hand_in("t1", [handed(digest="d2")])
    assert book.entry("t1", "ada").result.points == 3
    assert book.settings("t1") == ["{}", '{"v": 2}']
    assert book.under("t1", "ada", "{}").result.points == 1


def test_a_claim_keeps_others_away_until_it_is_released(book: Gradebook) -> None:
    assert book.claim("t1", handed(), "{}")
    assert not book.claim("t1", handed(), "{}")
    book.release("t1", handed(), "{}")
    assert book.claim("t1", handed(), "{}")


def test_a_killed_process_leaves_its_claim_to_the_next(book: Gradebook) -> None:
    code = """
import os, signal, sys
from pathlib import Path
from grader.gradebook import Gradebook, Handed
assert Gradebook.open(Path(sys.argv[1])).claim("t1", Handed("ada", "ada.zip", "d1"), "{}")
os.kill(os.getpid(), signal.SIGKILL)
"""
    for deaths in range(3):
        assert book.deaths("t1", handed(), "{}") == deaths
        done = subprocess.run([sys.executable, "-c", code, str(book.path)], capture_output=True, check=False)
        assert done.returncode == -9, done.stderr
    assert book.claim("t1", handed(), "{}")
    assert book.deaths("t1", handed(), "{}") == 3


def test_a_file_that_is_no_gradebook_is_named(tmp_path: Path) -> None:
    file = tmp_path / "x.sqlite"
    with pytest.raises(GradebookError, match="there is no gradebook"):
        Gradebook.open(file)
    file.write_bytes(b"not a database, but long enough to be taken for one " * 100)
    with pytest.raises(GradebookError, match="no gradebook"):
        Gradebook.open(file, create=True)
    with pytest.raises(GradebookError, match="cannot be made"):
        Gradebook.open(tmp_path / "missing" / "x.sqlite", create=True)


def test_how_many_came_before_is_the_same_whenever_it_is_asked(book: Gradebook) -> None:
    def grade(digest: str, told: Graded | None = None, settings: str = "{}") -> None:
        book.write("t1", handed(digest=digest), settings, told or Graded(result()))

    grade("broken", Graded(problem="it is no archive"))
    assert book.earlier("t1", handed(digest="d1")) == 0, "of what was not asked nothing was told"
    grade("d1")
    grade("d2")
    grade("d1", settings='{"version": "another"}')
    expected = {"d1": 0, "d2": 1, "d3": 2}
    assert {digest: book.earlier("t1", handed(digest=digest)) for digest in expected} == expected
    grade("d3")
    assert {digest: book.earlier("t1", handed(digest=digest)) for digest in expected} == expected
    assert book.earlier("t1", handed("bob", "d3")) == book.earlier("t2", handed(digest="d3")) == 0


def test_a_secret_is_kept_for_its_owner_only_and_repeated(tmp_path: Path) -> None:
    secret = keep_secret(tmp_path, "t1")
    file = tmp_path / "secrets" / "t1"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(secret) >= 32
    assert keep_secret(tmp_path, "t1") == secret
    assert keep_secret(tmp_path, "t2") != secret
    assert list((tmp_path / "secrets").glob(".*")) == []
    with pytest.raises(GradebookError, match="another seed"):
        keep_secret(tmp_path, "t1", "spring")
    assert keep_secret(tmp_path, "t3", "spring") == b"spring" == keep_secret(tmp_path, "t3")
    os.chmod(file, 0o644)
    with pytest.raises(GradebookError, match="read by others"):
        keep_secret(tmp_path, "t1")
