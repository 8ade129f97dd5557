"""The bundle, unpacked in the layout that Gradescope documents and run there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grader.course import Assignment, find_course
from grader.gradescope import BundleError, Settings, bundle
from grader.gradescope.run import secret_of_hand_in
from grader.sandbox import SandboxError, enter
from tests.conftest import ROOT, TOY
from tests.report.test_gradescope import DOCUMENT, checked

# As Gradescope writes it beside a submission.
METADATA = {
    "id": 4711,
    "created_at": "2026-03-01T12:00:00.000000-08:00",
    "users": [{"id": 1, "email": "ada@example.org", "name": "Ada"}],
    "assignment": {"id": 2, "title": "Toy", "total_points": "100.0"},
    "submission_method": "upload",
    "previous_submissions": [],
}


@pytest.fixture(scope="module")
def level(toy: Assignment, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Level user, as there; none where this machine cannot give it."""
    try:
        with ExitStack() as stack:
            enter(stack, ["user"], tmp_path_factory.mktemp("empty"), toy.public, toy.course.given)
    except SandboxError:
        return "none"
    return "user"


@pytest.fixture
def autograder(toy: Assignment, level: str, tmp_path: Path) -> Path:
    """/autograder, elsewhere, with an empty submission."""
    root = tmp_path / "autograder"
    for name in ("source", "submission", "results"):
        (root / name).mkdir(parents=True)
    (root / "submission_metadata.json").write_text(json.dumps(METADATA))
    unpack(bundle(toy, Settings("t1", "a word", level)), root / "source")
    return root


def unpack(data: bytes, folder: Path) -> None:
    """As `unzip` does it, with the permissions."""
    file = folder / "bundle.zip"
    file.write_bytes(data)
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            archive.extract(member, folder)
            (folder / member.filename).chmod((member.external_attr >> 16) & 0o777)
    file.unlink()


def run(root: Path) -> tuple[int, dict[str, Any]]:
    """run_autograder's exit status, and what it wrote, checked."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GRADER_", "PYTHON"))}
    done = subprocess.run(
        [root / "source" / "run_autograder"],
        cwd="/",
        env={**kept, "AUTOGRADER_ROOT": str(root), "GRADER_PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    results = root / "results" / "results.json"
    assert [path.name for path in results.parent.iterdir()] == ["results.json"], done.stderr
    return done.returncode, checked(json.loads(results.read_text()), DOCUMENT)


def hand_in(root: Path, **files: str) -> None:
    """Put modules where Gradescope puts them."""
    for name, text in files.items():
        (root / "submission" / f"{name}.py").write_text(text)


def reference(name: str) -> str:
    """The toy's own module."""
    return (TOY / "solutions" / "t1" / f"{name}.py").read_text()


def test_the_reference_has_all_points(autograder: Path) -> None:
    hand_in(autograder, algebra=reference("algebra"), chance=reference("chance"))
    code, told = run(autograder)
    assert (code, told["score"]) == (0, 100)
    assert {test["status"] for test in told["tests"]} == {"passed"} and len(told["tests"]) == 5


def test_a_syntax_error_costs_its_file_and_is_explained(autograder: Path) -> None:
    nested = autograder / "submission" / "my work"
    nested.mkdir()
    (nested / "algebra.py").write_text("def scale(x, factor:\n    return x\n")
    (nested / "chance.py").write_text(reference("chance"))
    code, told = run(autograder)
    assert (code, told["score"]) == (0, 30)
    assert "algebra.py does not parse" in told["output"]
    assert {test["score"] for test in told["tests"] if test["name"].startswith("algebra.")} == {0}


def test_an_empty_submission_has_no_points_and_a_sentence(autograder: Path) -> None:
    code, told = run(autograder)
    assert (code, told["score"]) == (0, 0) and "tests" not in told
    assert told["output"].startswith("Nothing was graded: ") and "algebra.py" in told["output"]


def broken_reference(source: Path) -> None:
    file = source / "solutions" / "t1" / "algebra.py"
    file.write_text(file.read_text().replace("return x * factor", "return x * factors"))


def broken_checks(source: Path) -> None:
    (source / "assignments" / "t1" / "checks.py").write_text("this is no Python\n")


def no_settings(source: Path) -> None:
    (source / "gradescope.json").unlink()


def no_such_level(source: Path) -> None:
    (source / "gradescope.json").write_text('{"assignment": "t1", "seed": "x", "sandbox": "imaginary"}')


@pytest.mark.parametrize("broken", [broken_reference, broken_checks, no_settings, no_such_level])
def test_where_the_grader_fails_there_is_no_score(autograder: Path, broken: Any) -> None:
    hand_in(autograder, algebra=reference("algebra"), chance=reference("chance"))
    broken(autograder / "source")
    code, told = run(autograder)
    assert code == 1
    assert "score" not in told and "tests" not in told
    assert told["output"].startswith("Ungraded: ")


def test_a_submission_reads_neither_the_solutions_nor_the_seed(autograder: Path, level: str) -> None:
    if level == "none":
        pytest.skip("level user cannot be had here")
    source = autograder / "source"
    peeking = f"""
def scale(x, factor):
    found = []
    for path in {[str(source / "solutions/t1/hidden.py"), str(source / "gradescope.json")]!r}:
        try:
            found.append(open(path).read()[:9])
        except OSError as error:
            found.append(type(error).__name__)
    raise RuntimeError("found " + " ".join(found))
"""
    hand_in(autograder, algebra=peeking, chance=reference("chance"))
    code, told = run(autograder)
    scale = next(test for test in told["tests"] if test["name"] == "algebra.scale")
    assert code == 0 and "found PermissionError PermissionError" in scale["output"]


def test_each_hand_in_has_a_secret_of_its_own_which_grading_it_again_repeats(tmp_path: Path) -> None:
    def secret(seed: str = "a word", **told: Any) -> bytes:
        (tmp_path / "submission_metadata.json").write_text(json.dumps({**METADATA, **told}))
        return secret_of_hand_in(seed, tmp_path)

    first = secret()
    assert first == secret(previous_submissions=[{"id": 1}], submission_method="GitHub")
    assert len({first, secret(id=4712), secret("another"), secret(id=None), secret(id=None, created_at="later")}) == 5
    hand_in_a_file = tmp_path / "submission" / "algebra.py"
    hand_in_a_file.parent.mkdir()
    hand_in_a_file.write_text("x = 1\n")
    for nothing in ("{}", "[1]", "no JSON", '{"id": {}}'):
        (tmp_path / "submission_metadata.json").write_text(nothing)
        by_files = secret_of_hand_in("a word", tmp_path)
        assert by_files == secret_of_hand_in("a word", tmp_path) != first
    hand_in_a_file.write_text("x = 2\n")
    assert secret_of_hand_in("a word", tmp_path) != by_files


def test_what_was_carried_out_of_one_hand_in_is_worth_nothing_in_the_next(autograder: Path) -> None:
    """ATTACKS 43."""
    carrying = reference("algebra").replace(
        "return x * factor", "return x * factor if x.shape != (6, 2) else x.new_zeros(int(1e4 * x[0, 0].abs()))"
    )
    hand_in(autograder, algebra=carrying)
    said = []
    for number in (4711, 4711, 4712):
        (autograder / "submission_metadata.json").write_text(json.dumps({**METADATA, "id": number}))
        _, told = run(autograder)
        said.append(next(test["output"] for test in told["tests"] if test["name"] == "algebra.scale"))
        (autograder / "results" / "results.json").unlink()
    assert all("has the shape (" in one for one in said)
    assert said[0] == said[1] != said[2]


def test_what_is_in_it(toy: Assignment, tmp_path: Path) -> None:
    data = bundle(toy, Settings("t1", "a word"))
    assert data == bundle(toy, Settings("t1", "a word"))
    unpack(data, tmp_path)
    assert os.access(tmp_path / "setup.sh", os.X_OK) and os.access(tmp_path / "run_autograder", os.X_OK)
    for name in (
        "constraints.txt",
        "pyproject.toml",
        "grader/report/html/templates/style.css",
        "solutions/t1/hidden.py",
    ):
        assert (tmp_path / name).is_file()
    assert find_course(tmp_path).names() == ["t1"] or os.environ.get("GRADER_COURSE")
    assert not list(tmp_path.rglob("*.pyc"))


def test_what_setup_installs_is_whole(toy: Assignment, tmp_path: Path) -> None:
    unpack(bundle(toy, Settings("t1", "a word")), tmp_path)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    done = subprocess.run(
        [*pip, "--target", tmp_path / "site", tmp_path], capture_output=True, text=True, check=False, cwd="/"
    )
    assert done.returncode == 0, done.stderr
    for name in ("report/html/templates/style.css", "report/html/templates/class.html", "gradescope/run_autograder"):
        assert (tmp_path / "site" / "grader" / name).read_bytes() == (ROOT / "grader" / name).read_bytes()


@pytest.mark.parametrize("script", ["setup.sh", "run_autograder"])
def test_the_scripts_parse(script: str) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash here")
    path = ROOT / "grader" / "gradescope" / script
    done = subprocess.run([bash, "-n", path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_index_of_torch_cannot_become_a_command(toy: Assignment, tmp_path: Path) -> None:
    unpack(bundle(toy, Settings("t1", "x"), index="https://example.org/$(touch owned)'\";x"), tmp_path)
    setup = (tmp_path / "setup.sh").read_text()
    (line,) = [line for line in setup.splitlines() if line.startswith("INDEX=")]
    done = subprocess.run(
        ["bash", "-c", f'{line}; printf %s "$INDEX"'], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "https://example.org/$(touch owned)'\";x"
    assert not (tmp_path / "owned").exists()


def test_no_reference_is_one_sentence(toy: Assignment) -> None:
    with pytest.raises(BundleError, match="no reference solution for t1"):
        bundle(replace(toy, hidden=None), Settings("t1", "x"))
