"""The same on a Dask cluster of two worker processes on this machine, one of which is killed."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.engine import EngineError, Lost, Stop, open_engine
from tests.engine.dask_cluster import cluster

pytest.importorskip("distributed", reason="grader[cluster] is not installed")


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """host:port of a scheduler with two workers."""
    with cluster(tmp_path_factory.mktemp("dask")) as address:
        yield address


@dataclass(frozen=True)
class Maker:
    """Makes slots that note each task that they begin, in a file."""

    notes: str

    def __call__(self) -> Slot:
        return Slot(Path(self.notes))


class Slot:
    """Doubles. A negative task fails, 1000 stops, and over 13 its process is killed, the first time."""

    def __init__(self, notes: Path) -> None:
        self.notes = notes

    def __call__(self, task: int) -> int:
        handle, _ = tempfile.mkstemp(prefix=f"{task}.", dir=self.notes)
        os.close(handle)
        if task == 13 and len(list(self.notes.glob("13.*"))) == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        if task == 1000:
            raise Stop("the disk is full")
        if task < 0:
            raise ValueError(f"{task} is negative")
        return 2 * task

    def close(self) -> None:
        pass


def run(scheduler: str, notes: Path, tasks: list[int], **resources: float) -> dict[int, object]:
    engine = open_engine(f"dask://{scheduler}", Maker(str(notes)), 0, resources)
    try:
        engine._client.wait_for_workers(2, timeout=120)  # one that was killed is started again
        return dict(engine.run(tasks))
    finally:
        engine.close()


def test_every_task_comes_back_once_with_its_outcome(scheduler: str, tmp_path: Path) -> None:
    assert run(scheduler, tmp_path, list(range(12))) == {n: 2 * n for n in range(12)}
    assert len(list(tmp_path.iterdir())) == 12


def test_a_worker_that_is_killed_costs_one_more_run_of_its_task(scheduler: str, tmp_path: Path) -> None:
    assert run(scheduler, tmp_path, list(range(20))) == {n: 2 * n for n in range(20)}
    begun = [path.name.partition(".")[0] for path in tmp_path.iterdir()]
    assert begun.count("13") == 2
    assert len(begun) <= 22, "only what lay on the killed worker is run again"


def test_failures_and_stops(scheduler: str, tmp_path: Path) -> None:
    found = run(scheduler, tmp_path, [1, -1])
    assert found[1] == 2
    assert isinstance(found[-1], Lost) and "-1 is negative" in found[-1].sentence
    with pytest.raises(Stop, match="the disk is full"):
        run(scheduler, tmp_path, [1000, *range(50)])


def test_resources_decide_which_workers_may(scheduler: str, tmp_path: Path) -> None:
    assert run(scheduler, tmp_path, [1, 2], GPU=1.0) == {1: 2, 2: 4}
    with pytest.raises(EngineError, match="has no workers"):
        run(scheduler, tmp_path, [1], GPU=2.0)


def test_a_scheduler_far_away_is_not_trusted_without_certificates() -> None:
    with pytest.raises(EngineError, match="not trusted"):
        open_engine("dask://10.0.0.1:8786", Maker(""), 1, {})


def test_a_scheduler_that_is_not_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.engine.cluster.CONNECT_SECONDS", 0.5)
    with pytest.raises(EngineError, match="there is no Dask scheduler"):
        open_engine("dask://127.0.0.1:9", Maker(""), 1, {})
