"""A rule that was broken."""

from __future__ import annotations

from dataclasses import dataclass

from grader.spec import Rule


@dataclass(frozen=True)
class Breach:
    """`sentence` says what the student did, where, and what the rule is."""

    rule: Rule
    sentence: str
