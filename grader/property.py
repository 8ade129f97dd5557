"""What a property yields: evidence, as the probability of seeing the like from a right solution.

A property is a trusted function `judge(ref, answer, **inputs)` that yields pairs (evidence, sentence). It runs in
the reference worker on tensors. Evidence is 0 (certainly wrong) to 1; a claim fails when its evidence is below the
property's false-alarm probability, shared between its statistical claims (Bonferroni).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Evidence:
    """`p`: the probability of an observation at least this unlikely, if the solution is right."""

    p: float
    statistical: bool


def certain(truth: Any) -> Evidence:
    """Evidence without chance: the statement holds or does not."""
    return Evidence(1.0 if bool(truth) else 0.0, statistical=False)


def close(got: Any, expected: Any, tolerance: float = 1e-6) -> Evidence:
    """Two tensors have the same shape and agree relative to the largest expected magnitude."""
    if tuple(got.shape) != tuple(expected.shape):
        return certain(False)
    if expected.numel() == 0:
        return certain(True)
    got, expected = got.double(), expected.double()
    scale = float(expected.abs().max()) or 1.0
    return certain(float((got - expected).abs().max()) <= tolerance * scale)


def binomial(successes: Any, probability: float) -> Evidence:
    """A boolean tensor, or (successes, trials), of independent trials with that success probability.

    Two-sided, by the Chernoff bound 2 exp(-n KL(k/n || p)) (Hoeffding 1963, Theorem 1): never too small a p."""
    k, n = successes if isinstance(successes, tuple) else (int(successes.sum()), successes.numel())
    if n == 0:
        return Evidence(1.0, statistical=True)
    return Evidence(min(1.0, 2 * math.exp(-n * _divergence(k / n, probability))), statistical=True)


def mean_is(x: Any, mean: float, deviation: float) -> Evidence:
    """The average of a tensor of independent numbers with that mean and deviation (central limit, two-sided)."""
    z = abs(float(x.double().mean()) - mean) * math.sqrt(x.numel()) / deviation
    return Evidence(math.erfc(z / math.sqrt(2)), statistical=True)


def deviation_is(x: Any, mean: float, deviation: float) -> Evidence:
    """The spread around `mean` of a tensor of independent normal numbers with that mean and deviation.

    Two-sided, by the Chernoff bound 2 exp(-n (a - 1 - ln a) / 2) on a chi-squared variable of n degrees of freedom
    that is a times n (Dasgupta and Gupta 2003, Lemma 2.2): never too small a p."""
    n = x.numel()
    if n == 0:
        return Evidence(1.0, statistical=True)
    a = float(((x.double() - mean) / deviation).square().mean())
    if not 0 < a < math.inf:
        return Evidence(0.0, statistical=True)
    return Evidence(min(1.0, 2 * math.exp(-n * (a - 1 - math.log(a)) / 2)), statistical=True)


def follows(x: Any, distribution: Callable[[Any], Any]) -> Evidence:
    """A tensor of independent numbers with that distribution function (of a tensor, entry by entry; continuous).

    Two-sided, by the bound 2 exp(-2 n d^2) for the largest distance d of the empirical distribution function from the
    true one (Dvoretzky, Kiefer, Wolfowitz; the constant is Massart's, 1990): never too small a p."""
    n = x.numel()
    if n == 0:
        return Evidence(1.0, statistical=True)
    below = distribution(x.double().flatten().sort().values)
    up_to = below.new_ones(n).cumsum(0) / n
    distance = max(float((up_to - below).max()), float((below - up_to).max()) + 1 / n)
    if not math.isfinite(distance):
        return Evidence(0.0, statistical=True)
    return Evidence(min(1.0, 2 * math.exp(-2 * n * distance**2)), statistical=True)


def failing(claims: Iterable[tuple[Evidence, str]], false_alarm: float) -> list[str]:
    """The sentences of the claims that do not hold. A property that breaks over an answer once a claim has not held
    has judged it by what came before; any other error is the caller's."""
    seen: list[tuple[Evidence, str]] = []
    try:
        for claim in claims:
            seen.append(claim)
    except Exception:
        failed = _failing(seen, false_alarm)
        if not failed:
            raise
        return failed
    return _failing(seen, false_alarm)


def _failing(claims: Sequence[tuple[Evidence, str]], false_alarm: float) -> list[str]:
    statistical = sum(evidence.statistical for evidence, _ in claims)
    threshold = false_alarm / max(statistical, 1)
    return [
        sentence
        for evidence, sentence in claims
        if not evidence.p >= (threshold if evidence.statistical else 1)  # NaN is no evidence
    ]


def _divergence(q: float, p: float) -> float:
    """Kullback-Leibler divergence of two Bernoulli distributions."""

    def term(a: float, b: float) -> float:
        if a == 0:
            return 0.0
        return math.inf if b == 0 else a * math.log(a / b)

    return term(q, p) + term(1 - q, 1 - p)
