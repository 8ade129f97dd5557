"""Mutants are made from what is graded, each is another program, and none is the reference."""

from __future__ import annotations

import ast

from grader.validate.mutants import mutants

SOURCE = '''
def given(a):
    return a + 1


def solved(x, axis=0):
    """Docstring with 1 + 1."""
    # BEGIN SOLUTION
    y = x - x.mean(dim=axis, keepdim=True)
    if axis == 0 and not x.numel():
        y += 2
    return y[1:] / 3
    # END SOLUTION
'''


def test_only_what_is_graded_is_changed_and_every_mutant_is_another_program() -> None:
    made = mutants("m", SOURCE)
    assert len({m.source for m in made}) == len(made) > 15
    plain = ast.unparse(ast.parse(SOURCE))
    for mutant in made:
        assert mutant.source != plain
        assert mutant.scope == "solved"
        assert "return a + 1" in mutant.source and "Docstring with 1 + 1." in mutant.source
        ast.parse(mutant.source)


def test_the_kinds_of_mistakes() -> None:
    statements = {m.statement for m in mutants("m", SOURCE)}
    assert {
        "y = x + x.mean(dim=axis, keepdim=True)",
        "y = x",
        "y = x.mean(dim=axis, keepdim=True)",
        "y = x - x.sum(dim=axis, keepdim=True)",
        "y = x - x.mean(dim=axis, keepdim=False)",
        "if axis != 0 and (not x.numel()):",
        "if axis == 1 and (not x.numel()):",
        "if axis == 0 or not x.numel():",
        "without y += 2",
        "y = 2",
        "return y[1:] * 3",
        "return y[1:]",
        "return y[:] / 3",
        "return y[1 + 1:] / 3",
    } <= statements
