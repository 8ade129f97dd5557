"""The words that checks.py and hidden.py are written in."""

from grader.spec.checks import Checks, Edition, Module
from grader.spec.errors import CheckError, Location
from grader.spec.exercise import Case, Exercise, Library, Property, TimedCase, Version
from grader.spec.load import load_checks
from grader.spec.rules import (
    LoopLimit,
    MemoryLimit,
    NoCalls,
    OperationsDoNotGrow,
    Rule,
    at_most_loops,
    exactly_loops,
    memory_at_most,
    no_calls,
    no_loops,
    operations_do_not_grow,
)

__all__ = [
    "Case",
    "CheckError",
    "Checks",
    "Edition",
    "Exercise",
    "Library",
    "Location",
    "LoopLimit",
    "MemoryLimit",
    "Module",
    "NoCalls",
    "OperationsDoNotGrow",
    "Property",
    "Rule",
    "TimedCase",
    "Version",
    "at_most_loops",
    "exactly_loops",
    "load_checks",
    "memory_at_most",
    "no_calls",
    "no_loops",
    "operations_do_not_grow",
]
