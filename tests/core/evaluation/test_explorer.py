"""The explorer's figures against scikit-learn on the same decisions."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from core.decision import thresholds
from core.decision.costs import CostError, Costs
from core.decision.row_costs import Cost, RowCosts
from core.evaluation.explorer import Explorer
from core.evaluation.outoffold import OutOfFold


def pooled(n: int = 400, n_classes: int = 2, seed: int = 0, decimals: int = 2) -> tuple[OutOfFold, ...]:
    """Return two strategies' probabilities, rounded so that many are equal."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(n_classes, n, p=[0.85, 0.15] if n_classes == 2 else [0.7, 0.2, 0.1])
    strategies = []
    for i in range(2):
        p = rng.dirichlet(np.ones(n_classes), n) + (0.2 + 0.3 * i) * np.eye(n_classes)[truth]
        p = (p / p.sum(1, keepdims=True)).round(decimals).astype(np.float32)
        zeros = np.zeros(n, np.int64)
        strategies.append(
            OutOfFold(str(i), np.arange(n), zeros, zeros, truth, p, p.argmax(1), (0.5,), np.bincount(truth)[None])
        )
    return tuple(strategies)


@pytest.mark.parametrize(("n_classes", "code"), [(2, 1), (3, 0), (3, 2)])
def test_figures_are_scikit_learns(n_classes: int, code: int) -> None:
    rows = pooled(n_classes=n_classes)
    costs = Costs(((0.0, 1.0), (7.0, 0.5)))
    cuts = np.array([0.0, 0.11, 0.25, 0.5, float(np.float32(0.37)), 0.93, 1.0, 1.01])
    readings = Explorer.of(rows, code).at(cuts, costs)
    for i, one in enumerate(rows):
        y = (one.truth == code).astype(int)
        for j, threshold in enumerate(cuts):
            d = (one.probabilities[:, code].astype(np.float64) >= threshold).astype(int)
            matrix = sk.confusion_matrix(y, d, labels=[0, 1])
            np.testing.assert_array_equal(readings.confusion[i, j], matrix)
            assert readings.precision[i, j] == pytest.approx(sk.precision_score(y, d, zero_division=0))
            assert readings.recall[i, j] == pytest.approx(sk.recall_score(y, d))
            assert readings.f1[i, j] == pytest.approx(sk.f1_score(y, d, zero_division=0))
            assert readings.value[i, j] == pytest.approx((matrix * np.array(costs.matrix)).sum() / len(y))


def test_another_prevalence_is_the_same_as_weighting_the_classes() -> None:
    (one, _), costs = pooled(), Costs(((0.0, 2.0), (9.0, 0.0)), prevalence=0.03)
    readings = Explorer.of(pooled(), 1).at(0.4, costs)
    d = (one.probabilities[:, 1] >= 0.4).astype(int)
    share = one.truth.mean()
    w = np.where(one.truth == 1, 0.03 / share, 0.97 / (1 - share))
    assert readings.precision[0, 0] == pytest.approx(sk.precision_score(one.truth, d, sample_weight=w))
    assert readings.recall[0, 0] == pytest.approx(sk.recall_score(one.truth, d))
    assert readings.f1[0, 0] == pytest.approx(sk.f1_score(one.truth, d, sample_weight=w))
    matrix = sk.confusion_matrix(one.truth, d, sample_weight=w)
    assert readings.value[0, 0] == pytest.approx((matrix * np.array(costs.matrix)).sum() / w.sum())


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("benefits", [False, True])
def test_no_threshold_is_better_than_the_best(seed: int, benefits: bool) -> None:
    rng = np.random.default_rng(seed)
    rows = pooled(seed=seed)
    matrix = ((3.0, 1.0), (0.0, 20.0)) if benefits else ((0.0, 1.0), (float(rng.uniform(1, 30)), 0.0))
    costs = Costs(matrix, benefits)
    explorer = Explorer.of(rows, 1)
    best = explorer.best(costs)
    sign = -1 if benefits else 1
    reached = sign * explorer.at_own(best[:, None], costs).value[:, 0]
    every = sign * explorer.at(np.linspace(0, 1.01, 2021), costs).value
    np.testing.assert_allclose(reached, every.min(axis=1))
    if not benefits:
        objective = thresholds.expected_cost(np.array(matrix))
        for one, threshold in zip(rows, best, strict=True):
            by_hand = thresholds.best_threshold(one.truth, one.probabilities[:, 1].astype(np.float64), objective)
            assert threshold == pytest.approx(by_hand)


def test_the_best_threshold_moves_with_the_field() -> None:
    explorer = Explorer.of(pooled(n=4000, decimals=4), 1)
    rare, common = (explorer.best(Costs(prevalence=share)) for share in (0.01, 0.5))
    assert (rare > common).all()


def test_where_the_class_is_never_worth_calling_nobody_is_called() -> None:
    truth, p = np.array([0, 1, 0, 1, 0]), np.array([0.9, 0.8, 0.3, 0.2, 0.1])
    zeros = np.zeros(5, np.int64)
    one = OutOfFold("s", np.arange(5), zeros, zeros, truth, np.column_stack([1 - p, p]), truth, (), zeros[None])
    explorer, costs = Explorer.of([one], 1), Costs(((0.0, 100.0), (1.0, 0.0)))
    best = explorer.best(costs)
    assert 0.9 < best[0] <= 1
    readings = explorer.at_own(best[:, None], costs)
    assert readings.confusion[0, 0].tolist() == [[3, 0], [2, 0]]
    assert readings.value[0, 0] == pytest.approx(2 / 5)
    assert readings.precision[0, 0] == 0


def test_the_ideal_threshold_is_elkans() -> None:
    assert Costs(((0, 1), (9, 0))).ideal_threshold(0.2) == pytest.approx(0.1)
    assert Costs(((0, 1), (1, 0))).ideal_threshold(0.2) == pytest.approx(0.5)
    assert Costs(((9, 0), (0, 1)), benefits=True).ideal_threshold(0.2) == pytest.approx(0.9)
    # As common in the field as among the tested rows: nothing moves.
    assert Costs(((0, 1), (9, 0)), prevalence=0.2).ideal_threshold(0.2) == pytest.approx(0.1)
    # Bayes by hand: odds of 1/9 in the field are odds of 1/9 * (0.2/0.8) / (0.02/0.98) among the tested rows.
    odds = 1 / 9 * (0.2 / 0.8) / (0.02 / 0.98)
    assert Costs(((0, 1), (9, 0)), prevalence=0.02).ideal_threshold(0.2) == pytest.approx(odds / (1 + odds))
    assert Costs(((1, 0), (9, 0))).ideal_threshold(0.2) is None


@pytest.mark.parametrize(
    ("matrix", "prevalence", "says"),
    [
        (((0, -1), (1, 0)), None, "calling the rest the class is -1: enter 0 or more"),
        (((0, 0), (0, 0)), None, "All costs are 0"),
        (((0, 1), (1, 0), (0, 0)), None, "have 3 rows and 2 columns"),
        (((0, 1, 2), (1, 0, 2)), None, "have 2 rows and 3 columns"),
        (((0, 1), (1,)), None, "1 or 2 columns"),
        ((), None, "have 0 rows and no columns"),
        (((0, 1), (math.nan, 0)), None, "calling the class the rest is missing"),
        (((0, math.inf), (1, 0)), None, "missing or no number"),
        (((0, 1), (1, 0)), 0.0, "share in the field is 0"),
        (((0, 1), (1, 0)), 1.0, "between 0 and 1"),
        (((0, 1), (1, 0)), -0.2, "between 0 and 1"),
        (((0, 1), (1, 0)), math.nan, "between 0 and 1"),
    ],
)
def test_costs_that_cannot_be_used_get_one_sentence(
    matrix: tuple[tuple[float, ...], ...], prevalence: float | None, says: str
) -> None:
    with pytest.raises(CostError, match=says) as caught:
        Costs(matrix, prevalence=prevalence)
    assert str(caught.value).count(". ") == 0


def test_benefits_are_called_benefits() -> None:
    with pytest.raises(CostError, match="All benefits are 0"):
        Costs(((0, 0), (0, 0)), benefits=True)


def test_costs_by_row_are_summed_at_every_threshold() -> None:
    rows, rng = pooled(), np.random.default_rng(3)
    frame = pd.DataFrame({"amount": rng.exponential(50, len(rows[0].truth)).round(2)})
    by_row = RowCosts(Cost(0.5), Cost(2.0, "amount", 0.01), Cost(column="amount"), Cost(3.0))
    explorer, cuts = Explorer.of(rows, 1, by_row, frame), np.array([0.0, 0.2, 0.5, 0.93, 1.01])
    plain, field = explorer.at(cuts, Costs()), explorer.at(cuts, Costs(prevalence=0.03))
    best = explorer.best(Costs())
    for i, one in enumerate(rows):
        p, share = one.probabilities[:, 1].astype(np.float64), one.truth.mean()
        w = np.where(one.truth == 1, 0.03 / share, 0.97 / (1 - share))
        for j, cut in enumerate(cuts):
            paid = by_row.total(one.truth, p >= cut, frame)
            assert plain.value[i, j] == pytest.approx(paid.mean())
            assert field.value[i, j] == pytest.approx((w * paid).sum() / w.sum())
        own = by_row.total(one.truth, one.decisions, frame).mean()
        assert explorer.decided(Costs()).value[i, 0] == pytest.approx(own)
        every = [by_row.total(one.truth, p >= cut, frame).mean() for cut in np.linspace(0, 1.01, 2021)]
        assert by_row.total(one.truth, p >= best[i], frame).mean() == pytest.approx(min(every))
