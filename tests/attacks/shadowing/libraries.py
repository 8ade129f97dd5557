# ruff: noqa
"""Brings modules named like the libraries that the grader imports."""

import msgspec, numpy, random, sympy, torch, json, struct, socket
from tools import attempt

TRAP = "import os\nos.write(1, b'[breach] a library is shadowed\\n')\n"
HONEST = {"kernels.pairwise": 20}
FILES = {
    "torch.py": "import os\nos.write(1, b'[breach] torch is shadowed\\n')\n",
    "numpy.py": "import os\nos.write(1, b'[breach] numpy is shadowed\\n')\n",
    "random.py": "import os\nos.write(1, b'[breach] random is shadowed\\n')\n",
    "msgspec.py": "import os\nos.write(1, b'[breach] msgspec is shadowed\\n')\n",
    "json.py": "import os\nos.write(1, b'[breach] json is shadowed\\n')\n",
    "struct.py": "import os\nos.write(1, b'[breach] struct is shadowed\\n')\n",
    "socket.py": "import os\nos.write(1, b'[breach] socket is shadowed\\n')\n",
    "traceback.py": "import os\nos.write(1, b'[breach] traceback is shadowed\\n')\n",
    "linecache.py": "import os\nos.write(1, b'[breach] linecache is shadowed\\n')\n",
}

attempt()
