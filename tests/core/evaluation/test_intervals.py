"""Intervals: every draw's metrics equal scikit-learn's on the drawn rows, and intervals cover what they should."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import confusion_matrix

from core.evaluation._row_ends import RowEnds
from core.evaluation.comparison import compare
from core.evaluation.intervals import COVERAGE, by_folds, by_rows, intervals, reach
from core.evaluation.metrics import METRICS, score
from core.evaluation.resampling import bootstrap_weights, parted
from core.evaluation.weighted import Predictions, confusion_scores, weighted_scores
from core.experiment.results import FoldResult
from core.plan import Plan, SplitSettings, StrategyChoice

CHOICES = tuple(StrategyChoice.of(name) for name in ("plain", "smote"))


def predictions(n: int, n_classes: int, seed: int, *, coarse: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return truth, probabilities (with many ties if coarse) and decisions."""
    rng = np.random.default_rng(seed)
    y = rng.choice(n_classes, n, p=[0.85, 0.15] if n_classes == 2 else [0.6, 0.3, 0.1])
    y[:n_classes] = np.arange(n_classes)
    p = rng.dirichlet(np.ones(n_classes), n) + 0.5 * np.eye(n_classes)[y]
    p /= p.sum(axis=1, keepdims=True)
    if coarse:
        p = np.round(p, 1) + 0.01
    return y, p.astype(np.float32), p.argmax(axis=1)


def folds_of(n: int, names: tuple[str, ...], *, n_classes: int = 2, repeats: int = 1, folds: int = 5, seed: int = 0):  # type: ignore[no-untyped-def]
    """Return fold results of made-up predictions; every strategy's differ."""
    y = predictions(n, n_classes, seed, coarse=False)[0]
    results = []
    for repeat in range(repeats):
        place = np.random.default_rng(repeat).permutation(n) % folds
        for fold in range(folds):
            rows = np.flatnonzero(place == fold)
            for k, name in enumerate(names):
                rng = np.random.default_rng([seed, repeat, fold, k])
                p = rng.dirichlet(np.ones(n_classes), len(rows)) + 0.6 * np.eye(n_classes)[y[rows]]
                p = (p / p.sum(axis=1, keepdims=True)).astype(np.float32)
                results.append(
                    FoldResult(name, repeat, fold, rows, y[rows], p, p.argmax(axis=1), 0.5, np.bincount(y), 0.1, 1)
                )
    return tuple(results)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("coarse", [False, True])
def test_every_metric_of_a_draw_is_scikit_learns_on_the_drawn_rows(n_classes: int, coarse: bool) -> None:
    y, p, d = predictions(400, n_classes, 7, coarse=coarse)
    weights = bootstrap_weights(400, 12, np.random.default_rng(1))
    assert (weights.sum(axis=0) == 400).all()
    assert len(set(weights[y == 1].sum(axis=0).tolist())) > 1
    scores = weighted_scores(y, p, d, weights)
    for draw in range(12):
        rows = np.repeat(np.arange(400), weights[:, draw].astype(int))
        expected = score(y[rows], p[rows], d[rows], n_classes)
        for metric in METRICS:
            assert scores[metric.key][draw] == pytest.approx(expected[metric.key], abs=1e-9), metric.key


def test_nothing_found_and_everything_found_are_no_special_case() -> None:
    y = np.array([0, 0, 0, 1, 1])
    for p1 in (np.zeros(5), np.ones(5), y * 1.0, 1.0 - y):
        p = np.stack([1 - p1, p1], axis=1)
        d = p.argmax(axis=1)
        scores, expected = weighted_scores(y, p, d, np.ones((5, 1))), score(y, p, d, 2)
        for metric in METRICS:
            assert scores[metric.key][0] == pytest.approx(expected[metric.key], abs=1e-9), metric.key


def test_a_draw_that_lacks_a_class_is_undefined_but_for_what_needs_no_class() -> None:
    y, p, d = predictions(30, 2, 0, coarse=False)
    weights = np.ones((30, 2))
    weights[y == 1, 1] = 0
    scores = weighted_scores(y, p, d, weights)
    assert all(np.isfinite(values[0]) for values in scores.values())
    assert {key for key, values in scores.items() if np.isfinite(values[1])} == {"brier", "log_loss", "accuracy"}


def scored_rows(n: int, share: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return truth, probabilities and decisions of a classifier that is calibrated; class counts are drawn anew."""
    y = (rng.random(n) < share).astype(np.int64)
    z = rng.standard_normal(n) + 2.5 * y
    p = 1 / (1 + (1 - share) / share * np.exp(2.5**2 / 2 - 2.5 * z))
    return y, np.stack([1 - p, p], axis=1), (p >= 0.2).astype(np.int64)


@pytest.mark.parametrize(("n", "share", "runs"), [(1000, 0.02, 300), (5000, 0.01, 120)])
def test_intervals_by_rows_cover_where_class_counts_are_drawn_anew(n: int, share: float, runs: int) -> None:
    """With fixed class counts, or by percentiles alone, accuracy, Brier score or ROC AUC fall short of 90%."""
    y, p, d = scored_rows(1_000_000, share, np.random.default_rng(0))
    truth = Predictions(np.arange(len(y)), len(y), y, p, d).scores(np.ones((len(y), 1)))
    covered = dict.fromkeys(truth, 0)
    for run in range(runs):
        rng = np.random.default_rng([n, run])
        y, p, d = scored_rows(n, share, rng)
        predictions = Predictions(np.arange(n), n, y, p, d)
        values = {key: float(value[0]) for key, value in predictions.scores(np.ones((n, 1))).items()}
        drawn = predictions.scores(bootstrap_weights(n, 200, rng))
        ends = RowEnds(values, drawn, confusion_matrix(y, d).astype(np.float64), is_simple=True, looked=0.05 * n)
        for key in covered:
            low, high = ends.of(key, reach(key), COVERAGE)
            covered[key] += bool(low <= truth[key][0] <= high)
    # Half a per cent beyond 92 to 98% for the luck of so few runs, and more for the fewer.
    slack = 0.005 if runs >= 300 else 0.02
    assert {key: hits / runs for key, hits in covered.items() if not 0.92 - slack <= hits / runs <= 0.98 + slack} == {}


def test_what_is_the_same_on_all_rows_or_folds_has_the_counts_interval_or_none() -> None:
    never = tuple(
        replace(r, decisions=np.zeros_like(r.decisions)) for r in folds_of(200, ("plain", "smote"), repeats=2)
    )
    plan = Plan("t", CHOICES, split=SplitSettings(5, 2))
    comparison = compare(never, plan, ("no", "yes"))
    positives = sum(int(r.y_true.sum()) for r in never if r.strategy == "plain" and r.repeat == 0)
    jaccard = stats.binomtest(0, positives).proportion_ci(method="wilson").high
    for kind in ("folds", "rows"):
        bounds = intervals(comparison, plan, kind, draws=50)  # type: ignore[arg-type]
        f1, recall = bounds.of("plain", "f1"), bounds.of("plain", "recall")
        assert (f1.value, f1.low, f1.high) == pytest.approx((0, 0, 2 * jaccard / (1 + jaccard)))
        assert recall.high == pytest.approx(jaccard)
        assert np.isnan([bounds.of("plain", "mcc").low, bounds.of("plain", "precision").low]).all()
    assert "the same on every fold" in " ".join(by_folds(comparison, plan).notes)


def test_rows_of_a_group_are_drawn_together() -> None:
    results = folds_of(300, ("plain",))
    plan = Plan("t", CHOICES[:1], split=SplitSettings(5, group="who"))
    comparison = compare(results, plan, ("no", "yes"))
    alone, together = by_rows(comparison, plan, 300), by_rows(comparison, plan, 300, np.arange(300) // 10)
    assert not together.notes
    assert "too narrow" in alone.notes[0]
    y = np.arange(300) % 2
    weights = bootstrap_weights(300, 5, np.random.default_rng(0), np.arange(300) // 10)
    assert (np.ptp(weights.reshape(30, 10, 5), axis=1) == 0).all()
    larger = parted(y, 5, np.random.default_rng(0), 0.75, np.arange(300) // 10)
    assert (np.ptp(larger.reshape(30, 10, 5), axis=1) == 0).all()
    assert larger.mean() == pytest.approx(0.75, abs=0.03)


def test_repeats_share_the_draw_and_do_not_narrow_the_interval_to_nothing() -> None:
    results = folds_of(300, ("plain", "smote"), repeats=4)
    plan = Plan("t", CHOICES, split=SplitSettings(5, 4))
    comparison = compare(results, plan, ("no", "yes"))
    four = by_rows(comparison, plan, 400)
    mine = [r for r in results if r.strategy == "smote"]
    pooled = []
    for repeat in range(4):
        part = [r for r in mine if r.repeat == repeat]
        y, p, d = (np.concatenate([getattr(r, n) for r in part]) for n in ("y_true", "probabilities", "decisions"))
        pooled.append(score(y, p, d, 2))
    for metric in METRICS:
        assert four.of("smote", metric.key).value == pytest.approx(np.mean([s[metric.key] for s in pooled]), abs=1e-9)
    frame = four.frame
    assert ((frame["low"] <= frame["value"]) & (frame["value"] <= frame["high"])).mean() > 0.9
    pd.testing.assert_frame_equal(frame, by_rows(comparison, plan, 400).frame)
    other = by_rows(comparison, Plan("t", CHOICES, split=SplitSettings(5, 4, seed=1)), 400)
    assert not frame.equals(other.frame)


def test_chunks_of_a_large_table_are_one_bootstrap(monkeypatch: pytest.MonkeyPatch) -> None:
    results = folds_of(200, ("plain",))
    plan = Plan("t", CHOICES[:1], split=SplitSettings(5))
    comparison = compare(results, plan, ("no", "yes"))
    whole = by_rows(comparison, plan, 500).of("plain", "f1")
    monkeypatch.setattr("core.evaluation.intervals._CELLS", 200 * 30)
    chunked = by_rows(comparison, plan, 500).of("plain", "f1")
    assert whole.value == chunked.value
    assert whole.low == pytest.approx(chunked.low, abs=0.03)
    assert whole.high == pytest.approx(chunked.high, abs=0.03)


def test_a_repeat_that_lacks_folds_still_has_an_interval() -> None:
    results = tuple(r for r in folds_of(120, ("plain", "smote"), repeats=2) if r.repeat == 0 or r.fold == 0)
    plan = Plan("t", CHOICES, split=SplitSettings(5, 2))
    frame = by_rows(compare(results, plan, ("no", "yes")), plan, 200).frame
    assert np.isfinite(frame.to_numpy()).all()


def test_a_class_that_was_never_tested_leaves_gaps_and_no_error() -> None:
    results = tuple(r for r in folds_of(60, ("plain",)))
    none = tuple(
        FoldResult(
            r.strategy, r.repeat, r.fold, r.test_rows, np.zeros_like(r.y_true), r.probabilities, r.decisions, 0.5,
            r.class_counts, 0.1, 1,
        )
        for r in results
    )  # fmt: skip
    plan = Plan("t", CHOICES[:1], split=SplitSettings(5))
    comparison = compare(none, plan, ("no", "yes"))
    low = by_rows(comparison, plan, 50).frame["low"].loc["plain"]
    assert set(low.index[low.notna()]) == {"brier", "log_loss", "accuracy"}
    assert np.isnan(by_folds(comparison, plan).of("plain", "roc_auc").value)
    assert by_rows(compare((), plan, ("no", "yes")), plan, 50).frame.empty


def test_by_folds_is_students_t_with_the_corrected_variance() -> None:
    results = folds_of(300, ("plain", "smote"), repeats=2)
    plan = Plan("t", CHOICES, split=SplitSettings(5, 2))
    comparison = compare(results, plan, ("no", "yes"))
    bounds = intervals(comparison, plan, "folds")
    assert bounds.name == "95% interval by folds"
    scores = comparison.strategies[1].scores["mcc"]
    half = stats.t.ppf(0.975, 9) * np.sqrt((1 / 10 + 1 / 4) * scores.var())
    got = bounds.of("smote", "mcc")
    assert (got.value, got.low, got.high) == pytest.approx((scores.mean(), scores.mean() - half, scores.mean() + half))
    assert bounds.frame["high"].drop("log_loss", level="metric").max() <= 1


def test_one_fold_has_no_spread() -> None:
    results = tuple(r for r in folds_of(100, ("plain",)) if r.fold == 0)
    plan = Plan("t", CHOICES[:1], split=SplitSettings(5))
    bounds = by_folds(compare(results, plan, ("no", "yes")), plan)
    assert bounds.frame["low"].isna().all()
    assert bounds.frame["value"].notna().all()
    assert "by rows" in bounds.notes[0]


def test_groups_are_pointed_out() -> None:
    results = folds_of(100, ("plain",))
    plan = Plan("t", CHOICES[:1], split=SplitSettings(5, group="who"))
    bounds = by_rows(compare(results, plan, ("no", "yes")), plan, 20)
    assert "'who'" in bounds.notes[0]


def test_a_thousand_draws_of_five_thousand_rows_take_a_moment() -> None:
    y, p, d = predictions(5472, 2, 3, coarse=False)
    began = time.process_time()
    weights = bootstrap_weights(len(y), 1000, np.random.default_rng(0))
    scores = weighted_scores(y, p, d, weights)
    assert time.process_time() - began < 2
    assert scores["f1"].shape == (1000,)


def test_confusion_scores_work_on_stacks() -> None:
    stack = np.array([[[8, 2], [1, 9]], [[10, 0], [10, 0]]])
    scores = confusion_scores(stack)
    assert scores["recall"].tolist() == [0.9, 0.0]
    assert scores["precision"].tolist() == pytest.approx([9 / 11, 0.0])
    assert scores["mcc"][1] == 0
