"""Rows marked as checked, and a run without some rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.evaluation.sample import sample_run
from core.runs.labels import checked_rows, mark_checked, without_rows
from core.runs.store import Store, StoreError
from core.words import TableError


def a_run(folder: Path) -> tuple[Store, str]:
    store, run = Store(folder), sample_run()
    return store, store.create(run.plan, run.problem.table, "People")


def test_marks_are_kept_and_taken_back_and_a_damaged_file_is_none(tmp_path: Path) -> None:
    store, run_id = a_run(tmp_path)
    assert checked_rows(store, run_id) == frozenset()
    mark_checked(store, run_id, [3, 1])
    mark_checked(store, run_id, [7])
    mark_checked(store, run_id, [3], checked=False)
    assert checked_rows(Store(tmp_path), run_id) == {1, 7}
    (store.folder(run_id) / "checked.json").write_text('{"rows": ["a"]}')
    assert checked_rows(store, run_id) == frozenset()
    with pytest.raises(StoreError):
        mark_checked(store, "20260101-000000-00000000", [1])


def test_a_run_without_rows_has_the_same_plan_and_says_what_is_gone(tmp_path: Path) -> None:
    store, run_id = a_run(tmp_path)
    before = store.table(run_id).frame
    fresh = without_rows(store, run_id, [2, 5, 2])
    assert store.record(fresh).plan == store.record(run_id).plan
    assert store.table(fresh).frame["age"].tolist() == before["age"].drop([2, 5]).tolist()
    assert store.table(fresh).notes[-1] == "2 rows with a doubted label left out by hand."
    assert store.record(fresh).name == "People, without 2 doubted rows"
    with pytest.raises(TableError, match="No row is chosen"):
        without_rows(store, run_id, [])
    with pytest.raises(TableError):
        without_rows(store, run_id, [6, 7, 14, 15, 22])  # one row of a class is left
