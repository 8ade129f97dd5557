"""A folder for students: stubs, handouts, notebooks, public checks, recorded answers, and the helpers and data that go
with them. Nothing of solutions/ goes in but numbers.

ReleaseError    nothing was released; the sentence says why
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from grader.course import CONFIGURATION, Assignment
from grader.errors import GraderError
from grader.files import write_atomically
from grader.oracle import Oracle
from grader.recording import NAME, to_bytes
from grader.release.leaks import leaks
from grader.release.record import record
from grader.sandbox import Plain
from grader.stubs import generated

LARGEST = 5 << 20  # bytes of the recorded answers of an assignment
BESIDE = ("*.ipynb", "*.png", "*.svg", "*.npz")  # what of an assignment's folder goes along, beside what is generated


class ReleaseError(GraderError):
    """Nothing was released."""


def release(
    assignments: Sequence[Assignment],
    out: Path,
    wheel: Path | None = None,
    progress: Callable[[str], None] = lambda exercise: None,
) -> Path:
    """Make the bundle of some assignments of one course, whole or not at all; `wheel` is grader's own package, to go
    along. Raises ReleaseError, OracleFault, CheckError, StubError, RecordingError."""
    out = out.absolute()
    for assignment in assignments:
        if assignment.unsolved is not None:
            raise ReleaseError(assignment.unsolved)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ReleaseError(f"{out} is there already; release into a new folder")
    if not out.parent.is_dir():
        raise ReleaseError(f"there is no folder {out.parent} to release into")
    made = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}-"))
    try:
        for assignment in assignments:
            _assignment(assignment, made / assignment.name, progress)
        course = assignments[0].course
        _copy(course.given, made / "given")
        _copy(course.assignments / "data", made / "data")
        (made / CONFIGURATION).write_text('assignments = "."\nsolutions = "solutions"\n', encoding="utf-8")
        _requirements(made, wheel)
        (made / "README.md").write_text(_readme(assignments), encoding="utf-8")
        found = leaks(assignments, made)
        if found:
            raise ReleaseError(
                f"the bundle would give away {found[0]}" + (f", and {len(found) - 1} more" * (len(found) > 1))
            )
        os.chmod(made, 0o755)
        if out.exists():
            out.rmdir()
        os.rename(made, out)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return out


def _assignment(assignment: Assignment, folder: Path, progress: Callable[[str], None]) -> None:
    folder.mkdir()
    for path, text in generated(assignment).items():
        target = folder / path.relative_to(assignment.folder)
        target.write_text(text, encoding="utf-8")
    shutil.copyfile(assignment.public, folder / "checks.py")
    for pattern in BESIDE:
        for file in sorted(assignment.folder.glob(pattern)):
            if not (folder / file.name).exists():
                shutil.copyfile(file, folder / file.name)
    with Plain() as nursery:
        data = to_bytes(record(assignment, Oracle(nursery, assignment), progress))
    if len(data) > LARGEST:
        raise ReleaseError(
            f"the recorded answers of {assignment.name} take {len(data) / 1e6:.1f} MB, and 5 are allowed: "
            "make its public cases smaller"
        )
    write_atomically(folder / NAME, data)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc", ".*", "make_*.py"))


# -- what to install ---------------------------------------------------------------------------------------------------

NOT_NEEDED = re.compile(r"nvidia-|cuda-|triton|pyseccomp")  # what only some machines have: torch asks for its own


def _requirements(folder: Path, wheel: Path | None) -> None:
    own = f"grader=={importlib.metadata.version('grader')}"
    if wheel is not None:
        if not wheel.is_file() or wheel.suffix != ".whl":
            raise ReleaseError(f"{wheel} is no wheel of grader; make one with: pip wheel --no-deps .")
        shutil.copyfile(wheel, folder / wheel.name)
        own = f"./{wheel.name}"
    lines = ["# What the recorded answers were made with.", own, *pinned("grader", ("notebook",))]
    (folder / "requirements.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def pinned(package: str, extras: Sequence[str] = ()) -> list[str]:
    """Everything that an installed package needs, in the versions that are installed here; without itself."""
    found: dict[str, str] = {}
    todo: list[tuple[str, tuple[str, ...]]] = [(package, tuple(extras))]
    seen: set[tuple[str, tuple[str, ...]]] = set()
    while todo:
        name, wanted = todo.pop()
        if (name, wanted) in seen:
            continue
        seen.add((name, wanted))
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # an extra that is not installed, or not for this machine
        found[name] = distribution.version
        for line in distribution.requires or ():
            try:
                requirement = Requirement(line)
            except InvalidRequirement:
                continue
            marker, canonical = requirement.marker, requirement.name.lower().replace("_", "-")
            needed = marker is None or any(marker.evaluate({"extra": extra}) for extra in (*wanted, ""))
            if needed and not NOT_NEEDED.match(canonical):
                todo.append((canonical, tuple(sorted(requirement.extras))))
    return sorted(f"{name}=={version.partition('+')[0]}" for name, version in found.items() if name != package)


# -- what to read ------------------------------------------------------------------------------------------------------

README = """\
# {title}

Your copy of {what}: the files that you write, and everything that is needed to check them on your own machine.

## Once

    python3 -m venv .venv
    source .venv/bin/activate
    pip install -r requirements.txt
    grader trust .

The last line lets the checks in this folder run on your machine; in a folder that you did not get from your course, do
not say it.

## Every time

{commands}

`grader check` without an exercise checks everything. It works without a network. `--watch` checks again whenever you
save a file, `--debug` stops in your own code under pdb, and `grader --help` lists the rest.

## What is here

| folder | what it is |
|---|---|
{table}
| `given/` | the courses' helpers that your code may import |
| `data/` | the data that the cases are drawn from |

In an assignment's folder, `README.md` is the handout, the `.py` files are yours to write, the notebooks beside them
show the idea of each module and check it, and `checks.py` says how your code is called. `answers.safetensors` holds the
right answers to the public cases.

The notebooks open in Jupyter and in Colab. For Colab, put this whole folder into your Google Drive; the first cell of
each notebook mounts it, once you have written there where it lies.

## What the check here cannot say

- Only the public cases are here. Hidden ones, with other inputs, are run at grading.
- Some answers have to be judged next to a reference solution, which is not here; the check says which.
- Speed is told by a library's function whose time on another machine was a known part of the reference's. On yours the
  ratio may differ somewhat; at grading the reference itself runs next to your code.
"""


def _readme(assignments: Sequence[Assignment]) -> str:
    first = assignments[0]
    names = " and ".join(assignment.name for assignment in assignments)
    exercise = next(iter(first.checks.exercises)).name
    commands = [f"grader check {assignment.name}" for assignment in assignments]
    commands.append(f"grader check {first.name} -e {exercise} -v")
    return README.format(
        title=first.checks.title if len(assignments) == 1 else f"Assignments {names}",
        what=f"assignment {names}" if len(assignments) == 1 else f"assignments {names}",
        commands="\n".join(f"    {command}" for command in commands),
        table="\n".join(f"| `{assignment.name}/` | {assignment.checks.title} |" for assignment in assignments),
    )
