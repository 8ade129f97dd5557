"""A regrade asks what a change has touched, and gives the record that grading everything anew would give."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.basis import bases
from grader.batch import changes
from grader.batch.carry import Carried
from grader.course import Assignment, find_course
from grader.gradebook import Entry, Gradebook
from grader.result import ExerciseResult, Result, Verdict
from grader.sitting import Sitting
from tests.batch.classroom import ADDED, ALGEBRA, CHANCE, entries, grade_all, hand_in
from tests.conftest import TOY

UNFAIR = CHANCE.replace("torch.rand(n) < p", "torch.rand(n) < p / 2")
ALGEBRA_ALL = {"algebra.scale", "algebra.energy", "algebra.Counter.count"}
CHANCE_ALL = {"chance.sort_by_size", "chance.coin"}
PUBLIC, HIDDEN = "assignments/t1/checks.py", "solutions/t1/hidden.py"

# What is changed: a file, what stands there, what stands there then; and the exercises that are asked again.
CHANGES: dict[str, tuple[str, str, str, set[str]]] = {
    "a comment": (PUBLIC, "checks = Checks(", "# about the toy\n\nchecks = Checks(", set()),
    "a comment in the reference": ("solutions/t1/chance.py", "import torch", "# random\nimport torch", set()),
    "a line elsewhere": (HIDDEN, "from checks import", "UNUSED = 1\nfrom checks import", set()),
    "a public case": (PUBLIC, "dict(n=2000, p=0.3)", "dict(n=2500, p=0.3)", {"chance.coin"}),
    "a hidden case": (HIDDEN, "dict(n=1000, p=0.0)", "dict(n=1100, p=0.0)", {"chance.coin"}),
    "what a case is worth": (HIDDEN, "@coin.case(worth=0.5)", "@coin.case(worth=0.25)", {"chance.coin"}),
    "a property": (PUBLIC, "the entries are in ascending order", "they ascend", {"chance.sort_by_size"}),
    "a false alarm": (PUBLIC, "false_alarm=1e-9", "false_alarm=1e-8", {"chance.coin"}),
    "an ask": (PUBLIC, '{"flips": sub.coin(n, p)}', '{"flips": sub.coin(n, p) + 0}', {"chance.coin"}),
    "a reference": ("solutions/t1/chance.py", "def coin(", "MORE = 1\n\n\ndef coin(", CHANCE_ALL),
    "a hint, where editions compete": (HIDDEN, "The factor is squared.", "Squared it is.", ALGEBRA_ALL),
    "an edition": (PUBLIC, "twice the sum of squares", "the sum, twice", ALGEBRA_ALL),
    "what is given": ("assignments/given/helper.py", "", "x = 1\n", ALGEBRA_ALL | CHANCE_ALL),
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course, a class, and what it was graded into."""
    root = tmp_path_factory.mktemp("class")
    shutil.copytree(TOY, root / "toy")
    hand_in(root / "in", "ada")
    hand_in(root / "in", "bob", ADDED, UNFAIR)
    hand_in(root / "in", "cy", chance=None)
    hand_in(root / "in", "dan", "def broken(:\n", CHANCE)
    hand_in(root / "in", "eve", ALGEBRA.replace("(x * x).sum(), 2 * x", "2 * (x * x).sum(), 4 * x"))
    (root / "in" / "flo.zip").write_bytes(b"no archive")
    toy = find_course(root / "toy").assignment("t1")
    assert grade_all(toy, root / "in", root / "out", seed="s").batch.faults == 0
    return root


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The exercises that any submission is asked from now on."""
    found: set[str] = set()
    for name in ("ask_together", "ask_alone"):
        real: Callable[..., Any] = getattr(Sitting, name)

        def noted(self: Sitting, *args: Any, real: Callable[..., Any] = real) -> Any:
            questions = next(arg for arg in args if isinstance(arg, list))
            found.add(questions[0].exercise.id)
            return real(self, *args)

        monkeypatch.setattr(Sitting, name, noted)
    return found


def changed(course: Path, to: Path, file: str, before: str, after: str) -> Assignment:
    """The assignment of a copy of the course with a change in it."""
    shutil.copytree(course, to)
    path = to / file
    path.parent.mkdir(exist_ok=True)
    text = path.read_text() if path.exists() else ""
    assert before in text
    path.write_text(text.replace(before, after) if before else after)
    return find_course(to).assignment("t1")


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_touches_what_rests_on_it(toy: Assignment, tmp_path: Path, what: str) -> None:
    file, before, after, expected = CHANGES[what]
    now = changed(TOY, tmp_path / "toy", file, before, after)
    assert now.version != toy.version
    old = {name: ExerciseResult(name, 0.0, 0.0, Verdict.RIGHT, basis=basis) for name, basis in bases(toy).items()}
    record = Result("t1", toy.version, "", "cpu", "none", 0.0, 0.0, "", (), tuple(old.values()))
    carried = Carried.of(Entry("ada", "ada", None, "", record, None, None, 1, None), now)
    assert (carried.touched if carried else old.keys()) == expected


@pytest.mark.parametrize("what", ["a comment", "a hidden case", "a reference", "a hint, where editions compete"])
def test_what_is_touched_is_asked_and_the_record_is_that_of_grading_anew(
    graded: Path, tmp_path: Path, asked: set[str], what: str
) -> None:
    file, before, after, expected = CHANGES[what]
    now = changed(graded / "toy", tmp_path / "toy", file, before, after)
    shutil.copytree(graded / "out", tmp_path / "out")
    old = entries(graded / "out")

    told = grade_all(now, graded / "in", tmp_path / "out", resume=True)

    assert len(told.ended) == 6, "the version is another one"
    assert asked == expected
    found = entries(tmp_path / "out")
    grade_all(now, graded / "in", tmp_path / "anew", seed="s")
    anew = entries(tmp_path / "anew")
    assert {name: entry.result for name, entry in found.items()} == {name: e.result for name, e in anew.items()}
    assert {name: entry.problem for name, entry in found.items()} == {name: e.problem for name, e in anew.items()}
    assert {name: entry.notes for name, entry in found.items()} == {name: e.notes for name, e in anew.items()}
    with Gradebook.open(tmp_path / "out") as book:
        for name in found:
            assert len(book.history("t1", name)) == 2
        differing = {change.student for change in changes(book, "t1")}
    assert differing == {
        name
        for name in found
        if (old[name].result and [(o.points, o.out_of, o.verdict) for o in old[name].result.exercises])
        != (found[name].result and [(o.points, o.out_of, o.verdict) for o in found[name].result.exercises])
    }


def test_what_a_prerequisite_touches_is_asked_with_it(graded: Path, tmp_path: Path, asked: set[str]) -> None:
    needs = 'chance.exercise("coin", points=20, needs=["sort_by_size"])'
    now = changed(graded / "toy", tmp_path / "toy", PUBLIC, 'chance.exercise("coin", points=20)', needs)
    shutil.copytree(graded / "out", tmp_path / "out")
    grade_all(now, graded / "in", tmp_path / "out", resume=True, only=("ada", "bob"))
    assert asked == CHANCE_ALL, "coin is touched; what it needs is asked to tell whether it is blocked"
    asked.clear()
    later = tmp_path / "later"
    shutil.copytree(tmp_path / "toy", later)
    text = (later / PUBLIC).read_text()
    (later / PUBLIC).write_text(text.replace("every index occurs once", "each index occurs"))
    grade_all(find_course(later).assignment("t1"), graded / "in", tmp_path / "out", resume=True, only=("ada", "bob"))
    assert asked == CHANCE_ALL, "a prerequisite is touched, and so is what needs it"


def test_another_seed_or_other_files_carry_nothing_over(graded: Path, tmp_path: Path, asked: set[str]) -> None:
    now = changed(graded / "toy", tmp_path / "toy", *CHANGES["a hidden case"][:3])
    shutil.copytree(graded / "out", tmp_path / "out")
    shutil.copytree(graded / "in", tmp_path / "in")
    with (tmp_path / "in" / "ada" / "chance.py").open("a") as file:
        file.write("# later\n")
    grade_all(now, tmp_path / "in", tmp_path / "out", resume=True, only=("ada",))
    assert asked == ALGEBRA_ALL | CHANCE_ALL
    asked.clear()
    grade_all(now, graded / "in", tmp_path / "out", resume=True, only=("bob",), timed=True)
    assert asked == ALGEBRA_ALL | CHANCE_ALL, "it was not timed before"


def test_a_grade_of_another_grader_is_not_carried_over(
    graded: Path, tmp_path: Path, asked: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = changed(graded / "toy", tmp_path / "toy", *CHANGES["a comment"][:3])
    shutil.copytree(graded / "out", tmp_path / "out")
    monkeypatch.setattr("grader.basis._grader", lambda: "another")
    bases.cache_clear()
    grade_all(now, graded / "in", tmp_path / "out", resume=True, only=("ada",))
    bases.cache_clear()
    assert asked == ALGEBRA_ALL | CHANCE_ALL


def test_code_that_an_ask_calls_counts_however_deep(tmp_path: Path) -> None:
    shutil.copytree(TOY, tmp_path / "toy")
    checks = tmp_path / "toy" / PUBLIC
    text = checks.read_text().replace("dict(n=2000, p=0.3)", "made(2000)")
    helpers = (
        "LIMIT = {}\n\ndef inner(n):\n    return dict(n=n + LIMIT, p=0.3)\n\ndef made(n):\n    return inner(n)\n\n"
    )

    def now(limit: int) -> dict[str, str]:
        checks.write_text(text.replace("@chance.exercise", helpers.replace("{}", str(limit)) + "@chance.exercise", 1))
        return bases(find_course(tmp_path / "toy").assignment("t1"))

    one, same, other = now(1), now(1), now(2)
    assert one == same
    assert {name for name in one if one[name] != other[name]} == {"chance.coin"}
