"""Decision curves against the published example of dcurves, and against counting and drawing row by row."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.evaluation.net_benefit import net_benefits
from core.evaluation.outoffold import OutOfFold
from tests.core.evaluation.test_explorer import pooled

# Family history as a test for cancer (dcurves: 750 people, 105 with cancer; 24 of 115 with a history have it), as R's
# dcurves gives it: threshold, net benefit of treating all, net benefit of treating those with a family history.
PUBLISHED = (
    (0.05, 0.09473684210526317, 0.025614035087719297),
    (0.10, 0.04444444444444447, 0.018518518518518517),
    (0.15, -0.011764705882352927, 0.010588235294117641),
    (0.20, -0.07499999999999998, 0.001666666666666667),
    (0.30, -0.2285714285714286, -0.020000000000000004),
)


def family_history() -> tuple[OutOfFold, ...]:
    truth = np.repeat([1, 1, 0, 0], [24, 81, 91, 554])
    p = np.repeat([1.0, 0.0, 1.0, 0.0], [24, 81, 91, 554])
    zeros = np.zeros(750, np.int64)
    both = np.column_stack([1 - p, p])
    return (OutOfFold("history", np.arange(750), zeros, zeros, truth, both, truth, (0.5,), np.ones((1, 2))),)


def test_it_gives_the_published_figures() -> None:
    thresholds, everybody, history = np.array(PUBLISHED).T
    curves = net_benefits(family_history(), 1, thresholds)
    np.testing.assert_allclose(curves.all, everybody, atol=1e-12)
    np.testing.assert_allclose(curves.value[0], history, atol=1e-12)
    assert curves.useful("history") == ((0.15, 0.20),)
    assert curves.useful("history", surely=True) == ()
    assert (curves.low < curves.value).all()
    assert (curves.value < curves.high).all()


@pytest.mark.parametrize(("n_classes", "code"), [(2, 1), (3, 0)])
def test_values_and_intervals_are_those_of_rows_drawn_one_by_one(n_classes: int, code: int) -> None:
    rows = pooled(n_classes=n_classes)
    thresholds = np.array([0.05, 0.11, 0.37, 0.8])
    curves = net_benefits(rows, code, thresholds, draws=4000)
    rng = np.random.default_rng(5)
    for i, one in enumerate(rows):
        y, p = one.truth == code, one.probabilities[:, code].astype(float)
        for j, t in enumerate(thresholds):
            called = p >= t
            by_hand = (called & y).mean() - (called & ~y).mean() * t / (1 - t)
            assert curves.value[i, j] == pytest.approx(by_hand)
            assert curves.gain[i, j] == pytest.approx(by_hand - max(0, y.mean() - (1 - y.mean()) * t / (1 - t)))
            worth = np.where(y, called * 1.0, -1.0 * called * t / (1 - t))
            drawn = [
                sum(worth[side][rng.integers(0, side.sum(), side.sum())].sum() for side in (y, ~y)) / len(y)
                for _ in range(1500)
            ]
            low, high = np.quantile(drawn, [0.025, 0.975])
            assert curves.low[i, j] == pytest.approx(low, abs=0.12 * (high - low) + 1e-9)
            assert curves.high[i, j] == pytest.approx(high, abs=0.12 * (high - low) + 1e-9)


def test_another_prevalence_weighs_the_classes() -> None:
    rows, t = pooled(), 0.3
    curves = net_benefits(rows, 1, np.array([t]), prevalence=0.02)
    y, called = rows[0].truth == 1, rows[0].probabilities[:, 1].astype(float) >= t
    assert curves.value[0, 0] == pytest.approx(0.02 * called[y].mean() - 0.98 * called[~y].mean() * t / (1 - t))
    assert curves.all[0] == pytest.approx(0.02 - 0.98 * t / (1 - t))


def test_repeats_count_each_row_once_in_the_width_of_an_interval() -> None:
    (one, _), t = pooled(), np.array([0.3])
    twice = OutOfFold(
        one.key, np.tile(one.rows, 2), np.repeat([0, 1], len(one.rows)), np.repeat([0, 1], len(one.rows)),
        np.tile(one.truth, 2), np.tile(one.probabilities, (2, 1)), np.tile(one.decisions, 2), (0.5, 0.5),
        np.tile(one.training_counts, (2, 1)),
    )  # fmt: skip
    single, double = (net_benefits((rows,), 1, t, draws=4000) for rows in (one, replace(twice)))
    assert double.value[0, 0] == pytest.approx(single.value[0, 0])
    width = (single.high - single.low)[0, 0]
    assert (double.high - double.low)[0, 0] == pytest.approx(width, rel=0.1)
