"""bubblewrap's command line: an empty room with Python in it, in namespaces of its own."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from grader.gpu import GPU, READS, environment
from grader.sandbox.launch import ENVIRONMENT
from grader.sandbox.libraries import Libraries, own_package

CAGE = Path("/cage")  # submission/, checks.py, given/
SCRATCH = Path("/scratch")
OURS = Path("/grader")  # this package, as far as it is shown
STAGE = Path("/stage")  # in a zygote: everything that it may show its cages

INSIDE = "1000"  # the user that everybody is in there

DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


def find() -> str | None:
    """bubblewrap's program."""
    return shutil.which("bwrap")


def arguments(
    bubblewrap: str,
    shown: Libraries,
    package: Path,
    seen_at: Mapping[Path, Path],
    binds: Sequence[tuple[Path, Path]],
    gpu: GPU | None = None,
) -> list[str]:
    """The command line up to what bubblewrap is to run. `seen_at`: where a bound path lies for whoever runs it.
    `binds`: further read-only binds (source, target)."""
    line = [
        bubblewrap,
        *("--unshare-all", "--unshare-user", "--disable-userns", "--as-pid-1", "--new-session"),
        *("--uid", INSIDE, "--gid", INSIDE, "--hostname", "cage", "--clearenv"),
    ]
    told = {**ENVIRONMENT, **environment(gpu), "HOME": str(SCRATCH), "TMPDIR": str(SCRATCH), "PYTHONPATH": str(OURS)}
    for name, value in told.items():
        line += ["--setenv", name, value]
    for path in shown.paths:
        line += ["--ro-bind", str(seen_at.get(path, path)), str(path)]
    for link, leads_to in shown.links.items():
        line += ["--symlink", leads_to, str(link)]
    ours = own_package()
    if ours is not None:
        line += ["--tmpfs", str(ours), "--remount-ro", str(ours)]
    line += ["--ro-bind", str(seen_at.get(package, package)), str(OURS)]
    line += ["--proc", "/proc", "--dev", "/dev"]
    if gpu is not None:
        for device in gpu.devices:
            line += ["--dev-bind", device, device]
        for folder in (*gpu.drivers, *READS):
            line += [] if folder == "/proc" else ["--ro-bind-try", folder, folder]
    for source, target in binds:
        line += ["--ro-bind", str(seen_at.get(source, source)), str(target)]
    return line


def finish(shown: Libraries, *options: str) -> list[str]:
    """What comes after all mounts: nothing but the scratch folders can be written to. /tmp is the scratch folder,
    unless a library lies below it: then it is a folder that nobody can write to."""
    taken = any(path.is_relative_to("/tmp") for path in map(Path, [*shown.paths, *shown.links]))
    shut = [] if taken else ["--symlink", str(SCRATCH), "/tmp"]
    return [*shut, "--remount-ro", "/dev", "--remount-ro", "/", *options, "--chdir", str(SCRATCH)]


def python(module: str, *told: str) -> list[str]:
    """The command that runs a module of ours inside."""
    return ["--", sys.executable, "-P", "-s", "-m", module, *told]
