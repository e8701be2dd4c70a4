"""The views' figures: one theme, names as they are written, colours as everywhere."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from core.charts import theme
from core.charts import views as charts_views
from core.charts.finished import finished
from core.charts.lines import Axis, strategy_lines
from core.charts.numbers import figure_table
from core.data.difficulty import difficulty
from core.data.samples import load_sample
from core.evaluation.calibration import bins, calibration
from tests.problems import problem_of

KEYS = ("smote", "plain", "focal")
NAMES = {key: f"<b>{key}</b>" for key in KEYS}


def figures() -> dict[str, go.Figure]:
    rng = np.random.default_rng(0)
    truth, p = rng.random(200) < 0.3, rng.random(200)
    own, table = np.array([0.2, 0.4, np.nan]), load_sample("abalone_9_vs_18")
    score = calibration(truth, p)
    values = rng.random((3, 5))
    return {
        "curves": charts_views.threshold_curves(
            KEYS, NAMES, np.linspace(0, 1, 5), values, "F1", 0.3, {"own threshold": (own, own), "best": (own, own)}
        ),
        "reliability": charts_views.reliability(KEYS, NAMES, {"plain": bins(truth, p)}),
        "shift": charts_views.prior_shift(KEYS, NAMES, [score] * 3, [score, None, score]),
        "heat": charts_views.class_heat(KEYS, NAMES, ["<i>a</i>", "b"], rng.random((3, 2)), "F1"),
        "flow": charts_views.error_flow(["<i>a</i>", "b"], np.eye(2), 5 * np.eye(2, dtype=int)),
        "kinds": charts_views.row_kinds(difficulty(problem_of(table, "rings"))),
    }


def test_one_theme_and_names_as_text() -> None:
    for name, figure in figures().items():
        assert figure.layout.paper_bgcolor == "rgba(0,0,0,0)", name
        assert figure.layout.font.color is None
        drawn = figure.to_json()
        assert "<b>" not in drawn
        assert "<i>" not in drawn


def test_a_strategy_has_one_colour_everywhere() -> None:
    drawn, styles = figures(), theme.strategy_styles(KEYS)
    lines = [trace for trace in drawn["curves"].data if trace.mode == "lines"]
    assert [trace.line.color for trace in lines] == [styles[key].colour for key in KEYS]
    assert drawn["reliability"].data[0].line.color == styles["plain"].colour == theme.COLOURS[0]
    before = next(trace for trace in drawn["shift"].data if trace.name == "as trained")
    assert list(before.marker.color) == [styles[key].colour for key in KEYS]


def test_a_strategy_that_calibrates_has_no_corrected_point() -> None:
    drawn = figures()["shift"]
    after = next(trace for trace in drawn.data if trace.name == "with prior correction")
    assert len(after.x) == 2
    assert sum(trace.mode == "lines" for trace in drawn.data) == 2


def test_shares_of_row_kinds_add_up() -> None:
    bars = figures()["kinds"].data
    assert [bar.name for bar in bars] == ["safe", "borderline", "rare", "outlier"]
    np.testing.assert_allclose(np.sum([bar.x for bar in bars], axis=0), 1)


def test_a_symbol_that_many_strategies_wear_is_explained_in_grey() -> None:
    for name, what in (("curves", "own threshold"), ("shift", "as trained")):
        listed = [trace for trace in figures()[name].data if trace.name == what and trace.showlegend is not False]
        assert [trace.marker.color for trace in listed] == [theme.GREY], name
        assert what in set(figure_table(figures()[name])["Series"])
        assert figure_table(figures()[name]).iloc[:, 1].notna().any()


def test_no_two_strategies_in_colour_share_it() -> None:
    keys = [str(place) for place in range(63)]
    for few in ([*keys[:6]], [*keys[::9]]):
        styles = theme.strategy_styles(keys, few)
        assert len({styles[key].colour for key in few}) == len(few)


def test_heat_maps_with_many_words_ask_for_more_room_than_a_phone_has() -> None:
    labels = [f"class {place}" for place in range(18)]
    wide = charts_views.class_heat(KEYS, NAMES, labels, np.zeros((3, 18)), "F1")
    assert finished(wide).least_width > 600
    flow = charts_views.error_flow(labels, np.eye(18), np.eye(18, dtype=int))
    assert finished(flow).least_width > 500
    assert flow.data[0].textfont.size == 11  # without a size, Plotly shrinks it until it fits
    assert finished(figures()["heat"]).least_width < 360


def test_a_share_that_is_not_none_or_all_is_not_written_so() -> None:
    counts = np.array([[1468, 2], [0, 30]])
    flow = charts_views.error_flow(["no", "yes"], counts / counts.sum(axis=1, keepdims=True), counts)
    assert [list(row) for row in flow.data[0].text] == [["&gt;99%", "&lt;1%"], ["", "100%"]]


def test_what_is_set_above_stands_clear_of_all_lines() -> None:
    x = np.linspace(0, 1, 5)
    axes = (Axis("Act at this probability or more", ".1%"), Axis("Net hits"))
    beside = {"act on all": (x, x), "act on none": (x, x)}
    figure = strategy_lines(["plain"], NAMES, x, np.zeros((1, 5)), axes, beside=beside, mark=(0.1, "10%: as set above"))
    (said,) = figure.layout.annotations
    assert (said.y, said.yanchor) == (1, "bottom")
    assert len({line.line.dash for line in figure.data[1:]}) == 2
    assert figure.layout.xaxis.tickformat == ".1~%"
