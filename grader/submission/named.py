"""What the name of a file or folder among the submissions tells."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Named:
    """Whose it is, and what the student called it.

    `student`: an id. `file`: "" if it is a folder whose contents are the submission. `who`: the name beside the id.
    `attempt`: what has the same is one submission, and of several the last one counts. `order`: a later file replaces
    an earlier one of its name. `versioned`: whether an ending -2 is a version's number."""

    student: str
    file: str
    who: str = ""
    remarks: tuple[str, ...] = ()
    attempt: tuple[float, str] = (0.0, "")
    order: float = 0.0
    versioned: bool = False
