"""What is drawn once it comes into view: as tall as it will be until then, so that nothing below it moves."""

from __future__ import annotations

import streamlit as st

# A margin, so that what is scrolled to is there already.
_SCRIPT = """
export default function ({ parentElement, data, setTriggerValue }) {
  const box = parentElement.querySelector(".later");
  box.style.setProperty("--rows", data.rows);
  box.style.setProperty("--items", data.items);
  const watch = new IntersectionObserver(
    (seen) => {
      if (seen.some((one) => one.isIntersecting)) {
        watch.disconnect();
        setTriggerValue("seen", true);
      }
    },
    { rootMargin: "600px 0px" },
  );
  watch.observe(box);
  return () => watch.disconnect();
}
"""
# On narrow screens columns stand below one another.
_STYLE = """
.later { height: calc(var(--rows) * 420px); }
@media (max-width: 640px) { .later { height: calc(var(--items) * 420px); } }
"""
_later = st.components.v2.component("later", html='<div class="later"></div>', css=_STYLE, js=_SCRIPT)


def came_into_view(key: str, rows: int, items: int) -> bool:
    """Return whether a place of the page was seen; until then it is empty, and a fragment runs again once it is.

    Parameters
    ----------
    key : str
        Of the place; it stays seen as long as the tab is open.
    rows, items : int
        What it will hold: so many cards, side by side in so many rows.
    """
    if st.session_state.get(key):
        return True
    _later(
        key=f"later_{key}", data={"rows": rows, "items": items},
        on_seen_change=lambda: st.session_state.update({key: True}),
    )  # fmt: skip
    return False
