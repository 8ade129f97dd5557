"""Every notebook of the course, run from top to bottom beside the reference: five minutes, so `make proofs` runs it."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest

from grader.course import find_course
from tests.conftest import ROOT
from tests.notebooks import run_all

COURSE = find_course(ROOT)
LESSONS = [(name, module) for name in COURSE.names() for module in COURSE.assignment(name).checks.modules]


@pytest.mark.parametrize(("name", "module"), LESSONS, ids=[f"{name}-{module}" for name, module in LESSONS])
def test_a_notebook_runs_from_top_to_bottom_on_the_reference(name: str, module: str, tmp_path: Path) -> None:
    assignment = COURSE.assignment(name)
    mine = tmp_path / name
    mine.mkdir()
    for other in ("given", "data"):
        (tmp_path / other).symlink_to(COURSE.assignments / other)
    for one in assignment.checks.modules:
        shutil.copy(assignment.solution / f"{one}.py", mine)
    notebook = run_all(nbformat.read(assignment.folder / f"{module}.ipynb", as_version=4), mine, ROOT)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    checks = [cell for cell in code if cell.source.startswith("grader.check")]
    assert len(checks) == len(assignment.checks.modules[module].exercises)
    for cell in checks:
        (html,) = [out["data"]["text/html"] for out in cell.outputs if out["output_type"] == "execute_result"]
        assert ">right</b>" in html or ">needs CUDA</b>" in html, html
    assert sum("image/png" in out.get("data", {}) for cell in code for out in cell.outputs) >= 2
