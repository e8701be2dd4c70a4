"""Precision and recall among the riskiest rows: fair to ties, by period, and the same under weights."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from core.decision.top_rows import TopRows, precision_and_recall
from core.evaluation.metrics import score
from core.evaluation.weighted import weighted_scores

KEYS = ("precision_at_k", "recall_at_k")


def test_ties_at_the_edge_count_as_the_mean_over_all_orders() -> None:
    positive = np.array([True, False, True, False, True, False])
    p = np.array([0.9, 0.5, 0.5, 0.5, 0.5, 0.1])
    orders = [
        order for order in permutations(range(6)) if (np.diff(p[list(order)]) <= 0).all()
    ]  # every ranking that the probabilities allow
    hits = np.mean([positive[list(order)][:3].sum() for order in orders])
    assert precision_and_recall(positive, p, TopRows(np.array([0.5]))) == pytest.approx((hits / 3, hits / 3))


def test_each_period_has_its_own_top_and_a_row_without_one_is_not_looked_at() -> None:
    positive = np.array([True, False, False, True, True])
    p = np.array([0.2, 0.1, 0.9, 0.8, 0.95])
    top = TopRows.by_period(1, np.array([0, 0, 1, 1, -1]))
    assert precision_and_recall(positive, p, top) == (0.5, 0.5)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("by_day", [False, True])
def test_weights_count_rows_as_often(classes: int, by_day: bool) -> None:
    rng = np.random.default_rng(classes)
    n = 60
    y, raw = rng.integers(0, classes, n), rng.random((n, classes)).round(1) + 0.01
    p, day = raw / raw.sum(axis=1, keepdims=True), rng.integers(-1, 4, n)
    top = TopRows(np.array([0.2, 0.3, 0.4, 1.0]), day) if by_day else TopRows(np.array([0.3]))
    weights = rng.integers(0, 3, (n, 4))
    drawn = weighted_scores(y, p, p.argmax(1), weights.astype(float), top)
    for at in range(4):
        rows = np.repeat(np.arange(n), weights[:, at])
        slow = score(y[rows], p[rows], p[rows].argmax(1), classes, top.of(rows))
        assert [drawn[key][at] for key in KEYS] == pytest.approx([slow[key] for key in KEYS], nan_ok=True)
