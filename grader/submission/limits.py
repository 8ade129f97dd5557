"""How much may be handed in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Of one submission, with whatever is packed inside it. Sizes in bytes."""

    archive: int = 1 << 30  # of an archive
    entries: int = 20_000  # in its table of contents
    files: int = 2_000  # that are kept
    others: int = 1_500  # of these, which are no code: pictures of a data set
    file: int = 16 << 20  # of one file; larger ones (data sets, checkpoints) are left out
    notebook: int = 96 << 20  # of a notebook, whose outputs may hold many pictures
    total: int = 128 << 20  # of all that are kept
    stream: int = 1 << 30  # that a tar may unfold to, what is left out included
    depth: int = 16  # folders above a file
    ratio: int = 200  # unfolded to packed, where that is much
    much: int = 8 << 20
    nested: int = 2  # archives inside archives

    def of(self, name: str) -> int:
        """How large a file of this name may be."""
        return max(self.notebook, self.file) if name.lower().endswith(".ipynb") else self.file


CLASS = Limits(
    **{"archive": 64 << 30, "entries": 400_000, "files": 200_000, "others": 200_000},
    **{"file": 1 << 30, "total": 64 << 30, "stream": 128 << 30, "nested": 0},
)  # of a whole class in one archive, made by a learning platform
