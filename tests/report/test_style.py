"""The style sheet: what is written can be read, in the light and in the dark, and every class has its colour."""

from __future__ import annotations

import re

import pytest

from grader.report.html.page import TEMPLATES
from grader.report.html.tables import ERRORS, SHADES
from grader.result import Verdict

STYLE = (TEMPLATES / "style.css").read_text(encoding="utf-8")
READABLE = 4.5  # the contrast that WCAG 2 asks of text at level AA
SEEN = 3.0  # and of what is drawn
TEXT = ("ink", "soft", "link", "good", "bad", "warn", "odd")
GROUNDS = ("paper", "card", "stripe")


def scheme(which: str) -> dict[str, str]:
    """The variables of one of the two schemes."""
    light, dark = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    return dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", {"light": light, "dark": dark}[which]))


def luminance(colour: str) -> float:
    """Relative, as WCAG defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Between 1 and 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_of_contrast() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("which", ["light", "dark"])
def test_text_can_be_read_on_every_ground(which: str) -> None:
    colours = scheme(which)
    assert set(colours) == set(scheme("light"))
    grounds = [*GROUNDS, "accent"]
    weak = [(t, g) for t in TEXT for g in grounds if contrast(colours[t], colours[g]) < READABLE]
    assert weak == []
    assert contrast(colours["bad"], colours["beyond"]) >= SEEN and contrast(colours["good"], colours["stripe"]) >= SEEN


def fills() -> dict[str, str]:
    """The colour of every class that fills a shape with one that is the same in both schemes."""
    return dict(re.findall(r"\.([\w-]+) \{ fill: (#[0-9a-f]{6}); \}", STYLE))


def test_numbers_can_be_read_in_every_cell() -> None:
    white = set(re.findall(r"\.on-([\w-]+)", STYLE))
    shades = [f"shade{step}" for step in range(-SHADES, SHADES + 1)]
    shades += ["lost", *(f"error{step}" for step in range(len(ERRORS)))]
    told = {shade: contrast("#ffffff" if shade in white else "#14181d", fills()[shade]) for shade in shades}
    assert {shade: round(value, 2) for shade, value in told.items() if value < READABLE} == {}


def test_every_verdict_has_a_colour_of_its_own() -> None:
    colours = [fills()[f"v-{verdict.value}"] for verdict in Verdict]
    assert len(set(colours)) == len(colours)
