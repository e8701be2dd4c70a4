"""Whether more rows would help: the recommended strategy on halves of its training rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.runs.reasons import keep_curve, kept_curve
from core.strategies import choices_of
from core.words import duration
from pages._answer import show_answer
from pages._background import begin, under_way
from pages._guard import guarded
from pages._recommendation import advice_of, recommended_key
from pages._services import store
from pages._subject import run_problem
from pages._text import bare, told_apart
from pages._verdict import judged_by

if TYPE_CHECKING:
    from core.evaluation.comparison import Comparison
    from core.runs.record import RunRecord


def show_more_rows(record: RunRecord, comparison: Comparison, names: dict[str, str], key: str) -> None:
    """Show a strategy's learning curve, once it has been worked out."""
    st.subheader("Would more rows help?", anchor=False)
    keys = [summary.key for summary in comparison.ranked(judged_by())]
    advised = recommended_key(record, comparison, key)
    strategy = st.selectbox(
        "Strategy",
        keys,
        keys.index(advised),
        format_func=told_apart(keys, lambda one: bare(names[one])),
        key="curve_strategy",
    )
    about = ("curve", record.id, strategy)
    if under_way(about):
        return
    curve = kept_curve(store(), record.id, strategy)
    if curve is None:
        offer(record, comparison, key, strategy, about)
        return
    from core.more_rows import answer_of, asked_for
    from core.reporting.results import Results

    metric, wanted = asked_for(advice_of(record, comparison, key, judged_by()), judged_by())
    results = Results(run_problem(record.id, key), comparison.results, record.id)
    show_answer(answer_of(curve, results, metric, wanted), "more_rows", f"{record.id}-more-rows")


def offer(record: RunRecord, comparison: Comparison, key: str, strategy: str, about: tuple[object, ...]) -> None:
    """Say what it takes, and start it."""
    from core.more_rows import seconds, work_out

    choice = next(one for one in choices_of(record.plan) if one.key == strategy)
    takes = duration(seconds(run_problem(record.id, key), choice, comparison.results))
    st.caption(
        "It is trained on an eighth, a quarter and a half of each fold's training rows and tested on the same rows as "
        "before, in the background. The curve says about how many rows a better score needs."
    )
    if st.button(f"Work it out, {takes}", type="primary", icon=":material/stacked_line_chart:", key="curve_start"):
        with guarded():
            runs = store()
            whole = tuple(result for result in comparison.results if result.strategy == strategy)
            begin(
                about, lambda curve: keep_curve(runs, record.id, strategy, curve),
                "Training on parts of the rows", "The learning curve could not be worked out",
                work_out, runs.table(record.id), record.plan, strategy, whole,
            )  # fmt: skip
