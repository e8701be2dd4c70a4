"""What stands around every page: its set-up, who may see it, and the list of pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from core.charts.palette import INK, PAPER
from pages._guard import guarded_page, show_trouble
from pages._person import sign_in

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

_FRAMED = "framed"
#: What is written on the accent colour, by theme.
ON_ACCENT = {"light": "#FFFFFF", "dark": "#06201C"}
#: What is written on the cells of a heat map.
ON_CELLS = {"light": INK, "dark": PAPER}
#: Code: Streamlit's own colours reach contrasts of 2.4 to 3.9 on white; WCAG's AA asks for 4.5.
CODE = {
    "CODE_STRING": {"light": "#0B6E2B", "dark": "#6CCB85"},
    "CODE_WORD": {"light": "#1557A6", "dark": "#7DB4F2"},
    "CODE_MARK": {"light": "#55605E", "dark": "#A3AEAC"},
    "CODE_VALUE": {"light": "#8A4300", "dark": "#F0A763"},
}
_STYLE = """<style>
/* A grid's own download writes cells as they are, formulas included. */
[data-testid="stElementToolbar"] [aria-label^="Download as CSV"] { display: none }
/* A part of a formula stays on one line where it can; the longest break. */
[class*="st-key-formula_"] p { line-height: 3 }
[class*="st-key-formula_"] .katex { display: inline-block; max-width: 100%; white-space: normal }
/* Streamlit's greys for captions and axes reach contrasts of 4.3 and 3.7 on white; WCAG's AA asks for 4.5. */
[data-testid="stCaptionContainer"] { opacity: .8 !important }
[data-testid="stCaptionContainer"]:has(a) { opacity: .9 !important }
/* What folds open is nearly as dark as text: grey looks as if it could not be opened. */
[data-testid="stExpander"] summary { opacity: .9 !important }
[data-testid="stCode"] .token:is(.string, .char, .attr-value) { color: light-dark(CODE_STRING) !important }
[data-testid="stCode"] .token:is(.keyword, .function, .class-name) { color: light-dark(CODE_WORD) !important }
[data-testid="stCode"] .token:is(.comment, .punctuation, .operator) { color: light-dark(CODE_MARK) !important }
[data-testid="stCode"] .token:is(.number, .boolean, .decorator) { color: light-dark(CODE_VALUE) !important }
/* Cells are darker on a dark page, and whiskers cross bars of all colours. */
.js-plotly-plot .heatmap-label text { fill: light-dark(ON_CELLS) !important }
.js-plotly-plot .bars .errorbar path { stroke: currentColor !important }
.js-plotly-plot :is(.xtick text, .ytick text, .xtitle, .ytitle, .annotation-text, .colorbar text, .bartext-outside) {
  fill: currentColor !important; fill-opacity: .8 !important }
@media (max-width: 640px) {
  [data-testid="stHeading"] h1 { font-size: 2rem }
  /* A finger zooms by itself, and the toolbar would always cover the figure's top. */
  .modebar-container { display: none }
  .st-key-runs_table { display: none }
  /* A finger needs more height than a mouse. */
  [data-variant="pills"], [data-variant="segmented_control"] { min-height: 2.5rem }
  /* Small fields stand two by two, so that what they change is not far below. */
  [class*="st-key-halves_"] [data-testid="stColumn"] { min-width: calc(50% - .5rem) }
  .st-key-halves_choice [data-testid="stColumn"]:first-child { min-width: 100% }
  .st-key-columns_bar > * { flex: 1 1 calc(50% - .5rem) !important; min-width: calc(50% - .5rem) }
  /* A joined row of buttons that breaks into lines looks torn: it scrolls sideways instead. */
  .st-key-view_group [role="radiogroup"] { flex-wrap: nowrap !important; overflow-x: auto; scrollbar-width: thin }
  .st-key-view_group [role="radio"] { flex: 0 0 auto !important; width: max-content !important }
}
@media (min-width: 641px) and (max-width: 1100px) {
  .st-key-toy_pictures [data-testid="stHorizontalBlock"] { flex-wrap: wrap }
  .st-key-toy_pictures [data-testid="stColumn"] { min-width: calc(50% - 1rem) }
}
/* As high as the boxes beside it. */
.st-key-columns_as button { min-height: 2.5rem }
/* What opens another view looks like a row of tabs, not like a filter. */
[class*="st-key-view_of_"] button { border: 0; border-radius: 0; background: none; padding-inline: .5rem;
  margin-right: .75rem; box-shadow: inset 0 -1px 0 transparent }
[class*="st-key-view_of_"] button[aria-checked="true"] { box-shadow: inset 0 -2px 0 currentColor; font-weight: 600 }
/* Not everything that Streamlit draws shows that it has the focus. */
:is(a, button, summary, [role="radio"], [role="checkbox"], [role="tab"]):focus-visible {
  outline: 2px solid currentColor !important; outline-offset: 2px }
/* White on the dark theme's accent has a contrast of 2.4. */
:is([data-testid="stBaseButton-primary"]:enabled, [data-testid="stBaseButton-primaryFormSubmit"]:enabled,
    [data-testid="stMultiSelect"] [data-tag]), [data-testid="stMultiSelect"] [data-tag] * {
  color: light-dark(ON_ACCENT) !important }
@media (prefers-reduced-motion: reduce) {
  *, ::before, ::after { animation-duration: .01ms !important; transition-duration: .01ms !important;
    scroll-behavior: auto !important }
}
/* Streamlit keeps six rems free above the title. */
[data-testid="stMainBlockContainer"] { padding-top: 4.5rem }
LEAST
</style>"""


def _style() -> str:
    pairs = {"ON_ACCENT": ON_ACCENT, "ON_CELLS": ON_CELLS, **CODE}
    style = _STYLE
    for name, colours in pairs.items():
        style = style.replace(name, f"{colours['light']}, {colours['dark']}")
    # A figure with more words than fit moves sideways.
    wide = "\n".join(
        f'[class*="st-key-least{width}_"] {{ overflow-x: auto }}\n'
        f'[class*="st-key-least{width}_"] > * {{ min-width: {width}px }}'
        for width in range(400, 1500, 100)
    )
    return style.replace("LEAST", wide)


_STYLED = _style()


def frame() -> StreamlitPage:
    """Set the app up and return the page of the address, to be run."""
    st.set_page_config(page_title="Counterweight", page_icon=":material/balance:", layout="wide")
    sign_in()
    st.html(_STYLED)
    page = st.navigation(
        [
            st.Page("pages/data.py", title="Data", icon=":material/table_chart:", default=True),
            st.Page("pages/strategies.py", title="Strategies", icon=":material/tune:"),
            st.Page("pages/compare.py", title="Compare", icon=":material/bar_chart:"),
            st.Page("pages/ranking.py", title="Ranking", icon=":material/leaderboard:"),
            st.Page("pages/export.py", title="Export", icon=":material/ios_share:"),
            st.Page("pages/learn.py", title="Learn", icon=":material/school:"),
            st.Page("pages/history.py", title="History", icon=":material/history:"),
            st.Page("pages/benchmark.py", title="Ranking", visibility="hidden"),
        ],
        position="top",
    )
    st.session_state[_FRAMED] = True
    return page


def framed(main: Callable[[], None]) -> None:
    """Run a page; one that Streamlit runs by itself is begun again inside the frame.

    Until a server has seen ``st.navigation`` once, Streamlit takes the folder ``pages`` for its older kind of
    app and runs the page of an address without ``app.py``: narrow, and beside a list of pages of its own.
    """
    if _FRAMED not in st.session_state:
        frame()
        st.rerun()
    show_trouble()
    with guarded_page():
        main()
