"""A class whose notebooks and archives hypothesis breaks, and what must be true of a batch over it."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis import strategies as st

from grader.course import find_course
from grader.result import Verdict
from tests.batch.classroom import ALGEBRA, CHANCE, RIGHT, entries, grade_all, hand_in, results
from tests.conftest import TOY
from tests.submission.test_malformed import packed

WHOLE_CLASSES = settings(
    deadline=None,
    verbosity=Verbosity.quiet,  # or it would print every byte
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)

CELLS = [*ALGEBRA.split("\n\n\n"), *CHANCE.split("\n\n\n"), "%matplotlib inline", "!ls", "x = [", "plt.show()"]

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["code", "markdown", "cells", "source", "\ud800", "nbformat", "\0"]),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=10), inside, max_size=4),
    max_leaves=6,
)


def damaged(draw: st.DrawFn, data: bytearray) -> bytes:
    """The same, one time in three with bytes changed or cut off."""
    if draw(st.sampled_from([True, True, False])):
        return bytes(data)
    for where, what in draw(st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=6)), max_size=3)):
        at = int(where * len(data))
        data[at : at + len(what)] = what
    return bytes(data[: int(draw(st.just(1.0) | st.floats(0, 1)) * len(data))])


@st.composite
def notebooks(draw: st.DrawFn) -> bytes:
    """A notebook with some of the toy's cells, of which something is replaced, left out, doubled or cut off."""
    cells = [*draw(st.sampled_from([CELLS, CELLS, []])), *draw(st.lists(st.sampled_from(CELLS), max_size=4))]
    whole: dict[str, Any] = {
        "nbformat": draw(st.sampled_from([4] * 9 + [3, 2, 5, "4", None, -1])),
        "nbformat_minor": draw(st.sampled_from([5, 5, 5, 4, 0, 99, None])),
        "metadata": {},
        "cells": [
            {
                "cell_type": draw(st.sampled_from(["code"] * 12 + ["markdown", "raw", "none"])),
                "id": str(number),
                "metadata": {},
                "outputs": [],
                "execution_count": None,
                "source": cell.splitlines(keepends=True) if draw(st.booleans()) else cell,
            }
            for number, cell in enumerate(cells)
        ],
    }
    for _ in range(draw(st.sampled_from([0, 1, 1, 2, 4]))):
        place: Any = whole
        while isinstance(place, dict | list) and place:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = draw(st.sampled_from(keys))
            if not isinstance(place[key], dict | list) or draw(st.integers(0, 2)) == 0:
                if draw(st.booleans()):
                    place[key] = draw(JSON)
                else:
                    del place[key]
                break
            place = place[key]
    text = json.dumps(whole, ensure_ascii=draw(st.booleans()))
    data = bytearray(text.encode(draw(st.sampled_from(["utf-8"] * 6 + ["utf-16", "utf-8-sig"])), "surrogatepass"))
    return damaged(draw, data)


@st.composite
def archives(draw: st.DrawFn) -> bytes:
    """An archive with notebooks, modules and other things in it, some bytes of which are changed."""
    contents = notebooks() | st.sampled_from([ALGEBRA.encode(), CHANCE.encode()]) | st.binary(max_size=300)
    names = st.sampled_from(
        ["algebra.py", "hw/chance.py", "a.ipynb", "../algebra.py", "x.zip", "algebra.py/y", "b/c.ipynb"]
    )
    files = draw(st.lists(st.tuples(names, contents), max_size=5))
    data = bytearray(packed(draw(st.sampled_from(["zip", "tar", "gz", "nonsense"])), files))
    return damaged(draw, data)


class Pile:
    """Endings and contents of files, of which a failing test does not print every byte."""

    def __init__(self, files: list[tuple[str, bytes]]) -> None:
        self.files = files

    def __repr__(self) -> str:
        return f"{len(self.files)} files"


def handed_in(size: int) -> st.SearchStrategy[Pile]:
    """So many files as they were handed in, with their endings."""
    one = st.tuples(st.just(".ipynb"), notebooks()) | st.tuples(
        st.sampled_from([".zip", ".tar", ".tar.gz", ".tgz"]), archives()
    )
    return st.lists(one, min_size=size, max_size=size).map(Pile)


def check_class(pile: Pile) -> None:
    """Grade them, and a right submission among them: nobody is lost, or graded twice; a fault is shown as no zero."""
    root = Path(tempfile.mkdtemp(prefix="grader-malformed-"))
    try:
        hand_in(root / "in", "right")
        for number, (ending, data) in enumerate(pile.files):
            (root / "in" / f"s{number:03}{ending}").write_bytes(data)
        toy = find_course(TOY).assignment("t1")
        told = grade_all(toy, root / "in", root / "out")
        students = {"right", *(f"s{number:03}" for number in range(len(pile.files)))}
        found = entries(root / "out")
        assert found.keys() == students, "nobody is lost"
        faults = {
            (entry.fault or entry.result.faults[0].sentence, pile.files[int(name[1:])] if name[1:].isdigit() else name)
            for name, entry in found.items()
            if entry.fault or (entry.result and entry.result.faults)
        }
        assert not faults, "the grader has failed at none"
        assert results(root / "out") == dict.fromkeys(students, 1), "everybody has one grade"
        assert len(told.ended) == len(students) and told.batch.faults == 0
        for entry in found.values():
            assert (entry.result is None) != (entry.problem is None), entry
            assert entry.fault is None, entry
            if entry.problem is not None:
                assert entry.problem.strip() and "\n" not in entry.problem and "Traceback" not in entry.problem
                continue
            for one in entry.result.exercises:
                assert one.verdict is not Verdict.GRADER_FAULT
                assert one.verdict is Verdict.RIGHT or one.sentence, one
                assert one.points == 0 or one.verdict is not Verdict.NOT_ATTEMPTED
        assert found["right"].result.points == RIGHT
        assert grade_all(toy, root / "in", root / "out", resume=True).ended == []
    finally:
        shutil.rmtree(root)


__all__ = ["Pile", "check_class", "handed_in"]
