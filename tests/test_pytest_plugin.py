"""`pytest` in a student's folder: each case is an item."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import TOY


def test_each_case_is_an_item_and_a_failure_reads_like_the_check(tmp_path: Path) -> None:
    course = tmp_path / "course"
    shutil.copytree(TOY, course)
    folder = course / "assignments/t1"
    for module in ("algebra", "chance"):
        source = (course / f"solutions/t1/{module}.py").read_text()
        (folder / f"{module}.py").write_text(source.replace("return x * factor", "return x + factor"))
    command = [sys.executable, "-m", "pytest", str(folder), "-rA", "-p", "no:cacheprovider", "-p", "no:randomly"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "GRADER"))}

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment)

    assert done.returncode == 1, done.stdout + done.stderr
    assert "PASSED course/assignments/t1/checks.py::chance.coin[thousand]" in done.stdout
    assert "FAILED course/assignments/t1/checks.py::algebra.scale[small]" in done.stdout
    assert "Hint: The factor is added instead of multiplied." in done.stdout
    assert "Traceback" not in done.stdout


def test_a_mistake_in_the_declaration_is_a_collection_error_in_one_sentence(tmp_path: Path) -> None:
    course = tmp_path / "course"
    shutil.copytree(TOY, course)
    checks = course / "assignments/t1/checks.py"
    checks.write_text(checks.read_text().replace("points=30", "points=31"))
    command = [sys.executable, "-m", "pytest", str(checks.parent), "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "the points of t1 add up to 101, not 100" in done.stdout
