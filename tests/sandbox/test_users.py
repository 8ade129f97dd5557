"""Users of their own."""

from __future__ import annotations

import os
import signal

import pytest

from grader.sandbox import SandboxError, users
from grader.sandbox.users import FIRST, LAST, Lease, lease, processes_of


@pytest.fixture(autouse=True)
def _is_root() -> None:
    if os.geteuid():
        pytest.skip("only root may become another user")


def test_nobody_has_the_same_user_at_the_same_time() -> None:
    with Lease() as one, Lease() as another:
        assert one.uid != another.uid
        assert all(FIRST <= each.uid <= LAST for each in (one, another))


def test_a_user_with_processes_is_not_given_away() -> None:
    with Lease() as one:
        taken = one.uid
        child = os.fork()
        if not child:
            os.setresuid(taken, taken, taken)
            signal.pause()
        try:
            while not processes_of(taken):
                pass
            assert processes_of(taken) == {child}
            one.close()  # free to take, but for the process
            with Lease() as other:
                assert other.uid != taken
        finally:
            os.kill(child, 9)
            os.waitpid(child, 0)
    assert processes_of(taken) == set()


def test_root_that_may_not_become_another_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users, "_capabilities", lambda: 0)
    with pytest.raises(SandboxError, match="may not become another user"):
        lease()


def test_an_ordinary_user_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert lease() is None
