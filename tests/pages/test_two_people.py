"""Two people on one server: neither meets what is the other's, on any page, nor in what pages keep between reruns."""

from __future__ import annotations

import ast
import io
import zipfile
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.elements.widgets.button import ButtonMixin
from streamlit.testing.v1 import AppTest

from core.data.preparation import NumberStep, Preparation
from core.exporting.bundle import Export
from core.exporting.onnx_networks import build_dense
from core.exporting.scorer import Scorer
from core.exporting.shelf import Shelf
from core.networks.scoring import OnnxNetworks
from core.runs.copying import copy_run
from core.runs.store import Store
from tests.pages.conftest import APP
from tests.pages.test_compare import PLAN, a_run
from tests.pages.test_sign_in import page_for, signed_in, store_of

PAGES = ("data", "strategies", "compare", "ranking", "export", "learn", "history")
SECRET = "Acquisition of Northwind"


class Desk:
    """Stands where the engine does: what it is asked for is there at once."""

    def __init__(self, made: Export) -> None:
        self.made = made

    def call(self, *_: object, **__: object) -> Future[object]:
        promise: Future[object] = Future()
        promise.set_result(self.made)
        return promise


def an_export() -> Export:
    """Return an export as a worker hands it back: a scorer of one column, and an archive."""
    step = NumberStep("length", 0.0, 0.0, 1.0)
    dense = build_dense([(np.ones((1, 1)), np.zeros(1))], 2)
    scorer = Scorer("rings", ("9", "18"), Preparation((step,)), OnnxNetworks(dense.SerializeToString()), threshold=0.5)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("model.keras", b"")
    return Export(buffer.getvalue(), scorer.to_bytes(), "It holds.")


def keep_export(store: Store, run_id: str) -> Shelf:
    """Put an export of the run's first strategy on its shelf."""
    shelf = Shelf(store, Desk(an_export()))
    shelf.start(store.record(run_id), PLAN.strategies[0])
    assert shelf.find(store.record(run_id), PLAN.strategies[0]) is not None
    return shelf


class People:
    """The browsers of people who have signed in, one tab each."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.tabs: dict[str, AppTest] = {}

    def visit(self, person: str, page: str, view: str = "", **address: str) -> AppTest:
        """Return a page as a person sees it."""
        if person not in self.tabs:
            self.tabs[person] = page_for(self.monkeypatch, signed_in(person)).run()
        self.monkeypatch.setattr(st, "user", signed_in(person))
        app = self.tabs[person].switch_page(f"pages/{page}.py")
        for name, value in address.items():
            app.query_params[name] = value
        app = app.run()
        if view:
            app.query_params["view"] = view
            app = app.run()
        assert not app.exception, (person, page, address)
        return app


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch) -> People:
    return People(monkeypatch)


def in_a_thread(make: Callable[[], object]) -> object:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(make).result()


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Return what the pages offered for download last, by label."""
    offered: dict[str, bytes] = {}
    button = ButtonMixin._download_button

    def noted(self: ButtonMixin, label: str, data: object, *args: object, **kwargs: object) -> bool:
        # What a press makes is made in a thread of its own, which knows of no visitor.
        content = in_a_thread(data) if callable(data) else data
        offered[label] = content.encode() if isinstance(content, str) else bytes(content)  # type: ignore[call-overload]
        return button(self, label, data, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(ButtonMixin, "_download_button", noted)
    return offered


@pytest.fixture(scope="module")
def shared_run(runs_folder: Path) -> str:
    """Return a run that both have, as an example that both opened; one of them gave it a name of her own."""
    run_id = a_run(store_of(runs_folder, "carol"), 3)
    copy_run(store_of(runs_folder, "carol"), store_of(runs_folder, "dave"), run_id)
    store_of(runs_folder, "carol").rename(run_id, SECRET)
    return run_id


def test_a_shared_run_tells_nothing_of_the_other_person(
    people: People, shared_run: str, downloads: dict[str, bytes]
) -> None:
    for view in ("overview", "errors", "code", "report"):
        hers = people.visit("carol", "compare", view, run=shared_run)
        assert SECRET in hers.title[0].value
        downloads.clear()
        his = people.visit("dave", "compare", view, run=shared_run)
        assert SECRET not in str(his.main)
        assert not [label for label, content in downloads.items() if SECRET.encode() in content]
    assert b"Shells" in downloads["Download the report"]


def test_every_page_opens_for_both_and_shows_their_own(people: People, shared_run: str, runs_folder: Path) -> None:
    own = a_run(store_of(runs_folder, "dave"), 3)
    for page in PAGES:
        people.visit("carol", page)
        assert SECRET not in str(people.visit("dave", page, run=own).main)


def test_an_export_is_offered_to_whoever_made_it_alone(
    people: People, shared_run: str, runs_folder: Path, downloads: dict[str, bytes]
) -> None:
    keep_export(store_of(runs_folder, "carol"), shared_run)
    address = {"run": shared_run, "strategy": PLAN.strategies[0].key}
    people.visit("carol", "export", **address)
    assert "Download the model" in downloads
    downloads.clear()
    his = people.visit("dave", "export", **address)
    assert "Download the model" not in downloads
    assert "Train on all rows" in [button.label for button in his.button]


def test_the_report_of_a_renamed_run_has_its_new_name(
    people: People, runs_folder: Path, downloads: dict[str, bytes]
) -> None:
    store = store_of(runs_folder, "carol")
    run_id = a_run(store, 3)
    for name in ("Quinces", "Medlars"):
        store.rename(run_id, name)
        people.visit("carol", "compare", "report", run=run_id)
        assert name.encode() in downloads["Download the report"]
    assert b"Quinces" not in downloads["Download the report"]


def test_the_pages_keep_nothing_for_everybody_but_what_is_nobodys() -> None:
    """Streamlit's caches know no people: whatever comes from a table or a run goes through ``cached``."""
    shared = {
        f"{path.name}: {function.name}"
        for path in sorted((APP.parent / "pages").glob("*.py"))
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef)
        and any("cache_" in ast.unparse(one) for one in function.decorator_list)
    }
    # Stores and engines take a person's folder as their key; the others know of no table: threads, and toy rows.
    assert shared == {
        "_cache.py: kept", "_effect.py: _pool", "_services.py: _store", "_services.py: _engine",
        "_services.py: _conductor", "_services.py: warm_up", "_toy.py: rows_of", "_toy.py: regions_of",
    }  # fmt: skip
