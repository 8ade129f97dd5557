"""CIFAR-10, read from the files of its "python version".

The files are looked for in the folder that the environment variable ``CIFAR10_DIR`` names; without it in
``./data`` and in the current folder. Either the folder itself or its ``cifar-10-batches-py`` holds
``data_batch_1`` to ``data_batch_5`` and ``test_batch``. Nothing is downloaded.

The format is Python's pickle, and a pickle may run any program. ``read_batch`` therefore rebuilds arrays of
bytes and plain containers, and refuses a file that asks for anything else.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from .lazy import plt
from .vis import visualize_dataset

FOLDER = "cifar-10-batches-py"
CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
BYTES_PER_IMAGE = 3 * 32 * 32


def _uint8(code: Any, *_: Any) -> np.dtype[np.uint8]:
    """Stands for ``numpy.dtype`` in a pickle. A fresh one each time, since the pickle then sets its state."""
    if code not in ("u1", b"u1"):
        raise pickle.UnpicklingError(f"an array of {code!r}, where images are bytes")
    return np.dtype("u1", align=False, copy=True)


# The function that a pickled array names moved inside numpy between versions; an array knows its own.
_reconstruct: Any = np.empty(0).__reduce__()[0]
ALLOWED: dict[tuple[str, str], Callable[..., Any]] = {
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): _uint8,
}


class _BatchUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return ALLOWED[module, name]


def read_batch(path: str | os.PathLike[str]) -> tuple[Tensor, Tensor]:
    """One file of CIFAR-10 -> images (N, 3, 32, 32) uint8 and labels (N,) int64. Raises ValueError for another file."""
    with open(path, "rb") as file:
        try:
            # Written by Python 2, whose strings are bytes.
            batch = _BatchUnpickler(file, encoding="bytes").load()
        except Exception as error:  # a damaged pickle may raise anything
            raise ValueError(f"{path} is not a CIFAR-10 batch: {error}.") from error
    fields = batch if isinstance(batch, dict) else {}
    images, labels = fields.get(b"data"), fields.get(b"labels")
    if not isinstance(images, np.ndarray) or not isinstance(labels, list):
        raise ValueError(f"{path} is not a CIFAR-10 batch: it has no data and labels.")
    if images.shape != (len(labels), BYTES_PER_IMAGE):
        raise ValueError(f"{path} is not a CIFAR-10 batch: {images.shape} bytes for {len(labels)} labels.")
    return torch.tensor(images).view(-1, 3, 32, 32), torch.tensor(labels, dtype=torch.int64)


def find_cifar10(*first: str | os.PathLike[str]) -> Path:
    """The folder with CIFAR-10's files, which may lie in those that are named `first`; FileNotFoundError says where
    they should be."""
    named = os.environ.get("CIFAR10_DIR")
    roots = [Path(named)] if named else [*map(Path, first), Path("data"), Path()]
    for root in roots:
        for folder in (root, root / FOLDER):
            if (folder / "test_batch").is_file():
                return folder
    where = " or ".join(str(root.resolve()) for root in roots)
    raise FileNotFoundError(
        f"CIFAR-10 is not here: unpack cifar-10-python.tar.gz (https://www.cs.toronto.edu/~kriz/cifar.html) so that "
        f"{FOLDER} lies in {where}, or name its folder in the environment variable CIFAR10_DIR."
    )


def _first(images: Tensor, labels: Tensor, count: int | None, x_dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    if count is None:
        count = len(images)
    if not 0 <= count <= len(images):
        raise ValueError(f"{count} images were asked for, and there are {len(images)}.")
    return images[:count].to(x_dtype) / 255, labels[:count]


def cifar10(
    num_train: int | None = None,
    num_test: int | None = None,
    x_dtype: torch.dtype = torch.float32,
    folder: Path | None = None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The first ``num_train`` training and ``num_test`` test images; None for all 50,000 and 10,000.

    Returns x_train (num_train, 3, 32, 32) in ``x_dtype`` with values in 0..1, y_train (num_train,) int64,
    x_test (num_test, 3, 32, 32), y_test (num_test,). Classes are numbered as in ``CLASSES``. folder: that of the files;
    None to look for it.
    """
    folder = folder or find_cifar10()
    batches = [read_batch(path) for path in sorted(folder.glob("data_batch_*"))]
    if not batches:
        raise FileNotFoundError(f"{folder} has a test_batch, but no data_batch_1 to data_batch_5.")
    images, labels = (torch.cat(parts) for parts in zip(*batches, strict=True))
    x_train, y_train = _first(images, labels, num_train, x_dtype)
    x_test, y_test = _first(*read_batch(folder / "test_batch"), num_test, x_dtype)
    return x_train, y_train, x_test, y_test


def preprocess_cifar10(
    cuda: bool = True,
    show_examples: bool = False,
    bias_trick: bool = False,
    flatten: bool = True,
    validation_ratio: float = 0.2,
    dtype: torch.dtype = torch.float32,
) -> dict[str, Tensor]:
    """CIFAR-10 ready for a classifier: the last share of the training images set apart, the mean colour subtracted.

    cuda: move everything to the GPU where there is one. show_examples: draw some images (needs matplotlib).
    flatten: images as rows of 3072 numbers. bias_trick: a last column of ones as well; needs ``flatten``.
    validation_ratio: the share of the training images that becomes the validation set, less than 1.
    Returns X_train, X_val, X_test, each (N, 3072), (N, 3073) with the bias trick or (N, 3, 32, 32) in ``dtype``,
    and y_train, y_val, y_test, each (N,) int64. The mean is that of the remaining training images, by channel.
    """
    if bias_trick and not flatten:
        raise ValueError("bias_trick adds a column to flattened images: it needs flatten=True.")
    if not 0 <= validation_ratio < 1:
        raise ValueError(f"validation_ratio is {validation_ratio}, and must be at least 0 and less than 1.")
    x_train, y_train, x_test, y_test = cifar10(x_dtype=dtype)
    if show_examples:
        _show(x_train, y_train)
    kept = len(x_train) - round(len(x_train) * validation_ratio)
    mean = x_train[:kept].mean(dim=(0, 2, 3), keepdim=True)
    parts = {
        "train": (x_train[:kept], y_train[:kept]),
        "val": (x_train[kept:], y_train[kept:]),
        "test": (x_test, y_test),
    }
    device = "cuda" if cuda and torch.cuda.is_available() else "cpu"
    data = {}
    for name, (images, labels) in parts.items():
        x = images - mean
        if flatten:
            x = x.reshape(len(x), BYTES_PER_IMAGE)
        if bias_trick:
            x = torch.cat([x, x.new_ones(len(x), 1)], dim=1)
        data[f"X_{name}"], data[f"y_{name}"] = x.to(device), labels.to(device)
    return data


def get_CIFAR10_data(validation_ratio: float = 0.02, cuda: bool = True) -> dict[str, Tensor]:
    """CIFAR-10 for the third assignment: ``preprocess_cifar10`` with pictures (N, 3, 32, 32)."""
    return preprocess_cifar10(cuda=cuda, flatten=False, validation_ratio=validation_ratio)


# Of the training images, by channel, on a 0..1 scale.
MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)


def load_CIFAR(
    path: str | os.PathLike[str] = "./datasets/",
) -> tuple[DataLoader[Any], DataLoader[Any], DataLoader[Any]]:
    """CIFAR-10 for the fourth assignment, in loaders of batches of 64 normalised pictures (64, 3, 32, 32) and labels
    (64,): for training (all but the last 1,000, shuffled), for validation (those) and for the test."""
    x_train, y_train, x_test, y_test = cifar10(folder=find_cifar10(path))
    mean, std = torch.tensor(MEAN)[:, None, None], torch.tensor(STD)[:, None, None]
    x_train, x_test, kept = (x_train - mean) / std, (x_test - mean) / std, max(len(x_train) - 1000, 0)
    return (
        DataLoader(TensorDataset(x_train[:kept], y_train[:kept]), batch_size=64, shuffle=kept > 0),
        DataLoader(TensorDataset(x_train[kept:], y_train[kept:]), batch_size=64),
        DataLoader(TensorDataset(x_test, y_test), batch_size=64),
    )


def _show(images: Tensor, labels: Tensor) -> None:
    plt.imshow(visualize_dataset(images, labels, 12, CLASSES))
    plt.axis("off")
    plt.show()
