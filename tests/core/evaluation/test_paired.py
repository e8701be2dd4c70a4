"""The tests of a difference against an independent implementation, a published example, and by simulation."""

from __future__ import annotations

from itertools import combinations

import baycomp
import numpy as np
import pytest
from scipy import stats
from sklearn.datasets import make_moons
from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score
from sklearn.svm import SVC

from benchmarks.verdict import false_alarm_rates, far_alarm_rate
from core.evaluation.paired import (
    compare_pairs,
    corrected_t_test,
    correlated_t_test,
    holm,
    rows_ratio,
)
from core.evaluation.power import repeats_needed, smallest_difference
from core.plan import SplitSettings
from tests.core.evaluation.comparisons import scored

FIVE = SplitSettings(folds=5, repeats=5)


@pytest.mark.parametrize(("folds", "repeats", "rope"), [(5, 1, 0.01), (5, 5, 0.02), (10, 10, 0.0), (3, 1, 0.05)])
def test_probabilities_are_those_of_baycomp(folds: int, repeats: int, rope: float) -> None:
    rng = np.random.default_rng(folds * repeats)
    x = rng.normal(0.7, 0.05, folds * repeats)
    y = x + rng.normal(0.02, 0.04, folds * repeats)
    expected = baycomp.CorrelatedTTest.probs(x, y, rope=rope, runs=repeats)
    ratio = rows_ratio(SplitSettings(folds=folds, repeats=repeats))
    worse, same, better = correlated_t_test(y - x, ratio, rope)
    shown = (worse, same, better) if rope else (worse, better)
    np.testing.assert_allclose(shown, expected, rtol=1e-9)
    mean, variance, freedom = baycomp.CorrelatedTTest.compute_statistics(x, y, repeats)
    p = 2 * stats.t.sf(abs(mean) / np.sqrt(variance), freedom)
    assert corrected_t_test(y - x, ratio) == pytest.approx(p, rel=1e-9)


def test_the_published_example_of_scikit_learn_comes_out() -> None:
    """scikit-learn's "Statistical comparison of models using grid search": RBF against linear, one-sided p 0.227.

    Its Bayesian part: 0.773 that RBF is better at all; with a rope of 0.01 0.068 worse, 0.432 the same, 0.500 better.
    """
    X, y = make_moons(noise=0.352, random_state=1, n_samples=100)
    cv = RepeatedStratifiedKFold(n_splits=10, n_repeats=10, random_state=0)
    scores = [
        cross_val_score(SVC(kernel=kernel, random_state=0), X, y, cv=cv, scoring="roc_auc")
        for kernel in ("rbf", "linear")
    ]
    differences = scores[0] - scores[1]
    ratio = rows_ratio(SplitSettings(folds=10, repeats=10))
    assert corrected_t_test(differences, ratio) / 2 == pytest.approx(0.227, abs=5e-4)
    assert correlated_t_test(differences, ratio, 0.0)[2] == pytest.approx(0.773, abs=5e-4)
    np.testing.assert_allclose(correlated_t_test(differences, ratio, 0.01), (0.068, 0.432, 0.500), atol=6e-4)


def test_false_alarms_are_as_rare_as_promised() -> None:
    rates = false_alarm_rates(1000)
    assert 0.03 <= rates["corrected"] <= 0.07
    assert rates["uncorrected"] > 0.3
    assert rates["reseeded"] <= 0.05


def test_of_sixty_equal_strategies_the_first_is_rarely_far_behind() -> None:
    assert far_alarm_rate(600) <= 0.05


def test_the_rate_test_finds_what_is_there() -> None:
    noise = np.random.default_rng(0).normal(0, 0.02, (25, 500))
    assert (corrected_t_test(0.1 + noise, 0.25) < 0.05).mean() > 0.99


def test_holm_is_the_step_down_of_its_paper() -> None:
    p = np.array([0.01, np.nan, 0.04, 0.03, 0.005])
    np.testing.assert_allclose(holm(p), [0.03, np.nan, 0.06, 0.06, 0.02])
    rng = np.random.default_rng(1)
    for _ in range(20):
        p = rng.random(6) ** 3
        rejected = set()
        for step, place in enumerate(np.argsort(p)):
            if p[place] > 0.05 / (6 - step):
                break
            rejected.add(place)
        assert set(np.flatnonzero(holm(p) <= 0.05)) == rejected


def test_matrices_are_consistent_and_point_the_right_way() -> None:
    rng = np.random.default_rng(2)
    base = rng.normal(0.6, 0.03, 25)
    comparison = scored(5, 5, a=base, b=base + 0.1 + rng.normal(0, 0.01, 25), c=base + rng.normal(0, 0.03, 25))
    pairs = compare_pairs(comparison, FIVE, "f1", rope=0.01)
    b, a = pairs.at("b", "a")
    assert pairs.difference[b, a] == pytest.approx(0.1, abs=0.02)
    assert pairs.better[b, a] > 0.99
    assert pairs.p_holm[b, a] < 0.01
    for i, j in combinations(range(3), 2):
        assert pairs.better[i, j] == pytest.approx(pairs.worse[j, i])
        assert pairs.better[i, j] + pairs.same[i, j] + pairs.worse[i, j] == pytest.approx(1)
        assert pairs.p_holm[i, j] == pairs.p_holm[j, i] >= pairs.p[i, j]
    assert np.isnan(np.diag(pairs.p)).all()
    lower_is_better = compare_pairs(comparison, FIVE, "brier")
    assert lower_is_better.better[a, b] > 0.99
    assert lower_is_better.difference[a, b] > 0


def test_identical_results_are_the_same_and_a_constant_lead_is_no_proof() -> None:
    base = np.linspace(0.5, 0.7, 5)
    pairs = compare_pairs(scored(a=base, twin=base.copy(), shifted=base + 0.1), FIVE, "f1")
    a, twin = pairs.at("a", "twin")
    assert pairs.p[a, twin] == 1
    assert (pairs.worse[a, twin], pairs.same[a, twin], pairs.better[a, twin]) == (0, 1, 0)
    a, shifted = pairs.at("a", "shifted")
    assert np.isnan([pairs.p[a, shifted], pairs.better[a, shifted], pairs.p_holm[a, shifted]]).all()
    assert "no spread" in pairs.notes[0]


@pytest.mark.parametrize("folds", [1, 2])
def test_fewer_than_three_folds_are_not_tested(folds: int) -> None:
    pairs = compare_pairs(scored(folds, a=np.linspace(0, 1, folds), b=np.ones(folds)), FIVE, "f1")
    assert not pairs.tested
    assert np.isnan(pairs.p).all()
    assert np.isnan(pairs.better).all()
    assert "too few for a test" in pairs.notes[0]


def test_folds_on_which_the_metric_is_undefined_are_left_out_for_all() -> None:
    a = np.array([0.5, 0.6, 0.7, 0.5, np.nan])
    pairs = compare_pairs(scored(a=a, b=np.array([0.4, 0.5, 0.65, 0.45, 0.9])), SplitSettings(5), "f1")
    assert pairs.folds == 4
    assert "lack a class" in pairs.notes[0]
    assert pairs.p[0, 1] == pytest.approx(corrected_t_test(np.array([0.1, 0.1, 0.05, 0.05]), 0.25))


def test_a_rope_below_nothing_is_refused() -> None:
    for rope in (-0.01, float("nan")):
        with pytest.raises(ValueError, match="choose 0 or more"):
            correlated_t_test(np.ones(5), 0.25, rope)


def test_the_ratio_follows_the_split() -> None:
    assert rows_ratio(SplitSettings(folds=5)) == 0.25
    assert rows_ratio(SplitSettings(folds=4, time="day")) == pytest.approx(4 / 10)


def test_repeats_needed_reach_the_power_they_promise() -> None:
    split, spread = SplitSettings(folds=5), 0.013
    repeats = repeats_needed(spread, split)
    assert repeats is not None
    assert repeats > 1
    # Mean and spread of n differences whose mean has the variance that the correction assumes.
    rng, power = np.random.default_rng(3), []
    for r in (repeats, max(1, repeats - 2)):
        n = r * 5
        mean = 0.02 + rng.normal(0, spread * np.sqrt(1 / n + 0.25), 20_000)
        seen = spread * np.sqrt(rng.chisquare(n - 1, 20_000) / (n - 1))
        t = np.abs(mean) / (seen * np.sqrt(1 / n + 0.25))
        power.append((2 * stats.t.sf(t, n - 1) < 0.05).mean())
    assert power[0] >= 0.79
    assert power[1] < power[0]


def test_some_differences_no_number_of_repeats_can_tell() -> None:
    split, spread = SplitSettings(folds=5), 0.05
    floor = smallest_difference(spread, split)
    assert floor == pytest.approx(2.8016 * 0.5 * 0.05, rel=1e-3)
    assert repeats_needed(spread, split, 0.02) is None
    assert repeats_needed(spread, split, floor * 1.2) is not None
    assert repeats_needed(spread, SplitSettings(folds=5, time="day"), 0.08) is None
