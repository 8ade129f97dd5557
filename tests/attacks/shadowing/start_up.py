# ruff: noqa
"""Brings the modules that interpreters and test runners run on their own."""

from tools import attempt

HONEST = {"kernels.pairwise": 20}
FILES = {
    "sitecustomize.py": "import os\nos.write(1, b'[breach] sitecustomize has run\\n')\n",
    "usercustomize.py": "import os\nos.write(1, b'[breach] usercustomize has run\\n')\n",
    "conftest.py": "import os\nos.write(1, b'[breach] conftest has run\\n')\n",
    "__init__.py": "import os\nos.write(1, b'[breach] the folder has run\\n')\n",
    "__main__.py": "import os\nos.write(1, b'[breach] the folder has run\\n')\n",
    "setup.py": "import os\nos.write(1, b'[breach] setup has run\\n')\n",
    "evil.pth": "import os; os.write(1, b'[breach] a path file has run\\n')\n",
    "pytest.ini": "[pytest]\naddopts = --collect-only\n",
    "grader.toml": "assignments = '/etc'\nsolutions = '/etc'\n",
    "pyvenv.cfg": "home = /tmp\n",
}

attempt()
