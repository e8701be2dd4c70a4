"""Slices against scikit-learn and SciPy, and a slice that falls behind among many that do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn import metrics as sk

from core.evaluation.slices import Parts, crossed, difference_ends, parts_of, slices, wilson_ends, worst_slices
from tests.core.evaluation.test_explorer import pooled


@pytest.mark.parametrize(("n_classes", "code"), [(2, 1), (3, 0)])
def test_figures_are_scikit_learns_on_the_rows_of_a_slice(n_classes: int, code: int) -> None:
    (one, _) = pooled(n_classes=n_classes)
    of_row = np.random.default_rng(1).integers(0, 3, len(one.truth))
    found = slices(one, code, Parts(("a", "b", "c", "nobody"), of_row))
    for at in range(3):
        y, d = one.truth[of_row == at] == code, one.decisions[of_row == at] == code
        assert found.rows[at] == len(y)
        assert found.recall[at] == pytest.approx(sk.recall_score(y, d))
        assert found.precision[at] == pytest.approx(sk.precision_score(y, d))
        assert found.predicted[at] == pytest.approx(one.probabilities[of_row == at, code].mean(), rel=1e-5)
    assert found.rows[3] == 0
    assert np.isnan(found.recall[3])
    low, high = wilson_ends(found.hits, found.of_class)
    interval = stats.binomtest(int(found.hits[0]), int(found.of_class[0])).proportion_ci(method="wilson")
    assert (low[0], high[0]) == pytest.approx((interval.low, interval.high))
    assert np.isnan(low[3])


def test_differences_have_newcombes_published_interval() -> None:
    difference, low, high = difference_ends(np.array([56, 48, 0]), np.array([70, 80, 0]), 1)
    assert (difference[0], low[0], high[0]) == pytest.approx((0.2, 0.0524, 0.3339), abs=1e-4)
    assert difference[1] == 0
    assert np.isnan(difference[2])


def test_only_the_slice_that_falls_behind_is_clear() -> None:
    rng = np.random.default_rng(3)
    n = 4000
    truth = (rng.random(n) < 0.2).astype(np.int64)
    old = rng.integers(0, 4, n)
    found = rng.random(n) < np.where(old == 3, 0.4, 0.8)
    decisions = np.where(truth == 1, found, rng.random(n) < 0.05).astype(np.int64)
    (one, _) = pooled(n=n)
    rows = replace(one, truth=truth, decisions=decisions)
    columns = [("age", Parts(("20", "40", "60", "80"), old))]
    columns += [(f"noise {i}", Parts(tuple("abcde"), rng.integers(0, 5, n))) for i in range(15)]
    worst = worst_slices(rows, 1, columns)
    clear = [(w.column, w.name, w.measure) for w in worst if w.p < 0.05]
    assert clear == [("age", "80", "recall")]
    first = worst[0]
    inside, outside = old[truth == 1] == 3, old[truth == 1] != 3
    hit = decisions[truth == 1] == 1
    table = [[(hit & inside).sum(), (~hit & inside).sum()], [(hit & outside).sum(), (~hit & outside).sum()]]
    assert first.p == pytest.approx(2 * (4 + 15 * 5) * stats.fisher_exact(table, alternative="less").pvalue)
    pairs = worst_slices(rows, 1, columns[:3], pairs=True)
    assert "age × noise 0" in {w.column for w in pairs}
    assert max(w.p for w in pairs) <= 1


def test_columns_become_levels_quarters_and_what_is_missing() -> None:
    numbers = parts_of(pd.Series([*range(100), None]))
    assert numbers.names == ("up to 24", "over 24 to 49", "over 49 to 74", "over 74", "(missing)")
    assert np.bincount(numbers.of_row).tolist() == [25, 25, 25, 25, 1]
    assert parts_of(pd.Series([1, 2, 1, 3])).names == ("1", "2", "3")
    many = parts_of(pd.Series([f"town {i}" for i in range(30)] + ["town 3"] * 5))
    assert len(many.names) == 13
    assert many.names[0] == "town 3"
    assert many.names[-1] == "(other)"
    days = parts_of(pd.Series(pd.date_range("2024-01-01", periods=40)))
    assert days.names[0] == "up to 2024-01-10"
    assert parts_of(pd.Series([True, False, True])).names == ("True", "False")
    lone = parts_of(pd.Series([0.0] * 50 + list(range(1, 9))))
    assert lone.names == ("up to 0", "over 0")
    both = crossed(numbers, Parts(("x", "y"), np.arange(101) % 2))
    assert both.names[:2] == ("up to 24, x", "up to 24, y")
    assert len(both.names) == 9
