"""A class as JUnit XML: a test suite for each student, a test case for each exercise.

An exercise that is not right is a failure; what the grader itself failed at is an error; what could not be asked on
this machine is skipped.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from xml.etree import ElementTree

from grader.course import Assignment
from grader.explain import told_safely
from grader.gradebook import Entry
from grader.report.grade import cell, grade
from grader.report.terminal import lines
from grader.result import ExerciseResult, Verdict

Element = ElementTree.Element
COUNTED = {"failures": "failure", "errors": "error", "skipped": "skipped"}
LONGEST = 20_000  # characters of one text


def junit_of(entries: Iterable[Entry], assignment: Assignment) -> bytes:
    """UTF-8, with the declaration."""
    root = Element("testsuites", name=assignment.name)
    for entry in entries:
        root.append(_suite(entry, assignment))
    for count in ("tests", *COUNTED):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    ElementTree.indent(root)
    xml: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return xml + b"\n"


def _suite(entry: Entry, assignment: Assignment) -> Element:
    suite = Element("testsuite", name=cell(entry.student) or "?")
    if entry.graded is not None:
        suite.set("timestamp", entry.graded.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"))
    told = grade(entry, assignment)
    exercises = entry.result.exercises if entry.result is not None else ()
    for one in exercises:
        suite.append(_case(one, assignment))
    if not exercises:
        case = _element(suite, "testcase", name="submission", classname=assignment.name, time="0")
        kind = "error" if told.points is None else "failure"
        _element(case, kind, type=told.status.replace(" ", "_"), message=told.sentence or told.status)
    suite.set("tests", str(len(suite)))
    for count, tag in COUNTED.items():
        suite.set(count, str(len(suite.findall(f"testcase/{tag}"))))
    suite.set("time", "0")
    return suite


def _case(one: ExerciseResult, assignment: Assignment) -> Element:
    module, _, name = one.id.partition(".")
    case = Element("testcase", name=name, classname=f"{assignment.name}.{module}", time="0")
    message = cell(one.told)
    if one.verdict is Verdict.GRADER_FAULT:
        _element(case, "error", type=one.verdict.value, message=message)
    elif one.out_of == 0:
        _element(case, "skipped", message=message)
    elif one.verdict is not Verdict.RIGHT:
        failure = _element(case, "failure", type=one.verdict.value, message=message)
        failure.text = _text("\n".join(lines(one, printed=False)))
    if one.printed.strip():
        _element(case, "system-out").text = _text(one.printed)
    return case


def _element(parent: Element, tag: str, **attributes: str) -> Element:
    return ElementTree.SubElement(parent, tag, attributes)


def _text(text: str) -> str:
    """Bounded, and without the characters that XML 1.0 forbids: all of them are unprintable."""
    cut = text if len(text) <= LONGEST else f"{text[:LONGEST]}\n... {len(text) - LONGEST:,} characters left out"
    return "\n".join(told_safely(line) for line in cut.splitlines())
