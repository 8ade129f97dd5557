"""A Dask cluster of two worker processes on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

CODE = "import sys; from distributed.cli import {0}; sys.argv[0] = '{0}'; {0}.main()"


@contextmanager
def cluster(folder: Path, protocol: str = "tcp", settings: dict[str, str] | None = None) -> Iterator[str]:
    """host:port of a scheduler with two workers, whose files are in this folder. `settings`: of Dask's, as environment
    variables."""
    file = folder / "scheduler.json"
    common = ["--scheduler-file", str(file), "--no-dashboard", "--host", "127.0.0.1", "--protocol", protocol]
    begun = [
        _start(folder, settings or {}, "dask_scheduler", [*common, "--port", "0"]),
        _start(
            folder,
            settings or {},
            "dask_worker",
            [*common, "--nworkers", "2", "--nthreads", "1", "--resources", "GPU=1"],
        ),
    ]
    try:
        from distributed import Client

        with Client(scheduler_file=str(file), timeout=60) as client:
            client.wait_for_workers(2, timeout=120)
            address = client.scheduler.address
        yield address.removeprefix(f"{protocol}://")
    finally:
        for process in begun:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _start(folder: Path, settings: dict[str, str], what: str, arguments: Sequence[str]) -> subprocess.Popen[Any]:
    return subprocess.Popen(
        [sys.executable, "-c", CODE.format(what), *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **settings},
        start_new_session=True,
    )
