# ruff: noqa
"""Names inputs that it claims to have changed: thousands of them, with markup and escapes."""

from grader import wire
from tools import attempt, instead_of_reply

HONEST = {"kernels.pairwise": 20}
_honest = pairwise


def pairwise(x, y):
    attempt()
    from grader.worker.tensors import to_leaf
    from tools import frame

    packer = wire.Packer(to_leaf)
    names = ["\x1b[2J[/red]<script>" + "n" * 900] * 1000
    instead_of_reply(frame(wire.Answer(packer.pack({"distances": _honest(x, y)}), names), packer))
