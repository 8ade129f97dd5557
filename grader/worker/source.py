"""Why a file that was handed in is no Python: what it is instead, where that can be told."""

from __future__ import annotations

import re
import sys

LIMIT = 1 << 20  # bytes of a file that are looked at

CONFLICT = re.compile(rb"^(<{7}|={7}|>{7})( |\r?$)", re.MULTILINE)
PAGE = re.compile(rb"\s*(<!--.*?-->\s*)?<(!DOCTYPE|html|head|body)\b", re.IGNORECASE | re.DOTALL)
POINTER = re.compile(rb"\s*version https://git-lfs\.github\.com/spec/")

# Of a line that does not parse: the first Python that it does parse in, where this one is older.
NEWER = (
    ((3, 10), re.compile(r"\s*match\b.*:\s*(#.*)?$")),
    ((3, 11), re.compile(r"\s*except\s*\*")),
    ((3, 12), re.compile(r"\s*(async\s+)?(def|class)\s+\w+\s*\[")),
    ((3, 12), re.compile(r"\s*type\s+\w+\s*(\[.*\])?\s*=")),
    ((3, 12), re.compile(r".*\b[rRbB]?[fF][rRbB]?(['\"]).*\{[^}]*(\1|\\)")),
    ((3, 14), re.compile(r".*\b[rR]?[tT][rR]?['\"].*\{")),
)


def what_it_is(error: SyntaxError | ValueError) -> str:
    """A word for explain: "utf-16", "null", "encoding", "html", "pointer", "conflict 12", "python 3.12 5", with
    lines; "" where the file is Python, but for an error in it."""
    try:
        with open(_file(error), "rb") as opened:
            data = opened.read(LIMIT)
    except (OSError, ValueError):
        return ""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or _is_every_other_byte_nothing(data[:400]):
        return "utf-16"
    if 0 in data:
        return "null"
    if POINTER.match(data):
        return "pointer"
    if PAGE.match(data):
        return "html"
    if mark := CONFLICT.search(data):
        line = data.count(b"\n", 0, mark.start()) + 1
        return f"conflict {line}"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as wrong:
        if wrong.start < LIMIT - 4:
            return "encoding" if re.search("utf-?8|codec|encoding", str(error)[:500], re.IGNORECASE) else ""
    return _newer(error)


def _is_every_other_byte_nothing(data: bytes) -> bool:
    """Whether this is UTF-16 of plain letters, without the mark that it should begin with."""
    halves = data[::2], data[1::2]
    return any(not any(one) and other.isascii() and other.split() for one, other in (halves, halves[::-1])) and all(
        byte >= 32 or byte in b"\t\n\r\x00" for byte in data
    )


def _file(error: SyntaxError | ValueError) -> str:
    """The file that was compiled: Python names it, but for what it does not even begin to read."""
    if isinstance(error, SyntaxError) and error.filename:
        return str(error.filename)
    at, path = error.__traceback__, ""
    while at is not None:
        if at.tb_frame.f_code.co_name == "get_code":
            path = str(at.tb_frame.f_locals.get("path", ""))
        at = at.tb_next
    return path


def _newer(error: SyntaxError | ValueError) -> str:
    line = str(getattr(error, "text", None) or "")[:1000]
    for version, pattern in NEWER:
        if sys.version_info < version and pattern.match(line):
            return f"python {version[0]}.{version[1]} {getattr(error, 'lineno', 0) or 0}"
    return ""
