"""Every page against a run that vanishes, is renamed, is damaged, or cannot be written: a sentence, and a way out."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.plan import Plan
from core.runs.ranking import find
from core.runs.store import Membership, NoSuchRun, Store
from tests.pages.conftest import APP
from tests.pages.test_compare import PLAN, a_run, fold_results, load_sample

UNIT = "units/r000-f001.parquet"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Return a person's own folder of runs."""
    folder = tmp_path / "runs"
    folder.mkdir()
    monkeypatch.setenv("COUNTERWEIGHT_RUNS", str(folder))
    yield Store(folder)
    make_writable(folder)


results_of = cache(fold_results)


def made(store: Store, status: str = "cancelled") -> str:
    """Return a run that is one table of a ranking."""
    member = Membership("20260101-000000-abcdef01", "Two tables", 0, 1)
    run_id = store.create(PLAN, load_sample("abalone_9_vs_18"), "Shells", ranking=member)
    for fold in range(3):
        store.write_unit(run_id, f"r000-f{fold:03d}", results_of(fold))
    store.set_status(run_id, status)  # type: ignore[arg-type]
    return run_id


def words(page: AppTest) -> str:
    elements = (*page.error, *page.warning, *page.info, *page.markdown, *page.caption, *page.title)
    return " ".join(element.value for element in elements).replace("\\", "").replace("\u2060", "")


def make_read_only(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        path.chmod(0o555 if path.is_dir() else 0o444)


def make_writable(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


@pytest.fixture
def held_to_modes() -> Iterator[None]:
    """Let this thread and those it starts be refused by a file's mode, as everybody but root is."""
    if os.geteuid() != 0:
        yield
        return
    libc, header = ctypes.CDLL(None, use_errno=True), _Header(0x20080522, 0)
    given = (ctypes.c_uint32 * 6)()
    assert libc.capget(ctypes.byref(header), given) == 0
    less = (ctypes.c_uint32 * 6)(*given)
    less[0] &= ~0b1110  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER: the effective ones
    assert libc.capset(ctypes.byref(header), less) == 0
    yield
    assert libc.capset(ctypes.byref(header), given) == 0


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


DAMAGES: dict[str, Callable[[Path], None]] = {
    "deleted": shutil.rmtree,
    "renamed": lambda folder: folder.rename(folder.with_name(folder.name[:-1] + "x")) and None,
    "record": lambda folder: (folder / "run.json").write_text("{") and None,
    "plan": lambda folder: (folder / "plan.json").write_text("{") and None,
    "table": lambda folder: cut_short(folder / "table.parquet"),
    "other table": lambda folder: pd.DataFrame({"a": [1, 2], "b": [1, 2]}).to_parquet(folder / "table.parquet"),
    "unit": lambda folder: cut_short(folder / UNIT),
    "units": lambda folder: shutil.rmtree(folder / "units"),
}
PRESSES = {
    "compare": ("Change the plan", "Resume"),
    "export": ("Train on all rows",),
    "history": ("Use its plan", "Open"),
    "ranking": ("All rankings", "Resume"),
}


@pytest.mark.parametrize("page", PRESSES)
def test_a_page_that_shows_a_run_outlives_it(store: Store, page: str) -> None:
    """The page is open when it happens; then one of its buttons is pressed, or it is drawn anew."""
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    for name, damage in DAMAGES.items():
        run_id = made(store)
        app = app.switch_page(f"pages/{page}.py")
        app.query_params["run"] = run_id
        if page == "ranking":
            app.query_params["ranking"] = "20260101-000000-abcdef01"
        shown = app.run()
        assert not shown.exception, name
        damage(store.root / run_id)
        # What would start work on the run is pressed where it cannot begin: nothing is trained here.
        starts = page == "export" and name in ("unit", "other table")
        for label in PRESSES[page] if name == "table" else ("",) if starts else PRESSES[page][:1]:
            button = next((one for one in shown.button if label and one.label.startswith(label)), None)
            shown = shown.run() if button is None else button.click().run()
            assert not shown.exception, (name, label)
            assert words(shown)
        for folder in store.root.iterdir():
            shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("view", ["errors", "code", "report"])
def test_a_view_that_needs_a_damaged_table_says_so(store: Store, view: str) -> None:
    run_id = a_run(store, 3)
    cut_short(store.root / run_id / "table.parquet")
    app = AppTest.from_file(str(APP), default_timeout=60).run().switch_page("pages/compare.py")
    app.query_params["run"] = run_id
    app.query_params["view"] = view
    page = app.run()
    assert not page.exception
    assert "is damaged" in page.error[0].value


def test_a_damaged_fold_of_a_finished_run_can_be_computed_again(store: Store) -> None:
    run_id = a_run(store, 3)
    cut_short(store.root / run_id / UNIT)
    app = AppTest.from_file(str(APP), default_timeout=60).run().switch_page("pages/compare.py")
    app.query_params["run"] = run_id
    page = app.run()
    assert not page.exception
    assert "2 of 3 folds are kept" in words(page)
    assert "Resume" in [button.label for button in page.button]


def test_a_run_that_cannot_be_opened_is_shown_and_can_be_deleted(store: Store) -> None:
    run_id, other = made(store), made(store)
    (store.root / run_id / "run.json").write_text("{")
    page = AppTest.from_file(str(APP), default_timeout=60).run().switch_page("pages/history.py").run()
    assert "is damaged" in words(page)
    page = page.button(key=f"ask_{run_id}").click().run().button(key=f"delete_{run_id}").click().run()
    assert not page.exception
    assert not (store.root / run_id).exists()
    assert [record.id for record in store.records()] == [other]


def test_a_run_deleted_while_it_is_watched_ends_in_a_sentence(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes after the page has found it and before the part that follows its progress looks."""
    run_id = made(store, "queued")
    hold = store.hold(run_id)
    count = store.finished_units

    def gone(self: Store, run_id: str) -> set[str]:
        if (self.root / run_id).exists():
            done = count(run_id)
            shutil.rmtree(self.root / run_id)
            return done
        raise NoSuchRun(f"There is no run '{run_id}'.")

    app = AppTest.from_file(str(APP), default_timeout=60).run().switch_page("pages/compare.py")
    app.query_params["run"] = run_id
    monkeypatch.setattr(Store, "finished_units", gone)
    page = app.run()
    hold.close()
    assert not page.exception
    assert "There is no run" in words(page)


def test_what_is_asked_of_a_run_that_is_gone_or_held_elsewhere_is_refused_in_a_sentence(store: Store) -> None:
    run_id = made(store)
    page = AppTest.from_file(str(APP), default_timeout=60).run().switch_page("pages/history.py").run()
    with store.hold(run_id):
        page = next(button for button in page.button if button.label == "Resume").click().run()
        assert not page.exception
        assert "already being worked on" in words(page)
    store.delete(run_id)
    page = page.text_input(key=f"name_{run_id}").set_value("Other").run()
    assert not page.exception
    assert "There is no run" in words(page)


def test_a_folder_that_cannot_be_written_is_said_in_a_sentence(
    store: Store, held_to_modes: None, abalone: AppTest
) -> None:
    run_id = made(store)
    make_read_only(store.root)
    page = abalone.switch_page("pages/history.py").run()
    page = page.text_input(key=f"name_{run_id}").set_value("Other").run()
    assert not page.exception
    assert "could not be renamed (Permission denied): let this account write" in words(page)
    for label in ("Resume", "Use its plan"):
        page = next(button for button in page.button if button.label == label).click().run()
        assert not page.exception
        page = page.switch_page("pages/history.py").run()
    page = page.button(key=f"ask_{run_id}").click().run().button(key=f"delete_{run_id}").click().run()
    assert not page.exception
    assert "could not be deleted (Permission denied)" in words(page)
    page = abalone.switch_page("pages/data.py").run()
    page = next(button for button in page.button if button.label == "Run").click().run()
    assert not page.exception
    assert "could not be saved (Permission denied): let this account write" in words(page)
    assert store.record(run_id).name == "Shells"


def test_the_ranking_keeps_the_tables_that_are_whole(store: Store) -> None:
    first, second = made(store, "finished"), made(store, "finished")
    path = store.root / first / "plan.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "target": "height"}))
    assert isinstance(store.record(first).plan, Plan)
    for unit in (store.root / first / "units").iterdir():
        cut_short(unit)
    assert {record.id for record in find(store, "20260101-000000-abcdef01").records} == {first, second}
    app = AppTest.from_file(str(APP), default_timeout=60).run().switch_page("pages/ranking.py")
    app.query_params["ranking"] = "20260101-000000-abcdef01"
    page = app.run()
    assert not page.exception


def test_what_a_run_says_of_its_versions_is_shown_as_text(store: Store) -> None:
    """The folder may come from somebody else, and so may every word of it."""
    run_id = made(store)
    path = store.root / run_id / "run.json"
    versions = {"**numpy**": "![2.4](https://tracker.example/x.png)"}
    path.write_text(json.dumps({**json.loads(path.read_text()), "versions": versions}))
    page = AppTest.from_file(str(APP), default_timeout=60).run().switch_page("pages/history.py").run()
    (caption,) = (element.value for element in page.caption if element.value.startswith("Made with"))
    assert "**numpy**" not in caption
    assert r"\!\[2\.4\]\(" in caption
