"""Each error that has a shape is called by it; the sentences are true, and say nothing of hidden values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from grader.wire import Opaque
from tests.diagnose.asked import described, sentence, wrong

Array = NDArray[Any]

generator = np.random.default_rng(7)
A = generator.standard_normal((5, 7))
SQUARE = generator.standard_normal((6, 6))
V = generator.standard_normal(9)
IMAGES = generator.standard_normal((2, 3, 6, 6))
STEPS = generator.standard_normal((3, 6, 4))
X = generator.standard_normal((32, 20))
SAME = generator.standard_normal(A.shape)  # an input of A's shape
LABELS = np.array([0, 6, 2, 2, 5])


def where(mask: Any, x: Array) -> Array:
    """`x` with other numbers where the mask is set."""
    return np.where(mask, x + 1 + generator.uniform(0, 1, x.shape), x)


def along(axis: int, x: Array) -> Array:
    """The indices of an axis, beside x."""
    return np.arange(x.shape[axis]).reshape([-1 if i == axis else 1 for i in range(x.ndim)])


# What came in the place of what, and what is said about it.
SENTENCES: dict[str, tuple[Any, Any, str]] = {
    # a multiple
    "negative": (A, -A, "is the negative of the right answer"),
    "twice": (A, 2 * A, "is exactly twice the right answer"),
    "half": (A, A / 2, "is exactly half the right answer"),
    "minus half": (A, -A / 2, "is exactly half the right answer, and its sign is wrong"),
    "half a number": (0.123456, 0.061728, "is exactly half the right answer"),
    "N times": (A, 32 * A, "is 32 times the right answer, and 32 is the number of rows of `X`"),
    "divided by D": (A, A / 20, "is the right answer divided by 20, and 20 is the number of columns of `X`"),
    "a number N times": (0.123456, 32 * 0.123456, "is 32 times the right answer, and 32 is the number of rows of `X`"),
    "by the root": (A, A * 20**0.5, "is the right answer times the root of 20, and 20 is the number of columns of `X`"),
    "Bessel": (A, A * 32 / 31, "is 32/31 of the right answer, and 32 is the number of rows of `X`"),
    "by a number": (A, A * 0.3, "is the right answer times `p`"),
    "by another number": (A, A * 0.7, "is the right answer times (1 - `p`)"),
    "by the odds": (A, A * 0.7 / 0.3, "is the right answer times (1 - `p`) / `p`"),
    "a whole number": (A, 17 * A, "is 17 times the right answer"),
    "a fraction": (A, A * 3 / 4, "is 3/4 of the right answer"),
    "any factor": (A, 1.2345678 * A, "is 1.235 times the right answer"),
    "nearly right": (A, A * 1.001, "is too large by a share of 1.0e-03 everywhere"),
    # in another order
    "transposed": (SQUARE, SQUARE.T, "is transposed"),
    "two axes": (IMAGES, IMAGES.swapaxes(2, 3), "has its dimensions 2 and 3 exchanged"),
    "upside down": (A, A[::-1], "has its rows in reverse order"),
    "left to right": (A, A[:, ::-1], "has its columns in reverse order"),
    "turned": (IMAGES, IMAGES[..., ::-1, ::-1], "slices along dimension 2 and slices along dimension 3 in reverse"),
    "late": (V, np.append(9.0, V[:-1]), "is shifted by one: what belongs to `out[i]` stands at `out[i + 1]`"),
    "early": (A, np.roll(A, -1, 0), "is shifted by one: what belongs to `out[i + 1]` stands at `out[i]`"),
    "early columns": (A, np.roll(A, -1, 1), "what belongs to `out[:, i + 1]` stands at `out[:, i]`"),
    "rows": (A, A[[3, 0, 4, 2, 1]], "has the right rows, in another order"),
    "columns": (A, A[:, [3, 0, 4, 2, 1, 6, 5]], "has the right columns, in another order"),
    "values": (A, generator.permuted(A), "has the right values, in another order"),
    # off by something
    "offset": (A, A + 3.25, "is too large by the same number everywhere, 3.25"),
    "from one": (np.array([3, 1, 2, 0]), np.array([4, 2, 3, 1]), "is too large by exactly one everywhere"),
    "one too few": (12, 11, "is too small by exactly one"),
    "a row's own": (A, A + along(0, A) * 1.7 + 1, "is right but for a number that is added to each row"),
    "a column's own": (A, A + along(1, A) * 1.7 + 1, "is right but for a number that is added to each column"),
    "a row's factor": (A, A * (along(0, A) + 1.3), "is right but for a factor of its own for each row"),
    "a term": (A, A - 0.6 * SAME, "differs from the right answer by a multiple of `W`: a term is missing or too many"),
    # functions
    "squared": (np.abs(A), A * A, "is the square of the right answer"),
    "rooted": (np.abs(A), np.abs(A) ** 0.5, "is the square root of the right answer"),
    "inverse": (np.abs(A) + 0.1, 1 / (np.abs(A) + 0.1), "is one divided by the right answer"),
    "exponential": (A, np.exp(A), "is the exponential of the right answer"),
    "logarithm": (np.abs(A) + 0.1, np.log(np.abs(A) + 0.1), "is the logarithm of the right answer"),
    "complement": (A, 1 - A, "is one minus the right answer"),
    "magnitude": (A, np.abs(A), "is the magnitude of the right answer: the signs are lost"),
    "cut": (A, np.maximum(A, 0), "is the right answer with 0 in the place of what is negative"),
    "rounded": (9 * A, np.round(9 * A), "is the right answer rounded to whole numbers"),
    "truncated": (9 * A, np.trunc(9 * A), "is the right answer cut off to whole numbers"),
    "signs": (A, A * [1, -1, -1, 1, 1, -1, 1], "has the wrong sign in 15 of 35 entries, and is right otherwise"),
    # as a whole
    "zero": (A, 0 * A, "is zero everywhere"),
    "one number": (A, 0 * A + 2, "is the same number everywhere"),
    "an input": (A, SAME.copy(), "is the input `W`, unchanged"),
    "an input's transpose": (A.T, SAME.T.copy(), "is the transpose of the input `W`"),
    "digits": (A, A + 1e-6 * np.sign(A), "is right to 5 digits only, about as many as float32 has"),
    # places
    "a row": (A, where(along(0, A) == 3, A), "is wrong in row 3 only"),
    "the first row": (A, where(along(0, A) == 0, A), "is wrong in the first row only"),
    "the last column": (A, where(along(1, A) == 6, A), "is wrong in the last column only"),
    "no last column": (A, np.where(along(1, A) == 6, 0, A), "is wrong in the last column only (it is 0 there)"),
    "an entry": (A, where((along(0, A) == 3) & (along(1, A) == 2), A), "is wrong in one entry only, `out[3, 2]`"),
    "a channel": (IMAGES, where(along(1, IMAGES) == 1, IMAGES), "is wrong in `out[:, 1, :, :]` only"),
    "the first step": (STEPS, where(along(1, STEPS) == 0, STEPS), "is wrong in `out[:, 0, :]` only"),
    "later steps": (STEPS, where(along(1, STEPS) > 1, STEPS), "is wrong in `out[:, 2:, :]` only"),
    "later rows": (A, where(along(0, A) > 1, A), "is wrong from row 2 on, and right in the rows before"),
    "odd rows": (A, where(along(0, A) % 2 == 1, A), "is wrong at odd indices along dimension 0 only"),
    "a block": (A, where((along(0, A) > 2) & (along(1, A) < 3), A), "is wrong in `out[3:, :3]` only"),
    "the diagonal": (SQUARE, SQUARE + np.diag([1.0, 2, 3, 2, 1, 4]), "is wrong on the diagonal only"),
    "above": (SQUARE, where(along(0, SQUARE) < along(1, SQUARE), SQUARE), "is wrong above the diagonal only"),
    "the border": (
        IMAGES,
        where((along(2, IMAGES) % 5 == 0) | (along(3, IMAGES) % 5 == 0), IMAGES),
        "is wrong at the border of the last two dimensions only",
    ),
    "the last edges": (
        SQUARE,
        where((along(0, SQUARE) == 5) | (along(1, SQUARE) == 5), SQUARE),
        "is wrong in the last row and the last column only",
    ),
    "a negative input": (A, where(SAME < 0, A), "is wrong exactly where `W` is negative"),
    "a positive answer": (A, where(A > 0, A), "is wrong exactly where the right answer is positive"),
    "most of a negative input": (
        A,
        where((SAME < 0) & (np.arange(A.size).reshape(A.shape) != np.argwhere(SAME.ravel() < 0)[0]), A),
        "is wrong only where `W` is negative",
    ),
    "labels": (
        A,
        where(np.eye(7, dtype=bool)[LABELS], A),
        "is wrong exactly at the column that `y` names in each row",
    ),
    "no gradient": (
        A,
        np.where(generator.permutation(35).reshape(A.shape) < 9, 0, A),
        "is 0 in 9 of 35 entries where it should not be, and right elsewhere",
    ),
    "here and there": (A, where(generator.permutation(35).reshape(A.shape) < 9, A), "is wrong in 9 of 35 entries"),
    "everything": (A, generator.standard_normal(A.shape), "is wrong in all 35 entries"),
    "a number": (0.5, 0.7, "is wrong"),
    # not finite
    "all NaN": (A, A * np.nan, "is NaN in 35 of 35 entries"),
    "NaN in a row": (A, np.where(along(0, A) == 4, np.nan, A), "is NaN in 7 of 35 entries, in the last row only"),
    "infinite later": (
        V,
        np.where(np.arange(9) > 5, np.inf, V),
        "is infinite in 3 of 9 entries, from entry 6 on, and right in the entries before",
    ),
    "NaN by the input": (A, np.where(SAME < 0, np.nan, A), "entries, exactly where `W` is negative"),
    "NaN somewhere": (
        A,
        np.where(generator.permutation(35).reshape(A.shape) < 9, np.nan, A),
        "is NaN in 9 of 35 entries, the first of them at `out[",
    ),
    "NaN and infinite": (
        V,
        np.where(np.arange(9) % 4 == 1, np.inf, np.where(np.arange(9) % 4 == 2, np.nan, V)),
        "is NaN in 2 and infinite in 2 of 9 entries",
    ),
    # shapes
    "another shape": (A, A.T.copy(), "has the shape (7, 5), not (5, 7): it is the transpose of the right answer"),
    "a lost dimension": (V[:, None], V, "its values are right, and a dimension of size 1 is missing"),
    "a dimension too many": (V, V[None], "its values are right, and a dimension of size 1 is one too many"),
    "flat": (A, A.ravel(), "has the shape (35,), not (5, 7): `out.reshape(5, 7)` is right"),
    "channels last": (IMAGES, IMAGES.transpose(0, 2, 3, 1), "`out.permute(0, 3, 1, 2)` is right"),
    "spread": (V, V[:, None] + 0 * V, "as where arrays of the shapes (9, 1) and (9,) meet"),
    "not summed": (A.sum(axis=0), A, "has the shape (5, 7), not (7,): its sum over dimension 0 is right"),
    "averaged": (A, A.mean(axis=1), "it is the mean of the right answer over dimension 1"),
    "padded": (
        IMAGES,
        np.pad(IMAGES, [(0, 0), (0, 0), (1, 1), (1, 1)]),
        "a border of 1 is too many, the rest is right",
    ),
    "too short": (V, V[:-1], "has the shape (8,), not (9,): the last one is missing, the rest is right"),
    "too long": (V, np.append(V, 0.0), "the last one is too many, the rest is right"),
    "a number in a tensor": (0.5, np.array([0.5]), "has the shape (1,), not a single number"),
    "of no shape at all": (A, generator.standard_normal((2, 2)), "`out` has the shape (2, 2), not (5, 7)"),
    # dtypes and kinds
    "float32": (A, A.astype(np.float32), "is float32, not float64; its values are right"),
    "wrong float32": (A, (A + 1).astype(np.float32), "is float32, not float64, and its values are wrong too"),
    "a float": (3, 3.0, "is a float, not an int; its values are right"),
    "floats": (LABELS, LABELS * 1.0, "is float64, not int64; its values are right"),
    "text": (A, "A", "is text, not a tensor of shape (5, 7)"),
    "an object": (A, Opaque("Loss", "Loss()"), "is an object of type Loss, not a tensor of shape (5, 7)"),
    "None": (A, None, "is None"),
    # containers
    "a short list": ([0.1, 0.2, 0.4], [0.1, 0.2], "has 2 items, not 3: the last one is missing, the rest is right"),
    "a list": ([0.1, 0.2, 0.4, 0.7], [0.1, 0.2, 0.5, 0.8], "is wrong from entry 2 on, and right in the entries before"),
    "a missing key": (
        {"grads": {"W": A, "b": V}},
        {"grads": {"W": A, "B": V}},
        "`grads['b']` is missing from what it returns, which has `grads['B']` instead",
    ),
    "an extra output": ({"W": A}, {"W": A, "b": V}, "`b` is not asked for"),
    "inside": ({"grads": {"W": A}}, {"grads": {"W": A / 2}}, "`grads['W']` is exactly half the right answer"),
}


# What is said in a hidden case instead: no number but those that stand for a mistake, no index, no count.
DISCREET = {
    "a whole number": "is a multiple of the right answer, by the same factor everywhere",
    "a fraction": "is a multiple of the right answer, by the same factor everywhere",
    "any factor": "is a multiple of the right answer, by the same factor everywhere",
    "nearly right": "is a multiple of the right answer, by the same factor everywhere",
    "offset": "is off by the same number everywhere",
    "rounded": "is wrong",
    "truncated": "is wrong",
    "signs": "has the wrong sign in some entries, and is right otherwise",
    "digits": "is right to few digits only, about as many as float32 has",
    "a row": "is wrong in one row only",
    "an entry": "is wrong in one entry only",
    "a channel": "is wrong in one block only",
    "a block": "is wrong in one block only",
    "later steps": "is wrong from some point on, and right in the slices along dimension 1 before",
    "later rows": "is wrong from some point on, and right in the rows before",
    "a list": "is wrong",
    "a negative input": "is wrong only where `W` is negative",
    "a positive answer": "is wrong only where the right answer is positive",
    "labels": "is wrong only at the column that `y` names in each row",
    "no gradient": "is 0 in some entries where it should not be, and right elsewhere",
    "here and there": "is wrong",
    "everything": "is wrong",
    "an object": "is an object, not a tensor of shape (5, 7)",
    "a missing key": "`grads['b']` is missing from what it returns",
    "an extra output": "`[...]` is not asked for",
}


@pytest.mark.parametrize("error", SENTENCES)
@pytest.mark.parametrize("hidden", [False, True])
def test_an_error_is_called_by_its_shape(error: str, hidden: bool) -> None:
    expected, got, said = SENTENCES[error]
    if hidden:
        said = DISCREET.get(error, said)
    inputs: dict[str, Any] = {"X": X, "p": 0.3, "y": LABELS}
    if any(isinstance(x, np.ndarray) and SAME.shape in (x.shape, x.T.shape) for x in (expected, got)):
        inputs["W"] = SAME
    told = sentence(expected, got, hidden, **inputs)
    assert said in told
    if hidden and error in DISCREET:
        assert told in (said, f"`out` {said}"), "and nothing else"


def test_the_sentence_that_holds_in_every_case_is_preferred() -> None:
    def case(n: int, d: int) -> Any:
        grad = generator.standard_normal((d, 3))
        return wrong({"dW": grad}, {"dW": n * grad}, X=generator.standard_normal((n, d)))

    alone, others = case(4, 4), [case(5, 4), case(4, 6), case(2, 7)]
    assert "4 is the number of rows of `X`" in described(alone, *others).sentence
    assert described(alone, *others).details[0] == "case some_case; the same in all 4 cases that fail"
    doubled = wrong({"dW": A}, {"dW": 2 * A}, X=generator.standard_normal((2, 5)))
    assert described(doubled).sentence == "`dW` is exactly twice the right answer"
    assert "2 is the number of rows of `X`" in described(doubled, *others).sentence


def test_what_does_not_hold_elsewhere_is_said_of_its_own_case() -> None:
    first = wrong({"out": A}, {"out": A / 2})
    second = wrong({"out": A}, {"out": where(along(0, A) == 3, A)}, hidden=True)
    assert described(first, second).sentence == "`out` is exactly half the right answer"
    assert described(first, second).details[0] == "case some_case"


def test_where_and_by_how_much() -> None:
    told = described(wrong({"a": V, "b": A, "c": SQUARE}, {"a": V, "b": A + 0.5 * (SAME > 0), "c": -SQUARE}, W=SAME))
    assert told.sentence == "`b` is wrong exactly where `W` is positive"
    assert told.details[0] == "case some_case"
    assert told.details[1].startswith(f"{int((SAME > 0).sum())} of 35 entries differ; the largest relative error is ")
    assert told.details[2].startswith("b[") and "expected" in told.details[2] and "got" in told.details[2]
    assert told.details[3:] == ("`c` is the negative of the right answer", "`a` is right")


def test_what_has_a_shape_is_said_before_what_has_none() -> None:
    told = described(wrong({"loss": 0.1, "dW": A}, {"loss": 0.7, "dW": A / 2}))
    assert told.sentence == "`dW` is exactly half the right answer"
    assert "`loss` is wrong" in told.details


def test_numbers_that_look_alike_are_given_more_digits() -> None:
    told = described(wrong(np.array([1.0, 2.0]), np.array([1.0, 2.0 + 1e-6])))
    assert told.details[-1] == "out[1]: expected 2, got 2.000001"
    told = described(wrong(np.array([10**17]), np.array([10**17 + 1])))
    assert told.details[-1] == f"out[0]: expected {10**17}, got {10**17 + 1}"


LOOSE: dict[str, Callable[[Array], Array]] = {
    "twice": lambda x: 2 * x * (1 + 0.02 * np.cos(np.arange(x.size).reshape(x.shape))),
    "transposed": lambda x: x.T + 0.02 * np.abs(x).max(),
    "reversed": lambda x: x[::-1] * 1.01,
    "squared": lambda x: x * x * 1.02,
}


@pytest.mark.parametrize("nearly", LOOSE)
def test_what_is_nearly_so_is_not_said(nearly: str) -> None:
    said = sentence(np.abs(SQUARE) + 0.3, LOOSE[nearly](np.abs(SQUARE) + 0.3))
    assert said == "`out` is wrong in all 36 entries" or "factor" in said or "times" in said
    assert not any(word in said for word in ("exactly", "transposed", "reverse", "square"))


def test_a_loose_tolerance_allows_no_exactly() -> None:
    assert sentence(A, 2.001 * A, tolerance=1e-2) == "`out` is twice the right answer"


def test_one_number_is_a_multiple_of_nothing() -> None:
    assert sentence(0.5, 0.75, X=X) == "`out` is wrong"
    assert sentence(30.0, 20.0, X=X) == "`out` is wrong"
    assert sentence(8, 4, X=X) == "`out` is wrong"
    assert sentence(0.123456, 0.1, X=X, p=0.3) == "`out` is wrong"
    x = np.full((3, 4), 7.25)
    assert sentence(x, x * 1.618, hidden=True) == "`out` is wrong"


def test_values_that_are_no_arrays_are_told_as_what_they_are() -> None:
    told = described(wrong({"out": np.array(1.5)}, {"out": {"a": 1}})).details
    assert "expected 1.5, got {'a': 1}" in told
    told = described(wrong({"out": np.zeros((2, 3))}, {"out": "zeros"})).details
    assert "Tensor(" not in " ".join(told) and "got 'zeros'" in " ".join(told)


def test_text_is_quoted_where_a_number_was_expected() -> None:
    told = described(wrong(3, "3"))
    assert "is text, not a number" in told.sentence
    assert "expected 3, got '3'" in told.details
