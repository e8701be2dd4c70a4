"""Counterweight: compare balancing strategies on an imbalanced table. Start with ``streamlit run app.py``."""

import streamlit as st

from pages._shared import sign_in

st.set_page_config(page_title="Counterweight", page_icon=":material/balance:", layout="wide")
sign_in()
# A grid's own download writes cells as they are, formulas included.
st.html('<style>[data-testid="stElementToolbar"] [aria-label^="Download as CSV"] { display: none }</style>')
st.navigation(
    [
        st.Page("pages/data.py", title="Data", icon=":material/table_chart:", default=True),
        st.Page("pages/strategies.py", title="Strategies", icon=":material/tune:"),
        st.Page("pages/compare.py", title="Compare", icon=":material/bar_chart:"),
        st.Page("pages/benchmark.py", title="Benchmark", icon=":material/leaderboard:"),
        st.Page("pages/export.py", title="Export", icon=":material/ios_share:"),
        st.Page("pages/learn.py", title="Learn", icon=":material/school:"),
        st.Page("pages/history.py", title="History", icon=":material/history:"),
    ],
    position="top",
).run()
