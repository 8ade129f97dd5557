"""The workers of a Dask cluster that is there already. They run trusted code only: slots, whose cages run the rest.

Each task has a key of its own, so that it is run once, and again only where its worker dies; its future is let go as
soon as its outcome is here, so that nothing piles up on the workers.
"""

from __future__ import annotations

import importlib
import ipaddress
import itertools
import queue
import threading
import uuid
from collections.abc import Iterable, Iterator
from typing import Any, Generic

from grader.engine.seam import EngineError, Lost, Maker, Outcome, Slot, Stop, Task

CONNECT_SECONDS = 20.0
RETRIES = 2  # of a task whose worker has died
AHEAD = 1  # tasks beyond those that run, so that no worker waits for the next


class Cluster(Generic[Task, Outcome]):
    """A client of the scheduler at `address` (host:port), over TLS where the configuration of Dask has certificates.

    Raises EngineError: pickles from whoever can reach a port are that person's code, run here, so plain TCP is for one
    machine only."""

    def __init__(self, make: Maker[Task, Outcome], address: str, resources: dict[str, float]) -> None:
        try:
            dask: Any = importlib.import_module("distributed")
        except ImportError:
            raise EngineError("Dask is not installed here: pip install 'grader[cluster]'") from None
        security = dask.Security()
        encrypted = bool(security.tls_client_cert and security.tls_ca_file)
        if not encrypted and not _is_this_machine(address):
            raise EngineError(
                f"no certificates are configured for Dask, so {address} is not trusted: docs/cluster.md says how"
            )
        url = f"{'tls' if encrypted else 'tcp'}://{address}"
        try:
            self._client = dask.Client(url, security=security, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise EngineError(f"there is no Dask scheduler at {url}: {error}") from None
        self._dask = dask
        self._make = make
        self._resources = resources
        self.jobs = self._threads()
        if not self.jobs:
            self._client.close()
            raise EngineError(f"the Dask scheduler at {url} has no workers" + (" with a GPU" if resources else ""))

    def run(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Outcome | Lost]]:
        """Each task with its outcome. Raises Stop, and what `tasks` raises."""
        batch, numbers = uuid.uuid4().hex[:8], itertools.count(1)
        source = iter(tasks)
        sent: dict[str, Task] = {}
        arriving = self._dask.as_completed(loop=self._client.loop)

        def send() -> None:
            self.jobs = self._threads() or self.jobs  # workers come and go
            for task in itertools.islice(source, max(0, self.jobs + AHEAD - len(sent))):
                key = f"grade-{batch}-{next(numbers)}"
                future = self._client.submit(
                    run_in_slot,
                    self._make,
                    task,
                    key=key,
                    pure=False,
                    retries=RETRIES,
                    resources=self._resources or None,
                )
                sent[key] = task
                arriving.add(future)

        try:
            send()
            for future in arriving:
                task = sent.pop(future.key)
                error = future.exception()
                outcome = Lost(f"{type(error).__name__}: {error}") if error is not None else future.result()
                future.release()
                if isinstance(error, Stop):
                    raise error
                yield task, outcome
                send()
        finally:
            for future in list(arriving.futures):
                future.cancel()

    def close(self) -> None:
        """Leave the cluster."""
        self._client.close()

    def _threads(self) -> int:
        workers = self._client.scheduler_info(n_workers=-1)["workers"].values()
        fitting = [one for one in workers if all(one["resources"].get(k, 0) >= v for k, v in self._resources.items())]
        return sum(one["nthreads"] for one in fitting)


class _Slots:
    """The slots of one worker process that no task is in, by what makes them."""

    def __init__(self) -> None:
        self._idle: dict[object, queue.SimpleQueue[Slot[Any, Any]]] = {}
        self._makers: dict[object, Maker[Any, Any]] = {}
        self._lock = threading.Lock()

    def run(self, make: Maker[Task, Outcome], task: Task) -> Outcome:
        with self._lock:  # equal makers share what the first one has found out
            maker = self._makers.setdefault(make, make)
            idle = self._idle.setdefault(make, queue.SimpleQueue())
        try:
            slot = idle.get_nowait()
        except queue.Empty:
            slot = maker()
        try:
            outcome: Outcome = slot(task)
        except BaseException:
            slot.close()
            raise
        idle.put(slot)
        return outcome


_slots = _Slots()


def run_in_slot(make: Maker[Task, Outcome], task: Task) -> Outcome:
    """On a worker: a task, in a slot that is kept for the next one."""
    return _slots.run(make, task)


def _is_this_machine(address: str) -> bool:
    host = address.rpartition(":")[0].strip("[]")
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
