"""The Ranking page's former address, for links of earlier versions."""

from __future__ import annotations

import streamlit as st

from pages._frame import framed


def main() -> None:
    ranking_id = st.query_params.get("benchmark")
    st.switch_page("pages/ranking.py", query_params=None if ranking_id is None else {"ranking": ranking_id})


framed(main)
