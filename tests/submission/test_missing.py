"""What is missing is explained by what lies there: in `prepare`, as a batch does, and in `open_submission`, as check."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest

from grader.submission import Limits, SubmissionError, open_submission, prepare
from tests.submission.archives import KNN, MODULES, zipped

PYTORCH = b"def hello():\n    return 1\n"
ASKED = "knn.py or pytorch101.py is asked for"


def notebook(source: str) -> bytes:
    cells = [{"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}]
    return json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells}).encode()


def handed_in(tmp_path: Path, files: dict[str, bytes]):
    folder, target = tmp_path / "mine", tmp_path / "target"
    target.mkdir()
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return prepare("mine", [("mine", folder)], MODULES, target)


# What lies there; what is graded; what is said of the rest.
FOLDERS: list[tuple[dict[str, bytes], dict[str, bytes], str]] = [
    ({"knn.py": KNN, "pytorch101 (1).py": PYTORCH}, {"pytorch101": PYTORCH}, "pytorch101 (1).py is taken for pytorch101.py"),
    ({"KNN.PY": KNN, "pytorch101.py": b""}, {"knn": KNN}, "KNN.PY is taken for knn.py"),
    ({"Copy of knn.py": KNN}, {"knn": KNN}, "Copy of knn.py is taken for knn.py"),
    ({"knn.py": KNN, "pytorch101 - Copy (2).py": PYTORCH}, {"pytorch101": PYTORCH}, "is taken for pytorch101.py"),
    ({"knn.py": KNN, "my_pytorch101_final.py": PYTORCH}, {}, "pytorch101.py is missing, and this lies there: my_pytorch101_final.py"),
    ({"knn.py": KNN, "pytorch101.txt": PYTORCH}, {}, "pytorch101.py is missing, and this lies there: pytorch101.txt"),
    ({"knn.py": KNN, "pytorch101.ipynb": notebook("x = 1")}, {}, "pytorch101.ipynb defines none of"),
    ({"A.IPYNB": notebook("def nearest(x):\n    return x")}, {}, "A.IPYNB defines nothing of pytorch101.py"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "taken", "note"), FOLDERS)
def test_what_may_be_a_missing_module_is_taken_or_told(
    files: dict[str, bytes], taken: dict[str, bytes], note: str, tmp_path: Path
) -> None:
    found = handed_in(tmp_path, files)
    opened = open_submission(tmp_path / "mine", MODULES)
    for submission, notes in ((found.submission, found.notes), (opened, opened.notes)):
        for name, data in taken.items():
            assert (submission.folder / f"{name}.py").read_bytes() == data
        assert sum(note in told for told in notes) == 1, notes


def test_where_nothing_is_missing_nothing_is_said(tmp_path: Path) -> None:
    more = {"knn (1).py": b"old", "old_knn.py": b"old", "a1.ipynb": notebook("x = 1")}
    found = handed_in(tmp_path, {"knn.py": KNN, "pytorch101.py": PYTORCH, **more})
    opened = open_submission(tmp_path / "mine", MODULES)
    assert found.notes == opened.notes == ()
    assert (found.submission.folder / "knn.py").read_bytes() == KNN
    single = open_submission(tmp_path / "mine" / "knn.py", MODULES)
    assert single.notes == () and single.modules == ("knn",)


def test_a_copy_is_graded_alone_too(tmp_path: Path) -> None:
    (tmp_path / "KNN.PY").write_bytes(KNN)
    opened = open_submission(tmp_path / "KNN.PY", MODULES)
    assert opened.modules == ("knn",) and (opened.folder / "knn.py").read_bytes() == KNN


def locked(path: Path) -> Path:
    data = bytearray(zipped(path, {"knn.py": KNN}).read_bytes())
    for at in (data.find(b"PK\x03\x04") + 6, data.find(b"PK\x01\x02") + 8):
        data[at] |= 1
    path.write_bytes(data)
    return path


def linked(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("knn.py")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return path


WHY_EMPTY = {
    "a password": (locked, "left out: 1 entry that is locked with a password"),
    "a link": (linked, "left out: 1 entry that is a link or a device"),
    "a path of Windows": (
        lambda path: zipped(path, {"C:\\Users\\ada\\knn.py": KNN}),
        "left out: 1 entry whose name leads out of the archive",
    ),
    "LZMA": (
        lambda path: zipped(path, {"knn.py": KNN}, zipfile.ZIP_LZMA),
        "left out: 1 entry packed in a way that is not read",
    ),
    "its size": (
        lambda path: zipped(path, {"a1.ipynb": os.urandom(5000)}),
        "left out as larger than 0 MB: a1.ipynb",
    ),
}


@pytest.mark.parametrize("why", WHY_EMPTY)
def test_an_archive_that_seems_empty_says_why(why: str, tmp_path: Path) -> None:
    make, sentence = WHY_EMPTY[why]
    target = tmp_path / "target"
    target.mkdir()
    archive = make(tmp_path / "a.zip")
    with pytest.raises(SubmissionError) as caught:
        prepare("a.zip", [("a.zip", archive)], MODULES, target, Limits(file=4096, notebook=4096))
    assert str(caught.value) == f"{sentence}; {ASKED}"


def test_what_is_left_out_is_said_beside_what_is_there(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"report.pdf": b"x", "C:\\knn.py": KNN})
    (tmp_path / "target").mkdir()
    with pytest.raises(SubmissionError, match=r"only report\.pdf; left out: 1 entry whose name leads out"):
        prepare("a.zip", [("a.zip", archive)], MODULES, tmp_path / "target")


ENVIRONMENT = {
    "knn.py": KNN,
    "lib/helpers.py": KNN,  # the student's own
    **{f"env/lib/python3.12/site-packages/torch/{n}.py": b"" for n in range(30)},
    **{f"env/{path}": b"" for path in ("pyvenv.cfg", "bin/activate", "include/x.h", "Scripts/pip.exe", "share/knn.py")},
    **{f"conda/{path}": b"" for path in ("conda-meta/x.json", "lib/python3.11/abc.py", "lib/libz.so", "share/a/b/c")},
    **{f"Lib/site-packages/{n}.py": b"" for n in range(30)},
}


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_environments_are_left_out_whatever_they_are_called(kind: str, tmp_path: Path) -> None:
    source, target = tmp_path / "ada", tmp_path / "target"
    target.mkdir()
    if kind == "zip":
        source = zipped(tmp_path / "ada.zip", ENVIRONMENT)
    else:
        for name, data in ENVIRONMENT.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes(data)
    found = prepare(source.name, [(source.name, source)], MODULES, target, Limits(files=5))
    left = {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()}
    assert left == {"knn.py", "lib/helpers.py", "env/pyvenv.cfg"}
    assert found.submission.modules == ("knn",) and found.notes == ()


def test_the_pictures_of_a_data_set_do_not_crowd_out_the_code(tmp_path: Path) -> None:
    files = {**{f"data/{n}.png": b"x" for n in range(20)}, "knn.py": KNN}
    (tmp_path / "target").mkdir()
    archive = zipped(tmp_path / "a.zip", files)
    found = prepare("a.zip", [("a.zip", archive)], MODULES, tmp_path / "target", Limits(files=10, others=5))
    assert found.submission.modules == ("knn",)
    assert found.notes == ("left out: 15 files that came after 5 others that are no code",)
