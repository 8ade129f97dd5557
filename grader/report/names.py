"""File names for students."""

from __future__ import annotations

import hashlib

LETTERS = 40


def safe_name(student: str) -> str:
    """Letters and digits of a student's name, and a hash of it, since two may have the same letters."""
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in student.lower())[:LETTERS].strip("-")
    digest = hashlib.sha256(student.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{plain}-{digest}" if plain else digest
