"""What is known of a reference: made once, whoever asks; bounded; nothing is kept of what failed."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from grader.course import Assignment
from grader.judge import Judge, Options
from grader.known import Known, size_of
from grader.oracle import Oracle
from grader.sandbox import Plain


def test_a_thing_is_made_once_whoever_asks() -> None:
    known, made, all_here = Known(), [], threading.Barrier(8)

    def make() -> int:
        made.append(threading.get_ident())
        return 7

    def ask(_: int) -> int:
        all_here.wait()
        return known.get("key", make)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [7] * 8
    assert len(made) == 1


def test_what_fails_is_raised_and_tried_again() -> None:
    known = Known()
    with pytest.raises(ZeroDivisionError):
        known.get("key", lambda: 1 // 0)
    assert known.get("key", lambda: 3) == 3


def test_a_thing_may_need_another() -> None:
    known = Known()
    assert known.get("a", lambda: known.get("b", lambda: 1) + 1) == 2


def test_what_was_not_used_for_longest_goes_first() -> None:
    known = Known(limit=11_000)
    for key in "abc":
        known.get(key, lambda: np.zeros(400))  # 3,200 bytes, and a little
    assert known.size > 9_600
    known.get("a", lambda: pytest.fail("it is kept"))
    known.get("d", lambda: np.zeros(400))
    known.get("a", lambda: pytest.fail("it is kept"))
    assert known.size <= 11_000
    assert known.get("b", lambda: "made again") == "made again"


def test_sizes_are_those_of_arrays() -> None:
    assert size_of({"a": [np.zeros(1000), (np.zeros(1000),)]}) == pytest.approx(16_000, rel=0.1)


def test_judges_that_share_it_put_the_same_questions_and_ask_the_reference_once(
    toy: Assignment, nursery: Plain, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, asked = Known(), []
    ask = Oracle._ask

    def counted(self: Oracle, question, versions):
        asked.append((question.key, versions))
        return ask(self, question, versions)

    monkeypatch.setattr(Oracle, "_ask", counted)
    options = Options(secret=b"one")
    oracles = [Oracle(nursery, toy, known) for _ in range(2)]
    for oracle in oracles:
        for exercise in toy.checks.exercises:
            for question in Judge(toy, oracle, nursery, options).questions(exercise):
                oracle.expected(question)
    assert len(asked) == len(set(asked)) > 5
    scale = toy.checks["algebra.scale"]
    one, other, another = (
        Judge(toy, oracles[0], nursery, Options(secret=secret)).questions(scale) for secret in (b"one", b"one", b"two")
    )
    assert [a is b for a, b in zip(one, other, strict=True)] == [True] * 3
    assert [a.key == b.key for a, b in zip(one, another, strict=True)] == [not a.case.hidden for a in one]
    cast = one[0].cast("float32")
    assert cast.key != one[0].key and one[0].cast("float32") is cast
