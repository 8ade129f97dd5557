"""Of a hidden case a record shows that it is wrong, shapes, names, and places and factors that anybody knows, and
nothing of its inputs or right answers.

The inputs of the hidden case closed_table, and what is expected of them, are numbers and words that nothing else in a
record looks like."""

from __future__ import annotations

import re

import msgspec
import pytest

from grader.course import Assignment
from grader.report.html import page_of_result
from grader.result import Result, Verdict
from tests.diagnose.conftest import Examine
from tests.diagnose.test_hints import of

# 73519... and 61283... in any notation, and the words; the sum of the inputs is 612831483.8.
CANARY = re.compile(r"7\.?3\.?5|6\.?1\.?2\.?8|canary|kanarien", re.IGNORECASE)

WHOLE = """
    right = table

    def table(keys, words, x):
        answer = right(keys, words, x)
        {change}
        return answer
"""

CHANGES = {
    "all by a factor": "answer['twice'] *= 1.618; answer['listed'] = [3 * v for v in answer['listed']]",
    "all by an offset": "answer['twice'] = answer['twice'] + 11.5; answer['number'] += 11.5",
    "a sum for a difference": "answer['twice'] = x + x.sum(); answer['number'] = -answer['number']",
    "constants": "answer['twice'] = torch.ones_like(x); answer['number'] = 1.0; answer['largest'] = 1",
    "powers of ten": "answer['number'] = 1e9; answer['twice'] = 0 * x + 1e9; answer['largest'] = 10**9",
    "zeros": "answer['twice'] = 0 * x; answer['number'] = 0.0; answer['largest'] = 0",
    "an input": "answer['twice'] = x; answer['longest'] = words[0]; answer['largest'] = min(keys)",
    "another order": "answer['twice'] = answer['twice'].flip(0); answer['listed'] = answer['listed'][::-1]",
    "another shape": "answer['twice'] = answer['twice'].T; answer['listed'] = answer['listed'][1:]",
    "one entry": "answer['twice'][1, 1] += 1; answer['listed'][2] += 1",
    "NaN": "answer['twice'] = answer['twice'].sqrt(); answer['number'] = float('nan')",
    "float32": "answer['twice'] = answer['twice'].float(); answer['number'] = torch.tensor(answer['number']).float()",
    "other values by key": "answer['by_key'] = {key: 2 * value for key, value in answer['by_key'].items()}",
    "other keys": "answer['by_key'] = {str(key): value for key, value in answer['by_key'].items()}",
    "words as keys": "answer['by_key'] = {word: 1.0 for word in words}",
    "keys that are missing": "answer['by_key'] = {}",
    "another word": "answer['longest'] = words[0]",
    "a word for a number": "answer['number'] = words[1]",
    "a number for a word": "answer['longest'] = answer['number']",
    "objects": "answer['twice'] = object(); answer['number'] = None; answer['longest'] = [words]",
    "an output too many": "answer['more'] = x; answer['by_key']['more'] = 1",
    "an output too few": "del answer['twice'], answer['longest']",
    "inputs": "x.mul_(2)",
    "what is left over": "right.calls = getattr(right, 'calls', 0) + 1; answer['number'] *= 1 + right.calls",
    "the wrong row": "answer['twice'][2] = x[0]",
    "the sign": "answer['twice'] = answer['twice'].abs()",
    "nearly": "answer['twice'] = answer['twice'] * (1 + 1e-6); answer['number'] *= 1 + 1e-6",
    "a crash": "raise ValueError('no such thing')",
    "inputs in names": "answer['twice'] = type(str(words[0]) + 'x', (), {})()",
    "inputs in keys": "answer['by_key'] = {'k' + str(float(x.max())).replace('.', '_'): 1.0}",
    "inputs in outputs": "answer['kanarien'] = 1",
}


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_of_a_hidden_case_is_in_the_record(examine: Examine, change: str) -> None:
    only_there = f"if len(words[0]) > 2: {CHANGES[change]}"
    found = of(examine("table", layers=WHOLE.format(change=only_there)), "table")
    assert found.cases[0].verdict is Verdict.RIGHT, "this is about the hidden case"
    if change == "inputs":
        assert found.notes == ("changes its input `x` in place",)
        return
    assert found.cases[1].verdict in (Verdict.WRONG, Verdict.CRASHED, Verdict.EDGE)
    record = msgspec.json.encode(found).decode()
    assert CANARY.search(record) is None, CANARY.findall(record)
    assert found.sentence


def test_the_canaries_would_be_seen_in_a_public_case(examine: Examine) -> None:
    change = "answer['twice'] = torch.full_like(x, 735190.625); answer['longest'] = 'canary'"
    found = of(examine("table", layers=WHOLE.format(change=change)), "table")
    assert not found.cases[0].hidden
    assert CANARY.search(msgspec.json.encode(found).decode())


def test_a_guess_is_told_to_be_wrong_and_no_more(examine: Examine, assignment: Assignment) -> None:
    """ATTACKS 48: from the error of a guess follows what would have been right."""
    told = set()
    for guess in ("1.0", "1e6", "-3.0"):
        change = f"if len(words[0]) > 2: answer = {{**answer, 'number': {guess}}}"
        result = examine("table", layers=WHOLE.format(change=change))
        found = of(result, "table")
        assert (found.cases[0].error, found.cases[1].error) == (0.0, None)
        told.add((found.sentence, found.details, found.notes, found.cases, of_the_cases(result, assignment)))
    assert len(told) == 1, told


def test_a_right_hidden_case_is_told_to_be_right_without_its_error(examine: Examine, assignment: Assignment) -> None:
    result = examine("table", layers=WHOLE.format(change="answer['number'] *= 1 + 1e-10"))
    found = of(result, "table")
    assert [(case.verdict, case.error is None) for case in found.cases[:2]] == [
        (Verdict.RIGHT, False),
        (Verdict.RIGHT, True),
    ]
    assert "closed_table, hidden: right<" in of_the_cases(result, assignment)


def of_the_cases(result: Result, assignment: Assignment) -> str:
    """All that a page says of cases, in its drawing and its table."""
    page = page_of_result(result, assignment)
    return "\n".join(line for line in page.splitlines() if "closed_table" in line)
