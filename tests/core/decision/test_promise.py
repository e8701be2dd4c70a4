"""The promise on recall against the binomial distribution, step by step, and against simulated scores."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from core.decision.promise import misses_allowed, positives_needed, promised_threshold
from core.plan import Part
from core.strategies import StrategyError, TrainingView, make
from core.strategies.view import Numbers


def broken(positives: int, misses: int, recall: float) -> float:
    """Return the chance that a threshold with so many misses of so many positives finds less than promised."""
    return sum(comb(positives, k) * (1 - recall) ** k * recall ** (positives - k) for k in range(misses + 1))


@pytest.mark.parametrize("recall", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_as_many_misses_are_allowed_as_the_binomial_distribution_says(recall: float, confidence: float) -> None:
    for positives in (1, 5, 28, 29, 44):
        allowed = [m for m in range(min(positives, 30)) if broken(positives, m, recall) <= 1 - confidence + 1e-12]
        assert misses_allowed(positives, recall, confidence) == (allowed[-1] if allowed else None)
    needed = positives_needed(recall, confidence)
    assert misses_allowed(needed, recall, confidence) is not None
    assert misses_allowed(needed - 1, recall, confidence) is None


def test_the_promise_is_kept_where_the_floor_is_kept_half_of_the_time() -> None:
    rng = np.random.default_rng(0)
    scores = rng.random((2000, 100))  # the recall of a threshold t on new rows is 1 - t
    recalls = np.array([1 - (promised_threshold(row) or 0.0) for row in scores])
    assert (recalls >= 0.9).mean() >= 0.95
    assert 0.4 < (1 - np.partition(scores, 10)[:, 10] >= 0.9).mean() < 0.6
    assert recalls.mean() < 0.97  # no more cautious than it has to be


def test_equal_scores_find_more_than_was_promised() -> None:
    rng = np.random.default_rng(1)
    scores = rng.integers(0, 5, 200) / 5
    threshold = promised_threshold(scores)
    assert threshold is not None
    assert (scores >= threshold).mean() >= 0.9


def test_the_strategy_refuses_what_it_cannot_promise() -> None:
    y = np.repeat([0, 1], [50, 28])
    p = np.linspace(0, 1, 78)
    view = TrainingView.of(Numbers(), np.zeros((78, 1)), y, n_classes=2, seed=0)
    both = np.column_stack([1 - p, p])
    with pytest.raises(StrategyError, match=r"takes 29 positive rows .* and there are 28"):
        make(Part.of("threshold_promise")).rule(both, y, view, [])
    rule = make(Part.of("threshold_promise", recall=0.8)).rule(both, y, view, [])
    assert rule is not None
    assert rule.decide(both)[y == 1].mean() >= 0.8
