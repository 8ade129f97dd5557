"""What a submission looks for where it is graded, and cannot find there."""

from __future__ import annotations

# Words for explain.
RELATIVE = "a file of the current folder"
NETWORK = "a network"
PROGRAMS = "other programs"
WORDS = (RELATIVE, NETWORK, PROGRAMS)

_NETWORK = {"URLError", "HTTPError", "gaierror", "herror", "ConnectionError", "MaxRetryError", "SSLError"}


def out_of_reach(error: BaseException) -> str:
    """What an exception is about, if it is one of these; else ""."""
    if {kind.__name__ for kind in type(error).__mro__} & _NETWORK or _is_from(error, "/socket.py"):
        return NETWORK
    if isinstance(error, OSError) and _is_from(error, "/subprocess.py"):
        return PROGRAMS
    if isinstance(error, FileNotFoundError) and not str(error.filename or "/").startswith("/"):
        return RELATIVE
    return ""


def _is_from(error: BaseException, file: str) -> bool:
    """Whether it was raised in a file of Python's own library."""
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return at is not None and isinstance(error, OSError) and at.tb_frame.f_code.co_filename.endswith(file)
