"""The same on a Dask cluster of two worker processes on this machine, one of which is killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
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
    assert len(begun) < 30, "only what lay on the killed worker is run again"


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


OPENSSL = """
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.pem
openssl req -newkey rsa:2048 -nodes -subj /CN=node -keyout node.key -out node.csr
openssl x509 -req -in node.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out node.pem
"""


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make certificates with")
def test_with_certificates_it_is_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The certificates of docs/cluster.md; a client without them is not let in."""
    import dask

    monkeypatch.setattr("grader.engine.cluster.CONNECT_SECONDS", 3.0)

    subprocess.run(["sh", "-ec", OPENSSL], cwd=tmp_path, check=True, capture_output=True)
    pair = {"cert": str(tmp_path / "node.pem"), "key": str(tmp_path / "node.key")}
    tls = {"ca-file": str(tmp_path / "ca.pem"), "scheduler": pair, "worker": pair, "client": pair}
    (tmp_path / "notes").mkdir()
    (tmp_path / "dask.json").write_text(json.dumps({"distributed": {"comm": {"require-encryption": True, "tls": tls}}}))
    names = {"distributed.comm.require-encryption": True, "distributed.comm.tls.ca-file": tls["ca-file"]}
    for role in ("scheduler", "worker", "client"):
        names |= {f"distributed.comm.tls.{role}.{key}": value for key, value in pair.items()}
    with dask.config.set(names), cluster(tmp_path, "tls", {"DASK_CONFIG": str(tmp_path / "dask.json")}) as address:
        assert run(address, tmp_path / "notes", [1, 2, 3]) == {1: 2, 2: 4, 3: 6}
        nothing = dict.fromkeys(names)
        with dask.config.set(nothing), pytest.raises(EngineError, match="there is no Dask scheduler"):
            run(address, tmp_path / "notes", [1])
