"""Temporary folders go with their batch, or with the next one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from grader.batch.scratch import Scratch


def test_it_is_removed_in_the_end(tmp_path: Path) -> None:
    with Scratch(tmp_path) as scratch:
        (scratch.folder() / "file").write_bytes(b"x")
        assert scratch.path.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_batch_leaves_is_removed_by_the_next_and_what_is_in_use_is_not(tmp_path: Path) -> None:
    code = """
import os, signal, sys
from pathlib import Path
from grader.batch.scratch import Scratch
Scratch(Path(sys.argv[1])).folder()
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    (left,) = tmp_path.iterdir()
    with Scratch(tmp_path) as one:
        assert not left.exists()
        with Scratch(tmp_path) as two:
            assert one.path.exists() and two.path.exists()
