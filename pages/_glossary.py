"""The glossary on the Learn page, and links to it from help texts."""

from __future__ import annotations

import streamlit as st

from core.reporting.glossary import TERMS, term_of
from pages._text import plain, sentence


def explained(text: str, *keys: str) -> str:
    """Return a help text with links to what the glossary says of some words."""
    links = ", ".join(f"[{plain(term_of(key).name)}](learn?term={key})" for key in keys)
    return f"{text}  \nIn the glossary: {links}"


def show_term(key: str) -> None:
    """Show what one term means, as a link asked for it."""
    term = next((term for term in TERMS if term.key == key), None)
    if term is not None:
        st.info(f"**{plain(term.name)}** – {sentence(term.meaning)}", icon=":material/dictionary:")


def show_glossary() -> None:
    """Show all terms, once somebody opens them."""
    with st.expander("Glossary: the words that this app uses", key="glossary"):
        half = (len(TERMS) + 1) // 2
        for column, part in zip(st.columns(2, gap="large"), (TERMS[:half], TERMS[half:]), strict=True):
            column.markdown("\n\n".join(f"**{plain(term.name)}** – {sentence(term.meaning)}" for term in part))
