"""A Dask cluster of two worker processes on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import ROOT


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """host:port of a scheduler with two workers, whose files are in this folder."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    file = folder / "scheduler.json"
    quiet = {
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        "cwd": folder,
        "env": environment,
        "start_new_session": True,
    }
    code = "import sys; from distributed.cli import {0}; sys.argv[0] = 'dask-{0}'; {0}.main()"
    begun = [
        subprocess.Popen(
            [
                sys.executable,
                "-c",
                code.format("dask_scheduler"),
                "--host",
                "127.0.0.1",
                "--port",
                "0",
                "--no-dashboard",
                "--scheduler-file",
                str(file),
            ],
            **quiet,
        ),
        subprocess.Popen(
            [
                sys.executable,
                "-c",
                code.format("dask_worker"),
                "--scheduler-file",
                str(file),
                "--nworkers",
                "2",
                "--nthreads",
                "1",
                "--no-dashboard",
                "--host",
                "127.0.0.1",
                "--resources",
                "GPU=1",
            ],
            **quiet,
        ),
    ]
    try:
        from distributed import Client

        with Client(scheduler_file=str(file), timeout=60) as client:
            client.wait_for_workers(2, timeout=120)
            address = client.scheduler.address
        yield address.removeprefix("tcp://")
    finally:
        for process in begun:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
