"""Grading on Gradescope: a zip to upload there, and what runs it there."""

from grader.gradescope.bundle import BundleError, Settings, bundle
from grader.gradescope.run import grade_submission

__all__ = ["BundleError", "Settings", "bundle", "grade_submission"]
