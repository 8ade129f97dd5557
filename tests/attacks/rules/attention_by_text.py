# ruff: noqa
"""Takes attention by a name that only exists when it runs."""

import torch
from tools import attempt

HONEST = {"kernels.attend": 0}
VERDICTS = ("broke_rule",)


def attend(q, k, v):
    attempt()
    return getattr(torch._C._nn, "scaled_dot" + "_product_attention"[:])(q, k, v)
