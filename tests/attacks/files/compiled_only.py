# ruff: noqa
"""Hands in bytecode without a source, under the names of the course's modules and of a helper."""

from tools import attempt

HONEST = {"kernels.pairwise": 20}
COMPILED = {
    "chance.pyc": "import os\nos.write(1, b'[breach] bytecode has run\\n')\n",
    "target.pyc": "import os\nos.write(1, b'[breach] bytecode has run\\n')\n",
}

attempt()
