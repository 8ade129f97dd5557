"""What this machine can do: every level tried on a submission that wants out, and what would help where one fails."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.sandbox import bubble, filter
from grader.sandbox.cage import SandboxError
from grader.sandbox.choose import BEST, automatic, open_sandbox
from grader.sandbox.probe import Finding, attempt
from grader.sandbox.room import Room
from grader.worker.cage import escape, landlock


@dataclass(frozen=True)
class Diagnosis:
    """One level: why it cannot be had (None: it can), what each attempt has seen, what is weaker than it can be."""

    level: str
    reason: str | None
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()


def examine(levels: Sequence[str] = BEST) -> list[Diagnosis]:
    """Try these levels."""
    return [_examine(level) for level in levels]


def available() -> list[str]:
    """The levels that this machine gives, from the strongest on."""
    return [*(told.level for told in examine() if told.reason is None), "none"]


def summary(diagnoses: Sequence[Diagnosis]) -> list[str]:
    """What a person wants to know first."""
    given = [told.level for told in diagnoses if told.reason is None]
    own = next(level for level in automatic() if level in (*given, "none"))
    strangers = given[0] if given else "none: it refuses to run strangers' code here"
    return [f"grader check uses level {own}; grader batch uses level {strangers}"]


def table(diagnoses: Sequence[Diagnosis]) -> list[str]:
    """A line for each attempt, a column for each level that could be tried."""
    tried = [told for told in diagnoses if told.findings]
    if not tried:
        return []
    names = [finding.attempt for finding in tried[0].findings]
    width = max(map(len, names))
    lines = ["".join(["what was tried".ljust(width), *(f"  {told.level:<8}" for told in tried)]).rstrip()]
    for name in names:
        found = [next(finding for finding in told.findings if finding.attempt == name) for told in tried]
        cells = "".join(f"  {'held' if one.held else 'open' if one.broken else 'admitted':<8}" for one in found)
        seen = "; ".join(dict.fromkeys(one.seen for one in found if one.seen))
        lines.append(f"{name.ljust(width)}{cells}  {seen}".rstrip())
    return lines


def advice() -> list[str]:
    """What to install or to allow."""
    found = []
    if bubble.find() is None:
        found.append("bubblewrap is missing (levels warm and cold): apt-get install bubblewrap")
    if problem := filter.missing():
        found.append(f"{problem} (levels warm, cold and user)")
    if not landlock.version():
        found.append(
            "this kernel has no Landlock (level user; a second wall in the others): Linux 5.13 or newer has it"
        )
    for file, bad, words in (
        ("kernel/unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone=1"),
        ("user/max_user_namespaces", "0", "sysctl user.max_user_namespaces=10000"),
        (
            "kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "sysctl kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile for bwrap",
        ),
    ):
        if _setting(file) == bad:
            found.append(f"user namespaces are restricted (levels warm and cold): {words}")
    return found


def _setting(name: str) -> str:
    try:
        return Path("/proc/sys", name).read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _examine(level: str) -> Diagnosis:
    findings: tuple[Finding, ...] = ()
    try:
        room = open_sandbox(level)
    except SandboxError as error:
        return Diagnosis(level, str(error))
    assert isinstance(room, Room)
    try:
        with tempfile.TemporaryDirectory(prefix="grader-doctor-") as folder:
            Path(folder, "empty.py").touch()
            checks = Path(escape.__path__[0]) / "checks.py"
            with room.untried(Path(folder), checks, Path(folder, "none")) as cage:
                findings = attempt(cage)
        broken = [f"{finding.attempt}: {finding.seen}" for finding in findings if finding.broken]
        reason = f"it does not hold: {'; '.join(broken)}" if broken else None
        return Diagnosis(level, reason, findings, tuple(room.notes))
    except SandboxError as error:
        return Diagnosis(level, str(error), findings)
    finally:
        room.close()
