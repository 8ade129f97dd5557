"""Whose a file is: what a student calls files, folders and entries of archives changes, removes or replaces nothing of
another student's."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from grader.submission import collect, prepare, unpack
from grader.submission.limits import CLASS
from grader.submission.lms import read_names
from grader.submission.named import Named
from tests.submission.archives import KNN, tarred, zipped
from tests.submission.archives import MODULES as DECLARED
from tests.submission.test_collect import MODULES, laid, students

WORDS = st.sampled_from(
    [
        *("555", "666", "1001", "1", "_", "_", "-", " ", " - ", ".", "+", "LATE", "anon", "iQ7rK", "LATE_", "zz"),
        *(
            "_assignsubmission_file_",
            "assignsubmission",
            "onlinetext",
            "file",
            "attempt",
            "_attempt_2026-02-03-10-11-12_",
        ),
        *("555-678 - Vera - Feb 3, 2026 1011 AM", "vera+a1+2026-02-03 10:11:12 UTC", "vera_555_1001_", "A1_vera"),
        *("text.html", "knn.py", "a1.zip", "-1", "submission_metadata.yml", "submitted", "a1-vera", "\n", "\u202e"),
    ]
)
FILES = st.lists(WORDS, min_size=1, max_size=6).map("".join).filter(lambda name: "/" not in name)

Label = tuple[str, str]  # what the platform puts in front of a file's name, and whose it is
PREFIXES: dict[str, list[Label]] = {
    "Canvas": [("vera_555_1001_", "555"), ("eve_LATE_666_1003_", "666"), ("bob_77_1005_", "77")],
    "Canvas, a name like another's with the number": [
        *(("vera_555_1001_", "555"), ("vera_555_6666_1003_", "6666"), ("bob_77_1005_", "77"))
    ],
    "Canvas, anonymous": [
        ("anon_Zx81b_1001_", "Zx81b"),
        ("LATE_anon_iQ7rK_1003_", "iQ7rK"),
        ("anon_77777_1_", "77777"),
    ],
    "Moodle": [
        ("Vera V_555_assignsubmission_file_", "555"),
        ("Eve_666_assignsubmission_file_", "666"),
        ("Bob_77_assignsubmission_onlinetext_", "77"),
    ],
    "Blackboard": [
        ("A1_vera_attempt_2026-02-03-10-11-12_", "vera"),
        ("A1_eve_attempt_2026-02-03-10-11-12_", "eve"),
        ("A1_bob_attempt_2026-02-03-10-11-13_", "bob"),
    ],
    "Brightspace": [
        ("555-1 - Vera - Feb 3, 2026 1011 AM - ", "555"),
        ("666-1 - Eve - Feb 3, 2026 1011 AM - ", "666"),
        ("77-1 - Bob - Feb 3, 2026 1011 AM - ", "77"),
    ],
}


def piles(named: dict[str, Named]) -> dict[str, dict[str, Named]]:
    found: dict[str, dict[str, Named]] = defaultdict(dict)
    for label, one in named.items():
        found[one.student][label] = one
    return found


@pytest.mark.parametrize("platform", PREFIXES)
@settings(max_examples=100, deadline=None)
@given(files=st.lists(FILES, min_size=3, max_size=3), evil=st.lists(FILES, max_size=5))
def test_a_student_s_names_of_files_change_nothing_of_another_s(
    platform: str, files: list[str], evil: list[str]
) -> None:
    """Eve hands in more files, whatever they are called: the others keep their names, files and remarks."""
    vera, eve, bob = PREFIXES[platform]
    labels = [prefix + file for (prefix, _), file in zip((vera, eve, bob), files, strict=True)]
    honest = read_names(labels)
    assert honest.platform == platform.partition(",")[0]
    more = [eve[0].replace("1003", str(1010 + number)) + name for number, name in enumerate(evil)]
    attacked = read_names(list(dict.fromkeys([*labels, *more])))
    assert attacked.platform == honest.platform
    before, after = piles(dict(honest.named)), piles(dict(attacked.named))
    others = {labels[0], labels[2]}
    for student, pile in before.items():
        if others & set(pile):
            assert after[student] == pile
    for student, pile in after.items():
        assert others.isdisjoint(pile) or all(label in others for label in pile), student


@settings(max_examples=80, deadline=None)
@given(names=st.lists(st.text(min_size=1, max_size=12) | FILES, min_size=2, max_size=6, unique=True))
def test_every_student_has_a_name_of_their_own(names: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Folders that differ are students that differ: in letters that look alike, in what no terminal shows, in length."""
    clean = [name.replace("/", "_").replace("\0", "_").encode("utf-8", "replace").decode()[:60] for name in names]
    assume(len(set(clean)) == len(clean) and not any(name.startswith(".") for name in clean))
    folder = tmp_path_factory.mktemp("class")
    for name in clean:
        (folder / name).mkdir()
        (folder / name / "x").touch()
    found = collect(folder, MODULES)
    assert len({one.student for one in found}) == len(found)
    handed = [path for one in found for _, path in one.parts]
    assert len(set(handed)) == len(handed)


def test_the_attacks_of_names_gain_nothing(tmp_path: Path) -> None:
    laid(
        tmp_path / "canvas",
        *("victimvera_555_1001_knn.py", "victimvera_555_1002_pytorch101.py"),
        *("evileve_LATE_666_1003_knn.py", "evileve_LATE_666_1004_zz_555_assignsubmission_file_notes.py"),
        *("evileve_LATE_666_1005_zz_666_assignsubmission_file_knn.py", "evileve_LATE_666_1006_zz_888_9_knn.py"),
    )
    found = {one.student: one for one in collect(tmp_path / "canvas", MODULES)}
    assert sorted(found) == ["555", "666"]
    assert [name for name, _ in found["555"].parts] == ["knn.py", "pytorch101.py"]
    assert found["666"].notes == ("handed in late",)
    laid(
        tmp_path / "moodle",
        "Vera V_555_assignsubmission_file_knn.py",
        "Eve Evil_666_assignsubmission_file_a_555_assignsubmission_file_b.py",
    )
    assert students(collect(tmp_path / "moodle", MODULES)) == {
        "555": ["knn.py"],
        "666": ["a_555_assignsubmission_file_b.py"],
    }


def test_a_student_alone_in_the_class_makes_no_others(tmp_path: Path) -> None:
    """What lies in a student's folder are that student's files, whatever they are called."""
    inside = ["vera/knn.py", "bob/knn.py", "submission_metadata.yml"]
    for number, name in enumerate(
        ["Eve_666_assignsubmission_file_", "666-1 - Eve - Feb 3, 2026 1011 AM", "eve+a1+2026-02-03 10:11:12 UTC"]
    ):
        folder = tmp_path / str(number)
        laid(folder, *(f"{name}/{file}" for file in inside))
        (one,) = collect(folder, MODULES)
        assert one.student in ("666", "eve") and [path for _, path in one.parts] == [folder / name]
    laid(tmp_path / "plain", *(f"eve/{file}" for file in inside))
    (tmp_path / "plain/eve/submission_metadata.yml").write_text("submission_1:\n  :submitters:\n  - :sid: '555'\n")
    assert list(students(collect(tmp_path / "plain", MODULES))) == ["eve"]
    said: list[str] = []
    laid(tmp_path / "doubtful", "eve/vera/knn.py", "eve/bob/knn.py")
    assert list(students(collect(tmp_path / "doubtful", MODULES, say=said.append))) == ["bob", "vera"]
    assert said == ["eve is taken for the class's folder: what lies in it are the submissions"]


SID = """
submission_1:
  :submitters:
  - :name: Vera
    :sid: '555'
    :email: vera@example.edu
submission_2:
  :submitters:
  - :name: Eve
    :sid: '555'
    :email: eve@example.edu
submission_3:
  :submitters:
  - :name: Bob
    :sid: '77'
    :email: bob@example.edu
"""


def test_a_number_that_two_accounts_have_is_nobody_s(tmp_path: Path) -> None:
    laid(tmp_path, *(f"submission_{number}/knn.py" for number in (1, 2, 3)))
    (tmp_path / "submission_metadata.yml").write_text(SID)
    found = {one.student: one for one in collect(tmp_path, MODULES)}
    assert sorted(found) == ["77", "eve@example.edu", "vera@example.edu"]
    assert "several people have the number 555" in found["vera@example.edu"].notes[0]
    assert found["77"].notes == ()


def test_names_that_are_equal_once_they_are_made_harmless(tmp_path: Path) -> None:
    for name in ("Jos\u00e9", "Jose\u0301", "a\u202eb", "a_b", "a\u200bb"):
        laid(tmp_path, f"{name}/knn.py")
    found = [one.student for one in collect(tmp_path, MODULES)]
    assert len(set(found)) == 5 and {"Jos\u00e9", "a_b"} < set(found)
    assert all(one.isprintable() for one in found)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_folders_of_a_class_s_archive_do_not_come_together(pack, order: tuple[int, ...], tmp_path: Path) -> None:
    """Letters that look alike, and what no terminal shows: who has a harmless name keeps it, and all their files."""
    names = ["Jos\u00e9", "Jose\u0301", "Jose\u0301\u200b"]
    files = {f"{names[n]}/{file}": f"{n}".encode() for file in ("knn.py", "x.py") for n in order}
    archive = pack(tmp_path / ("class.zip" if pack is zipped else "class.tar"), files)
    (tmp_path / "class").mkdir()
    unpack(archive, tmp_path / "class", CLASS)
    found = {one.student: dict(one.parts) for one in collect(tmp_path / "class", MODULES)}
    assert len(found) == 3
    held = [{path.read_bytes() for folder in parts.values() for path in folder.iterdir()} for parts in found.values()]
    assert sorted(held, key=sorted) == [{b"0"}, {b"1"}, {b"2"}]
    (vera,) = found["Jos\u00e9"].values()
    assert (vera / "knn.py").read_bytes() == b"0"


def test_entries_of_an_archive_stay_in_their_student_s_folder(tmp_path: Path) -> None:
    evil = zipped(tmp_path / "eve_666_1003_a1.zip", {"../vera_555_1001_knn.py": KNN, "vera_555_1001_knn.py": KNN})
    laid(tmp_path, "vera_555_1001_knn.py")
    found = {one.student: one for one in collect(tmp_path, MODULES)}
    assert [path for _, path in found["555"].parts] == [tmp_path / "vera_555_1001_knn.py"]
    assert [path for _, path in found["666"].parts] == [evil]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "knn.py").write_bytes(KNN)
    target = tmp_path / "out"
    target.mkdir()
    prepared = prepare("666", [("vera_555_1001_knn.py", evil), ("knn.py", tmp_path / "in")], DECLARED, target)
    assert prepared.submission.folder.is_relative_to(target)
