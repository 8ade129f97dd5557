"""A GPU that is not there: workers whose tensors say that they lie on `cuda:0`, and that refuse to be mixed with the
CPU's as those of a real one do. It finds what a GPU would find about where tensors live, and says nothing about time."""

from __future__ import annotations

from pathlib import Path

from grader.gpu import GPU
from grader.sandbox import Plain

PRETENDED = GPU((), visible="-1")  # one that CUDA does not find, should there be others


class PretendedPlain(Plain):
    """Level none, on a machine that has such a GPU."""

    command = (str(Path(__file__).with_name("worker.py")),)

    def __init__(self, within: Path | None = None, gpu: GPU | None = PRETENDED) -> None:
        super().__init__(within, gpu)
