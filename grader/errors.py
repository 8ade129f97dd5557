"""The one error that a command turns into a sentence; every room's own errors are kinds of it.

GraderError     what was asked for cannot be done; str() is the sentence: what, where, and what to do
"""

from __future__ import annotations


class GraderError(Exception):
    """What a user is told in one sentence. `exit_code`: what a command ends with."""

    exit_code = 2
