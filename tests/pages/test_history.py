"""The History page: every run with what can be done with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.briefs import Brief, brief_of, keep_brief, kept_brief
from core.decision.stakes import Stakes
from core.evaluation.comparison import compare
from core.plan import NetworkChoice
from core.runs.stakes import keep_stakes
from core.runs.store import Store
from pages._briefs import Desk
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
    asked = renamed.button(key=f"ask_{run_id}").click().run()
    assert not asked.exception
    assert [record.id for record in store.records()] == [run_id]
    kept = asked.button(key=f"keep_{run_id}").click().run()
    assert [record.id for record in store.records()] == [run_id]
    emptied = kept.button(key=f"ask_{run_id}").click().run().button(key=f"delete_{run_id}").click().run()
    assert not emptied.exception
    assert store.records() == ()


def test_the_plan_of_a_run_is_opened_for_a_new_one(app: AppTest, store: Store) -> None:
    run_id = a_run(store, 1)
    page = opened(app).button(key=f"plan_{run_id}").click().run()
    assert not page.exception
    assert page.session_state["session"].plan == PLAN
    assert page.title[0].value == "Strategies"


def test_the_whole_plan_can_be_read(app: AppTest, store: Store) -> None:
    a_run(store, 1)
    words = " ".join(element.value for element in opened(app).markdown).replace("\\", "")
    assert "Plain network, Class weights" in words
    assert "Network: MLP, learning rate 0.002" in words.replace("*", "")
    assert "3 folds, repeats 1, seed 0" in words


def test_two_runs_are_laid_side_by_side(app: AppTest, store: Store) -> None:
    other = replace(PLAN, networks=(NetworkChoice.of("mlp", dropout=0.2),), strategies=PLAN.strategies[::-1])
    first, second = a_run(store, 3), a_run(store, 2, plan=other)
    page = opened(app)
    page.selectbox(key="pair_first").set_value(first)
    page.selectbox(key="pair_second").set_value(second)
    page = page.pills(key="pair_metrics").set_value(["recall"]).run()
    assert not page.exception
    table = page.dataframe[-1].value
    assert list(table["Strategy"]) == ["Plain network", "Class weights"]
    recalls = {}
    for run_id, folds in ((first, 3), (second, 2)):
        found = compare(store.results(run_id), store.record(run_id).plan, ("9", "18"))
        assert found.folds == folds
        recalls[run_id] = [s.mean["recall"] for s in sorted(found.strategies, key=lambda s: s.key, reverse=True)]
    np.testing.assert_allclose(table["First"], recalls[first])
    np.testing.assert_allclose(table["Second"], recalls[second])
    np.testing.assert_allclose(table["Difference"], np.subtract(recalls[second], recalls[first]))
    said = " ".join(element.value for element in page.caption).replace("\\", "").replace("\u2060", "")
    assert "Their networks differ: MLP in the first, MLP (dropout=0.2) in the second." in said
    same = page.selectbox(key="pair_second").set_value(first).run()
    assert "two different runs" in same.info[0].value


def test_runs_are_a_table_to_search_with_what_each_recommends(app: AppTest, store: Store) -> None:
    first = a_run(store, 3)
    a_run(store, 0, "cancelled")
    store.rename(first, "Old shells")
    page = opened(app)
    table = page.dataframe[0].value.set_index("Run")
    assert table.loc["Old shells", "Rows"] == 731
    assert table.loc["Old shells", "Recommended"] in ("Plain network", "Class weights")
    record = store.record(first)
    found = compare(store.results(first), record.plan, record.classes)
    means = {round(float(s.mean["f1"]), 6) for s in found.strategies}
    assert round(float(table.loc["Old shells", "F1"]), 6) in means
    assert table["When"].str.contains(r"\d\d:\d\d \S+$").all()
    assert kept_brief(store, first) is not None
    searched = page.text_input(key="history_search").set_value("old weights").run()
    assert searched.dataframe[0].value["Run"].tolist() == ["Old shells"]
    nothing = searched.text_input(key="history_search").set_value("iris").run()
    assert "No run matches" in nothing.info[0].value


def test_what_a_run_recommends_follows_what_was_settled(app: AppTest, store: Store) -> None:
    run = a_run(store, 3)
    before = brief_of(store, run).headline
    said = [element.value.replace("\\", "").replace("\u2060", "") for element in opened(app).markdown]
    assert before.replace("`", "'") in said
    keep_stakes(store, run, Stakes(rule="one", threshold=0.9))
    after = brief_of(store, run).headline
    assert after != before
    said = [element.value.replace("\\", "").replace("\u2060", "") for element in opened(app).markdown]
    assert after.replace("`", "'") in said


def test_what_takes_longer_is_worked_out_in_the_background_and_kept(
    app: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = a_run(store, 3), a_run(store, 3)
    monkeypatch.setattr("pages._briefs._MOST_SECONDS", 0.0)
    monkeypatch.setattr("pages._briefs.Desk.is_busy", True)
    table = opened(app).dataframe[0].value
    assert table["Recommended"].tolist() == ["not worked out yet"] * 2
    monkeypatch.undo()
    desk, one = Desk(), store.record(first)
    desk.begin(store, [second, first])
    assert desk.work is not None
    desk.work.result(60)
    kept = kept_brief(store, first)
    assert kept is not None
    assert kept.strategy in ("Plain network", "Class weights")
    # Whatever is settled or computed anew later makes it old.
    assert keep_stakes(store, first, Stakes(rule="one", threshold=0.2))
    assert kept_brief(store, first) is None
    assert "at a probability of 0.20 or more" in keep_brief(store, first).headline
    store.write_unit(first, "repeat0_fold0", [r for r in store.results(first) if (r.repeat, r.fold) == (0, 0)])
    assert kept_brief(store, first) is None
    assert one.status == "finished"


def test_a_damaged_run_recommends_nothing_and_is_not_tried_for_ever(app: AppTest, store: Store) -> None:
    run_id = a_run(store, 1)
    a_run(store, 1)
    (store.folder(run_id) / "plan.json").write_text("{}")
    assert keep_brief(store, run_id) == Brief()
    desk = Desk()
    desk.work_out(store, run_id)
    assert desk.look(store, run_id) == Brief()
