"""Exports are made once, kept beside their run and found again."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import numpy as np
import pytest

from core.experiment.memory import MemoryShortage
from core.exporting.bundle import export
from core.exporting.shelf import Shelf
from core.runs.store import Store
from core.strategies import StrategyError
from core.training.lane import Stopped
from tests.core.exporting.conftest import Case


class Desk:
    """Stands where the engine does: hands out promises and lets a test keep them."""

    def __init__(self) -> None:
        self.calls: list[tuple[Callable[..., object], tuple[object, ...]]] = []
        self.promises: list[Future[object]] = []
        self.stops: list[threading.Event | None] = []

    def call(
        self, function: Callable[..., object], *arguments: object, stop: threading.Event | None = None
    ) -> Future[object]:
        self.stops.append(stop)
        self.calls.append((function, arguments))
        self.promises.append(Future())
        return self.promises[-1]


@pytest.fixture
def kept_run(case: Callable[[str], Case], tmp_path: Path) -> tuple[Store, str, Case]:
    one = case("abalone_9_vs_18")
    store = Store(tmp_path)
    run_id = store.create(one.plan, one.table)
    for result in one.results:
        store.write_unit(run_id, f"r000-f{result.fold:03d}", [result])
    return store, run_id, one


def test_an_export_is_kept_until_something_changes(kept_run: tuple[Store, str, Case]) -> None:
    store, run_id, one = kept_run
    desk = Desk()
    shelf, record, choice = Shelf(store, desk), store.record(run_id), one.choice
    assert shelf.find(record, choice) is None
    shelf.start(record, choice)
    shelf.start(record, choice)
    assert len(desk.calls) == 1
    assert shelf.working(record, choice)
    _table, plan, asked, results, _stakes = desk.calls[0][1]
    assert (plan, asked, len(results)) == (one.plan, choice, 2)  # type: ignore[arg-type]
    desk.promises[0].set_result(one.export)
    assert not shelf.working(record, choice)
    kept = Shelf(store, desk).find(record, choice)
    assert kept is not None
    assert kept.archive == one.export.archive
    assert "model.keras" in kept.files()
    assert "at a probability of" in kept.rule()
    frame = one.table.frame
    np.testing.assert_array_equal(kept.scorer.probabilities(frame), one.scorer.probabilities(frame))
    shelf.start(record, choice)
    assert len(desk.calls) == 1
    store.write_unit(run_id, "r000-f002", [one.results[0]])
    assert shelf.find(record, choice) is None


def test_what_went_wrong_is_said_and_can_be_tried_again(kept_run: tuple[Store, str, Case]) -> None:
    store, run_id, one = kept_run
    desk = Desk()
    shelf, record = Shelf(store, desk), store.record(run_id)
    shelf.start(record, one.choice)
    desk.promises[0].set_exception(StrategyError("There is no room."))
    assert shelf.problem(record, one.choice) == "There is no room."
    assert not shelf.working(record, one.choice)
    shelf.start(record, one.choice)
    assert shelf.problem(record, one.choice) is None
    assert len(desk.calls) == 2
    store.delete(run_id)
    desk.promises[1].set_result(one.export)
    assert not (store.root / run_id).exists()


def test_a_refit_can_be_cancelled_before_and_after_it_began(kept_run: tuple[Store, str, Case]) -> None:
    store, run_id, one = kept_run
    desk = Desk()
    shelf, record = Shelf(store, desk), store.record(run_id)
    shelf.start(record, one.choice)
    shelf.cancel(record, one.choice)
    assert not shelf.working(record, one.choice)
    shelf.start(record, one.choice)
    assert desk.promises[1].set_running_or_notify_cancel()
    shelf.cancel(record, one.choice)
    assert desk.stops[1] is not None
    assert desk.stops[1].is_set()
    desk.promises[1].set_exception(Stopped())
    assert not shelf.working(record, one.choice)
    assert shelf.problem(record, one.choice) is None


def test_a_refit_stops_when_asked_and_is_refused_where_it_does_not_fit(
    kept_run: tuple[Store, str, Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, one = kept_run
    with pytest.raises(Stopped):
        export(one.table, one.plan, one.choice, one.results, should_stop=lambda: True)
    monkeypatch.setattr(sys.modules["core.exporting.refit"], "free_memory", lambda: 2**20)
    with pytest.raises(MemoryShortage, match=r"needs about 0\.\d GiB of memory for all rows of this table"):
        export(one.table, one.plan, one.choice, one.results)
