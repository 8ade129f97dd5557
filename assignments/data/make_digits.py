"""Makes digits.npz from the digits.csv.gz that scikit-learn ships.

    python make_digits.py PATH [OUT]

PATH is digits.csv.gz, or a scikit-learn wheel that holds it (``pip download --no-deps scikit-learn``).
The same CSV gives the same images and labels again.
"""

from __future__ import annotations

import gzip
import io
import sys
import zipfile
from pathlib import Path

import numpy as np

IN_WHEEL = "sklearn/datasets/data/digits.csv.gz"
SIDE = 8  # pixels


def read_csv(path: Path) -> np.ndarray:
    """The table (N, 65): 64 pixels from left to right and from top to bottom, then the digit."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            packed = wheel.read(IN_WHEEL)
    else:
        packed = path.read_bytes()
    return np.loadtxt(io.BytesIO(gzip.decompress(packed)), delimiter=",", dtype=np.uint8)


def main(source: Path, target: Path) -> None:
    """Write images (N, 8, 8) and labels (N,), both uint8."""
    table = read_csv(source)
    images = table[:, :-1].reshape(-1, SIDE, SIDE)
    np.savez_compressed(target, images=images, labels=table[:, -1])
    print(f"{target}: {len(images)} images, {target.stat().st_size} bytes")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: make_digits.py digits.csv.gz|scikit_learn.whl [digits.npz]")
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) == 3 else Path(__file__).with_name("digits.npz"))
