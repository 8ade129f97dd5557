"""A Result as a table on a terminal, or as plain lines elsewhere."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from grader.result import ExerciseResult, ModuleResult, Result, Speed, Verdict

STYLES = {
    Verdict.RIGHT: "green",
    Verdict.EDGE: "bright_green",
    Verdict.NOT_ATTEMPTED: "dim",
    Verdict.BLOCKED: "yellow",
    Verdict.NEEDS_CUDA: "yellow",
    Verdict.ENVIRONMENT: "yellow",
    Verdict.GRADER_FAULT: "magenta",
}
PRINTED_LINES = 5  # of what an exercise printed, without -v


def show(result: Result, console: Console, verbose: bool = False) -> None:
    """Print the whole record: a table for each module, then the sum."""
    for module in result.modules:
        mine = [one for one in result.exercises if one.id.partition(".")[0] == module.name]
        _module(module, mine, console, verbose)
    _sum(result, console)


def _module(module: ModuleResult, exercises: list[ExerciseResult], console: Console, verbose: bool) -> None:
    points, out_of = sum(one.points for one in exercises), sum(one.out_of for one in exercises)
    console.print()
    console.print(f"[bold]{module.name}.py[/bold]  {points:g} of {out_of:g} points", highlight=False)
    if module.sentence:
        console.print(f"  [red]{escape(module.sentence)}[/red]", highlight=False)
        return
    if module.edition:
        console.print(f"  graded by this edition: {escape(module.edition)}", highlight=False)
    if module.placeholders and verbose:
        console.print(f"  imported but not installed here: {escape(', '.join(module.placeholders))}", highlight=False)
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(overflow="fold")
    for one in exercises:
        style = STYLES.get(one.verdict, "red")
        table.add_row(
            f"  {escape(one.id.partition('.')[2])}",
            f"[{style}]{one.verdict.words}[/{style}]",
            f"{one.points:g}/{one.out_of:g}",
            "\n".join(escape(line) for line in lines(one, verbose)),
        )
    console.print(table, highlight=False)


def lines(one: ExerciseResult, verbose: bool = False, printed: bool = True) -> list[str]:
    """What is wrong, the hint, where, and what it printed: in the order in which a student reads it."""
    told = [one.sentence] if one.sentence and one.verdict is not Verdict.RIGHT else []
    told += [f"Hint: {hint}" for hint in one.hints]
    if verbose or one.verdict in (Verdict.WRONG, Verdict.CRASHED, Verdict.EDGE):
        told += [f"  {detail}" for detail in one.details]
    told += [speed_in_words(one.speed)] if one.speed is not None and (verbose or one.verdict is Verdict.RIGHT) else []
    told += [f"Advice, which costs nothing: {advice}" for advice in one.advice]
    told += [f"Note: {note}" for note in one.notes if verbose or one.verdict is not Verdict.RIGHT or "only" in note]
    if printed and one.printed.strip() and (verbose or one.verdict is not Verdict.RIGHT):
        output = one.printed.strip().splitlines()
        kept = output if verbose else output[:PRINTED_LINES]
        told += [f"printed: {line[:200]}" for line in kept]
        if len(output) > len(kept):
            told.append(f"printed: ... {len(output) - len(kept)} more lines (-v shows them)")
    return told


def speed_in_words(speed: Speed) -> str:
    """How fast it is, next to the reference and to naive code."""
    least = "" if speed.pairs else "at least "
    told = f"speed: {least}{times(speed.ratio)} the reference's time (limit {speed.limit:g})"
    if speed.speedup_over_naive is not None:
        told += f", {times(speed.speedup_over_naive)} as fast as naive code (at n = {speed.naive_size})"
    return told


def times(ratio: float) -> str:
    """Two digits: "0.9 times", "12 times", "1,300 times"."""
    return f"{float(f'{ratio:.2g}'):,.0f} times" if ratio >= 10 else f"{ratio:.1f} times"


def _sum(result: Result, console: Console) -> None:
    console.print()
    sandboxed = "" if result.sandbox != "none" else ", not sandboxed"
    console.print(
        f"[bold]{result.assignment}: {result.points:g} of {result.out_of:g} points[/bold], "
        f"{result.how_many_right} ({result.device}{sandboxed})",
        highlight=False,
    )
