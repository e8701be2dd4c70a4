"""From a table to strategies side by side, in Chromium, asserting on what a person sees."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from benchmarks._browser import press
from core.evaluation.checks import Evidence
from core.evaluation.checks.decisions import twins
from core.evaluation.comparison import compare
from core.evaluation.intervals import intervals
from core.evaluation.metrics import METRIC_NAMES
from core.evaluation.shown import folded, top
from core.runs.store import Store
from core.strategies import label
from pages._answer import MARK
from tests.browser.conftest import ROOT, Server

Open = Callable[..., WebDriver]
# Their numbers stand in a table below, whose key begins alike.
MATRICES = "[class*=st-key-confusion_]:not([class*=st-key-confusion_numbers])"
STATE = "const a = document.querySelector('[data-testid=stApp]'); return a && a.dataset.testScriptState"


class Page:
    """What a person does with the app and sees of it."""

    def __init__(self, driver: WebDriver) -> None:
        self.driver = driver

    def wait(self, until: Callable[[], object], seconds: float = 60) -> None:
        # What a rerun replaces in between is looked for again.
        gone = [StaleElementReferenceException]
        WebDriverWait(self.driver, seconds, poll_frequency=0.1, ignored_exceptions=gone).until(lambda _: until())

    def see(self, words: str, seconds: float = 60) -> None:
        self.wait(lambda: words in self.text, seconds)
        self.settle()
        faults = [element.text for element in self.find("[data-testid=stException]")]
        assert not faults

    @property
    def text(self) -> str:
        return self.driver.execute_script("return document.body.innerText")

    def find(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def settle(self) -> None:
        """Wait for the page to be done: what a rerun is about to replace is no longer what a person sees."""
        self.wait(lambda: self.driver.execute_script(STATE) == "notRunning")

    def press(self, label: str) -> None:
        self.settle()
        self.wait(lambda: press(self.driver, label))

    def reach(self, label: str) -> None:
        """Press a button by the keyboard alone: Tab until it has the focus, which has to show, then Enter."""
        script = """const e = document.activeElement, style = getComputedStyle(e);
            const seen = style.boxShadow !== 'none' || style.outlineStyle !== 'none';
            return [e.tagName === 'BUTTON' ? e.innerText.trim().split('\\n').pop() : '', seen]"""
        for _ in range(60):
            ActionChains(self.driver).send_keys(Keys.TAB).perform()
            name, seen = self.driver.execute_script(script)
            if name == label:
                assert seen
                ActionChains(self.driver).send_keys(Keys.ENTER).perform()
                return
        raise AssertionError(f"Tab does not reach {label}")

    def drawn(self, key: str) -> str:
        """Return the text of a figure, once it is drawn."""
        script = f"return [...document.querySelectorAll('.st-key-{key} svg text')].map(t => t.textContent).join(' ')"
        self.wait(lambda: self.driver.execute_script(script))
        return self.driver.execute_script(script)

    def look_at(self, group: str, view: str) -> None:
        """Open a view of a run, which stands below its group."""
        self.press(group)
        self.press(view)

    def pick(self, field: str, option: str) -> None:
        """Add an option to a field that takes several."""

        def picked() -> bool:
            offered = [one for one in self.find("[role=option]") if one.text.strip() == option]
            entry = self.find(f"{field} input")[0]
            if offered:
                offered[0].click()
            elif entry.get_attribute("aria-expanded") != "true":  # anew where a rerun has closed it
                entry.click()
            return bool(offered)

        self.settle()
        self.wait(picked)

    def table(self) -> list[dict[str, str]]:
        """Return the metrics table: a strategy per row, in order, with the columns that are in view by heading."""
        script = """return [...document.querySelectorAll('[data-testid=stDataFrame] table tr')].map(
            row => [...row.querySelectorAll('th, td')].map(cell => cell.textContent)).filter(row => row.length)"""
        self.wait(lambda: len(self.driver.execute_script(script)) > 1)
        heads, *rows = self.driver.execute_script(script)
        return [dict(zip(heads, row, strict=True)) for row in rows]

    def matrices(self) -> dict[str, np.ndarray]:
        """Return the counts of every confusion matrix drawn, by strategy."""
        figures = len(self.find(MATRICES))
        found = {}
        for position in range(figures):
            # A cell reads "686100%": the count, then its share of the true class on the next line.
            self.drawn(f"confusion_{position}")
            script = f"""return [...document.querySelectorAll('.st-key-confusion_{position} .heatmap-label')].map(
                cell => cell.querySelector('tspan') ? cell.querySelector('tspan').textContent : cell.textContent)"""
            self.wait(lambda script=script: self.driver.execute_script(script))
            counts = np.array([int(count.replace(",", "")) for count in self.driver.execute_script(script)])
            said = self.find(f".st-key-confusion_{position} [role=figure]")[0].get_attribute("aria-label")
            found[str(said).removeprefix("Confusion matrix of ")] = counts
        return found


def finish(page: Page, server: Server) -> str:
    """Wait for the run that the address names and return its id."""
    page.wait(lambda: "run=" in page.driver.current_url)
    run_id = re.search(r"run=([\w-]+)", page.driver.current_url)[1]
    page.wait(lambda: Store(server.runs).record(run_id).status == "finished", 300)
    page.wait(lambda: "Cancel" not in page.text)
    page.see("Curves")
    return run_id


def agrees_with_the_store(page: Page, server: Server, run_id: str) -> None:
    """Check the figures on the page against what is on disk."""
    store = Store(server.runs)
    record = store.record(run_id)
    found = compare(store.results(run_id), record.plan, record.classes).ordered("f1")
    names = {choice.key: label(choice) for choice in record.plan.strategies}
    alike = twins(Evidence(found, record.plan, "f1"))
    assert len(found.strategies) == 7
    found, names = folded(found, names, alike)
    shown = page.table()
    assert sum(row["Strategy"].startswith(MARK) for row in shown) == 1, "the recommended strategy is marked"
    said = [row["Strategy"].removeprefix(f"{MARK} ") for row in shown]
    assert said == [names[summary.key] for summary in found.strategies]
    spread = intervals(found, record.plan, "folds")
    for row, summary in zip(shown, found.strategies, strict=True):
        for metric in ("f1", "precision", "recall"):
            assert float(row[METRIC_NAMES[metric]]) == pytest.approx(summary.mean[metric])
        span = spread.of(summary.key, "f1")
        assert row["Interval"] == f"{span.low:.3f}–{span.high:.3f}"
    # The best and the plain network stand side by side; the others are there to be picked.
    counts = {names[summary.key]: summary.confusion.ravel() for summary in found.strategies}
    matrices = page.matrices()
    assert {names[key] for key in top(found, "f1", 1)} <= set(matrices)
    other = next(name for name in counts if name not in matrices)
    page.pick("[class*=st-key-matrices_of_]", other)
    page.wait(lambda: len(page.find(MATRICES)) > len(matrices))
    page.settle()
    matrices = page.matrices()
    assert other in matrices
    for name, matrix in matrices.items():
        assert sorted(matrix) == sorted(counts[name])


def test_from_an_uploaded_table_to_a_comparison(server: Server, open_browser: Open) -> None:
    page = Page(open_browser())
    page.driver.get(server.url)
    page.see("Bring your own table")
    upload: Path = ROOT / "core" / "data" / "samples" / "abalone_9_vs_18.csv"
    page.wait(lambda: page.find("input[type=file]"))
    page.find("input[type=file]")[0].send_keys(str(upload))
    page.see("731 rows, 9 columns")
    assert "1 in 17 rows is '18'" in page.text
    counts = page.drawn("classes")
    assert "689 (94.3%)" in counts
    assert "42 (5.7%)" in counts
    page.press("Choose strategies")
    page.see("7 strategies × 5 folds")
    page.wait(lambda: page.text.count("689 → 42") == 2)  # random under-sampling and under-bagging
    assert page.text.count("42 → 689") == 2  # random over-sampling and SMOTE
    page.press("Small and quick (1 network)")
    page.press("Run")
    run_id = finish(page, server)
    agrees_with_the_store(page, server, run_id)
    page.driver.refresh()
    page.see("Curves")
    agrees_with_the_store(page, server, run_id)
    page.look_at("What to do", "Threshold and costs")
    page.see("chosen on these very rows")
    assert "Threshold" in page.drawn("threshold_curves")
    page.look_at("How good", "Calibration")
    page.see("How balancing shifts probabilities")
    assert "observed 5.7%" in page.drawn("shift")
    page.look_at("Why", "Errors")
    page.see("disagree on")
    page.look_at("Why", "Training")
    page.see("Loss by epoch")
    assert "Plain network" in page.drawn("training")
    page.driver.refresh()
    page.see("Loss by epoch")  # the address keeps the view


def test_a_few_clicks_from_a_sample_of_many_classes(server: Server, open_browser: Open) -> None:
    page = Page(open_browser())
    page.driver.get(server.url)
    page.see("Bring your own table")
    page.reach("Use Yeast proteins")
    page.see("1,484 rows")
    counts = page.drawn("classes")
    assert "762 (51.3%)" in counts
    assert "35 (2.4%)" in counts
    page.press("Choose strategies")
    page.press("Small and quick (1 network)")  # five members would take minutes
    page.press("Run")
    run_id = finish(page, server)
    agrees_with_the_store(page, server, run_id)
    assert all(matrix.size == 36 and matrix.sum() == 1484 for matrix in page.matrices().values())
    assert "Class against the rest" in page.text
    phone = Page(open_browser(390, 850, dark=True))
    for address, words in (("", "Bring your own table"), (f"/compare?run={run_id}", "Curves"), ("/history", "History")):
        phone.driver.get(server.url + address)
        phone.see(words)
        assert phone.driver.execute_script("return document.documentElement.scrollWidth") <= 390
