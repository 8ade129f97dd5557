"""A class's submissions, each graded exactly once, whatever dies meanwhile."""

from grader.batch.batch import Batch, BatchError, Ended, Request, run_batch
from grader.batch.changes import Change, changes
from grader.batch.slot import SlotMaker
from grader.batch.work import Done, Work

__all__ = [
    "Batch",
    "BatchError",
    "Change",
    "Done",
    "Ended",
    "Request",
    "SlotMaker",
    "Work",
    "changes",
    "run_batch",
]
