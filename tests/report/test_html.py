"""The pages: what stands in them, and that nothing in them is a program."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from grader.course import Assignment
from grader.gradebook import Entry
from grader.report.html import Summary, class_page_of, page_of, page_of_result, write_site
from grader.report.names import safe_name
from grader.result import ExerciseResult, Result
from tests.report.browser import dump, screenshot, server
from tests.report.conftest import MARKUP, entry
from tests.report.test_grade import with_fault

ACTIVE = {"script", "iframe", "object", "embed", "form", "input", "button", "link", "base", "img", "audio", "video"}
VOID = {"meta", "br", "hr"}


class Page(HTMLParser):
    """A page's elements, its text, and whether what is opened is closed."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every element of this name."""
        return [attributes for name, attributes in self.tags if name == tag]


def looked_at(text: str) -> Page:
    """Parsed; of what every page must keep: nothing runs, nothing is loaded, pictures and tables have titles."""
    page = Page(text)
    for tag, attributes in page.tags:
        assert tag not in ACTIVE
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "src", "srcdoc")]
        for name in ("href", "xlink:href"):
            address = attributes.get(name)
            assert address is None or re.fullmatch(r"(\.\./)?[\w./#-]+(\.html)?|#[\w.-]+", address), address
    (policy,) = [meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    assert policy and policy.startswith("default-src 'none'") and "unsafe" not in policy
    for picture in page.all("svg"):
        assert picture.get("role") == "img" or picture.get("aria-hidden") == "true"
    assert text.count("<svg") - text.count('aria-hidden="true"') == len(
        re.findall(r"<svg[^>]*><title>[^<]+</title>", text)
    )
    assert text.count("<th ") + text.count("<th>") == len(
        [a for a in page.all("th") if a.get("scope") in ("col", "row")]
    )
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert page.all("html")[0]["lang"] == "en"
    return page


def of(entries: Sequence[Entry], student: str) -> Entry:
    """A student's entry."""
    return next(one for one in entries if one.student == student)


def exercise(one: Entry, name: str) -> ExerciseResult:
    """An exercise of an entry."""
    assert one.result is not None
    return next(found for found in one.result.exercises if found.id.endswith(name))


def test_a_student_reads_what_the_terminal_says(toy_class: list[Entry], toy: Assignment) -> None:
    for one in toy_class:
        page = looked_at(page_of(one, toy))
        for found in one.result.exercises if one.result else ():
            if found.verdict.value != "right":
                assert (found.sentence or "").replace("`", "") in page.text
            for told in (*found.hints, *found.notes):
                assert told.replace("`", "") in page.text
            assert all(detail in page.text for detail in found.details)
            assert all(case.name in page.text for case in found.cases)
            assert found.printed.strip() in page.text
    grace = looked_at(page_of(of(toy_class, "grace"), toy)).text
    assert "50 of 100 points" in " ".join(grace.split())
    assert "The factor is added instead of multiplied." in grace
    assert "algebra.py does not parse" in looked_at(page_of(of(toy_class, "paul"), toy)).text


def test_ungraded_is_said_and_shows_no_zero(toy_class: list[Entry], toy: Assignment) -> None:
    for student in ("unlucky", "waiting"):
        text = looked_at(page_of(of(toy_class, student), toy)).text
        assert "Ungraded" in text and "of 100 points" not in text
    result = of(toy_class, "ada").result
    assert result is not None
    assert "Ungraded" in looked_at(page_of(entry("x", with_fault(result)), toy)).text
    assert "has none of algebra.py, chance.py" in looked_at(page_of(of(toy_class, "empty"), toy)).text


def test_a_record_alone_is_out_of_what_was_asked(toy_class: list[Entry], toy: Assignment) -> None:
    result = of(toy_class, "ada").result
    assert result is not None
    some = msgspec.structs.replace(result, exercises=result.exercises[:1], points=20.0, out_of=20.0)
    assert "20 of 20 points" in " ".join(looked_at(page_of_result(some, toy)).text.split())


def test_an_excerpt_shows_a_public_case_and_never_a_hidden_one(toy_class: list[Entry], toy: Assignment) -> None:
    public = {(e.id, case.name) for e in toy.checks.exercises for case in e.cases if not case.hidden}
    shown = [e for one in toy_class if one.result for e in one.result.exercises if e.excerpt is not None]
    assert len(shown) >= 3
    for found in shown:
        assert found.excerpt is not None and (found.id, found.excerpt.case) in public
    scale = exercise(of(toy_class, "grace"), "scale").excerpt
    assert scale is not None and (scale.case, scale.place) == ("small", "out[0:3, 0:4]")
    assert [len(row) for table in (scale.expected, scale.got, scale.errors) for row in table] == [4] * 9
    worst = max(error for row in scale.errors for error in row if error is not None)
    case = next(case for case in exercise(of(toy_class, "grace"), "scale").cases if case.name == "small")
    assert worst == pytest.approx(case.error, rel=0.05)
    lost = exercise(of(toy_class, "nan"), "scale").excerpt
    assert lost is not None and any(value is None for row in lost.got for value in row)
    assert "expected, got and error" in page_of(of(toy_class, "nan"), toy)


def test_time_is_drawn_beside_the_limit(timed_class: list[Entry], timed: Assignment) -> None:
    slow = exercise(of(timed_class, "slow"), "powers")
    assert slow.speed is not None and slow.speed.ratio > slow.speed.limit
    page = page_of(of(timed_class, "slow"), timed)
    assert looked_at(page).text.count("Time beside the reference's") == 2  # above the picture, and as its title
    assert 'class="bar bad"' in page and 'class="mark"' in page
    assert "1 of 2 are beyond their limit" in page or "1 of 1 are beyond their limit" in page


@pytest.fixture
def everybody(toy_class: list[Entry], hostile: Entry) -> list[Entry]:
    """The toy class with the hostile student in it."""
    return [*toy_class, hostile]


def test_the_class(everybody: list[Entry], toy: Assignment) -> None:
    summary = Summary(toy)
    for one in everybody:
        summary.add(one, f"students/{safe_name(one.student)}.html")
    text = class_page_of(summary)
    page = looked_at(text)
    told = " ".join(page.text.split())
    for figure in ("12 students", "9 graded", "1 nothing to grade", "2 ungraded"):
        assert figure in told
    assert all(" ".join(one.student.split("\x1b")[0].split()) in told for one in everybody)
    assert "The factor is added instead of multiplied." in told
    assert "algebra.py does not parse" in told
    assert "no worker could be started" in told and "not graded yet" in told
    assert summary.asked("algebra.scale") == 9 and summary.verdicts["algebra.scale"]["right"] == 2
    assert summary.hints["algebra.scale", "The factor is added instead of multiplied."] == 1
    assert len(summary.shares) == 10  # with nothing to grade, without what is ungraded
    links = {a["href"] for a in page.all("a")}
    assert {f"students/{safe_name(one.student)}.html" for one in everybody} <= links


def test_who_crashes_alike_is_counted_together(toy_class: list[Entry], toy: Assignment) -> None:
    one = of(toy_class, "alan")
    other = msgspec.json.encode(one.result).replace(b"algebra.py, line ", b"algebra.py, line 4")
    assert other != msgspec.json.encode(one.result)
    summary = Summary(toy)
    summary.add(one)
    summary.add(replace(one, result=msgspec.json.decode(other, type=Result)))
    assert [count for (place, *_), count in summary.crashes.items() if place == "algebra.scale"] == [2]
    assert not [sentence for *_, sentence in summary.crashes if ".py, line" in sentence]


def test_the_slowest_is_farthest_beyond_its_limit(timed_class: list[Entry], timed: Assignment) -> None:
    summary = Summary(timed)
    for one in timed_class:
        summary.add(one)
    assert (summary.slow[0].exercise, summary.slow[0].student) == ("kernels.powers", "slow")
    text = looked_at(class_page_of(summary)).text
    assert summary.slow[0].told in text and "The slowest" in text


def test_a_class_of_nobody_is_a_page(toy: Assignment) -> None:
    looked_at(class_page_of(Summary(toy)))


def test_what_could_not_be_asked_does_not_count_against_an_exercise(toy_class: list[Entry], toy: Assignment) -> None:
    one = of(toy_class, "ada")
    assert one.result is not None
    away = msgspec.structs.replace(one.result.exercises[0], points=0.0, out_of=0.0)
    result: Result = msgspec.structs.replace(one.result, exercises=(away, *one.result.exercises[1:]))
    summary = Summary(toy)
    summary.add(replace(one, result=result))
    assert summary.asked("algebra.scale") == 0
    assert "not asked" in looked_at(class_page_of(summary)).text


def test_the_site_keeps_to_its_folder_whatever_the_names(
    everybody: list[Entry], toy: Assignment, tmp_path: Path
) -> None:
    names = ("../../escape", "/etc/passwd", "a/b", "A", "a", "..", "", "con", "x" * 300)
    entries = [*everybody, *(entry(name, None) for name in names)]
    folder = tmp_path / "site"
    assert write_site(iter(entries), toy, folder) == len(entries)
    pages = list((folder / "students").iterdir())
    assert len(pages) == len(entries) and {path.parent.parent for path in pages} == {folder}
    assert sorted(path.name for path in folder.iterdir()) == ["index.html", "students"]
    assert list(tmp_path.iterdir()) == [folder]
    links = {a["href"] for a in looked_at((folder / "index.html").read_text()).all("a")}
    assert links == {f"students/{path.name}" for path in pages}
    for path in pages:
        assert {"href": "../index.html"} in looked_at(path.read_text()).all("a")


# -- in a browser ------------------------------------------------------------------------------------------------------


def addressed(one: Entry, address: str) -> Entry:
    """The hostile record with an address at which somebody listens."""
    assert one.result is not None
    text = msgspec.json.encode(one.result).replace(b"http://127.0.0.1:1", address.encode())
    assert address.encode() in text
    return replace(
        one, result=msgspec.json.decode(text, type=Result), student=MARKUP.replace("http://127.0.0.1:1", address)
    )


def test_in_a_browser_nothing_runs_and_nothing_is_loaded(hostile: Entry, toy: Assignment, tmp_path: Path) -> None:
    with server() as (address, asked):
        control = tmp_path / "control.html"
        control.write_text(f"<!doctype html><title>x</title>{MARKUP.replace('http://127.0.0.1:1', address)}")
        assert "<title>owned</title>" in dump(control)  # such markup runs where it is not escaped ...
        assert asked == ["/x"]  # ... and loads
        asked.clear()
        one = addressed(hostile, address)
        write_site([one], toy, tmp_path / "site")
        for page in (tmp_path / "site" / "index.html", *(tmp_path / "site" / "students").iterdir()):
            seen = dump(page)
            assert "<title>owned</title>" not in seen and f"<title>{toy.name}: " in seen
            assert "&lt;script&gt;document.title='owned'&lt;/script&gt;" in seen
            assert "<script" not in seen and "<img" not in seen
        assert asked == []


def test_in_a_browser_the_policy_holds_even_where_the_escaping_fails(
    hostile: Entry, toy: Assignment, tmp_path: Path
) -> None:
    with server() as (address, asked):
        page = tmp_path / "page.html"
        text = page_of(hostile, toy)
        markup = MARKUP.replace("http://127.0.0.1:1", address)
        page.write_text(text.replace("<main>", f"<main>{markup}<p>still here</p>"))
        seen = dump(page)
        assert "still here" in seen and "<title>owned</title>" not in seen
        assert asked == []


def test_in_a_browser_the_style_sheet_is_let_in_and_both_schemes_are_drawn(
    toy_class: list[Entry], toy: Assignment, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    text = page_of(of(toy_class, "grace"), toy)
    page.write_text(text)
    light = screenshot(page, tmp_path / "light.png", "--blink-settings=preferredColorScheme=1")
    dark = screenshot(page, tmp_path / "dark.png", "--blink-settings=preferredColorScheme=0")
    page.write_text(text.replace("<style>", "<style>/* not what the policy names */"))
    plain = screenshot(page, tmp_path / "plain.png", "--blink-settings=preferredColorScheme=1")
    assert light.startswith(b"\x89PNG") and len({light, dark, plain}) == 3
