"""What a student gets, made from what an instructor has."""

from grader.release.bundle import ReleaseError, release
from grader.release.leaks import leaks, private
from grader.release.record import record

__all__ = ["ReleaseError", "leaks", "private", "record", "release"]
