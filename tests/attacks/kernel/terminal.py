# ruff: noqa
"""Types into the terminal of whoever grades."""

import fcntl
import os
import termios

from tools import attempt, breach

HONEST = {"kernels.pairwise": 20}
ADMITTED = {"none": "as root, perhaps: a plain process may open the console, where there is one"}

attempt()
for name in ("/dev/tty", "/dev/console", "/dev/pts/0", "/proc/self/fd/0", "/proc/self/fd/1", "/proc/self/fd/2"):
    try:
        fd = os.open(name, os.O_RDWR | os.O_NOCTTY)
        for byte in b"\n":
            fcntl.ioctl(fd, termios.TIOCSTI, bytes([byte]))
        breach(f"it types into {name}")
    except OSError:
        continue
