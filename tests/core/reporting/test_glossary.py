"""The glossary: one entry per word, each a sentence, and every link of the pages leads to one."""

from __future__ import annotations

import ast
from pathlib import Path

from core.reporting.glossary import TERMS, term_of

PAGES = Path(__file__).resolve().parents[3] / "pages"


def test_terms_are_sentences_under_names_of_their_own() -> None:
    assert len({term.key for term in TERMS}) == len({term.name for term in TERMS}) == len(TERMS)
    assert [term.name for term in TERMS] == sorted((term.name for term in TERMS), key=str.casefold)
    for term in TERMS:
        assert term.meaning.endswith(".")
        assert term.meaning[0].isupper()


def test_help_texts_link_to_terms_that_there_are() -> None:
    linked = set()
    for path in PAGES.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "explained":
                linked |= {str(key.value) for key in node.args[1:] if isinstance(key, ast.Constant)}
    assert len(linked) > 10
    for key in linked:
        assert term_of(key).key == key
