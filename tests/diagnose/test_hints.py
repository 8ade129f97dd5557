"""Which misconception a wrong answer is taken for, and when for none."""

from __future__ import annotations

import pytest

from grader.result import ExerciseResult, Result, Verdict
from tests.diagnose.conftest import Examine


def of(result: Result, exercise: str) -> ExerciseResult:
    """The record of one exercise."""
    (found,) = [one for one in result.exercises if one.id.endswith(f".{exercise}")]
    return found


@pytest.mark.parametrize("secret", [b"%d" % n for n in range(20)])
def test_what_is_right_gets_no_hint(examine: Examine, secret: bytes) -> None:
    result = examine(secret=secret)
    assert [(one.verdict, one.hints) for one in result.exercises] == [(Verdict.RIGHT, ())] * len(result.exercises)


LOSS = """
    def loss(W, X, Y, reg):
        n = {n}
        away = X.mm(W) - Y
        value = (away ** 2).sum().div({loss_n}) + reg * W.pow(2).sum()
        return value, {grad}
"""


def loss(grad: str = "X.t().mm(2 * away) / n + reg * (W + W)", loss_n: str = "n", n: str = "X.shape[0]") -> str:
    """A loss in another style than the reference's."""
    return LOSS.format(grad=grad, loss_n=loss_n, n=n)


def test_a_misconception_explains_every_case_that_is_wrong(examine: Examine) -> None:
    found = of(examine("loss", layers=loss(grad="X.t().mm(2 * away) / n")), "loss")
    assert found.hints == ("The gradient lacks the regularisation.",)
    # Where nothing is regularised it is right, and so is this submission.
    assert [case.verdict for case in found.cases] == [Verdict.WRONG, Verdict.RIGHT, Verdict.WRONG]
    assert found.sentence == "`dW` differs from the right answer by a multiple of `W`: a term is missing or too many"


def test_two_that_explain_equally_well_are_both_named(examine: Examine) -> None:
    found = of(examine("loss", layers=loss(grad="X.t().mm(2 * away) + n * reg * (W + W)")), "loss")
    assert found.hints == ("The gradient is not divided by N.", "The gradient is that of a sum over the examples.")


def test_what_is_right_where_the_submission_is_comes_first(examine: Examine) -> None:
    # Of the three cases only the one with reg = 0.7 is wrong: by 0.1 W, as under "where there should be none" too.
    found = of(
        examine("loss", layers=loss(grad="X.t().mm(2 * away) / n + reg * (W + W) + (0.1 * W if reg > 0.5 else 0)")),
        "loss",
    )
    assert found.hints == ("A strong regularisation is made stronger.",)


def test_what_is_wrong_where_the_submission_is_right_is_better_than_nothing(examine: Examine) -> None:
    # With reg = 0.2 this is right, and "fixed" is as well; with none it is right, and "fixed" is not.
    grad = "X.t().mm(2 * away) / n + (0.4 * W if reg else 0)"
    found = of(examine("loss", layers=loss(grad=grad)), "loss")
    assert found.hints == ("The strength of the regularisation is fixed.",)


def test_two_mistakes_at_once_are_told_by_output(examine: Examine) -> None:
    wrong = loss(grad="X.t().mm(2 * away) / n", loss_n="1").replace("reg * W.pow", "n * reg * W.pow")
    found = of(examine("loss", layers=wrong), "loss")
    assert found.hints == (
        "`dW`: The gradient lacks the regularisation.",
        "`loss`: The loss is a sum over the examples.",
    )


def test_one_case_that_does_not_fit_is_enough_for_none(examine: Examine) -> None:
    wrong = loss(grad="X.t().mm(2 * away) / n + (0.3 * W if reg > 0.5 else 0)")
    assert of(examine("loss", layers=wrong), "loss").hints == ()


def test_an_answer_beside_a_misconception_s_is_not_taken_for_it(examine: Examine) -> None:
    assert of(examine("loss", layers=loss(grad="X.t().mm(2 * away) / n + 1e-4 * W")), "loss").hints == ()


def test_a_prerequisite_s_misconception_explains_what_needs_it(examine: Examine) -> None:
    result = examine("scores", "best", layers="def scores(W, X): return X @ -W")
    assert of(result, "scores").hints == ("The weights are subtracted from nothing: the sign is wrong.",)
    assert of(result, "best").hints == ("The weights are subtracted from nothing: the sign is wrong.",)
    assert of(result, "best").verdict is Verdict.BLOCKED


def test_one_s_own_misconception_comes_before_a_prerequisite_s(examine: Examine) -> None:
    own = "def best(W, X):\n    s = X @ W\n    return s.argmin(1), s.amin(1)"
    assert of(examine("best", above=own), "best").hints == ("The lowest score is taken for the highest.",)


def test_a_prerequisite_s_known_mistake_comes_before_one_of_one_s_own_that_looks_alike(examine: Examine) -> None:
    # `best` has a misconception of its own that gives the same answers as the wrong `scores` underneath.
    result = examine("scores", "best", layers="def scores(W, X): return X @ -W")
    assert of(result, "best").hints == of(result, "scores").hints
    assert of(result, "best").verdict is Verdict.BLOCKED
    own = "def best(W, X):\n    s = -X @ W\n    return s.argmax(1), s.amax(1)"
    assert of(examine("best", above=own), "best").hints == ("The scores are taken with the wrong sign.",)


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("(X @ W).argmin(1), (X @ W).amin(1)", Verdict.WRONG),  # does not even use what is wrong
        ("scores(W, X).argmin(1), scores(W, X).amin(1)", Verdict.BLOCKED),  # two mistakes, one upon the other
        ("(X @ W).argmin(1), (X @ W).amin(1) + 0.1", Verdict.BLOCKED),  # nobody knows this one
        ("(X @ W).argmin(9), (X @ W).amin(1)", Verdict.BLOCKED),
    ],
)
def test_a_known_mistake_of_one_s_own_is_not_put_down_to_a_prerequisite(
    examine: Examine, body: str, verdict: Verdict
) -> None:
    for scores in ("return X @ -W", "return X @ W + 1", "return None"):
        result = examine(
            "scores",
            "best",
            layers=f"def scores(W, X): {scores}",
            above=f"def best(W, X): return {body}",
        )
        if scores == "return None" and "scores" in body:
            continue  # crashes
        assert of(result, "scores").verdict is not Verdict.RIGHT
        assert of(result, "best").verdict is verdict
        if verdict is Verdict.WRONG:
            assert of(result, "best").hints == ("The lowest score is taken for the highest.",)


@pytest.mark.parametrize(
    ("chosen", "hints"),
    [
        ("1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0", ("Perhaps: There are too many to try.",)),
        ("0.1, 0.2, 0.3, 0.4, 0.5", ("There are too many to try.",)),
        ("-1, 5, 7", ("Perhaps: A rate is 0 or less.",)),
        ("-1, 1, 2, 3, 4, 5", ()),  # both at once
        ("", ()),  # nobody knows this one
        ("'a', 'b'", ()),
        ("torch.tensor(-1.0), 2.0", ()),
    ],
)
def test_chosen_numbers_are_told_by_the_claims_that_they_fail(
    examine: Examine, chosen: str, hints: tuple[str, ...]
) -> None:
    found = of(
        examine("rates", above=f"import torch\n\ndef rates():\n    print(1 + 1)\n    return [{chosen}]"), "rates"
    )
    assert found.verdict is Verdict.WRONG
    assert found.hints == hints


@pytest.mark.parametrize(
    "answer",
    [
        "x.tolist()",
        "x[:2]",
        "x.reshape(-1)",
        "x.flatten().tolist() * 2",
        "x * float('nan')",
        "'noise'",
        "None, None",
        "x.bool()",
        "x.numpy()",
        "x.numpy() * 1j",
        "{1: x}",
        "[]",
        "object()",
        "10**400",
        "float('inf')",
    ],
)
def test_an_answer_that_no_property_can_read_is_wrong(examine: Examine, answer: str) -> None:
    found = of(examine("noise", layers=f"def noise(x, p):\n    p = p + 1\n    return {answer}"), "noise")
    assert found.verdict is Verdict.WRONG, found
    assert found.points == 0
    assert found.sentence


@pytest.mark.parametrize("answer", ["3", "None", "'abc'", "[None]", "[[0.1]]", "{}", "{'a': 'b'}", "iter([1j])"])
def test_a_choice_that_no_property_can_read_is_wrong(examine: Examine, answer: str) -> None:
    found = of(examine("rates", above=f"def rates():\n    print(1 + 1)\n    return {answer}"), "rates")
    assert found.verdict in (Verdict.WRONG, Verdict.CRASHED), found
    assert found.points == 0
    assert found.sentence


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ("W @ X", ("Weights and examples are multiplied in the wrong order.",)),
        ("W.mm(X)", ("Weights and examples are multiplied in the wrong order.",)),
        ("(X @ W).transpose(0, 1).view(-1)", ("The scores are a view of something of another shape.",)),
        ("(X @ W)[99]", ()),
        ("undefined", ()),
        ("W[:, :2] @ X", ("Perhaps: Weights and examples are multiplied in the wrong order.",)),
    ],
)
def test_a_crash_is_explained_by_the_same_crash(examine: Examine, body: str, hint: tuple[str, ...]) -> None:
    found = of(examine("scores", layers=f"def scores(W, X): return {body}"), "scores")
    assert found.verdict is Verdict.CRASHED
    assert found.hints == hint


def test_a_stub_gets_no_hint(examine: Examine) -> None:
    for body in ("pass", "raise NotImplementedError"):
        found = of(examine("scores", layers=f"def scores(W, X): {body}"), "scores")
        assert (found.verdict, found.hints) == (Verdict.NOT_ATTEMPTED, ())


NOISE = """
    def noise(x, p):
        rows = [torch.rand(x.shape[1], dtype=torch.float64) for _ in range(len(x) + 3)]
        mask = torch.stack(rows[3:]) {test}
        return x.masked_fill(~mask, 0.0) {scale}
"""


@pytest.mark.parametrize(
    ("test", "scale", "hints"),
    [
        (">= p", "", ("Perhaps: What is kept is not scaled.",)),
        ("< p", "/ (1 - p)", ("Perhaps: p is taken for the probability to keep.",)),
        (">= p", "/ (p or 1)", ("Perhaps: What is kept is divided by p.",)),
        (">= p", "* (1 - p)", ()),
        (">= p * 2", "/ (1 - p)", ()),
        ("< p", "/ (p or 1)", ()),
    ],
)
def test_random_outputs_are_told_apart_by_their_distribution(
    examine: Examine, test: str, scale: str, hints: tuple[str, ...]
) -> None:
    found = of(examine("noise", layers=NOISE.format(test=test, scale=scale)), "noise")
    assert found.verdict is Verdict.WRONG
    assert found.hints == hints


def test_random_outputs_that_are_equal_are_certain(examine: Examine) -> None:
    found = of(examine("noise", layers="def noise(x, p): return x * (torch.rand(x.shape) >= p)"), "noise")
    assert found.hints == ("What is kept is not scaled.",)
