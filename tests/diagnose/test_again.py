"""What shows only when a failed case is asked again, and what a worker says about memory."""

from __future__ import annotations

import pytest

from grader.result import Verdict
from tests.diagnose.conftest import Examine
from tests.diagnose.test_hints import of

SECOND = "A second call with the same inputs gives another answer"
LEFT_OVER = "is right: something is left over from the calls before it"
UNSTABLE = "gives another answer each time"

STATES = {
    "adds up": (
        """
        seen = []

        def total(x):
            seen.append(x)
            return sum(len(one) for one in seen) * x.sum(dim=1), x.flip(0)
        """,
        SECOND,
    ),
    "remembers the first": (
        """
        kept = {}

        def total(x):
            width = kept.setdefault("width", x.shape[1])
            return x[:, :width].sum(dim=1) * width / x.shape[1], x.flip(0)
        """,
        LEFT_OVER,
    ),
    "fails the second time": (
        """
        calls = []

        def total(x):
            calls.append(1)
            if len(calls) > 1:
                raise ValueError("called too often")
            return x.sum(dim=1), x.flip(0)
        """,
        LEFT_OVER,
    ),
    "the clock": (
        """
        import time

        def total(x):
            return x.sum(dim=1) + time.perf_counter_ns() % 1_000_003, x.flip(0)
        """,
        UNSTABLE,
    ),
    "a key that is no number": (
        "def total(x): return {float('nan'): 1.0, (float('nan'), 1): 2.0, 'kept': x.sum()}, x.flip(0)",
        None,
    ),
    "always the same": ("def total(x): return x.sum(dim=1) * 1.3, x.flip(0)", None),
    "random, but seeded": ("def total(x): return x.sum(dim=1) + torch.rand(1).double(), x.flip(0)", None),
}


@pytest.mark.parametrize("state", STATES)
def test_what_differs_from_call_to_call_is_said(examine: Examine, state: str) -> None:
    text, hint = STATES[state]
    found = of(examine("total", layers=text), "total")
    assert found.verdict in (Verdict.WRONG, Verdict.CRASHED)
    assert len(found.hints) == (hint is not None)
    assert hint is None or hint in found.hints[0]


def test_a_case_that_is_right_when_it_is_asked_alone_is_named(examine: Examine) -> None:
    found = of(examine("total", layers=STATES["remembers the first"][0]), "total")
    assert "the case five_rows" in found.hints[0]
    assert [case.verdict for case in found.cases] == [Verdict.RIGHT, Verdict.WRONG, Verdict.RIGHT]


def test_digits_that_float32_lacks(examine: Examine) -> None:
    cancels = "def spread(x): return (x * x).mean() - x.mean() ** 2"
    found = of(examine("spread", layers=cancels), "spread")
    assert found.verdict is Verdict.WRONG
    assert found.hints == (
        "With float64 inputs it is right: on its way it needs more digits, or a wider range, than float32 has.",
    )


def test_a_dtype_that_is_fixed(examine: Examine) -> None:
    found = of(examine("spread", layers="def spread(x): return x.double().var(unbiased=False)"), "spread")
    assert found.sentence == "`variance` is float64, not float32; its values are right"
    assert found.hints == (
        "With float64 inputs it is right: a dtype is fixed in it, where that of the inputs should be kept.",
    )
    found = of(examine("scores", layers="def scores(W, X): return X @ torch.eye(4, 4).matmul(W)[:4]"), "scores")
    assert found.verdict is Verdict.CRASHED and found.hints == (
        "With float32 inputs it is right: a dtype is fixed in it, where that of the inputs should be kept.",
    )


@pytest.mark.parametrize(
    ("turned", "details"),
    [
        ("x[:]", ("`turned` is no copy: it shares its memory with the input `x`",)),
        ("x.clone()", ()),
    ],
)
def test_an_output_that_is_no_copy_of_a_changed_input_is_named(
    examine: Examine, turned: str, details: tuple[str, ...]
) -> None:
    text = f"""
        def total(x):
            sums = x.sum(dim=1)
            x.copy_(x.flip(0))
            return sums, {turned}
    """
    found = of(examine("total", layers=text), "total")
    assert (found.verdict, found.sentence) == (Verdict.WRONG, "it changes its input `x` in place, and must not")
    assert found.details == details


def test_a_view_of_an_input_that_stays_as_it_is_is_no_matter(examine: Examine) -> None:
    found = of(examine("total", layers="def total(x): return x.sum(dim=1), x"), "total")
    assert found.sentence == "`turned` is the input `x`, unchanged"
    assert not any("memory" in line for line in (*found.details, *found.notes))
