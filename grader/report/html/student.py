"""One student's page: what the terminal says, and pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace

from markupsafe import Markup

from grader.compare import Comparison
from grader.course import Assignment
from grader.gradebook import Entry
from grader.report.grade import Grade, cell, grade
from grader.report.html.charts import errors, timing
from grader.report.html.page import render
from grader.report.html.tables import comparison
from grader.report.terminal import speed_in_words
from grader.result import ExerciseResult, ModuleResult, Result


@dataclass(frozen=True)
class Told:
    """An exercise, and what is said beside its record."""

    one: ExerciseResult
    title: str  # what the exercise asks for
    speed: str | None
    picture: Markup | None

    @property
    def name(self) -> str:
        return self.one.id.partition(".")[2]


@dataclass(frozen=True)
class Part:
    """A module with its exercises, the points of which are summed up."""

    module: ModuleResult
    exercises: list[Told]
    errors: Markup | None
    timing: Markup | None

    @property
    def points(self) -> float:
        return sum(told.one.points for told in self.exercises)

    @property
    def out_of(self) -> float:
        return sum(told.one.out_of for told in self.exercises)


def page_of(entry: Entry, assignment: Assignment, up: str | None = None, comes_to: Grade | None = None) -> str:
    """The page of one entry; `up`: the address of the class's; `comes_to`: its grade, where not by the whole
    assignment."""
    result = entry.result
    return render(
        "student.html",
        title=f"{assignment.name}: {cell(entry.student)}",
        student=cell(entry.student),
        entry=entry,
        notes=[cell(note) for note in entry.notes],
        grade=comes_to or grade(entry, assignment),
        assignment=assignment,
        result=result,
        parts=[] if result is None else [_part(module, result, assignment) for module in result.modules],
        up=up,
    )


def page_of_result(result: Result, assignment: Assignment) -> str:
    """The page of a record that is in no gradebook, out of what was asked."""
    entry = Entry(result.submission, result.submission, None, "", result, None, None, 1, None)
    return page_of(entry, assignment, comes_to=replace(grade(entry, assignment), out_of=result.out_of))


def _part(module: ModuleResult, result: Result, assignment: Assignment) -> Part:
    declared = {exercise.id: exercise for exercise in assignment.checks.exercises}
    mine = [one for one in result.exercises if one.id.partition(".")[0] == module.name]
    limits = {
        exercise.id: Comparison(exercise.tolerance, exercise.any_dtype).limit(exercise.dtype)
        for exercise in declared.values()
    }
    told = [
        Told(
            one,
            declared[one.id].title if one.id in declared else "",
            None if one.speed is None else speed_in_words(one.speed),
            None if one.excerpt is None else comparison(one.excerpt),
        )
        for one in mine
    ]
    return Part(module, told, errors(mine, limits), timing(mine))
