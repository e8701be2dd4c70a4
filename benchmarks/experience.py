"""What a person waits for: the first page, the first figures, all figures, and any click after that.

The app runs as a person starts it, and Chromium shows it. The run is `page_blocks.csv` with all seven
starting strategies x 5 folds, the ensemble of 10, on a warm worker. All figures are those of the
overview, which opens first. A time counts from the press of a button until the page shows what was
asked for; a rerun counts from the page's own start of it to its end.
"""

from __future__ import annotations

import os
import shutil
import signal
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks._browser import chromium, press, start_server
from benchmarks._print import parser, show
from core.runs.store import Store

STATE = "const a = document.querySelector('[data-testid=stApp]'); return a ? a.dataset.testScriptState : ''"


def wait(holds: Callable[[], object], seconds: float = 120.0) -> float:
    """Wait until something holds and return the seconds it took."""
    began = time.perf_counter()
    while not holds():
        if time.perf_counter() - began > seconds:
            raise TimeoutError("the page did not show what was asked for")
        time.sleep(0.01)
    return time.perf_counter() - began


class Visitor:
    """A person with a browser."""

    def __init__(self, profile: Path) -> None:
        self.driver = chromium(profile)

    def sees(self, words: str) -> bool:
        return words in self.driver.execute_script("return document.body.innerText")

    def idle(self) -> bool:
        return self.driver.execute_script(STATE) == "notRunning"

    def press(self, label: str) -> None:
        wait(lambda: press(self.driver, label))

    def follow(self, page: str) -> None:
        script = """const named = a => a.innerText.trim().endsWith(arguments[0]);
            const link = [...document.querySelectorAll('a')].find(named);
            if (link) link.click();
            return Boolean(link)"""
        wait(lambda: self.driver.execute_script(script, page))

    def rerun_ms(self, act: Callable[[], object]) -> float:
        """Return how long the page takes to run again after an act, timed by the page itself."""
        self.driver.execute_script(
            """window.took = null; let began = null;
            const app = document.querySelector('[data-testid=stApp]');
            const seen = () => { const state = app.dataset.testScriptState;
              if (state === 'running' && began === null) began = performance.now();
              if (state === 'notRunning' && began !== null) window.took = performance.now() - began; };
            new MutationObserver(seen).observe(app, {attributes: true});"""
        )
        act()
        wait(lambda: self.driver.execute_script("return window.took !== null"), 20)
        return float(self.driver.execute_script("return window.took"))


def measure() -> dict[str, float]:
    folder = Path(tempfile.mkdtemp())
    visitor = Visitor(folder / "profile")
    began = time.perf_counter()
    server, url = start_server(folder / "runs")
    try:
        visitor.driver.get(url)
        wait(lambda: visitor.sees("Page blocks") and visitor.idle())
        first_page = time.perf_counter() - began
        store = Store(folder / "runs")
        run_sample(visitor, store, "Use Page blocks")  # warms the worker, as the first run of a sitting does
        visitor.driver.get(url)
        first, everything = run_sample(visitor, store, "Use Page blocks")
        reruns = []
        for label in ("Recall", "Precision", "ROC AUC", "Recall", "Precision", "ROC AUC"):
            reruns.append(visitor.rerun_ms(lambda label=label: visitor.press(label)))
            wait(visitor.idle)
        for label in ("Threshold", "Calibration", "Classes", "Errors", "Training", "Overview"):
            reruns.append(visitor.rerun_ms(lambda label=label: visitor.press(label)))
            wait(visitor.idle)
        for page in ("Data", "Strategies", "Compare", "History") * 2:
            reruns.append(visitor.rerun_ms(lambda page=page: visitor.follow(page)))
            wait(visitor.idle)
        return {
            "first_figures_s": first,
            "all_figures_s": everything,
            "rerun_ms": statistics.median(reruns),
            "slowest_rerun_ms": max(reruns),
            "first_page_s": first_page,
        }
    finally:
        visitor.driver.quit()
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def run_sample(visitor: Visitor, store: Store, sample: str) -> tuple[float, float]:
    """Choose a sample, press Run, and return the seconds to the first and to all figures."""
    visitor.press(sample)
    wait(lambda: visitor.sees("5,472 rows") and visitor.idle())
    known = {record.id for record in store.records()}
    visitor.press("Run")
    began = time.perf_counter()
    figures = "return document.querySelectorAll('.js-plotly-plot .barlayer .point').length > 0"
    wait(lambda: visitor.sees("Figures after") and visitor.driver.execute_script(figures))
    first = time.perf_counter() - began
    run_id = next(record.id for record in store.records() if record.id not in known)
    wait(lambda: store.record(run_id).status == "finished")
    wait(lambda: not visitor.sees("Figures after") and visitor.sees("Curves") and visitor.idle())
    return first, time.perf_counter() - began


def main() -> None:
    options = parser(__doc__).parse_args()
    figures = measure()
    rows = [
        ("first page after starting the server", f"{figures['first_page_s']:6.2f} s"),
        ("first figures after pressing Run", f"{figures['first_figures_s']:6.2f} s"),
        ("all figures after pressing Run", f"{figures['all_figures_s']:6.2f} s"),
        ("rerun of a page, median of 20", f"{figures['rerun_ms']:6.0f} ms"),
        ("rerun of a page, slowest", f"{figures['slowest_rerun_ms']:6.0f} ms"),
    ]
    show(figures, rows, as_json=options.json)


if __name__ == "__main__":
    main()
