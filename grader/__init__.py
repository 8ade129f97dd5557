"""Auto-graded deep-learning-for-vision assignments, and the autograder that scores them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grader.errors import GraderError

if TYPE_CHECKING:
    from grader.api import check

__version__ = "0.1.0"
__all__ = ["GraderError", "__version__", "check"]


def __getattr__(name: str) -> Any:
    """`grader.check`, imported when it is first used: workers import this package too."""
    if name == "check":
        from grader import api

        return api.check
    raise AttributeError(f"module 'grader' has no attribute {name!r}")
