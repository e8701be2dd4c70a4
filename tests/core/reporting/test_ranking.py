"""Figures and files of a ranking."""

from __future__ import annotations

from io import StringIO

import numpy as np
import pandas as pd
import pytest
from scipy.stats import friedmanchisquare

from core.charts.ranking import critical_difference, score_map
from core.evaluation.comparison import compare
from core.evaluation.ranking import rank
from core.plan import Plan, StrategyChoice
from core.reporting.ranking import best_cells, pairs_csv, scores_csv, table_latex
from tests.core.evaluation.test_ranking import C45, fold, separated

NAMES = {key: key for key in C45.columns}
RANKED = rank(C45.set_axis([f"set_{i}" for i in range(14)]), higher_is_better=True)


def test_the_tests_as_csv() -> None:
    read = pd.read_csv(StringIO(pairs_csv(RANKED, {**NAMES, "C4.5": "=C4.5"})))
    assert len(read) == 1 + 6
    assert RANKED.friedman is not None
    assert read.loc[0, "p"] == pytest.approx(RANKED.friedman.p)
    assert read.loc[1:, "p after Holm"].tolist() == pytest.approx([pair.adjusted for pair in RANKED.pairs])
    assert "'=C4.5" in set(read["worse mean rank"])


def test_the_scores_as_csv_have_every_metric() -> None:
    plan = Plan("y", (StrategyChoice.of("plain"), StrategyChoice.of("smote")))
    comparison = compare([fold(key, 0, 0.8) for key in ("plain", "smote")], plan, ("no", "yes"))
    read = pd.read_csv(
        StringIO(scores_csv({"-table": comparison}, ["plain", "smote"], {"plain": "Plain", "smote": "SMOTE"}))
    )
    assert set(read["table"]) == {"'-table"}
    f1 = read[read["metric"] == "F1"].set_index("strategy")["mean"]
    assert f1["SMOTE"] == pytest.approx(comparison.strategies[1].mean["f1"])


def test_the_latex_table_has_names_scores_bold_and_ranks() -> None:
    lines = table_latex(RANKED, NAMES, "AUC", higher_is_better=True).splitlines()
    assert lines[4] == r"\begin{tabular}{lrrrr}"
    assert lines[6] == r"Table & C4.5+m+cf & C4.5+m & C4.5+cf & C4.5 \\"
    assert lines[8] == r"set\_0 & \textbf{0.798} & 0.768 & 0.771 & 0.763 \\"
    assert lines[17] == r"set\_9 & \textbf{1.000} & \textbf{1.000} & \textbf{1.000} & \textbf{1.000} \\"
    assert lines[-5:-3] == [r"\midrule", r"Mean rank & \textbf{1.964} & 2.000 & 2.893 & 3.143 \\"]
    expected = friedmanchisquare(*C45.to_numpy().T)
    assert f"chi-squared {expected.statistic:.2f} with 3 degrees of freedom, p = {expected.pvalue:.3g}." in lines[2]


def test_with_more_strategies_than_tables_they_run_down_the_page() -> None:
    values = separated(3, 5)
    values.loc[1, "s4"] = np.nan
    lines = table_latex(
        rank(values, higher_is_better=True), {key: f"{key}_%" for key in values}, "F1", higher_is_better=True
    ).splitlines()
    assert lines[6] == r"Strategy & 0 & 1 & 2 & Mean rank \\"
    assert lines[8].startswith(r"s0\_\% & \textbf{")
    assert lines[12].count("--") == 1


def test_best_cells_take_ties_and_the_metrics_direction() -> None:
    values = pd.DataFrame({"a": [1.0, np.nan], "b": [1.0 + 1e-12, 2.0], "c": [0.0, 1.0]})
    assert best_cells(values, higher_is_better=True).to_numpy().tolist() == [[True, True, False], [False, True, False]]
    assert best_cells(values, higher_is_better=False).to_numpy().tolist() == [[False, False, True]] * 2


def test_the_diagram_has_every_rank_and_every_group() -> None:
    figure = critical_difference(RANKED, {**NAMES, "C4.5": "<b>$C$</b>"})
    bars, drops = figure.data[: len(RANKED.groups)], figure.data[len(RANKED.groups) :]
    assert [trace.x[1] for trace in drops] == RANKED.mean_ranks.tolist()
    assert [len(trace.x) for trace in bars] == [len(group) for group in RANKED.groups]
    # A line that ended in a row above one that starts further left would cross its way down.
    assert [trace.y[0] for trace in drops] == sorted(trace.y[0] for trace in drops)
    shown = figure.layout.yaxis.ticktext
    assert shown[0] == "C4.5+m+cf  <b>1.96</b>"
    assert shown[-1].startswith("&lt;b&gt;&#36;C&#36;")


def test_the_map_shades_by_rank_within_a_table() -> None:
    values = pd.DataFrame(
        {"a": [0.1, 0.9, np.nan], "b": [0.2, 0.8, np.nan], "c": [0.3, np.nan, 0.5]}, index=["one", "two", "three"]
    )
    names = {"a": "A", "b": "B", "c": "C"}
    heat = score_map(values, names, "F1", higher_is_better=True).data[0]
    assert list(heat.y) == ["one", "two", "three"]
    np.testing.assert_array_equal(heat.z, [[0, 0.5, 1], [1, 0, np.nan], [np.nan, np.nan, 0.5]])
    assert heat.text[0].tolist() == ["0.100", "0.200", "<b>0.300</b>"]
    assert heat.text[1].tolist() == ["<b>0.900</b>", "0.800", "–"]
    lower = score_map(values.iloc[:2], names, "Brier score", higher_is_better=False).data[0]
    assert list(lower.y) == ["A", "B", "C"]  # more strategies than tables: they run down
    np.testing.assert_array_equal(lower.z[:, 0], [1, 0.5, 0])
