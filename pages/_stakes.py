"""What is at stake in a run's decisions: entered here, kept with the run, and held in the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from core.decision.costs import CostError, Costs
from core.decision.row_costs import CELLS, Cost, RowCosts
from core.decision.stakes import QUERY, Rule, Stakes
from core.runs.stakes import keep_stakes, stakes_of
from core.words import percent
from pages._glossary import explained
from pages._guard import guarded
from pages._rows import rest_of
from pages._services import store
from pages._text import plain, sentence

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from core.evaluation.comparison import Comparison
    from core.evaluation.explorer import Explorer
    from core.runs.record import RunRecord

_HELD, _CHANGED, _OPEN, _TYPED = "stakes_start", "stakes_changed", "stakes_open", "costs_typed"
_FIELDS = ("threshold_rule", "threshold", "field_share", "cost_kind", "costs_", "row_cost_")
#: Short enough to stand in one line on a phone.
_RULES: Mapping[Rule, str] = {"own": "Own", "one": "One for all", "cheapest": "Cheapest", "rows": "Row by row"}
_KINDS = ("Costs", "Benefits", "Costs by row")
_ROWS = {"miss": "A miss", "alarm": "A false alarm", "hit": "A hit", "quiet": "A row correctly ignored"}


def enter_stakes(
    record: RunRecord, comparison: Comparison, explorer: Explorer, code: int, above: DeltaGenerator
) -> Stakes | None:
    """Return what the person settled, kept with the run; None where it cannot be used, with the reason shown.

    Parameters
    ----------
    above : DeltaGenerator
        Where the rule and the threshold stand: next to the figure that they move. The costs stand below it.
    """
    start = start_of(record.id)
    rule: Any = above.segmented_control(
        "Thresholds", list(_RULES), default=start.rule, format_func=_RULES.__getitem__, key="threshold_rule",
        required=True,
        help=explained(
            "Own: each strategy's own decisions, those of the overview. Cheapest: each strategy's cheapest threshold. "
            "Row by row: a row is called the class where leaving it costs more. What is chosen here is kept with the "
            "run, and goes into the export.",
            "threshold", "costs",
        ),
    )  # fmt: skip
    threshold, kept = start.threshold, stakes_of(store(), record.id)
    if rule == "one":
        threshold = above.slider(
            f"Call a row {plain(comparison.labels[code])} where its probability is at least",
            0.0, 1.0, 0.5 if start.threshold is None else start.threshold, 0.005, format="%.3f", key="threshold",
        )  # fmt: skip
    try:
        with st.expander("Costs and class share", expanded=True):
            left, right = st.columns(2, gap="medium")
            with right:
                field = enter_field(comparison, explorer, code, start)
            with left:
                kind = _KINDS[2] if rule == "rows" else enter_kind(_latest(start, kept))
                start = _since_in_sight(start, kind, kept)
                by_row: RowCosts | None
                if kind == _KINDS[2]:
                    costs, by_row = costs_with(start.costs, field), enter_row_costs(start)
                else:
                    costs, by_row = enter_costs(comparison, code, start, kind == _KINDS[1], field), start.row_costs
                    st.session_state.setdefault(_TYPED, {})[kind] = costs
                aside = kind != _KINDS[2] and by_row is not None
                stakes = Stakes(costs, rule, threshold, by_row, kept.capacity, aside)
    except CostError as error:
        st.error(sentence(error), icon=":material/error:")
        return None
    settle(record, stakes)
    return stakes


def _latest(start: Stakes, kept: Stakes) -> Stakes:
    """Return what fields that come into sight start with: what is kept, once the view was drawn with its start."""
    held: tuple[Stakes, str, Stakes] | None = st.session_state.get(_OPEN)
    return start if held is None or held[0] is not start else kept


def _since_in_sight(start: Stakes, kind: str, kept: Stakes) -> Stakes:
    """Return what the fields of this kind started with when they came into sight.

    Streamlit forgets fields that are out of sight. What was entered in them is kept with the run, and they start with
    it when they come back; until they do, it must not change.
    """
    held: tuple[Stakes, str, Stakes] | None = st.session_state.get(_OPEN)
    stays = held is not None and held[0] is start and held[1] == kind
    since = held[2] if held is not None and stays else in_kind(_latest(start, kept), kind)
    st.session_state[_OPEN] = start, kind, since
    return since


def in_kind(stakes: Stakes, kind: str) -> Stakes:
    """Return the stakes with costs or benefits as the person reads them: as typed last, else turned from the others."""
    if stakes.costs.benefits == (kind == _KINDS[1]) or (kind == _KINDS[2] and stakes.row_costs is not None):
        return stakes
    typed: Costs | None = st.session_state.get(_TYPED, {}).get(_KINDS[kind == _KINDS[1]])
    try:
        turned = stakes.costs.turned()
        same = typed is not None and typed.turned().matrix == stakes.costs.matrix
    except CostError:  # no decision differs from another: there is nothing to turn
        return replace(stakes, costs=replace(stakes.costs, benefits=not stakes.costs.benefits))
    return replace(stakes, costs=typed if typed is not None and same else turned)


def settle(record: RunRecord, stakes: Stakes) -> None:
    """Keep what was settled with the run and in the address; :func:`follow` lets the page know."""
    with guarded():
        if keep_stakes(store(), record.id, stakes):
            st.session_state[_CHANGED] = True
    write_address(stakes)


def follow() -> None:
    """Draw the whole page anew where something was settled: the recommendation above it follows it.

    It is called last, so that the part in which it was settled is drawn by then.
    """
    if st.session_state.pop(_CHANGED, False):
        st.rerun()


def start_of(run_id: str) -> Stakes:
    """Return what the fields start with: the address's stakes when a run is opened by it, else those kept with it.

    Fields keep their own state from then on, until they are out of sight: what they start with must not follow them.
    """
    held: tuple[str, Stakes] | None = st.session_state.get(_HELD)
    if held is not None and held[0] == run_id and _FIELDS[0] in st.session_state:
        return held[1]
    opened = held is None or held[0] != run_id
    start = stakes_of(store(), run_id)
    if opened:
        if held is not None:  # another run's fields must not settle this one's
            for name in [name for name in st.session_state if str(name).startswith(_FIELDS)]:
                del st.session_state[name]
        given = {name: st.query_params[name] for name in QUERY if name in st.query_params}
        if given and held is None:
            try:
                start = Stakes.from_query(given)
            except CostError as error:
                st.warning(sentence(error), icon=":material/link_off:")
    st.session_state[_HELD] = run_id, start
    return start


def settled_so_far(run_id: str) -> Stakes:
    """Return what is kept with the run, or what the address says when a run is opened by it.

    It is for views without the fields of :func:`enter_stakes`, which hold what those started with, not what was
    settled in them.
    """
    held: tuple[str, Stakes] | None = st.session_state.get(_HELD)
    return start_of(run_id) if held is None or held[0] != run_id else stakes_of(store(), run_id)


def write_address(stakes: Stakes) -> None:
    """Let the address hold what is at stake, beside what else it holds."""
    query = stakes.to_query()
    for name in QUERY:
        if name in query:
            st.query_params[name] = query[name]
        elif name in st.query_params:
            del st.query_params[name]


def enter_field(comparison: Comparison, explorer: Explorer, code: int, start: Stakes) -> float | None:
    """Return the share in the field in percent; None for as in the table."""
    entered = st.number_input(
        f"Share of {plain(comparison.labels[code], 24)} in the field, %",
        value=None if start.costs.prevalence is None else 100 * start.costs.prevalence,
        step=0.1,
        format="%.3f",
        placeholder=f"as in the table: {percent(explorer.share)}",
        key="field_share",
        help=explained("How common the class will be where the model works, if not as in this table.", "prevalence"),
    )
    st.caption(
        "Empty means as in the table. Another share re-weights the classes in precision, F1 and cost; recall "
        "does not change. All of this is kept with the run."
    )
    return entered


def enter_kind(start: Stakes) -> str:
    """Return what the person says of decisions: what each costs or brings, or what it costs on a row."""
    if "cost_kind" not in st.session_state:
        st.session_state["cost_kind"] = _KINDS[2] if start.by_row is not None else _KINDS[start.costs.benefits]
    return str(
        st.segmented_control(
            "Decisions have", _KINDS, key="cost_kind", required=True,
            help="Costs are to be low, benefits to be high. Your figures are turned from one into the other, so that "
            "decisions stay as they are.",
        )
    )  # fmt: skip


def enter_costs(comparison: Comparison, code: int, start: Stakes, benefits: bool, percent: float | None) -> Costs:
    """Return the costs that the person entered.

    Raises
    ------
    CostError
        They cannot be used.
    """
    matrix = start.costs.matrix
    sides = [rest_of(comparison, code), comparison.labels[code]]
    edited = st.data_editor(
        pd.DataFrame(
            {"Truth": sides, "called_rest": [row[0] for row in matrix], "called_class": [row[1] for row in matrix]}
        ),
        hide_index=True,
        disabled=["Truth"],
        column_config={
            "called_rest": st.column_config.NumberColumn(f"Called {plain(sides[0], 24)}"),
            "called_class": st.column_config.NumberColumn(f"Called {plain(sides[1], 24)}"),
        },
        key=f"costs_{_KINDS[benefits]}_{code}",
    )
    return costs_of(edited, benefits, percent)


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


def costs_with(costs: Costs, percent: float | None) -> Costs:
    """Return costs with another share in the field."""
    return Costs(costs.matrix, costs.benefits, None if percent is None else percent / 100)


def enter_row_costs(start: Stakes) -> RowCosts:
    """Return costs by row as the person typed them.

    Raises
    ------
    CostError
        They cannot be used.
    """
    st.caption(sentence("A number, or column × factor + constant, such as amount, 0.5*amount or 0.5*amount+3."))
    before = {name: Cost(start.costs.matrix[truth][decided]) for name, (truth, decided) in CELLS.items()}
    if start.row_costs is not None:
        before = {name: getattr(start.row_costs, name) for name in CELLS}
    typed = {
        name: st.text_input(f"{words} costs", before[name].written(), key=f"row_cost_{name}")
        for name, words in _ROWS.items()
    }
    return RowCosts(**{name: Cost.parse(text or "0") for name, text in typed.items()})
