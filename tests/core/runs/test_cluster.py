"""On a Dask cluster of separate processes a run ends with the same results, also when a worker is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks._cluster import Loopback
from core.data.samples import load_sample
from core.plan import NetworkSettings, Plan, SplitSettings
from core.runs.engine import Engine
from core.runs.store import Store
from core.strategies.presets import PRESETS
from tests.core.runs.test_engine import ended, until

PLAN = Plan(
    "rings",
    PRESETS["Quick look"],
    network=NetworkSettings(epochs=100, patience=0),
    split=SplitSettings(folds=4, repeats=2),
)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Loopback]:
    with Loopback(3) as started:
        started.wait()
        yield started


def test_a_lost_workers_units_move_on_and_the_results_are_the_same(cluster: Loopback, tmp_path: Path) -> None:
    from core.experiment.units import run

    table = load_sample("abalone_9_vs_18")
    store = Store(tmp_path / "runs")
    engine = Engine(store.root, cluster.address)
    assert engine.wait_ready()
    run_id = store.create(PLAN, table)
    engine.submit(run_id)
    until(lambda: len(store.finished_units(run_id)) >= 1)
    cluster.workers[0].kill()
    until(ended(store, run_id))
    record = store.record(run_id)
    assert record.status == "finished", record.message
    expected = {(r.strategy, r.repeat, r.fold): r for r in run(table, PLAN)}
    results = store.results(run_id)
    assert len(results) == len(expected) == 8 * len(PLAN.strategies)
    for result in results:
        there = expected[result.strategy, result.repeat, result.fold]
        np.testing.assert_array_equal(result.probabilities, there.probabilities)
        np.testing.assert_array_equal(result.decisions, there.decisions)
    engine.close()
