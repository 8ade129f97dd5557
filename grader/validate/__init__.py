"""The proofs that the grading is right."""

from grader.validate.cache import Cache
from grader.validate.findings import PROOFS, Finding
from grader.validate.run import validate

__all__ = ["PROOFS", "Cache", "Finding", "validate"]
