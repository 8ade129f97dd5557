"""Results as pages that need nothing else: no script, no other file, no network."""

from grader.report.html.site import write_site
from grader.report.html.student import page_of, page_of_result
from grader.report.html.summary import Summary, class_page_of

__all__ = ["Summary", "class_page_of", "page_of", "page_of_result", "write_site"]
