"""Archives that hypothesis breaks: each is unpacked within its limits, or ends in a sentence."""

from __future__ import annotations

import io
import shutil
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from grader.submission import Limits, SubmissionError, prepare
from tests.submission.archives import MODULES

LIMITS = Limits(files=8, file=4096, total=16_384, stream=65_536, entries=64, depth=4)

NAMES = st.one_of(
    st.sampled_from(
        ["knn.py", "../knn.py", "/etc/x", "a/knn.py", "knn.py/x", "..", "a\\..\\..\\b", "x.zip", "a1.ipynb", "\0"]
    ),
    st.text(min_size=1, max_size=40),
)
FILES = st.lists(st.tuples(NAMES, st.binary(max_size=600) | st.just(b"0" * 9000)), max_size=12)
KINDS = st.sampled_from(["zip", "tar", "gz", "bz2", "xz", "nonsense"])
CHANGES = st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=6)), max_size=6)


def packed(kind: str, files: list[tuple[str, bytes]]) -> bytes:
    """An archive with these files, as far as its format takes their names."""
    whole = io.BytesIO()
    if kind == "nonsense":
        return b"".join(data for _, data in files)
    if kind == "zip":
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files:
                try:
                    archive.writestr(zipfile.ZipInfo(name), data)
                except (UnicodeError, ValueError):
                    continue
    else:
        mode = "w" if kind == "tar" else f"w:{kind}"
        with tarfile.open(fileobj=whole, mode=mode) as tar:
            for name, data in files:
                info = tarfile.TarInfo(name.encode("utf-8", "replace").decode())
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    return whole.getvalue()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    kind=KINDS,
    files=FILES,
    changes=CHANGES,
    cut=st.floats(0, 1) | st.just(1.0),
    name=st.sampled_from(["a.zip", "a.tar", "a.tgz"]),
)
@example("zip", [("knn.py", b"")], [(0.96875, b"\1")], 1.0, "a.zip")  # its first file lies before its beginning
def test_whatever_is_handed_in_is_unpacked_within_limits_or_told(
    kind: str, files: list[tuple[str, bytes]], changes: list[tuple[float, bytes]], cut: float, name: str
) -> None:
    data = bytearray(packed(kind, files))
    for where, what in changes:
        at = int(where * len(data))
        data[at : at + len(what)] = what
    root = Path(tempfile.mkdtemp())
    try:
        target = root / "in" / "side"
        target.mkdir(parents=True)
        archive = root / name
        archive.write_bytes(data[: int(cut * len(data))])
        try:
            prepared = prepare(name, [(name, archive)], {"knn": MODULES["knn"]}, target, LIMITS)
        except SubmissionError as error:
            assert str(error).strip() and "\n" not in str(error)  # noqa: PT017
        else:
            assert (prepared.submission.folder / "knn.py").is_file()
            assert prepared.submission.folder.is_relative_to(target)
        inside = [path for path in target.rglob("*") if path.is_file()]
        assert not any(path.is_symlink() for path in target.rglob("*"))
        assert len(inside) <= LIMITS.files + 2
        assert sum(path.stat().st_size for path in inside) <= LIMITS.total + 2 * LIMITS.file
        assert {path for path in root.rglob("*") if path.is_file()} == {archive, *inside}
    finally:
        shutil.rmtree(root)
