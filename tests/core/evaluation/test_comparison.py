"""Folds become a comparison; curves and charts follow from it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from sklearn.metrics import average_precision_score

from core.charts import figures as charts
from core.charts import theme
from core.charts.bars import metric_bars
from core.data.problem import Problem
from core.data.samples import load_sample
from core.data.splitting import Unit, split_rows
from core.data.table import read_table
from core.evaluation.comparison import Comparison, compare
from core.evaluation.curves import pr, roc
from core.evaluation.intervals import intervals
from core.evaluation.metrics import METRIC_NAMES
from core.evaluation.verdict import assess
from core.experiment.results import FoldResult
from core.experiment.units import run
from core.plan import NetworkChoice, Plan, SplitSettings, StrategyChoice, TrainingSettings
from core.reporting.display import metrics_grid
from core.reporting.report import report
from core.reporting.results import Results
from core.reporting.writers import results_latex, summary_frame
from core.strategies.presets import PRESETS

CASES = Path(__file__).parents[2] / "cases"
CHOICES = tuple(StrategyChoice.of(name) for name in ("plain", "class_weight", "threshold_f1"))
PLAN = Plan(
    "rings",
    CHOICES,
    networks=(NetworkChoice.of("mlp", hidden_layers=(8,)),),
    training=TrainingSettings(epochs=6),
    split=SplitSettings(folds=3),
)
NAMES = {choice.key: f"<b>{choice.key}</b>" for choice in CHOICES}


@pytest.fixture(scope="module")
def results() -> tuple[FoldResult, ...]:
    return run(load_sample("abalone_9_vs_18"), PLAN)


@pytest.fixture(scope="module")
def comparison(results: tuple[FoldResult, ...]) -> Comparison:
    return compare(results, PLAN, ("9", "18"))


def test_matrices_count_every_row_once(comparison: Comparison) -> None:
    assert [s.key for s in comparison.strategies] == [choice.key for choice in CHOICES]
    for s in comparison.strategies:
        assert s.confusion.sum(axis=1).tolist() == [689, 42]
        assert s.scores.shape == (3, len(METRIC_NAMES))


def test_means_deviations_and_the_best(comparison: Comparison, results: tuple[FoldResult, ...]) -> None:
    table = comparison.table()
    plain = [r for r in results if r.strategy == "plain"]
    by_hand = [average_precision_score(r.y_true, r.probabilities[:, 1]) for r in plain]
    row = table[(table.strategy == "plain") & (table.metric == "average_precision")].iloc[0]
    assert row["mean"] == pytest.approx(np.mean(by_hand))
    assert row["std"] == pytest.approx(np.std(by_hand, ddof=1))
    for metric, rows in table.groupby("metric"):
        top = rows["mean"].min() if metric in ("brier", "log_loss", "seconds") else rows["mean"].max()
        assert (rows["best"] == (abs(rows["mean"] - top) < 1e-9)).all()


def test_means_are_worked_out_once(comparison: Comparison) -> None:
    first = comparison.strategies[0]
    assert (first.mean is first.mean, first.std is first.std, first.folds is first.folds) == (True, True, True)


def test_a_failure_on_one_fold_takes_it_from_nobody_else(
    results: tuple[FoldResult, ...], comparison: Comparison
) -> None:
    broken = tuple(
        replace(r, error="It failed.") if (r.strategy, r.fold) == ("class_weight", 1) else r for r in results
    )
    after = compare(broken, PLAN, ("9", "18"))
    assert after.folds == 3
    assert [(s.key, len(s.scores)) for s in after.strategies] == [
        ("plain", 3),
        ("threshold_f1", 3),
        ("class_weight", 2),
    ]
    for before, now in zip((comparison.strategies[0], comparison.strategies[2]), after.whole, strict=True):
        pd.testing.assert_series_equal(before.mean, now.mean)
    assert after.notes == (
        "Class weights failed on 1 of 3 folds: its figures rest on the other 2, stand apart under † and are not "
        "ranked; tests against others use the folds that both finished.",
    )
    assert all("class_weight" not in after.best(metric) for metric in (*after.whole[0].scores, "seconds"))
    table = after.table().set_index(["strategy", "metric"])
    assert table.loc[("class_weight", "f1"), ["folds", "failed_folds"]].tolist() == [2, 1]
    assert table.loc[("plain", "f1"), ["folds", "failed_folds"]].tolist() == [3, 0]
    run_results = Results(Problem.of(load_sample("abalone_9_vs_18"), PLAN), broken)
    grid = metrics_grid(run_results.comparison, run_results.names)
    assert [row[0] for row in grid.rows] == ["Plain network", "Threshold by F1", "† Class weights"]
    assert summary_frame(run_results)["name"].unique().tolist() == [
        "Plain network",
        "Threshold by F1",
        "† Class weights",
    ]
    assert r"\ensuremath{\dagger} Class weights" in results_latex(run_results)
    assert "failed on 1 of 3 folds" in results_latex(run_results)
    text = report(run_results)
    assert "† Class weights" in text
    assert "failed on 1 of 3 folds" in text


def test_a_fold_without_positives_is_left_out_of_the_means_and_said() -> None:
    table = read_table(CASES / "time_folds_without_positives.csv")
    plan = Plan("y", (StrategyChoice.of("class_weight"),), split=SplitSettings(folds=5, time="when"))
    problem = Problem.of(table, plan)
    target = problem.target
    perfect = []
    for fold in range(5):
        rows = split_rows(problem, Unit(0, fold))
        y = target.codes[rows.test]
        p = (0.02 + 0.96 * np.eye(2)[y]).astype(np.float32)
        perfect.append(
            FoldResult("class_weight", 0, fold, rows.test, y, p, y, 0.5, np.bincount(y, minlength=2), 0.1, 1)
        )
    without = sum(not result.y_true.any() for result in perfect)
    assert without == 3
    comparison = compare(perfect, plan, target.labels)
    mean = comparison.strategies[0].mean
    assert mean[["precision", "recall", "f1", "average_precision", "roc_auc", "mcc", "g_mean"]].tolist() == [1.0] * 7
    assert comparison.strategies[0].folds[["recall", "roc_auc", "accuracy"]].tolist() == [2, 2, 5]
    assert comparison.notes == (
        "3 of 5 folds have no test row of `1`: Precision, Recall, F1, Average precision, ROC AUC, Balanced accuracy, "
        "MCC, G-mean, Precision at k and Recall at k are undefined there and left out of the means, which rest on 2 "
        "folds.",
    )
    assert comparison.folds_in_words() == "2 to 5 folds"
    shown = intervals(comparison, plan).of("class_weight", "recall")
    assert (shown.value, shown.folds) == (1.0, 2)
    assert "(1.00, 95% interval by folds 0.89 to 1.00, 2 folds)" in assess(comparison, plan).text


def test_a_strategy_that_never_worked_is_set_aside(results: tuple[FoldResult, ...]) -> None:
    broken = tuple(replace(r, error="It failed.") if r.strategy == "class_weight" else r for r in results)
    comparison = compare(broken, PLAN, ("9", "18"))
    assert comparison.failed == (("class_weight", "It failed."),)
    assert comparison.folds == 3
    assert compare((), PLAN, ("9", "18")).strategies == ()


def test_curves_end_where_they_must(results: tuple[FoldResult, ...]) -> None:
    curve = pr(results, "plain", 1)
    assert len(curve.x) <= 402
    assert (np.diff(curve.x) >= 0).all()
    assert curve.x[[0, -1]].tolist() == [0, 1]
    curve = roc(results, "plain", 1)
    assert (curve.x[0], curve.y[0], curve.x[-1], curve.y[-1]) == (0, 0, 1, 1)


def test_every_figure_is_drawn_in_one_theme(comparison: Comparison) -> None:
    figures = [
        charts.class_distribution(["9", "18"], np.array([689, 42])),
        metric_bars(comparison, NAMES, ("f1", "recall")),
        charts.confusion_grid(comparison, NAMES),
        charts.pr_curves(comparison, NAMES, 1),
        charts.roc_curves(comparison, NAMES, 1),
        charts.training_curves(comparison, NAMES),
    ]
    for figure in figures:
        assert isinstance(figure, go.Figure)
        assert figure.layout.paper_bgcolor == "rgba(0,0,0,0)"
        assert figure.layout.font.color is None
        assert "<b>plain" not in figure.to_json()  # names are shown, not interpreted
    grid = figures[2]
    heatmaps = [trace for trace in grid.data if trace.type == "heatmap"]
    assert len(heatmaps) == 3
    assert {trace.coloraxis for trace in heatmaps} == {"coloraxis"}
    assert heatmaps[0].text[0][0].startswith(f"{comparison.strategies[0].confusion[0, 0]:,}<br>")


def test_styles_stay_apart_for_many_strategies() -> None:
    keys = [f"s{i}" for i in range(45)] + ["plain"]
    styles = theme.strategy_styles(keys)
    assert styles["plain"].colour == theme.COLOURS[0]
    assert len({(s.colour, s.dash, s.symbol) for s in styles.values()}) == 46


def test_a_strategy_keeps_its_colour_from_run_to_run() -> None:
    start = theme.strategy_styles([choice.key for choice in PRESETS["Start"]])
    other = theme.strategy_styles(["smote", "random_under+prior_correction", "focal", "threshold_f1", "plain"])
    for key in ("smote", "threshold_f1", "plain"):
        assert other[key] == start[key]
    assert len({style.colour for style in start.values()}) == len(start)
    assert len({style.colour for style in other.values()}) == len(other)
