"""Rows among the riskiest, against every order of equal scores, and gains against counting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from core.data.periods import PeriodError, moments, periods_of
from core.data.problem import Problem
from core.data.table import from_frame
from core.evaluation.capacity import capacities, gains, hits_among_top
from core.plan import Plan, StrategyChoice
from tests.core.evaluation.test_explorer import pooled


def test_equal_scores_count_as_the_mean_over_all_their_orders() -> None:
    positive, p = np.array([1, 0, 1, 0, 0, 1]) == 1, np.array([0.9, 0.5, 0.5, 0.5, 0.1, 0.1])
    for k in range(8):
        found = []
        for order in permutations(range(6)):
            if (np.diff(p[list(order)]) <= 0).all():
                found.append(positive[list(order)][:k].sum())
        assert hits_among_top(positive, p, k) == pytest.approx(np.mean(found))
    assert hits_among_top(np.zeros(0, bool), np.zeros(0), 3) == 0


@pytest.mark.parametrize(("n_classes", "code"), [(2, 1), (3, 2)])
def test_counts_by_period_are_those_of_each_period_alone(n_classes: int, code: int) -> None:
    rows = pooled(n_classes=n_classes)
    n = len(rows[0].truth)
    day = np.random.default_rng(1).integers(0, 5, n)
    day[day == 3] = 4  # a period without rows
    found = capacities(rows, code, day, per_period=20, names=tuple("abcde"))
    for i, one in enumerate(rows):
        for d in range(5):
            y, p = one.truth[day == d] == code, one.probabilities[day == d, code]
            assert found.hits[i, d] == pytest.approx(hits_among_top(y, p, 20))
            assert found.looked[d] == min(20, len(y))
    total = sum((rows[0].truth == code)[day == d].sum() for d in range(5))
    np.testing.assert_allclose(found.recall, found.hits.sum(axis=1) / total)
    np.testing.assert_allclose(found.precision, found.hits.sum(axis=1) / found.looked.sum())
    all_rows = capacities(rows, code, np.zeros(n, int), per_rows=50)
    assert all_rows.looked.tolist() == [0.05 * n]


def test_gains_are_shares_of_the_class_among_the_first_rows() -> None:
    rows = pooled(decimals=8)  # next to no equal scores
    values = gains(rows, 1, np.array([0.0, 0.1, 0.5, 1.0]))
    for i, one in enumerate(rows):
        order = np.argsort(-one.probabilities[:, 1], kind="stable")
        y = (one.truth == 1)[order]
        expected = [y[: int(share * len(y))].sum() / y.sum() for share in (0.0, 0.1, 0.5, 1.0)]
        np.testing.assert_allclose(values[i], expected)


def a_problem() -> Problem:
    start = datetime(2024, 1, 1, 6, tzinfo=UTC)
    n = 60
    frame = pd.DataFrame(
        {
            "moment": [(start + timedelta(hours=7 * i)).strftime("%Y-%m-%d %H:%M:%S") for i in range(n)],
            "step": np.arange(n) / 4 + 0.1,
            "amount": np.random.default_rng(0).normal(size=n).round(3),
            "fraud": np.where(np.arange(n) % 7 == 0, "yes", "no"),
        }
    )
    return Problem.of(from_frame(frame, "calls.csv"), Plan("fraud", (StrategyChoice.of("plain"),)))


def test_rows_fall_into_days_weeks_months_and_units() -> None:
    problem = a_problem()
    assert moments(problem) == {"moment": ("hour", "day", "week", "month")}
    days = periods_of(problem, "moment", "day")
    assert days.names[0] == "2024-01-01"
    assert days.of_row[:4].tolist() == [0, 0, 0, 1]
    assert len(periods_of(problem, "moment", "month").names) == 1
    weeks = periods_of(problem, "moment", "week")
    assert weeks.names[:2] == ("2024-01-01", "2024-01-08")
    assert (np.diff(weeks.of_row) >= 0).all()
    units = periods_of(problem, "step", "unit")
    assert units.names == tuple(str(i) for i in range(15))
    assert units.of_row.tolist() == (np.arange(60) // 4).tolist()


@pytest.mark.parametrize(
    ("column", "period", "words"),
    [
        ("moment", "unit", "holds dates, not numbers: count by day instead"),
        ("step", "day", "holds numbers, not dates"),
        ("town", "day", "is no column of dates or numbers"),
        ("fraud", "day", "is no column of dates or numbers"),
        ("moment", "year", "'year' is no period: choose one of hour, day, week, month, unit"),
    ],
)
def test_what_cannot_part_rows_is_one_sentence(column: str, period: str, words: str) -> None:
    with pytest.raises(PeriodError, match=words):
        periods_of(a_problem(), column, period)
