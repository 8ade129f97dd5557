"""What a wrong answer looks like: the misconception that gives the same, or else the shape of the error."""

from grader.diagnose.blocked import blocked
from grader.diagnose.description import Description, describe
from grader.diagnose.diagnosis import Diagnosis, Found
from grader.diagnose.excerpt import excerpt
from grader.diagnose.hints import Named, hints
from grader.diagnose.outcome import Right, Wrong
from grader.diagnose.sharing import sharing

__all__ = [
    "Description",
    "Diagnosis",
    "Found",
    "Named",
    "Right",
    "Wrong",
    "blocked",
    "describe",
    "excerpt",
    "hints",
    "sharing",
]
