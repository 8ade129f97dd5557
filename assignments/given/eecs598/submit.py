"""What is handed in: results of a notebook in a file, and a folder of solutions packed into a zip file."""

from __future__ import annotations

import os
import pickle
import re
import zipfile
from pathlib import Path
from typing import Any

MODULES: dict[str, tuple[str, ...]] = {
    "A1": ("pytorch101", "knn"),
    "A2": ("linear_classifier", "two_layer_net"),
    "A3": ("fully_connected_networks", "convolutional_networks"),
    "A4": (
        "pytorch_autograd_and_nn",
        "rnn_lstm_attention_captioning",
        "network_visualization",
        "style_transfer",
    ),
    "A5": ("single_stage_detector", "two_stage_detector"),
    "A6": ("vae", "gan"),
}
SUFFIXES = (".py", ".ipynb")


def dump_results(submission: Any, path: str | os.PathLike[str]) -> None:
    """Write results, of whatever kind, into a file, as pickle has it."""
    with open(path, "wb") as file:
        pickle.dump(submission, file)


def _make(assignment: str, folder: str | os.PathLike[str], uniquename: str | None, umid: str | None) -> Path:
    """Write <uniquename>_<umid>_<assignment>.zip into the folder, with the .py and .ipynb file of every module."""
    folder = Path(folder)
    files = []
    for module in MODULES[assignment]:
        found = [folder / (module + suffix) for suffix in SUFFIXES if (folder / (module + suffix)).is_file()]
        if not found:
            raise FileNotFoundError(f"{folder} holds neither {module}.py nor {module}.ipynb.")
        files += found
    uniquename = input("Your uniquename: ") if uniquename is None else uniquename
    umid = input("Your UMID: ") if umid is None else umid
    # These become a file name: nothing that could name another folder.
    names = [re.sub(r"[^A-Za-z0-9-]", "", part) for part in (uniquename, umid)]
    target = folder / "_".join([*names, f"{assignment}.zip"])
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, file.name)
    print(f"Wrote {target}: {', '.join(file.name for file in files)}.")
    return target


def make_a1_submission(
    assignment_path: str | os.PathLike[str], uniquename: str | None = None, umid: str | None = None
) -> Path:
    """Zip pytorch101 and knn; asks for the names that are not given. Returns the zip file."""
    return _make("A1", assignment_path, uniquename, umid)


def make_a2_submission(
    assignment_path: str | os.PathLike[str], uniquename: str | None = None, umid: str | None = None
) -> Path:
    """Zip linear_classifier and two_layer_net; asks for the names that are not given. Returns the zip file."""
    return _make("A2", assignment_path, uniquename, umid)


def make_a3_submission(
    assignment_path: str | os.PathLike[str], uniquename: str | None = None, umid: str | None = None
) -> Path:
    """Zip fully_connected_networks and convolutional_networks. Returns the zip file."""
    return _make("A3", assignment_path, uniquename, umid)


def make_a4_submission(
    assignment_path: str | os.PathLike[str], uniquename: str | None = None, umid: str | None = None
) -> Path:
    """Zip the four modules of the fourth assignment. Returns the zip file."""
    return _make("A4", assignment_path, uniquename, umid)


def make_a5_submission(
    assignment_path: str | os.PathLike[str], uniquename: str | None = None, umid: str | None = None
) -> Path:
    """Zip single_stage_detector and two_stage_detector. Returns the zip file."""
    return _make("A5", assignment_path, uniquename, umid)


def make_a6_submission(
    assignment_path: str | os.PathLike[str], uniquename: str | None = None, umid: str | None = None
) -> Path:
    """Zip vae and gan. Returns the zip file."""
    return _make("A6", assignment_path, uniquename, umid)
