# ruff: noqa
"""Makes a device file and reads from it."""

import os
import stat
import tempfile

import target
from tools import attempt, breach

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "as root, a plain process may make devices"}

attempt()
path = os.path.join(tempfile.gettempdir(), target.MARKER)
try:
    os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, 5))
    with open(path, "rb") as device:
        if device.read(4) == bytes(4):
            breach("it has made a device that works")
except OSError:
    pass
finally:
    try:
        os.unlink(path)
    except OSError:
        pass
