"""Every kind of figure as a table: its numbers, under the words that its axes show."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import plotly.graph_objects as go

from core.charts import figures as charts
from core.charts.bars import interval_bars
from core.charts.dots import ranked_dots
from core.charts.numbers import figure_table
from core.charts.pairs import pair_heatmap
from core.evaluation.intervals import by_folds
from core.evaluation.paired import compare_pairs
from core.evaluation.sample import sample_run


def test_bars_have_their_values_and_intervals() -> None:
    run = sample_run()
    shown = by_folds(run.comparison, run.plan)
    table = figure_table(interval_bars(run.comparison, run.names, ["recall"], shown))
    span = shown.of("plain", "recall")
    first = table.iloc[0]
    assert first["Series"] == "Plain network"
    assert first["x"] == "Recall"
    np.testing.assert_allclose([first["From"], first["To"]], [span.low, span.high])


def test_dots_stand_under_the_names_of_their_strategies() -> None:
    values = np.array([0.8, 0.6])
    names = {"plain": "Plain & simple", "smote": "SMOTE"}
    table = figure_table(ranked_dots(["smote", "plain"], names, values, (values - 0.1, values + 0.1), "F1"))
    assert table["y"].tolist() == ["SMOTE", "Plain & simple"]
    np.testing.assert_allclose(table[["F1", "From", "To"]], [[0.8, 0.7, 0.9], [0.6, 0.5, 0.7]])


def test_heat_maps_keep_their_rows_and_columns() -> None:
    run = sample_run()
    plain = replace(run.comparison, strategies=run.comparison.strategies[:1])
    matrix = figure_table(charts.confusion_grid(plain, run.names, 1))
    assert matrix.to_dict("list") == {"Truth": ["no", "yes"], "no": ["17 94%", "3 50%"], "yes": ["1 6%", "3 50%"]}
    pairs = figure_table(pair_heatmap(compare_pairs(run.comparison, run.plan.split, "f1"), run.names, "better"))
    assert pairs.iloc[:, 0].tolist() == ["1 · Plain network", "2 · SMOTE"]


def test_curves_have_their_points_and_guides_are_left_out() -> None:
    run = sample_run()
    table = figure_table(charts.roc_curves(run.comparison, run.names, 1))
    assert {"False positive rate", "True positive rate"} <= set(table.columns)
    assert {"Plain network", "SMOTE"} <= set(table["Series"])
    guide = go.Figure(go.Scatter(x=[0, 1], y=[0, 1], hoverinfo="skip"))
    assert figure_table(guide).empty
