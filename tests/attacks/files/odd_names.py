# ruff: noqa
"""Brings files with names that terminals, shells and spreadsheets obey."""

from tools import attempt

HONEST = {"kernels.pairwise": 0}
FILES = {
    "\x1b[2J.py": "raise ValueError('from a file with an odd name')\n",
    "=cmd().py": "",
    "$(reboot).py": "",
    "-rf": "",
    "a\nb.py": "",
}


def pairwise(x, y):
    attempt()
    __import__("\x1b[2J")
