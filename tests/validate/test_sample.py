"""A fixed sample of what `grader validate` proves of the real assignments; `make validate` proves all of it."""

from __future__ import annotations

import pytest

from grader.course import find_course
from grader.report import validation
from grader.validate import PROOFS, validate
from tests.conftest import ROOT

ONE_IN = 9  # exercises, others for each proof
MUTANTS = 8


@pytest.mark.parametrize("name", ["a1", "a2", "a3", "a4", "a5"])
def test_a_fixed_sample_is_proved(name: str) -> None:
    assignment = find_course(ROOT).assignment(name)
    asked = [exercise for exercise in assignment.checks.exercises if not exercise.needs_cuda]
    chosen = {
        proof: [exercise.id for exercise in asked[first::ONE_IN]]
        for first, proof in enumerate(("oracle", "misconception", "null", "room"))
    }
    chosen["speed"] = [exercise.id for exercise in asked if exercise.timed_case][:1]
    # That the reference scores everything under other secrets is left to `make validate`: other tests grade it.
    findings = validate(
        [assignment],
        sample=MUTANTS,
        only=lambda proof, subject: proof in ("stub", "mutant", "release") or subject in chosen.get(proof, ()),
    )
    assert validation.gaps(findings) == []
    assert validation.survivors(findings) == []
    assert {finding.proof for finding in findings} == set(PROOFS) - {"reference"}
    assert sum(finding.tried + finding.equivalent for finding in findings if finding.proof == "mutant") == MUTANTS
