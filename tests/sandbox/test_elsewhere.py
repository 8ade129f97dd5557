"""The same as somebody else and on poorer machines: an ordinary user, root in a container, root of a user namespace.
Run as root, who can be all of them; as an ordinary user the other tests here are that already."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.sandbox.launch import LAUNCHER, Orders
from grader.sandbox.libraries import libraries
from grader.sandbox.stage import reachable
from grader.sandbox.user import within_reach
from grader.sandbox.users import Lease
from grader.worker.cage import landlock
from tests.conftest import ROOT, TOY
from tests.sandbox.conftest import LEVELS, Rooms

# What a container's engine leaves to root by default (linux/capability.h: chown, dac_override, fowner, fsetid, kill,
# setgid, setuid, setpcap, net_bind_service, net_raw, sys_chroot, mknod, audit_write, setfcap), and what it refuses.
CONTAINER = """
import errno, os, sys, tempfile
import pyseccomp as seccomp
from grader.sandbox.filter import NEW_NAMESPACES
from grader.worker.cage import syscalls
keep = {0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31}
refused = seccomp.SyscallFilter(seccomp.ALLOW)
for name in ("unshare", "setns", "mount", "umount2", "pivot_root"):
    refused.add_rule(seccomp.ERRNO(errno.EPERM), name)
for flag in NEW_NAMESPACES:
    refused.add_rule(seccomp.ERRNO(errno.EPERM), "clone", seccomp.Arg(0, seccomp.MASKED_EQ, flag, flag))
refused.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
with tempfile.TemporaryFile() as file:
    refused.export_bpf(file)
    file.seek(0)
    program = file.read()
for number in range(64):
    if number not in keep:
        try:
            syscalls.prctl(syscalls.PR_CAPBSET_DROP, number)
        except OSError:
            break
syscalls.no_new_privileges()
syscalls.load_filter(program)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
NAMELESS = """
import os, sys
open("/proc/sys/user/max_user_namespaces", "w").write("0")
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
EXAMINE = """
import json
from grader.sandbox.doctor import examine
told = {}
for one in examine():
    told[one.level] = [one.reason, [finding.attempt for finding in one.findings if not finding.held], list(one.notes)]
print(json.dumps(told))
"""
CHECK = f"import os; os.chdir({str(TOY)!r}); from grader.cli import main; main()"
UNSHARE = "import os, sys; os.execvp('unshare', ['unshare', '--user', '--map-root-user', *sys.argv[1:]])"


@pytest.fixture(autouse=True)
def _is_root() -> None:
    if os.geteuid():
        pytest.skip("only root can be somebody else")


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that everybody may walk to and write to."""
    with tempfile.TemporaryDirectory(prefix="grader-home-", dir="/tmp") as path:
        os.chmod(path, 0o777)
        yield Path(path)


def run(home: Path, *arguments: str, uid: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run Python as another user, who can walk to it and to this repository."""
    (home / "mounts").mkdir(exist_ok=True)
    far = [path for path in (*libraries().paths, ROOT) if not reachable(path)]
    orders = Orders(
        [sys.executable, *arguments],
        {
            "PATH": "/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": str(home),
            "TMPDIR": str(home),
            "PYTHONPATH": str(ROOT),
            "GRADER_COURSE": str(TOY),
        },
        mounts=within_reach(far, home / "mounts"),
        uid=uid,
    )
    line = [sys.executable, "-I", "-S", str(LAUNCHER), orders.to_json()]
    return subprocess.run(line, capture_output=True, text=True, check=False, cwd="/", start_new_session=True)


def examined(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """What the levels have come to."""
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_as_an_ordinary_user(home: Path, rooms: Rooms) -> None:
    for level in LEVELS:
        rooms(level)
    if landlock.version() < landlock.SIGNALS_SINCE:
        pytest.skip("level user needs a newer kernel for this")
    with Lease() as somebody:
        told = examined(run(home, "-c", EXAMINE, uid=somebody.uid))
    assert {level: reason for level, (reason, _, _) in told.items()} == dict.fromkeys(LEVELS)
    assert told["warm"][1] == told["cold"][1] == []
    assert set(told["user"][1]) <= {"other processes", "unbounded scratch"}
    assert any("no second user" in note for note in told["user"][2])


@pytest.mark.parametrize("level", [*LEVELS, "auto"])
def test_an_ordinary_user_grades_at_every_level(level: str, home: Path, rooms: Rooms) -> None:
    rooms("cold" if level == "auto" else level)
    if level == "user" and landlock.version() < landlock.SIGNALS_SINCE:
        pytest.skip("level user needs a newer kernel for this")
    record = home / "record.json"
    asked = ("check", "t1", "--sandbox", level, "--submission", "solutions/t1", "--json", str(record))
    with Lease() as somebody:
        done = run(home, "-c", CHECK, *asked, uid=somebody.uid)
    assert done.returncode == 0, done.stderr
    assert json.loads(record.read_text())["sandbox"] == ("cold" if level == "auto" else level)


def test_root_in_a_container_gets_another_user(home: Path, rooms: Rooms) -> None:
    """No CAP_SYS_ADMIN and no namespaces: bubblewrap fails, and level user holds."""
    rooms("user")
    told = examined(run(home, "-c", CONTAINER, "-c", EXAMINE))
    assert "does not start: bwrap" in told["warm"][0] and "does not start: bwrap" in told["cold"][0]
    assert told["user"][0] is None
    assert set(told["user"][1]) <= {"other processes", "unbounded scratch"}
    record = home / "record.json"
    graded = run(
        home, "-c", CONTAINER, "-c", CHECK, "check", "t1", "--submission", "solutions/t1", "--json", str(record)
    )
    assert graded.returncode == 0, graded.stderr
    assert json.loads(record.read_text())["sandbox"] == "user"


def test_root_of_a_user_namespace_is_no_more_than_its_user(home: Path, rooms: Rooms) -> None:
    """What a rootless container gives: uid 0 without any other user to become."""
    rooms("cold")
    with Lease() as somebody:
        told = examined(run(home, "-c", UNSHARE, sys.executable, "-c", EXAMINE, uid=somebody.uid))
        assert told["cold"][0] is None and told["warm"][0] is None
        assert told["cold"][1] == told["warm"][1] == []
        told = examined(run(home, "-c", UNSHARE, sys.executable, "-c", NAMELESS, "-c", EXAMINE, uid=somebody.uid))
    assert "does not start: bwrap" in told["cold"][0] and "does not start: bwrap" in told["warm"][0]
