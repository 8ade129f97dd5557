# ruff: noqa
"""Hands in a package beside the module of the same name: one is read for its rules, the other is run."""

from tools import attempt

HONEST = {"kernels.clip": 10}
FILES = {"kernels/__init__.py": "import os\nos.write(1, b'[breach] the package is run')\nfrom math import *\n"}

attempt()
