"""What a notebook calls: `import grader; grader.check("a3", "Conv.forward")`."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from grader.report import cell, terminal
from grader.result import Result
from grader.session import kept


@dataclass(frozen=True)
class Report:
    """A record that shows itself: as HTML in a notebook, as text elsewhere."""

    result: Result

    @property
    def right(self) -> bool:
        """Whether everything that was asked is right."""
        return self.result.all_right

    def _repr_html_(self) -> str:
        return cell.html(self.result)

    def __repr__(self) -> str:
        console = Console(width=120, no_color=True, file=io.StringIO(), force_terminal=False, force_jupyter=False)
        terminal.show(self.result, console)
        return console.file.getvalue().strip()  # type: ignore[attr-defined,no-any-return]


def check(assignment: str | None = None, *exercises: str, folder: str | Path | None = None) -> Report:
    """Check the modules in a folder, the current one by default: all of an assignment, or the exercises that are named
    (any unambiguous ending: "Conv.backward"), or whole modules. What is in the files counts, not what a notebook has
    imported. The first call takes seconds, later ones less.

    Raises GraderError."""
    here = Path(folder).absolute() if folder is not None else Path.cwd()
    return Report(kept(assignment, here).check(exercises))
