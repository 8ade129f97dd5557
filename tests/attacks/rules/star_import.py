# ruff: noqa
"""Imports everything from a file of its own, behind the function that is read."""

from tools import attempt

HONEST = {"kernels.means": 0}
VERDICTS = ("broke_rule",)
FILES = {
    "fast.py": "import torch\nfrom tools import attempt\ndef means(xs, ls):\n    attempt()\n    return torch.stack([x.mean() for x in xs])\n"
}

from fast import *
