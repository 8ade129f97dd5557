"""What each sentence means: a pattern, and what has to be so of expected (e), got (g) and the inputs (i: W, y, p)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.compare import Comparison

Array = NDArray[Any]


def right(e: Array, g: Any) -> bool:
    """Whether this would be right."""
    g = np.asarray(g)
    return bool(e.shape == g.shape and Comparison(1e-7).measure(e.dtype.name, g.dtype.name).fits(e, g))


def near(a: Any, b: Any) -> bool:
    """Equal up to rounding, relative to the larger."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    return bool(a.shape == b.shape and np.abs(a - b).max(initial=0) <= 1e-6 * max(np.abs(b).max(initial=0), 1e-12))


def same_values(e: Array, g: Array) -> bool:
    return near(np.sort(g, axis=None), np.sort(e, axis=None))


def same_lines(e: Array, g: Array, axis: int) -> bool:
    """Whether the slices along an axis are the same ones, as often."""
    ours, theirs = ([tuple(line.ravel().tolist()) for line in np.moveaxis(x, axis, 0)] for x in (e, g))
    return sorted(ours) == sorted(theirs)


def only(e: Array, g: Array, mask: Any) -> bool:
    """Whether every wrong entry lies in the mask, and not all entries do."""
    off = Comparison(1e-7).measure(e.dtype.name, g.dtype.name).wrong(e, g)
    mask = np.broadcast_to(mask, e.shape)
    return bool(off.any() and not (off & ~mask).any() and not mask.all())


def exactly(e: Array, g: Array, mask: Any) -> bool:
    off = Comparison(1e-7).measure(e.dtype.name, g.dtype.name).wrong(e, g)
    return bool((off == np.broadcast_to(mask, e.shape)).all())


def indices(e: Array, axis: int) -> Array:
    return np.arange(e.shape[axis]).reshape([-1 if i == axis else 1 for i in range(e.ndim)])


def line(e: Array, word: str, index: int) -> Array:
    """The mask of a row, a column or an entry."""
    axis = {"row": 0, "rows": 0, "entry": 0, "column": 1, "columns": 1}[word]
    return indices(e, axis) == index % e.shape[axis]


def later(e: Array, word: str, index: int) -> Array:
    return indices(e, {"row": 0, "entry": 0, "column": 1}[word]) >= index


def part(e: Array, text: str) -> Array:
    """The mask of "3, :2"."""
    mask = np.zeros(e.shape, bool)
    mask[eval(f"np.s_[{text}]", {"np": np})] = True
    return mask


def of_last_two(e: Array, test: Callable[[Array, Array, int, int], Array]) -> Array:
    i, j = np.arange(e.shape[-2])[:, None], np.arange(e.shape[-1])
    return test(i, j, e.shape[-2], e.shape[-1])


def sign(x: Array, word: str) -> Array:
    return {"negative": x < 0, "positive": x > 0, "0": x == 0, "not 0": x != 0}[word]


# The meaning of each sentence: a pattern, and what has to be so of expected, got and the inputs W, y and p.
MEANINGS: list[tuple[str, Callable[..., bool]]] = [
    (r"is zero everywhere", lambda e, g, i: not g.any() and e.any()),
    (r"is not 0, though", lambda e, g, i: not e.any() and g.any()),
    (r"is the same number everywhere", lambda e, g, i: np.ptp(g) == 0 and np.ptp(e) > 0),
    (r"is the input `W`, unchanged", lambda e, g, i: np.array_equal(g, i["W"])),
    (r"is the transpose of the input `W`", lambda e, g, i: np.array_equal(g, i["W"].T)),
    (r"is the negative of the right answer$", lambda e, g, i: near(g, -e)),
    (r"is exactly (twice|half) the right answer(, and its sign)?", lambda e, g, i, word, minus: near(
        g, e * {"twice": 2, "half": 0.5}[word] * (-1 if minus else 1))),
    (r"is ([\d,]+) times the right answer(?:, and [\d,]+ is .*?)?(, and its sign is wrong)?$", lambda e, g, i, n, minus:
        near(g, e * int(n.replace(",", "")) * (-1 if minus else 1))),
    (r"is the right answer divided by ([\d,]+)(?:, and [\d,]+ is .*?)?(, and its sign is wrong)?$",
        lambda e, g, i, n, minus: near(g, e / int(n.replace(",", "")) * (-1 if minus else 1))),
    (r"is (\d+)/(\d+) of the right answer(?:, and [\d,]+ is .*?)?(, and its sign is wrong)?$",
        lambda e, g, i, a, b, minus: near(g, e * int(a) / int(b) * (-1 if minus else 1))),
    (r"is the right answer times the root of (\d+)(?:/(\d+))?, .*?(, and its sign is wrong)?$",
        lambda e, g, i, a, b, minus: near(g, e * (int(a) / int(b or 1)) ** 0.5 * (-1 if minus else 1))),
    (r"is the right answer divided by the root of (\d+), .*?(, and its sign is wrong)?$",
        lambda e, g, i, a, minus: near(g, e / int(a) ** 0.5 * (-1 if minus else 1))),
    (r"is (\d+) times \1 times the right answer, .*?(, and its sign is wrong)?$",
        lambda e, g, i, a, minus: near(g, e * int(a) ** 2 * (-1 if minus else 1))),
    (r"is the right answer divided by (\d+) twice, .*?(, and its sign is wrong)?$",
        lambda e, g, i, a, minus: near(g, e / int(a) ** 2 * (-1 if minus else 1))),
    (r"is the right answer (times|divided by) (.*`p`.*?)(, and its sign is wrong)?$", lambda e, g, i, how, what, minus:
        near(g * (-1 if minus else 1), e * number(what, i) ** (1 if how == "times" else -1))),
    (r"is (-?\d\.?\d*(?:e[-+]\d+)?|-?\d+\.\d+) times the right answer$", lambda e, g, i, k: right(
        e, g / (g.flat[np.abs(e).argmax()] / e.flat[np.abs(e).argmax()])) and abs(
        float(k) * e.flat[np.abs(e).argmax()] / g.flat[np.abs(e).argmax()] - 1) < 1e-2),
    (r"is too (large|small) by a share of", lambda e, g, i, word: (g.flat[np.abs(e).argmax()] / e.flat[
        np.abs(e).argmax()] > 1) == (word == "large")),
    (r"is too (large|small) by exactly one", lambda e, g, i, word: right(e, g - {"large": 1, "small": -1}[word])),
    (r"is too (large|small) by the same number everywhere", lambda e, g, i, word: right(e, g - np.median(g - e))),
    (r"is transposed", lambda e, g, i: right(e, g.T)),
    (r"has its dimensions (\d) and (\d) exchanged", lambda e, g, i, a, b: right(e, g.swapaxes(int(a), int(b)))),
    (r"has its dimensions in another order: `out.permute\((.*)\)`", lambda e, g, i, order: right(
        e, g.transpose([int(n) for n in order.split(",")]))),
    (r"has its (.*) in reverse order", lambda e, g, i, what: any(
        right(e, np.flip(g, [axes(word, e) for word in what.split(" and ")])) for _ in "1")),
    (r"is shifted by one: what belongs to `out\[(.*)\]` stands at `out\[(.*)\]`", lambda e, g, i, a, b: right(
        *(np.moveaxis(x, a.count(":"), 0)[s] for x, s in (
            (e, np.s_[:-1] if "+" in b else np.s_[1:]), (g, np.s_[1:] if "+" in b else np.s_[:-1]))))),
    (r"has the right values, in another order", lambda e, g, i: same_values(e, g)),
    (r"has the right (rows|columns|slices along dimension \d), in another order", lambda e, g, i, what: same_lines(
        e, g, axes(what, e))),
    (r"differs from the right answer by a multiple of `W`", lambda e, g, i: right(
        e, g - i["W"] * float(((g - e) * i["W"]).sum() / (i["W"] ** 2).sum()))),
    (r"is right but for a number that is added to each (.*)", lambda e, g, i, what: near(
        np.broadcast_to((g - e).mean(axis=across(what, e), keepdims=True), e.shape), g - e)),
    (r"is right but for a factor of its own for each (.*)", lambda e, g, i, what: right(
        e, g / quotients(e, g, across(what, e)))),
    (r"is the square of the right", lambda e, g, i: near(g, e * e)),
    (r"is the square root of the right", lambda e, g, i: near(g, e**0.5)),
    (r"is one divided by the right", lambda e, g, i: near(g * e, np.ones_like(e))),
    (r"is the exponential", lambda e, g, i: near(g, np.exp(e))),
    (r"is the logarithm", lambda e, g, i: near(np.exp(g), e)),
    (r"is one minus", lambda e, g, i: near(g, 1 - e)),
    (r"is the magnitude", lambda e, g, i: near(g, np.abs(e))),
    (r"is the right answer with 0 in the place of what is (negative|positive)", lambda e, g, i, word: near(
        g, np.where(sign(e, word), 0, e))),
    (r"is the right answer rounded", lambda e, g, i: near(g, np.round(e))),
    (r"is the right answer cut off", lambda e, g, i: near(g, np.trunc(e))),
    (r"has the wrong sign in", lambda e, g, i: near(np.abs(g), np.abs(e))),
    (r"was rounded to float32", lambda e, g, i: np.array_equal(g, g.astype(np.float32))),
    (r"is right to (\d+) digits only", lambda e, g, i, n: np.abs(g - e).max() <= 10.0 ** -int(n) * np.abs(e).max()),
    (r"is wrong in one entry only, `out\[(.*)\]`", lambda e, g, i, at: only(e, g, part(e, at))),
    (r"is wrong in the (first|last) (row|column|entry) only", lambda e, g, i, end, what: only(
        e, g, line(e, what, 0 if end == "first" else -1))),
    (r"is wrong in (row|column|entry) (\d+) only", lambda e, g, i, what, n: only(e, g, line(e, what, int(n)))),
    (r"is wrong from (row|column|entry) (\d+) on, and right in", lambda e, g, i, what, n: only(
        e, g, later(e, what, int(n)))),
    (r"is wrong in `out\[(.*)\]` only", lambda e, g, i, at: only(e, g, part(e, at))),
    (r"is wrong at (even|odd) indices(?: along dimension (\d))? only", lambda e, g, i, word, axis: only(
        e, g, indices(e, int(axis or 0)) % 2 == (word == "odd"))),
    (r"is wrong (at|inside) the border(?: of the last two dimensions)? only", lambda e, g, i, word: only(
        e, g, of_last_two(e, lambda i, j, h, w: ((i % (h - 1) == 0) | (j % (w - 1) == 0)) == (word == "at")))),
    (r"is wrong in the (first|last) row and the \1 column(?: of the last two dimensions)? only",
        lambda e, g, i, end: only(e, g, of_last_two(e, lambda i, j, h, w: (
            (i == 0) | (j == 0) if end == "first" else (i == h - 1) | (j == w - 1))))),
    (r"is wrong in the first and the last (row|column)(?: of the last two dimensions)? only", lambda e, g, i, what:
        only(e, g, of_last_two(e, lambda i, j, h, w: (
            (i % (h - 1) == 0) | (j < 0) if what == "row" else (j % (w - 1) == 0) | (i < 0))))),
    (r"is wrong (on|off|above|below) the diagonal(?: of the last two dimensions)? only", lambda e, g, i, word: only(
        e, g, of_last_two(e, lambda i, j, h, w: {"on": i == j, "off": i != j, "above": i < j, "below": i > j}[word]))),
    (r"is wrong (exactly|only) where (`W`|the right answer) is (negative|positive|0|not 0)(?: \(|$)",
        lambda e, g, i, how, what, word: (exactly if how == "exactly" else only)(
            e, g, sign(e if what.startswith("the") else i["W"], word))),
    (r"is wrong (exactly|only) where a value of `W` occurs more than once", lambda e, g, i, how: (
        exactly if how == "exactly" else only)(e, g, (i["W"][..., None] == i["W"].ravel()).sum(-1) > 1)),
    (r"is wrong (exactly|only) where the (largest|smallest) value of a (row|column) of `W` is not the only one",
        lambda e, g, i, how, most, what: (exactly if how == "exactly" else only)(e, g, (
            i["W"] == getattr(i["W"], "max" if most == "largest" else "min")(
                axis=(what == "row") * 1, keepdims=True)).sum(axis=(what == "row") * 1, keepdims=True) > 1)),
    (r"is wrong (exactly|only) where `y` is (negative|positive|0|not 0)", lambda e, g, i, how, word: any((
        exactly if how == "exactly" else only)(e, g, sign(y, word)) for y in beside(e, i["y"]))),
    (r"is wrong (exactly|only) at the columns? that `y` (names|does not name)", lambda e, g, i, how, word: (
        exactly if how == "exactly" else only)(
            e, g, (np.arange(e.shape[1]) == i["y"][:, None]) == (word == "names"))),
    (r"is wrong (exactly|only) in the (.*) of numbers that occur (more than once|once|never) in `y`",
        lambda e, g, i, how, what, often: (exactly if how == "exactly" else only)(e, g, np.isin(
            indices(e, axes(what, e)), [n for n in range(9) if {"once": 1, "never": 0}.get(
                often, max(2, (i["y"] == n).sum())) == (i["y"] == n).sum()]))),
    (r"is 0 in (\d+) of (\d+) entries where it should not be", lambda e, g, i, n, size: exactly(
        e, g, (g == 0) & (e != 0))),
    (r"is wrong in all (\d+) entries", lambda e, g, i, n: exactly(e, g, True) and e.size == int(n)),
    (r"is wrong in both entries", lambda e, g, i: exactly(e, g, True) and e.size == 2),
    (r"is wrong in (\d+) of (\d+) entries", lambda e, g, i, n, size: int(
        Comparison(1e-7).measure(e.dtype.name, g.dtype.name).wrong(e, g).sum()) == int(n) and e.size == int(size)),
    (r"is wrong$", lambda e, g, i: e.size == 1),
]  # fmt: skip


def axes(what: str, e: Array) -> int:
    """The axis of "rows", "columns", "slices along dimension 2"."""
    return int(what[-1]) if what[-1].isdigit() else {"rows": 0, "entries": 0, "columns": 1}[what]


def across(what: str, e: Array) -> int:
    """The axis that runs within each "row", "column", "slice along dimension 2"."""
    return int(what[-1]) if what[-1].isdigit() else {"row": 1, "column": 0, "slice": 2}[what]


def quotients(e: Array, g: Array, axis: int) -> Array:
    """For each slice along an axis the number that it is too large by."""
    k = (g * e).sum(axis=axis, keepdims=True) / np.maximum((e * e).sum(axis=axis, keepdims=True), 1e-300)
    return np.where(k == 0, 1, k)


def beside(e: Array, y: Array) -> list[Array]:
    """An input of one dimension beside the rows, or beside the columns."""
    return [y[:, *[None] * (e.ndim - 1)]] * (len(y) == e.shape[0]) + [y] * (len(y) == e.shape[-1])


def number(text: str, inputs: dict[str, Any]) -> float:
    """What "2 `p`" or "the root of (1 - `p`)" is."""
    text = text.replace("`p` squared", "p * p").replace("2 `p`", "2 * p").replace("`", "")
    return float(
        eval(text.replace("the root of (1 - p)", "(1 - p) ** 0.5").replace("the root of p", "p ** 0.5"), inputs)
    )


REMEDIES: list[tuple[str, Callable[..., Any]]] = [
    (r"`out\.permute\((.*)\)` is right", lambda e, g, order: g.transpose([int(n) for n in order.split(",")])),
    (r"`out\.reshape(\(.*\))` is right", lambda e, g, shape: g.reshape(eval(shape))),
    (r"`out\.T\.reshape(\(.*\))` is right", lambda e, g, shape: g.T.reshape(eval(shape))),
    (r"it is the transpose of", lambda e, g: g.T),
    (r"its values are right, and a dimension", lambda e, g: g.reshape(e.shape)),
    (r"its (sum|mean|maximum) over dimensions? ([\d and]+) is right", lambda e, g, how, over: getattr(
        np, {"maximum": "max"}.get(how, how))(g, axis=tuple(int(n) for n in over.split(" and "))).reshape(e.shape)),
    (r"its (sum|mean|maximum) over its entries is right", lambda e, g, how: getattr(
        np, {"maximum": "max"}.get(how, how))(g).reshape(e.shape)),
    (r"its diagonal is right", lambda e, g: np.diagonal(g).reshape(e.shape)),
    (r"each (row|column) is right", lambda e, g, what: (g[0] if what == "row" else g[:, 0]).reshape(e.shape)),
    (r"`out\[(.*)\]` is right", lambda e, g, at: eval(f"g[{at}]", {"g": g})),
]  # fmt: skip
