"""Landlock, right by right: refused without a rule, granted with one, and nothing else is."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import signal
import socket
import stat
import subprocess
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.worker.cage import landlock
from tests.sandbox.conftest import missing

OTHER = 200  # an exit status: neither done nor refused
TCGETS = 0x5401

Action = Callable[[Path], object]


@pytest.fixture(autouse=True)
def _has_landlock() -> None:
    if not landlock.version():
        missing("this kernel has no Landlock")


def in_child(restrict: Callable[[], object], action: Callable[[], object]) -> int:
    """What the action does in a process that is restricted so: 0, or the error number that it is refused with."""
    pid = os.fork()
    if not pid:
        status = OTHER
        try:
            restrict()
            try:
                action()
                status = 0
            except OSError as error:
                status = error.errno or OTHER
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def execute(folder: Path) -> None:
    subprocess.run([folder / "program"], check=True)


def make_socket(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(folder / "made"))


def make_file(folder: Path) -> None:
    os.close(os.open(folder / "made", os.O_CREAT | os.O_WRONLY))


def write(folder: Path) -> None:
    os.close(os.open(folder / "file", os.O_WRONLY))


def read(folder: Path) -> None:
    os.close(os.open(folder / "file", os.O_RDONLY))


RIGHTS: dict[str, tuple[int, Action]] = {
    "EXECUTE": (landlock.EXECUTE, execute),
    "WRITE_FILE": (landlock.WRITE_FILE, write),
    "READ_FILE": (landlock.READ_FILE, read),
    "READ_DIR": (landlock.READ_DIR, os.listdir),
    "REMOVE_DIR": (landlock.REMOVE_DIR, lambda folder: os.rmdir(folder / "empty")),
    "REMOVE_FILE": (landlock.REMOVE_FILE, lambda folder: os.unlink(folder / "file")),
    "MAKE_CHAR": (landlock.MAKE_CHAR, lambda folder: os.mknod(folder / "made", stat.S_IFCHR, os.makedev(1, 3))),
    "MAKE_DIR": (landlock.MAKE_DIR, lambda folder: os.mkdir(folder / "made")),
    "MAKE_REG": (landlock.MAKE_REG, make_file),
    "MAKE_SOCK": (landlock.MAKE_SOCK, make_socket),
    "MAKE_FIFO": (landlock.MAKE_FIFO, lambda folder: os.mkfifo(folder / "made")),
    "MAKE_BLOCK": (landlock.MAKE_BLOCK, lambda folder: os.mknod(folder / "made", stat.S_IFBLK, os.makedev(7, 99))),
    "MAKE_SYM": (landlock.MAKE_SYM, lambda folder: os.symlink("file", folder / "made")),
    "REFER": (landlock.REFER, lambda folder: os.rename(folder / "file", folder / "empty" / "file")),
    "TRUNCATE": (landlock.TRUNCATE, lambda folder: os.truncate(folder / "file", 0)),
}
SINCE = {"REFER": 2, "TRUNCATE": 3}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a file, an empty folder and a program in it."""
    (tmp_path / "file").write_text("text")
    (tmp_path / "empty").mkdir()
    shutil.copy(shutil.which("true") or "/bin/true", tmp_path / "program")
    return tmp_path


@pytest.mark.parametrize("name", RIGHTS)
def test_a_right_is_refused_without_a_rule_and_granted_with_one(name: str, folder: Path) -> None:
    right, action = RIGHTS[name]
    if landlock.version() < SINCE.get(name, 1):
        missing(f"Landlock here is of version {landlock.version()}")
    if name in ("MAKE_CHAR", "MAKE_BLOCK") and os.geteuid():
        pytest.skip("only root can make devices")
    refused = errno.EXDEV if name == "REFER" else errno.EACCES
    assert in_child(lambda: landlock.restrict(right), lambda: action(folder)) == refused
    above = "/" if name == "EXECUTE" else str(folder)  # a program's loader is run too
    assert in_child(lambda: landlock.restrict(right, [(above, right)]), lambda: action(folder)) == 0


@pytest.mark.parametrize("name", [name for name in RIGHTS if name != "REFER"])  # which every ruleset refuses
def test_a_right_that_is_not_given_up_is_kept(name: str, folder: Path) -> None:
    right, action = RIGHTS[name]
    if name in ("MAKE_CHAR", "MAKE_BLOCK") and os.geteuid():
        pytest.skip("only root can make devices")
    others = landlock.file_rights(landlock.version()) & ~right
    assert in_child(lambda: landlock.restrict(others, [("/", others)]), lambda: action(folder)) == 0


def test_ioctl_on_devices() -> None:
    if landlock.version() < 5:
        missing("Landlock here knows no right about ioctl")

    def ask() -> None:
        with open("/dev/null", "rb") as device:
            fcntl.ioctl(device, TCGETS, bytes(64))

    right = landlock.IOCTL_DEV
    assert in_child(lambda: landlock.restrict(right), ask) == errno.EACCES
    assert in_child(lambda: landlock.restrict(right, [("/dev/null", right)]), ask) == errno.ENOTTY


def test_tcp() -> None:
    if landlock.version() < 4:
        missing("Landlock here knows no rights about TCP")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def connect() -> None:
            socket.create_connection(("127.0.0.1", port)).close()

        def bind() -> None:
            socket.create_server(("127.0.0.1", 0)).close()

        for right, action, allowed in ((landlock.CONNECT_TCP, connect, port), (landlock.BIND_TCP, bind, 0)):

            def give_up(right: int = right) -> None:
                landlock.restrict(landlock.MAKE_BLOCK, tcp=right)

            def but_for(right: int = right, allowed: int = allowed) -> None:
                landlock.restrict(landlock.MAKE_BLOCK, tcp=right, ports=[(allowed, right)])

            assert in_child(give_up, action) == errno.EACCES
            assert in_child(but_for, action) == 0


def test_signals_and_abstract_sockets_stay_within_the_domain() -> None:
    if landlock.version() < landlock.SIGNALS_SINCE:
        missing("Landlock here cannot keep signals in")
    mine = os.getpid()
    name = f"\0grader-test-{mine}"

    def connect() -> None:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(name)

    def signal_a_child() -> None:
        child = os.fork()
        if not child:
            signal.pause()
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)

    def scoped(scope: int) -> Callable[[], None]:
        return lambda: landlock.restrict(landlock.MAKE_BLOCK, scope=scope)

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        assert in_child(scoped(landlock.ABSTRACT_UNIX_SOCKET), connect) == errno.EPERM
        assert in_child(scoped(landlock.SIGNAL), connect) == 0
    assert in_child(scoped(landlock.SIGNAL), lambda: os.kill(mine, 0)) == errno.EPERM
    assert in_child(scoped(landlock.ABSTRACT_UNIX_SOCKET), lambda: os.kill(mine, 0)) == 0
    assert in_child(scoped(landlock.SIGNAL), signal_a_child) == 0


def test_stepping_down_leaves_reading_and_takes_writing_elsewhere(folder: Path) -> None:
    def down() -> None:
        landlock.step_down([(str(folder / "empty"), landlock.SCRATCH)])

    parent = os.getpid()
    assert in_child(down, lambda: read(folder)) == 0
    assert in_child(down, lambda: write(folder)) == errno.EACCES
    assert in_child(down, lambda: make_file(folder / "empty")) == 0
    assert in_child(down, lambda: os.listdir(folder)) == 0
    assert in_child(down, lambda: open(f"/proc/{parent}/mem", "rb")) in (errno.EACCES, errno.EPERM)


def test_a_path_that_is_not_there_is_passed_over(folder: Path) -> None:
    rules = [("/no/such/path", landlock.READ), (str(folder), landlock.READ)]
    assert in_child(lambda: landlock.restrict(landlock.READ, rules), lambda: read(folder)) == 0
