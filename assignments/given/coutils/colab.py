"""What the 2019 notebooks ask of Google Drive, without Google Drive."""

from __future__ import annotations

import re
from collections.abc import Mapping

# .../d/ID/..., .../drive/ID or ...?id=ID
DRIVE_ID = re.compile(r"(?:/d/|/drive/|[?&]id=)([A-Za-z0-9_-]{10,})")


def extract_drive_file_id(url: str) -> str:
    """The id in a link to a file on Google Drive or to a notebook in Colab; ValueError where there is none."""
    found = DRIVE_ID.search(url)
    if found is None:
        raise ValueError(f"There is no Google Drive file id in {url!r}.")
    return found[1]


def register_colab_notebooks(ids: Mapping[str, str]) -> None:
    """Does nothing: the notebooks named in ``ids`` (module name -> Drive id) are taken from the folder they lie in.

    In the course this makes ``import name`` fetch a notebook from Drive. Here earlier notebooks are handed in
    together, and stand beside each other as modules.
    """
