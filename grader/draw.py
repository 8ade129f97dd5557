"""Inputs of a case, drawn with NumPy from an HMAC of (secret, case): the same secret draws the same inputs.

Arrays become torch tensors on their way to a submission. Floats are drawn in the exercise's dtype, labels in int64.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.wire import Tensor

Array = NDArray[Any]

PUBLIC = b"public"  # the secret of public cases
DIGITS = Path("data") / "digits.npz"


class Draw:
    """The source of one case's inputs. `dtype` is the exercise's; `data` is the folder that holds `data/digits.npz`."""

    def __init__(self, secret: bytes, case: str, *, dtype: str = "float64", data: Path | None = None) -> None:
        digest = hmac.new(secret, case.encode(), hashlib.sha256).digest()
        self.generator = np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))
        self.dtype = np.dtype(dtype)
        self._data = data

    # -- arrays -------------------------------------------------------------------------------------------------

    def normal(self, *shape: int, scale: float = 1.0, mean: float = 0.0, away: float = 0.0) -> Array:
        """Normal numbers of the given shape; `away` keeps every one at least that far from 0 (a ReLU's kink)."""
        x = self.generator.standard_normal(shape) * scale
        if away:
            x += np.copysign(away, x)
        return (x + mean).astype(self.dtype)

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Array:
        """Uniform numbers in [low, high)."""
        return self.generator.uniform(low, high, shape).astype(self.dtype)

    def integers(self, low: int, high: int, *shape: int) -> Array:
        """int64 in [low, high), both of which may be negative."""
        return self.generator.integers(low, high, shape, dtype=np.int64)

    def labels(self, n: int, classes: int) -> Array:
        """(n,) class indices, int64; every class occurs when n >= classes."""
        some = self.generator.integers(0, classes, max(n - classes, 0), dtype=np.int64)
        return self.shuffled(np.concatenate([np.arange(classes, dtype=np.int64), some]))[:n]

    def spread(self, *shape: int, gap: float = 0.01) -> Array:
        """Numbers no two of which are closer than `gap`, in random order: no ties, also after rounding to float32."""
        n = int(np.prod(shape))
        x = (np.arange(n) - n / 2) * 2 * gap + self.generator.uniform(-gap / 2, gap / 2, n)
        return self.shuffled(x).reshape(shape).astype(self.dtype)

    def full(self, *shape: int, value: float = 0.0) -> Array:
        """A constant array."""
        return np.full(shape, value, dtype=self.dtype)

    def orthogonal(self, n: int) -> Array:
        """A random (n, n) orthogonal matrix."""
        q, r = np.linalg.qr(self.generator.standard_normal((n, n)))
        return (q * np.sign(np.diag(r))).astype(self.dtype)

    def shuffled(self, x: Array) -> Array:
        """`x` with its first axis in random order."""
        return x[self.generator.permutation(len(x))]

    def permutation(self, n: int) -> Array:
        """0 ... n-1 in random order, int64."""
        return self.generator.permutation(n).astype(np.int64)

    def strided(self, x: Array) -> Array:
        """The same values, not contiguous in memory."""
        wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1] + 1), dtype=x.dtype)
        view = wide[..., 1::2]
        view[...] = x
        return view

    def as_numpy(self, x: Array) -> Tensor:
        """An input that reaches the submission as a NumPy array instead of a tensor."""
        return Tensor.of(x, kind="numpy")

    # -- plain numbers ------------------------------------------------------------------------------------------

    def number(self, low: float, high: float) -> float:
        """A Python float in [low, high)."""
        return float(self.generator.uniform(low, high))

    def integer(self, low: int, high: int) -> int:
        """A Python int in [low, high)."""
        return int(self.generator.integers(low, high))

    def choice(self, options: Sequence[Any]) -> Any:
        """One of the options."""
        return options[self.integer(0, len(options))]

    # -- data ---------------------------------------------------------------------------------------------------

    def digits(self, n: int, *, shift: int = 1, noise: float = 0.05) -> tuple[Array, Array]:
        """`n` handwritten digits that no one has seen, images (n, 8, 8) in [0, 1] and labels (n,): real ones, each
        moved by up to `shift` pixels either way and given normal noise of that deviation. Drawn without replacement,
        so two calls may share digits but one call does not repeat any."""
        if self._data is None:
            raise ValueError("this draw was made without a data folder")
        images, labels = _digits(self._data / DIGITS)
        chosen = self.generator.permutation(len(images))[:n]
        moved = np.zeros((len(chosen), 8 + 2 * shift, 8 + 2 * shift))
        for row, (image, dy, dx) in enumerate(
            zip(images[chosen], *self.generator.integers(0, 2 * shift + 1, (2, len(chosen))), strict=True)
        ):
            moved[row, dy : dy + 8, dx : dx + 8] = image
        x = moved[:, shift : shift + 8, shift : shift + 8]
        x = x + self.generator.standard_normal(x.shape) * noise
        return x.astype(self.dtype), labels[chosen]


@lru_cache(maxsize=1)
def _digits(path: Path) -> tuple[Array, Array]:
    with np.load(path, allow_pickle=False) as file:
        return file["images"] / 16.0, file["labels"].astype(np.int64)
