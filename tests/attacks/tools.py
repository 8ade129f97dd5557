"""What attacks have in common. Lies in each attacking submission, beside `target.py`, which tells what a determined
attacker may have found out: paths, process ids and ports of the grading that it is in."""

import ctypes
import gc
import os
import re
import signal
import socket
import stat
import time

import target

PR_SET_NAME = 15
SECRET = re.compile(rb"canary-[a-z]+-[0-9a-f]{8}|canary_case_[a-z_]+")


def attempt(what=""):
    """Say that the attack has got so far that it acts: an attack that never acts proves nothing."""
    _say(1, f"[attempt] {what}")


def breach(what):
    """Say that the attack has reached what it must not reach."""
    _say(1, f"[breach] {what}")
    _say(2, f"[breach] {what}")


def spill(text):
    """Put what was found wherever a student can put something; returns it."""
    text = text if isinstance(text, str) else bytes(text).decode("latin-1")
    at = text.find("canary-")
    text = text[max(at - 50, 0) : at + 500] if at >= 0 else text[:500]
    _say(1, text)
    _say(2, text)
    return text


def search(data):
    """Spill every secret in these bytes (or this text); whether there was one."""
    data = data.encode("utf-8", "replace") if isinstance(data, str) else bytes(data)
    found = sorted(set(SECRET.findall(data)))
    for secret in found[:5]:
        spill(secret)
    return bool(found)


def _say(fd, text):
    try:
        os.write(fd, (text + "\n").encode("utf-8", "replace"))
    except OSError:
        pass


def libc():
    """The C library; errno through ctypes.get_errno()."""
    return ctypes.CDLL(None, use_errno=True)


def mark():
    """Make this process one that the harness finds, wherever its parents have gone, and that ends after 20 s."""
    libc().prctl(PR_SET_NAME, target.MARKER.encode(), 0, 0, 0)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(20)


def slow_import():
    """One that is quick to import is asked without a fork, where it was imported."""
    end = time.process_time() + 0.4
    while time.process_time() < end:
        pass


def child(work, *, daemon=False):
    """Run `work` in a marked process that nobody waits for; with `daemon`, out of the reach of its parents."""
    pid = os.fork()
    if pid:
        if daemon:
            os.waitpid(pid, 0)
        return pid
    try:
        if daemon:
            os.setsid()
            if os.fork():
                os._exit(0)
        mark()
        work()
    finally:
        os._exit(0)


def read(path, size=1 << 20):
    """The beginning of a file, or b"" where it cannot be read."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return b""
    try:
        return os.read(fd, size)
    except OSError:
        return b""
    finally:
        os.close(fd)


def descriptors(kind=None):
    """The open descriptors, or those for which `kind` (one of stat.S_ISSOCK, ...) holds."""
    found = []
    for fd in range(0, 1024):
        try:
            mode = os.fstat(fd).st_mode
        except OSError:
            continue
        if kind is None or kind(mode):
            found.append(fd)
    return found


def sockets():
    """Every open socket."""
    return [socket.socket(fileno=os.dup(fd)) for fd in descriptors(stat.S_ISSOCK)]


def worker():
    """The object that holds this process's module and checks."""
    from grader.worker.serve import Worker

    return next(item for item in gc.get_objects() if isinstance(item, Worker))


def frame(message, packer=None):
    """The bytes of a frame."""
    from grader import wire

    return b"".join(bytes(part) for part in wire.encode(message, packer).parts)


def answer(**outputs):
    """The bytes of an answer with these outputs."""
    from grader import wire
    from grader.worker.tensors import to_leaf

    packer = wire.Packer(to_leaf)
    return frame(wire.Answer(packer.pack(outputs)), packer)


def instead_of_reply(data):
    """Have the next frame that this worker sends replaced by these bytes."""
    from grader import wire

    wire.send = lambda sock, parts, descriptors=(): sock.sendall(data)


def parents():
    """The process ids of all ancestors that can be seen."""
    found, pid = [], os.getppid()
    while pid > 0:
        found.append(pid)
        text = read(f"/proc/{pid}/stat")
        pid = int(text.rpartition(b")")[2].split()[1]) if text else 0
    return found


def others():
    """Every process id that can be seen but for this process's own."""
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]
    except OSError:
        return []


def in_own_pid_namespace():
    """Whether this process is walled off from the processes of the machine: only then may it try to kill them all."""
    try:
        return os.readlink("/proc/self/ns/pid") != target.PID_NAMESPACE
    except OSError:
        return False
