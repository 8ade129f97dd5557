# ruff: noqa
"""Loads the assignment through the grader's own modules, hidden part and all, and has the oracle answer."""

import target
from tools import attempt, breach

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "a plain process may read what its user may read"}

attempt()
try:
    from pathlib import Path

    from grader.spec import load_checks

    checks = load_checks(Path(target.CHECKS), Path(target.SOLUTIONS) / "hidden.py")
    if checks["kernels.pairwise"].misconceptions:
        breach("it has loaded the hidden declaration")
except Exception:
    pass
