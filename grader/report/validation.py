"""Findings as a table in markdown: what was proved, in numbers, and each gap in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from grader.validate import ON_A_GPU, PROOFS, Finding

MUTANTS_CAUGHT = 0.95  # of those that are not equivalent


def table(findings: Sequence[Finding]) -> str:
    """A row for each proof, a column for each assignment: shown of tried."""
    names = list(dict.fromkeys(finding.assignment for finding in findings))
    lines = [f"| proved | {' | '.join(names)} |", f"|---|{'---|' * len(names)}"]
    for proof, words in {**PROOFS, **ON_A_GPU}.items():
        if not any(finding.proof == proof for finding in findings):
            continue
        cells = []
        for name in names:
            mine = [f for f in findings if f.assignment == name and f.proof == proof]
            shown, tried = sum(f.shown for f in mine), sum(f.tried for f in mine)
            known = sum(f.equivalent for f in mine)
            aside = f" ({100 * shown / tried:.1f} %; {known} equivalent)" if proof == "mutant" and tried else ""
            without = sum(f.undeclared for f in mine)
            aside += f" ({without} limit{'s' if without > 1 else ''} without a naive version)" if without else ""
            cells.append(f"{shown} of {tried}{aside}")
        lines.append(f"| {words} | {' | '.join(cells)} |")
    return "\n".join(lines)


def gaps(findings: Sequence[Finding]) -> list[str]:
    """Every gap; surviving mutants are one when too many survive."""
    found = [gap for finding in findings for gap in finding.gaps]
    for name in dict.fromkeys(finding.assignment for finding in findings):
        mine = [f for f in findings if f.assignment == name and f.proof == "mutant"]
        shown, tried = sum(f.shown for f in mine), sum(f.tried for f in mine)
        if tried and shown / tried < MUTANTS_CAUGHT:
            found.append(f"{name}: only {shown} of {tried} mutants are caught")
    return found


def survivors(findings: Sequence[Finding]) -> list[str]:
    """Every mutant that nothing caught."""
    return [name for finding in findings for name in finding.survivors]
