"""Expected and got: agreement, or where and by how much not."""

from grader.compare.comparison import (
    HALF,
    TOLERANCE,
    Agreement,
    Comparison,
    Difference,
    Mismatch,
    as_array,
    dtype_name,
    scale_of,
)
from grader.compare.measure import EPSILON, Measure, distances

__all__ = [
    "EPSILON",
    "HALF",
    "TOLERANCE",
    "Agreement",
    "Comparison",
    "Difference",
    "Measure",
    "Mismatch",
    "as_array",
    "distances",
    "dtype_name",
    "scale_of",
]
