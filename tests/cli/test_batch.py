"""`grader batch`, `grader regrade`, `grader diff`, as an instructor runs them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.batch.classroom import ADDED, HALF, RIGHT, entries, hand_in, results
from tests.conftest import ROOT, TOY

GRADER = [sys.executable, "-m", "grader.cli"]


def environment(course: Path = TOY) -> dict[str, str]:
    return {**os.environ, "GRADER_COURSE": str(course)}


def run(*arguments: object, course: Path = TOY) -> subprocess.CompletedProcess[str]:
    command = [*GRADER, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment(course))


def in_mounts_of_its_own(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """A shell script with mounts that nobody else sees; `$GRADER` is the command."""
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("only root can mount")
    command = ["unshare", "--mount", "--propagation", "private", "sh", "-ec", script, "sh", *map(str, arguments)]
    told = {**environment(), "GRADER": " ".join(GRADER)}
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=told)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A class that has been graded from a course of its own, and what was said."""
    root = tmp_path_factory.mktemp("cli")
    shutil.copytree(TOY, root / "toy")
    hand_in(root / "in" / "class", "ada")
    hand_in(root / "in" / "class", "bob", ADDED)
    (root / "in" / "class" / "flo.zip").write_bytes(b"no archive")
    shutil.make_archive(str(root / "class"), "zip", root / "in")
    how = ["--jobs", 1, "--seed", "spring", "--no-sandbox", "--untimed"]
    return root, run("batch", "t1", root / "class.zip", "--out", root / "out", *how, course=root / "toy")


def test_what_a_batch_says(graded: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    root, done = graded
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == [
        "grader: class is taken for the class's folder: what lies in it are the submissions",
        "flo: flo.zip cannot be unpacked: it is damaged, or no archive (File is not a zip file)",
    ]
    assert done.stdout.splitlines() == [
        "t1: 3 submissions, 2 graded now (mean 75.0 of 100 points), 1 with nothing to grade in them",
        f"the gradebook is in {root / 'out'}",
    ]
    assert sorted(path.name for path in (root / "out").iterdir()) == ["gradebook.sqlite", "secrets"]


def test_going_on_says_what_there_was(graded: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    root, _ = graded
    again = run(
        "batch", "t1", root / "class.zip", "--out", root / "out", "--no-sandbox", "--untimed", course=root / "toy"
    )
    assert again.returncode == 2
    assert again.stderr.startswith("grader: ") and "--resume" in again.stderr and len(again.stderr.splitlines()) == 1
    how = ["--resume", "--no-sandbox", "--untimed"]
    on = run("batch", "t1", root / "class.zip", "--out", root / "out", *how, course=root / "toy")
    assert on.returncode == 0
    assert on.stdout.splitlines()[0] == "t1: 3 submissions, 3 had been graded before, 0 graded now"


def test_a_regrade_tells_what_it_changes_and_diff_tells_it_again(
    graded: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    root, _ = graded
    shutil.copytree(root / "out", tmp_path / "out")
    shutil.copytree(root / "toy", tmp_path / "toy")
    checks = tmp_path / "toy" / "assignments" / "t1" / "checks.py"
    checks.write_text(
        checks.read_text()
        .replace('"scale", points=20', '"scale", points=10')
        .replace('"coin", points=20', '"coin", points=30')
    )
    nothing = run("diff", "t1", "--out", tmp_path / "out")
    assert (nothing.returncode, nothing.stdout) == (0, "t1: no grades changed\n")
    done = run("regrade", "t1", "--out", tmp_path / "out", "--no-sandbox", "--untimed", course=tmp_path / "toy")
    assert done.returncode == 0, done.stderr
    told = [
        "ada  100 -> 100",
        "  algebra.scale  right 20/20 -> right 10/10",
        "  chance.coin  right 20/20 -> right 30/30",
        "bob  50 -> 60",
        "  algebra.scale  wrong 0/20 -> wrong 0/10",
        "  chance.coin  right 20/20 -> right 30/30",
        "t1: 2 grades changed",
    ]
    assert done.stdout.splitlines()[2:] == told
    assert run("diff", "t1", "--out", tmp_path / "out").stdout.splitlines() == told
    assert results(tmp_path / "out") == {"ada": 2, "bob": 2, "flo": 2}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["batch", "t9", ".", "--out", "out"], "there is no assignment 't9'"),
        (["batch", "t1", "nowhere", "--out", "out"], "there is nothing at nowhere"),
        (["batch", "t1", "class.txt", "--out", "out"], "class.txt is neither a folder nor an archive"),
        (["batch", "t1", "empty", "--out", "out"], "there are no submissions in"),
        (["batch", "t1", "in", "--out", "class.txt/x"], "Not a directory"),
        (["batch", "t1", "in", "--out", "out", "--engine", "ray", "--no-sandbox"], "there is no engine 'ray'"),
        (["regrade", "t1", "--out", "out2"], "there is no gradebook at out2"),
        (["diff", "t1", "--out", "out2"], "there is no gradebook at out2"),
    ],
)
def test_what_cannot_run_is_one_sentence(
    arguments: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(tmp_path / "in", "ada")
    (tmp_path / "empty").mkdir()
    (tmp_path / "class.txt").write_text("")
    command = [*GRADER, *arguments]
    told = {**environment(), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=told)
    assert done.returncode == 2
    assert done.stderr.startswith("grader: ") and sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1 and done.stdout == ""


def test_an_interrupt_ends_what_is_in_hand_and_resume_goes_on(tmp_path: Path) -> None:
    names = [f"s{number:02}" for number in range(30)]
    for name in names:
        hand_in(tmp_path / "in", name, "x = (", None)
    (tmp_path / "in" / "a.zip").write_bytes(b"is told first")
    command = [
        *GRADER,
        "batch",
        "t1",
        str(tmp_path / "in"),
        "--out",
        str(tmp_path / "out"),
        "--jobs",
        "1",
        "--no-sandbox",
    ]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment(), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    assert process.stderr.readline().startswith("a: a.zip cannot be unpacked")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 1, err
    assert "stopping after the submissions in hand" in err and "--resume goes on" in err
    assert "waiting" in out
    done = run("batch", "t1", tmp_path / "in", "--out", tmp_path / "out", "--resume", "--no-sandbox")
    assert done.returncode == 0
    assert results(tmp_path / "out") == {"a": 1, **dict.fromkeys(names, 1)}


def test_an_output_that_may_only_be_read_is_one_sentence(tmp_path: Path) -> None:
    hand_in(tmp_path / "in", "ada")
    (tmp_path / "out").mkdir()
    script = 'mount --bind "$2" "$2"; mount -o remount,bind,ro "$2"; exec $GRADER batch t1 "$1" --out "$2" --no-sandbox'
    done = in_mounts_of_its_own(script, tmp_path / "in", tmp_path / "out")
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("grader: ") and len(done.stderr.splitlines()) == 1
    assert "gradebook.sqlite" in done.stderr
    assert list((tmp_path / "out").iterdir()) == []


def test_a_gradebook_that_may_only_be_read_can_be_read(
    graded: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    root, _ = graded
    shutil.copytree(root / "out", tmp_path / "out")
    script = 'mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"; exec $GRADER diff t1 --out "$1"'
    done = in_mounts_of_its_own(script, tmp_path / "out")
    assert (done.returncode, done.stdout, done.stderr) == (0, "t1: no grades changed\n", "")


def test_a_disk_that_fills_up_is_one_sentence_and_loses_nothing(tmp_path: Path) -> None:
    """The gradebook lies on a file system of 200 KB."""
    names = [f"s{number:03}" for number in range(60)]
    for name in names:
        hand_in(tmp_path / "in", name, "x = (" + "#" * 3000, None)
    (tmp_path / "out").mkdir()
    script = """
mount -t tmpfs -o size=200k none "$2"
$GRADER batch t1 "$1" --out "$2" --no-sandbox --untimed --jobs 1 && code=0 || code=$?
cp -r "$2" "$3"
exit $code
"""
    done = in_mounts_of_its_own(script, tmp_path / "in", tmp_path / "out", tmp_path / "kept")
    assert done.returncode == 2, done.stdout + done.stderr
    assert (
        done.stderr.startswith("grader: ") and "the disk is full" in done.stderr and len(done.stderr.splitlines()) == 1
    )
    before = results(tmp_path / "kept")
    assert 0 < sum(before.values()) < len(names)
    how = ["--resume", "--no-sandbox", "--untimed"]
    assert run("batch", "t1", tmp_path / "in", "--out", tmp_path / "kept", *how).returncode == 0
    assert results(tmp_path / "kept") == dict.fromkeys(names, 1)


def test_in_cages_too(tmp_path: Path) -> None:
    """At the best level that this machine gives; without one, it is refused in a sentence."""
    hand_in(tmp_path / "in", "ada")
    hand_in(tmp_path / "in", "bob", chance=None)
    done = run("batch", "t1", tmp_path / "in", "--out", tmp_path / "out", "--untimed", "--jobs", 2)
    if done.returncode == 2:
        assert "--no-sandbox" in done.stderr and len(done.stderr.splitlines()) == 1
        return
    found = entries(tmp_path / "out")
    assert {name: entry.result.points for name, entry in found.items()} == {"ada": RIGHT, "bob": HALF}
    assert {entry.result.sandbox for entry in found.values()} <= {"warm", "cold", "user"}
