"""On a Dask cluster of separate processes a run ends with the same results, also when a worker is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dask
import numpy as np
import pytest
from distributed import Client, Security

from benchmarks._cluster import Loopback
from core.data.samples import load_sample
from core.plan import Plan, SplitSettings, TrainingSettings
from core.runs.engine import Engine
from core.runs.store import Store
from core.strategies.presets import PRESETS
from tests.core.runs.test_engine import ended, until

PLAN = Plan(
    "rings",
    PRESETS["Quick look"],
    training=TrainingSettings(epochs=100, patience=0),
    split=SplitSettings(folds=4),
)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Loopback]:
    with Loopback(2) as started:
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
    assert len(results) == len(expected) == 4 * len(PLAN.strategies)
    for result in results:
        reference = expected[result.strategy, result.repeat, result.fold]
        np.testing.assert_array_equal(result.probabilities, reference.probabilities)
        np.testing.assert_array_equal(result.decisions, reference.decisions)
    engine.close()


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Name keys in Dask's environment variables, as the documentation tells people to."""
    security = Security.temporary()
    prefix = "DASK_DISTRIBUTED__COMM__TLS__"
    for name, text in (("cert", security.tls_worker_cert), ("key", security.tls_worker_key)):
        (tmp_path / f"{name}.pem").write_text(str(text))
        for role in ("SCHEDULER", "WORKER", "CLIENT"):
            monkeypatch.setenv(f"{prefix}{role}__{name.upper()}", str(tmp_path / f"{name}.pem"))
    monkeypatch.setenv(f"{prefix}CA_FILE", str(tmp_path / "cert.pem"))
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION", "true")
    with dask.config.set({}):  # what follows is undone at the end
        dask.config.refresh()
        yield
    monkeypatch.undo()
    dask.config.refresh()


@pytest.mark.usefixtures("keys")
def test_ones_own_cluster_speaks_tls_by_dasks_variables(tmp_path: Path) -> None:
    with Loopback(1, scheme="tls", preload=False) as cluster:
        engine = Engine(tmp_path / "runs", cluster.address)
        assert engine.wait_ready(60)
        assert engine.call(pow, 2, 3).result(60) == 8
        with pytest.raises(OSError):
            Client(cluster.address, security=Security.temporary(), timeout=1, set_as_default=False)
        engine.close()
