"""`grader export` and `grader check --html`, as a user runs them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from grader.gradebook import Entry, Gradebook, Graded, Handed
from tests.test_cli import run


@pytest.fixture
def book(toy_class: list[Entry], tmp_path: Path) -> Path:
    """A folder with a gradebook in it that holds the toy class."""
    folder = tmp_path / "batch"
    folder.mkdir()
    with Gradebook.open(folder / "gradebook.sqlite", create=True) as gradebook:
        for one in toy_class:
            handed = Handed(one.student, one.submission, one.digest, one.submitted)
            gradebook.hand_in("t1", [handed])
            if one.student != "waiting":
                assert gradebook.claim("t1", handed, "{}")
                assert gradebook.write("t1", handed, "{}", Graded(one.result, one.problem, one.fault))
    return folder


def test_every_format_holds_everybody(book: Path, toy_class: list[Entry], tmp_path: Path) -> None:
    names = {one.student for one in toy_class}
    done = run("export", "t1", "--format", "csv", "--gradebook", str(book))
    assert (done.returncode, done.stderr) == (0, "")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert {row["student"] for row in rows} == names
    assert {row["student"]: row["points"] for row in rows if row["status"] == "ungraded"} == {
        "unlucky": "",
        "waiting": "",
    }

    file = tmp_path / "told.json"
    done = run("export", "t1", "--format", "json", "--gradebook", str(book / "gradebook.sqlite"), "--out", str(file))
    assert done.returncode == 0 and str(file) in done.stderr
    assert {one["student"] for one in json.loads(file.read_text())["submissions"]} == names

    done = run("export", "t1", "--format", "junit", "--gradebook", str(book))
    assert {suite.get("name") for suite in ElementTree.fromstring(done.stdout)} == names

    done = run("export", "t1", "--format", "gradescope", "--gradebook", str(book), "--out", str(tmp_path / "results"))
    assert done.returncode == 0, done.stderr
    told = [json.loads(path.read_text()) for path in (tmp_path / "results").iterdir()]
    assert len(told) == len(names) and sum("score" not in one for one in told) == 2

    done = run("export", "t1", "--format", "html", "--gradebook", str(book), "--out", str(tmp_path / "pages"))
    assert done.returncode == 0, done.stderr
    assert "The class" in (tmp_path / "pages" / "index.html").read_text()
    assert len(list((tmp_path / "pages" / "students").iterdir())) == len(names)


def test_canvas_with_a_roster_says_whom_it_left_out(book: Path, tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text(
        'Student,ID,SIS User ID,SIS Login ID,Section\n"Lovelace, Ada",7,,ada,A\n"Hopper, Grace",8,,grace,A\n'
    )
    options = ("--roster", str(roster), "--column", "Toy (34)")
    done = run("export", "t1", "--format", "canvas", "--gradebook", str(book), *options)
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "Student,ID,SIS User ID,SIS Login ID,Section,Toy (34)",
        "    Points Possible,,,,,100",
        '"Lovelace, Ada",7,,ada,A,100',
        '"Hopper, Grace",8,,grace,A,50',
    ]
    assert "grader: kurt is not in the roster" in done.stderr


COULD_NOT = {
    "no gradebook": (("--format", "csv", "--gradebook", "nowhere"), "there is no gradebook at nowhere"),
    "no folder": (("--format", "html"), "name it with --out"),
    "roster of csv": (("--format", "csv", "--roster", "x"), "--roster and --column go with --format canvas"),
    "no roster": (("--format", "canvas", "--roster", "nowhere.csv"), "nowhere.csv cannot be read"),
}


@pytest.mark.parametrize("mistake", COULD_NOT)
def test_what_cannot_be_done_is_one_sentence(mistake: str) -> None:
    options, sentence = COULD_NOT[mistake]
    done = run("export", "t1", *options)
    assert done.returncode == 2 and sentence in done.stderr and "Traceback" not in done.stderr


def test_an_assignment_that_nobody_handed_in_is_one_sentence(tmp_path: Path) -> None:
    Gradebook.open(tmp_path / "gradebook.sqlite", create=True).close()
    done = run("export", "t1", "--format", "csv", "--gradebook", str(tmp_path))
    assert done.returncode == 2 and "holds no submission of t1" in done.stderr


def test_check_writes_a_page(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    done = run("check", "t1", "--submission", "solutions/t1/chance.py", "--html", str(page))
    assert done.returncode == 0, done.stderr
    text = page.read_text()
    assert "<strong>30</strong> of 30 points" in text and "sort_by_size" in text


def test_a_bundle_is_written_and_its_points_are_told(tmp_path: Path) -> None:
    file = tmp_path / "t1.zip"
    done = run("gradescope", "t1", "--out", str(file))
    assert done.returncode == 0, done.stderr
    assert file.read_bytes().startswith(b"PK") and "worth 100 points" in done.stdout
    again = run("gradescope", "t1", "--out", str(tmp_path / "again.zip"))
    assert again.returncode == 0 and (tmp_path / "again.zip").read_bytes() != file.read_bytes()  # another secret
