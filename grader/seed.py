"""From a seed, which may be a word, to the secrets that hidden cases are drawn from.

A secret names itself in records, without telling what it is; whoever reads a word's name must try words, and each trial
costs what a guess at a password does.
"""

from __future__ import annotations

import hashlib
import hmac

COST = 1 << 14  # of scrypt: 16 MB, and some 50 ms
SALT = b"grader: hidden cases"


def secret_of(seed: bytes) -> bytes:
    """The secret that a seed stands for, 32 bytes."""
    return hashlib.scrypt(seed, salt=SALT, n=COST, r=8, p=1, dklen=32)


def derived(secret: bytes, what: str) -> bytes:
    """Another secret for each `what`, 32 bytes: one tells nothing of another."""
    return hmac.new(secret, what.encode(), hashlib.sha256).digest()


def of_hand_in(secret: bytes, number: int) -> bytes:
    """The secret of a student's hand-in, by how many other ones of theirs were graded before. The first ones of a class
    have the same."""
    return derived(secret, f"hand-in {number}") if number else secret


def name_of(secret: bytes) -> str:
    """What a record tells of a secret: which one it is."""
    return derived(secret, "name").hex()[:16]
