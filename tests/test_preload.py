"""What is loaded before workers are forked: a declaration and helpers, as long as they are the same text; libraries
that are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.spec import load_checks
from grader.spec.load import _loaded
from grader.worker.cage import zygote
from grader.worker.cage.preload import named
from grader.worker.subject import Source

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
    request = {"about": str(about), "cage": str(cage), "libraries": []}
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
    zygote._preload({"about": str(tmp_path), "cage": str(tmp_path), "libraries": []})
    zygote._preload({"about": str(tmp_path / "nowhere"), "cage": str(tmp_path), "libraries": []})
    with pytest.raises(Exception, match="does not parse"):
        load_checks(tmp_path / "checks.py")


def test_helpers_are_compiled_once_and_anew_where_they_are_others(tmp_path: Path) -> None:
    about, cage = tmp_path / "about", tmp_path / "cage"
    for folder in (about, cage):
        (folder / "pack").mkdir(parents=True)
        (folder / "pack" / "__init__.py").write_text("VALUE = 1\n")
        (folder / "broken.py").write_text("def broken(:\n")
    Source.compile_ahead(about, cage)
    name, file = "pack", str(cage / "pack" / "__init__.py")
    first = Source(name, file).get_code(name)
    assert first.co_filename == file, "under the name that it has there"
    assert Source(name, file).get_code(name) is first
    (cage / "pack" / "__init__.py").write_text("VALUE = 2\n")
    assert Source(name, file).get_code(name) is not first
    with pytest.raises(SyntaxError):
        Source("broken", str(cage / "broken.py")).get_code("broken")


@pytest.mark.parametrize(
    "line",
    [
        "import matplotlib.pyplot as plt",
        "from matplotlib import pyplot",
        "import os, matplotlib",
        "    import matplotlib",
        "\tfrom matplotlib.patches import Rectangle",
    ],
)
def test_a_library_is_named_by_an_import(line: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(f"import torch\nif torch:\n{line}\n")
    assert named(tmp_path) == ["matplotlib"]


@pytest.mark.parametrize("line", ["# import matplotlib", "import matplotlibrary", "x = 'matplotlib'", "import torch"])
def test_nothing_else_names_one(line: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(f"import os\n{line}\n")
    (tmp_path / "mine.txt").write_text("import matplotlib\n")
    assert named(tmp_path) == []


def test_what_is_no_text_names_nothing(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_bytes(bytes(range(256)) * 100)
    assert named(tmp_path) == []
