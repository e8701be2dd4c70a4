"""Whether probabilities are calibrated, and what resampling did to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from core.charts import views as charts_views
from core.evaluation.calibration import Bins, Calibration, bins, calibration, prior_corrected
from core.evaluation.shown import MANY, NAMED, top
from core.reporting.questions.answer import Column
from core.strategies import Recipe, choices_of
from pages._answer import BEST, MARK_IN_WORDS, marked_name, name_width, table_height
from pages._cache import cached
from pages._recommendation import recommended_key, usable_key
from pages._rows import class_against_rest, tested_rows
from pages._text import plain
from pages._verdict import judged_by
from pages._widgets import draw

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

    from core.evaluation.comparison import Comparison
    from core.evaluation.outoffold import OutOfFold
    from core.runs.record import RunRecord

DRAWN = 4
SIDES = ("As trained", "With prior correction")


def show_calibration(record: RunRecord, comparison: Comparison, names: dict[str, str], key: str) -> None:
    """Show reliability diagrams, the shift of the mean probability, and the scores."""
    code = class_against_rest(comparison, record.positive, "calibration_class")
    keys = [summary.key for summary in comparison.strategies]
    calibrated = frozenset(choice.key for choice in choices_of(record.plan) if Recipe.of(choice).calibrates)
    before = scores(comparison, key, code, False)
    after = [
        None if strategy in calibrated else score
        for strategy, score in zip(keys, scores(comparison, key, code, True), strict=True)
    ]
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Reliability", anchor=False)
        advised = recommended_key(record, comparison, key)
        first = top(comparison, judged_by(), 1, [advised])[:DRAWN]
        few = top(comparison, judged_by(), NAMED - 2, [advised])
        show_reliability(comparison, names, key, code, calibrated, first, few, advised)
    with right:
        st.subheader("How balancing shifts probabilities", anchor=False)
        n, drawn = len(keys), keys
        if n > MANY and not st.toggle(f"Show all {n}", key="all_shifts"):
            drawn = list(top(comparison, judged_by(), MANY - 2, [advised]))
        shifts = [(before[keys.index(one)], after[keys.index(one)]) for one in drawn]
        figure = charts_views.prior_shift(
            drawn, names, [was for was, _ in shifts], [now for _, now in shifts], few if n > MANY else None, keys
        )
        draw(figure, "shift", "Mean probability of each strategy")
        st.caption(
            f"Right of the dotted line, a strategy's probabilities of {plain(comparison.labels[code])} are too high on "
            "average. Prior correction undoes what adding or removing rows did. It cannot undo what weights and losses "
            "did, since they change no rows. Strategies that calibrate by themselves are not corrected again."
        )
    st.subheader("Scores", anchor=False)
    recommended = usable_key(record, comparison, key)
    shown_names = {one: marked_name(names[one], one == recommended) for one in keys}
    table = scores_table(keys, shown_names, before, after).sort_values("Brier", kind="stable", ignore_index=True)
    name_column = st.column_config.Column(pinned=True, width=name_width(table["Strategy"]))
    numbers = {head: st.column_config.NumberColumn(help=said) for head, said in HELP.items()}
    st.dataframe(
        leading(table),
        hide_index=True,
        height=table_height(len(keys)),
        column_config={**numbers, "Strategy": name_column},
        key="calibration_table",
        placeholder="–",
    )
    st.caption(
        f"{f'{MARK_IN_WORDS} ' if recommended else ''}Coloured: the lowest Brier score. Of the Brier score, log loss "
        "and reliability error, lower is better; of resolution, higher. Over ten bins the Brier score is reliability "
        "error − resolution + uncertainty, "
        f"up to what differs within a bin; uncertainty is {before[0].uncertainty:.4f} here."
    )


def show_reliability(
    comparison: Comparison,
    names: dict[str, str],
    key: str,
    code: int,
    calibrated: frozenset[str],
    first: tuple[str, ...],
    few: tuple[str, ...],
    advised: str,
) -> None:
    keys = [summary.key for summary in comparison.ranked(judged_by())]
    side = st.segmented_control(
        "Probabilities", SIDES, default=SIDES[0], key="calibration_side", required=True, label_visibility="collapsed"
    )
    chosen = st.multiselect(
        "Strategies to draw",
        keys,
        default=[strategy for strategy in keys if strategy in first],
        format_func=names.__getitem__,
        key=f"calibration_drawn_{' '.join(keys)}",
        label_visibility="collapsed",
        placeholder="Pick strategies",
    )
    if not chosen:
        st.info("Pick at least one strategy to draw.")
        return
    corrected = side == SIDES[1]
    drawn = {
        strategy: strategy_bins(comparison, key, code, strategy, corrected and strategy not in calibrated)
        for strategy in keys
        if strategy in chosen
    }
    figure = charts_views.reliability(keys, names, drawn, advised, {*few, *drawn})
    draw(figure, "reliability", "Observed share by mean probability")
    st.caption(
        "Ten bins with about as many rows each. On the dotted line, probabilities are calibrated; below it they "
        "are too high. On logarithmic axes, bins without any such row are left out. Bars are 95% intervals (Wilson)"
        + repeats_note(tested_rows(comparison, key))
        + "."
    )


def leading(table: pd.DataFrame) -> Styler:
    """Return the table with the best row coloured, and numbers with as many digits as they need."""
    best = table["Brier"] <= table["Brier"].min() + 1e-12
    style = table.style.apply(lambda row: [BEST if best[row.name] else ""] * len(row), axis=1)
    return style.format(Column(digits=4).written, subset=table.columns[1:])


def repeats_note(pooled: tuple[OutOfFold, ...]) -> str:
    return "; rows of the first repeat" if pooled[0].repeat.max() > 0 else ""


def scores_table(
    keys: list[str], names: dict[str, str], before: list[Calibration], after: list[Calibration | None]
) -> pd.DataFrame:
    """Return one row per strategy: its scores as trained, and what prior correction makes of them."""
    return pd.DataFrame(
        {
            "Strategy": [names[key] for key in keys],
            "Mean probability": [score.predicted for score in before],
            "Observed share": [score.observed for score in before],
            "Brier": [score.brier for score in before],
            "Reliability error": [score.reliability for score in before],
            "Resolution": [score.resolution for score in before],
            "Log loss": [score.log_loss for score in before],
            "Corrected: Brier": [None if score is None else score.brier for score in after],
            "Corrected: reliability error": [None if score is None else score.reliability for score in after],
            "Corrected: log loss": [None if score is None else score.log_loss for score in after],
        }
    )


@cached(max_entries=4)
def rows_of(_comparison: Comparison, key: str, corrected: bool) -> tuple[OutOfFold, ...]:
    pooled = tested_rows(_comparison, key)
    return prior_corrected(pooled) if corrected else pooled


@cached(max_entries=32)
def scores(_comparison: Comparison, key: str, code: int, corrected: bool) -> list[Calibration]:
    return [
        calibration(rows.truth == code, rows.probabilities[:, code]) for rows in rows_of(_comparison, key, corrected)
    ]


@cached(max_entries=256)
def strategy_bins(_comparison: Comparison, key: str, code: int, strategy: str, corrected: bool) -> Bins:
    rows = next(rows for rows in rows_of(_comparison, key, corrected) if rows.key == strategy)
    first = rows.repeat == rows.repeat.min()
    return bins(rows.truth[first] == code, rows.probabilities[first, code])


HELP = {
    "Brier": "Mean squared difference of probability and truth, this class against the rest.",
    "Reliability error": "How far probabilities are from what was observed; 0 is best.",
    "Resolution": "How well the bins separate common from rare rows; higher is better.",
    "Log loss": "Penalises confident probabilities that are wrong.",
    "Corrected: Brier": "After prior correction.",
    "Corrected: reliability error": "After prior correction.",
    "Corrected: log loss": "After prior correction.",
}
