"""Runs go on in a process of their own, are cancelled in two seconds and survive its death."""

from __future__ import annotations

import gc
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import dask
import numpy as np
import psutil
import pytest
from distributed import Client, Security
from distributed.comm import CommClosedError
from distributed.core import connect

from benchmarks.card_fraud import make
from core.data.samples import load_sample
from core.data.table import Table, from_frame
from core.plan import Plan, SplitSettings, StrategyChoice, TrainingSettings
from core.runs.engine import Engine
from core.runs.store import Store, StoreError
from core.strategies.presets import PRESETS
from core.training.lane import Stopped

LONG = TrainingSettings(epochs=150, patience=0)
PLAN = Plan("rings", PRESETS["Start"], training=LONG, split=SplitSettings(folds=4))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def engine(store: Store) -> Iterator[Engine]:
    # As strict as a person can be: nothing may fall back to plain connections.
    with dask.config.set({"distributed.comm.require-encryption": True}):
        engine = Engine(store.root)
        assert engine.wait_ready(300)
    yield engine
    engine.close()


def until(true: Callable[[], bool], seconds: float = 300.0) -> float:
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, "it took too long"
        time.sleep(0.05)
    return time.monotonic() - began


def started(store: Store, engine: Engine, plan: Plan = PLAN) -> str:
    run_id = store.create(plan, load_sample("abalone_9_vs_18"))
    engine.submit(run_id)
    return run_id


def ended(store: Store, run_id: str) -> Callable[[], bool]:
    return lambda: not store.record(run_id).active


@pytest.fixture(scope="module")
def undisturbed(store: Store, engine: Engine) -> str:
    run_id = started(store, engine)
    until(ended(store, run_id))
    assert store.record(run_id).status == "finished", store.record(run_id).message
    return run_id


def same_results(store: Store, first_id: str, second_id: str) -> None:
    first, second = store.results(first_id), store.results(second_id)
    assert [(r.strategy, r.fold) for r in first] == [(r.strategy, r.fold) for r in second]
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a.probabilities, b.probabilities)
        np.testing.assert_array_equal(a.decisions, b.decisions)


def test_a_run_finishes_and_this_process_has_no_tensorflow(store: Store, undisturbed: str) -> None:
    assert len(store.finished_units(undisturbed)) == 4
    assert len(store.results(undisturbed)) == 4 * len(PRESETS["Start"])
    progress = store.progress(undisturbed)
    assert progress is not None
    assert "training" in progress.doing
    code = (
        "import sys; import core.runs.engine, core.experiment.units, core.runs.store, "
        "core.charts.figures, core.strategies, core.data.table;"
        "from core.training.lane import Stopped;  # what a cancelled unit sends back\n"
        "sys.exit('tensorflow' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).resolve().parents[3])


@pytest.mark.parametrize("scheme", ["tcp", "tls"])
def test_a_stranger_on_this_machine_reaches_neither_scheduler_nor_worker(engine: Engine, scheme: str) -> None:
    client = engine.conductor.cluster.client  # type: ignore[union-attr]
    known = client.scheduler_info()
    worker = next(iter(known["workers"].values()))
    security = Security(require_encryption=False) if scheme == "tcp" else Security.temporary()
    own_keys = client.security.get_connection_args("client")
    for address in (known["address"], worker["nanny"], next(iter(known["workers"]))):
        # The owner's own keys open what a stranger is refused.
        client.sync(connect, address, timeout=10, **own_keys).abort()
        foreign = f"{scheme}://{address.partition('://')[2]}"
        arguments = security.get_connection_args("client")
        if scheme == "tls":  # a stranger does not mind who answers
            arguments["ssl_context"].verify_mode = ssl.CERT_NONE
        with pytest.raises(OSError):
            client.sync(connect, foreign, timeout=1, **arguments).abort()
    foreign = f"{scheme}://{known['address'].partition('://')[2]}"
    with pytest.raises(OSError):
        Client(foreign, security=security, timeout=1, set_as_default=False).run_on_scheduler(os.getpid)


def test_only_this_machine_can_knock_at_the_worker(engine: Engine) -> None:
    supervisor = psutil.Process(engine.conductor.cluster.supervisor)  # type: ignore[union-attr]
    listening = [
        connection.laddr.ip
        for process in (supervisor, *supervisor.children(recursive=True))
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= 3
    assert set(listening) == {"127.0.0.1"}
    # Arguments of a program can be read by everybody.
    assert not [word for word in supervisor.cmdline() if "BEGIN" in word]


def test_cancel_keeps_what_is_finished_and_resuming_gives_the_same(
    store: Store, engine: Engine, undisturbed: str
) -> None:
    run_id = started(store, engine)
    until(lambda: len(store.finished_units(run_id)) >= 1)
    engine.cancel(run_id)
    assert until(ended(store, run_id)) < 2
    assert store.record(run_id).status == "cancelled", store.record(run_id).message
    kept = store.finished_units(run_id)
    assert 1 <= len(kept) < 4
    until(lambda: not store.is_held(run_id))
    engine.submit(run_id)
    until(ended(store, run_id))
    assert kept < store.finished_units(run_id)
    same_results(store, undisturbed, run_id)


def test_a_run_that_ended_leaves_nothing_in_memory(store: Store, engine: Engine) -> None:
    run_id = started(store, engine, replace(PLAN, training=TrainingSettings(epochs=2)))
    until(lambda: getattr(engine.conductor._find(store, run_id), "loaded", False))
    job = weakref.ref(engine.conductor._find(store, run_id))  # type: ignore[arg-type]
    until(ended(store, run_id))
    assert store.record(run_id).status == "finished", store.record(run_id).message
    until(lambda: gc.collect() >= 0 and job() is None, 10)


def worker_processes(engine: Engine) -> list[int]:
    """Return the worker's own processes, children of the program that watches over them."""
    supervisor = engine.conductor.cluster.supervisor  # type: ignore[union-attr]
    children = subprocess.run(
        ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(supervisor)], capture_output=True, text=True
    )
    return [int(line.split()[0]) for line in children.stdout.splitlines() if "spawn_main" in line]


def test_a_killed_worker_is_replaced_and_the_results_are_the_same(
    store: Store, engine: Engine, undisturbed: str
) -> None:
    run_id = started(store, engine)
    until(lambda: len(store.finished_units(run_id)) >= 1)
    victims = worker_processes(engine)
    assert victims
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    until(ended(store, run_id))
    assert store.record(run_id).status == "finished", store.record(run_id).message
    same_results(store, undisturbed, run_id)


def test_a_worker_that_dies_while_it_is_sent_the_table_costs_nothing(
    store: Store, engine: Engine, undisturbed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = engine.conductor.cluster.client  # type: ignore[union-attr]
    scatter, calls = client.scatter, []

    def scatter_to_a_dying_worker(*args: object, **settings: object) -> object:
        calls.append(len(calls))
        if len(calls) == 1:
            for pid in worker_processes(engine):
                os.kill(pid, signal.SIGKILL)
        if len(calls) == 2:
            raise CommClosedError("in <TCP local=tcp://127.0.0.1:1 remote=tcp://127.0.0.1:2>: Stream is closed")
        return scatter(*args, **settings)

    monkeypatch.setattr(client, "scatter", scatter_to_a_dying_worker)
    run_id = started(store, engine)
    until(ended(store, run_id))
    assert store.record(run_id).status == "finished", store.record(run_id).message
    assert len(calls) >= 3
    same_results(store, undisturbed, run_id)


def test_a_table_that_cannot_be_sent_ends_a_run_with_one_sentence(
    store: Store, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **settings: object) -> object:
        raise CommClosedError("Stream is closed")

    monkeypatch.setattr(engine.conductor.cluster.client, "scatter", refuse)  # type: ignore[union-attr]
    monkeypatch.setattr("core.runs._job._SENDING_PATIENCE_S", 1.0)
    run_id = started(store, engine)
    until(ended(store, run_id))
    record = store.record(run_id)
    assert record.status == "failed"
    assert record.message == (
        "The table could not be sent to the training process (the connection broke off): resume later."
    )


def test_a_sampler_that_does_not_listen_is_gone_soon_after_a_cancel(store: Store, engine: Engine) -> None:
    # Forests of five parts of 20,000 rows: some twenty seconds in one call that nobody can interrupt.
    plan = replace(PLAN, target="Class", strategies=(StrategyChoice.of("hardness_threshold"),))
    run_id = store.create(plan, from_frame(make(20_000, 400)))
    engine.submit(run_id)
    until(lambda: "waiting" in getattr(store.progress(run_id), "doing", ""))
    before = worker_processes(engine)
    engine.cancel(run_id)
    began = time.monotonic()
    assert until(ended(store, run_id)) < 2
    until(lambda: not set(before) & set(worker_processes(engine)))
    assert time.monotonic() - began < 3
    assert store.record(run_id).status == "cancelled"


def test_a_cancel_while_the_table_is_read_takes_effect_at_once(
    store: Store, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, go_on, read = threading.Event(), threading.Event(), Store.table

    def slowly(self: Store, run_id: str) -> Table:
        reading.set()
        go_on.wait(30)
        return read(self, run_id)

    monkeypatch.setattr(Store, "table", slowly)
    run_id = started(store, engine)
    assert reading.wait(10)
    engine.cancel(run_id)
    assert until(ended(store, run_id)) < 2
    # Its folder is being read still, so nobody else gets it.
    with pytest.raises(StoreError, match="already being worked on"):
        engine.submit(run_id)
    go_on.set()
    until(lambda: not store.is_held(run_id))
    assert store.record(run_id).status == "cancelled"


def test_two_runs_take_turns_and_know_their_place(
    store: Store, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.runs.conductor._TURN_S", 600.0)  # none makes room for the third meanwhile
    first, second = started(store, engine), started(store, engine)
    assert engine.position(second) == 1
    until(lambda: len(store.finished_units(second)) >= 1)
    assert 1 <= len(store.finished_units(first)) < 4
    assert engine.position(second) == 0
    assert engine.beside(first) == engine.beside(second) == 1
    third = started(store, engine)
    assert engine.position(third) == 2
    for run_id in (first, second, third):
        engine.cancel(run_id)
        until(ended(store, run_id))
        assert store.record(run_id).status == "cancelled", store.record(run_id).message


def test_a_run_whose_folder_goes_ends_no_other(store: Store, engine: Engine) -> None:
    short = Plan("rings", PLAN.strategies[:1], training=TrainingSettings(epochs=5), split=SplitSettings(folds=2))
    going, staying = started(store, engine), started(store, engine, short)
    until(lambda: store.progress(going) is not None)
    store.delete(going)
    until(ended(store, staying))
    assert store.record(staying).status == "finished", store.record(staying).message
    assert not engine.conductor.has(store, going)


def test_runs_at_work_make_room_for_those_that_wait(
    tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two people with two long runs each, and a third person: nobody waits for another's run to end."""
    monkeypatch.setattr("core.runs.conductor._TURN_S", 0.0)
    monkeypatch.setattr("core.runs.conductor._TURN_PER_LOADING_S", 0)
    plan = Plan("rings", PLAN.strategies[:1], training=TrainingSettings(epochs=10), split=SplitSettings(folds=6))
    people = [Engine(tmp_path / name, conductor=engine.conductor) for name in ("first", "second", "third")]
    stores = [Store(tmp_path / name) for name in ("first", "second", "third")]
    earlier = [(place, started(stores[place], people[place], plan)) for place in (0, 0, 1, 1)]
    third = started(stores[2], people[2], plan)
    until(ended(stores[2], third))
    assert stores[2].record(third).status == "finished", stores[2].record(third).message
    assert len(stores[2].finished_units(third)) == 6
    done = [len(stores[place].finished_units(run_id)) for place, run_id in earlier]
    assert all(0 < number < 6 for number in done), done
    for place, run_id in earlier:
        people[place].cancel(run_id)
        until(ended(stores[place], run_id))


def waits_to_be_stopped(seconds: float, should_stop: Callable[[], bool]) -> None:
    until(should_stop, seconds)
    raise Stopped


def test_a_call_at_work_is_stopped(engine: Engine) -> None:
    stop = threading.Event()
    promise = engine.call(waits_to_be_stopped, 600.0, stop=stop)
    until(promise.running)
    stop.set()
    assert isinstance(promise.exception(30), Stopped)
    # The worker is free again.
    assert engine.call(pow, 2, 3).result(30) == 8


def left_behind(store: Store, whole: str) -> str:
    """Return a run that a killed app leaves: at work by its status, one unit finished, another half written."""
    run_id = store.create(PLAN, load_sample("abalone_9_vs_18"))
    units = store.root / run_id / "units"
    shutil.copy(store.root / whole / "units" / "r000-f002.parquet", units)
    (units / ".r000-f001.parquet.abcd").write_bytes(b"PAR1")
    store.set_status(run_id, "running")
    return run_id


def test_what_a_killed_app_left_goes_on_with_the_next(store: Store, engine: Engine, undisturbed: str) -> None:
    run_id = left_behind(store, undisturbed)
    kept = (store.root / run_id / "units" / "r000-f002.parquet").stat().st_mtime_ns
    assert store.record(run_id).status == "interrupted"
    Engine(store.root, conductor=engine.conductor)
    until(ended(store, run_id))
    same_results(store, undisturbed, run_id)
    assert (store.root / run_id / "units" / "r000-f002.parquet").stat().st_mtime_ns == kept
    assert not list((store.root / run_id / "units").glob(".*"))


def test_a_run_that_ends_the_app_again_and_again_is_not_resumed(store: Store, engine: Engine, undisturbed: str) -> None:
    run_id, cancelled = left_behind(store, undisturbed), left_behind(store, undisturbed)
    store.request_cancel(cancelled)
    for times in (1, 2, 3):
        assert store.count_resume(run_id) == times
    Engine(store.root, conductor=engine.conductor)
    record = store.record(run_id)
    assert (record.status, record.message) == ("interrupted", "The app ended 3 times while one fold was trained.")
    assert store.record(cancelled).status == "cancelled"


def test_units_that_do_not_fit_are_cut_and_the_results_are_the_same(
    store: Store, engine: Engine, undisturbed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.data.problem import Problem
    from core.experiment.memory import estimate, shape_of

    shape = shape_of(Problem.of(load_sample("abalone_9_vs_18"), PLAN))
    largest = max(estimate([choice], PLAN, shape) for choice in PLAN.strategies)
    written: list[int] = []
    keep = Store.write_piece
    monkeypatch.setattr(Store, "write_piece", lambda self, *a: (written.append(len(a[2])), keep(self, *a))[1])
    cluster = engine.conductor.cluster
    assert cluster is not None
    monkeypatch.setattr(cluster, "memory", lambda: int(largest / 0.8) + 10)
    run_id = started(store, engine)
    until(ended(store, run_id))
    assert len(written) > 4
    assert sum(written) == 4 * len(PLAN.strategies)
    assert not list((store.root / run_id / "pieces").iterdir())
    same_results(store, undisturbed, run_id)
    monkeypatch.setattr(cluster, "memory", lambda: 2**20)
    run_id = started(store, engine)
    until(ended(store, run_id))
    record = store.record(run_id)
    assert record.status == "failed"
    assert "needs about 0." in record.message
    assert "GiB are free" in record.message


def test_a_plan_that_cannot_run_fails_with_one_sentence(store: Store, engine: Engine) -> None:
    plan = replace(PLAN, split=SplitSettings(folds=3, group="nowhere"))
    run_id = store.create(PLAN, load_sample("abalone_9_vs_18"))
    (store.root / run_id / "plan.json").write_text(plan.to_json())
    engine.submit(run_id)
    until(ended(store, run_id))
    record = store.record(run_id)
    assert record.status == "refused"
    assert not record.resumable
    assert record.message.startswith("There is no column `nowhere` to split by: the table has `sex`")


def test_an_app_ends_while_a_call_waits_for_a_worker_that_is_not_ready(tmp_path: Path) -> None:
    """A pool's threads would be waited for before anybody is told that the app ends."""
    script = (
        "from pathlib import Path; import sys\n"
        "from core.runs.engine import Engine\n"
        "class Never:\n"
        "    cluster = None\n"
        "    def wait_ready(self, timeout=0.0):\n"
        "        import time; time.sleep(0.05); return False\n"
        "    def close(self): pass\n"
        "engine = Engine(Path(sys.argv[1]), conductor=Never())\n"
        "waiting = [engine.call(len, []) for _ in range(3)]\n"
    )
    command, root = [sys.executable, "-c", script, str(tmp_path)], Path(__file__).parents[3]
    ended = subprocess.run(command, timeout=60, capture_output=True, text=True, cwd=root)
    assert ended.returncode == 0, ended.stderr


APP = """
import atexit, signal, sys, threading, time
from pathlib import Path
from core.runs.engine import Engine
stop = threading.Event()
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda *_: stop.set())  # as Streamlit does
engine = Engine(Path(sys.argv[1]))
atexit.register(time.sleep, 1)  # the conductor goes on for a while
while not stop.wait(0.05):
    pass
"""


def test_a_stop_in_training_ends_no_run_and_the_next_start_resumes_it(tmp_path: Path, engine: Engine) -> None:
    store = Store(tmp_path)
    plan = replace(PLAN, strategies=PLAN.strategies[:1], split=SplitSettings(folds=2))
    run_id, waiting = (store.create(plan, load_sample("abalone_9_vs_18")) for _ in range(2))
    root = Path(__file__).resolve().parents[3]
    app = subprocess.Popen([sys.executable, "-c", APP, str(tmp_path)], cwd=root, start_new_session=True)
    try:
        until(lambda: (store.progress(run_id) or store.progress(waiting)) is not None)
        assert {
            json.loads((tmp_path / resumed / "resumes.json").read_text())["times"] for resumed in (run_id, waiting)
        } == {1}
        os.killpg(app.pid, signal.SIGTERM)
        assert app.wait(30) == 0
    finally:
        app.kill()
    for resumed in (run_id, waiting):
        assert store.record(resumed).status == "interrupted", store.record(resumed).message
        assert not (tmp_path / resumed / "resumes.json").exists()  # stopping the app is not the run's doing
    assert set(store.orphans()) == {run_id, waiting}
    Engine(tmp_path, conductor=engine.conductor)
    for resumed in (run_id, waiting):
        until(ended(store, resumed))
        assert store.record(resumed).status == "finished", store.record(resumed).message
