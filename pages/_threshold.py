"""What any threshold does to every strategy, and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from core.charts import views as charts_views
from core.decision.costs import CostError
from core.evaluation.explorer import Explorer, Readings
from core.evaluation.shown import MANY, NAMED, top
from core.evaluation.worth import is_benefit
from core.reporting.questions import Subject
from core.reporting.questions.answer import Column
from core.reporting.questions.costs import WhatItCosts
from core.words import decimal, percent
from pages._answer import BEST, MARK_IN_WORDS, marked_name, name_width, table_height
from pages._cache import cached
from pages._recommendation import recommended_key, usable_key
from pages._rows import class_against_rest, rest_of, tested_rows
from pages._stakes import enter_stakes, follow
from pages._subject import show_question
from pages._tab import run_problem
from pages._text import plain
from pages._verdict import judged_by
from pages._widgets import draw

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler
    from streamlit.elements.lib.column_types import ColumnConfig

    from core.decision.row_costs import RowCosts
    from core.decision.stakes import Stakes
    from core.evaluation.comparison import Comparison
    from core.runs.record import RunRecord

# Finer where the probabilities of a rare class lie.
GRID = np.unique(np.concatenate([np.geomspace(1e-4, 0.1, 60), np.linspace(0, 1, 161)]))
FIGURES = {"f1": "F1", "precision": "Precision", "recall": "Recall", "value": "Cost"}
PER = 1000


def show_threshold(record: RunRecord, comparison: Comparison, names: dict[str, str], key: str) -> None:
    """Read every strategy's decisions under what is at stake, or move one threshold for all and read what it does."""
    code = class_against_rest(comparison, record.positive, "threshold_class")
    explore(record, comparison, names, key, code)


@st.fragment
def explore(record: RunRecord, comparison: Comparison, names: dict[str, str], key: str, code: int) -> None:
    """Show how rows are decided, the costs, and all that follows; only this part runs when they move."""
    explorer = explorer_of(comparison, key, code)
    if not explorer.n_class or not explorer.n_rest:
        absent = comparison.labels[code] if not explorer.n_class else rest_of(comparison, code)
        st.info(f"No test row is {plain(absent)}, so that no threshold can be judged: choose other folds.")
        return
    # The slider stands right above the figure, on a phone as well; the costs, which decide both, are entered below.
    above, figure = st.container(), st.container()
    stakes = enter_stakes(record, comparison, explorer, code, above)
    if stakes is None:
        return
    try:
        explorer = explorer_of(comparison, key, code, record.id, stakes.by_row)
        usable = True
    except CostError:  # what the costs are for says why, below
        usable = False
    if stakes.rule != "rows" and usable:
        at = stakes.threshold if stakes.rule == "one" else None
        with figure:
            show_curves(record, explorer, comparison, names, key, stakes, at)
        show_readings(record, explorer, comparison, names, key, code, stakes)
    st.subheader("What it costs", anchor=False)
    subject = Subject(
        tested_rows(comparison, key), comparison.labels, names, code, run_problem(record.id, key), stakes=stakes,
        advised=usable_key(record, comparison, key),
    )  # fmt: skip
    show_question(WhatItCosts, subject, f"{key} {sorted(stakes.to_query().items())}", f"{record.id}-costs")
    follow()


def show_readings(
    record: RunRecord,
    explorer: Explorer,
    comparison: Comparison,
    names: dict[str, str],
    key: str,
    code: int,
    stakes: Stakes,
) -> None:
    """Show each strategy's confusion matrix and figures; the cheapest row is marked."""
    costs, best = stakes.costs, explorer.best(stakes.costs)
    word = "Benefit" if is_benefit(stakes) else "Cost"
    at_best = explorer.at_own(best[:, None], costs)
    if stakes.rule == "one" and stakes.threshold is not None:
        here = explorer.at(stakes.threshold, costs)
    else:
        here = at_best if stakes.rule == "cheapest" else explorer.decided(costs)
    recommended = usable_key(record, comparison, key)
    marked = {one: marked_name(name, one == recommended) for one, name in names.items()}
    table = readings_table(explorer, marked, here, own_thresholds(comparison, key), best, at_best, word)
    table = table.sort_values(word, ascending=not is_benefit(stakes), kind="stable", ignore_index=True)
    leads = (table[word] - table[word].iloc[0]).abs() <= 1e-9
    name_column = st.column_config.Column(pinned=True, width=name_width(table["Strategy"]))
    st.dataframe(
        leading(table, leads.to_numpy()),
        hide_index=True,
        height=table_height(len(table)),
        column_config={
            **columns(comparison, code, word),
            "Strategy": name_column,
        },
        key="threshold_table",
        placeholder="–",
    )
    repeats = len(np.unique(tested_rows(comparison, key)[0].repeat))
    times = f", each counted in {repeats} repeats" if repeats > 1 else ""
    share = percent(explorer.share) if costs.prevalence is None else f"{percent(costs.prevalence)} in the field"
    best_word = "highest benefit" if is_benefit(stakes) else "lowest cost"
    st.caption(
        f"Coloured: the {best_word} with these decisions, per {PER:,} rows. "
        f"{f'{MARK_IN_WORDS} ' if recommended else ''}"
        f"{explorer.n_class:,} test rows of {plain(comparison.labels[code])} and {explorer.n_rest:,} of "
        f"{plain(rest_of(comparison, code))}{times}. Precision, F1 and {word.lower()} at a share of {share}. All "
        "figures here count the rows of all folds together; the overview shows means of the folds' figures."
    )


def leading(table: pd.DataFrame, leads: np.ndarray) -> Styler:
    """Return the table with the rows that lead coloured; its columns' configuration writes the numbers."""
    styles = [BEST if lead else "" for lead in leads]
    style = table.style.apply(lambda column: styles, axis=0)
    money = [name for name in table.columns if name.startswith(("Cost", "Benefit"))]
    figures = [name for name in table.columns if table[name].dtype.kind == "f" and name not in money]
    counts = [name for name in table.columns if table[name].dtype.kind in "iu"]
    return (
        style.format(Column().written, subset=pd.Index(figures), na_rep="–")
        .format("{:,.1f}", subset=pd.Index(money))
        .format("{:,}", subset=pd.Index(counts))
    )


def own_thresholds(comparison: Comparison, key: str) -> np.ndarray:
    """Return the median of each strategy's own thresholds over the folds; nan where it has none."""
    every = tested_rows(comparison, key)
    return np.array([np.median(rows.thresholds) if rows.thresholds else np.nan for rows in every])


def show_curves(
    record: RunRecord,
    explorer: Explorer,
    comparison: Comparison,
    names: dict[str, str],
    key: str,
    stakes: Stakes,
    at: float | None,
) -> None:
    """Draw a figure of every strategy by threshold, with its own threshold and the best one."""
    costs = stakes.costs
    own, decided, best = own_thresholds(comparison, key), explorer.decided(costs), explorer.best(costs)
    at_best = explorer.at_own(best[:, None], costs)
    word = "Benefit" if is_benefit(stakes) else "Cost"
    what = st.segmented_control(
        "Draw",
        list(FIGURES),
        default="f1",
        format_func=lambda figure: word if figure == "value" else FIGURES[figure],
        key="threshold_figure",
        required=True,
    )
    what = what or "f1"
    times = PER if what == "value" else 1
    tuned = getattr(decided, what)[:, 0]
    marks = {
        "own threshold": (own, times * np.where(np.isnan(own), np.nan, tuned)),
        f"best by {word.lower()}": (best, times * getattr(at_best, what)[:, 0]),
    }
    title = f"{word} per {PER:,} rows" if what == "value" else FIGURES[what]
    values = times * getattr(explorer.at(GRID, costs), what)
    advised = recommended_key(record, comparison, key)
    few = top(comparison, judged_by(), NAMED - 2, [advised]) if len(explorer.keys) > MANY else None
    figure = charts_views.threshold_curves(explorer.keys, names, GRID, values, title, at, marks, few, advised)
    draw(figure, "threshold_curves", f"{title} of each strategy by threshold")
    ideal = costs.ideal_threshold(explorer.share) if stakes.by_row is None else None
    ideally = (
        f" With calibrated probabilities, the ideal threshold for these costs would be {decimal(ideal)}."
        if ideal is not None
        else ""
    )
    st.caption(
        "● is a strategy's own decisions, at the median of its folds' thresholds: off its line where they differ. "
        f"★ is the threshold with the best {word.lower()}, which need not be the best {title}; it was chosen on these "
        "very rows, so that new rows will do somewhat worse." + ideally
    )


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
            word: PER * here.value[:, 0],
            "Found": matrix[:, 1, 1],
            "Missed": matrix[:, 1, 0],
            "False alarms": matrix[:, 0, 1],
            "Correctly ignored": matrix[:, 0, 0],
            "Precision": here.precision[:, 0],
            "Recall": here.recall[:, 0],
            "F1": here.f1[:, 0],
            "Own threshold": own,
            "Best threshold": best,
            f"{word} at best threshold": PER * at_best.value[:, 0],
        }
    )
    return table if np.isfinite(own).any() else table.drop(columns="Own threshold")


def columns(comparison: Comparison, code: int, word: str) -> dict[str, ColumnConfig]:
    """Return how the table's columns are shown and explained."""
    name, rest = comparison.labels[code], rest_of(comparison, code)
    number = st.column_config.NumberColumn
    return {
        "Found": number(help=f"Rows of {plain(name)} that are called {plain(name)}."),
        "Missed": number(help=f"Rows of {plain(name)} called {plain(rest)}."),
        "False alarms": number(help=f"Rows of {plain(rest)} called {plain(name)}."),
        "Correctly ignored": number(help=f"Rows of {plain(rest)} that are called {plain(rest)}."),
        "Precision": number(),
        "Recall": number(),
        "F1": number(),
        word: number(help=f"Expected {word.lower()} of {PER:,} rows."),
        "Own threshold": number(help="Median of the folds' thresholds; fitted on validation rows."),
        "Best threshold": number(help="Chosen on these same rows, and so optimistic."),
        f"{word} at best threshold": number(help=f"Expected {word.lower()} of {PER:,} rows at the best threshold."),
    }


@cached(max_entries=8)
def explorer_of(
    _comparison: Comparison, key: str, code: int, run_id: str = "", by_row: RowCosts | None = None
) -> Explorer:
    """Return the explorer of a run's rows, priced by costs by row where they count."""
    if by_row is None:
        return Explorer.of(tested_rows(_comparison, key), code)
    problem = run_problem(run_id, key)
    frame = problem.table.frame.iloc[problem.target.rows]
    return Explorer.of(tested_rows(_comparison, key), code, by_row, frame)
