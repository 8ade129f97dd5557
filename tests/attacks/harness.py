"""Grades an attack under a level and lists what it has gained: nothing, if the level holds.

What is looked for, whatever the attack:

    points      above what its honest part earns; or fewer for what it does not concern
    secrets     anything that begins with "canary-" in the record, on the terminal or in a page
    breaches    what the attack itself says that it has reached; what it was sent or has sent
    the judge   an exception, a grader fault, a verdict without a sentence, characters that a terminal obeys,
                descriptors that stay open
    traces      processes, files, shared memory; a changed submission
    the next    the right submission, graded at once afterwards, has another record than before
    time        it takes longer than its limits allow
"""

from __future__ import annotations

import hashlib
import importlib
import io
import json
import os
import pkgutil
import resource
import shutil
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import msgspec
from rich.console import Console

from grader import interview, sandbox
from grader.course import Assignment
from grader.report import terminal
from grader.report.html import page_of_result
from grader.result import Result, Verdict
from grader.sandbox.processes import descendants, is_zombie
from tests.attacks.attack import Attack
from tests.attacks.levels import HandedIn, Level
from tests.attacks.world import CANARIES, CASE_NAMES, World

AFTERWARDS = ("kernels.pairwise", "chance.drop")  # what the next submission is asked, and every attack
ENOUGH_SECONDS = 60.0  # for anything but what is to run into its limits many times; a judge that waits waits for ever
ACTIVE = {"script", "img", "iframe", "object", "embed", "link", "form", "input", "base", "video", "audio", "applet"}
RECORD_BYTES = 1 << 20  # of a record; a submission may not choose its size
MEMORY_BYTES = 1 << 30  # by which the judge may grow over one submission: an answer of up to 256 MB is legal


class TooLong(BaseException):
    """The judge was still waiting."""


class Arena:
    """A world, and the levels that were started in it."""

    def __init__(self, attacks: Sequence[Attack]) -> None:
        self.world = World()
        self._attacks = attacks
        self._levels: dict[str, Level] = {}
        self._right: dict[str, Result] = {}

    def level(self, name: str) -> Level:
        """Raises SandboxError where this machine does not give it."""
        if name not in self._levels:
            with self.world.environment():
                level = Level(name, self.world, self._attacks)
                self._right[name] = level.grade(level.right(None), AFTERWARDS)
            self._levels[name] = level
        return self._levels[name]

    def close(self) -> None:
        """End everything."""
        for level in self._levels.values():
            level.close()
        self.world.close()

    def complaints(self, attack: Attack, name: str) -> list[str]:
        """What the attack gains under this level; empty when it gains nothing."""
        level = self.level(name)
        with self.world.environment():
            return self._complaints(attack, level)

    def _complaints(self, attack: Attack, level: Level) -> list[str]:
        handed_in = level.hand_in(attack)
        asked = tuple(dict.fromkeys((*attack.honest, "kernels.Momentum.step", *AFTERWARDS)))
        before, tree = self._footprint(), _tree(handed_in.folder)
        found: list[str] = []
        try:
            with _limits(attack, self.world):
                begin = time.monotonic()
                results = [level.grade(handed_in, asked) for _ in range(2 if attack.twice else 1)]
                seconds = time.monotonic() - begin
            found += self._about(attack, results, seconds)
        except (Exception, TooLong) as error:
            found.append(f"the judge failed: {type(error).__name__}: {error}")
        try:
            if _tree(handed_in.folder) != tree:
                found.append("its own folder is not as it was handed in")
            found += self.world.complaints(handed_in.marker, handed_in.key)
            found += self._compare_footprints(before)
            found += self._about_the_next(level, handed_in)
        finally:
            self._restore(level, handed_in, bool(found))
        return found

    def _about(self, attack: Attack, results: list[Result], seconds: float) -> list[str]:
        found: list[str] = []
        for result in results:
            found += points(attack, result, self.world.assignment)
            found += clear(result, self.world.assignment)
            found += secrets(result, self.world.assignment)
        said = "\n".join(_printed(result) for result in results)
        found += sorted({line for line in said.splitlines() if line.startswith("[breach]")})
        if not attack.silent and "[attempt]" not in said:
            verdicts = {one.id: (one.verdict.value, one.sentence) for one in results[0].exercises}
            found.append(f"it never says that it has acted: {verdicts}, {results[0].modules}")
        if attack.verdicts:
            told = {str(one.verdict) for result in results for one in result.exercises if one.id in attack.honest}
            if not told <= set(attack.verdicts):
                found.append(f"its verdict is {', '.join(sorted(told))}, not {' or '.join(attack.verdicts)}")
        if seconds > ENOUGH_SECONDS:
            found.append(f"it took {seconds:.0f} s")
        return found

    def _about_the_next(self, level: Level, beside: HandedIn) -> list[str]:
        try:
            with _alarm():
                after = level.grade(level.right(beside), AFTERWARDS)
        except (Exception, TooLong) as error:
            return [f"the next submission cannot be graded: {type(error).__name__}: {error}"]
        if _comparable(after) != _comparable(self._right[level.name]):
            return [f"the next submission's record is another one: {after}"]
        return []

    def _restore(self, level: Level, handed_in: HandedIn, harmed: bool) -> None:
        if harmed:
            self._levels.pop(level.name).close()
        if self.world.restore(handed_in.marker, handed_in.key):
            while self._levels:
                self._levels.popitem()[1].close()
        if not handed_in.inside:
            shutil.rmtree(handed_in.folder, ignore_errors=True)

    def _footprint(self) -> dict[str, Any]:
        return {
            "descriptors": set(os.listdir("/proc/self/fd")),
            "processes": self._processes(),
            "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }

    def _processes(self) -> set[int]:
        """Living processes below this one, without the trusted ones."""
        trusted = self.world.trusted.processes
        return {pid for pid in descendants(os.getpid()) - trusted if not is_zombie(pid)}

    def _compare_footprints(self, before: dict[str, Any]) -> list[str]:
        now, found = self._footprint(), []
        if left := now["processes"] - before["processes"]:
            found.append(f"processes are left: {sorted(map(_describe, left))}")
        if gone := before["processes"] - now["processes"]:
            found.append(f"processes are gone: {sorted(gone)}")
        if len(now["descriptors"]) > len(before["descriptors"]) + 4:  # the oracle keeps answers and workers
            found.append(f"the judge holds {len(now['descriptors']) - len(before['descriptors'])} more descriptors")
        if now["memory"] - before["memory"] > MEMORY_BYTES:
            found.append(f"the judge has grown by {(now['memory'] - before['memory']) >> 20} MB")
        return found


# -- what a record shows -----------------------------------------------------------------------------------------------


def points(attack: Attack, result: Result, assignment: Assignment) -> list[str]:
    """Points above what is honestly earned, or below where the attack does not reach."""
    found = []
    for one in result.exercises:
        full = assignment.checks[one.id].points
        if one.out_of != full:
            found.append(f"{one.id} is out of {one.out_of:g}, not {full:g}")
        if one.id not in attack.honest:
            if one.points != full:
                found.append(f"{one.id} has {one.points:g} of {full:g} points: {one.verdict}, {one.sentence}")
        elif one.points > attack.honest[one.id] + 1e-9:
            found.append(f"{one.id} has {one.points:g} points, and {attack.honest[one.id]:g} are honest")
    if abs(result.points - sum(one.points for one in result.exercises)) > 1e-6:
        found.append("the points do not add up")
    return found


def clear(result: Result, assignment: Assignment) -> list[str]:
    """Whether every verdict is one, says why, and shows nothing that a terminal or a browser would obey."""
    found = []
    for one in result.exercises:
        if one.verdict is Verdict.GRADER_FAULT:
            found.append(f"{one.id}: a grader fault: {one.sentence}")
        if one.verdict is not Verdict.RIGHT and not one.sentence:
            found.append(f"{one.id}: {one.verdict} without a sentence")
        if len(one.sentence or "") > 4000:
            found.append(f"{one.id}: a sentence of {len(one.sentence or ''):,} characters")
    encoded = result.to_json()
    if len(encoded) > RECORD_BYTES:
        found.append(f"the record has {len(encoded):,} bytes")
    if msgspec.json.decode(encoded, type=Result) != result:
        found.append("the record does not survive JSON")
    shown = page(result, assignment)
    found += [f"a page that is more than text: {tag}" for tag in Tags(shown).found]
    texts = [*_strings(json.loads(encoded)), rendered(result), shown]
    for text in texts:
        bad = sorted({c for c in text if not (c.isprintable() or c in "\n\t")})
        if bad:
            found.append(f"characters that a terminal obeys: {bad} in {text[:80]!r}")
    return found


def secrets(result: Result, assignment: Assignment) -> list[str]:
    """Canaries in anything that is shown. The grader itself names a hidden case that fails; a submission must not."""
    shown = result.to_json().decode() + rendered(result) + page(result, assignment)
    printed = "\n".join(one.printed for one in (*result.modules, *result.exercises))
    found = []
    for text, canaries in ((shown, CANARIES), (printed, CASE_NAMES)):
        for canary in canaries:
            at = text.find(canary)
            if at >= 0:
                found.append(f"a secret is shown: {text[max(at - 60, 0) : at + 60]!r}")
    return found


def rendered(result: Result) -> str:
    """What a terminal gets."""
    console = Console(width=160, no_color=True, force_terminal=False, file=io.StringIO())
    terminal.show(result, console, verbose=True)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def page(result: Result, assignment: Assignment) -> str:
    """What a browser gets."""
    return page_of_result(result, assignment)


class Tags(HTMLParser):
    """What a page does beside showing text: tags that load or run something, handlers, addresses."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ACTIVE:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            is_address = name in ("href", "src", "xlink:href", "action", "data") and not (value or "").startswith("#")
            if name.startswith("on") or is_address:
                self.found.append(f"<{tag} {name}={(value or '')[:40]!r}>")


def _printed(result: Result) -> str:
    parts = [module.printed for module in result.modules] + [one.printed for one in result.exercises]
    parts += [one.sentence or "" for one in result.exercises]
    return "\n".join(parts)


def _comparable(result: Result) -> Result:
    """Without what is measured, and the name."""
    exercises = tuple(msgspec.structs.replace(one, speed=None) for one in result.exercises)
    return msgspec.structs.replace(result, exercises=exercises, submission="")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from (key, *_strings(item))
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


# -- helpers -----------------------------------------------------------------------------------------------------------


@contextmanager
def _limits(attack: Attack, world: World) -> Iterator[None]:
    """The attack's own, short limits on time, and an end for a judge that would wait for ever.

    Only how long is waited changes: what happens when it was long enough is the same after 20 s as after 2."""
    exercises = [world.assignment.checks[name] for name in attack.honest]
    with ExitStack() as patches:
        for module, name in waits() if attack.seconds else ():
            patches.enter_context(mock.patch.object(module, name, attack.seconds))
        usual = [exercise.seconds for exercise in exercises]
        try:
            for exercise in exercises:
                exercise.seconds = attack.seconds or exercise.seconds
            with _alarm():
                yield
        finally:
            for exercise, seconds in zip(exercises, usual, strict=True):
                exercise.seconds = seconds


def waits() -> list[tuple[ModuleType, str]]:
    """Where the judge says how long it waits for an import, and for a fork."""
    found = [(interview, "IMPORT_SECONDS")]
    for info in pkgutil.iter_modules(sandbox.__path__):
        if info.name != "launcher":  # a program, not a module
            module = importlib.import_module(f"grader.sandbox.{info.name}")
            found += [(module, name) for name in ("SPAWN_SECONDS", "REAP_SECONDS") if hasattr(module, name)]
    return found


@contextmanager
def _alarm() -> Iterator[None]:
    def ring(number: int, frame: Any) -> None:
        raise TooLong(f"still waiting after {2 * ENOUGH_SECONDS:g} s")

    handler = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 2 * ENOUGH_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)


def _tree(folder: Path) -> str:
    lines = []
    for path in sorted(folder.rglob("*")):
        info = path.lstat()
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() and not path.is_symlink() else ""
        lines.append(f"{path.relative_to(folder)!s} {info.st_mode} {digest}")
    return "\n".join(lines)


def _describe(pid: int) -> str:
    try:
        return f"{pid} {Path(f'/proc/{pid}/comm').read_text().strip()}"
    except OSError:
        return str(pid)


__all__ = ["Arena", "clear", "page", "points", "rendered", "secrets"]
