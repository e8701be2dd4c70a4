"""Figures of intervals and pairs say what the numbers say."""

from __future__ import annotations

import numpy as np
import pytest

from core.charts.bars import interval_bars
from core.charts.pairs import pair_heatmap
from core.evaluation.intervals import by_folds
from core.evaluation.paired import compare_pairs
from core.plan import Plan, SplitSettings, StrategyChoice
from tests.core.evaluation.comparisons import scored

KEYS = ("plain", "smote", "adasyn")
NAMES = {key: f"<b>{key}</b>" for key in KEYS}
RNG = np.random.default_rng(0)
FOUND = scored(5, 1, **{key: RNG.normal(0.6, 0.05, 5) for key in KEYS})
SPLIT = SplitSettings(folds=5)


def test_whiskers_end_where_the_interval_does() -> None:
    shown = by_folds(FOUND, Plan("t", tuple(StrategyChoice.of(key) for key in KEYS), split=SPLIT))
    figure = interval_bars(FOUND, NAMES, ["f1", "mcc"], shown)
    bar, interval = figure.data[1], shown.of("smote", "f1")
    assert bar.y[0] + bar.error_y.array[0] == pytest.approx(interval.high)
    assert bar.y[0] - bar.error_y.arrayminus[0] == pytest.approx(interval.low)
    assert "95% interval by folds" in figure.layout.yaxis.title.text
    assert "<b>plain" not in figure.to_json()


@pytest.mark.parametrize("cell", ["better", "same", "worse", "p_holm"])
def test_the_map_has_a_cell_for_each_pair(cell: str) -> None:
    pairs = compare_pairs(FOUND, SPLIT, "f1")
    figure = pair_heatmap(pairs, NAMES, cell)  # type: ignore[arg-type]
    heat = figure.data[0]
    np.testing.assert_array_equal(heat.z, getattr(pairs, cell))
    assert heat.text[0][0] == ""
    if cell != "p_holm":
        assert heat.text[1][2] == f"{100 * getattr(pairs, cell)[1, 2]:.0f}"
    assert "mean difference" in heat.customdata[0][1]
    assert "<b>plain" not in figure.to_json()


def test_without_a_test_the_map_is_empty_and_not_wrong() -> None:
    pairs = compare_pairs(scored(2, 1, plain=np.array([0.5, 0.6]), smote=np.array([0.6, 0.7])), SPLIT, "f1")
    heat = pair_heatmap(pairs, NAMES).data[0]
    assert np.isnan(np.array(heat.z)).all()
    assert "no test" in heat.customdata[0][1]
