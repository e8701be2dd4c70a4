"""What a person waits for, beside what a bare Streamlit page of the same version takes in the same run.

The app and a page of one title and one button run on the same machine, in turn, before the same Chromium, so that
a busy machine slows both down:

- first page: from starting a server until its first page is there, the app's against the bare one;
- rerun: of the heaviest pages, Compare with 63 strategies and Data with 500 columns, less that of the bare page,
  timed by the page itself from the start of a rerun to its end;
- first figures: from pressing Run on `page_blocks.csv` with the starting plan, on a warm worker, as a share of the
  time that the Strategies page says for the whole run;
- a view's first opening: every view of Compare, from the press until the page is still. This one is in seconds, for a
  quiet machine.
"""

from __future__ import annotations

import os
import shutil
import signal
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks._browser import chromium, press, start_server
from benchmarks._made_runs import made_run, made_table
from benchmarks._print import parser, show
from core.data.problem import Problem
from core.examples import EXAMPLES
from core.experiment.estimate import estimate_seconds
from core.plan import Plan, StrategyChoice
from core.runs.store import Store

STATE = "const a = document.querySelector('[data-testid=stApp]'); return a ? a.dataset.testScriptState : ''"
# What a view draws is timed by the page itself; only the buttons that choose among views answer before the server.
_WATCH_VIEW = """window.began = window.changed = null; if (window.watch) window.watch.disconnect();
    window.watch = new MutationObserver(list => {
        const of = change => change.target.nodeType === 1 ? change.target : change.target.parentElement;
        if (list.some(change => of(change) && !of(change).closest('.st-key-views'))) window.changed = performance.now();
    });
    window.watch.observe(document.querySelector('[data-testid=stMain]'),
        {childList: true, characterData: true, subtree: true});"""
_PRESS_VIEW = """const last = b => b.innerText.trim().split('\\n').pop();
    const button = [...document.querySelectorAll('.st-key-views button')].find(b => last(b) === arguments[0]);
    if (button) { window.changed = null; window.began = performance.now(); button.click(); }
    return Boolean(button)"""
_IS_STILL = "return window.changed !== null && performance.now() - window.changed > 500"
TIMES = 3
RERUNS = 9
MANY_STRATEGIES, MANY_COLUMNS = 63, 500
# Its text changes with each rerun, as that is over before the page has drawn that it began.
BARE = """import time
import streamlit as st
st.set_page_config(layout="wide")
st.title("Bare")
st.button("Again", key="again")
st.text(time.time())
"""
# The views that a press computes something for on demand are timed without it.
VIEWS = {
    "How good": ("Pairs", "Classes", "Calibration"),
    "What to do": ("Capacity", "Promise", "Net benefit", "Next file"),
    "Why": ("Importance", "Where worse", "Training"),
    "Download": ("Report",),
}


def wait(holds: Callable[[], object], seconds: float = 120.0) -> float:
    """Wait until something holds and return the seconds it took."""
    began = time.perf_counter()
    while not holds():
        if time.perf_counter() - began > seconds:
            raise TimeoutError("the page did not show what was asked for")
        time.sleep(0.03)
    return time.perf_counter() - began


class Visitor:
    """A person with a browser."""

    def __init__(self, profile: Path) -> None:
        self.driver = chromium(profile)
        self.driver.set_script_timeout(300)  # a busy machine answers late

    def sees(self, words: str) -> bool:
        return words in self.driver.execute_script("return document.body.innerText")

    def idle(self) -> bool:
        return self.driver.execute_script(STATE) == "notRunning"

    def open(self, url: str, words: str) -> None:
        self.driver.get(url)
        wait(lambda: self.sees(words) and self.idle())

    def press(self, label: str) -> None:
        wait(lambda: press(self.driver, label))

    def rerun_ms(self, key: str) -> float:
        """Return how long the page takes to run again after a press on a widget, timed by the page itself."""
        for _ in range(3):  # a run may be over before React has drawn that it began: such a press is repeated
            self.driver.execute_script(
                """window.took = null; const began = performance.now();
                const app = document.querySelector('[data-testid=stApp]');
                const text = document.querySelector('[data-testid=stText]'), watched = text || app;
                const watch = new MutationObserver(() => { if (text || app.dataset.testScriptState === 'notRunning') {
                    window.took = performance.now() - began; watch.disconnect(); } });
                watch.observe(watched, text ? {childList: true, characterData: true, subtree: true}
                    : {attributes: true, attributeFilter: ['data-test-script-state']});
                document.querySelector(`.st-key-${arguments[0]} button`).click();""",
                key,
            )
            with suppress(TimeoutError):
                wait(lambda: self.driver.execute_script("return window.took !== null"), 15)
                return float(self.driver.execute_script("return window.took"))
        raise TimeoutError("the page did not run again")

    def opening_s(self, label: str) -> float:
        """Return the seconds from a press until the last change of what stands below the views.

        Not from when the page is seen to run: a short run may be over before React has drawn that it began.
        """
        self.driver.execute_script(_WATCH_VIEW)
        wait(lambda: self.driver.execute_script(_PRESS_VIEW, label))
        wait(lambda: self.idle() and self.driver.execute_script(_IS_STILL))
        return float(self.driver.execute_script("return window.changed - window.began")) / 1000


@contextmanager
def served(runs: Path, script: Path | None = None) -> Iterator[str]:
    """Run a server for a while; its address."""
    server, url = start_server(runs, script)
    try:
        yield url
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(20)


def measure(parts: Sequence[str] = ()) -> dict[str, float]:
    """Return the figures of some parts, or of all."""
    folder = Path(tempfile.mkdtemp())
    bare = folder / "bare" / "bare.py"
    bare.parent.mkdir()
    bare.write_text(BARE)
    visitor = Visitor(folder / "profile")
    figures: dict[str, float] = {}
    try:
        for part in parts or PARTS:
            figures |= PARTS[part](visitor, folder, bare)
        return figures
    finally:
        visitor.driver.quit()
        shutil.rmtree(folder, ignore_errors=True)


def first_pages(visitor: Visitor, folder: Path, bare: Path) -> dict[str, float]:
    """Time the first page of fresh servers, the app's and the bare one's in turn."""
    took: dict[str, list[float]] = {"app": [], "bare": []}
    for _ in range(TIMES + 1):
        for name, script, words in (("bare", bare, "Again"), ("app", None, "Bring your own table")):
            began = time.perf_counter()
            with served(folder / "runs", script) as url:
                visitor.open(url, words)
                took[name].append(time.perf_counter() - began)
                visitor.driver.get("about:blank")
    # Of the first ones, the browser loads Streamlit itself.
    app, plain = (statistics.median(took[name][1:]) for name in ("app", "bare"))
    return {"first_page_s": app, "bare_first_page_s": plain, "first_page_ratio": app / plain}


def reruns(visitor: Visitor, folder: Path, bare: Path) -> dict[str, float]:
    """Time reruns of the heaviest pages, and of the bare page right before each."""
    store = Store(folder / "runs")
    many = made_run(store, MANY_STRATEGIES, 2)
    wide = store.create(Plan("kind", (StrategyChoice.of("plain"),)), made_table(2, columns=MANY_COLUMNS))
    store.set_status(wide, "cancelled")
    figures: dict[str, float] = {}
    with served(folder / "runs") as url, served(folder / "bare" / "runs", bare) as bare_url:
        # Opens and shuts a small table: nearly nothing new to draw, and the whole page to run.
        buttons = {"compare": "confusion_numbers", "data": "classes_numbers"}
        for name, button in buttons.items():
            visitor.open(bare_url, "Again")
            plain = statistics.median(visitor.rerun_ms("again") for _ in range(RERUNS))
            if name == "compare":
                visitor.open(f"{url}/compare?run={many}", "Curves")
            else:
                open_data(visitor, f"{url}/compare?run={wide}")
            found = f"return document.querySelector('.st-key-{button} button')"
            wait(lambda found=found: visitor.driver.execute_script(found))
            visitor.rerun_ms(button)
            own = statistics.median(visitor.rerun_ms(button) for _ in range(RERUNS))
            figures |= {f"{name}_rerun_ms": own, f"{name}_rerun_extra_ms": own - plain}
        visitor.driver.get("about:blank")
    return figures | {"rerun_extra_ms": max(figures[f"{name}_rerun_extra_ms"] for name in buttons)}


def open_data(visitor: Visitor, address: str) -> None:
    """Take up the table of a run and open it on the Data page."""
    visitor.open(address, "Cancelled")
    visitor.press("Change the plan")
    wait(lambda: visitor.sees("Training settings") and visitor.idle())
    script = "[...document.querySelectorAll('a')].find(a => a.innerText.trim().endsWith('Data')).click()"
    visitor.driver.execute_script(script)
    wait(lambda: visitor.sees(f"Columns ({MANY_COLUMNS})") and visitor.idle())


def views(visitor: Visitor, folder: Path, bare: Path) -> dict[str, float]:
    """Time the first opening of each view of an example."""
    took = {}
    with served(folder / "runs") as url:
        visitor.open(f"{url}/compare?run={Store(EXAMPLES).records()[0].id}", "Curves")
        for group, titles in VIEWS.items():
            if group != "How good":
                took[group] = visitor.opening_s(group)
            for title in titles:
                took[title] = visitor.opening_s(title)
        visitor.driver.get("about:blank")
    slow = {f"{title.replace(' ', '_').casefold()}_opening_s": seconds for title, seconds in took.items()}
    return slow | {"view_opening_s": max(took.values()), "median_view_opening_s": statistics.median(took.values())}


def a_run(visitor: Visitor, folder: Path, bare: Path) -> dict[str, float]:
    """Time a run's first and all figures, and what was said of it beforehand."""
    store = Store(folder / "runs")
    with served(folder / "runs") as url:
        run_sample(visitor, store, url)  # warms the worker, as the first run of a sitting does
        first, everything, said = run_sample(visitor, store, url)
        visitor.driver.get("about:blank")
    return {
        "first_figures_s": first,
        "all_figures_s": everything,
        "said_s": said,
        "first_figures_share": first / said,
    }


PARTS: Mapping[str, Callable[[Visitor, Path, Path], dict[str, float]]] = {
    "first_page": first_pages, "reruns": reruns, "views": views, "run": a_run,
}  # fmt: skip


def run_sample(visitor: Visitor, store: Store, url: str) -> tuple[float, float, float]:
    """Choose a sample, press Run, and return the seconds to the first and to all figures, and those said before."""
    visitor.open(url, "Bring your own table")
    visitor.press("Use Page blocks")
    wait(lambda: visitor.sees("5,472 rows") and visitor.idle())
    known = {record.id for record in store.records()}
    visitor.press("Run")
    began = time.perf_counter()
    wait(lambda: visitor.sees("Figures after") and visitor.sees("What to use"), 300)
    first = time.perf_counter() - began
    run_id = next(record.id for record in store.records() if record.id not in known)
    wait(lambda: store.record(run_id).status == "finished", 600)
    wait(lambda: not visitor.sees("Figures after") and visitor.sees("Curves") and visitor.idle())
    everything = time.perf_counter() - began
    said = estimate_seconds(Problem.of(store.table(run_id), store.record(run_id).plan))
    return first, everything, said


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--part", action="append", choices=PARTS, default=[], help="only this; may be given again")
    given = options.parse_args()
    figures = measure(given.part)
    words = {
        "first_page_s": ("first page after starting the server", "{:6.2f} s"),
        "first_page_ratio": ("… as times a bare page", "{:6.2f}"),
        "compare_rerun_extra_ms": (f"rerun of Compare with {MANY_STRATEGIES} strategies, beyond bare", "{:6.0f} ms"),
        "data_rerun_extra_ms": (f"rerun of Data with {MANY_COLUMNS} columns, beyond bare", "{:6.0f} ms"),
        "view_opening_s": ("slowest first opening of a view", "{:6.2f} s"),
        "first_figures_s": ("first figures after pressing Run", "{:6.2f} s"),
        "first_figures_share": ("… as a share of the time said for the run", "{:6.2f}"),
        "all_figures_s": ("all figures after pressing Run", "{:6.2f} s"),
    }
    rows = [(said, form.format(figures[name])) for name, (said, form) in words.items() if name in figures]
    show(figures, rows, as_json=given.json)


if __name__ == "__main__":
    main()
