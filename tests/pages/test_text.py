"""Text that a file brings along shows as text."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from core.plan import Plan, StrategyChoice
from core.runs.record import RunRecord
from core.words import duration
from pages._text import bare, plain, run_names, sentence, told_apart

NASTY = [
    "<script>alert(1)</script>",
    "**bold** _slanted_ `code`",
    "$x^2$ and $$y$$",
    "[a link](http://example.org) ![image](x)",
    "a|b & &lt; \\ ~~gone~~",
    "# heading",
    "- item",
    "1. one",
    "> quote",
    '=HYPERLINK("x")',
    "www.example.org http://example.org me@example.org",
]


@pytest.mark.parametrize("text", NASTY)
def test_plain_text_survives_markdown(text: str) -> None:
    rendered = MarkdownIt("gfm-like", {"linkify": False}).render(plain(text)).strip()
    assert rendered.startswith("<p>")
    inner = rendered.removeprefix("<p>").removesuffix("</p>")
    assert not re.search("<[a-z]", inner)
    assert html.unescape(inner).replace("\u2060", "") == text


def test_symbols_that_streamlit_replaces_later_are_broken_up() -> None:
    for text in (":smile:", ":material/home:", "a->b", "x--y", "p>=q"):
        shown = plain(text).replace("\\", "")
        assert shown != text
        assert shown.replace("\u2060", "") == text


def test_long_names_are_cut() -> None:
    assert len(plain("n" * 10_000)) == 60
    assert plain("n" * 10_000).endswith("…")


def test_durations_are_rough() -> None:
    assert duration(0.2) == "about 1 s"
    assert duration(75) == "about 75 s"
    assert duration(600) == "about 10 min"
    assert duration(9000) == "about 2.5 h"


def test_half_a_character_is_shown_as_one_that_is_unknown() -> None:
    """A lone surrogate has no UTF-8, in which everything goes to the browser."""
    assert plain("a\ud800b").encode() == b"a?b"


def test_names_in_code_marks_stand_in_quotation_marks() -> None:
    assert sentence("no column `rings`").replace("\\", "") == "no column 'rings'"


def test_lists_of_selects_show_names_as_they_are():
    """A select shows its options without reading them as Markdown: backslashes would stand there."""
    assert bare("Threshold by G-mean") == "Threshold by G-mean"
    assert bare("half \ud800 pair\nof *two*") == "half ? pair of *two*"
    sources = [*Path("pages").glob("*.py")]
    assert sources
    for path in sources:
        for call in re.findall(
            r"(?:selectbox|multiselect)\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)", path.read_text("utf-8")
        ):
            assert not re.search(r"format_func=(?:lambda \w+: )?plain", call), path


def test_no_two_options_of_a_select_read_the_same() -> None:
    """Streamlit takes the line that was picked for the option: the second of two equal ones could not be picked."""
    long = "a" * 130
    columns = [f"{long}1", f"{long}2", "b"]
    shown = [told_apart(columns, bare)(column) for column in columns]
    assert shown == ["a" * 119 + "…", "a" * 119 + "… (2)", "b"]
    numbered = [f"{long}1", f"{'a' * 119}… (2)", f"{long}2"]
    assert len({told_apart(numbered, bare)(column) for column in numbered}) == 3
    assert told_apart(["", "No column"], lambda name: name or "No column")("No column") == "No column (2)"


def test_runs_of_one_name_and_minute_are_told_apart_whatever_runs_are_made_later() -> None:
    minute = "2026-03-01T12:30:{:02}+00:00"
    plan = Plan("site", (StrategyChoice.of("plain"),))
    first, second, later = (
        RunRecord(
            f"run-{place:04}", "Shells", minute.format(place), plan, (), "shells", "", ("a", "b"), None, "finished", "",
            units_total=5, example=False,
        )
        for place in range(3)
    )  # fmt: skip
    two = run_names([second, first])
    assert len(set(two.values())) == 2
    assert {key: name for key, name in run_names([later, second, first]).items() if key in two} == two
