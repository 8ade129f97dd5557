"""The seed under the name of the 2019 edition."""

from __future__ import annotations

from eecs598.utils import reset_seed


def fix_random_seed(seed_no: int = 0) -> None:
    """Seed ``random``, numpy and torch (all devices) with the same number."""
    reset_seed(seed_no)
