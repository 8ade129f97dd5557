"""JUnit XML, against the schema that CI systems read (windyroad's, as far as they agree on it)."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from grader.course import Assignment
from grader.gradebook import Entry
from grader.report.junit import junit_of
from tests.report.test_grade import with_fault

CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase", "system-out", "system-err"},
    "testcase": {"skipped", "error", "failure", "system-out", "system-err"},
    "failure": set(),
    "error": set(),
    "skipped": set(),
    "system-out": set(),
}
REQUIRED = {
    "testsuites": {"tests", "failures", "errors"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time"},
    "testcase": {"name", "classname", "time"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
}
ALLOWED = {
    "testsuites": REQUIRED["testsuites"] | {"name", "skipped", "time"},
    "testsuite": REQUIRED["testsuite"] | {"timestamp", "hostname", "id", "package"},
    "testcase": REQUIRED["testcase"],
    "skipped": {"message"},
}


def checked(xml: bytes) -> ElementTree.Element:
    """Well-formed, and of the schema: elements, attributes, counts."""
    assert xml.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    root = ElementTree.fromstring(xml)
    assert root.tag == "testsuites"
    for element in root.iter():
        assert {child.tag for child in element} <= CHILDREN[element.tag]
        required = REQUIRED.get(element.tag, set())
        assert required <= set(element.attrib) <= ALLOWED.get(element.tag, required)
    for parent in [root, *root]:
        cases = list(parent.iter("testcase"))
        assert int(parent.attrib["tests"]) == len(cases)
        for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(parent.attrib[count]) == sum(case.find(tag) is not None for case in cases)
    for suite in root:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.get("timestamp", "2026-01-01T00:00:00"))
    for case in root.iter("testcase"):
        assert sum(case.find(tag) is not None for tag in ("failure", "error", "skipped")) <= 1
    return root


def suite(root: ElementTree.Element, name: str) -> ElementTree.Element:
    """The suite of a student."""
    (found,) = [one for one in root if one.get("name") == name]
    return found


def test_a_suite_for_each_student(toy_class: list[Entry], toy: Assignment) -> None:
    root = checked(junit_of(toy_class, toy))
    assert [one.get("name") for one in root] == [one.student for one in toy_class]
    counts = {one.get("name"): (one.get("tests"), one.get("failures"), one.get("errors")) for one in root}
    assert counts["ada"] == ("5", "0", "0")
    assert counts["grace"] == ("5", "2", "0")
    assert counts["alan"] == ("5", "4", "0")
    assert counts["empty"] == ("1", "1", "0")
    assert counts["unlucky"] == counts["waiting"] == ("1", "0", "1")
    failure = suite(root, "grace").find("testcase/failure")
    assert failure is not None and failure.get("type") == "wrong"
    assert "The factor is added instead of multiplied." in (failure.text or "")
    assert "here" in (suite(root, "alan").findtext("testcase/system-out") or "")


def test_a_fault_is_an_error_and_no_failure(toy_class: list[Entry], toy: Assignment) -> None:
    result = toy_class[0].result
    assert result is not None
    root = checked(junit_of([Entry("x", "x", None, "", with_fault(result), None, None, 1, None)], toy))
    assert (root.get("errors"), root.get("failures"), root.get("tests")) == ("1", "0", "5")


def test_what_a_hostile_submission_says_is_text(hostile: Entry, toy: Assignment) -> None:
    xml = junit_of([hostile], toy)
    root = checked(xml)
    assert b"<script" not in xml and b"<img" not in xml
    assert "<script>" in "".join(root.itertext())
    assert "]]>" in "".join(root.itertext())


@pytest.mark.parametrize("student", ["", "\x00\x1b\ufffe", "a" * 100_000, 'x" <&>'])
def test_any_name_is_well_formed(student: str, toy: Assignment) -> None:
    checked(junit_of([Entry(student, "x", None, "", None, None, "fault", 1, None)], toy))


def test_nobody_is_well_formed(toy: Assignment) -> None:
    assert checked(junit_of([], toy)).get("tests") == "0"
