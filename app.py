"""Counterweight: compare balancing strategies on an imbalanced table. Start with ``streamlit run app.py``."""

import streamlit as st

st.set_page_config(page_title="Counterweight", page_icon=":material/balance:", layout="wide")
# A grid's own download writes cells as they are, formulas included.
st.html('<style>[data-testid="stElementToolbar"] [aria-label^="Download as CSV"] { display: none }</style>')
st.navigation(
    [
        st.Page("pages/data.py", title="Data", icon=":material/table_chart:", default=True),
        st.Page("pages/strategies.py", title="Strategies", icon=":material/tune:"),
        st.Page("pages/compare.py", title="Compare", icon=":material/bar_chart:"),
        st.Page("pages/history.py", title="History", icon=":material/history:"),
    ],
    position="top",
).run()
