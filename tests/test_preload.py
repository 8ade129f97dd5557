"""A declaration that is loaded before workers are forked is the one that they load, as long as it is the same text."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.spec import load_checks
from grader.spec.load import _loaded
from grader.worker.cage import zygote

TOY = Path(__file__).parent / "courses" / "toy" / "assignments" / "t1" / "checks.py"


@pytest.fixture(autouse=True)
def nothing_loaded():
    _loaded.clear()
    yield
    _loaded.clear()


def test_the_same_text_is_loaded_once_and_another_one_anew(tmp_path: Path) -> None:
    about, cage = tmp_path / "about", tmp_path / "cage"
    for folder in (about, cage):
        folder.mkdir()
        (folder / "checks.py").write_bytes(TOY.read_bytes())
    request = {"about": str(about), "cage": str(cage)}
    zygote._preload(request)
    first = load_checks(cage / "checks.py")
    assert load_checks(cage / "checks.py") is first, "what was loaded is used"
    assert first["algebra.scale"].ask.__code__.co_filename == str(cage / "checks.py"), (
        "under the name that it has there"
    )
    zygote._preload(request)
    assert load_checks(cage / "checks.py") is first
    assert load_checks(about / "checks.py") is not first, "another file"
    hidden = TOY.parents[2] / "solutions" / "t1" / "hidden.py"
    assert load_checks(cage / "checks.py", hidden) is not first, "with hidden parts it is another declaration"
    (cage / "checks.py").write_text(TOY.read_text().replace("A toy", "Another"))
    assert load_checks(cage / "checks.py").title == "Another"


def test_what_is_wrong_with_it_is_told_where_it_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "checks.py").write_text("checks = 1 +\n")
    zygote._preload({"about": str(tmp_path), "cage": str(tmp_path)})
    zygote._preload({"about": str(tmp_path / "nowhere"), "cage": str(tmp_path)})
    with pytest.raises(Exception, match="does not parse"):
        load_checks(tmp_path / "checks.py")
