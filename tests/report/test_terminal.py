"""What a terminal says of speed."""

from __future__ import annotations

from grader.report.terminal import speed_in_words
from grader.result import Speed


def test_a_ratio_that_was_not_waited_for_is_told_as_the_least() -> None:
    assert speed_in_words(Speed(7.1, (6.8, 7.4), 4.0, 5)) == "speed: 7.1 times the reference's time (limit 4)"
    stopped = Speed(200.0, (200.0, 200.0), 4.0, 0)
    assert speed_in_words(stopped) == "speed: at least 200 times the reference's time (limit 4)"
