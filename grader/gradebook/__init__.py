"""What became of every submission of a course: one SQLite file, written by one process at a time, read by anybody."""

from grader.gradebook.book import Gradebook
from grader.gradebook.entry import Entry, GradebookError, Graded, Handed
from grader.gradebook.secret import keep_secret

__all__ = ["Entry", "Gradebook", "GradebookError", "Graded", "Handed", "keep_secret"]
