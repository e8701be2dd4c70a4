"""What any threshold does to every strategy, and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from core.charts import views as charts_views
from core.evaluation.explorer import CostError, Costs, Explorer, Readings
from pages._cache import cached
from pages._rows import class_against_rest, rest_of, tested_rows
from pages._text import plain, sentence
from pages._widgets import draw

if TYPE_CHECKING:
    from streamlit.elements.lib.column_types import ColumnConfig

    from core.evaluation.comparison import Comparison
    from core.runs.record import RunRecord

# Finer where the probabilities of a rare class lie.
GRID = np.unique(np.concatenate([np.geomspace(1e-4, 0.1, 60), np.linspace(0, 1, 161)]))
FIGURES = {"f1": "F1", "precision": "Precision", "recall": "Recall", "value": "Cost"}
PER = 1000
RULES = {"own": "Each strategy's own decisions", "one": "One threshold for all"}


def show_threshold(record: RunRecord, comparison: Comparison, names: dict[str, str], key: str) -> None:
    """Read every strategy's own decisions, or move one threshold for all and read what it does."""
    code = class_against_rest(comparison, record.positive, "threshold_class")
    explore(comparison, names, key, code)


@st.fragment
def explore(comparison: Comparison, names: dict[str, str], key: str, code: int) -> None:
    """Show the slider, the costs, and all that follows from them; only this part runs when they move."""
    explorer = explorer_of(comparison, key, code)
    if not explorer.n_class or not explorer.n_rest:
        absent = comparison.labels[code] if not explorer.n_class else rest_of(comparison, code)
        st.info(f"No test row is {plain(absent)}, so that no threshold can be judged: choose other folds.")
        return
    rule = st.segmented_control(
        "Decided by", list(RULES), default="own", format_func=RULES.__getitem__, key="threshold_rule", required=True,
        help="A strategy's own decisions are those of the overview, with the threshold or rule of each fold.",
    )  # fmt: skip
    at = None
    if rule == "one":
        at = st.slider(
            f"Call a row {plain(comparison.labels[code])} where its probability is at least",
            0.0,
            1.0,
            0.5,
            0.005,
            format="%.3f",
            key="threshold",
        )
    costs = enter_costs(comparison, explorer, code)
    if costs is None:
        return
    word = "Benefit" if costs.benefits else "Cost"
    decided, best = explorer.decided(costs), explorer.best(costs)
    here = decided if at is None else explorer.at(at, costs)
    own = np.array([np.median(rows.thresholds) if rows.thresholds else np.nan for rows in tested_rows(comparison, key)])
    at_best = explorer.at_own(best[:, None], costs)
    table = readings_table(explorer, names, here, own, best, at_best, word)
    st.dataframe(
        table,
        hide_index=True,
        height=35 * (len(table) + 1) + 15,
        column_config=columns(comparison, code, word),
        key="threshold_table",
    )
    repeats = len(np.unique(tested_rows(comparison, key)[0].repeat))
    times = f", each counted in {repeats} repeats" if repeats > 1 else ""
    share = f"{explorer.share:.1%}" if costs.prevalence is None else f"{costs.prevalence:.2%} in the field"
    st.caption(
        f"{explorer.n_class:,} test rows of {plain(comparison.labels[code])} and {explorer.n_rest:,} of "
        f"{plain(rest_of(comparison, code))}{times}. Precision, F1 and {word.lower()} at a share of {share}. All "
        "figures here count the rows of all folds together; the overview shows means of the folds' figures."
    )
    what = st.segmented_control(
        "Figure",
        list(FIGURES),
        default="f1",
        format_func=lambda figure: word if figure == "value" else FIGURES[figure],
        key="threshold_figure",
        required=True,
        label_visibility="collapsed",
    )
    show_curves(explorer, names, what or "f1", costs, at, own, decided, best, at_best)


def show_curves(
    explorer: Explorer,
    names: dict[str, str],
    what: str,
    costs: Costs,
    at: float | None,
    own: np.ndarray,
    decided: Readings,
    best: np.ndarray,
    at_best: Readings,
) -> None:
    word = "Benefit" if costs.benefits else "Cost"
    times = PER if what == "value" else 1
    tuned = getattr(decided, what)[:, 0]
    marks = {
        "own threshold": (own, times * np.where(np.isnan(own), np.nan, tuned)),
        f"best by {word.lower()}": (best, times * getattr(at_best, what)[:, 0]),
    }
    title = f"{word} per {PER:,} rows" if what == "value" else FIGURES[what]
    values = times * getattr(explorer.at(GRID, costs), what)
    figure = charts_views.threshold_curves(explorer.keys, names, GRID, values, title, at, marks)
    draw(figure, "threshold_curves", f"{title} of each strategy by threshold")
    ideal = costs.ideal_threshold(explorer.share)
    ideally = (
        f" For probabilities that mean what they say, {ideal:.3f} would be the threshold of these numbers."
        if ideal is not None
        else ""
    )
    st.caption(
        "● the strategy's own decisions, at the median of its folds' thresholds, fitted on validation rows: off its "
        "line where they differ from fold to fold. ★ the best threshold under "
        "these numbers, chosen on the same rows that it is shown on: on new rows it will do somewhat worse." + ideally
    )


def enter_costs(comparison: Comparison, explorer: Explorer, code: int) -> Costs | None:
    """Return the costs that the person entered; None where they cannot be used, with the reason shown."""
    with st.expander("Costs and the field", icon=":material/payments:", expanded=True):
        left, right = st.columns(2, gap="medium")
        with left:
            kind = st.segmented_control(
                "What a decision has", ["Costs", "Benefits"], default="Costs", key="cost_kind", required=True
            )
            start = [[0.0, 1.0], [10.0, 0.0]] if kind == "Costs" else [[0.0, 0.0], [0.0, 10.0]]
            sides = [rest_of(comparison, code), comparison.labels[code]]
            edited = st.data_editor(
                pd.DataFrame(
                    {
                        "Truth": sides,
                        "called_rest": [row[0] for row in start],
                        "called_class": [row[1] for row in start],
                    }
                ),
                hide_index=True,
                disabled=["Truth"],
                column_config={
                    "called_rest": st.column_config.NumberColumn(f"Called {plain(sides[0], 24)}"),
                    "called_class": st.column_config.NumberColumn(f"Called {plain(sides[1], 24)}"),
                },
                key=f"costs_{kind}_{code}",
            )
        with right:
            percent = st.number_input(
                f"Share of {plain(comparison.labels[code], 24)} in the field, %",
                value=None,
                step=0.1,
                format="%.3f",
                placeholder=f"as in the table: {explorer.share:.2%}",
                key="field_share",
                help="How common the class will be where the model works, if not as in this table.",
            )
            st.caption(
                "Empty means as in the table. Another share re-weights the classes in precision, F1 and cost; recall "
                "does not change."
            )
    try:
        return costs_of(edited, kind == "Benefits", percent)
    except CostError as error:
        st.error(sentence(error), icon=":material/error:")
        return None


def costs_of(edited: pd.DataFrame, benefits: bool, percent: float | None) -> Costs:
    """Return what was entered as costs.

    Raises
    ------
    CostError
        The numbers cannot be used.
    """
    numbers = edited[["called_rest", "called_class"]].astype(float)
    matrix = tuple(tuple(float(value) for value in row) for row in numbers.to_numpy())
    return Costs(matrix, benefits, None if percent is None else percent / 100)


def readings_table(
    explorer: Explorer,
    names: dict[str, str],
    here: Readings,
    own: np.ndarray,
    best: np.ndarray,
    at_best: Readings,
    word: str,
) -> pd.DataFrame:
    """Return one row per strategy: its confusion matrix and figures at the threshold, and the thresholds to know."""
    matrix = here.confusion[:, 0]
    table = pd.DataFrame(
        {
            "Strategy": [names[key] for key in explorer.keys],
            "Found": matrix[:, 1, 1],
            "Missed": matrix[:, 1, 0],
            "False alarms": matrix[:, 0, 1],
            "Rightly left": matrix[:, 0, 0],
            "Precision": here.precision[:, 0],
            "Recall": here.recall[:, 0],
            "F1": here.f1[:, 0],
            word: PER * here.value[:, 0],
            "Own threshold": own,
            "Best threshold": best,
            f"{word} there": PER * at_best.value[:, 0],
        }
    )
    return table if np.isfinite(own).any() else table.drop(columns="Own threshold")


def columns(comparison: Comparison, code: int, word: str) -> dict[str, ColumnConfig]:
    """Return how the table's columns are shown and explained."""
    name, rest = comparison.labels[code], rest_of(comparison, code)
    number = st.column_config.NumberColumn
    return {
        "Strategy": st.column_config.Column(pinned=True, width=200),
        "Found": number(help=f"Rows of {plain(name)} called so."),
        "Missed": number(help=f"Rows of {plain(name)} called {plain(rest)}."),
        "False alarms": number(help=f"Rows of {plain(rest)} called {plain(name)}."),
        "Rightly left": number(help=f"Rows of {plain(rest)} called so."),
        "Precision": number(format="%.3f"),
        "Recall": number(format="%.3f"),
        "F1": number(format="%.3f"),
        word: number(format="%.1f", help=f"Expected {word.lower()} of {PER:,} rows."),
        "Own threshold": number(format="%.3f", help="Median of the folds' thresholds; fitted on validation rows."),
        "Best threshold": number(format="%.3f", help="Chosen on these very rows, and so optimistic."),
        f"{word} there": number(format="%.1f", help=f"Expected {word.lower()} of {PER:,} rows at the best threshold."),
    }


@cached(max_entries=8)
def explorer_of(_comparison: Comparison, key: str, code: int) -> Explorer:
    return Explorer.of(tested_rows(_comparison, key), code)
