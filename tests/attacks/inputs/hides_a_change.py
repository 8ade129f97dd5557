# ruff: noqa
"""Changes an input that must stay as it is, and has nobody notice."""

from tools import attempt

HONEST = {"kernels.center": 0}
ADMITTED = {
    "none": "what happens to inputs inside a submission's process is seen there only",
    "user": "what happens to inputs inside a submission's process is seen there only",
    "cold": "what happens to inputs inside a submission's process is seen there only",
    "warm": "what happens to inputs inside a submission's process is seen there only",
}


def center(x):
    from grader.worker.inputs import Before

    attempt()
    Before.changed = lambda self, inputs: []
    return x.sub_(x.mean())
