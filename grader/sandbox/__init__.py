"""How a worker process is started and caged: levels warm, cold, user and none, from the strongest to none at all."""

from grader.sandbox.cage import LEVELS, Cage, Limits, Paths, Sandbox, SandboxError
from grader.sandbox.choose import BEST, automatic, enter, open_sandbox
from grader.sandbox.cuda import gpu_of, usable
from grader.sandbox.doctor import available
from grader.sandbox.plain import Plain

__all__ = [
    "BEST",
    "LEVELS",
    "Cage",
    "Limits",
    "Paths",
    "Plain",
    "Sandbox",
    "SandboxError",
    "automatic",
    "available",
    "enter",
    "gpu_of",
    "open_sandbox",
    "usable",
]
