# ruff: noqa
"""Keeps its loop in another file."""

from tools import attempt

HONEST = {"kernels.clip": 0}
FILES = {
    "helper.py": "import torch\ndef clip_rows(x, low, high):\n    return torch.stack([torch.clamp(row, low, high) for row in x])\n"
}
ADMITTED = {
    "none": "perhaps: only the module itself is read",
    "user": "perhaps: only the module itself is read",
    "cold": "perhaps: only the module itself is read",
    "warm": "perhaps: only the module itself is read",
}


def clip(x, low, high):
    attempt()
    import helper

    return helper.clip_rows(x, low, high)
