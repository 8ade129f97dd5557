"""Which engine a name means."""

from __future__ import annotations

from typing import Any

from grader.engine.local import Local
from grader.engine.seam import Engine, EngineError, Maker

LOCAL = "local"
DASK = "dask://"


def open_engine(name: str, make: Maker[Any, Any], jobs: int, resources: dict[str, float]) -> Engine[Any, Any]:
    """`local`, or `dask://HOST:PORT` for a scheduler that runs already; `resources` are what each task needs of a
    worker there. Raises EngineError."""
    if name == LOCAL:
        return Local(make, jobs)
    if name.startswith(DASK):
        from grader.engine.cluster import Cluster

        return Cluster(make, name.removeprefix(DASK), resources)
    raise EngineError(f"there is no engine {name!r}; there is {LOCAL}, and {DASK}HOST:PORT")
