"""The History page: every run with what can be done with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.store import Store
from tests.pages.test_compare import PLAN, a_run


@pytest.fixture
def store(runs_folder: Path) -> Store:
    store = Store(runs_folder)
    for record in store.records():
        store.delete(record.id)
    return store


def opened(app: AppTest) -> AppTest:
    page = app.switch_page("pages/history.py").run()
    assert not page.exception
    return page


def test_without_runs_the_page_says_what_to_do(app: AppTest, store: Store) -> None:
    assert "No runs yet" in opened(app).info[0].value


def test_runs_are_listed_with_their_plan(app: AppTest, store: Store) -> None:
    a_run(store, 1, "cancelled")
    page = opened(app)
    assert "**Shells**" in [element.value for element in page.markdown]
    assert any("2 strategies × 3 folds" in element.value for element in page.caption)
    labels = [button.label for button in page.button]
    assert labels.count("Open") == labels.count("Resume") == labels.count("Use its plan") == 1


def test_a_run_can_be_renamed_and_deleted(app: AppTest, store: Store) -> None:
    run_id = a_run(store, 1)
    page = opened(app)
    renamed = page.text_input(key=f"name_{run_id}").set_value("**Better** name").run()
    assert store.record(run_id).name == "**Better** name"
    assert r"**\*\*Better\*\* name**" in [element.value for element in renamed.markdown]
    emptied = renamed.button(key=f"delete_{run_id}").click().run()
    assert not emptied.exception
    assert store.records() == ()


def test_the_plan_of_a_run_is_opened_for_a_new_one(app: AppTest, store: Store) -> None:
    run_id = a_run(store, 1)
    page = opened(app).button(key=f"plan_{run_id}").click().run()
    assert not page.exception
    assert page.session_state["session"].plan == PLAN
    assert page.title[0].value == "Strategies"
