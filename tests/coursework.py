"""What is shown of every assignment: that it proves itself, that right solutions in other styles get all points, that
wrong ones are told their mistakes, and stubs nothing. tests/test_aN.py names the assignment and gives its tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from grader.course import Assignment, Course, find_course
from grader.judge import Judge, Options
from grader.result import Result, Verdict
from grader.spec import Exercise, Module, Version
from grader.submission import open_submission
from grader.validate import exercises as proofs
from grader.validate.bench import Bench
from grader.validate.findings import Finding
from grader.wire import Failure

ROOT = Path(__file__).parent.parent
COURSE: Course = find_course(ROOT)
SUBMISSIONS = Path(__file__).parent / "submissions"
STYLES = ("styles_1", "styles_2", "styles_3")
UNASKED = (Verdict.NEEDS_CUDA,)
ONE_IN = 3  # exercises whose misconceptions are asked here: `make validate` proves all

Proof = Callable[[Bench, Exercise], Finding]


class Coursework:
    """The tests of one assignment."""

    name: ClassVar[str]
    points: ClassVar[dict[str, int]]  # of each module
    half: ClassVar[dict[str, str]]  # the misconception of each wrong function of tests/submissions/<name>/half
    perhaps: ClassVar[tuple[str, ...]] = ()  # of these, the ones whose outputs are random or chosen freely
    told: ClassVar[dict[str, tuple[str, ...]]] = {}  # the hints of wrong ones that make no declared mistake
    blocked: ClassVar[dict[str, str]] = {}  # exercises of `half` that fail by others' fault, and whose
    unwritten: ClassVar[frozenset[str]] = frozenset()  # exercises that `half` leaves as they are
    editions: ClassVar[dict[tuple[str, str], str]] = {}  # (style, module): the edition that it follows
    differs: ClassVar[dict[str, set[str]]] = {}  # module#edition: the exercises that it answers otherwise

    @classmethod
    def assignment(cls) -> Assignment:
        return COURSE.assignment(cls.name)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """`exercise` and `style` stand for every one of this assignment."""
        if "exercise" in metafunc.fixturenames:
            exercises = [e for e in self.assignment().checks.exercises if not e.needs_cuda]
            if "misconceptions" in metafunc.function.__name__:
                exercises = exercises[::ONE_IN]
            metafunc.parametrize("exercise", exercises, ids=[exercise.id for exercise in exercises])
        if "style" in metafunc.fixturenames:
            metafunc.parametrize("style", STYLES)

    @pytest.fixture(scope="class")
    @classmethod
    def bench(cls) -> Iterator[Bench]:
        """The reference worker, for all tests of a class."""
        with Bench(cls.assignment()) as opened:
            yield opened

    @pytest.fixture(scope="class")
    @classmethod
    def judge(cls, bench: Bench) -> Judge:
        """One judge for all submissions: the reference answers once. Hidden inputs are of a secret of its own."""
        return Judge(cls.assignment(), bench.oracle, bench.nursery, Options(secret=b"of " + cls.name.encode()))

    @pytest.fixture(scope="class")
    @classmethod
    def untimed(cls, bench: Bench) -> Judge:
        """One that asks no timed question."""
        options = Options(secret=b"untimed " + cls.name.encode(), timed=False)
        return Judge(cls.assignment(), bench.oracle, bench.nursery, options)

    def graded(self, judge: Judge, folder: Path) -> Result:
        return judge.grade(open_submission(folder, list(self.assignment().checks.modules)), "none")

    def module(self, name: str) -> Module:
        return self.assignment().checks.modules[name]

    def test_points_are_as_declared(self) -> None:
        modules = self.assignment().checks.modules
        assert {name: sum(e.points for e in module.exercises) for name, module in modules.items()} == self.points
        assert sum(self.points.values()) == 100

    def test_declared_and_complete(self, exercise: Exercise) -> None:
        sentences = [version.sentence for version in exercise.misconceptions]
        assert all(sentence.endswith(".") for sentence in sentences)
        assert len(set(sentences)) == len(sentences)
        assert not exercise.inputs or any(case.hidden for case in exercise.cases)
        assert exercise.oracle_function or exercise.properties
        assert not exercise.speed_points or (exercise.timed_case and exercise.naive_version)

    def test_reference_agrees_with_its_oracle(self, bench: Bench, exercise: Exercise) -> None:
        assert proofs.oracle(bench, exercise).gaps == ()

    def test_misconceptions_are_caught_and_named(self, bench: Bench, exercise: Exercise) -> None:
        assert proofs.misconceptions(bench, exercise).gaps == ()

    def test_other_right_formulations_pass(self, bench: Bench, exercise: Exercise) -> None:
        assert proofs.room(bench, exercise).gaps == ()

    def test_reference_scores_everything_without_a_hint(self, judge: Judge) -> None:
        result = self.graded(judge, self.assignment().solution)
        assert [(one.id, one.sentence) for one in wrong(result)] == []
        assert [(one.id, one.hints, one.notes) for one in result.exercises if one.hints or one.notes] == []
        assert result.points == result.out_of

    def test_stubs_score_nothing(self, judge: Judge) -> None:
        result = self.graded(judge, self.assignment().folder)
        assert result.points == 0
        assert {one.verdict for one in result.exercises} - {*UNASKED} == {Verdict.NOT_ATTEMPTED}

    def test_correct_submissions_score_everything(self, judge: Judge, style: str) -> None:
        result = self.graded(judge, SUBMISSIONS / self.name / style)
        assert [(one.id, one.sentence) for one in wrong(result)] == []
        assert [(one.id, one.hints) for one in result.exercises if one.hints] == []
        assert result.points == result.out_of
        followed = {module.name: module.edition for module in result.modules}
        assert followed == {
            name: self.module(name).editions[edition].sentence if (edition := self.edition(style, name)) else None
            for name in self.points
        }

    def edition(self, style: str, module: str) -> str | None:
        return self.editions.get((style, module))

    def test_half_right_submission_is_told_its_mistakes(self, untimed: Judge) -> None:
        result = self.graded(untimed, SUBMISSIONS / self.name / "half")
        version: Callable[[str], Any] = self.assignment().checks.version
        expected = {
            id_: ("Perhaps: " * (id_ in self.perhaps) + version(f"{id_}#{mistake}").sentence,)
            for id_, mistake in self.half.items()
        }
        blocked = {one.id: one.cause or "" for one in wrong(result) if one.verdict is Verdict.BLOCKED}
        unwritten = {one.id for one in wrong(result) if one.verdict is Verdict.NOT_ATTEMPTED}
        others = [one for one in wrong(result) if one.id not in {*blocked, *unwritten}]
        assert {one.id: one.hints for one in others} == {**expected, **self.told}
        assert {short(id_): short(cause) for id_, cause in blocked.items()} == self.blocked
        assert unwritten == self.unwritten

    def test_editions_change_what_they_say(self, bench: Bench) -> None:
        found = {}
        for module in self.assignment().checks.modules.values():
            for edition in module.editions.values():
                differing = (e.name for e in module.exercises if answers_otherwise(bench, e, edition.version))
                found[edition.version.id] = set(differing)
        assert found == self.differs


def short(ids: str) -> str:
    """Ids, one or several after commas, without their modules."""
    return ", ".join(id_.partition(".")[2] for id_ in ids.split(", "))


def make_importable(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test import an assignment's references, and what is given."""
    for folder in (COURSE.assignment(name).solution, ROOT / "assignments" / "given"):
        monkeypatch.syspath_prepend(str(folder))


def wrong(result: Result) -> list[Any]:
    """The exercises that could be asked and are not right."""
    return [one for one in result.exercises if one.verdict not in (Verdict.RIGHT, *UNASKED)]


def answers_otherwise(bench: Bench, exercise: Exercise, version: Version) -> bool:
    """Whether the version's answers are other ones than the reference's in some case."""
    questions = () if exercise.needs_cuda else bench.questions(exercise)
    answers = ((question, bench.oracle.answer(question, version)) for question in questions)
    return any(isinstance(got, Failure) or not bench.passes(question, got) for question, got in answers)
