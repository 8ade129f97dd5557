"""Rules that are kept in the source: loops, and names that may not be called.

The source is read before any of the submission's code has run, and parsed in a process that has run none of it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Container, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Protocol

import msgspec

from grader import wire
from grader.oracle import OracleFault
from grader.peer import Lost, Peer, PeerLost, printable
from grader.rules.breach import Breach
from grader.rules.calls import forbidding
from grader.spec import Exercise, LoopLimit, NoCalls
from grader.spec.checks import Module
from grader.submission import Submission

SOURCE_LIMIT = 512 << 10  # bytes of one module; parsing takes up to 500 times as many
INSPECT_SECONDS = 20.0
ENTRIES = 10_000  # of a folder that are looked at


def read_sources(submission: Submission) -> dict[str, bytes]:
    """The modules of a submission as bytes, each up to one more than the limit; empty where there is no plain file."""
    return {name: _read(submission.folder / f"{name}.py") for name in submission.modules}


def own_modules(submission: Submission, given: Path) -> frozenset[str]:
    """The names under which a submission may import what it has brought along, but for what the course gives."""
    with os.scandir(submission.folder) as entries:
        names = {entry.name.partition(".")[0] for entry in islice(entries, ENTRIES)}
    return frozenset(name for name in names if not ((given / f"{name}.py").exists() or (given / name).is_dir()))


def _read(path: Path) -> bytes:
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            return file.read(SOURCE_LIMIT + 1) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else b""
    except OSError:
        return b""


class Blanks(Protocol):
    """Where processes come from that have run nobody's code."""

    def fresh(self) -> Peer:
        """One of them. Raises PeerLost."""

    def keep(self, worker: Peer) -> None:
        """It has still run nobody's code: for whoever wants one next."""

    def give_up(self, worker: Peer) -> None:
        """End it, and blame nobody for the limits that it has run into."""


class SourceReader:
    """What the functions of one submission's modules do, each module read once: whatever a source may do to whoever
    parses it, it does to its own author. `ahead`: modules to be read as soon as any of them is, in the same process;
    `own`: what the submission may import of its own, which is not read."""

    def __init__(
        self, blanks: Blanks, sources: dict[str, bytes], ahead: Iterable[Module] = (), own: Container[str] = ()
    ) -> None:
        self._blanks = blanks
        self._sources = sources
        self._ahead = tuple(ahead)
        self._own = own
        self._read: dict[str, wire.Inspection] = {}
        self._worker: Peer | None = None

    def inspected(self, exercise: Exercise) -> wire.Inspected | str:
        """The function that an exercise is named after, or a sentence on why its source cannot be read.

        Raises OracleFault where no process can be had to read it in."""
        module = exercise.module
        if module.name not in self._read:
            wanted, self._ahead = (module, *self._ahead), ()
            for each in wanted:
                if each.name not in self._read:
                    self._read[each.name] = self._inspect(each)
            if self._worker is not None:
                self._blanks.keep(self._worker)
                self._worker = None
        inspection = self._read[module.name]
        if inspection.problem:
            return f"{module.name}.py {inspection.problem}, so its rules cannot be checked"
        names = exercise.functions
        found = {one.name: one for one in inspection.functions if one.name in names}
        given = (found[name] for name in names if name in found and (found[name].found or found[name].unread))
        return self._with_stars(next(given, found[names[0]]))

    def _with_stars(self, inspected: wire.Inspected) -> wire.Inspected:
        """With a doubt, where a module of the submission may have replaced what was read."""
        for star in inspected.stars:
            if not inspected.unread and star.name.lstrip(".").partition(".")[0] in self._own:
                return msgspec.structs.replace(
                    inspected, unread=f"line {star.line} imports everything from `{star.name}`"
                )
        return inspected

    def _inspect(self, module: Module) -> wire.Inspection:
        source = self._sources.get(module.name, b"")
        if len(source) > SOURCE_LIMIT:
            return wire.Inspection(problem=f"is longer than {SOURCE_LIMIT >> 10} KB")
        names = dict.fromkeys(name for exercise in module.exercises for name in exercise.functions)
        died = 0
        while True:
            used = self._worker is not None
            reply, lost = self._ask(wire.Inspect(source, list(names)))
            if not (isinstance(reply, wire.Inspection) and reply.problem):
                break
            self._give_up()
            if not used and (lost is not Lost.DIED or died):
                break  # neither what another module has done to the process nor a kill is this one's fault
            died += not used
        if not isinstance(reply, wire.Inspection):
            raise OracleFault(f"{module.name}.py was not inspected")
        return reply

    def _ask(self, request: wire.Inspect) -> tuple[wire.Reply, Lost | None]:
        """What the process replies, a new one where there is none; and why it did not."""
        if self._worker is None:
            try:
                self._worker = self._blanks.fresh()
            except PeerLost as lost:
                if lost.cause is Lost.MEMORY:
                    return wire.Inspection(problem="cannot be read, for all memory is used up"), lost.cause
                raise OracleFault(f"no worker could be started: {lost}") from None
        try:
            return self._worker.call(request, seconds=INSPECT_SECONDS)[0], None
        except PeerLost as lost:
            return wire.Inspection(problem="takes too long to be read"), lost.cause

    def _give_up(self) -> None:
        if self._worker is not None:
            self._blanks.give_up(self._worker)
            self._worker = None


def about_source(exercise: Exercise) -> bool:
    """Whether the exercise has rules about its source."""
    return any(isinstance(rule, LoopLimit | NoCalls) for rule in exercise.rules)


def source_breach(exercise: Exercise, inspected: wire.Inspected | str) -> Breach | None:
    """The first of the exercise's rules about its source that is broken."""
    rules = [rule for rule in exercise.rules if isinstance(rule, LoopLimit | NoCalls)]
    if not rules:
        return None
    file = f"{exercise.module.name}.py"
    if isinstance(inspected, str):
        return Breach(rules[0], inspected)
    if not inspected.found and not inspected.unread:
        away = f"it is imported from `{printable(inspected.imported_from)}`" if inspected.imported_from else ""
        sentence = f"{away or f'{file} has no `def` of it'}, so its rules cannot be checked: define it in {file}"
        return Breach(rules[0], sentence)
    for rule in rules:
        told = _too_many(rule, inspected, file) if isinstance(rule, LoopLimit) else _forbidden(rule, inspected, file)
        if told is not None:
            return Breach(rule, told)
    if inspected.unread:
        return Breach(rules[0], f"in {file} {printable(inspected.unread[:200])}, so its rules cannot be checked")
    return None


def _too_many(rule: LoopLimit, inspected: wire.Inspected, file: str) -> str | None:
    loops = inspected.varying if rule.constant_allowed else inspected.loops
    if len(loops) > rule.most:
        return f"it has {loops_in_words(loops, inspected.name, file)}; the rule is: {rule.sentence}"
    if rule.exactly and len(loops) < rule.most:
        return f"it has {len(loops) or 'no'} Python loop{'s' if len(loops) > 1 else ''}; the rule is: {rule.sentence}"
    return None


def loops_in_words(loops: Sequence[wire.Loop], function: str, file: str) -> str:
    """ "a `for` loop in line 12 of knn.py", "2 Python loops in lines 12 and 15 of knn.py"."""
    lines = _and(dict.fromkeys(str(loop.line) for loop in loops))
    where = f"in line{'s' if ' ' in lines else ''} {lines} of {file}"
    helpers = dict.fromkeys(loop.function for loop in loops if loop.function != function)
    through = f", in {_and(f'`{printable(name)}`' for name in helpers)}" if helpers else ""
    if len(loops) == 1:
        return f"a {printable(loops[0].kind)} {where}{through}"
    return f"{len(loops)} Python loops {where}{through}"


def _forbidden(rule: NoCalls, inspected: wire.Inspected, file: str) -> str | None:
    for use in inspected.uses:
        if forbidding(rule, use.name):
            name = printable(use.name).removeprefix("?")
            through = f", in `{printable(use.function)}`" if use.function != inspected.name else ""
            return f"it uses `{name}` in line {use.line} of {file}{through}, which it has to do without"
    return None


def _and(words: Iterable[str]) -> str:
    """ "1", "1 and 2", "1, 2 and 3", at most five of them."""
    words = list(words)
    words = [*words[:4], "others"] if len(words) > 5 else words
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
