"""A case that was asked: the question, what came back, and what of it was compared."""

from __future__ import annotations

from grader.compare import Agreement
from grader.question import Question
from grader.response import Response

Wrong = tuple[Question, Response, Agreement | None]  # no agreement: it crashed, or failed a property
Right = tuple[Question, Response]
