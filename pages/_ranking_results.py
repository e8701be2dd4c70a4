"""The runs of a ranking as they go on, and their strategies ranked over the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from core.charts import ranking as charts_ranking
from core.evaluation.metrics import METRIC_NAMES, metric_of
from core.evaluation.ranking import rank, scores, verdict
from core.reporting.ranking import best_cells, ordered, pairs_csv, scores_csv, table_latex
from core.runs.progress import progress_of_run
from core.runs.ranking import find
from core.runs.store import StoreError
from core.strategies import choices_of, label
from pages._guard import guarded, guarded_callback, guarded_fragment
from pages._overview import BEST, always
from pages._results import comparison_of
from pages._services import engine, store
from pages._text import bare, plain, sentence, told_apart
from pages._widgets import draw

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

    from core.evaluation.comparison import Comparison
    from core.evaluation.metrics import Metric
    from core.evaluation.ranking import Ranking
    from core.runs.ranking import RankedRuns
    from core.runs.record import RunRecord

ENDED = {
    "finished": "finished",
    "cancelled": "cancelled",
    "failed": "failed",
    "interrupted": "interrupted",
    "refused": "cannot run",
}


def show_results(runs: RankedRuns) -> None:
    plan = runs.plan
    names = {choice.key: label(choice) for choice in choices_of(plan)}
    words, act = st.columns([3, 1], vertical_alignment="center")
    words.title(plain(runs.name), anchor=False)
    words.caption(
        f"{len(runs.records)} tables, {len(names)} strategies × {plan.split.in_words}, seed {plan.split.seed}"
    )
    with act.container(horizontal=True, horizontal_alignment="right"):
        if st.button("All rankings", icon=":material/arrow_back:"):
            st.query_params.pop("ranking", None)
            st.rerun()
    for left_out in runs.left_out:
        st.warning(sentence(left_out), icon=":material/block:")
    for name, record in runs.tables.items():
        if record.status == "refused":
            st.warning(f"{plain(name)} cannot run: {sentence(record.message)}", icon=":material/block:")
    finished = {name: record for name, record in runs.tables.items() if record.status == "finished"}
    if runs.active:
        show_progress(runs.id, tuple(record.id for record in finished.values()))
    elif runs.stopped:
        show_stopped(runs)
    comparisons: dict[str, Comparison] = {}
    for name, record in finished.items():
        with guarded():  # one damaged table must not hide the others
            comparisons[name] = comparison_of(record.id)
    if not comparisons:
        st.caption("The first figures come after the first table.")
        return
    if len(comparisons) < len(runs.records):
        st.caption(f"Figures after {len(comparisons)} of {len(runs.records)} tables.")
    show_ranking(comparisons, names)
    show_runs(runs)


@st.fragment(run_every=1.0)
@guarded_fragment
def show_progress(ranking_id: str, drawn: tuple[str, ...]) -> None:
    """Follow the runs, one bar per table; when one ends, the whole page is drawn anew."""
    try:
        now = find(store(), ranking_id)
    except StoreError:
        st.rerun()
    finished = tuple(record.id for record in now.records if record.status == "finished")
    if not now.active or finished != drawn:
        st.rerun()
    with st.container(key="ranking_progress"):
        for name, record in now.tables.items():
            share, doing = state_of(record)
            st.progress(share, f"{plain(name)}: {sentence(doing)}")
        st.button(
            "Cancel",
            key="cancel_ranking",
            help="Stops the ranking and keeps every finished fold.",
            on_click=cancel,
            args=(tuple(record.id for record in now.records if record.active),),
        )


def state_of(record: RunRecord) -> tuple[float, str]:
    """Return the share of a table's run that is done, and what it does, in words."""
    done = len(store().finished_units(record.id))
    if record.status == "running":
        return progress_of_run(store().progress(record.id), done, record.units_total)
    return min(1.0, done / max(1, record.units_total)), ENDED.get(record.status, "waiting")


@guarded_callback
def cancel(run_ids: tuple[str, ...]) -> None:
    for run_id in run_ids:
        engine().cancel(run_id)
    st.toast("Cancelling: finished folds are kept.")


def show_stopped(runs: RankedRuns) -> None:
    """Say which tables stopped and why, and offer to go on with them."""
    words, act = st.columns([4, 1], vertical_alignment="center")
    with words:
        for name, record in runs.tables.items():
            if record in runs.stopped:
                done = len(store().finished_units(record.id))
                kept = f"{done} of {record.units_total} folds are kept."
                st.info(f"{plain(name)}: {record.status}. {sentence(record.message)} {kept}".replace("  ", " "))
    if act.button("Resume", icon=":material/resume:", type="primary", width="stretch", key="resume_ranking"):
        with guarded():
            for record in runs.stopped:
                engine().submit(record.id)
            st.rerun()


def show_ranking(comparisons: dict[str, Comparison], names: dict[str, str]) -> None:
    left, right = st.columns([1, 3], vertical_alignment="bottom")
    key = left.selectbox(
        "Metric",
        list(METRIC_NAMES),
        index=list(METRIC_NAMES).index("f1"),
        format_func=METRIC_NAMES.__getitem__,
        key="ranking_metric",
    )
    metric = metric_of(key)
    left_out = right.multiselect(
        "Strategies to leave out of the ranking",
        list(names),
        format_func=told_apart(names, lambda strategy: bare(names[strategy])),
        key="ranking_without",
        placeholder="None",
        help="A strategy without a result on a table takes that table out of the ranking: leave it out to keep all.",
    )
    chosen = [strategy for strategy in names if strategy not in left_out]
    if not chosen:
        st.info("Keep at least one strategy to rank.")
        return
    values = scores(comparisons, chosen, metric.key)
    ranking = rank(values, higher_is_better=metric.higher_is_better, names=names)
    st.markdown(f"**{sentence(verdict(ranking, names, metric.name))}**")
    for note in ranking.notes:
        st.info(sentence(note), icon=":material/info:")
    show_failures(comparisons, chosen, names)
    if not ranking.mean_ranks.empty:
        show_diagram(ranking, names)
    show_scores(ranking, names, metric)
    if ranking.pairs:
        show_pairs(ranking, names)
    show_downloads(comparisons, chosen, ranking, names, metric)


def show_failures(comparisons: dict[str, Comparison], chosen: list[str], names: dict[str, str]) -> None:
    """Say why a strategy has no result on a table."""
    failed = [
        (table, key, why)
        for table, comparison in comparisons.items()
        for key, why in comparison.failed
        if key in chosen
    ]
    partial = [(table, note) for table, comparison in comparisons.items() for note in comparison.notes]
    if failed or partial:
        with st.expander(f"Strategies without a result ({len(failed) + len(partial)})"):
            for table, key, why in failed:
                st.markdown(f"**{plain(names[key], 120)}** on {plain(table)}: {sentence(why)}")
            for table, note in partial:
                st.markdown(f"**{plain(table)}**: {sentence(note)}")


def show_diagram(ranking: Ranking, names: dict[str, str]) -> None:
    st.subheader("Critical-difference diagram", anchor=False)
    how = "The further left, the better."
    if ranking.friedman is not None:
        how += (
            " A thick bar joins strategies that the tests do not tell apart: those with a dot on it."
            if ranking.groups
            else " No bar: the tests tell every pair apart."
        )
    st.caption(f"Mean rank over {len(ranking.ranks)} tables. {how}")
    figure = charts_ranking.critical_difference(ranking, names)
    draw(figure, "diagram", "Mean ranks of the strategies")


def show_scores(ranking: Ranking, names: dict[str, str], metric: Metric) -> None:
    st.subheader(f"{metric.name} by table", anchor=False)
    st.caption(f"{metric.help} Dark is the best on its table, also in bold. Mean over folds.")
    better = metric.higher_is_better
    figure = charts_ranking.score_map(ranking.scores[ordered(ranking)], names, metric.name, higher_is_better=better)
    draw(figure, "score_map", f"{metric.name} of each strategy on each table")
    style = styled(ranking, names, metric)
    config = {name: st.column_config.Column(width=110) for name in ranking.scores.index}
    config |= {"Strategy": st.column_config.Column(pinned=True, width=190)}
    st.dataframe(
        style,
        hide_index=True,
        column_config=config,
        height=35 * (len(names) + 1) + 15,
        key="ranking_scores",
        placeholder="–",
    )


def styled(ranking: Ranking, names: dict[str, str], metric: Metric) -> Styler:
    """Return strategies × tables with their mean rank, best first; ★ marks the best of a table."""
    order = ordered(ranking)
    best = best_cells(ranking.scores, higher_is_better=metric.higher_is_better)[order].T.reset_index(drop=True)
    shown = ranking.scores[order].T.reset_index(drop=True)
    shown.insert(0, "Mean rank", ranking.mean_ranks.reindex(order).to_numpy())
    shown.insert(0, "Strategy", [names[strategy] for strategy in order])
    marks = best.reindex(columns=shown.columns).eq(True).replace({True: BEST, False: ""})
    style = shown.style.apply(lambda _: marks, axis=None).format(precision=2, subset=["Mean rank"], na_rep="–")
    for table in ranking.scores.index:
        for row in range(len(shown)):
            value = shown.loc[row, table]
            text = "–" if pd.isna(value) else f"{'★ ' if best.loc[row, table] else ''}{value:.3f}"
            style.format(always(text), subset=([row], [table]))
    return style


def show_pairs(ranking: Ranking, names: dict[str, str]) -> None:
    with st.expander(f"Pairwise tests ({len(ranking.clear)} of {len(ranking.pairs)} clear)"):
        test = ranking.friedman
        assert test is not None
        st.caption(
            f"Friedman's test over all: chi-squared {test.statistic:.2f}, p = {test.p:.3g}. Below, Wilcoxon's "
            "signed-rank test of each pair over the tables; p after Holm's correction counts."
        )
        rows = pd.DataFrame(
            {
                "Better mean rank": [names[pair.better] for pair in ranking.pairs],
                "Worse mean rank": [names[pair.worse] for pair in ranking.pairs],
                "p": [pair.p for pair in ranking.pairs],
                "p after Holm": [pair.adjusted for pair in ranking.pairs],
                "Difference": ["clear" if pair in ranking.clear else "" for pair in ranking.pairs],
            }
        )
        st.dataframe(
            rows.style.format(precision=4, subset=["p", "p after Holm"]), hide_index=True, key="pairs", placeholder="–"
        )


def show_downloads(
    comparisons: dict[str, Comparison], chosen: list[str], ranking: Ranking, names: dict[str, str], metric: Metric
) -> None:
    st.subheader("Download", anchor=False)
    better = metric.higher_is_better
    files = (
        ("All metrics (CSV)", scores_csv(comparisons, chosen, names), "ranking.csv", "text/csv"),
        (f"Tests of {metric.name} (CSV)", pairs_csv(ranking, names), f"tests_{metric.key}.csv", "text/csv"),
        (
            f"{metric.name} and ranks (LaTeX)",
            table_latex(ranking, names, metric.name, higher_is_better=better),
            f"ranking_{metric.key}.tex",
            "application/x-tex",
        ),
    )
    with st.container(horizontal=True):
        for name, text, file, kind in files:
            st.download_button(
                name, text, file, kind, key=f"download_{file}", icon=":material/download:", on_click="ignore"
            )
    with st.expander("LaTeX"):
        st.caption("Needs the packages booktabs and textcomp, and T1 as the font encoding.")
        st.code(files[2][1], language="latex")


def show_runs(runs: RankedRuns) -> None:
    """Link to each table's own comparison."""
    st.subheader("Each table", anchor=False)
    with st.container(horizontal=True):
        for name, record in runs.tables.items():
            if st.button(plain(name), key=f"run_of_{record.id}", icon=":material/bar_chart:"):
                st.switch_page("pages/compare.py", query_params={"run": record.id})
