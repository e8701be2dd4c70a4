"""A folder of runs from somebody else: nothing in it reaches outside it, and none of its models is offered."""

from __future__ import annotations

import io
import json
import os
import zipfile
from concurrent.futures import Future
from pathlib import Path

import numpy as np
import pytest

from core.data.preparation import NumberStep, Preparation
from core.data.samples import load_sample
from core.exporting.bundle import Export
from core.exporting.onnx_networks import build_dense
from core.exporting.scorer import Scorer, ScorerError
from core.exporting.shelf import Shelf
from core.networks.scoring import OnnxNetworks
from core.plan import Plan, SplitSettings, StrategyChoice
from core.runs.copying import copy_run
from core.runs.people import folders
from core.runs.store import Store, StoreError

PLAN = Plan("rings", (StrategyChoice.of("plain"),), split=SplitSettings(folds=2))


class Desk:
    """Stands where the engine does: what it is asked for is there at once."""

    def call(self, *_: object, **__: object) -> Future[object]:
        promise: Future[object] = Future()
        promise.set_result(an_export())
        return promise


def an_export() -> Export:
    """Return an export as a worker hands it back: a scorer of one column, and an archive."""
    dense = build_dense([(np.ones((1, 1)), np.zeros(1))], 2)
    preparation = Preparation((NumberStep("length", 0.0, 0.0, 1.0),))
    scorer = Scorer("rings", ("9", "18"), preparation, OnnxNetworks(dense.SerializeToString()), threshold=0.5)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("predict.py", "print('ours')")
    return Export(buffer.getvalue(), scorer.to_bytes(), "It holds.")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "runs")


@pytest.fixture
def run_id(store: Store) -> str:
    return store.create(PLAN, load_sample("abalone_9_vs_18"))


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """Return a folder of the person's own, with files that a careless look would remove, empty or show."""
    folder = tmp_path / "home"
    folder.mkdir()
    for name in (".profile", ".secret", "letter.txt", "r000-f000.parquet"):
        (folder / name).write_text("mine")
    return folder


def untouched(outside: Path) -> bool:
    names = sorted(path.name for path in outside.iterdir())
    return names == [".profile", ".secret", "letter.txt", "r000-f000.parquet"] and all(
        path.read_text() == "mine" for path in outside.iterdir()
    )


@pytest.mark.parametrize("name", ["units", "pieces", "exports"])
def test_a_folder_that_is_a_link_is_not_followed(store: Store, run_id: str, outside: Path, name: str) -> None:
    place = store.root / run_id / name
    if place.is_dir():
        place.rmdir()
    place.symlink_to(outside)
    for look in (store.tidy, store.results, store.finished_units, store.record, store.table, store.hold, store.folder):
        with pytest.raises(StoreError, match=f"'{name}' is a link"):
            look(run_id)
    assert untouched(outside)
    store.delete(run_id)
    assert not (store.root / run_id).exists()
    assert untouched(outside)


@pytest.mark.parametrize("name", ["lock", "run.json", "plan.json", "status.json", "table.parquet", "cancel", "spare"])
def test_a_file_that_is_a_link_is_neither_read_nor_written(store: Store, run_id: str, outside: Path, name: str) -> None:
    (store.root / run_id / name).unlink(missing_ok=True)
    (store.root / run_id / name).symlink_to(outside / "letter.txt")
    for look in (store.hold, store.record, store.table, store.request_cancel):
        with pytest.raises(StoreError, match=f"'{name}' is a link"):
            look(run_id)
    with pytest.raises(StoreError):
        store.set_status(run_id, "finished")
    assert store.records() == ()
    assert store.orphans() == ()
    assert [unreadable for unreadable, _ in store.troubles()] == [run_id]
    assert untouched(outside)


def test_a_unit_that_is_a_link_is_none(store: Store, run_id: str, outside: Path) -> None:
    (store.root / run_id / "units" / "r000-f000.parquet").symlink_to(outside / "r000-f000.parquet")
    assert store.finished_units(run_id) == set()
    assert store.results(run_id) == ()
    assert untouched(outside)


def test_something_that_would_never_end_is_not_read(store: Store, run_id: str) -> None:
    (store.root / run_id / "status.json").unlink()
    os.mkfifo(store.root / run_id / "status.json")
    with pytest.raises(StoreError, match=r"'status\.json' is a link"):
        store.record(run_id)


def test_a_run_that_is_a_link_is_deleted_and_what_it_leads_to_stays(store: Store, outside: Path) -> None:
    store.root.mkdir()
    linked = store.root / "20260101-000000-abcdef01"
    linked.symlink_to(outside)
    (outside / "letter.txt").rename(outside / "run.json")
    assert store.records() == ()
    assert not store.has(linked.name)
    with pytest.raises(StoreError):
        copy_run(store, Store(store.root.with_name("other")), linked.name)
    store.delete(linked.name)
    assert not linked.is_symlink()
    (outside / "run.json").rename(outside / "letter.txt")
    assert untouched(outside)


def test_a_person_whose_folder_is_a_link_is_nobody(tmp_path: Path, outside: Path) -> None:
    root = tmp_path / "runs"
    (root / "people").mkdir(parents=True)
    (root / "people" / "a").mkdir()
    (root / "people" / "b").symlink_to(outside)
    assert folders(root) == (root, root / "people" / "a")


def planted(store: Store, run_id: str) -> Path:
    """Put a model with a script of somebody else's beside a run, in the place of its own; return that place."""
    shelf, record = Shelf(store, Desk()), store.record(run_id)
    shelf.start(record, PLAN.strategies[0])
    (place,) = (store.root / run_id / "exports").iterdir()
    with zipfile.ZipFile(place / "export.zip", "w") as archive:
        archive.writestr("predict.py", "import os")
    return place


def test_an_export_that_was_made_elsewhere_is_not_offered(store: Store, run_id: str) -> None:
    place, record, choice = planted(store, run_id), store.record(run_id), PLAN.strategies[0]
    shelf = Shelf(store, Desk())
    assert shelf.find(record, choice) is None
    assert "was not made by this installation" in str(shelf.not_from_here(record, choice))
    about = json.loads((place / "about.json").read_text())
    for said in ({"checks": about["checks"]}, {**about, "seal": ""}, {**about, "seal": "é"}, [], None):
        (place / "about.json").write_text(json.dumps(said))
        assert shelf.find(record, choice) is None
    shelf.start(record, choice)
    kept = shelf.find(record, choice)
    assert kept is not None
    assert shelf.not_from_here(record, choice) is None
    assert kept.archive == an_export().archive


def test_an_export_of_another_installation_is_not_offered(
    store: Store, run_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Shelf(store, Desk()).start(store.record(run_id), PLAN.strategies[0])
    assert Shelf(store, Desk()).find(store.record(run_id), PLAN.strategies[0]) is not None
    monkeypatch.setenv("COUNTERWEIGHT_STATE", str(tmp_path / "state"))
    assert Shelf(store, Desk()).find(store.record(run_id), PLAN.strategies[0]) is None
    assert (tmp_path / "state" / "seal.key").stat().st_mode & 0o777 == 0o600


def test_an_export_is_not_written_through_a_link(store: Store, run_id: str, outside: Path) -> None:
    place = planted(store, run_id)
    for path in place.iterdir():
        path.unlink()
    place.rmdir()
    place.symlink_to(outside)
    shelf = Shelf(store, Desk())
    assert shelf.find(store.record(run_id), PLAN.strategies[0]) is None
    shelf.start(store.record(run_id), PLAN.strategies[0])
    assert shelf.find(store.record(run_id), PLAN.strategies[0]) is not None
    assert untouched(outside)


@pytest.mark.parametrize(
    "junk", [b"", b"junk", b"PK\x03\x04 cut", an_export().scorer[:200], an_export().archive, b"\x93NUMPY\x01\x00\xff"]
)
def test_a_junk_scorer_is_one_sentence(junk: bytes) -> None:
    with pytest.raises(ScorerError, match="is damaged: refit it"):
        Scorer.from_bytes(junk)
