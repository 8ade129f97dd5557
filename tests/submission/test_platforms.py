"""What each platform hands out, under the names that its documentation gives, is read as students and their files."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.submission import SubmissionError, collect
from tests.submission.test_collect import MODULES, laid, students

UUID = "6f1c3a52-6d0c-4a55-9d0a-0f6a52a51c11"
EXPORTS: dict[str, tuple[str, list[str], dict[str, list[str]]]] = {
    "Canvas": (
        "Canvas",
        [
            *("lovelaceada_101_9001_knn.py", "lovelaceada_101_9002_pytorch101.py"),
            *("o_brienpat_LATE_108_9011_knn-1.py", "o_brienpat_LATE_108_9012_pytorch101.py"),
            "projectteam_3_109_9013_knn.py",
            "projectteam_4_LATE_110_9014_knn.py",
            f"hopper_111_9015_knn-{UUID}.py",
            *("neumann_112_9016_a1.tar-1.gz", "neumann_112_9010_a1.tar.gz"),
            *("noether_113_9017_part-1.ipynb", "noether_113_9018_part-2.ipynb"),
            "turing_114_text.html",
        ],
        {
            **{"101": ["knn.py", "pytorch101.py"], "108": ["knn.py", "pytorch101.py"], "109": ["knn.py"]},
            **{"110": ["knn.py"], "111": ["knn.py"], "112": ["a1.tar.gz"], "113": ["part-1.ipynb", "part-2.ipynb"]},
            "114": ["text.html"],
        },
    ),
    "Canvas, anonymous": (
        "Canvas",
        ["anon_iQ7rK_9001_knn.py", "anon_iQ7rK_9002_pytorch101.py", "LATE_anon_Zx81b_9003_knn-1.py"],
        {"iQ7rK": ["knn.py", "pytorch101.py"], "Zx81b": ["knn.py"]},
    ),
    "Moodle, in folders": (
        "Moodle",
        [
            "Ada Lovelace_12345_assignsubmission_file_/knn.py",
            "Ada Lovelace_12345_assignsubmission_onlinetext_/onlinetext.html",
            "Participant_77_assignsubmission_file/a1.zip",
        ],
        {"12345": ["file", "onlinetext"], "77": ["file"]},
    ),
    "Moodle, flat": (
        "Moodle",
        [
            "Ada Lovelace_12345_assignsubmission_file_knn.py",
            "Ada Lovelace_12345_assignsubmission_onlinetext_onlinetext.html",
            "Jean-Luc O'Neill_77_assignsubmission_file_knn.py",
        ],
        {"12345": ["knn.py", "onlinetext.html"], "77": ["knn.py"]},
    ),
    "Blackboard": (
        "Blackboard",
        [
            "A1_part_2_jdoe_attempt_2026-02-01-09-00-00_pytorch101.py",
            "A1_part_2_jdoe_attempt_2026-02-03-10-11-12.txt",
            "A1_part_2_jdoe_attempt_2026-02-03-10-11-12_knn.py",
            "A1_part_2_jdoe_attempt_2026-02-03-10-11-12_pytorch101.py",
            "A1_part_2_alovelace_attempt_2026-02-03-11-00-00_a1.zip",
        ],
        {"alovelace": ["a1.zip"], "jdoe": ["knn.py", "pytorch101.py", "receipt.txt"]},
    ),
    "Brightspace": (
        "Brightspace",
        [
            "12345-678 - Ada Lovelace - Feb 3, 2026 1011 AM/knn.py",
            "12346-678 - Jean-Luc O'Neill- 13 February, 2026 22:05/knn.py",
            "index.html",
        ],
        {"12345": [""], "12346": [""]},
    ),
    "Brightspace, flat": (
        "Brightspace",
        [
            "12345-678 - Ada Lovelace - Feb 3, 2026 1011 AM - knn.py",
            "12345-678 - Ada Lovelace - Feb 3, 2026 1012 AM - pytorch101.py",
        ],
        {"12345": ["knn.py", "pytorch101.py"]},
    ),
    "nbgrader's exchange": (
        "nbgrader",
        [
            "ada+a1+2026-02-03 10:11:12.123456 UTC+Zm9v/knn.ipynb",
            "ada+a1+2026-02-04 10:11:12.123456 UTC+Zm9v/knn.ipynb",
            "bob+a1+2026-02-03 10:11:12 UTC/knn.ipynb",
            "bob+a2+2026-02-03 10:11:12 UTC/svm.ipynb",
        ],
        {
            "ada": ["ada+a1+2026-02-04 10:11:12.123456 UTC+Zm9v"],
            "bob": ["bob+a1+2026-02-03 10:11:12 UTC"],
        },
    ),
    "nbgrader's tree": (
        "nbgrader",
        ["submitted/ada/a1/knn.ipynb", "submitted/ada/a1/timestamp.txt", "submitted/ada/a2/svm.ipynb"],
        {"ada": ["ada"]},
    ),
    "GitHub Classroom": (
        "GitHub Classroom",
        ["a1-submissions/a1-ada/knn.py", "a1-submissions/a1-ada-l/src/knn.py"],
        {"ada": ["a1-ada"], "ada-l": ["a1-ada-l"]},
    ),
    "GitHub Classroom, cloned one by one": (
        "GitHub Classroom",
        ["hw-1-ada/knn.py", "hw-1-ada/.git/config", "hw-1-bob/knn.py", "hw-1-bob/.git/config"],
        {"ada": ["hw-1-ada"], "bob": ["hw-1-bob"]},
    ),
}


@pytest.mark.parametrize("export", EXPORTS)
def test_an_export_is_read_as_students_and_their_files(export: str, tmp_path: Path) -> None:
    platform, files, expected = EXPORTS[export]
    said: list[str] = []
    found = collect(laid(tmp_path / "class", *files), MODULES, "a1", said.append)
    assert students(found) == expected
    assert said == [said[0]] and platform in said[0] and f"{len(expected)} students" in said[0]


def test_nothing_but_a_later_attempt_puts_an_earlier_one_aside(tmp_path: Path) -> None:
    found = {one.student: one for one in collect(laid(tmp_path, *EXPORTS["Blackboard"][1]), MODULES)}
    assert found["alovelace"].notes == ()
    (note,) = found["jdoe"].notes
    assert note == (
        "handed in several times; the latest counts, left aside: "
        "A1_part_2_jdoe_attempt_2026-02-01-09-00-00_pytorch101.py"
    )
    moodle = collect(laid(tmp_path / "moodle", *EXPORTS["Moodle, in folders"][1]), MODULES)
    assert [one.notes for one in moodle] == [(), ()]


def test_what_is_handed_in_one_by_one_counts_together_and_the_later_file_of_a_name(tmp_path: Path) -> None:
    folder = tmp_path / "class"
    laid(
        folder,
        "1-2 - Ada Lovelace - Feb 3, 2026 911 AM/knn.py",
        "1-2 - Ada Lovelace - Feb 3, 2026 1211 AM/knn.py",
        "1-2 - Ada Lovelace - Feb 3, 2026 1011 AM/pytorch101.py",
        "3-2 - Bob - Feb 3, 2026 1011 AM/knn.py",
    )
    ada, bob = collect(folder, MODULES)
    assert [path.name[-10:].strip() for _, path in ada.parts] == ["26 1211 AM", "026 911 AM", "26 1011 AM"]
    assert ada.notes == ("handed in 3 times; of each file the latest counts",)
    assert bob.notes == ()


def test_an_exchange_of_other_assignments_is_a_sentence(tmp_path: Path) -> None:
    laid(tmp_path, "ada+ps1+2026-02-03 10:11:12 UTC/x.ipynb", "ada+ps2+2026-02-03 10:11:12 UTC/x.ipynb")
    with pytest.raises(SubmissionError, match="handed in for ps1 and ps2"):
        collect(tmp_path, MODULES, "a1")
    (ada,) = collect(tmp_path, MODULES, "ps2")
    assert ada.parts[0][1].name.startswith("ada+ps2+")


def test_what_somebody_has_laid_beside_an_export_is_told(tmp_path: Path) -> None:
    said: list[str] = []
    laid(tmp_path, "ada_1_2_knn.py", "bob_3_4_knn.py", "cy_5_6_knn.py", "late/knn.py", "notes.txt")
    assert list(students(collect(tmp_path, MODULES, say=said.append))) == ["1", "3", "5", "late"]
    assert said[1:] == ["without a name of Canvas's, so each is taken for a student of its own: late"]


def test_an_export_that_was_unpacked_twice(tmp_path: Path) -> None:
    laid(tmp_path, "ada_11_9011_knn.py", "ada_11_9011_knn (1).py", "bob_12_9012_knn.py", "cy_13_9013_knn.py")
    assert students(collect(tmp_path, MODULES)) == {
        **{"11": ["knn (1).py", "knn.py"], "12": ["knn.py"]},
        "13": ["knn.py"],
    }


def test_names_that_only_look_like_an_export_are_the_students(tmp_path: Path) -> None:
    laid(tmp_path / "1", "hw_1_2_ada.zip", "hw_1_2_bob.zip", "hw_1_2_cy.zip")
    assert list(students(collect(tmp_path / "1", MODULES))) == ["hw_1_2_ada", "hw_1_2_bob", "hw_1_2_cy"]
    laid(tmp_path / "2", "ada_1_2_a1.zip", "bob.zip", "cy.zip")
    assert list(students(collect(tmp_path / "2", MODULES))) == ["ada_1_2_a1", "bob", "cy"]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        # nothing tells: neither
        (["team_3_109_9013_knn.py"], {"team_3_109": ["knn.py"]}),
        # an attachment is never there twice, so 109 is none
        (["team_3_109_9013_knn.py", "team_3_109_9014_pytorch101.py"], {"109": ["knn.py", "pytorch101.py"]}),
        # everybody's files begin with a number
        (
            [f"{who}_1_knn.py" for who in ("ada_11_9011", "bob_12_9013", "cy_13_9015")]
            + [f"{who}_2_a.py" for who in ("ada_11_9012", "bob_12_9014")],
            {"11": ["1_knn.py", "2_a.py"], "12": ["1_knn.py", "2_a.py"], "13": ["1_knn.py"]},
        ),
        # an attachment's number is as long as the others
        (["ada_11_9011_knn.py", "ada_11_9012_1_b.py"], {"11": ["1_b.py", "knn.py"]}),
        # a name that is another's with the id: both are left what is theirs
        (["vera_55_9011_knn.py", "vera_55_66_9012_knn.py"], {"55": ["knn.py"], "66": ["knn.py"]}),
    ],
)
def test_a_name_that_ends_in_a_number(files: list[str], expected: dict[str, list[str]], tmp_path: Path) -> None:
    found = collect(laid(tmp_path, *files), MODULES)
    assert students(found) == expected
    assert ("team_3_109" in expected) == any("user 3 or of user 109" in note for one in found for note in one.notes)
