"""Threads of this process, each with a slot of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import Generic

from grader.engine.seam import Lost, Maker, Outcome, Stop, Task

Told = tuple[Task, Outcome | Lost] | BaseException | None  # None: a thread has ended


class Local(Generic[Task, Outcome]):
    """As many threads as jobs."""

    def __init__(self, make: Maker[Task, Outcome], jobs: int) -> None:
        self._make = make
        self.jobs = jobs

    def run(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Outcome | Lost]]:
        """Each task with its outcome. Raises Stop, and what `tasks` raises."""
        told: queue.SimpleQueue[Told[Task, Outcome]] = queue.SimpleQueue()
        source, stop = _Source(tasks), threading.Event()
        threads = [
            threading.Thread(target=self._work, args=(source, told, stop), name=f"slot {number}", daemon=True)
            for number in range(self.jobs)
        ]
        for thread in threads:
            thread.start()
        left, error = len(threads), None
        try:
            while left:
                item = told.get()
                if item is None:
                    left -= 1
                elif isinstance(item, BaseException):
                    error = error or item
                    stop.set()
                elif error is None:
                    yield item
            if error is not None:
                raise error
        except KeyboardInterrupt:  # whoever cannot wait
            raise
        except BaseException:
            stop.set()
            for thread in threads:
                thread.join()
            raise
        for thread in threads:
            thread.join()

    def _work(self, source: _Source[Task], told: queue.SimpleQueue[Told[Task, Outcome]], stop: threading.Event) -> None:
        slot = None
        try:
            slot = self._make()
            while not stop.is_set():
                found = source.next()
                if found is None:
                    break
                (task,) = found
                try:
                    told.put((task, slot(task)))
                except Stop:
                    raise
                except Exception as error:
                    told.put((task, Lost(f"{type(error).__name__}: {error}")))
        except BaseException as error:
            told.put(error)
        finally:
            try:
                if slot is not None:
                    slot.close()
            except Exception as error:
                told.put(error)
            told.put(None)

    def close(self) -> None:
        """Nothing is held."""


class _Source(Generic[Task]):
    """An iterator that several threads take from, one at a time."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._tasks = iter(tasks)
        self._lock = threading.Lock()

    def next(self) -> tuple[Task] | None:
        with self._lock:
            for task in self._tasks:
                return (task,)
        return None
