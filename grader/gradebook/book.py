"""The gradebook of a course: an SQLite file with a write-ahead log.

A result is written once, in one transaction, and never changed. Killing whoever writes loses what was not written yet,
which is at most what was being graded.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import msgspec

from grader.gradebook.entry import Entry, GradebookError, Graded, Handed
from grader.gradebook.holder import is_alive, myself
from grader.gradebook.schema import SCHEMA, TABLES
from grader.result import Result

NAME = "gradebook.sqlite"
BUSY_SECONDS = 60.0  # that another process's transaction may take; each is a few rows
PAGE = 64  # entries that are read at once

_COLUMNS = "student, submission, submitted, digest, record, problem, fault, attempts, graded, notes, settings"
_LATEST = """SELECT h.student, h.submission, h.submitted, h.digest, r.record, r.problem, r.fault,
                    coalesce(r.attempts, 0), r.graded, coalesce(r.notes, h.notes), coalesce(r.settings, '')
             FROM handed h LEFT JOIN results r ON r.id = (
                 SELECT max(id) FROM results
                 WHERE assignment = h.assignment AND student = h.student AND digest = h.digest)
             WHERE h.assignment = ?"""


class Gradebook:
    """An open gradebook. Several threads may use it; several processes may have it open."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._lock = threading.RLock()

    # -- opening -------------------------------------------------------------------------------------------------

    @classmethod
    def open(cls, path: Path, *, create: bool = False) -> Gradebook:
        """The gradebook at `path`, a file or the folder that it lies in. Raises GradebookError."""
        file = path / NAME if path.is_dir() else path
        if not create and not file.is_file():
            raise GradebookError(f"there is no gradebook at {file}; grader batch makes one")
        connection = None
        try:
            connection = sqlite3.connect(file, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
            _prepare(connection, file, create)
        except sqlite3.Error as error:
            if connection is not None:
                connection.close()
            if create:
                raise GradebookError(_told(file, error)) from None
            connection = _read_only(file, error)
        return cls(file, connection)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Gradebook:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- reading -------------------------------------------------------------------------------------------------

    def assignments(self) -> list[str]:
        """The assignments that something was handed in for, in order."""
        return [row[0] for row in self._rows("SELECT DISTINCT assignment FROM handed ORDER BY assignment")]

    def entries(self, assignment: str) -> Iterator[Entry]:
        """What each student handed in last and what became of it when it was last graded, by student; a few at a time,
        so that a class of any size takes as little memory."""
        last = ""
        while True:
            page = self._rows(f"{_LATEST} AND h.student > ? ORDER BY h.student LIMIT ?", (assignment, last, PAGE))
            yield from map(self._entry, page)
            if len(page) < PAGE:
                return
            last = page[-1][0]

    def entry(self, assignment: str, student: str) -> Entry | None:
        """The same for one student."""
        rows = self._rows(f"{_LATEST} AND h.student = ?", (assignment, student))
        return self._entry(rows[0]) if rows else None

    def history(self, assignment: str, student: str) -> list[Entry]:
        """Everything that was ever found out about a student's submissions, the oldest first."""
        query = f"SELECT {_COLUMNS} FROM results WHERE assignment = ? AND student = ? ORDER BY id"
        return [self._entry(row) for row in self._rows(query, (assignment, student))]

    def source(self, assignment: str) -> Path | None:
        """Where the submissions came from the last time."""
        rows = self._rows("SELECT path FROM sources WHERE assignment = ?", (assignment,))
        return Path(rows[0][0]) if rows else None

    def settings(self, assignment: str) -> list[str]:
        """The settings under which something was graded, the oldest first."""
        query = "SELECT settings FROM results WHERE assignment = ? GROUP BY settings ORDER BY min(id)"
        return [row[0] for row in self._rows(query, (assignment,))]

    def under(self, assignment: str, student: str, settings: str) -> Entry | None:
        """The last thing found out about a student under these settings."""
        query = f"""SELECT {_COLUMNS} FROM results WHERE assignment = ? AND student = ? AND settings = ?
                    ORDER BY id DESC LIMIT 1"""
        rows = self._rows(query, (assignment, student, settings))
        return self._entry(rows[0]) if rows else None

    # -- writing -------------------------------------------------------------------------------------------------

    def hand_in(self, assignment: str, handed: Iterable[Handed], source: Path | None = None) -> None:
        """From now on, these are their students' submissions, which came from `source`. Raises GradebookError."""
        with self._transaction() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO handed VALUES (?, ?, ?, ?, ?, ?)",
                (
                    (assignment, one.student, one.submission, one.digest, _text(one.submitted), json.dumps(one.notes))
                    for one in handed
                ),
            )
            if source is not None:
                connection.execute("INSERT OR REPLACE INTO sources VALUES (?, ?)", (assignment, str(source.absolute())))

    def is_graded(self, assignment: str, handed: Handed, settings: str, *, faults: bool = False) -> bool:
        """Whether there is a grade for these contents under these settings; with `faults`, or a fault instead."""
        query = f"""SELECT 1 FROM results WHERE assignment = ? AND student = ? AND digest = ? AND settings = ?
                    {"" if faults else "AND fault IS NULL"} LIMIT 1"""
        return bool(self._rows(query, (assignment, handed.student, handed.digest, settings)))

    def earlier(self, assignment: str, handed: Handed) -> int:
        """How many other contents of the same student had a record before these had one: the same number whenever it is
        asked."""
        theirs = "FROM results WHERE assignment = ? AND student = ? AND record IS NOT NULL"
        query = f"""SELECT count(*) FROM (SELECT min(id) AS first {theirs} AND digest != ? GROUP BY digest)
                    WHERE first < coalesce((SELECT min(id) {theirs} AND digest = ?), first + 1)"""
        what = (assignment, handed.student, handed.digest)
        return int(self._rows(query, (*what, *what))[0][0])

    def deaths(self, assignment: str, handed: Handed, settings: str) -> int:
        """How many processes have died while they graded it."""
        query = "SELECT deaths, holder FROM claims WHERE assignment = ? AND student = ? AND digest = ? AND settings = ?"
        rows = self._rows(query, (assignment, handed.student, handed.digest, settings))
        return rows[0][0] + (not is_alive(rows[0][1])) if rows else 0

    def claim(self, assignment: str, handed: Handed, settings: str, *, retry_faults: bool = False) -> bool:
        """Take it upon this process to grade it; False where it is graded, or another process that is alive is at it.

        Raises GradebookError."""
        what = (assignment, handed.student, handed.digest, settings)
        with self._transaction() as connection:
            if self.is_graded(assignment, handed, settings, faults=not retry_faults):
                return False
            query = (
                "SELECT holder, deaths FROM claims WHERE assignment = ? AND student = ? AND digest = ? AND settings = ?"
            )
            held = connection.execute(query, what).fetchone()
            deaths = 0
            if held is not None:
                if is_alive(held[0]):
                    return False
                deaths = held[1] + 1
            connection.execute("INSERT OR REPLACE INTO claims VALUES (?, ?, ?, ?, ?, ?)", (*what, myself(), deaths))
        return True

    def release(self, assignment: str, handed: Handed, settings: str) -> None:
        """Leave it to others. Raises GradebookError."""
        self._write(
            "DELETE FROM claims WHERE assignment = ? AND student = ? AND digest = ? AND settings = ? AND holder = ?",
            (assignment, handed.student, handed.digest, settings, myself()),
        )

    def write(self, assignment: str, handed: Handed, settings: str, graded: Graded, tries: int = 1) -> bool:
        """Write down what became of it, once, and end this process's claim; False where a grade is there already.

        Raises GradebookError."""
        what = (assignment, handed.student, handed.digest, settings)
        record = None if graded.result is None else msgspec.json.encode(graded.result)
        with self._transaction() as connection:
            if self.is_graded(assignment, handed, settings):
                return False
            query = """SELECT coalesce(max(attempts), 0) FROM results
                       WHERE assignment = ? AND student = ? AND digest = ? AND settings = ?"""
            attempts = connection.execute(query, what).fetchone()[0] + tries
            connection.execute(
                """INSERT INTO results (assignment, student, digest, settings, submission, submitted, notes,
                                        record, problem, fault, attempts, graded)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                (
                    *what,
                    handed.submission,
                    _text(handed.submitted),
                    json.dumps(handed.notes),
                    record,
                    graded.problem,
                    graded.fault,
                    attempts,
                    _text(datetime.now(UTC)),
                ),
            )
            connection.execute(
                "DELETE FROM claims WHERE assignment = ? AND student = ? AND digest = ? AND settings = ?", what
            )
        return True

    # -- SQLite --------------------------------------------------------------------------------------------------

    def _rows(self, query: str, values: tuple[object, ...] = ()) -> list[tuple]:  # type: ignore[type-arg]
        with self._lock:
            try:
                with closing(self._connection.execute(query, values)) as cursor:
                    return cursor.fetchall()
            except sqlite3.Error as error:
                raise GradebookError(_told(self.path, error)) from None

    def _write(self, query: str, values: tuple[object, ...]) -> None:
        with self._transaction() as connection:
            connection.execute(query, values)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All of it or nothing; no other process writes meanwhile. Raises GradebookError."""
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                    self._connection.execute("COMMIT")
                finally:
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
            except sqlite3.Error as error:
                raise GradebookError(_told(self.path, error)) from None

    def _entry(self, row: tuple) -> Entry:  # type: ignore[type-arg]
        student, submission, submitted, digest, record, problem, fault, attempts, graded, notes, settings = row
        try:
            result = None if record is None else msgspec.json.decode(record, type=Result)
            told = tuple(msgspec.json.decode(notes, type=list[str]))
        except msgspec.MsgspecError as error:
            raise GradebookError(f"{self.path}: the record of {student} cannot be read: {error}") from None
        return Entry(
            student,
            submission,
            _time(submitted),
            digest,
            result,
            problem,
            fault,
            attempts,
            _time(graded),
            told,
            settings,
        )


def _prepare(connection: sqlite3.Connection, file: Path, create: bool) -> None:
    """Make the tables, where there are none. Raises GradebookError, sqlite3.Error."""
    connection.execute("PRAGMA trusted_schema = OFF")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA:
        connection.close()
        raise GradebookError(f"{file} was made by a later grader; use that one, or another --out")
    if version < SCHEMA and not create:
        connection.close()
        raise GradebookError(f"{file} is not a gradebook; grader batch makes one")
    if create:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # what was written survives a loss of power too
        if version < SCHEMA:
            connection.executescript(f"BEGIN IMMEDIATE; {TABLES} PRAGMA user_version = {SCHEMA}; COMMIT;")


def _read_only(file: Path, error: sqlite3.Error) -> sqlite3.Connection:
    """A gradebook where nothing can be written, not even beside it. Raises GradebookError."""
    log = file.with_name(f"{file.name}-wal")
    if log.exists() and log.stat().st_size:
        raise GradebookError(
            f"{file} has a log beside it that is not part of it yet, as a killed batch leaves it: read it "
            "where it can be written"
        )
    try:
        connection = sqlite3.connect(
            f"{file.absolute().as_uri()}?immutable=1", uri=True, isolation_level=None, check_same_thread=False
        )
        _prepare(connection, file, create=False)
    except sqlite3.Error:
        raise GradebookError(_told(file, error)) from None
    return connection


def _told(file: Path, error: sqlite3.Error) -> str:
    """An error of SQLite's as a sentence."""
    why = {
        "SQLITE_FULL": "the disk is full",
        "SQLITE_READONLY": "it cannot be written",
        "SQLITE_CANTOPEN": "it cannot be made there: is the folder there, and may it be written?",
        "SQLITE_NOTADB": "it is no gradebook",
        "SQLITE_CORRUPT": "it is damaged",
        "SQLITE_BUSY": f"another process has kept it locked for {BUSY_SECONDS:.0f} s",
    }
    name = getattr(error, "sqlite_errorname", "")
    known = next((words for code, words in why.items() if name.startswith(code)), None)
    return f"{file}: {known or error}"


def _text(time: datetime | None) -> str | None:
    return None if time is None else time.astimezone(UTC).isoformat()


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
