"""The tables."""

from __future__ import annotations

SCHEMA = 1  # PRAGMA user_version; a gradebook of a later one is left alone

# handed: the submission of each student that counts, which is the one handed in last.
# sources: where they came from.
# results: everything that was ever found out, in that order; a row is never changed. What has a grade has one.
# claims: what is being graded, and by which process; what a killed one leaves behind is free for the next.
TABLES = """
CREATE TABLE IF NOT EXISTS handed (
    assignment TEXT NOT NULL,
    student TEXT NOT NULL,
    submission TEXT NOT NULL,
    digest TEXT NOT NULL,
    submitted TEXT,
    notes TEXT NOT NULL,
    PRIMARY KEY (assignment, student)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS sources (
    assignment TEXT PRIMARY KEY,
    path TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS results (
    id INTEGER PRIMARY KEY,
    assignment TEXT NOT NULL,
    student TEXT NOT NULL,
    submission TEXT NOT NULL,
    digest TEXT NOT NULL,
    submitted TEXT,
    notes TEXT NOT NULL,
    settings TEXT NOT NULL,
    record BLOB,
    problem TEXT,
    fault TEXT,
    attempts INTEGER NOT NULL,
    graded TEXT NOT NULL,
    CHECK ((record IS NOT NULL) + (problem IS NOT NULL) + (fault IS NOT NULL) = 1)
);

CREATE UNIQUE INDEX IF NOT EXISTS graded_once
    ON results (assignment, student, digest, settings) WHERE fault IS NULL;

CREATE INDEX IF NOT EXISTS of_a_student ON results (assignment, student, id);

CREATE TABLE IF NOT EXISTS claims (
    assignment TEXT NOT NULL,
    student TEXT NOT NULL,
    digest TEXT NOT NULL,
    settings TEXT NOT NULL,
    holder TEXT NOT NULL,
    deaths INTEGER NOT NULL,
    PRIMARY KEY (assignment, student, digest, settings)
) WITHOUT ROWID;
"""
