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
from core.charts.dots import ranked_dots
from core.evaluation.metrics import METRIC_NAMES, metric_of
from core.evaluation.settled import cheapest_in_words
from core.evaluation.shown import MANY, NAMED, at_first, plain_keys, spans, top
from core.reporting.display import BARS
from core.runs.stakes import stakes_of
from core.strategies import Recipe, choices_of
from core.words import decimal, joined
from pages._answer import BEST, MARK_IN_WORDS, marked_name, name_width, table_height
from pages._cache import cached
from pages._lines import pick_lines
from pages._recommendation import one_line_each, usable_key
from pages._rows import class_against_rest
from pages._services import store
from pages._tab import run_problem
from pages._text import sentence
from pages._verdict import chosen_intervals, judged_by, pick_spread
from pages._widgets import draw, plot, roomy, show_numbers

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from pandas.io.formats.style import Styler

    from core.evaluation.comparison import Comparison
    from core.evaluation.intervals import Intervals
    from core.runs.record import RunRecord

# Of more strategies, bars become too thin and their legend too long for a phone.
BARS_UP_TO = 8


def show_overview(record: RunRecord, comparison: Comparison, names: dict[str, str], key: str) -> None:
    """Show how the strategies did over the finished folds, best first on the metric that is picked."""
    metric = judged_by()
    title, pick = st.columns([3, 1], vertical_alignment="bottom")
    title.subheader("Metrics", anchor=False)
    with pick:
        pick_spread()
    shown = chosen_intervals(record, comparison, key)
    comparison, names, advised = one_line_each(record, comparison, names, key)
    comparison = comparison.ordered(metric)
    base, key = key, f"{key} {metric}"
    recommended = usable_key(record, comparison, base)
    show_table(comparison, names, key, shown, metric, recommended)
    apart = references(record, comparison)
    if apart:
        it, models, are = ("it", "a model", "is") if len(apart) == 1 else ("they", "models", "are")
        st.caption(
            sentence(
                f"{joined([names[one] for one in apart])} {are} {models} of another library, to compare with: {it} "
                "cannot be recommended."
            )
        )
    said = [stakes_of(store(), record.id).beside_metrics]
    if comparison.cost is not None:
        said.insert(0, cheapest(record, comparison, key))
    if any(said):
        st.caption(sentence(" ".join(filter(None, said))))
    if len(comparison.strategies) > BARS_UP_TO:
        show_dots(comparison, names, key, shown, metric, advised)
    else:
        show_bars(comparison, names, key, shown)
    few = at_first(comparison, metric, advised, 4 if len(comparison.strategies) <= 4 else 3)
    show_confusion(comparison, names, key, few)
    show_curves(comparison, names, record.positive, key, top(comparison, metric, NAMED - 2, [advised]), advised)


def references(record: RunRecord, comparison: Comparison) -> list[str]:
    """Return the strategies that are no networks but models of other libraries."""
    models = {choice.key for choice in choices_of(record.plan) if Recipe.of(choice).reference is not None}
    return [s.key for s in comparison.strategies if s.key in models]


@cached(max_entries=16)
def cheapest(_record: RunRecord, _comparison: Comparison, key: str) -> str:
    """Say which strategy is cheapest under the run's costs, and what it saves."""
    return cheapest_in_words(_comparison, run_problem(_record.id, key), stakes_of(store(), _record.id))


def show_table(
    comparison: Comparison,
    names: dict[str, str],
    key: str,
    shown: Intervals | None,
    metric: str,
    recommended: str | None,
) -> None:
    spread = "Mean ± standard deviation" if shown is None else f"Value and {shown.name}"
    mark = f" {comparison.mark_in_words}" if comparison.partial else ""
    averaged = " F1, precision and recall are means over the classes." if len(comparison.labels) > 2 else ""
    mark += f" {MARK_IN_WORDS}" if recommended else ""
    st.caption(
        f"{spread}, {comparison.folds_in_words()}.{averaged} Best {metric_of(metric).name} first; ★ marks the best "
        f"mean of every other column.{mark} Press a heading to sort; scroll sideways for more."
    )
    width = 132 if shown is None else 180
    config = {one.name: st.column_config.Column(help=one.help, width=width) for one in comparison.metrics}
    config["Training time"] = st.column_config.Column(help="Mean training time per fold, in seconds.", width=110)
    shown_names = {one: marked_name(name, one == recommended) for one, name in names.items()}
    width = name_width(shown_names[s.key] for s in comparison.strategies)
    config["Strategy"] = st.column_config.Column(pinned=True, width=width)
    style = styled(comparison, shown_names, f"{key} {shown and shown.kind} {recommended}", shown, metric)
    values = style.data[metric_of(metric).name].dropna().tolist()  # type: ignore[attr-defined]
    config[metric_of(metric).name] = st.column_config.ProgressColumn(
        help=metric_of(metric).help,
        width=130,
        format="%.3f",
        min_value=min([0.0, *values]),
        max_value=max([1e-9, *values]),
    )
    height = table_height(len(comparison.strategies))
    st.dataframe(style, column_config=config, hide_index=True, height=height, key="metrics", placeholder="–")


@cached(max_entries=16)
def styled(_comparison: Comparison, _names: dict[str, str], key: str, _shown: Intervals | None, metric: str) -> Styler:
    """Return strategies × metrics: numbers underneath, so that sorting is right, and their spread on top.

    The metric that is judged by comes first, as numbers alone, for bars; its spread stands beside it.
    """
    heads = {**{one.key: one.name for one in _comparison.metrics}, "seconds": "Training time"}
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
    judged, beside = metric_of(metric).name, "± SD" if _shown is None else "Interval"
    own = tidy[tidy["metric"] == judged].set_index("row")
    means.insert(1, judged, means.pop(judged))
    means.insert(2, beside, [text.strip(" ()") or "–" for text in own["spread"].loc[means.index]])
    best = best.reindex(columns=means.columns)
    style = means.style.apply(lambda _: best.eq(True).replace({True: BEST, False: ""}), axis=None)
    columns = ("row", "metric", "mean", "spread", "best")
    for row, head, mean, spread, leads in zip(*(tidy[name].tolist() for name in columns), strict=True):
        own_spread = "" if head == judged else spread
        style.format(always(cell_text(mean, own_spread, leads, head == heads["seconds"])), subset=([row], [head]))
    return style


def always(text: str) -> Callable[[object], str]:
    """Return a formatter that shows one text, whatever the cell holds."""
    return lambda _: text


def cell_text(mean: float, spread: str, best: bool, seconds: bool) -> str:
    """Return a cell of the table as a person reads it."""
    if pd.isna(mean):
        return "–"
    return f"{'★ ' if best else ''}{f'{mean:.2f} s' if seconds else f'{decimal(mean)}{spread}'}"


def show_bars(comparison: Comparison, names: dict[str, str], key: str, shown: Intervals | None) -> None:
    chosen = st.pills(  # costs are on a scale of their own
        "Draw these metrics",
        list(METRIC_NAMES),
        selection_mode="multi",
        default=BARS,
        format_func=METRIC_NAMES.__getitem__,
        key="bars",
    )
    metrics = [key for key in METRIC_NAMES if key in chosen]
    if not metrics:
        st.info("Pick at least one metric to draw.")
        return
    bars = bar_figure(comparison, names, tuple(metrics), f"{key} {shown and shown.kind}", shown)
    draw(bars, "metric_bars", "Metrics of each strategy with their spread")


@cached(max_entries=16)
def bar_figure(
    _comparison: Comparison, _names: dict[str, str], metrics: tuple[str, ...], key: str, _shown: Intervals | None
) -> go.Figure:
    if _shown is None:
        return metric_bars(_comparison, _names, metrics)
    return interval_bars(_comparison, _names, metrics, _shown)


def show_dots(
    comparison: Comparison, names: dict[str, str], key: str, shown: Intervals | None, metric: str, advised: str
) -> None:
    """Show strategies as ranked dots: the best ten and the plain network, or all."""
    n = len(comparison.strategies)
    every = st.toggle(f"Show all {n}", key="all_dots")
    keys = top(comparison, metric, n if every else 10, [advised])
    figure = dot_figure(comparison, names, keys, metric, advised, f"{key} {shown and shown.kind}", shown)
    draw(figure, "metric_dots", f"{metric_of(metric).name} of each strategy with its interval, best first")
    plainly = advised in plain_keys(comparison)
    star = "★ the plain network, which is recommended" if plainly else "★ recommended, ◆ the plain network"
    st.caption(
        f"{star}; the dotted line goes through the plain network's value. For another metric, change “Rank by” above."
    )


@cached(max_entries=16)
def dot_figure(
    _comparison: Comparison, _names: dict[str, str], keys: tuple[str, ...], metric: str, advised: str, key: str,
    _shown: Intervals | None,
) -> go.Figure:  # fmt: skip
    values, low, high = spans(_comparison, keys, metric, _shown)
    title = metric_of(metric).name + ("" if _shown is None else f", {_shown.name}")
    return ranked_dots(keys, _names, values, (low, high), title, plain_keys(_comparison), advised)


def show_confusion(comparison: Comparison, names: dict[str, str], key: str, few: tuple[str, ...]) -> None:
    st.subheader("Confusion matrices", anchor=False)
    few_classes = len(comparison.labels) <= 8
    st.caption(
        "All test rows: counts, and their share of the true class. All share one colour scale."
        if few_classes
        else "All test rows, in per cent of the true class. Point at a cell or open the table for its count."
    )
    keys = [s.key for s in comparison.strategies]
    picked = list(few)
    if len(few) < len(keys):
        picked = st.multiselect(
            "Strategies to show", keys, default=list(few), format_func=names.__getitem__, max_selections=MANY,
            key=f"matrices_of_{key}", placeholder="Pick strategies",
        )  # fmt: skip
    few_only = replace(comparison, strategies=tuple(s for s in comparison.strategies if s.key in picked))
    many_classes = len(comparison.labels) > 3
    # Beyond a few classes, as wide as it takes for two digits to fit into a cell.
    width = 290 if not many_classes else 400 if few_classes else 130 + 34 * len(comparison.labels)
    figures = confusion_figures(few_only, names, f"{key} {' '.join(sorted(picked))}")
    with st.container(horizontal=True, gap="small"):
        for position, (summary, figure) in enumerate(zip(few_only.strategies, figures, strict=True)):
            alt, config = f"Confusion matrix of {names[summary.key]}", {**theme.CONFIG, "modeBarButtons": [["toImage"]]}
            with roomy(figure, f"matrix_{position}", width):
                plot(figure, f"confusion_{position}", alt, config, width)
    show_numbers(figures, [f"Confusion matrix of {names[s.key]}" for s in few_only.strategies], "confusion")


def show_curves(
    comparison: Comparison, names: dict[str, str], positive: int | None, key: str, few: tuple[str, ...], advised: str
) -> None:
    st.subheader("Curves", anchor=False)
    code = class_against_rest(comparison, positive, "curve_class")
    named = pick_lines(comparison, names, few, f"curves_{key}")
    left, right = st.columns(2, gap="medium")
    precision_recall, roc = curve_figures(comparison, names, code, named, f"{key} {advised}", advised)
    with left:
        st.markdown("**Precision and recall**")
        draw(precision_recall, "pr", "Precision and recall of each strategy")
    with right:
        st.markdown("**ROC**")
        draw(roc, "roc", "ROC curve of each strategy")


@cached(max_entries=8)
def confusion_figures(_comparison: Comparison, _names: dict[str, str], key: str) -> list[go.Figure]:
    """Return one matrix per strategy, so that they wrap on a narrow page; the scale is the same for all."""
    alone = (replace(_comparison, strategies=(summary,)) for summary in _comparison.strategies)
    return [
        charts.confusion_grid(single, _names, 1)
        .update_layout(coloraxis_showscale=False, margin_t=36, height=theme.matrix_height(len(_comparison.labels)))
        .update_annotations(x=0, xanchor="left")
        for single in alone
    ]


@cached(max_entries=32)
def curve_figures(
    _comparison: Comparison, _names: dict[str, str], code: int, named: tuple[str, ...], key: str, front: str
) -> tuple[go.Figure, go.Figure]:
    shown = _comparison, _names, code, named, front
    return charts.pr_curves(*shown), charts.roc_curves(*shown)
