"""Runs a notebook, as Jupyter does."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest


def run_all(notebook: Any, folder: Path, course: Path) -> Any:
    """The notebook with the outputs that it has, run from top to bottom in a folder, in a course."""
    nbclient = pytest.importorskip("nbclient")
    environment = {**os.environ, "GRADER_COURSE": str(course), "OMP_NUM_THREADS": "1"}
    client = nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(folder)}})
    client.execute(env=environment)
    return notebook
