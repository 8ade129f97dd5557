"""`pytest assignments/a1`: each case of a checks.py as a test item, in any IDE.

The folder that the checks.py lies in is the submission. Nothing is graded until the first item runs; then the whole
folder is, once.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from grader.result import ExerciseResult, Result


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ChecksFile | None:
    """A checks.py that declares an assignment."""
    if file_path.name == "checks.py" and "Checks(" in file_path.read_text(encoding="utf-8", errors="replace"):
        return ChecksFile.from_parent(parent, path=file_path)
    return None


class ChecksFile(pytest.File):
    """An assignment's declaration; its items are the cases that may be known here."""

    _result: Result | None = None

    def collect(self) -> Iterator[pytest.Item]:
        """One item for each case, exercise by exercise."""
        from grader.course import CourseError, find_course
        from grader.spec import CheckError

        try:
            assignment = find_course(self.path.parent).assignment(self.path.parent.name)
        except (CourseError, CheckError) as error:
            raise self.CollectError(str(error)) from None
        self._assignment = assignment
        for exercise in assignment.checks.exercises:
            names = [case.name for case in exercise.cases]
            if exercise.timed_case:
                names.append(exercise.timed_case.name)
            for name in names:
                item: CaseItem = CaseItem.from_parent(self, name=f"{exercise.id}[{name}]")
                item.exercise_id, item.case_name = exercise.id, name
                yield item

    def result(self) -> Result:
        """The folder's record."""
        if self._result is None:
            from grader.grading import check
            from grader.judge import Options
            from grader.submission import open_submission

            submission = open_submission(self.path.parent, self._assignment.checks.modules)
            self._result = check(self._assignment, submission, Options())
        return self._result


class CaseFailed(Exception):
    """A case that is not right."""


class CaseItem(pytest.Item):
    """One case of one exercise."""

    exercise_id = ""
    case_name = ""

    def runtest(self) -> None:
        """Right passes; what this machine cannot ask is skipped; anything else fails with its sentence."""
        assert isinstance(self.parent, ChecksFile)
        (told,) = [one for one in self.parent.result().exercises if one.id == self.exercise_id]
        if told.out_of == 0:
            pytest.skip(told.sentence or told.verdict.words)
        verdicts = {case.name: case.verdict.words for case in told.cases}
        verdict = verdicts.get(self.case_name, told.verdict.words)
        if verdict != "right":
            raise CaseFailed(_words(told, verdict))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
        """The sentence, the hint, where: no traceback of ours."""
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Path, int, str]:
        """The case, under the file that declares it."""
        return self.path, 0, self.name


def _words(told: ExerciseResult, verdict: str) -> str:
    lines = [f"{told.id}: {verdict}" + (f", {told.sentence}" if told.sentence else "")]
    lines += [f"Hint: {hint}" for hint in told.hints]
    return "\n".join([*lines, *told.details])
