"""Unpacking: nothing gets out, nothing gets in that is not a regular file, and not too much of that."""

from __future__ import annotations

import io
import json
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from grader.submission import Limits, SubmissionError, prepare, unpack
from grader.submission.unpack import Unpacking
from tests.submission.archives import KNN, MODULES, link, tarred, zipped

SMALL = Limits(files=5, file=4096, total=10_000, stream=100_000, much=1000, ratio=10)
FILES = {"knn.py": KNN, "deep/er/data.txt": b"x"}


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "in" / "side"
    folder.mkdir(parents=True)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below, and nothing but files and folders."""
    found = {}
    for path in folder.rglob("*"):
        assert not path.is_symlink() and (path.is_file() or path.is_dir())
        if path.is_file():
            found[str(path.relative_to(folder))] = path.read_bytes()
    return found


def outside(target: Path) -> list[Path]:
    """What was written beside the target."""
    return [path for path in target.parent.parent.rglob("*") if path.is_file() and target not in path.parents]


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tgz", "a.tar.bz2", "a.tar.xz"])
def test_every_kind_is_unpacked(name: str, tmp_path: Path, target: Path) -> None:
    archive = (zipped if name.endswith("zip") else tarred)(tmp_path / name, FILES)
    assert unpack(archive, target, Limits()) == ()
    assert contents(target) == FILES


@pytest.mark.parametrize("name", ["a.zip", "a.tar"])
@pytest.mark.parametrize(
    "evil", ["../../evil.py", "/evil.py", "..\\..\\evil.py", "x/../../../evil.py", "C:\\evil.py", "a/.."]
)
def test_a_name_that_leads_out_is_left_out(name: str, evil: str, tmp_path: Path, target: Path) -> None:
    archive = (zipped if name.endswith("zip") else tarred)(tmp_path / name, {evil: b"evil", **FILES})
    notes = unpack(archive, target, Limits())
    assert contents(target) == FILES
    assert outside(target) == [archive]
    assert notes == ("left out: 1 entry whose name leads out of the archive",)


def test_links_and_devices_in_a_tar_are_left_out_and_not_written_through(tmp_path: Path, target: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"before")
    members = [
        link("etc", "/etc"),
        link("hard", str(secret), tarfile.LNKTYPE),
        link("null", "", tarfile.CHRTYPE),
        link("pipe", "", tarfile.FIFOTYPE),
        link("out", str(tmp_path)),
    ]
    archive = tarred(tmp_path / "a.tar", {"knn.py": KNN}, *members)
    with tarfile.open(archive, "a") as more:  # through the link
        info = tarfile.TarInfo("out/secret")
        info.size = 5
        more.addfile(info, io.BytesIO(b"after"))
    notes = unpack(archive, target, Limits())
    assert contents(target) == {"knn.py": KNN, "out/secret": b"after"}
    assert secret.read_bytes() == b"before"
    assert notes == ("left out: 5 entries that are links or devices",)


def test_a_link_in_a_zip_is_left_out(tmp_path: Path, target: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        info = zipfile.ZipInfo("knn.py")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    assert unpack(tmp_path / "a.zip", target, Limits()) == ("left out: 1 entry that is a link or a device",)
    assert contents(target) == {}


def test_links_in_a_folder_are_left_out(tmp_path: Path, target: Path) -> None:
    source = tmp_path / "ada"
    source.mkdir()
    (source / "knn.py").write_bytes(KNN)
    (source / "passwd").symlink_to("/etc/passwd")
    (source / "etc").symlink_to("/etc")
    os.mkfifo(source / "pipe")
    unpack(source, target, Limits())
    assert contents(target) == {"knn.py": KNN}


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tar.xz", "a.tar.bz2"])
def test_too_much_is_refused(name: str, tmp_path: Path, target: Path) -> None:
    many = {f"{n}.py": os.urandom(3000) for n in range(4)}
    with pytest.raises(SubmissionError, match="unfolds to more than"):
        unpack((zipped if name.endswith("zip") else tarred)(tmp_path / name, many), target, SMALL)
    assert sum(map(len, contents(target).values())) <= SMALL.total


@pytest.mark.parametrize("name", ["a.zip", "a.tar"])
def test_too_many_files_are_refused(name: str, tmp_path: Path, target: Path) -> None:
    with pytest.raises(SubmissionError, match="more than 5 files"):
        unpack(
            (zipped if name.endswith("zip") else tarred)(tmp_path / name, dict.fromkeys("abcdef", b"")), target, SMALL
        )


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz", "a.tar.xz", "a.tar.bz2"])
def test_what_was_packed_to_be_large_is_refused(name: str, tmp_path: Path, target: Path) -> None:
    archive = (zipped if name.endswith("zip") else tarred)(tmp_path / name, {"knn.py": b"0" * 400_000})
    limits = Limits(ratio=10, much=1000, file=1 << 20)
    with pytest.raises(SubmissionError, match="no honest archive"):
        unpack(archive, target, limits)


def test_a_pax_header_as_large_as_a_disk_is_refused(tmp_path: Path, target: Path) -> None:
    """tarfile reads such a header as a whole."""
    head = tarfile.TarInfo("header")
    head.type, head.size = tarfile.XHDTYPE, 1 << 40
    (tmp_path / "a.tar").write_bytes(head.tobuf() + b"1 a=b\n" * 100_000)
    with pytest.raises(SubmissionError):
        unpack(tmp_path / "a.tar", target, SMALL)


def test_a_table_of_contents_that_is_too_long_is_not_read(tmp_path: Path, target: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {f"{n}.py": b"" for n in range(300)})
    with pytest.raises(SubmissionError, match="lists more than 10 files"):
        unpack(archive, target, Limits(entries=10))
    data = bytearray(archive.read_bytes())
    data[-10:-6] = (1 << 31).to_bytes(4, "little")  # its claimed size
    archive.write_bytes(data)
    with pytest.raises(SubmissionError, match="lists more than 20,000 files"):
        unpack(archive, target, Limits())


def test_large_files_are_left_out_and_named(tmp_path: Path, target: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"knn.py": KNN, "cifar.bin": os.urandom(5000)})
    assert unpack(archive, target, SMALL) == ("left out as larger than 0 MB: cifar.bin",)
    assert contents(target) == {"knn.py": KNN}


def test_a_size_that_is_a_lie_is_not_believed(tmp_path: Path, target: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"knn.py": os.urandom(9000)}, zipfile.ZIP_STORED)
    data = archive.read_bytes().replace((9000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    archive.write_bytes(data)
    with pytest.raises(SubmissionError, match="damaged"):
        unpack(archive, target, SMALL)
    assert all(len(data) <= SMALL.file for data in contents(target).values())


def test_junk_is_left_out_without_a_word(tmp_path: Path, target: Path) -> None:
    junk = [
        "__MACOSX/._knn.py",
        "._knn.py",
        ".ipynb_checkpoints/knn.py",
        "__pycache__/knn.pyc",
        ".git/config",
        "Thumbs.db",
    ]
    assert unpack(zipped(tmp_path / "a.zip", {**dict.fromkeys(junk, b"x"), **FILES}), target, Limits()) == ()
    assert contents(target) == FILES


def test_names_of_other_alphabets(tmp_path: Path, target: Path) -> None:
    """UTF-8 that says so, UTF-8 that does not, and the code page of DOS."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("größe.py", b"1")
        archive.writestr("xxxxxx.py", b"2")
        archive.writestr("yy.py", b"3")
    data = (
        (tmp_path / "a.zip").read_bytes().replace(b"xxxxxx.py", "日本".encode() + b".py").replace(b"yy.py", b"\x84y.py")
    )
    (tmp_path / "a.zip").write_bytes(data)
    unpack(tmp_path / "a.zip", target, Limits())
    assert contents(target) == {"größe.py": b"1", "日本.py": b"2", "äy.py": b"3"}


def test_names_that_a_terminal_would_obey_are_made_harmless(tmp_path: Path, target: Path) -> None:
    archive = tarred(tmp_path / "a.tar", {"\x1b[2Jknn\u202e.py": KNN, "x" * 300 + ".py": KNN})
    unpack(archive, target, Limits())
    names = sorted(contents(target))
    assert names[0] == "_[2Jknn_.py"
    assert len(names[1].encode()) == 200


def test_a_file_where_a_folder_is(tmp_path: Path, target: Path) -> None:
    archive = tarred(tmp_path / "a.tar", {"a/b.py": b"1", "a": b"2", "c": b"3", "c/d.py": b"4"})
    assert unpack(archive, target, Limits()) == ("left out: 2 entries that have the name of a folder",)
    assert contents(target) == {"a/b.py": b"1", "c": b"3"}


def test_what_is_locked_is_named(tmp_path: Path, target: Path) -> None:
    archive = zipped(tmp_path / "a.zip", FILES)
    data = bytearray(archive.read_bytes())
    for at in (data.find(b"PK\x03\x04") + 6, data.find(b"PK\x01\x02") + 8):
        data[at] |= 1
    archive.write_bytes(data)
    assert unpack(archive, target, Limits()) == ("left out: 1 entry that is locked with a password",)


@pytest.mark.parametrize(
    "data", [b"", b"PK", b"PK\3\4" + b"\0" * 100, b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\0", b"hello" * 500]
)
@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz"])
def test_what_is_damaged_is_a_sentence(data: bytes, name: str, tmp_path: Path, target: Path) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(SubmissionError, match=r"^a\..*(damaged|no archive)"):
        unpack(tmp_path / name, target, Limits())


def prepared(tmp_path: Path, target: Path, files: dict[str, bytes], name: str = "a.zip"):
    return prepare(name, [(name, zipped(tmp_path / name, files))], MODULES, target)


def test_modules_are_found_in_nested_folders(tmp_path: Path, target: Path) -> None:
    found = prepared(tmp_path, target, {"ada/A1/knn.py": KNN, "ada/A1/pytorch101.py": b"", "ada/old/knn.py": b"old"})
    assert found.submission.folder == target / "ada" / "A1"
    assert found.submission.modules == ("knn", "pytorch101")
    assert found.notes == ("another knn.py is left aside: ada/old/knn.py",)


def test_modules_in_several_folders_are_brought_together(tmp_path: Path, target: Path) -> None:
    found = prepared(tmp_path, target, {"one/knn.py": KNN, "two/pytorch101.py": b"x = 1"})
    assert found.submission.modules == ("knn", "pytorch101")
    assert (found.submission.folder / "knn.py").read_bytes() == KNN
    assert (found.submission.folder / "pytorch101.py").read_bytes() == b"x = 1"
    assert len(found.notes) == 1 and "is taken from" in found.notes[0]


def test_archives_inside_archives(tmp_path: Path, target: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", {"knn.py": KNN}).read_bytes()
    found = prepared(tmp_path, target, {"hand_in/inner.zip": inner})
    assert (found.submission.folder / "knn.py").read_bytes() == KNN


def test_limits_hold_for_all_archives_inside_together(tmp_path: Path, target: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", {f"{n}": os.urandom(900) for n in range(4)}).read_bytes()
    parts = [("a.zip", zipped(tmp_path / "a.zip", {f"{n}.zip": inner for n in range(3)}, zipfile.ZIP_STORED))]
    with pytest.raises(SubmissionError, match="more than"):
        prepare("a.zip", parts, {"knn": MODULES["knn"]}, target, Limits(files=10))


@pytest.mark.parametrize("name", ["knn (1).py", "KNN.py", "knn-2.py", "knn copy.py"])
def test_a_copy_is_taken_for_what_it_is(name: str, tmp_path: Path, target: Path) -> None:
    found = prepared(tmp_path, target, {name: KNN})
    assert found.submission.modules == ("knn",)
    assert found.notes == (f"{name} is taken for knn.py",)


def test_a_folder_that_is_called_like_a_module(tmp_path: Path, target: Path) -> None:
    found = prepared(tmp_path, target, {"knn.py/x": b"", "pytorch101.py": b"", "a/knn.py": KNN})
    assert (found.submission.folder / "knn.py").read_bytes() == KNN


def test_a_folder_that_is_called_like_a_module_of_a_notebook(tmp_path: Path, target: Path) -> None:
    source = "def nearest(x):\n    return x"
    cells = [{"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}]
    notebook = json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells}).encode()
    found = prepared(tmp_path, target, {"knn.py/x": b"", "a1.ipynb": notebook})
    assert "nearest" in (found.submission.folder / "knn.py").read_text()


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "it is empty; knn.py or pytorch101.py is asked for"),
        ({"report.pdf": b"x"}, "it has no knn.py or pytorch101.py: only report.pdf"),
        (
            {"a.rar": b"x"},
            "a.rar is not a kind of archive that is read (zip, tar); knn.py or pytorch101.py is asked for",
        ),
        ({"a1.ipynb": b"{}"}, "a1.ipynb is no notebook: it has neither cells nor worksheets"),
    ],
)
def test_what_holds_no_module_is_told(files: dict[str, bytes], sentence: str, tmp_path: Path, target: Path) -> None:
    with pytest.raises(SubmissionError) as caught:
        prepared(tmp_path, target, files)
    assert str(caught.value) == sentence


def test_what_is_missing_is_taken_from_notebooks(tmp_path: Path, target: Path) -> None:
    source = "!pip install x\ndef nearest(x):\n    return x\nnearest(1)"
    cells = [{"cell_type": "code", "metadata": {}, "source": source, "outputs": []}]
    notebook = json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells}).encode()
    found = prepared(tmp_path, target, {"ada/a1.ipynb": notebook, "ada/pytorch101.py": b"x = 1", "b.ipynb": b"{"})
    assert found.submission.modules == ("knn", "pytorch101")
    made = (found.submission.folder / "knn.py").read_text()
    assert "def nearest" in made and "pip" not in made and "nearest(1)" not in made
    assert found.submission.cells["knn"].place(made.splitlines().index("def nearest(x):") + 1) == "cell 1, line 2"
    assert any("b.ipynb" in note for note in found.notes)


@pytest.mark.parametrize("format", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_names_without_end_are_refused_at_once(format: int, tmp_path: Path, target: Path) -> None:
    """A megabyte of a name packs to a kilobyte, and was cut to size one letter after the other."""
    for name in ("a" * 1_000_000, "a/" * 500_000 + "b"):
        info = tarfile.TarInfo(name)
        with tarfile.open(tmp_path / "a.tgz", "w:gz", format=format) as archive:
            archive.addfile(info, io.BytesIO())
        with pytest.raises(SubmissionError, match="an entry whose name has 1,000,"):
            unpack(tmp_path / "a.tgz", target, Limits())
    honest = tarred(
        tmp_path / "b.tar", {"b" * 3000 + "/knn.py": KNN, "c/" * 3000 + "knn.py": KNN, "d" * 150 + ".py": b"x"}
    )
    assert unpack(honest, target, Limits()) == ("left out: 1 entry whose name leads out of the archive",)
    assert sorted(map(len, contents(target))) == [153, 207]


def test_folders_in_archives_in_archives_are_too_deep_together(tmp_path: Path, target: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", {"b" * 200 + "/" + ("b" * 200 + "/") * 14 + "knn.py": KNN}).read_bytes()
    archive = zipped(tmp_path / "a.zip", {("a" * 200 + "/") * 15 + "inner.zip": inner})
    with pytest.raises(SubmissionError, match="1 entry more than 16 folders deep"):
        prepare("a.zip", [("a.zip", archive)], MODULES, target)
    (target / "x").mkdir()
    unpacking = Unpacking(target / "x", Limits(depth=40))
    deep = zipped(tmp_path / "b.zip", {("a" * 200 + "/") * 15 + "knn.py": KNN})
    unpacking.archive(deep, "b.zip", ("c" * 200,) * 10)  # longer than any path may be
    assert unpacking.notes() == ("left out: 1 entry more than 40 folders deep",)
