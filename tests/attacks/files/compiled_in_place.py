# ruff: noqa
"""Hands in bytecode that claims to be the module's: the source is read for its rules, the bytecode is run."""

from tools import attempt

HONEST = {"kernels.clip": 10}
COMPILED = {
    "__pycache__/kernels.{cache_tag}.pyc": "import os\nos.write(1, b'[breach] the bytecode is run')\n",
    "kernels.pyc": "import os\nos.write(1, b'[breach] the bytecode is run')\n",
}

attempt()
