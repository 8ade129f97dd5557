# ruff: noqa
"""Changes what its module says about itself: name, file, loader, path."""

import sys

from tools import attempt

HONEST = {"kernels.pairwise": 0}

module = sys.modules[__name__]
module.__file__ = "/etc/passwd"
module.__name__ = "grader.judge"
module.__spec__ = module.__loader__ = None
module.__path__ = ["/"]
sys.modules["grader.judge"] = module
sys.path.clear()


def pairwise(x, y):
    attempt()
    raise ValueError("where am I?")
