"""The seccomp filter of a cage: what no submission needs, and what would lead out of a cage that has a hole."""

from __future__ import annotations

import errno
import importlib
import tempfile
from functools import cache
from types import ModuleType

from grader.sandbox.cage import SandboxError

# Namespaces and mounts, other processes' memory, the kernel's own interfaces, clocks, keys, memory
# that no limit on files counts.
DENIED = """
    unshare setns mount umount umount2 pivot_root chroot mount_setattr open_tree open_tree_attr move_mount fsopen
    fsconfig fsmount fspick statmount listmount
    ptrace process_vm_readv process_vm_writev pidfd_getfd kcmp process_madvise process_mrelease
    bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register
    keyctl add_key request_key
    kexec_load kexec_file_load init_module finit_module delete_module reboot swapon swapoff acct syslog vhangup quotactl
    quotactl_fd lookup_dcookie nfsservctl iopl ioperm modify_ldt personality
    name_to_handle_at open_by_handle_at fanotify_init fanotify_mark
    settimeofday clock_settime clock_adjtime clock_adjtime64 adjtimex stime sethostname setdomainname
    move_pages migrate_pages mbind set_mempolicy set_mempolicy_home_node memfd_secret
    sched_setattr sched_setscheduler sched_setparam setpriority ioprio_set
    shmget shmat shmctl semget semop semctl msgget msgsnd msgrcv msgctl mq_open mq_unlink memfd_create
"""

# What Landlock does not govern, where the files in sight are the machine's own.
DENIED_WITHOUT_NAMESPACES = """
    chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes futimesat utimensat
    setxattr lsetxattr fsetxattr setxattrat removexattr lremovexattr fremovexattr removexattrat
    inotify_init inotify_init1 inotify_add_watch
"""

# Calls that an older libseccomp has no name for; since Linux 5.1 a number means the same on every architecture.
RECENT = {
    "process_madvise": 440,
    "mount_setattr": 442,
    "quotactl_fd": 443,
    "memfd_secret": 447,
    "process_mrelease": 448,
    "set_mempolicy_home_node": 450,
    "fchmodat2": 452,
    "statmount": 457,
    "listmount": 458,
    "setxattrat": 463,
    "removexattrat": 466,
    "open_tree_attr": 467,
}
UNKNOWN = -1

NEW_NAMESPACES = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)
AF_UNIX = 1
KIND, SOCK_DGRAM, SOCK_RAW = 0xF, 2, 3
TERMINAL = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX: typing into a terminal


@cache
def program(namespaces: bool, gpu: bool = False) -> bytes:
    """The filter for this machine's architecture. With namespaces, sockets between processes are allowed, since nobody
    else can be reached by them; without, there are no sockets but pairs, or beside a GPU such as cannot call anybody:
    CUDA makes one when it starts. Raises SandboxError without libseccomp."""
    seccomp = _seccomp()
    denied = seccomp.ERRNO(errno.EPERM)
    built = seccomp.SyscallFilter(seccomp.ALLOW)
    for name in (DENIED if namespaces else DENIED + DENIED_WITHOUT_NAMESPACES).split():
        number = seccomp.resolve_syscall(seccomp.Arch.NATIVE, name)
        if number == UNKNOWN:
            number = RECENT.get(name, UNKNOWN)
        if number >= 0:  # else this architecture has no such call
            built.add_rule(denied, number)
    built.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")  # its flags are out of a filter's sight; libc falls back
    for flag in NEW_NAMESPACES:
        built.add_rule(denied, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, flag, flag))
    if namespaces or gpu:
        built.add_rule(denied, "socket", seccomp.Arg(0, seccomp.NE, AF_UNIX))
    if gpu and not namespaces:
        built.add_rule(denied, "connect")
        for kind in (SOCK_DGRAM, SOCK_RAW):  # of datagrams each says where it goes
            built.add_rule(denied, "socket", seccomp.Arg(1, seccomp.MASKED_EQ, KIND, kind))
    if not namespaces and not gpu:
        built.add_rule(denied, "socket")
    for request in TERMINAL:
        built.add_rule(denied, "ioctl", seccomp.Arg(1, seccomp.MASKED_EQ, 0xFFFFFFFF, request))
    built.add_rule(denied, "prlimit64", seccomp.Arg(0, seccomp.NE, 0))  # others' limits
    with tempfile.TemporaryFile() as file:
        built.export_bpf(file)
        file.seek(0)
        return file.read()


def missing() -> str | None:
    """What to install where no filter can be built."""
    try:
        _seccomp()
    except SandboxError as error:
        return str(error)
    return None


def _seccomp() -> ModuleType:
    try:
        return importlib.import_module("pyseccomp")
    except ModuleNotFoundError:
        raise SandboxError("pyseccomp is missing: pip install pyseccomp") from None
    except (RuntimeError, OSError):
        raise SandboxError("libseccomp is missing: apt-get install libseccomp2") from None
