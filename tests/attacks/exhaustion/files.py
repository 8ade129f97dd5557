# ruff: noqa
"""Makes as many files as it can."""

import os
import tempfile

import target
from tools import attempt, breach

HONEST = {"kernels.pairwise": 20}
ADMITTED = {
    "none": "files are not counted",
    "cold": "as an ordinary user, bubblewrap counts bytes, not files",
    "user": "as an ordinary user, files are not counted",
}
SECONDS = 20.0
_honest = pairwise


def pairwise(x, y):
    attempt()
    made = 0
    for folder in (os.getcwd(), tempfile.gettempdir(), "/dev/shm"):
        try:
            inside = os.path.join(folder, f"{target.MARKER}-{len(x)}")
            os.mkdir(inside)
            while made < 40_000:
                os.close(os.open(f"{inside}/{made}", os.O_CREAT | os.O_WRONLY))
                made += 1
        except OSError:
            continue
    if made >= 40_000:
        breach("it has made 40,000 files")
    return _honest(x, y)
