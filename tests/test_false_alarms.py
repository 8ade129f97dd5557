"""Random references have their properties, under many seeds: test_false_alarms_long runs each 10,000 times."""

from __future__ import annotations

import pytest

from grader.spec import Exercise
from tests.false_alarms import STATISTICAL, alarms


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("exercise", STATISTICAL, ids=lambda exercise: exercise.id)
def test_random_references_have_their_properties(exercise: Exercise, monkeypatch: pytest.MonkeyPatch) -> None:
    assert alarms(exercise, 100, monkeypatch) == []
