"""The verdict above everything, the spread that the user picks, and the pairs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.runs.store import Store
from tests.pages.test_compare import PLAN, a_run, fold_results, opened, view


@pytest.fixture
def store(runs_folder: Path) -> Store:
    return Store(runs_folder)


def words(page: AppTest) -> str:
    shown = (*page.markdown, *page.caption, *page.info)
    return " ".join(element.value for element in shown).replace("\\", "").replace("\u2060", "")


def test_the_verdict_stands_above_everything_and_follows_the_metric(app: AppTest, store: Store) -> None:
    page = opened(app, a_run(store, 3))
    said = words(page)
    assert "Best on F1: " in said
    assert "tested on 3 folds that both" in said.lower()
    assert "Holm" in said
    page = page.selectbox(key="judged_by").set_value("brier").run()
    assert not page.exception
    assert "Best on Brier score: Plain network" in words(page)


def test_the_table_shows_the_spread_that_is_picked_and_names_it(app: AppTest, store: Store) -> None:
    page = opened(app, a_run(store, 3))
    assert "95 % interval by folds" in words(page)
    by_folds = page.dataframe[0].value["F1"].tolist()
    page = page.selectbox(key="spread").set_value("rows").run()
    assert not page.exception
    assert "Value and 95 % interval by rows" in words(page)
    assert "95 % interval by rows 0." in words(page)
    assert page.dataframe[0].value["F1"].tolist() != by_folds
    page = page.selectbox(key="spread").set_value("deviation").run()
    assert "Mean ± standard deviation, 3 folds" in words(page)
    assert page.dataframe[0].value["F1"].tolist() == by_folds


def test_two_folds_have_no_test_and_say_why(app: AppTest, store: Store) -> None:
    page = opened(app, a_run(store, 2))
    assert "2 folds are too few for a test" in words(page)
    assert "clearly" not in words(page)


def test_pairs_have_a_map_a_table_and_a_rope(app: AppTest, store: Store) -> None:
    page = view(opened(app, a_run(store, 3)), "pairs")
    assert len(page.get("plotly_chart")) == 1
    pairs = page.dataframe[0].value
    assert pairs["Strategy"].tolist() == ["Plain network"]
    assert pairs[["Better", "Same", "Worse"]].sum(axis=1).tolist() == pytest.approx([1])
    page = page.number_input(key="pairs_rope").set_value(0.3).run()
    assert page.dataframe[0].value["Same"][0] > pairs["Same"][0]
    page = page.selectbox(key="pairs_cell").set_value("p_holm").run()
    assert "Holm's correction for all 1 pairs" in words(page)
    page = page.selectbox(key="pairs_metric").set_value("log_loss").run()
    assert not page.exception


def test_pairs_without_a_test_say_why(app: AppTest, store: Store) -> None:
    page = view(opened(app, a_run(store, 2)), "pairs")
    assert "too few for a test" in words(page)
    assert not page.get("plotly_chart")
    alone = replace(PLAN, strategies=PLAN.strategies[:1])
    run_id = store.create(alone, store.table(a_run(store, 1)), "Alone")
    for fold in range(3):
        store.write_unit(run_id, f"r000-f{fold:03d}", fold_results(fold)[:1])
    store.set_status(run_id, "finished")
    page = view(opened(app, run_id), "pairs")
    assert "two or more" in words(page)
