"""A Result as it stands below a notebook's cell: HTML, with its colours inline and no script."""

from __future__ import annotations

from html import escape

from grader.result import ExerciseResult, Result, Verdict

COLOURS = {
    Verdict.RIGHT: "#2e7d32",
    Verdict.EDGE: "#7c8f1e",
    Verdict.NOT_ATTEMPTED: "#757575",
    Verdict.BLOCKED: "#b26a00",
    Verdict.NEEDS_CUDA: "#b26a00",
    Verdict.ENVIRONMENT: "#b26a00",
    Verdict.TOO_SLOW: "#b26a00",
    Verdict.GRADER_FAULT: "#8e24aa",
}
WRONG = "#c62828"
PRINTED = 2_000  # characters of what an exercise printed


def html(result: Result) -> str:
    """The whole record: a block for each exercise, then the sum."""
    blocks = [_module(module.name, module.sentence) for module in result.modules if module.sentence]
    blocks += [_exercise(one) for one in result.exercises]
    if len(result.exercises) > 1:
        blocks.append(f'<div style="margin-top:.5em"><b>{_sum(result)}</b></div>')
    return f'<div style="font-family:sans-serif;line-height:1.45;max-width:60em">{"".join(blocks)}</div>'


def _module(name: str, sentence: str) -> str:
    return f'<div style="color:{WRONG}"><b>{escape(name)}.py</b> {escape(sentence)}</div>'


def _exercise(one: ExerciseResult) -> str:
    colour = COLOURS.get(one.verdict, WRONG)
    head = (
        f"<code>{escape(one.id.partition('.')[2])}</code> "
        f'<b style="color:{colour}">{escape(one.verdict.words)}</b> '
        f'<span style="opacity:.7">{one.points:g} of {one.out_of:g} points</span>'
    )
    lines = [_line(one.sentence)] if one.sentence and one.verdict is not Verdict.RIGHT else []
    lines += [_line(f"<b>Hint:</b> {escape(hint)}", raw=True) for hint in one.hints]
    if one.details:
        lines.append(_pre("\n".join(one.details)))
    if one.speed is not None:
        lines.append(_line(f"{one.speed.ratio:.2g} times the reference's time; {one.speed.limit:g} times are allowed"))
    lines += [_line(f"Advice, which costs nothing: {advice}") for advice in one.advice]
    lines += [_line(f"Note: {note}", faint=True) for note in one.notes]
    if one.printed.strip() and one.verdict is not Verdict.RIGHT:
        lines.append(_pre(f"printed:\n{one.printed.strip()[:PRINTED]}"))
    return f'<div style="border-left:4px solid {colour};padding:.1em .8em;margin:.4em 0">{head}{"".join(lines)}</div>'


def _line(text: str, raw: bool = False, faint: bool = False) -> str:
    style = ' style="opacity:.7"' if faint else ""
    return f"<div{style}>{text if raw else escape(text)}</div>"


def _pre(text: str) -> str:
    style = "margin:.3em 0;padding:.3em .6em;background:rgba(128,128,128,.12);overflow-x:auto;white-space:pre-wrap"
    return f'<pre style="{style}">{escape(text)}</pre>'


def _sum(result: Result) -> str:
    return f"{escape(result.assignment)}: {result.points:g} of {result.out_of:g} points, {result.how_many_right}"
