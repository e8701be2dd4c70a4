"""The Compare page, on runs that are in the store already."""

from __future__ import annotations

import inspect
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from streamlit.testing.v1 import AppTest

from core.data.samples import load_sample
from core.data.target import encode_target
from core.experiment.results import FoldResult, History
from core.plan import Plan, SplitSettings, StrategyChoice, TuningSettings
from core.runs.store import Store
from core.strategies import catalogue
from pages._view import GROUPS, VIEWS

PLAN = Plan("rings", (StrategyChoice.of("plain"), StrategyChoice.of("class_weight")), split=SplitSettings(folds=3))


def fold_results(fold: int, plan: Plan = PLAN) -> list[FoldResult]:
    """Return what a quick model says of one fold of the abalone sample, weighted and not."""
    table = load_sample("abalone_9_vs_18")
    target = encode_target(table, plan.target)
    X = table.frame.select_dtypes("number").drop(columns=plan.target).to_numpy()
    train, test = list(StratifiedKFold(3).split(X, target.codes))[fold]
    results = []
    for choice, weight in zip(plan.strategies, (None, "balanced"), strict=True):
        model = LogisticRegression(class_weight=weight, max_iter=500).fit(X[train], target.codes[train])
        probabilities = model.predict_proba(X[test]).astype(np.float32)
        losses = np.linspace(0.7, 0.3, 8, dtype=np.float32)
        results.append(
            FoldResult(
                strategy=choice.key,
                repeat=0,
                fold=fold,
                test_rows=test,
                y_true=target.codes[test],
                probabilities=probabilities,
                decisions=probabilities.argmax(axis=1),
                threshold=0.5,
                class_counts=np.bincount(target.codes[train]),
                seconds=0.5,
                lanes=1,
                history=History(losses, losses + 0.1, 7),
            )
        )
    return results


@pytest.fixture
def store(runs_folder: Path) -> Store:
    return Store(runs_folder)


def a_run(store: Store, folds: int, status: str = "finished", plan: Plan = PLAN) -> str:
    run_id = store.create(plan, load_sample("abalone_9_vs_18"), "Shells")
    for fold in range(folds):
        store.write_unit(run_id, f"r000-f{fold:03d}", fold_results(fold, plan))
    store.set_status(run_id, status)  # type: ignore[arg-type]
    return run_id


def opened(app: AppTest, run_id: str, **address: str) -> AppTest:
    app.query_params["run"] = run_id
    page = app.switch_page("pages/compare.py")
    page.query_params["run"] = run_id
    for name, value in address.items():
        page.query_params[name] = value
    page = page.run()
    assert not page.exception
    return page


def captions(page: AppTest) -> str:
    return " ".join(element.value for element in page.caption).replace("\\", "")


def test_a_finished_run_shows_table_and_figures(app: AppTest, store: Store) -> None:
    page = opened(app, a_run(store, 3))
    assert page.title[0].value == "Shells"
    assert "positive class 18" in captions(page)
    table = page.dataframe[0].value
    assert table["Strategy"].str.startswith("► ").sum() == 1, "the recommended strategy is marked"
    table["Strategy"] = table["Strategy"].str.removeprefix("► ")
    table = table.set_index("Strategy").loc[["Plain network", "Class weights"]].reset_index()
    truth = np.concatenate([r.y_true for fold in range(3) for r in fold_results(fold)[:1]])
    decided = [np.concatenate([fold_results(fold)[i].decisions for fold in range(3)]) for i in (0, 1)]
    assert table["Recall"][1] > table["Recall"][0]
    assert table["Accuracy"][0] == pytest.approx((decided[0] == truth).mean(), abs=0.005)
    charts = page.get("plotly_chart")
    assert len(charts) == 1 + 2 + 2


def view(page: AppTest, key: str) -> AppTest:
    """Return the page in another view."""
    page.query_params["view"] = key
    shown = page.run()
    assert not shown.exception
    return shown


def on_view(page: AppTest) -> str:
    """Return the view that the switch stands on."""
    group = GROUPS.index(str(page.segmented_control(key="view_group").value))
    return str(page.pills(key=f"view_of_{group}").value)


def test_the_groups_lead_to_every_view(app: AppTest, store: Store) -> None:
    page = opened(app, a_run(store, 3))
    why = page.segmented_control(key="view_group").set_value("Why").run()
    assert not why.exception
    assert on_view(why) == "errors"
    training = why.pills(key="view_of_2").set_value("training").run()
    assert on_view(training) == "training"
    assert training.query_params["view"] in ("training", ["training"])
    back = training.segmented_control(key="view_group").set_value("How good").run()
    assert on_view(back) == "overview"


def test_every_view_says_where_its_function_is() -> None:
    assert {view.group for view in VIEWS} == set(GROUPS)
    for view in VIEWS:
        assert list(inspect.signature(view.show).parameters) == ["record", "comparison", "names", "key"]


def test_other_views_keep_the_recommendation_in_one_line(app: AppTest, store: Store) -> None:
    page = opened(app, a_run(store, 3))
    assert "What to use" in [element.value for element in page.subheader]
    training = view(page, "training")
    assert "What to use" not in [element.value for element in training.subheader]
    assert any(box.label.startswith("Use ") for box in training.expander)
    moved = training.selectbox(key="judged_by").set_value("recall").run()
    assert view(moved, "overview").selectbox(key="judged_by").value == "recall"


def test_the_table_is_sorted_by_the_metric_that_is_ranked_by(app: AppTest, store: Store) -> None:
    page = opened(app, a_run(store, 3))
    for metric, name in (("recall", "Recall"), ("precision", "Precision")):
        page = page.selectbox(key="judged_by").set_value(metric).run()
        assert not page.exception
        table = page.dataframe[0].value
        assert list(table.columns[:2]) == ["Strategy", name]
        assert table[name].is_monotonic_decreasing
        assert table[name][0] > table[name][1]


def a_run_of_many(store: Store, n: int = 14) -> str:
    """Return a run of the plain network and ever worse copies of it; the last two are the same."""
    names = [name for name, cls in catalogue().items() if name != "plain"][: n - 1]
    plan = replace(PLAN, strategies=tuple(StrategyChoice.of(name) for name in ("plain", *names)))
    run_id = store.create(plan, load_sample("abalone_9_vs_18"), "Many")
    for fold in range(3):
        results = fold_results(fold)[:1]
        for worse, choice in enumerate(plan.strategies[1:], 1):
            wrong = np.arange(len(results[0].y_true)) < 2 * min(worse, n - 2)
            decided = np.where(wrong, 1 - results[0].y_true, results[0].y_true)
            results.append(replace(results[0], strategy=choice.key, decisions=decided))
        store.write_unit(run_id, f"r000-f{fold:03d}", results)
    store.set_status(run_id, "finished")
    return run_id


def test_many_strategies_are_dots_with_three_matrices_and_twins_on_one_line(app: AppTest, store: Store) -> None:
    page = opened(app, a_run_of_many(store))
    assert page.toggle(key="all_dots").value is False
    assert not [pills for pills in page.pills if pills.key == "bars"]
    table = page.dataframe[0].value
    assert len(table) == 13  # two did the same
    assert sum(" = " in name for name in table["Strategy"]) == 1
    picked = page.multiselect[0].value
    assert "plain" in picked  # the best and the recommended one; the next best two stand beside it
    assert len(picked) == 3
    assert len(page.get("plotly_chart")) == 1 + len(picked) + 2
    assert "of every other column" in captions(page)
    assert not page.toggle(key="all_dots").set_value(True).run().exception
    pairs = view(page, "pairs")
    assert not pairs.toggle(key="all_pairs").value
    assert len(pairs.dataframe[0].value) == 13 * 12 / 2
    assert not pairs.toggle(key="all_pairs").set_value(True).run().exception


def test_one_view_at_a_time(app: AppTest, store: Store) -> None:
    page = opened(app, a_run(store, 3))
    assert on_view(page) == "overview"
    training = view(page, "training")
    assert "Loss by epoch" in [element.value for element in training.subheader]
    assert len(training.get("plotly_chart")) == 1
    assert not training.dataframe


@pytest.mark.parametrize(("asked", "shown"), [("Training", "training"), ("nonsense", "overview")])
def test_the_address_names_the_view(app: AppTest, store: Store, asked: str, shown: str) -> None:
    page = opened(app, a_run(store, 3), view=asked)
    assert on_view(page) == shown


def test_figures_come_with_the_first_fold(app: AppTest, store: Store) -> None:
    run_id = a_run(store, 1, "running")
    with store.hold(run_id):
        page = opened(app, run_id)
        assert "after 1 of 3 folds" in captions(page)
        assert [button.label for button in page.button if button.label == "Cancel"]
        assert len(page.dataframe) == 1


def test_a_run_without_a_fold_yet_says_so(app: AppTest, store: Store) -> None:
    run_id = a_run(store, 0, "queued")
    with store.hold(run_id):
        page = opened(app, run_id)
    assert "after the first fold" in captions(page)
    assert not page.dataframe


@pytest.mark.parametrize("status", ["cancelled", "interrupted", "failed"])
def test_a_stopped_run_keeps_its_folds_and_can_be_resumed(app: AppTest, store: Store, status: str) -> None:
    page = opened(app, a_run(store, 2, status))
    said = " ".join(element.value for element in (*page.info, *page.error))
    assert "2 of 3 folds are kept" in said
    assert [button.label for button in page.button if button.label == "Resume"]
    assert len(page.dataframe) == 1


def test_an_unknown_run_is_said_and_the_newest_shown(app: AppTest, store: Store) -> None:
    a_run(store, 1)
    page = opened(app, "20200101-000000-00000000")
    assert "no run at this address" in page.warning[0].value
    assert page.title[0].value == "Shells"


def test_metrics_to_draw_can_be_changed(app: AppTest, store: Store) -> None:
    page = opened(app, a_run(store, 3))
    nothing = page.pills(key="bars").set_value([]).run()
    assert "at least one metric" in nothing.info[0].value


def test_a_strategy_without_results_says_why(app: AppTest, store: Store) -> None:
    run_id = store.create(PLAN, load_sample("abalone_9_vs_18"), "Half")
    good, bad = fold_results(0)
    nothing = np.zeros(0, np.int64)
    store.write_unit(
        run_id,
        "r000-f000",
        [good, replace(bad, test_rows=nothing, y_true=nothing, decisions=nothing, error="There is no room.",
                       probabilities=np.zeros((0, 2), np.float32))],
    )  # fmt: skip
    store.set_status(run_id, "cancelled")
    page = opened(app, run_id)
    assert "There is no room" in page.warning[0].value
    assert len(page.dataframe[0].value) == 1


def test_the_plan_of_a_run_can_be_changed(app: AppTest, store: Store) -> None:
    page = opened(app, a_run(store, 1))
    moved = next(button for button in page.button if button.label == "Change the plan").click().run()
    assert not moved.exception
    assert moved.session_state["session"].plan == PLAN
    assert moved.session_state["session"].table.name == load_sample("abalone_9_vs_18").name


def test_a_run_that_would_always_fail_is_to_be_changed_and_not_resumed(app: AppTest, store: Store) -> None:
    run_id = a_run(store, 0)
    store.set_status(run_id, "refused", "Column 'when' cannot order rows.")
    page = opened(app, run_id)
    assert "cannot order rows" in page.error[0].value
    labels = [button.label for button in page.button]
    assert "Resume" not in labels
    moved = next(button for button in page.button if button.label == "Repeat with changes").click().run()
    assert moved.session_state["session"].plan == PLAN
    history = app.switch_page("pages/history.py").run()
    assert f"resume_{run_id}" not in {button.key for button in history.button}
    assert history.button(key=f"plan_{run_id}").label == "Repeat with changes"


def test_what_tuning_chose_is_shown_fold_by_fold(app: AppTest, store: Store) -> None:
    plan = replace(PLAN, tuning=TuningSettings(8))
    run_id = store.create(plan, load_sample("abalone_9_vs_18"), "Tuned")
    for fold in range(3):
        chosen = ("learning_rate=0.002", f"hidden_layers={8 * (fold + 1)}")
        results = [replace(result, tuned=chosen) for result in fold_results(fold, plan)]
        store.write_unit(run_id, f"r000-f{fold:03d}", results)
    store.set_status(run_id, "finished")
    page = view(opened(app, run_id), "training")
    shown = " ".join(element.value for element in page.markdown).replace("\\", "")
    assert "All 3 folds agree on learning rate; they differ on hidden layers (8 to 24)." in shown
    table = next(one.value for one in page.dataframe if "Setting" in one.value)
    assert list(table["Setting"]) == ["Learning rate", "Hidden layers"]
    assert list(table["Fold 3"]) == ["0.002", "24"]
    untuned = view(opened(app, a_run(store, 3)), "training")
    assert "Chosen settings" not in [element.value for element in untuned.subheader]
