"""No right submission is accused by what is read of it, whatever its style."""

from __future__ import annotations

import pytest

from grader.course import find_course
from grader.rules import SourceReader, about_source, read_sources, source_breach
from grader.sandbox import Plain
from grader.submission import open_submission
from tests.conftest import ROOT
from tests.rules.test_source import Blanks


@pytest.mark.parametrize("name", [f"a{i}" for i in range(1, 8)])
def test_no_style_is_accused(nursery: Plain, name: str) -> None:
    checks = find_course(ROOT).assignment(name).checks
    read = [exercise for exercise in checks.exercises if about_source(exercise)]
    folders = [ROOT / "solutions" / name, *(ROOT / "tests" / "submissions" / name).glob("styles_*")]
    assert len(folders) == 4
    for folder in folders:
        sources = read_sources(open_submission(folder, checks.modules))
        reader = SourceReader(Blanks(nursery), sources, checks.modules.values())
        asked = [exercise for exercise in read if exercise.module.name in sources]
        assert {
            exercise.id: source_breach(exercise, reader.inspected(exercise)) for exercise in asked
        } == dict.fromkeys(exercise.id for exercise in asked)
