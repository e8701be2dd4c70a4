"""The Ranking page: several tables chosen, run and ranked."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from benchmarks.card_fraud import make
from core.data.samples import load_sample
from core.data.table import from_frame
from core.data.target import encode_target
from core.experiment.results import FoldResult
from core.networks.presets import NETWORK_PRESETS
from core.plan import NetworkChoice, Plan, SplitSettings, StrategyChoice, TrainingSettings
from core.runs.ranking import Entry, RankedRuns, create, find
from core.runs.store import Store
from core.strategies.presets import PRESETS
from pages._session import Session

KEYS = ("plain", "class_weight", "smotenc")
PLAN = Plan("", tuple(StrategyChoice.of(key) for key in KEYS), split=SplitSettings(folds=2))
TABLES = (
    Entry(load_sample("abalone_9_vs_18"), "rings"),
    Entry(load_sample("german_credit"), "creditability"),
    Entry(load_sample("yeast"), "site"),
)


@pytest.fixture
def store(runs_folder: Path) -> Store:
    store = Store(runs_folder)
    for record in store.records():
        store.delete(record.id)
    return store


def fill(store: Store, runs: RankedRuns, without: tuple[str, str] | None = None) -> None:
    """Give every table results in which the plain network is right most often, smotenc least."""
    for record, entry in zip(runs.records, TABLES, strict=False):
        target = encode_target(entry.table, entry.target)
        n, n_classes = len(target.codes), len(target.classes)
        for fold in range(2):
            results = []
            for place, choice in enumerate(record.plan.strategies):
                rows = np.arange(fold, n, 2)
                wrong = np.random.default_rng(fold).random(len(rows)) < 0.1 + 0.15 * place
                decided = np.where(wrong, (target.codes[rows] + 1) % n_classes, target.codes[rows])
                sure = np.full((len(rows), n_classes), 0.1 / (n_classes - 1), np.float32)
                sure[np.arange(len(rows)), decided] = 0.9
                result = FoldResult(
                    choice.key, 0, fold, rows, target.codes[rows], sure, decided, None, target.counts, 0.1, 1
                )
                if without == (record.table_name, choice.key):
                    empty = np.zeros(0, np.int64)
                    result = replace(
                        result, error="It needs categories.", test_rows=empty, y_true=empty, decisions=empty,
                        probabilities=np.zeros((0, n_classes), np.float32),
                    )  # fmt: skip
                results.append(result)
            store.write_unit(record.id, f"r000-f{fold:03d}", results)
        store.set_status(record.id, "finished")


def opened(app: AppTest, ranking_id: str | None = None) -> AppTest:
    page = app.switch_page("pages/ranking.py")
    if ranking_id is not None:
        page.query_params["ranking"] = ranking_id
    page = page.run()
    assert not page.exception
    return page


def words(page: AppTest) -> str:
    parts = (*page.markdown, *page.caption, *page.info, *page.warning, *page.error)
    return shown(" ".join(element.value for element in parts))


def shown(text: str) -> str:
    """Return Markdown without what keeps its characters from acting."""
    return text.replace("\\", "").replace("\u2060", "")


def test_two_tables_are_needed(app: AppTest, store: Store) -> None:
    page = opened(app)
    assert re.search(
        r"Add at least two tables\. .* clear on fewer than \d+ tables, however large it is\. You", words(page)
    )
    assert next(button for button in page.button if button.label == "Run ranking").disabled
    page = page.button(key="add_abalone_9_vs_18").click().run()
    assert page.button(key="add_abalone_9_vs_18").disabled
    assert "1 in 17 rows is '18'" in words(page)
    page = page.button(key="add_german_credit").click().run()
    assert not next(button for button in page.button if button.label == "Run ranking").disabled
    page = page.button(key="remove_0").click().run()
    assert "Abalone" not in words(page)


def test_uploads_are_read_and_one_that_cannot_be_is_named(app: AppTest, store: Store) -> None:
    page = opened(app)
    rows = "a,b,class\n" + "".join(f"{i},{i % 7},{'yes' if i % 5 == 0 else 'no'}\n" for i in range(60))
    page = page.file_uploader(key="ranking_upload_0").set_value(
        [("good.csv", rows.encode(), "text/csv"), ("empty *one*.csv", b"", "text/csv")]
    )
    page = page.run()
    assert not page.exception
    assert "**good.csv** · 60 rows, 3 columns" in words(page)
    assert "empty *one*.csv is left out: " in words(page)
    target = next(box for box in page.selectbox if box.label == "Target")
    assert target.value == "class"
    page = target.set_value("a").run()
    assert "good.csv is left out: " in page.error[-1].value.replace("\\", "")
    page = page.button(key="clear_problems").click().run()
    assert "empty" not in words(page)


def test_a_preset_leaves_out_what_is_slow_on_a_table_and_one_s_own_choice_does_not(app: AppTest, store: Store) -> None:
    large = Entry(from_frame(make(20_000, 400), name="cards.csv"), "Class")
    own = tuple(StrategyChoice.of(name) for name in ("plain", "smote_enn"))
    app.session_state["session"] = Session(TABLES[0].table, replace(PLAN, target="rings", strategies=own))
    app.session_state["ranking_tables"] = (TABLES[0], large)
    page = opened(app)
    page = page.number_input(key="ranking_folds").set_value(5).run()
    page = page.number_input(key="ranking_repeats").set_value(100).run()
    assert "2 tables × 2 strategies × 5 folds" in words(page)
    assert "takes long" not in words(page)
    page = page.selectbox(key="ranking_strategies").set_value("Classics").run()
    assert not page.exception
    assert "SMOTE-ENN (about " in words(page)
    assert " on cards.csv)" in words(page)
    quick = len(PRESETS["Classics"]) - words(page).count(" on cards.csv)")
    assert f"2 tables × {quick} strategies × 5 folds" in words(page)


def test_its_network_is_chosen_here_and_trained_as_long_as_suits_the_largest_table(
    app: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.runs.engine.Engine.submit", lambda engine, run_id: None)  # what is planned is enough
    app.session_state["ranking_tables"] = TABLES
    page = opened(app)
    strong = NETWORK_PRESETS[2]
    page = page.selectbox(key="ranking_network").set_value(strong.name).run()
    assert not page.exception
    page = next(button for button in page.button if button.label == "Run ranking").click().run()
    runs = find(store, page.query_params["ranking"])
    plans = [record.plan for record in runs.records]
    assert {plan.networks for plan in plans} == {(strong.network,)}
    assert {plan.training for plan in plans} == {strong.training_on(949)}  # of 1,484 rows, the folds' training part


def test_a_quick_ranking_is_trained_and_ranked(app: AppTest, store: Store) -> None:
    plan = replace(
        PLAN, networks=(NetworkChoice.of("mlp", hidden_layers=(4,)),), training=TrainingSettings(epochs=2, patience=0)
    )
    app.session_state["session"] = Session(TABLES[0].table, replace(plan, target="rings"))
    app.session_state["ranking_tables"] = TABLES[1:]
    app.session_state["ranking_problems"] = ("odd.csv is left out: it is empty.",)
    page = opened(app)
    page = next(button for button in page.button if button.label == "Run ranking").click().run()
    assert not page.exception
    runs = find(store, page.query_params["ranking"])
    assert runs.left_out == ("odd.csv is left out: it is empty.",)
    deadline = time.monotonic() + 240
    while find(store, runs.id).active:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    ends = [(record.status, record.message) for record in find(store, runs.id).records]
    assert ends == [("finished", "")] * 2
    page = page.run()
    assert not page.exception
    text = words(page)
    assert "odd.csv is left out" in text
    assert "SMOTENC has no result over all folds on Yeast proteins" in text
    assert "best mean rank on F1" in text
    assert "There is no test of these ranks" in text


def test_a_finished_ranking_is_ranked_tested_and_downloaded(app: AppTest, store: Store) -> None:
    runs = create(store, PLAN, TABLES)
    fill(store, runs)
    page = opened(app, runs.id)
    text = words(page)
    assert shown(page.title[0].value) == "3 tables × 3 strategies"
    assert "Plain network has the best mean rank on F1, 1.00 over 3 tables." in text
    assert "3 tables are too few to tell two strategies apart" in text
    assert len(page.get("plotly_chart")) == 2
    table = page.dataframe[0].value
    assert table["Strategy"].tolist() == ["Plain network", "Class weights", "SMOTENC"]
    assert table["Mean rank"].tolist() == [1, 2, 3]
    assert page.dataframe[1].value["p"].tolist() == [0.25] * 3
    assert len(page.get("download_button")) == 3
    assert r"\toprule" in page.code[0].value
    lower = page.selectbox(key="ranking_metric").set_value("brier").run()
    assert not lower.exception
    assert "best mean rank on Brier score, 1.00" in words(lower)


def test_a_strategy_that_failed_takes_its_table_out_until_it_is_left_out(app: AppTest, store: Store) -> None:
    runs = create(store, PLAN, TABLES)
    fill(store, runs, without=("Abalone", "smotenc"))
    page = opened(app, runs.id)
    assert "Ranked on 2 of 3 tables: SMOTENC has no result over all folds on Abalone." in words(page)
    assert "on Abalone: It needs categories." in words(page)
    page = page.multiselect(key="ranking_without").set_value(["smotenc"]).run()
    assert "Ranked on" not in words(page)
    assert "at least 3 strategies (there are 2)" in words(page)
    nothing = page.multiselect(key="ranking_without").set_value(list(KEYS)).run()
    assert not nothing.exception
    assert "at least one strategy" in words(nothing)


def test_progress_is_shown_table_by_table_and_stopped_tables_can_be_resumed(app: AppTest, store: Store) -> None:
    runs = create(store, PLAN, TABLES)
    fill(store, runs)
    last = runs.records[2].id
    store.set_status(last, "running")
    with store.hold(last):
        page = opened(app, runs.id)
        assert "Figures after 2 of 3 tables" in words(page)
        assert page.button(key="cancel_ranking")
        bars = [element.proto.text.replace("\\", "") for element in page.get("progress")]
        assert bars[:2] == ["Abalone: finished", "German credit: finished"]
        assert bars[2].startswith("Yeast proteins: Fold ")
    store.set_status(last, "cancelled")
    page = page.run()
    assert "Yeast proteins: cancelled. 2 of 2 folds are kept." in words(page)
    assert page.button(key="resume_ranking")


def test_rankings_are_found_again(app: AppTest, store: Store) -> None:
    runs = create(store, PLAN, TABLES, name="<script>*Mine*</script>")
    fill(store, runs)
    page = opened(app)
    assert "<script>*Mine*</script>" in words(page)
    page = page.button(key=f"open_ranking_{runs.id}").click().run()
    assert page.query_params["ranking"] == runs.id
    assert shown(page.title[0].value) == "<script>*Mine*</script>"
    history = app.switch_page("pages/history.py").run()
    moved = history.button(key=f"ranking_{runs.records[0].id}").click().run()
    assert not moved.exception
    assert shown(moved.title[0].value) == "<script>*Mine*</script>"


def test_an_unknown_ranking_is_said(app: AppTest, store: Store) -> None:
    page = opened(app, "../../etc")
    assert "no ranking at this address" in words(page)
    assert page.title[0].value == "Ranking"


def test_the_former_address_leads_to_the_ranking(app: AppTest, store: Store) -> None:
    ranked = create(store, PLAN, TABLES, name="Mine")
    page = app.switch_page("pages/benchmark.py")
    assert page.run().title[0].value == "Ranking"
    page = app.switch_page("pages/benchmark.py")
    page.query_params["benchmark"] = ranked.id
    page = page.run()
    assert not page.exception
    assert page.title[0].value == "Mine"
