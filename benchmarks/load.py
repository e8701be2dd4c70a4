"""Twenty sessions click through results while a run trains: how long a rerun takes, and whether memory stays.

The app runs as a person starts it. A session is a WebSocket that speaks Streamlit's own protocol, so a rerun counts
from the click until the last message of the page has arrived, every table and figure in it; a browser's drawing is
not part of it (`benchmarks.experience` has that). One session in four watches the run in training and follows its
progress twice a second, as the page does; the others go from page to page, with a table and a plan, and change what
the results show, a click every three to seven seconds. The worker trains all the while on the same cores.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import psutil

from benchmarks._browser import start_server
from benchmarks._print import parser, show
from benchmarks._session import Session
from core.data.samples import load_sample
from core.links import to_query
from core.plan import Plan, SplitSettings, TrainingSettings
from core.runs.store import Store
from core.strategies.presets import PRESETS

METRICS = ("Precision", "Recall", "F1", "Average precision", "ROC AUC", "MCC", "Brier score")
PLAN = Plan("not_text", PRESETS["Start"], training=TrainingSettings(epochs=20), split=SplitSettings(folds=5))
ENDLESS = replace(PLAN, training=replace(PLAN.training, epochs=400, patience=0), split=SplitSettings(50, 100))
# The address that brings a table and a plan: without them, Data and Strategies have little to show.
WITH_TABLE = urlencode(to_query(PLAN, load_sample("page_blocks")))


@dataclass
class Log:
    """Seconds of every click and of every look at the progress, and megabytes of the app."""

    clicks: list[float] = field(default_factory=list)
    looks: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)


async def click(session: Session, seed: int, finished: str, training: str, until: float, log: Log) -> None:
    """Click through results until the time is over."""
    rng = random.Random(seed)
    watches = seed % 4 == 0
    try:
        await session.open()
        first = True
        while time.monotonic() < until:
            if watches and first:
                log.clicks.append(await session.visit("compare", f"run={training}"))
            elif first or (not watches and rng.random() < 0.3):
                page = "compare" if first else rng.choice(["compare", "history", "strategies", ""])
                log.clicks.append(await session.visit(page, f"run={finished}" if page == "compare" else WITH_TABLE))
            elif not watches and session.page != session.pages["compare"]:
                log.clicks.append(await session.visit("compare", f"run={finished}"))
            elif "bars" in session.ids:
                log.clicks.append(await session.choose("bars", rng.sample(METRICS, rng.randint(1, 4))))
            first = False
            await think(session, rng.uniform(3, 7), until, log)
    except (ConnectionError, TimeoutError, KeyError) as error:
        log.errors.append(f"{type(error).__name__}: {error}")
    log.errors += session.errors
    session.close()


async def think(session: Session, seconds: float, until: float, log: Log) -> None:
    """Let time pass, in which the page's own timers go on."""
    end = min(time.monotonic() + seconds, until)
    while time.monotonic() < end:
        if not session.timers:
            await asyncio.sleep(max(0.0, end - time.monotonic()))
            return
        fragment, interval = next(iter(session.timers.items()))
        await asyncio.sleep(interval)
        log.looks.append(await session.rerun(fragment))


async def watch_memory(process: psutil.Process, until: float, log: Log) -> None:
    while time.monotonic() < until:
        log.megabytes.append(process.memory_info().rss / 2**20)
        await asyncio.sleep(2)


async def visit_all(url: str, server: int, sessions: int, minutes: float, finished: str, training: str) -> Log:
    log = Log()
    until = time.monotonic() + 60 * minutes
    visitors = [click(Session(url), seed, finished, training, until, log) for seed in range(sessions)]
    await asyncio.gather(*visitors, watch_memory(psutil.Process(server), until, log))
    return log


def measure(sessions: int, minutes: float) -> tuple[dict[str, float], list[str]]:
    folder = Path(tempfile.mkdtemp())
    store = Store(folder / "runs")
    table = load_sample("page_blocks")
    # Left behind as an app that was killed would leave them: the new one takes them up by itself.
    finished, training = store.create(PLAN, table, "Finished"), store.create(ENDLESS, table, "In training")
    server, url = start_server(folder / "runs")
    try:
        asyncio.run(first_look(url, store, finished))
        units = len(store.finished_units(training))
        log = asyncio.run(visit_all(url, server.pid, sessions, minutes, finished, training))
        quarter = max(1, len(log.megabytes) // 4)
        figures = {
            "sessions": sessions,
            "minutes": minutes,
            "p95_s": float(np.percentile(log.clicks, 95)),
            "median_s": float(np.median(log.clicks)),
            "slowest_s": max(log.clicks),
            "reruns": len(log.clicks),
            "progress_p95_s": float(np.percentile(log.looks, 95)) if log.looks else 0.0,
            "progress_reruns": len(log.looks),
            "errors": len(log.errors),
            "units_trained": len(store.finished_units(training)) - units,
            "megabytes_before": float(np.mean(log.megabytes[quarter : 2 * quarter])),
            "megabytes_after": float(np.mean(log.megabytes[-quarter:])),
        }
        return figures, log.errors
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


async def first_look(url: str, store: Store, finished: str) -> None:
    """Open the app, which takes up what was left, and wait for the first run to end."""
    session = Session(url)
    await session.open()
    while store.record(finished).status != "finished":
        await asyncio.sleep(0.2)
    session.close()


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--sessions", type=int, default=20)
    options.add_argument("--minutes", type=float, default=10.0)
    chosen = options.parse_args()
    figures, errors = measure(chosen.sessions, chosen.minutes)
    rows = [
        ("sessions", f"{figures['sessions']:.0f} for {figures['minutes']:g} minutes"),
        ("reruns after a click", f"{figures['reruns']:.0f}"),
        ("  median", f"{figures['median_s']:.3f} s"),
        ("  95%", f"{figures['p95_s']:.3f} s"),
        ("  slowest", f"{figures['slowest_s']:.3f} s"),
        ("looks at the progress", f"{figures['progress_reruns']:.0f}"),
        ("  95%", f"{figures['progress_p95_s']:.3f} s"),
        ("errors", f"{figures['errors']:.0f}"),
        ("folds trained meanwhile", f"{figures['units_trained']:.0f}"),
        ("the app's memory, second quarter", f"{figures['megabytes_before']:.0f} MiB"),
        ("the app's memory, last quarter", f"{figures['megabytes_after']:.0f} MiB"),
    ]
    show(figures, [*rows, *(("error", text[:100]) for text in errors[:5])], as_json=chosen.json)


if __name__ == "__main__":
    main()
