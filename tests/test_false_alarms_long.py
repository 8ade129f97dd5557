"""No false alarm of a property in ten thousand runs of its reference: some minutes, so `make proofs` runs it."""

from __future__ import annotations

import pytest

from grader.spec import Exercise
from tests.false_alarms import STATISTICAL, alarms


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("exercise", STATISTICAL, ids=lambda exercise: exercise.id)
def test_ten_thousand_runs_raise_no_alarm(exercise: Exercise, monkeypatch: pytest.MonkeyPatch) -> None:
    assert alarms(exercise, 10_000, monkeypatch) == []
