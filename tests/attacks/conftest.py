"""The arena: one world and one sandbox of each level for all attacks of a session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.attack import all_attacks
from tests.attacks.harness import Arena

collect_ignore = ["course"]


@pytest.fixture(scope="session")
def arena() -> Iterator[Arena]:
    """Where attacks take place."""
    arena = Arena(all_attacks())
    yield arena
    arena.close()
