"""Runs on disk survive what happens to disks and processes."""

from __future__ import annotations

import fcntl
import json
import resource
import threading
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from core.data.samples import load_sample
from core.data.target import encode_target
from core.experiment.results import FoldResult, History
from core.plan import Plan, StrategyChoice
from core.runs.store import Progress, Store, StoreError

PLAN = Plan("rings", (StrategyChoice.of("plain"), StrategyChoice.of("smote", k_neighbors=3)))


def result(error: str | None = None) -> FoldResult:
    n = 0 if error else 7
    rng = np.random.default_rng(0)
    return FoldResult(
        "plain", 0, 1, np.arange(n), np.arange(n) % 2, rng.random((n, 2)).astype(np.float32), np.arange(n) % 2,
        None if error else 0.37, np.array([5, 2]), 1.25, 1,
        None if error else History(np.array([0.5, 0.4], np.float32), np.array([0.6, 0.5], np.float32), 1),
        ("A note.",), error,
    )  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "runs")


@pytest.fixture
def run_id(store: Store) -> str:
    return store.create(PLAN, load_sample("abalone_9_vs_18"))


def same(first: FoldResult, second: FoldResult) -> None:
    for field in fields(FoldResult):
        a, b = getattr(first, field.name), getattr(second, field.name)
        if isinstance(a, History):
            np.testing.assert_array_equal(a.train_loss, b.train_loss)
            np.testing.assert_array_equal(a.validation_loss, b.validation_loss)
            assert a.best_epoch == b.best_epoch
        elif isinstance(a, np.ndarray):
            np.testing.assert_array_equal(a, b)
            assert a.dtype == b.dtype
        else:
            assert a == b


def test_results_come_back_to_the_bit(store: Store, run_id: str) -> None:
    written = (result(), result(error="It failed."))
    store.write_unit(run_id, "r000-f001", written)
    read = store.results(run_id)
    assert store.finished_units(run_id) == {"r000-f001"}
    for first, second in zip(written, read, strict=True):
        same(first, second)


def test_the_record_has_plan_versions_and_classes(store: Store, run_id: str) -> None:
    record = store.record(run_id)
    table = load_sample("abalone_9_vs_18")
    assert record.plan == PLAN
    assert record.classes == ("9", "18")
    assert record.positive == 1
    assert record.units_total == 5
    assert record.table_digest == table.digest
    assert {"tensorflow", "keras", "imbalanced-learn"} <= dict(record.versions).keys()
    again = store.table(run_id)
    assert [c.kind for c in again.columns] == [c.kind for c in table.columns]
    np.testing.assert_array_equal(encode_target(again, "rings").codes, encode_target(table, "rings").codes)


def test_a_run_that_nobody_holds_is_interrupted(store: Store, run_id: str) -> None:
    store.set_status(run_id, "running")
    assert store.record(run_id).status == "interrupted"
    with store.hold(run_id):
        assert store.record(run_id).status == "running"
        with pytest.raises(StoreError, match="already being worked on"):
            store.hold(run_id)
    assert store.record(run_id).status == "interrupted"


def test_who_only_looks_whether_a_run_is_held_keeps_nobody_from_it(store: Store, run_id: str) -> None:
    handle = (store.root / run_id / "lock").open("w")
    fcntl.flock(handle, fcntl.LOCK_SH)
    threading.Timer(0.05, handle.close).start()
    with store.hold(run_id):
        assert store.is_held(run_id)


def test_a_run_that_ends_between_two_looks_is_not_interrupted(
    store: Store, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.set_status(run_id, "running")

    def ends_meanwhile(run_id: str) -> bool:
        store.set_status(run_id, "finished")
        return False

    monkeypatch.setattr(store, "is_held", ends_meanwhile)
    assert store.record(run_id).status == "finished"


def test_a_truncated_unit_is_set_aside_and_the_others_stay(store: Store, run_id: str) -> None:
    store.write_unit(run_id, "r000-f000", [result()])
    store.write_unit(run_id, "r000-f001", [result()])
    path = store.root / run_id / "units" / "r000-f001.parquet"
    path.write_bytes(path.read_bytes()[:100])
    assert len(store.results(run_id)) == 1
    assert store.finished_units(run_id) == {"r000-f000"}


def test_rename_progress_cancel_and_delete(store: Store, run_id: str) -> None:
    store.rename(run_id, "  Mine  ")
    assert store.record(run_id).name == "Mine"
    assert store.progress(run_id) is None
    store.write_progress(run_id, Progress("r000-f000", 0.5, "training", 3.0))
    assert store.progress(run_id) == Progress("r000-f000", 0.5, "training", 3.0)
    store.request_cancel(run_id)
    assert store.cancel_requested(run_id)
    store.clear_cancel(run_id)
    assert not store.cancel_requested(run_id)
    other = store.create(PLAN, load_sample("abalone_9_vs_18"), name="Other")
    assert {record.id for record in store.records()} == {run_id, other}
    store.delete(run_id)
    assert [record.name for record in store.records()] == ["Other"]


@pytest.mark.parametrize("name", ["../../etc", "..", "a/b", "", "x" * 80, "20200101-000000-abcdef00"])
def test_no_other_folder_can_be_named(store: Store, name: str) -> None:
    with pytest.raises(StoreError, match="no run"):
        store.record(name)


def test_a_damaged_record_hides_no_other(store: Store, run_id: str) -> None:
    other = store.create(PLAN, load_sample("abalone_9_vs_18"))
    (store.root / other / "plan.json").write_text("{")
    assert [record.id for record in store.records()] == [run_id]


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("run.json", "{}"),
        ("run.json", "[]"),
        ("run.json", "[" * 5000 + "]" * 5000),
        ("run.json", {"name": None}),
        ("run.json", {"name": ["a", "list"]}),
        ("run.json", {"created": "yesterday"}),
        ("run.json", {"created": 20260101}),
        ("run.json", {"created": "2026-01-01T00:00:00"}),
        ("run.json", {"versions": ["numpy"]}),
        ("run.json", {"classes": "ab"}),
        ("run.json", {"classes": ["one"]}),
        ("run.json", {"positive": 2}),
        ("run.json", {"units_total": "5"}),
        ("run.json", {"units_total": 0}),
        ("run.json", {"table_notes": None}),
        ("run.json", {"table_reading": []}),
        ("plan.json", {"target": 5}),
        ("plan.json", {"positive": 1}),
        ("plan.json", {"split": {"folds": 2.5, "repeats": 1, "seed": 0, "group": None, "time": None}}),
    ],
)
def test_a_record_is_whole_or_said_to_be_damaged(store: Store, run_id: str, file: str, change: object) -> None:
    other = store.create(PLAN, load_sample("abalone_9_vs_18"))
    path = store.root / other / file
    text = change if isinstance(change, str) else json.dumps({**json.loads(path.read_text()), **change})  # type: ignore[dict-item]
    path.write_text(text)
    assert [record.id for record in store.records()] == [run_id]
    with pytest.raises(StoreError, match="is damaged"):
        store.record(other)
    if file == "run.json":
        with pytest.raises(StoreError, match="is damaged"):
            store.table(other)


@pytest.mark.parametrize("state", [[], {}, {"status": "lost", "message": ""}, {"status": "failed", "message": 5}])
def test_a_state_that_is_none_is_an_interrupted_runs(store: Store, run_id: str, state: object) -> None:
    (store.root / run_id / "status.json").write_text(json.dumps(state))
    record = store.record(run_id)
    assert (record.status, record.message) == ("interrupted", "")


@pytest.mark.parametrize(
    "progress",
    [[], {}, {"unit": "r000-f000", "share": "half", "doing": "x"}, {"unit": 1, "share": 0.5, "doing": "x"},
     {"unit": "r000-f000", "share": 0.5, "doing": "x", "seconds_left": "soon"}],
)  # fmt: skip
def test_damaged_progress_is_none(store: Store, run_id: str, progress: object) -> None:
    (store.root / run_id / "progress.json").write_text(json.dumps(progress))
    assert store.progress(run_id) is None


def test_pieces_are_kept_until_the_unit_is_whole(store: Store, run_id: str) -> None:
    other = replace(result(), strategy="smote(k_neighbors=3)")
    assert store.pieces(run_id, "r000-f001") == {}
    store.write_piece(run_id, "r000-f001", [result()])
    store.write_piece(run_id, "r000-f001", [other])
    store.write_piece(run_id, "r000-f002", [other])
    assert store.finished_units(run_id) == set()
    assert store.pieces(run_id, "r000-f001").keys() == {"plain", "smote(k_neighbors=3)"}
    store.write_unit(run_id, "r000-f001", [result(), other])
    assert store.pieces(run_id, "r000-f001") == {}
    assert store.pieces(run_id, "r000-f002").keys() == {"smote(k_neighbors=3)"}


def test_a_changed_byte_is_found(store: Store, run_id: str) -> None:
    store.write_unit(run_id, "r000-f000", [result()])
    path = store.root / run_id / "units" / "r000-f000.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 4] ^= 1
    path.write_bytes(content)
    assert store.results(run_id) == ()
    assert store.finished_units(run_id) == set()
    assert [file.name for file in path.parent.iterdir()] == ["r000-f000.damaged"]


def test_runs_that_a_process_left_are_found_and_an_unreadable_status_is_an_interruption(
    store: Store, run_id: str
) -> None:
    done = store.create(PLAN, load_sample("abalone_9_vs_18"))
    store.set_status(done, "finished")
    assert store.orphans() == (run_id,)
    with store.hold(run_id):
        assert store.orphans() == ()
    (store.root / done / "status.json").write_text("")
    assert store.record(done).status == "interrupted"
    assert store.orphans() == (run_id,)


def test_resumes_are_counted_from_the_last_finished_unit(store: Store, run_id: str) -> None:
    assert [store.count_resume(run_id) for _ in range(3)] == [1, 2, 3]
    store.write_unit(run_id, "r000-f000", [result()])
    assert store.count_resume(run_id) == 1


def test_on_a_full_disk_the_reserve_lets_the_run_say_why(
    store: Store, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write_unit(run_id, "r000-f000", [result()])
    spare = store.root / run_id / "spare"
    assert spare.stat().st_size > 4096
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # No file may grow beyond a few bytes: the kernel refuses as it does on a full disk.
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, hard))
    try:
        with pytest.raises(StoreError, match=r"could not be saved .*: free disk space and resume"):
            store.write_unit(run_id, "r000-f001", [result()])
        with pytest.raises(StoreError, match=r"could not be saved .*: free disk space and try again"):
            store.create(PLAN, load_sample("abalone_9_vs_18"))
        with pytest.raises(OSError):
            store.set_status(run_id, "failed", "x" * 100)
        resource.setrlimit(resource.RLIMIT_FSIZE, (8, hard))
        with pytest.raises(StoreError, match=r"could not be started .*: free disk space and resume"):
            store.begin(run_id, "running")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not spare.exists()
    assert store.finished_units(run_id) == {"r000-f000"}
    assert len(store.results(run_id)) == 1
    assert [record.id for record in store.records()] == [run_id]
    store.tidy(run_id)
    assert spare.exists()
