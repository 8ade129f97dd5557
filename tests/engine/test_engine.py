"""Engines: every task once, in whatever order; what is lost is told; nothing is taken that nobody has a slot for."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from grader.engine import EngineError, Lost, Stop, open_engine
from grader.engine.local import Local


class Doubler:
    """A slot. Negative tasks make it fail; 1000 stops everything."""

    made: list[Doubler] = []

    def __init__(self) -> None:
        self.closed = False
        Doubler.made.append(self)

    def __call__(self, task: int) -> int:
        if task == 1000:
            raise Stop("the disk is full")
        if task < 0:
            raise ValueError(f"{task} is negative")
        return 2 * task

    def close(self) -> None:
        self.closed = True


@pytest.fixture(autouse=True)
def _made() -> Iterator[None]:
    Doubler.made.clear()
    yield
    assert all(slot.closed for slot in Doubler.made)


@pytest.mark.parametrize("jobs", [1, 4])
def test_every_task_comes_back_once_with_its_outcome(jobs: int) -> None:
    found = dict(Local(Doubler, jobs).run(range(100)))
    assert found == {n: 2 * n for n in range(100)}
    assert len(Doubler.made) == jobs


def test_a_task_that_fails_is_lost_and_the_others_are_not() -> None:
    found = dict(Local(Doubler, 2).run([1, -1, 2]))
    assert found == {1: 2, 2: 4, -1: Lost("ValueError: -1 is negative")}


def test_a_stop_ends_everything() -> None:
    with pytest.raises(Stop, match="the disk is full"):
        list(Local(Doubler, 2).run([*range(5), 1000, *range(5, 10_000)]))


def test_what_the_tasks_raise_is_raised() -> None:
    def tasks() -> Iterator[int]:
        yield 1
        raise KeyError("gone")

    with pytest.raises(KeyError):
        list(Local(Doubler, 2).run(tasks()))


def test_what_the_maker_raises_is_raised() -> None:
    def make() -> Doubler:
        raise Stop("no cage")

    with pytest.raises(Stop, match="no cage"):
        list(Local(make, 2).run([1]))


def test_a_task_is_taken_when_there_is_a_slot_for_it() -> None:
    """With one slot that waits, only one task is taken."""
    taken: list[int] = []
    go = threading.Event()

    def tasks() -> Iterator[int]:
        for number in range(3):
            taken.append(number)
            yield number

    class Waiting(Doubler):
        def __call__(self, task: int) -> int:
            assert taken == list(range(task + 1))
            go.wait()
            return super().__call__(task)

    run = Local(Waiting, 1).run(tasks())
    go.set()
    assert len(list(run)) == 3


def test_who_goes_away_early_leaves_no_thread() -> None:
    before = threading.active_count()
    run = Local(Doubler, 3).run(range(1000))
    next(run)
    run.close()
    assert threading.active_count() == before


def test_an_engine_that_there_is_not() -> None:
    with pytest.raises(EngineError, match="there is local"):
        open_engine("ray", Doubler, 1, {})
