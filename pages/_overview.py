"""The overview of a run: the table, the metric bars, the confusion matrices and the curves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from core.charts import figures as charts
from core.charts import theme
from core.charts.bars import interval_bars, metric_bars
from core.evaluation.metrics import METRIC_NAMES, METRICS
from core.reporting.display import BARS
from pages._cache import cached
from pages._rows import class_against_rest
from pages._verdict import chosen_intervals, pick_spread
from pages._widgets import draw

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from pandas.io.formats.style import Styler

    from core.evaluation.comparison import Comparison
    from core.evaluation.intervals import Intervals
    from core.runs.record import RunRecord

BEST = "font-weight: 700; background-color: rgba(15, 138, 126, 0.16)"


def show_overview(record: RunRecord, comparison: Comparison, names: dict[str, str], key: str) -> None:
    """Show how the strategies did over the finished folds."""
    pick_spread()
    shown = chosen_intervals(record, comparison, key)
    show_table(comparison, names, key, shown)
    show_bars(comparison, names, shown)
    show_confusion(comparison, names, key)
    show_curves(comparison, names, record.positive, key)


def show_table(comparison: Comparison, names: dict[str, str], key: str, shown: Intervals | None) -> None:
    st.subheader("Metrics", anchor=False)
    spread = "Mean ± standard deviation" if shown is None else f"Value and {shown.name}"
    mark = f" {comparison.mark_in_words}" if comparison.partial else ""
    st.caption(f"{spread}, {comparison.folds_in_words()}. ★ marks the best mean.{mark} Press a heading to sort.")
    width = 132 if shown is None else 180
    config = {metric.name: st.column_config.Column(help=metric.help, width=width) for metric in METRICS}
    config["Training time"] = st.column_config.Column(help="Mean seconds of training for a fold.", width=110)
    config["Strategy"] = st.column_config.Column(pinned=True, width=210)
    height = 35 * (len(comparison.strategies) + 1) + 15
    style = styled(comparison, names, f"{key} {shown and shown.kind}", shown)
    st.dataframe(style, column_config=config, hide_index=True, height=height, key="metrics", placeholder="–")


@cached(max_entries=16)
def styled(_comparison: Comparison, _names: dict[str, str], key: str, _shown: Intervals | None) -> Styler:
    """Return strategies × metrics: numbers underneath, so that sorting is right, and their spread on top."""
    heads = {**METRIC_NAMES, "seconds": "Training time"}
    tidy = _comparison.table()
    tidy["spread"] = [f" ± {std:.3f}" if pd.notna(std) else "" for std in tidy["std"]]
    if _shown is not None:
        tidy = tidy.merge(_shown.frame.reset_index(), on=["strategy", "metric"], how="left", sort=False)
        tidy["mean"] = tidy["value"].fillna(tidy["mean"])
        tidy["spread"] = [
            f" ({low:.3f}–{high:.3f})" if pd.notna(low) else ""
            for low, high in zip(tidy["low"], tidy["high"], strict=True)
        ]
    tidy["row"] = tidy.groupby("metric", sort=False).cumcount()
    tidy["metric"] = tidy["metric"].map(heads)
    means = tidy.pivot_table("mean", "row", "metric", dropna=False)[list(heads.values())]
    best = tidy.pivot_table("best", "row", "metric", aggfunc="first").reindex(columns=["Strategy", *heads.values()])
    means.insert(0, "Strategy", [_names[s.key] for s in _comparison.strategies])
    style = means.style.apply(lambda _: best.eq(True).replace({True: BEST, False: ""}), axis=None)
    columns = ("row", "metric", "mean", "spread", "best")
    for row, metric, mean, spread, leads in zip(*(tidy[name].tolist() for name in columns), strict=True):
        style.format(always(cell_text(mean, spread, leads, metric == heads["seconds"])), subset=([row], [metric]))
    return style


def always(text: str) -> Callable[[object], str]:
    """Return a formatter that shows one text, whatever the cell holds."""
    return lambda _: text


def cell_text(mean: float, spread: str, best: bool, seconds: bool) -> str:
    """Return a cell of the table as a person reads it."""
    if pd.isna(mean):
        return "–"
    return f"{'★ ' if best else ''}{f'{mean:.2f} s' if seconds else f'{mean:.3f}{spread}'}"


def show_bars(comparison: Comparison, names: dict[str, str], shown: Intervals | None) -> None:
    chosen = st.pills(
        "Metrics to draw",
        list(METRIC_NAMES),
        selection_mode="multi",
        default=BARS,
        format_func=METRIC_NAMES.__getitem__,
        key="bars",
        label_visibility="collapsed",
    )
    metrics = [key for key in METRIC_NAMES if key in chosen]
    if not metrics:
        st.info("Pick at least one metric to draw.")
        return
    bars = (
        metric_bars(comparison, names, metrics) if shown is None else interval_bars(comparison, names, metrics, shown)
    )
    draw(bars, "metric_bars", "Metrics of each strategy with their spread")


def show_confusion(comparison: Comparison, names: dict[str, str], key: str) -> None:
    st.subheader("Confusion matrices", anchor=False)
    st.caption("Rows of all test parts: counts, and their share of the true class. All share one colour scale.")
    width = 290 if len(comparison.labels) <= 3 else 400
    with st.container(horizontal=True, gap="small"):
        for position, (summary, figure) in enumerate(
            zip(comparison.strategies, confusion_figures(comparison, names, key), strict=True)
        ):
            st.plotly_chart(
                figure,
                width=width,
                key=f"confusion_{position}",
                config={**theme.CONFIG, "modeBarButtons": [["toImage"]]},
                alt=f"Confusion matrix of {names[summary.key]}",
            )


def show_curves(comparison: Comparison, names: dict[str, str], positive: int | None, key: str) -> None:
    st.subheader("Curves", anchor=False)
    code = class_against_rest(comparison, positive, "curve_class")
    left, right = st.columns(2, gap="medium")
    precision_recall, roc = curve_figures(comparison, names, code, key)
    with left:
        draw(precision_recall, "pr", "Precision and recall of each strategy")
    with right:
        draw(roc, "roc", "ROC curve of each strategy")


@cached(max_entries=8)
def confusion_figures(_comparison: Comparison, _names: dict[str, str], key: str) -> list[go.Figure]:
    """Return one matrix per strategy, so that they wrap on a narrow page; the scale is the same for all."""
    alone = (replace(_comparison, strategies=(summary,)) for summary in _comparison.strategies)
    return [
        charts.confusion_grid(single, _names, 1)
        .update_layout(coloraxis_showscale=False, margin_t=36, height=300 if len(_comparison.labels) <= 3 else 400)
        .update_annotations(x=0, xanchor="left")
        for single in alone
    ]


@cached(max_entries=32)
def curve_figures(_comparison: Comparison, _names: dict[str, str], code: int, key: str) -> tuple[go.Figure, go.Figure]:
    return charts.pr_curves(_comparison, _names, code), charts.roc_curves(_comparison, _names, code)
