"""What a strategy does to the rows, beside its name: bars of class counts, and a picture of the rows."""

from __future__ import annotations

import html
from concurrent.futures import Future, ThreadPoolExecutor

import streamlit as st

from core.charts import figures as charts
from core.data.problem import Problem
from core.data.target import Target
from core.plan import StrategyChoice
from core.teaching.effects import Effect, effect
from pages._cache import cached
from pages._text import sentence
from pages._widgets import draw

MAX_CLASSES = 6
WORDS = {
    "rows": "Rows of the table <i class='cw-key cw-before'></i>before <i class='cw-key cw-after'></i>after",
    "weights": "Total weight per class <i class='cw-key cw-before'></i>before <i class='cw-key cw-after'></i>after",
    "batches": "What batches hold <i class='cw-key cw-before'></i>before <i class='cw-key cw-after'></i>after",
    "none": "Rows stay as they are",
}


@st.cache_resource(show_spinner=False)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="effects")


@cached(max_entries=400)
def _effect(_problem: Problem, _choice: StrategyChoice, *key: object) -> Future[Effect]:
    return _pool().submit(effect, _problem, _choice)


def measured(problem: Problem, choice: StrategyChoice) -> Future[Effect]:
    """Return the effect of a choice, computed in the background so that no slow sampler holds up the page."""
    target = problem.target
    features = tuple((column.name, column.kind) for column in problem.features)
    rows = tuple(problem.facts.class_counts)
    return _effect(problem, choice, problem.table.digest, features, target.name, target.labels, rows, choice.key)


def show_effect(target: Target, measurement: Future[Effect]) -> None:
    """Show class counts before and after, or that they are being computed."""
    if not measurement.done():
        st.caption("Trying it on your rows…")
        return
    result = measurement.result()
    if result.problem is not None:
        st.caption(f":material/block: {sentence(result.problem)}")
    else:
        st.html(bars(target.labels, result))
        for note in result.notes:
            st.caption(sentence(note))


def show_picture(target: Target, measurement: Future[Effect], choice: StrategyChoice) -> None:
    """Show where the rows that a sampler takes or makes lie."""
    result = measurement.result() if measurement.done() else None
    if result is None or result.picture is None:
        return
    which = "What the first of its networks sees: your" if result.members > 1 else "Your"
    st.caption(f"{which} rows, along their first two principal components.")
    figure = charts.rows_picture(result.picture, target.labels)
    draw(figure, f"picture_{choice.key}", "Rows kept, removed and new")


@st.fragment(run_every=0.7)
def wait_for(pending: list[Future[Effect]], flash: str | None) -> None:
    """Redraw the page as effects arrive; a message that stands on it stays."""
    if any(measurement.done() for measurement in pending):
        if flash is not None:
            st.session_state["flash"] = flash
        st.rerun()


def bars(labels: tuple[str, ...], result: Effect) -> str:
    """Return class counts before and after as HTML bars, the largest first: of many classes the largest and the rarest.

    The rarest are those that balancing is about.
    """
    order = sorted(range(len(labels)), key=lambda code: -result.before[code])
    largest = max(*result.before, *result.after)
    hidden = order[1 : 1 - MAX_CLASSES] if len(order) > MAX_CLASSES else []
    between = f"<div class='cw-small'>{len(hidden)} classes in between</div>" if hidden else ""
    rows = ""
    for code in order:
        if code not in hidden:
            rows += _bar(labels[code], result.before[code], result.after[code], largest, result.change == "none")
            rows += between if code == order[0] else ""
    networks = f", for each of {result.members} networks" if result.members > 1 else ""
    about = f" (tried on {result.sampled:,} rows)" if result.sampled else ""
    return f"{_STYLE}<div class='cw-small'>{WORDS[result.change]}{networks}{about}</div>{rows}"


def _bar(name: str, before: int, after: int, largest: int, same: bool) -> str:
    short = html.escape(name if len(name) <= 18 else name[:17] + "…")
    later = f"<span class='cw-after' style='width:{after / largest:.1%}'></span>"
    counts = f"{before:,}" if same else f"{before:,} → {after:,}"
    return (
        f"<div class='cw-row'><span class='cw-name' title='{html.escape(name[:200], quote=True)}'>{short}</span>"
        f"<span class='cw-track'><span class='cw-before' style='width:{before / largest:.1%}'></span>"
        f"{'' if same else later}</span>"
        f"<span class='cw-count'>{counts}</span></div>"
    )


_STYLE = """<style>
.cw-small{font-size:.875rem;color:color-mix(in srgb,currentColor 80%,transparent);margin-bottom:.25rem}
.cw-key{display:inline-block;width:.7rem;height:.5rem;margin:0 .25rem 0 .5rem}
.cw-row{display:grid;grid-template-columns:5.5rem 1fr 7.5rem;gap:.6rem;align-items:center;font-size:.9rem}
@media (max-width:640px){.cw-row{grid-template-columns:3.5rem 1fr 7rem;gap:.4rem}}
.cw-name{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.cw-track{display:grid;gap:2px}
.cw-track>span{display:block;height:7px;border-radius:2px;min-width:2px}
.cw-before{background:#8a8f98}.cw-after{background:#0f8a7e}
.cw-count{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
</style>"""
