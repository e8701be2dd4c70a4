"""The Export page: refit, download, and new rows scored."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.api import run
from core.data.samples import load_sample
from core.evaluation.comparison import compare
from core.plan import NetworkChoice, Plan, SplitSettings, StrategyChoice, TrainingSettings
from core.runs.store import Store
from pages._services import engine
from tests.pages.conftest import APP

PLAN = Plan(
    "rings",
    (StrategyChoice.of("plain"), StrategyChoice.of("threshold_f1"), StrategyChoice.of("logistic")),
    networks=(NetworkChoice.of("mlp", hidden_layers=(8,)),),
    training=TrainingSettings(epochs=4),
    split=SplitSettings(folds=2),
)


@pytest.fixture(scope="module")
def run_id(runs_folder: Path) -> str:
    return run(load_sample("abalone_9_vs_18"), PLAN, runs=runs_folder, name="Shells", progress=False).run_id


def opened(app: AppTest, run_id: str, strategy: str = "") -> AppTest:
    page = app.switch_page("pages/export.py")
    page.query_params["run"] = run_id
    if strategy:
        page.query_params["strategy"] = strategy
    page = page.run()
    assert not page.exception
    return page


def words(page: AppTest) -> str:
    elements = (*page.markdown, *page.caption, *page.warning, *page.error, *page.info)
    return " ".join(element.value for element in elements).replace("\\", "").replace("\u2060", "")


def refitted(page: AppTest) -> AppTest:
    """Press Refit and wait for the training process."""
    page = next(button for button in page.button if button.label == "Train on all rows").click().run()
    began = time.monotonic()
    while not page.file_uploader:
        assert time.monotonic() - began < 300, words(page)
        assert not page.exception
        time.sleep(0.5)
        page = page.run()
    return page


@pytest.fixture
def kept(app: AppTest, run_id: str) -> AppTest:
    page = opened(app, run_id, "threshold_f1")
    return page if page.file_uploader else refitted(page)


def upload(page: AppTest, csv: str) -> AppTest:
    after = page.file_uploader[0].upload("new.csv", csv.encode(), "text/csv").run()
    assert not after.exception
    return after


def test_without_a_run_the_page_says_what_to_do(app: AppTest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COUNTERWEIGHT_RUNS", str(tmp_path))
    page = app.switch_page("pages/export.py").run()
    assert "Nothing to export yet" in words(page)


def test_the_best_by_f1_is_chosen_and_a_reference_is_not_offered(app: AppTest, runs_folder: Path, run_id: str) -> None:
    store = Store(runs_folder)
    page = opened(app, run_id)
    found = compare(store.results(run_id), PLAN, store.record(run_id).classes)
    best = max(found.strategies[:2], key=lambda s: float(s.mean["f1"]))
    assert page.selectbox[1].value.key == best.key
    page = page.selectbox[1].select_index(2).run()
    assert "scikit-learn model" in words(page)
    assert [button.disabled for button in page.button if button.label == "Train on all rows"] == [True]


def test_either_of_two_runs_of_one_name_and_minute_can_be_chosen(app: AppTest, runs_folder: Path) -> None:
    plan = replace(PLAN, strategies=PLAN.strategies[:1], training=TrainingSettings(epochs=1))
    table = load_sample("abalone_9_vs_18")
    ids = [run(table, plan, runs=runs_folder, name="Twice", progress=False).run_id for _ in range(2)]
    page = opened(app, ids[0])
    for chosen in reversed(ids):
        page = page.selectbox[0].select(chosen).run()
        assert page.selectbox[0].value == chosen


def test_a_refitted_model_can_be_downloaded_and_is_found_again(kept: AppTest, run_id: str) -> None:
    assert "`model.onnx`" in words(kept)
    assert "called '18' at a probability of" in words(kept)
    assert len(kept.get("download_button")) == 1
    again = opened(AppTest.from_file(str(APP), default_timeout=60).run(), run_id, "threshold_f1")
    assert again.file_uploader


def test_new_rows_come_back_scored_with_their_drift(kept: AppTest) -> None:
    frame = load_sample("abalone_9_vs_18").frame.drop(columns="rings")
    page = upload(kept, frame.assign(length=frame["length"] + 0.5).to_csv(index=False))
    assert "731 rows scored" in words(page)
    scored, drift = page.dataframe[0].value, page.dataframe[1].value
    assert list(scored.columns[:2]) == ["decision", "probability 18"]
    assert scored["probability 18"].between(0, 1).all()
    assert list(drift["Column"][drift["Verdict"] == "drifted"]) == ["length"]
    assert "1 of 8 columns drifted: length" in words(page)
    assert len(page.get("download_button")) == 2


def test_renamed_columns_are_asked_for(kept: AppTest) -> None:
    frame = load_sample("abalone_9_vs_18").frame.drop(columns=["rings", "height"])
    page = upload(kept, frame.rename(columns={"length": "Length"}).assign(colour="red").to_csv(index=False))
    assert "The file lacks" in words(page)
    asked = [box for box in page.selectbox if box.label.startswith("Take")]
    assert len(asked) == 2
    assert "is it Length" in asked[0].label
    before = page.dataframe[0].value["probability 18"]
    page = asked[0].select("Length").run()
    assert not page.exception
    assert not np.allclose(page.dataframe[0].value["probability 18"], before)


def test_a_file_that_is_no_table_is_refused_in_a_sentence(kept: AppTest) -> None:
    assert "none of the model's columns" in words(upload(kept, "a,b\n1,2\n3,4"))
    assert "empty" in words(upload(kept, ""))


def test_the_engine_runs_a_function_beside_the_runs() -> None:
    work = engine()
    assert work.call(math.hypot, 3.0, 4.0).result(300) == 5.0
    with pytest.raises(ValueError, match=r"math domain error|expected a"):
        work.call(math.sqrt, -1.0).result(300)
