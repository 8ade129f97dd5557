"""The proofs that the grading is right."""

from grader.validate.cache import Cache
from grader.validate.findings import ON_A_GPU, PROOFS, Finding
from grader.validate.run import validate

__all__ = ["ON_A_GPU", "PROOFS", "Cache", "Finding", "validate"]
