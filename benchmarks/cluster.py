"""A run on a Dask cluster of 1, 2 and 3 workers with one thread each, and one that loses a worker on its way.

Scheduler and workers are separate processes on loopback, each worker held to one core; on a machine with fewer
cores than workers, some share one. A time counts from the submission to the end of the run, on warm workers; the
run is `page_blocks.csv` with the seven starting strategies on twelve folds. Every result is compared, to the last
bit, with the embedded engine's.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from benchmarks._cluster import Loopback
from benchmarks._print import parser, show
from benchmarks.faults import await_end, differs, until
from core.data.samples import load_sample
from core.experiment.results import FoldResult
from core.machine import usable_cores
from core.plan import Plan, SplitSettings, TrainingSettings
from core.runs.engine import Engine
from core.runs.store import Store
from core.strategies.presets import PRESETS

PLAN = Plan(
    "not_text",
    PRESETS["Start"],
    training=TrainingSettings(epochs=30, patience=0),
    split=SplitSettings(folds=6, repeats=2),
)


def timed(engine: Engine, store: Store, lose: Loopback | None = None, plan: Plan = PLAN) -> tuple[str, float]:
    """Run the plan and return the run and its seconds; on the way, kill a worker of the cluster to ``lose``."""
    run_id = store.create(plan, load_sample("page_blocks"))
    began = time.perf_counter()
    engine.submit(run_id)
    if lose is not None:
        until(lambda: len(store.finished_units(run_id)) >= 2)
        lose.workers[0].kill()
    await_end(store, run_id)
    return run_id, time.perf_counter() - began


def embedded(root: Path) -> tuple[FoldResult, ...]:
    engine, store = Engine(root), Store(root)
    try:
        run_id, _ = timed(engine, store)
        return store.results(run_id)
    finally:
        engine.close()


def measure() -> dict[str, float]:
    folder = Path(tempfile.mkdtemp())
    figures: dict[str, float] = {"cores": usable_cores(), "differing_results": 0}
    warm = replace(PLAN, training=replace(PLAN.training, epochs=1))
    try:
        reference = embedded(folder / "embedded")
        for workers in (1, 2, 3):
            store = Store(folder / str(workers))
            with Loopback(workers, pinned=True) as cluster:
                cluster.wait()
                engine = Engine(store.root, cluster.address)
                timed(engine, store, plan=warm)
                run_id, figures[f"seconds_{workers}"] = timed(engine, store)
                figures["differing_results"] += differs(store, run_id, reference)
                if workers == 3:
                    run_id, figures["seconds_3_one_killed"] = timed(engine, store, lose=cluster)
                    figures["differing_results"] += differs(store, run_id, reference)
                engine.close()
        return figures
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    options = parser(__doc__).parse_args()
    figures = measure()
    alone = figures["seconds_1"]
    rows = []
    for n in (1, 2, 3):
        took = figures[f"seconds_{n}"]
        rows.append((f"{n} worker{'s' * (n > 1)}, one thread each", f"{took:6.1f} s  {alone / took:.2f}×"))
    rows.append(("3 workers, one killed on the way", f"{figures['seconds_3_one_killed']:6.1f} s"))
    rows.append(("runs that differ from the embedded engine's", f"{figures['differing_results']:.0f} of 4"))
    rows.append(("cores", f"{figures['cores']:.0f}"))
    show(figures, rows, as_json=options.json)


if __name__ == "__main__":
    main()
