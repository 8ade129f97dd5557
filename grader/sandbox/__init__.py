"""How a worker process is started and caged."""

from grader.sandbox.plain import Plain

__all__ = ["Plain"]
