# ruff: noqa
"""Brings a package named grader, and modules named like the course's own."""

from tools import attempt

HONEST = {"kernels.pairwise": 20}
FILES = {
    "grader/__init__.py": "import os\nos.write(1, b'[breach] grader is shadowed\\n')\n",
    "grader/wire.py": "import os\nos.write(1, b'[breach] grader is shadowed\\n')\n",
    "grader/property.py": "import os\nos.write(1, b'[breach] grader is shadowed\\n')\n",
    "checks.py": "import os\nos.write(1, b'[breach] checks is shadowed\\n')\n",
    "hidden.py": "import os\nos.write(1, b'[breach] hidden is shadowed\\n')\n",
}

attempt()
