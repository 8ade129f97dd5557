"""`python worker.py FD`: grader.worker, on a machine with a pretended GPU."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.pretend.gpu import pretend

pretend()
runpy.run_module("grader.worker", run_name="__main__")
