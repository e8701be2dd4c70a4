"""What a person waits for: the first page, the first figures, all figures, and any click after that.

The app runs as a person starts it, and Chromium shows it. The run is `page_blocks.csv` with all seven
starting strategies x 5 folds, the ensemble of 10, on a warm worker. A time counts from the press of a
button until the page shows what was asked for; a rerun counts from the page's own start of it to its end.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.remote.webdriver import WebDriver

from benchmarks._print import parser, show
from core.store import Store

ROOT = Path(__file__).resolve().parent.parent
STATE = "const a = document.querySelector('[data-testid=stApp]'); return a ? a.dataset.testScriptState : ''"
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update")  # fmt: skip


def wait(true: Callable[[], object], seconds: float = 120.0) -> float:
    """Wait until something holds and return the seconds it took."""
    began = time.perf_counter()
    while not true():
        if time.perf_counter() - began > seconds:
            raise TimeoutError("the page did not show what was asked for")
        time.sleep(0.01)
    return time.perf_counter() - began


class Visitor:
    """A person with a browser."""

    def __init__(self, profile: Path) -> None:
        options = webdriver.ChromeOptions()
        names = ("chromium", "chromium-browser", "google-chrome")
        options.binary_location = next(filter(None, map(shutil.which, names)))
        for flag in (*FLAGS, "--window-size=1440,900", f"--user-data-dir={profile}"):
            options.add_argument(flag)
        self.driver: WebDriver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))

    def open(self, url: str) -> bool:
        try:
            self.driver.get(url)
        except Exception:
            return False
        return True

    def sees(self, words: str) -> bool:
        return words in self.driver.execute_script("return document.body.innerText")

    def idle(self) -> bool:
        return self.driver.execute_script(STATE) == "notRunning"

    def press(self, label: str) -> None:
        script = """const last = b => b.innerText.trim().split('\\n').pop();
            const found = [...document.querySelectorAll('button')].find(b => !b.disabled && last(b) === arguments[0]);
            if (found) found.click();
            return Boolean(found)"""
        wait(lambda: self.driver.execute_script(script, label))

    def follow(self, page: str) -> None:
        script = """const named = a => a.innerText.trim().endsWith(arguments[0]);
            const found = [...document.querySelectorAll('a')].find(named);
            if (found) found.click();
            return Boolean(found)"""
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
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://localhost:{port}"
    visitor = Visitor(folder / "profile")
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true", f"--server.port={port}"]
    began = time.perf_counter()
    server = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "COUNTERWEIGHT_RUNS": str(folder / "runs")},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        wait(lambda: answers(url))
        wait(lambda: visitor.open(url))
        wait(lambda: visitor.sees("Page blocks") and visitor.idle())
        first_page = time.perf_counter() - began
        store = Store(folder / "runs")
        run(visitor, store, "Use Page blocks")  # warms the worker, as the first run of a sitting does
        visitor.open(url)
        first, everything = run(visitor, store, "Use Page blocks")
        reruns = []
        for label in ("Recall", "Precision", "ROC AUC", "Recall", "Precision", "ROC AUC"):
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


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):
            return True
    except OSError:
        return False


def run(visitor: Visitor, store: Store, sample: str) -> tuple[float, float]:
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
    wait(lambda: not visitor.sees("Figures after") and visitor.sees("Training") and visitor.idle())
    return first, time.perf_counter() - began


def main() -> None:
    options = parser(__doc__).parse_args()
    figures = measure()
    rows = [
        ("first page after starting the server", f"{figures['first_page_s']:6.2f} s"),
        ("first figures after pressing Run", f"{figures['first_figures_s']:6.2f} s"),
        ("all figures after pressing Run", f"{figures['all_figures_s']:6.2f} s"),
        ("rerun of a page, median of 14", f"{figures['rerun_ms']:6.0f} ms"),
        ("rerun of a page, slowest", f"{figures['slowest_rerun_ms']:6.0f} ms"),
    ]
    show(figures, rows, as_json=options.json)


if __name__ == "__main__":
    main()
