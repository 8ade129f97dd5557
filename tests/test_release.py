"""What students get: it grades without the reference, and holds nothing of it. Canaries stand in every private place."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from grader import wire
from grader.course import Assignment, find_course, trust
from grader.draw import PUBLIC
from grader.grading import check
from grader.judge import Options
from grader.oracle import Measured, Oracle
from grader.question import draw
from grader.recording import NAME, Recording, RecordingError, key, read_recording, to_bytes
from grader.release import ReleaseError, leaks, record, release
from grader.release.bundle import pinned
from grader.result import Result, Verdict
from grader.spec import CheckError, load_checks
from grader.submission import open_submission
from grader.validate import Finding
from grader.validate.bench import Bench
from grader.validate.release import secrets
from tests import offline
from tests.conftest import TOY, one
from tests.offline import run_offline
from tests.test_cli import run

REFERENCE = """

@chance.exercise("shout", points=1)
def shout(sub, n):
    \"\"\"As loud as the reference.\"\"\"
    return {"loud": sub.shout(n)}


@shout.case
def three(draw):
    return dict(n=3)


@shout.property()
def as_loud(ref, answer, n):
    yield certain(answer["loud"] == ref.shout(n)), "it is as loud as it should be"
"""


@pytest.fixture(scope="session")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy with an exercise that cannot be judged without the reference, and canaries wherever it is private."""
    root = tmp_path_factory.mktemp("course") / "toy"
    shutil.copytree(TOY, root)
    checks = root / "assignments/t1/checks.py"
    checks.write_text(checks.read_text().replace("points=10)", "points=9)") + REFERENCE)
    chance = root / "solutions/t1/chance.py"
    own = "\n\ndef shout(n):\n    # BEGIN SOLUTION\n    canary_of_a_solution = n * 2 + 0\n    return canary_of_a_solution\n    # END SOLUTION\n"
    chance.write_text(chance.read_text() + own)
    hidden = root / "solutions/t1/hidden.py"
    hidden.write_text(
        hidden.read_text()
        + "\n\n@scale.case\ndef canary_of_a_hidden_case(draw):\n    return dict(x=draw.normal(2, 2), factor=0.123454321)\n"
        + '\n\n@scale.misconception("Canary of a misconception.")\ndef canary_of_a_version(ref, x, factor):\n    return -x\n'
    )
    (root / "assignments/t1/README.md").write_text("# T1\n\n<!-- points -->\n<!-- /points -->\n")
    (root / "assignments/given").mkdir()
    (root / "assignments/given/helper.py").write_text("LOUD = True\n")
    return root


@pytest.fixture(scope="session")
def bundle(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the course's students get."""
    return release([find_course(course).assignment("t1")], tmp_path_factory.mktemp("out") / "bundle")


def graded(bundle: Path, course: Path, **changed: str) -> Result:
    """The record of the reference with some functions replaced, in the bundle."""
    assignment = find_course(bundle).assignment("t1")
    mine = bundle.parent / "mine"
    shutil.rmtree(mine, ignore_errors=True)
    shutil.copytree(course / "solutions/t1", mine)
    for module, text in changed.items():
        (mine / f"{module}.py").write_text((mine / f"{module}.py").read_text() + text)
    return check(assignment, open_submission(mine, assignment.checks.modules), Options())


def test_a_bundle_holds_what_a_student_needs(bundle: Path) -> None:
    names = {str(path.relative_to(bundle)) for path in bundle.rglob("*") if path.is_file()}
    assert names == {
        *("README.md", "grader.toml", "requirements.txt", "given/helper.py"),
        *(f"t1/{name}" for name in ("README.md", "checks.py", "algebra.py", "chance.py", NAME)),
    }
    assert "| `algebra.scale` | 20 |" in (bundle / "t1/README.md").read_text()
    pins = (bundle / "requirements.txt").read_text().split()
    assert f"numpy=={np.__version__}" in pins and any(pin.startswith("torch==") for pin in pins)


def test_no_canary_is_in_a_bundle(bundle: Path, course: Path) -> None:
    private = b"".join(path.read_bytes() for path in (course / "solutions/t1").glob("*.py"))
    for canary in (b"canary_of_a_solution", b"canary_of_a_hidden_case", b"Canary of a misconception", b"0.123454321"):
        assert canary in private
        for path in bundle.rglob("*"):
            assert not path.is_file() or canary.lower() not in path.read_bytes().lower(), path
    assert b"canary" not in b"".join(path.read_bytes().lower() for path in bundle.rglob("*") if path.is_file())


CARRIED = {
    "a solution": "    canary_of_a_solution   = n * 2 +  0 # mine",
    "a hidden case": "canary_of_a_hidden_case",
    "a misconception": "Hint: Canary of a misconception.",
}


@pytest.mark.parametrize("what", CARRIED)
@pytest.mark.parametrize("file", ["README.md", "t1/algebra.py", "given/new.bin"])
def test_whatever_is_carried_into_a_bundle_is_found(
    what: str, file: str, bundle: Path, course: Path, tmp_path: Path
) -> None:
    assignment = find_course(course).assignment("t1")
    copy = tmp_path / "copy"
    shutil.copytree(bundle, copy)
    assert leaks([assignment], copy) == []
    before = (copy / file).read_bytes() if (copy / file).exists() else b"\xff\xfe\x00"
    (copy / file).write_bytes(before + b"\n" + CARRIED[what].encode() + b"\n")
    assert [leak for leak in leaks([assignment], copy) if leak.startswith(file)]


def test_a_course_that_gives_its_solution_away_is_not_released(course: Path, tmp_path: Path) -> None:
    leaky = tmp_path / "leaky"
    shutil.copytree(course, leaky)
    (leaky / "assignments/t1/figure.svg").write_text("<!-- canary_of_a_hidden_case -->")
    with pytest.raises(ReleaseError, match=r"figure\.svg: the hidden case canary_of_a_hidden_case"):
        release([find_course(leaky).assignment("t1")], tmp_path / "out")
    assert not (tmp_path / "out").exists() and {path.name for path in tmp_path.iterdir()} == {"leaky"}


def proved(assignment: Assignment) -> Finding:
    """What `grader validate` finds about the bundle."""
    bench = Bench(assignment)
    try:
        return secrets(bench)
    finally:
        bench.nursery.close()


def test_validate_makes_the_bundle_and_searches_it(course: Path, tmp_path: Path) -> None:
    shown = proved(find_course(course).assignment("t1"))
    assert shown.gaps == () and shown.tried > 10
    leaky = tmp_path / "leaky"
    shutil.copytree(course, leaky)
    (leaky / "assignments/given/helper.py").write_text("canary_of_a_hidden_case = 1\n")
    (leaky / "assignments/t1/figure.svg").write_text("Canary of a misconception.")
    (gap,) = proved(find_course(leaky).assignment("t1")).gaps
    assert "figure.svg: a misconception of algebra.scale" in gap


def test_a_bundle_grades_a_right_answer(bundle: Path, course: Path) -> None:
    result = graded(bundle, course)
    verdicts = {told.id: told.verdict for told in result.exercises}
    assert verdicts.pop("chance.shout") is Verdict.ENVIRONMENT
    assert set(verdicts.values()) == {Verdict.RIGHT}
    assert (result.points, result.out_of) == (99, 99)
    assert one(result, "shout").sentence is not None and "judged at grading only" in one(result, "shout").sentence
    assert all(not case.hidden for told in result.exercises for case in told.cases)
    energy = one(result, "energy")
    assert energy.speed is not None or any("speed" in note for note in energy.notes)


def test_a_bundle_grades_a_wrong_answer(bundle: Path, course: Path) -> None:
    wrong = graded(
        bundle,
        course,
        algebra="\n\ndef scale(x, factor):\n    return x + factor\n",
        chance="\n\ndef coin(n, p):\n    return torch.ones(n)\n\n\ndef sort_by_size(x):\n    return None\n",
    )
    scale = one(wrong, "scale")
    assert scale.verdict is Verdict.WRONG and scale.hints == ()
    assert scale.details and "expected" in " ".join(scale.details)
    assert one(wrong, "coin").sentence == "it does not hold that a share p of the flips is 1"
    assert one(wrong, "sort_by_size").verdict is Verdict.NOT_ATTEMPTED
    loop = "\n\ndef energy(x):\n    return sum(float(v) ** 2 for v in x.reshape(-1)), 2 * x\n"
    assert one(graded(bundle, course, algebra=loop), "energy").verdict is Verdict.BROKE_RULE


@pytest.fixture(scope="session")
def timed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of a course with a limit on time."""
    root = TOY.parent / "timed"
    return release([find_course(root).assignment("k1")], tmp_path_factory.mktemp("out") / "bundle")


SPEEDS = {
    "as the reference": ("", Verdict.RIGHT),
    "ten times the work": (
        "\n\nonce = powers\n\n\ndef powers(x, w):\n    return sum(once(x, w) for _ in range(10)) / 10\n",
        Verdict.TOO_SLOW,
    ),
}


@pytest.mark.parametrize("what", SPEEDS)
def test_speed_is_told_by_the_yardstick(what: str, timed: Path, tmp_path: Path) -> None:
    text, verdict = SPEEDS[what]
    (tmp_path / "kernels.py").write_text((TOY.parent / "timed/solutions/k1/kernels.py").read_text() + text)
    assignment = find_course(timed).assignment("k1")
    options = Options(exercises=("kernels.powers",))
    powers = one(check(assignment, open_submission(tmp_path, assignment.checks.modules), options), "powers")
    assert powers.verdict is verdict
    assert powers.speed is not None and powers.speed.limit == pytest.approx(2.0)
    assert any("told by `torch.mm`" in note for note in powers.notes)


def test_another_edition_is_right_in_a_bundle_too(bundle: Path, course: Path) -> None:
    doubled = "\n\ndef energy(x):\n    return 2 * (x * x).sum(), 4 * x\n"
    result = graded(bundle, course, algebra=doubled)
    assert result.modules[0].edition == "twice the sum of squares"
    assert one(result, "energy").verdict is Verdict.RIGHT


def test_the_command_in_a_bundle_says_that_hidden_cases_are_elsewhere(bundle: Path, course: Path) -> None:
    done = run("check", "t1", cwd=bundle)
    assert done.returncode == 1, done.stderr
    assert "t1: 0 of 100 points" in done.stdout and done.stdout.count("not attempted") == 6
    assert "hidden ones, with other inputs, are run at grading" in done.stdout
    done = run("check", "t1", "--submission", str(course / "solutions/t1"), cwd=bundle)
    assert done.returncode == 0, done.stdout


REACH = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5)"


def test_a_command_that_is_run_offline_reaches_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as there:
        reach = [sys.executable, "-c", REACH, str(there.getsockname()[1])]
        assert subprocess.run(reach, check=False).returncode == 0
        assert "Network is unreachable" in run_offline(reach, tmp_path, tmp_path).stderr
        monkeypatch.setattr(offline, "_namespaces", lambda: ())
        assert "Network is unreachable" in run_offline(reach, tmp_path, tmp_path).stderr


def test_a_bundle_needs_no_network(bundle: Path, course: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "grader.cli", "check", "t1", "--submission", str(course / "solutions/t1")]
    trust(bundle)
    done = run_offline(command, bundle, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "t1: 99 of 99 points" in done.stdout


def test_inputs_that_are_drawn_in_another_way_are_a_fault_of_the_grader(
    bundle: Path, course: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(bundle, copy)
    checks = copy / "t1/checks.py"
    checks.write_text(checks.read_text().replace("draw.number(1.5, 3)", "draw.number(1.5, 4)"))
    done = run("check", "t1", "--submission", str(course / "solutions/t1"), cwd=copy)
    assert done.returncode == 2
    assert "no answer to algebra.scale/small was recorded for these inputs" in done.stderr


NOT_RELEASED = {
    "no solution": ("there is no reference solution for t1", False),
    "something is there": ("is there already; release into a new folder", True),
}


@pytest.mark.parametrize("mistake", NOT_RELEASED)
def test_what_cannot_be_released_is_one_sentence(mistake: str, tmp_path: Path, course: Path) -> None:
    sentence, solved = NOT_RELEASED[mistake]
    out = tmp_path / "out"
    if solved:
        out.mkdir()
        (out / "mine.txt").write_text("mine")
    else:
        shutil.copytree(course / "assignments", tmp_path / "assignments")
        (tmp_path / "grader.toml").write_text("")
    done = run("release", "t1", str(out), cwd=course if solved else tmp_path)
    assert done.returncode == 2 and sentence in done.stderr
    assert not out.exists() or [path.name for path in out.iterdir()] == ["mine.txt"]


# -- the file ----------------------------------------------------------------------------------------------------------


def test_a_recording_comes_back_as_it_was(toy: Assignment, oracle: Oracle, tmp_path: Path) -> None:
    answer = {
        "tree": [1, 2.5, None, (True, "x"), {3: float("inf")}],
        "tensor": wire.Tensor.of(np.arange(6, dtype="f4").reshape(2, 3).T),
        "array": wire.Tensor.of(np.zeros((0, 4)), kind="numpy"),
        "what": wire.Opaque("Solver", "<Solver>"),
    }
    kept = Recording("v", "2", {"a": answer}, {"e/c": "a"}, {"e": Measured((1, 2), 3.0, (4.0, 5), None)})
    (tmp_path / NAME).write_bytes(to_bytes(kept))
    back = read_recording(tmp_path / NAME)
    assert (back.cases, back.measured, back.version) == (kept.cases, kept.measured, "v")
    got = back.answers["a"]
    assert got["tree"] == answer["tree"] and got["what"] == answer["what"]
    for name in ("tensor", "array"):
        assert got[name].kind == answer[name].kind and got[name].dtype == answer[name].dtype  # type: ignore[union-attr]
        np.testing.assert_array_equal(got[name].array, answer[name].array)  # type: ignore[union-attr]


def test_the_digest_knows_inputs_by_their_values(toy: Assignment) -> None:
    exercise = toy.checks["algebra.scale"]
    question = draw(exercise, exercise.cases[0], PUBLIC, toy.course.assignments)
    again = draw(exercise, exercise.cases[0], PUBLIC, toy.course.assignments)
    assert key(question) == key(again) != key(question.cast("float32"))
    assert key(question) != key(question, ("algebra#doubled",))
    again.inputs["x"] = again.inputs["x"] * (1 + 1e-15)  # what another machine's library may make of it
    assert key(question) == key(again)
    again.inputs["x"] = again.inputs["x"] * (1 + 1e-4)
    assert key(question) != key(again)


BROKEN = {"empty": b"", "short": b"\x10\0\0\0\0\0\0\0{", "text": b"answers", "other": b"\x02\0\0\0\0\0\0\0{}"}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_recording_is_one_sentence(what: str, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(BROKEN[what])
    with pytest.raises(RecordingError, match="is no recording of answers"):
        read_recording(tmp_path / NAME)


def test_everything_public_is_recorded_and_nothing_hidden(toy: Assignment, oracle: Oracle) -> None:
    recorded = record(toy, oracle)
    public = {f"{e.id}/{c.name}" for e in toy.checks.exercises for c in e.cases if not c.hidden}
    assert set(recorded.cases) == public
    assert "empty" not in json.dumps(recorded.cases)
    assert recorded.measured["algebra.energy"].pace is not None or toy.checks["algebra.energy"].library is None


def test_what_only_a_property_judges_is_withheld(toy: Assignment, oracle: Oracle) -> None:
    recorded = record(toy, oracle)
    flips = recorded.answers[recorded.cases["chance.coin/thousand"]]
    assert list(flips) == ["flips"] and isinstance(flips["flips"], wire.Opaque)
    assert isinstance(recorded.answers[recorded.cases["algebra.scale/small"]]["out"], wire.Tensor)


def test_pins_are_what_is_installed_here() -> None:
    pins = pinned("grader")
    assert pins == sorted(pins) and all("==" in pin for pin in pins)
    assert not any(pin.startswith("grader==") for pin in pins)


def test_a_yardstick_takes_what_the_ask_takes(tmp_path: Path) -> None:
    text = (TOY / "assignments/t1/checks.py").read_text()
    (tmp_path / "checks.py").write_text(text.replace("def library(x):", "def library(x, y):"))
    with pytest.raises(CheckError, match=r"the yardstick of algebra\.energy takes x, like its ask"):
        load_checks(tmp_path / "checks.py")
