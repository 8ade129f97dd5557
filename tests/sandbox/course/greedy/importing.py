"""Wants too much when it is imported."""

HOARD = b"x" * (7 << 30)


def late():
    return 1
