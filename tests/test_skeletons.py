"""Untouched skeletons, in every manner in which courses hand them out, are not attempted in any exercise."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

import pytest

from grader.course import Assignment
from grader.judge import Judge, Options
from grader.result import ExerciseResult, Verdict
from grader.stubs import BEGIN, END
from grader.submission import open_submission
from grader.validate.bench import Bench
from tests.coursework import COURSE, UNASKED

MARK = "#" * 40


def passes(names: list[str], returned: list[str]) -> list[str]:
    """The manner of EECS 498: names bound to None, a marked block with `pass`, the names returned."""
    bound = [f"{name} = None" for name in names]
    block = [
        MARK,
        "# TODO: write this",
        MARK,
        '# Replace "pass" with your code',
        "pass",
        MARK,
        "# END OF YOUR CODE",
        MARK,
    ]
    return [*bound, *block, *returned]


def starred(names: list[str], returned: list[str]) -> list[str]:
    """The manner of CS231n."""
    return [
        *(f"{name} = None" for name in names),
        "# *****START OF YOUR CODE (DO NOT DELETE/MODIFY THIS LINE)*****",
        "pass",
        "# *****END OF YOUR CODE (DO NOT DELETE/MODIFY THIS LINE)*****",
        *returned,
    ]


def bound(names: list[str], returned: list[str]) -> list[str]:
    """Placeholders inside of the block."""
    return ["# TODO: write this", *(f"{name} = None" for name in names), "pass", "# END OF YOUR CODE", *returned]


def refuses(names: list[str], returned: list[str]) -> list[str]:
    """As our own stubs."""
    return ["# TODO: write this", "raise NotImplementedError"]


Form = Callable[[list[str], list[str]], list[str]]


def mixed() -> Form:
    """Every manner in turn."""
    manners = cycle((starred, bound, refuses))

    def form(names: list[str], returned: list[str]) -> list[str]:
        return next(manners)(names, returned)

    return form


FORMS: dict[str, Callable[[], Form]] = {"passes": lambda: passes, "mixed": mixed}


def skeleton(source: str, form: Form) -> str:
    """A solution with each marked block replaced by placeholders: for what the block's last return gives back, and for
    the attributes and the names of it that are used behind it."""
    lines, out = source.splitlines(), []
    begun = 0
    for number, line in enumerate(lines):
        if line.strip() == BEGIN:
            begun = number
            indent = line[: len(line) - len(line.lstrip())]
        elif line.strip() == END:
            if indent:
                block = _dedented(lines[begun + 1 : number], len(indent))
                out += [f"{indent}{new}" for new in form(*_placeholders(block, "\n".join(lines[number + 1 :]), indent))]
            begun = 0
        elif not begun:
            out.append(line)
    return "\n".join(out) + "\n"


def _dedented(lines: list[str], by: int) -> str:
    return "\n".join(line[by:] for line in lines)


def _placeholders(block: str, rest: str, indent: str) -> tuple[list[str], list[str]]:
    """What a block's names would begin as, and the statement that gives them back."""
    tree = ast.parse(f"def f():\n{_indented(block)}").body[0]
    assert isinstance(tree, ast.FunctionDef)
    stored = [node for statement in tree.body for node in _stores(statement)]
    names = [name for name in dict.fromkeys(stored) if name.startswith("self.") or _is_used(name, rest, indent)]
    last = tree.body[-1]
    if not isinstance(last, ast.Return) or last.value is None:
        return names, []
    values = last.value.elts if isinstance(last.value, ast.Tuple) else [last.value]
    returned = [
        value.id if isinstance(value, ast.Name) and value.id in stored else f"out{i}" for i, value in enumerate(values)
    ]
    return [*dict.fromkeys([*names, *returned])], [f"return {', '.join(returned)}"]


def _indented(block: str) -> str:
    return "\n".join(f"    {line}" for line in block.splitlines())


def _stores(statement: ast.stmt) -> Iterator[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    if isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    for target in targets:
        for part in target.elts if isinstance(target, ast.Tuple) else [target]:
            if isinstance(part, ast.Name):
                yield part.id
            elif isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == "self":
                yield f"self.{part.attr}"


def _is_used(name: str, rest: str, indent: str) -> bool:
    """Whether the lines behind a block, down to the end of its function, read the name."""
    for line in rest.splitlines():
        if line.strip() and not line.startswith(indent):
            return False
        if (
            name
            in line.replace("(", " ").replace(",", " ").replace(".", " ").replace("[", " ").replace(")", " ").split()
        ):
            return True
    return False


@pytest.fixture(scope="module")
def judges() -> Iterator[Callable[[str], Judge]]:
    """A judge of each assignment, without the clock."""
    benches: dict[str, Bench] = {}

    def of(name: str) -> Judge:
        assignment = COURSE.assignment(name)
        bench = benches[name] = benches.get(name) or Bench(assignment).__enter__()
        return Judge(assignment, bench.oracle, bench.nursery, Options(secret=b"skeletons", timed=False))

    yield of
    for bench in benches.values():
        bench.__exit__(None, None, None)


def graded(judges: Callable[[str], Judge], assignment: Assignment, folder: Path, form: Form) -> list[ExerciseResult]:
    for module in assignment.checks.modules:
        source = (assignment.solution / f"{module}.py").read_text(encoding="utf-8")
        (folder / f"{module}.py").write_text(skeleton(source, form), encoding="utf-8")
    return list(judges(assignment.name).grade(open_submission(folder, assignment.checks.modules), "none").exercises)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", [f"a{number}" for number in range(1, 8)])
def test_an_untouched_skeleton_is_not_attempted(
    judges: Callable[[str], Judge], tmp_path: Path, name: str, form: str
) -> None:
    exercises = graded(judges, COURSE.assignment(name), tmp_path, FORMS[form]())
    asked = [e for e in exercises if e.verdict not in UNASKED]
    assert [(e.id, e.verdict, e.sentence) for e in asked if e.verdict is not Verdict.NOT_ATTEMPTED] == []
    assert [(e.id, e.hints, e.notes) for e in asked if e.hints or e.notes or e.excerpt or e.points] == []
    assert not any("cannot be called" in (e.sentence or "") or "cannot be used" in (e.sentence or "") for e in asked)
