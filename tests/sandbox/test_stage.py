"""What is copied for a cage to show, and what is not."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.sandbox import SandboxError, stage
from grader.sandbox.stage import Stage


@pytest.fixture
def made() -> Iterator[Stage]:
    """A stage without a user of its own."""
    made = Stage(None)
    yield made
    made.close()


@pytest.fixture
def checks(tmp_path: Path) -> Path:
    """A checks.py and, beside it, what nobody must see."""
    course = tmp_path / "course"
    course.mkdir()
    (course / "hidden.py").write_text("secret")
    (course / "checks.py").write_text("public")
    return course / "checks.py"


def shown(folder: Path) -> set[str]:
    """The files below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_links_pipes_and_large_files_stay_out(made: Stage, checks: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    (mine / "package").mkdir(parents=True)
    (mine / ".git").mkdir()
    (mine / "__pycache__").mkdir()
    for name in ("a.py", "package/b.py", ".git/config", "__pycache__/a.pyc"):
        (mine / name).write_text(name)
    (mine / "link.py").symlink_to(checks.parent / "hidden.py")
    (mine / "relative.py").symlink_to("../course/hidden.py")
    (mine / "folder").symlink_to(checks.parent)
    os.mkfifo(mine / "pipe.py")
    with open(mine / "weights.bin", "wb") as file:
        file.truncate(stage.FILE_LIMIT + 1)
    folder = made.put(mine, checks, tmp_path / "no-such-folder")
    assert shown(folder) == {"checks.py", "submission/a.py", "submission/package/b.py"}
    assert (folder / "given").is_dir()
    assert (folder / "checks.py").read_text() == "public"


def test_a_single_file_comes_with_the_modules_beside_it_only(made: Stage, checks: Path, tmp_path: Path) -> None:
    mine = tmp_path / "downloads"
    (mine / "deep").mkdir(parents=True)
    for name in ("knn.py", "sibling.py", "letter.txt", "deep/other.py"):
        (mine / name).write_text(name)
    folder = made.put(mine / "knn.py", checks, tmp_path / "none")
    assert shown(folder / "submission") == {"knn.py", "sibling.py"}


def test_too_much_is_refused(made: Stage, checks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    for number in range(4):
        (mine / f"{number}.py").write_text("x" * 10)
    monkeypatch.setattr(stage, "TOTAL_LIMIT", 39)
    with pytest.raises(SandboxError, match="leave only what belongs to the submission"):
        made.put(mine, checks, tmp_path / "none")
    monkeypatch.setattr(stage, "TOTAL_LIMIT", 40)
    monkeypatch.setattr(stage, "COUNT_LIMIT", 3)
    with pytest.raises(SandboxError, match="more than 3 files"):
        made.put(mine, checks, tmp_path / "none")
    monkeypatch.setattr(stage, "COUNT_LIMIT", 4)
    made.put(mine, checks, tmp_path / "none")


def test_of_this_package_only_what_runs_beside_student_code_is_shown(made: Stage) -> None:
    assert {path.name for path in (made.package / "grader").iterdir()} == set(stage.SHOWN)


def test_copies_can_be_read_by_all_who_get_there(made: Stage, checks: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir(mode=0o700)
    (mine / "a.py").touch(mode=0o600)
    folder = made.put(mine, checks, tmp_path / "none")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}
    assert {mode for name, mode in modes.items() if name.endswith(".py")} == {0o644}
    assert {mode for name, mode in modes.items() if not name.endswith(".py")} == {0o755}
    assert stat.S_IMODE(made.root.stat().st_mode) == 0o700  # and nobody else does: there is no other user


def test_what_a_killed_judge_has_left_is_swept_and_what_lives_is_not(made: Stage) -> None:
    left = Stage(None)
    os.close(left._lock)  # as if its process had ended
    left._lock = -1
    another = Stage(None)
    try:
        assert not left.root.exists()
        assert made.root.exists() and another.root.exists()
    finally:
        another.close()
    assert not another.root.exists()


def test_environments_stay_out_whatever_they_are_called(made: Stage, checks: Path, tmp_path: Path) -> None:
    for name in ("knn.py", "env/pyvenv.cfg", "env/lib/python3.12/site-packages/x.py", "env/bin/python", "lib/mine.py"):
        (tmp_path / "mine" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mine" / name).touch()
    folder = made.put(tmp_path / "mine", checks, tmp_path / "none") / "submission"
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert files == {"knn.py", "lib/mine.py", "env/pyvenv.cfg"}
