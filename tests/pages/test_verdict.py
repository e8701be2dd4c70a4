"""The verdict above everything, the spread that the user picks, and the pairs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.evaluation.comparison import compare
from core.evaluation.recommendation import recommend
from core.runs.store import Store
from tests.pages.test_compare import PLAN, a_run, fold_results, on_view, opened, view


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


def test_what_to_use_stands_on_top_with_counts_and_next_steps(app: AppTest, store: Store) -> None:
    run_id = a_run(store, 3)
    page = opened(app, run_id)
    record = store.record(run_id)
    advice = recommend(compare(store.results(run_id), record.plan, record.classes), record.plan)
    assert advice is not None
    assert advice.counts is not None
    said = words(page)
    for part in (advice.headline, advice.counts.text, *advice.why):
        assert part.replace("`", "'") in said
    assert said.index(advice.headline[:20]) < said.index("Best on F1: ")
    assert any(button.label.startswith("Run 5 repeats, about") for button in page.button)
    errors = page.button(key="step_errors").click().run()
    assert not errors.exception
    assert on_view(errors) == "errors"
    threshold = errors.button(key="step_threshold").click().run()
    assert on_view(threshold) == "threshold"
    assert threshold.segmented_control(key="threshold_rule").value == "own"
    export = threshold.button(key="step_export").click().run()
    assert not export.exception
    assert export.selectbox(key=f"export_strategy_{run_id}").value.key == advice.key


def test_two_strategies_are_held_against_each_other_in_one_sentence(app: AppTest, store: Store) -> None:
    page = opened(app, a_run(store, 3))
    assert " Plain network here on F1: +0." in words(page)
    page = page.selectbox(key="duel_second").set_value("class_weight").run()
    assert "two different strategies" in words(page)


def test_the_table_shows_the_spread_that_is_picked_and_names_it(app: AppTest, store: Store) -> None:
    page = opened(app, a_run(store, 3))
    assert "95% interval by folds" in words(page)
    by_folds = page.dataframe[0].value["F1"].tolist()
    page = page.selectbox(key="spread").set_value("rows").run()
    assert not page.exception
    assert "Value and 95% interval by rows" in words(page)
    assert "95% interval by rows 0." in words(page)
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
    assert pairs["Strategy"].tolist() == ["Class weights"]  # the better one first
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
