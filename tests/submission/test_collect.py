"""A class's submissions under the names that platforms give them."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader.submission import SubmissionError, TurnedIn, collect, digest
from tests.submission.archives import KNN, zipped

MODULES = ["knn", "pytorch101"]


def laid(folder: Path, *files: str) -> Path:
    """A folder with these files, each changed a minute after the one before it."""
    for number, name in enumerate(files):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(KNN)
        os.utime(path, (1e9 + 60 * number,) * 2)
    return folder


def students(found: list[TurnedIn]) -> dict[str, list[str]]:
    return {one.student: [name for name, _ in one.parts] for one in found}


def test_files_folders_and_archives_are_named_after_their_students(tmp_path: Path) -> None:
    laid(tmp_path, "ada/knn.py", "bob.zip", "cy.tar.gz", "dan.ipynb", "eve.py", ".DS_Store", "__MACOSX/x", "readme.md")
    found = collect(tmp_path, MODULES)
    assert students(found) == {
        **{"ada": ["ada"], "bob": ["bob.zip"], "cy": ["cy.tar.gz"]},
        **{"dan": ["dan.ipynb"], "eve": ["eve.py"]},
    }
    assert all(one.submitted is None and one.notes == () for one in found)


def test_canvas(tmp_path: Path) -> None:
    laid(
        tmp_path,
        "lovelaceada_12345_67890_a1.zip",
        "babbagecharles_LATE_222_333_a1-2.zip",
        "babbagecharles_LATE_222_330_a1-1.zip",
        "babbagecharles_LATE_222_329_a1.zip",
        "hopper_77_88_knn.py",
        "hopper_77_89_pytorch101.py",
    )
    found = {one.student: one for one in collect(tmp_path, MODULES)}
    assert students(list(found.values())) == {"12345": ["a1.zip"], "222": ["a1.zip"], "77": ["knn.py", "pytorch101.py"]}
    assert found["12345"].name == "lovelaceada_12345_67890_a1.zip"
    charles = found["222"]
    assert charles.parts[0][1].name == "babbagecharles_LATE_222_333_a1-2.zip"
    assert charles.notes[0] == "handed in late"
    assert charles.notes[1].startswith("handed in several times; the latest counts, left aside: ")
    assert "a1-1.zip" in charles.notes[1] and "329_a1.zip" in charles.notes[1]


def test_moodle_with_folders_and_without(tmp_path: Path) -> None:
    laid(
        tmp_path,
        "Ada Lovelace_12345_assignsubmission_file_/a1.zip",
        "Jean-Luc O'Neill_77_assignsubmission_file_a1.zip",
        "Jean-Luc O'Neill_77_assignsubmission_file_extra.py",
    )
    assert students(collect(tmp_path, MODULES)) == {
        "12345": ["file"],
        "77": ["a1.zip", "extra.py"],
    }


def test_a_number_that_several_people_have_is_no_id(tmp_path: Path) -> None:
    laid(tmp_path, "smith_2026_1_a1.zip", "jones_2026_1_a1.zip", "ada_77_1_a1.zip")
    assert list(students(collect(tmp_path, MODULES))) == ["77", "jones_2026", "smith_2026"]


METADATA = """
submission_11:
  :submitters:
  - :name: Ada Lovelace
    :sid: '0012345'
    :email: ada@example.edu
  - :name: Charles
    :email: charles@example.edu
  :created_at: 2026-11-01 10:20:30.123456000 Z
  :score: 0.0
submission_12:
  :submitters:
  - :name: Grace
    :sid:
    :email: grace@example.edu
  :created_at: not a time
"""


def test_gradescope(tmp_path: Path) -> None:
    laid(tmp_path / "assignment_1_export", "submission_11/knn.py", "submission_12/knn.py", "submission_13/knn.py")
    (tmp_path / "assignment_1_export" / "submission_metadata.yml").write_text(METADATA)
    found = {one.student: one for one in collect(tmp_path, MODULES)}
    assert {name: one.name for name, one in found.items()} == {
        **{"0012345": "submission_11", "charles@example.edu": "submission_11"},
        **{"grace@example.edu": "submission_12", "submission_13": "submission_13"},
    }
    assert found["0012345"].submitted == datetime(2026, 11, 1, 10, 20, 30, 123456, tzinfo=UTC)
    assert found["grace@example.edu"].submitted is None


@pytest.mark.parametrize(
    "text", ["[1, 2", "- 1", "", "a: !!python/object/apply:os.system ['touch evil']", "[" * 10_000]
)
def test_a_broken_table_of_gradescope_is_a_sentence(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    laid(tmp_path, "submission_1/knn.py")
    (tmp_path / "submission_metadata.yml").write_text(text)
    with pytest.raises(SubmissionError, match=r"submission_metadata\.yml"):
        collect(tmp_path, MODULES)
    assert not (tmp_path / "evil").exists()


def test_of_two_that_have_one_name_the_newer_counts(tmp_path: Path) -> None:
    laid(tmp_path, "ada.zip", "bob.py", "ada.tar.gz")
    ada, _ = collect(tmp_path, MODULES)
    assert ada.name == "ada.tar.gz"
    assert ada.notes == ("handed in several times; the latest counts, left aside: ada.zip",)


def test_the_folder_inside_the_folder(tmp_path: Path) -> None:
    laid(tmp_path, "submissions/a1/ada/knn.py", "submissions/a1/bob/knn.py")
    assert list(students(collect(tmp_path, MODULES))) == ["ada", "bob"]
    laid(tmp_path / "one", "ada/knn.py")
    assert list(students(collect(tmp_path / "one", MODULES))) == ["ada"]


def test_one_students_own_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match="one student's folder"):
        collect(laid(tmp_path, "knn.py", "pytorch101.py"), MODULES)


def test_nothing_at_all_is_told(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match="there are no submissions"):
        collect(laid(tmp_path, "gradebook.csv"), MODULES)


def test_names_that_do_harm_on_a_terminal(tmp_path: Path) -> None:
    laid(tmp_path, "\x1b]0;x\x07ada.zip", "b\udcffob.zip".encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    for one in collect(tmp_path, MODULES):
        assert one.student.isprintable() and one.name.isprintable()


def test_a_digest_changes_with_contents_and_names_only(tmp_path: Path) -> None:
    one = laid(tmp_path / "1", "knn.py", "data/x", "__pycache__/y")
    same = laid(tmp_path / "2", "data/x", "knn.py")
    other = laid(tmp_path / "3", "knn.py", "data/z")
    assert digest([("ada", one)]) == digest([("ada", same)]) != digest([("ada", other)])
    before = digest([("ada", one)])
    (one / "knn.py").write_bytes(b"other")
    assert digest([("ada", one)]) != before
    archive = zipped(tmp_path / "a.zip", {"knn.py": KNN})
    assert digest([("a.zip", archive)]) == digest([("a.zip", archive)]) != digest([("b.zip", archive)])
