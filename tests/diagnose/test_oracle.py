"""A game against what is told of a hidden case: fifty hand-ins with answers of one's choosing, each chosen by what was
said before.

Nothing is learned if the same would have been said of every other right answer. So each game is played in several
worlds at once, which differ in nothing but what is right, and the attacker may end it by telling two of them apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from grader.compare import Comparison
from grader.diagnose import describe
from grader.response import Response
from grader.wire import Opaque, Tensor
from tests.diagnose.asked import question, tensor

Array = NDArray[Any]
Draw = Callable[[np.random.Generator], Any]

HAND_INS = 50
WORLDS = 4
NUMBER = re.compile(r"-?\d[\d,]*\.?\d*(?:e[-+]?\d+)?")

# What may be right: numbers that nobody guesses, and many that can be guessed one by one.
RIGHT: dict[str, Draw] = {
    "a loss": lambda g: float(np.exp(g.uniform(-5, 12))),
    "scores": lambda g: g.normal(size=(4, 6)),
    "scores of any size": lambda g: g.normal(size=(3, 5)) * np.exp(g.uniform(-6, 12)),
    "after a ReLU": lambda g: np.maximum(g.normal(size=(4, 6)), 0),
    "labels": lambda g: g.integers(0, 4, 24),
    "a table of labels": lambda g: g.integers(0, 9, (4, 6)),
    "a mask": lambda g: g.integers(0, 2, (5, 6)).astype(bool),
    "one-hot rows": lambda g: np.eye(6)[g.integers(0, 6, 8)],
    "accuracies": lambda g: g.integers(0, 21, (4, 5)) / 20,
    "a count": lambda g: int(g.integers(10**6, 10**9)),
    "words": lambda g: [str(word) for word in g.choice(["a", "cat", "sat", "on", "the", "mat"], 16)],
    "by key": lambda g: {int(key): float(g.normal()) for key in range(6)},
}


def asked_of(right: Any) -> Any:
    """A hidden case whose inputs the attacker sees: the same in every world."""
    x = np.random.default_rng(7).normal(size=np.shape(right) if isinstance(right, np.ndarray) else (4, 6))
    return question(hidden=True, x=x, y=np.arange(24) % 4, p=0.3, lr=0.01)


def told(asked: Any, right: Any, guess: Any, public: Any = None) -> tuple[str, ...]:
    """All that is said when `guess` is handed in; with `public`, of a public case where that came in the place of it."""
    how = Comparison(input_scale=asked.scale)
    truth, answer = tensor({"out": right}), tensor({"out": guess})
    agreement = how(truth, answer)
    if agreement.ok:
        return ("right",)
    wrong = [(asked, Response(answer=answer), agreement)]
    if public is not None:
        known, came = tensor({"out": public[0]}), tensor({"out": public[1]})
        wrong.insert(0, (question(x=np.zeros((4, 6))), Response(answer=came), how(known, came)))
    first, _, compared = wrong[0]
    assert compared is not None
    found = describe(compared, first, wrong)
    return found.sentence, *found.details


# -- what an attacker hands in -----------------------------------------------------------------------------------------


def numbers(said: tuple[str, ...]) -> list[float]:
    """Every number in what was said."""
    return [float(text.replace(",", "").rstrip(".")) for line in said for text in NUMBER.findall(line)]


def by_their_error(like: Any, generator: np.random.Generator) -> Iterator[Any]:
    """ATTACKS 48: a guess divided by any number that is told."""
    said = yield like_a_number(like, 1e6)
    for _ in range(HAND_INS):
        size = 1e6 / (1 + max(numbers(said), default=float(generator.integers(1, 100))))
        said = yield like_a_number(like, size)


def by_halves(like: Any, generator: np.random.Generator) -> Iterator[Any]:
    """Larger or smaller, by any word that differs from the first answer's."""
    low, high = -1e9, 1e9
    first = yield like_a_number(like, high)
    for _ in range(HAND_INS):
        middle = (low + high) / 2
        said = yield like_a_number(like, middle)
        low, high = (low, middle) if said == first else (middle, high)


def entry_by_entry(like: Any, generator: np.random.Generator) -> Iterator[Any]:
    """One entry is tried after the other, among others that are 0, or surely wrong, or those that seemed right."""
    kept = like_a_number(like, 0.0)
    for step in range(HAND_INS):
        guess = replaced(like_a_number(like, 1e6) if step % 3 else kept, step // 3, step % 4)
        said = yield guess
        kept = guess if "only" in said[0] or "right" in said[0] else kept


def in_any_way(like: Any, generator: np.random.Generator) -> Iterator[Any]:
    """Anything of that shape, or of parts of it: numbers from few, places that are wrong for sure, what is not a number."""
    for step in range(HAND_INS):
        fine = like_a_number(like, float(generator.choice([0, 1, 2, 0.05, 0.25, 37.0])))
        if isinstance(fine, np.ndarray):
            few = generator.integers(0, 3, fine.shape).astype(fine.dtype)
            mask = generator.random(fine.shape) < generator.choice([0.1, 0.5, 0.9])
            wild = np.where(mask, np.nan, fine) if fine.dtype.kind == "f" else few
            parts = [fine, few, wild, np.where(mask, few, fine), fine[: 1 + step % len(fine)], fine.sum(), fine.max()]
            parts += [fine.astype(np.float32), Tensor(fine.astype(np.float32), "bfloat16", "torch"), fine.astype(int)]
            yield parts[step % len(parts)]
        else:
            others = [fine, None, "text", Opaque("Loss", "Loss()"), {"a": fine}, [fine], np.float32(0.7).item()]
            yield others[step % len(others)]


def like_a_number(like: Any, number: float) -> Any:
    """The same number, or a word, in every place."""
    if isinstance(like, np.ndarray):
        return np.full(like.shape, number).astype(like.dtype)
    if isinstance(like, list):
        return [["a", "cat", "sat"][int(abs(number)) % 3]] * len(like)
    if isinstance(like, dict):
        return dict.fromkeys(like, number)
    return type(like)(number)


def replaced(answer: Any, place: int, value: int) -> Any:
    """An answer with another value in one place."""
    if isinstance(answer, np.ndarray):
        flat = answer.ravel().copy()
        flat[place % flat.size] = value
        return flat.reshape(answer.shape)
    if isinstance(answer, list):
        return [["a", "cat", "sat", "on"][value] if i == place % len(answer) else one for i, one in enumerate(answer)]
    if isinstance(answer, dict):
        return {**answer, place % len(answer): value / 4}
    return type(answer)(answer + value)


ATTACKERS = [by_their_error, by_halves, entry_by_entry, in_any_way]


@pytest.mark.parametrize("attacker", ATTACKERS)
@pytest.mark.parametrize("kind", RIGHT)
def test_fifty_hand_ins_tell_no_two_right_answers_apart(kind: str, attacker: Callable[..., Any]) -> None:
    for game in range(3):
        generator = np.random.default_rng([game, len(kind)])
        worlds = [RIGHT[kind](generator) for _ in range(WORLDS)]
        asked = asked_of(worlds[0])
        hands_in = attacker(worlds[0], generator)
        guess = next(hands_in)
        for _ in range(HAND_INS):
            said = [told(asked, right, guess) for right in worlds]
            assert len(set(said)) == 1, (guess, said)
            try:
                guess = hands_in.send(said[0])
            except StopIteration:
                break


@pytest.mark.parametrize("kind", ["labels", "scores", "a mask", "accuracies"])
def test_a_public_case_beside_it_is_no_way_round(kind: str) -> None:
    """In how many cases the same is said counts what may be told of each alone: a public one that is wrong from the third
    entry on asks whether two entries of the hidden one are right."""
    generator = np.random.default_rng(len(kind))
    worlds = [RIGHT[kind](generator) for _ in range(WORLDS)]
    asked = asked_of(worlds[0])
    known = RIGHT[kind](generator)
    for entries in range(1, known.size):
        came = np.where(np.arange(known.size).reshape(known.shape) < entries, known, 1 - known.astype(float))
        guess = replaced(like_a_number(known, 1), 0, entries % 4)
        said = {told(asked, right, guess, (known, came.astype(known.dtype))) for right in worlds}
        assert len(said) == 1, said


@pytest.mark.parametrize("kind", [kind for kind in RIGHT if kind not in ("by key", "words")])
def test_the_attackers_win_where_everything_is_told(kind: str) -> None:
    generator = np.random.default_rng(1)
    worlds = [RIGHT[kind](generator) for _ in range(WORLDS)]
    asked = asked_of(worlds[0])
    public = replace(asked, case=replace(asked.case, hidden=False))
    guesses = [replaced(like_a_number(worlds[0], 1e6), place, 0) for place in range(8)]
    assert any(len({told(public, right, guess) for right in worlds}) > 1 for guess in guesses)
    assert all(len({told(asked, right, guess) for right in worlds}) == 1 for guess in guesses)
