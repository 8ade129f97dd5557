# ruff: noqa
"""Leaves another program behind, without its environment and without the signal of its parent's death."""

import os
import sys

import target
from tools import attempt, child

HONEST = {"kernels.pairwise": 20}


def become():
    os.execve(
        sys.executable, ["python", "-S", "-c", "import time; time.sleep(20)", target.MARKER], {"M": target.MARKER}
    )


attempt()
child(become, daemon=True)
