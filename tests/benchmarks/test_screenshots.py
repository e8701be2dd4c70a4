"""The pictures of the documentation: all of those that are taken, and no others."""

from __future__ import annotations

from pathlib import Path

from benchmarks.screenshots import file_names

PAGES = Path(__file__).resolve().parents[2] / "docs" / "pages"


def test_no_picture_stays_of_what_is_not_taken_any_more() -> None:
    assert {picture.name for picture in PAGES.glob("*.webp")} == file_names()
