"""docs/authoring.md, followed to the letter: its commands are run and its code is added, in order, in an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

FENCE = re.compile(r"^```(\w+) ?(.*?)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def test_the_page_is_followed_to_the_letter(tmp_path: Path) -> None:
    course = tmp_path / "course"
    course.mkdir()
    environment = {key: value for key, value in os.environ.items() if key != "GRADER_COURSE"}
    environment["XDG_CONFIG_HOME"] = str(tmp_path / "configuration")
    environment["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    printed: list[str] = []
    steps = FENCE.findall((ROOT / "docs/authoring.md").read_text(encoding="utf-8"))
    assert len(steps) >= 8
    for kind, about, text in steps:
        if kind == "python":
            with (course / about).open("a", encoding="utf-8") as file:
                file.write(text)
            continue
        assert kind == "sh"
        for command in text.strip().splitlines():
            done = subprocess.run(
                ["sh", "-c", command], cwd=course, env=environment, capture_output=True, text=True, check=False
            )
            fails, _, words = about.partition(": ")
            assert (done.returncode != 0) == (fails == "fails"), f"{command}\n{done.stdout}{done.stderr}"
            assert words in done.stderr, done.stderr
            printed.append(done.stdout)
    before, table = [text for text in printed if "| the reference scores all points |" in text]
    assert "Surviving mutants" in before and "Surviving mutants" not in table
    assert re.search(r"known mistakes are caught, and called by their names \| 6 of 6", table), table
    assert (tmp_path / "for-students/b1/layers.ipynb").is_file()
    assert "clip_norm" in (tmp_path / "for-students/b1/layers.py").read_text()
