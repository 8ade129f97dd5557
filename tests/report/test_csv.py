"""The class as CSV, and as the file that Canvas imports."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grader.course import Assignment
from grader.gradebook import Entry
from grader.report.canvas import HEADER, Person, RosterError, canvas_of, read_roster
from grader.report.csv import csv_of, harmless, table
from grader.result import Result, Verdict
from tests.report.conftest import entry

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def rows_of(text: str) -> list[list[str]]:
    """As a reader of CSV sees it; every row is as long as the first."""
    rows = list(csv.reader(io.StringIO(text), strict=True))
    assert {len(row) for row in rows} == {len(rows[0])}
    return rows


def test_a_row_for_each_and_no_zero_for_what_is_ungraded(toy_class: list[Entry], toy: Assignment) -> None:
    header, *rows = rows_of(csv_of(toy_class, toy))
    told = {row[0]: dict(zip(header, row, strict=True)) for row in rows}
    assert list(told) == [one.student for one in toy_class]
    ids = [exercise.id for exercise in toy.checks.exercises]
    assert header[-len(ids) :] == ids
    assert told["ada"]["points"] == "100" and [told["ada"][i] for i in ids] == ["20", "30", "20", "10", "20"]
    assert told["alan"]["chance.coin"] == "0" and told["alan"]["algebra.Counter.count"] == "20"
    for name in ("unlucky", "waiting"):
        assert (
            told[name]["points"] == "" and {told[name][i] for i in ids} == {""} and told[name]["status"] == "ungraded"
        )
    assert told["unlucky"]["remark"] == "no worker could be started"
    assert told["empty"]["points"] == "0" and told["empty"]["status"] == "nothing to grade"
    assert told["ada"]["submitted"] == "2026-03-01T12:00:00+00:00"


def test_no_cell_of_a_hostile_student_is_a_formula(hostile: Entry, toy: Assignment) -> None:
    assert hostile.student.startswith("=")
    for text in (csv_of([hostile], toy), canvas_of([hostile], toy).text):
        cells = [cell for row in rows_of(text) for cell in row]
        assert any("cmd|" in cell for cell in cells)
        assert not [cell for cell in cells if cell.startswith(STARTS)]
        assert not [c for c in text if c != "\r" and c != "\n" and not c.isprintable()]


@given(st.text(), st.sampled_from(STARTS))
def test_whatever_the_text_it_is_one_cell_and_no_formula(text: str, start: str) -> None:
    for whole in (text, start + text, f" {start}{text}"):
        assert not harmless(whole).startswith(STARTS)
        ((cell, other),) = rows_of(table([[whole, "x"]]))
        assert cell == harmless(whole) and other == "x"


@example('"=')
@given(st.lists(st.sampled_from([*STARTS, ";", " ", "\t", '"', ",", "a"]), max_size=12).map("".join))
def test_a_semicolon_that_parts_cells_begins_no_formula(text: str) -> None:
    (line,) = table([[text, "x"]]).splitlines()
    for cell in csv.reader([line], delimiter=";"):
        assert not [part for part in cell if part.strip(' "').startswith(STARTS)], line


def canvas_rows(text: str) -> list[list[str]]:
    """Checks what Canvas wants of every file, and gives the rows below the first two."""
    header, possible, *rows = rows_of(text)
    assert header[:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"] and len(header) == 6
    assert possible[0].strip() == "Points Possible" and possible[1:5] == [""] * 4 and float(possible[5]) > 0
    for row in rows:
        assert row[5] == "" or 0 <= float(row[5]) <= float(possible[5])
    return rows


def test_canvas_without_a_roster_takes_the_id_from_the_file_s_name(toy_class: list[Entry], toy: Assignment) -> None:
    result = toy_class[0].result
    late = Entry("4711", "doejane_LATE_4711_9901_t1.zip", None, "", result, None, None, 1, None)
    export = canvas_of([late, *toy_class], toy)
    rows = canvas_rows(export.text)
    assert rows[0] == ["doejane", "4711", "", "", "", "100"]
    by_login = {row[3]: row[5] for row in rows}
    assert by_login["kurt"] == "70" and by_login["empty"] == "0"
    assert by_login["unlucky"] == by_login["waiting"] == ""
    assert rows_of(export.text)[0][5] == "t1 A toy"


def test_who_handed_in_nothing_does_not_change_what_others_have(toy_class: list[Entry], toy: Assignment) -> None:
    result = toy_class[0].result
    assert result is not None
    away = msgspec.structs.replace(result.exercises[0], verdict=Verdict.NEEDS_CUDA, points=0.0, out_of=0.0)
    exercises = (away, *result.exercises[1:])
    without = msgspec.structs.replace(result, exercises=exercises, points=60.0, out_of=80.0)
    nothing, failed = entry("x", None, problem="empty"), entry("y", None, fault="broke")
    rows = rows_of(canvas_of([entry("a", without), nothing, failed], toy).text)
    assert [row[5] for row in rows[1:]] == ["80", "60", "0", ""]
    both = rows_of(canvas_of([entry("a", without), entry("b", result)], toy).text)  # graded on other machines
    assert [row[5] for row in both[1:]] == ["100", "75", "100"]
    assert rows_of(canvas_of([nothing], toy).text)[1][5] == "100"


ROSTER = """\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Old work (12)
    Points Possible,,,,,10
"Lovelace, Ada",101,S1,ada,"Math, first",9
"Hopper, Grace",102,S2,ghopper,Math,
"Hopper, Grace",103,S3,ghopper2,Math,
"O'Neil, Alan",104,S4,aoneil,Math,
Test Student,199,,tester,Math,
"""


def test_canvas_with_a_roster(toy_class: list[Entry], toy: Assignment, tmp_path: Path) -> None:
    file = tmp_path / "canvas.csv"
    file.write_text(ROSTER, encoding="utf-8")
    roster = read_roster(file)
    assert len(roster) == 5
    result = toy_class[0].result
    handed = [
        entry("ada", result),
        Entry("103", "hoppergrace_103_77_t1.zip", None, "", result, None, None, 1, None),
        Entry("5", "Alan O'Neil_5_assignsubmission_file_", None, "", None, None, "fault", 1, None),
        entry("Lovelace, Ada", result),  # Ada again
        entry("nobody", result),
    ]
    export = canvas_of(handed, toy, roster, "Toy (34)")
    assert canvas_rows(export.text) == [
        ["Lovelace, Ada", "101", "S1", "ada", "Math, first", "100"],
        ["Hopper, Grace", "103", "S3", "ghopper2", "Math", "100"],
        ["O'Neil, Alan", "104", "S4", "aoneil", "Math", ""],
    ]
    assert export.unknown == ["Lovelace, Ada", "nobody"]
    assert rows_of(export.text)[0] == [*HEADER, "Toy (34)"]


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "Student\nx\n", "\x00"])
def test_no_roster_is_one_sentence(text: str, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text(text)
    with pytest.raises(RosterError, match=r"x\.csv"):
        read_roster(file)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_roster_that_a_spreadsheet_has_saved_again(encoding: str, delimiter: str, tmp_path: Path) -> None:
    rows = list(csv.reader(io.StringIO(ROSTER.lstrip("\ufeff").replace("O'Neil, Alan", "Müller, Jürgen"))))
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([[*row[:5], "1,2", "3;4, 5, 6, 7, 8, 9"] for row in rows])
    file = tmp_path / "roster.csv"
    file.write_bytes(text.getvalue().encode(encoding))
    people = read_roster(file)
    assert [one.cells[:2] for one in people] == [
        *(("Lovelace, Ada", "101"), ("Hopper, Grace", "102"), ("Hopper, Grace", "103"), ("Müller, Jürgen", "104")),
        ("Test Student", "199"),
    ]


def test_a_roster_in_no_encoding_that_is_known_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes("Student,ID\nJürgen,1\n".encode("cp1252") + b"\x81\x8d")
    with pytest.raises(RosterError, match=r"x\.csv is no gradebook of Canvas: it is text in neither UTF-8, UTF-16 nor"):
        read_roster(tmp_path / "x.csv")


@pytest.fixture
def roster(tmp_path: Path) -> list[Person]:
    (tmp_path / "canvas.csv").write_text(ROSTER, encoding="utf-8")
    return read_roster(tmp_path / "canvas.csv")


def handed(student: str, submission: str, result: Result) -> Entry:
    return Entry(student, submission, None, "", result, None, None, 1, None)


def test_what_a_student_calls_a_file_names_nobody(
    toy_class: list[Entry], toy: Assignment, roster: list[Person]
) -> None:
    """Eve is in no roster, and her files are called after those who are, with their numbers."""
    result = toy_class[0].result
    assert result is not None
    evil = [
        handed("666", "evileve_666_9001_102_ghopper.py", result),
        handed("666", "evileve_666_9001_x_102_assignsubmission_file_ada.py", result),
        handed("101", "Eve Evil_101_assignsubmission_file_S2_102.py", result),  # a number of Moodle's
        handed("102", "anon_10200_1_ada.py", result),
        handed("102-1", "102-1 - ada - Feb 3, 2026 1011 AM", result),
        handed("ada_102", "ada_102.zip", result),  # two people's
        handed("submission_1", "submission_1", result),
    ]
    export = canvas_of([handed("102", "hoppergrace_102_1_knn.py and 2 more", result)], toy, roster)
    assert [row[1] for row in canvas_rows(export.text)] == ["102"]
    for one in evil:
        alone = canvas_of([one], toy, roster)
        assert canvas_rows(alone.text) == [] and alone.unknown == [one.student]
        both = canvas_of([one, handed("102", "hoppergrace_102_1_knn.py", result)], toy, roster)
        assert [row[1] for row in canvas_rows(both.text)] == ["102"]


def test_two_submissions_of_one_name_are_refused_rather_than_one_dropped(
    toy_class: list[Entry], toy: Assignment, roster: list[Person]
) -> None:
    result = toy_class[0].result
    two = [entry("Ada Lovelace", result), entry("Lovelace, Ada", result)]
    with pytest.raises(
        RosterError, match=r"Ada Lovelace and Lovelace, Ada are both Lovelace, Ada \(101\) of the roster"
    ):
        canvas_of(two, toy, roster)
    surer = canvas_of([*two[:1], entry("ada", result)], toy, roster)
    assert surer.unknown == ["Ada Lovelace"] and [row[1] for row in canvas_rows(surer.text)] == ["101"]


def test_without_a_roster_the_numbers_are_those_that_were_read(toy_class: list[Entry], toy: Assignment) -> None:
    result = toy_class[0].result
    assert result is not None
    export = canvas_of(
        [
            handed("109", "projectteam_3_109_9013_knn.py", result),
            handed("77777", "anon_77777_9001_knn.py", result),  # no id, although it looks like one
            handed("smith_2026", "smith_2026_1_a1.zip", result),
        ],
        toy,
    )
    assert [row[:2] for row in canvas_rows(export.text)] == [*(["projectteam_3", "109"], ["smith", "2026"])]
    assert export.unknown == ["77777"]
