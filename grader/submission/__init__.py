"""What students hand in: folders, archives, single files, under the names that learning platforms give them; unpacked
into clean folders of modules."""

from grader.submission.collect import TurnedIn, collect
from grader.submission.limits import Limits
from grader.submission.opening import Submission, SubmissionError, open_submission
from grader.submission.tidy import Prepared, digest, prepare
from grader.submission.unpack import unpack

__all__ = [
    "Limits",
    "Prepared",
    "Submission",
    "SubmissionError",
    "TurnedIn",
    "collect",
    "digest",
    "open_submission",
    "prepare",
    "unpack",
]
