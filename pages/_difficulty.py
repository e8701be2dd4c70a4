"""What makes the table hard, measured when somebody asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages._cache import cached
from pages._text import sentence
from pages._widgets import draw

if TYPE_CHECKING:
    from core.data.difficulty import Difficulty
    from core.data.problem import Problem


def show_difficulty(problem: Problem) -> None:
    """Offer the table's difficulty in a part that is measured only once it is opened."""
    table, target = problem.table, problem.target
    box = st.expander(
        "How hard is this table? Neighbours, overlap, copies, leaks and gaps",
        key=f"difficulty_{table.digest}",
        on_change="rerun",
    )
    if not box.open:
        return
    from core.charts import views as charts_views
    from core.data.findings import findings

    with box:
        features = tuple((column.name, column.kind) for column in problem.features)
        with st.spinner("Measuring…"):
            difficulty = measured(
                problem, table.digest, target.name, target.classes, problem.facts.class_counts, features
            )
        left, right = st.columns(2, gap="large")
        with left:
            figure = charts_views.row_kinds(difficulty)
            draw(figure, "row_kinds", "Safe, borderline, rare and outlying rows of each class")
            sought = f" Neighbours are searched for among {difficulty.reference:,} rows."
            st.caption(
                "Of a row's five nearest neighbours, four or five are of its class (safe), two or three (borderline), "
                "one (rare) or none (outlier). Distances are Euclidean over what the network sees: scaled numbers and "
                "one-hot categories."
                + (sought if difficulty.reference < len(target.rows) else "")
                + f" At most {int(difficulty.looked_at.max()):,} rows per class were examined. This describes the "
                "table and does not predict scores: a network may separate what lies close together."
            )
        with right:
            for finding in findings(difficulty):
                mark = ":material/warning: " if finding.serious else ""
                st.markdown(f"{mark}**{finding.title}**. {sentence(finding.figure)} {sentence(finding.meaning)}")


@cached(max_entries=8)
def measured(
    _problem: Problem,
    digest: str,
    name: str,
    classes: tuple[str | int | float | bool, ...],
    counts: tuple[int, ...],
    features: tuple[tuple[str, str], ...],
) -> Difficulty:
    """Return the difficulty; the other arguments are what makes it new."""
    from core.data.difficulty import difficulty

    return difficulty(_problem)
