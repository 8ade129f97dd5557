"""Collects what `make cuda` needs where there is no internet, but for torch and NumPy: wheels/.

    python scripts/wheels.py [--python 3.12] [--out wheels]

The versions are those of constraints.txt; what needs what is read from the packages that are installed here.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import subprocess
import sys
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
WANTED = ("grader", "pytest")
THERE = {"grader", "torch", "numpy"}  # ours, and what the other machine has; what they need is not followed further
GLIBC = ("2_28", "2_27", "2_24", "2_17")  # of the other machine at least
LIMIT = 60 << 20  # bytes of all wheels


def needed() -> list[str]:
    """The names of all packages, sorted."""
    found: set[str] = set()
    todo = list(WANTED)
    while todo:
        name = canonicalize_name(todo.pop())
        if name in found:
            continue
        found.add(name)
        if name in THERE - {"grader"}:
            continue
        for line in importlib.metadata.requires(name) or []:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                todo.append(requirement.name)
    return sorted(found - THERE)


def pins() -> dict[str, str]:
    """Name -> "name==version"."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    return {canonicalize_name(line.partition("==")[0]): line for line in lines}


def main() -> int:
    """Download; 1 where something has no wheel, or they are too many."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default="3.12")
    parser.add_argument("--out", type=Path, default=ROOT / "wheels")
    told = parser.parse_args()
    for old in told.out.glob("*.whl"):
        old.unlink()
    known = pins()
    wanted = [known.get(name, name) for name in needed()]
    platforms = [f"--platform=manylinux_{version}_x86_64" for version in GLIBC] + ["--platform=manylinux2014_x86_64"]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--implementation=cp", f"--python-version={told.python}", *platforms, "--dest", str(told.out), *wanted]
    code = subprocess.run(command, check=False).returncode
    files = list(told.out.glob("*.whl"))
    size = sum(file.stat().st_size for file in files)
    print(f"{len(files)} of {len(wanted)} wheels for Python {told.python} in {told.out}, {size / 1e6:.1f} MB")
    return int(code != 0 or len(files) < len(wanted) or size > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
