"""A fixed sample of what `grader validate` proves of the real assignments; `make validate` proves all of it."""

from __future__ import annotations

import pytest

from grader.course import find_course
from grader.report import validation
from grader.validate import PROOFS, validate
from tests.conftest import ROOT

COURSE = find_course(ROOT)
ELSEWHERE = {"reference", "oracle", "misconception", "room"}  # shown of every exercise by tests/coursework.py
ONE_IN = 9  # exercises
MUTANTS = 8


@pytest.mark.parametrize("name", COURSE.names())
def test_a_fixed_sample_is_proved(name: str) -> None:
    assignment = COURSE.assignment(name)
    asked = [exercise for exercise in assignment.checks.exercises if not exercise.needs_cuda]
    chosen = {
        "null": [exercise.id for exercise in asked[::ONE_IN]],
        "speed": [exercise.id for exercise in asked if exercise.timed_case][:1],
    }
    findings = validate(
        [assignment],
        sample=MUTANTS,
        only=lambda proof, subject: proof in ("stub", "mutant", "release") or subject in chosen.get(proof, ()),
    )
    assert validation.gaps(findings) == []
    assert validation.survivors(findings) == []
    untimed = set() if chosen["speed"] else {"speed"}
    assert {finding.proof for finding in findings} == set(PROOFS) - ELSEWHERE - untimed
    assert sum(finding.tried + finding.equivalent for finding in findings if finding.proof == "mutant") == MUTANTS
