"""A table full of code, markup and formulas in Chromium: it stays text on every page and in what is downloaded."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from selenium.common.exceptions import NoAlertPresentException

from core.runs.store import Store
from tests.browser.conftest import Server
from tests.browser.test_journey import Open, Page

SCRIPT = "<script>window.pwned=1;alert(1)</script>"
IMAGE = "<img src=x onerror=window.pwned=2>"
MARKUP = "**bold** [a](javascript:window.pwned=3) :red[x]"
FORMULA = '=HYPERLINK("http://127.0.0.1:9/","press")'
LATEX = r"$\frac{1}{2}$ \href{javascript:window.pwned=4}{x}"
REVERSED = "\u202eevil\u202c"
LONG = "very long " * 1_000
BAD = "<script>window.pwned=5</script>"
OTHERS = ("random_under", "random_over", "class_weight", "under_bagging", "threshold_f1")


def hostile(path: Path) -> Path:
    """Write 120 rows whose names, classes and cells all mean harm."""
    rng = np.random.default_rng(0)
    rare = np.arange(120) % 6 == 0
    levels = np.array([SCRIPT, IMAGE, MARKUP, FORMULA, LATEX, REVERSED, "@SUM(1)", LONG])
    frame = pd.DataFrame(
        {
            SCRIPT: rng.normal(size=120) + rare,
            MARKUP: rng.normal(size=120),
            LATEX: rng.integers(0, 9, 120),
            REVERSED: rng.normal(size=120),
            LONG: rng.normal(size=120),
            FORMULA: levels[rng.integers(0, len(levels), 120)],
            f"<i>class</i> {IMAGE}": np.where(rare, BAD, FORMULA),
        }
    )
    frame.to_csv(path, index=False)
    return path


def words(page: Page) -> str:
    """Return the text in view, without the joiners that keep Markdown from reading it."""
    return page.text.replace("\u2060", "")


def listed(page: Page) -> int:
    """Return how many rows the table of errors has."""
    found = re.search(r"([\d,]+) rows?, most confidently wrong first", words(page))
    return int(found[1].replace(",", "")) if found else 0


def harmless(page: Page) -> None:
    """Check that nothing of the table has become more than text."""
    with pytest.raises(NoAlertPresentException):
        _ = page.driver.switch_to.alert.text
    assert page.driver.execute_script("return window.pwned") is None
    selectors = (
        "[data-testid=stMain] script", "[data-testid=stMain] img[onerror]", "img[src=x]", ".katex",
        "a[href^='javascript']", "a[href*='127.0.0.1:9']",
    )  # fmt: skip
    for selector in selectors:
        assert not page.find(selector), selector
    made = "return [...document.querySelectorAll('i, b')].filter(e => ['class', 'odd'].includes(e.textContent)).length"
    assert page.driver.execute_script(made) == 0
    # The grid's own download writes formulas as they are.
    shown = """return [...document.querySelectorAll('[data-testid=stElementToolbar] [aria-label^="Download as CSV"]')]
        .map(button => getComputedStyle(button).display)"""
    assert set(page.driver.execute_script(shown)) <= {"none"}
    assert page.driver.execute_script("return document.documentElement.scrollWidth") <= 1440


def test_a_hostile_table_stays_text(server: Server, open_browser: Open, tmp_path: Path) -> None:
    page = Page(open_browser())
    page.driver.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    page.driver.get(server.url)
    page.see("Bring your own table")
    page.wait(lambda: page.find("input[type=file]"))
    page.find("input[type=file]")[0].send_keys(str(hostile(tmp_path / "<b>odd $x$.csv")))
    page.see("120 rows, 7 columns")
    assert "1 in 6 rows is '<script>window.pwned=5</script>'" in words(page)
    # Figures hold the names as text too.
    assert "<script>window.pwned=5" in page.drawn("classes")
    page.wait(lambda: len(page.find("[class*=st-key-column_] svg.main-svg")) > 3)
    harmless(page)
    page.press("Table")
    page.wait(lambda: page.find("[data-testid=stElementToolbar]"))
    harmless(page)
    page.press("Choose strategies")
    page.see("7 strategies × 5 folds")
    assert "<i>class</i> <img src=x" in words(page)
    for left, key in enumerate(OTHERS):
        page.wait(lambda key=key: page.find(f".st-key-use_{key} label"))
        page.find(f".st-key-use_{key} label")[0].click()
        page.see(f"{6 - left} strategies × 5 folds")
    harmless(page)
    page.press("Small and quick (1 network)")
    page.press("Run")
    page.wait(lambda: "run=" in page.driver.current_url)
    run_id = page.driver.current_url.split("run=")[1].split("&")[0]
    page.wait(lambda: Store(server.runs).record(run_id).status == "finished", 300)
    page.see("Curves")
    page.wait(lambda: "Cancel" not in page.text)
    assert "<b>odd $x$" in words(page)
    page.drawn("confusion_0")
    page.wait(lambda: page.find("[data-testid=stElementToolbar]"))
    harmless(page)
    page.look_at("Why", "Errors")
    page.see("disagree on")
    few = listed(page)
    page.press("Wrong in any")
    page.wait(lambda: listed(page) > few)
    harmless(page)
    page.press("Download as CSV")
    downloaded = tmp_path / f"{run_id}-any.csv"
    page.wait(lambda: downloaded.exists() and not list(tmp_path.glob("*.crdownload")))
    with downloaded.open(encoding="utf-8-sig", newline="") as file:
        heads, *rows = csv.reader(file)
    assert rows
    cells = [cell for row in [heads, *rows] for cell in row]
    # Whatever a spreadsheet would run has an apostrophe before it.
    assert not [cell for cell in cells if cell.startswith(("=", "@", "+"))]
    assert f"'{FORMULA}" in cells
    assert SCRIPT in heads
