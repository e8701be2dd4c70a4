"""Which column of a file is which of the table's, where names differ: asked of the person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages._text import plain

if TYPE_CHECKING:
    from core.exporting.new_rows import Match

MAX_RENAMED = 8
NOTHING = "Nothing: missing in every row"


def choose_columns(first: Match, file_id: str) -> dict[str, str]:
    """Ask which column to take where one is missing and another could be it, and return what was chosen.

    Parameters
    ----------
    first : Match
        By names alone.
    """
    if not first.missing or not first.spare:
        return {}
    chosen = {}
    with st.container(border=True, key="renamed"):
        st.markdown("**Columns with a different name**")
        closest = dict(first.suggested)
        unmatched = sorted(first.missing, key=lambda name: name not in closest)[:MAX_RENAMED]
        for name in unmatched:
            hint = f" – is it {plain(closest[name])}?" if name in closest else ""
            picked = st.selectbox(
                f"Take {plain(name)} from{hint}", [NOTHING, *first.spare], key=f"rename_{file_id}_{name}"
            )
            if picked != NOTHING:
                chosen[name] = picked
    return chosen
