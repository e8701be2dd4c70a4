"""The views that answer questions: what they show is what the library says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.asking import ask, results_of
from core.data.samples import load_sample
from core.decision.costs import Costs
from core.decision.stakes import Stakes
from core.evaluation.metrics import METRIC_NAMES
from core.experiment.fewer_rows import LearningCurve
from core.experiment.importance import Why
from core.next_file import read_next
from core.runs.labels import checked_rows
from core.runs.looks import keep_look
from core.runs.reasons import keep_curve, keep_why
from core.runs.stakes import keep_stakes, stakes_of
from core.runs.store import Store
from core.settings import CapacitySettings
from tests.pages.conftest import APP
from tests.pages.test_compare import a_run, captions, fold_results, opened
from tests.pages.test_views import frame, view


@pytest.fixture
def run(runs_folder: Path) -> str:
    return a_run(Store(runs_folder), 3)


def said(page: AppTest) -> str:
    return " ".join(element.value for element in page.markdown).replace("\\", "").replace("\u2060", "")


def test_a_promise_on_recall(app: AppTest, run: str, runs_folder: Path) -> None:
    page = view(opened(app, run), "promise")
    assert "learn?term=promise" in page.number_input(key="promise_recall").help
    answer = ask(results_of(Store(runs_folder), run), "promise")
    assert answer.sentences[1].replace("`", "'") in said(page)
    assert frame(page, "Strategy")["Threshold"].tolist() == pytest.approx(answer.table["Threshold"].tolist())
    refused = page.number_input(key="promise_recall").set_value(99.0).run()
    assert not refused.exception
    assert "takes 299 positive rows" in said(refused)


def test_net_benefit(app: AppTest, run: str, runs_folder: Path) -> None:
    page = view(opened(app, run), "net_benefit")
    assert "learn?term=net_benefit" in page.number_input(key="net_benefit_at").help
    results = results_of(Store(runs_folder), run)
    assert ask(results, "net_benefit").sentences[0] in said(page)
    moved = page.number_input(key="net_benefit_at").set_value(30.0).run()
    assert not moved.exception
    answer = ask(results, "net_benefit", threshold=0.3)
    assert answer.sentences[0] in said(moved)
    assert frame(moved, "Strategy")["Net benefit"].tolist() == pytest.approx(answer.table["Net benefit"].tolist())
    assert "Probabilities are used as they are" in captions(moved)
    corrected = moved.toggle(key="net_benefit_corrected").set_value(True).run()
    assert "are corrected" in captions(corrected)


def test_capacity(app: AppTest, run: str, runs_folder: Path) -> None:
    page = view(opened(app, run), "capacity")
    results = results_of(Store(runs_folder), run)
    assert ask(results, "capacity").sentences[0].replace("`", "'") in said(page)
    moved = page.number_input(key="capacity_rows").set_value(100.0).run()
    assert not moved.exception
    assert frame(moved, "Strategy")["Found"].tolist() == pytest.approx(
        ask(results, "capacity", rows=100.0).table["Found"].tolist()
    )
    too_many = moved.number_input(key="capacity_rows").set_value(5000.0).run()
    assert "choose 1,000 or fewer" in too_many.info[0].value


def test_labels_are_doubted_checked_and_left_out(app: AppTest, run: str, runs_folder: Path) -> None:
    store = Store(runs_folder)
    page = view(opened(app, run), "errors")
    answer = ask(results_of(store, run), "suspects")
    assert answer.sentences[0].replace("`", "'") in said(page)
    assert len(answer.table) > 0
    marked = page.button(key="check").click().run()
    assert not marked.exception
    assert checked_rows(store, run) == {row - 1 for row in answer.table["Row"]}
    assert "No label stands out as wrong." in said(marked)
    again = marked.button(key="uncheck").click().run()
    assert checked_rows(store, run) == frozenset()
    started = again.button(key="run_without").click().run()
    assert not started.exception
    newest = store.records()[0]
    assert newest.name == f"Shells, without {len(answer.table)} doubted rows"
    assert len(store.table(newest.id).frame) == 731 - len(answer.table)


def test_for_whom(app: AppTest, run: str, runs_folder: Path) -> None:
    page = view(opened(app, run), "slices")
    results = results_of(Store(runs_folder), run)
    assert ask(results, "slices").sentences[0] in said(page)
    by_sex = page.selectbox(key="slices_column").set_value("sex").run()
    assert not by_sex.exception
    answer = ask(results, "slices", column="sex")
    assert answer.sentences[0].replace("`", "'") in said(by_sex)
    assert frame(by_sex, "Slice")["Recall"].tolist() == pytest.approx(answer.table["Recall"].tolist(), nan_ok=True)
    both = by_sex.selectbox(key="slices_second").set_value("height").run()
    assert not both.exception
    assert len(frame(both, "Slice")) > len(answer.table)


def test_stakes_stay_with_the_run_and_in_the_address(app: AppTest, run: str, runs_folder: Path) -> None:
    store = Store(runs_folder)
    page = view(opened(app, run), "threshold")
    page = page.segmented_control(key="threshold_rule").set_value("one").run()
    page = page.slider(key="threshold").set_value(0.2).run()
    page = page.number_input(key="field_share").set_value(2.0).run()
    assert not page.exception
    kept = stakes_of(store, run)
    assert (kept.rule, kept.threshold, kept.costs.prevalence) == ("one", 0.2, 0.02)
    assert page.query_params["at"] in ("0.2", ["0.2"])
    assert page.query_params["field"] in ("0.02", ["0.02"])
    answer = ask(results_of(store, run), "costs", stakes=kept)
    assert answer.sentences[0] in said(page)
    elsewhere = view(page, "classes")
    back = view(elsewhere, "threshold")
    assert back.slider(key="threshold").value == 0.2
    assert back.number_input(key="field_share").value == 2.0
    assert stakes_of(store, run) == kept


def test_the_recommendation_follows_what_is_settled_at_once(app: AppTest, run: str, runs_folder: Path) -> None:
    page = view(opened(app, run), "threshold")
    before = page.expander[0].label
    page = page.segmented_control(key="threshold_rule").set_value("one").run()
    page = page.slider(key="threshold").set_value(0.9).run()
    assert not page.exception
    advice = results_of(Store(runs_folder), run).advice
    assert advice is not None
    assert page.expander[0].label != before
    assert page.expander[0].label.replace("\\", "").replace("\u2060", "") == advice.headline.replace("`", "'")
    page = view(page, "capacity").number_input(key="capacity_rows").set_value(200.0).run()
    assert not page.exception
    kept = stakes_of(Store(runs_folder), run)
    assert (kept.threshold, kept.capacity) == (0.9, CapacitySettings(200))


@pytest.mark.parametrize("name", ["errors", "slices", "classes", "pairs"])
def test_a_view_that_counts_decisions_follows_the_settled_rule_and_says_so(
    app: AppTest, run: str, runs_folder: Path, name: str
) -> None:
    stakes, store = Stakes(rule="one", threshold=0.97), Store(runs_folder)
    own = said(view(opened(app, run), name)) if name != "pairs" else ""
    assert keep_stakes(store, run, stakes)
    page = view(opened(app, run), name)
    assert not page.exception
    assert stakes.decided_by in captions(page)
    if name != "pairs":
        assert said(page) != own
    if name == "errors":
        answer = ask(results_of(store, run), "errors")
        assert sorted(frame(page, "Row")["Row"]) == sorted(answer.table["Row"])
    page = view(page, "overview")
    assert stakes.beside_metrics in captions(page)
    assert page.button(key="step_threshold").label == "Try another threshold"


def test_a_link_with_stakes_settles_them(app: AppTest, run: str, runs_folder: Path) -> None:
    page = opened(app, run, view="Threshold", costs="0,1,50,0", decide="cheapest")
    assert not page.exception
    kept = stakes_of(Store(runs_folder), run)
    assert (kept.rule, kept.costs.matrix) == ("cheapest", ((0.0, 1.0), (50.0, 0.0)))


def test_costs_by_row(app: AppTest, run: str, runs_folder: Path) -> None:
    page = view(opened(app, run), "threshold")
    page = page.segmented_control(key="threshold_rule").set_value("rows").run()
    assert "No cost reads a column" in page.error[0].value
    assert "or 0.5*amount+3." in captions(page)  # whole
    page = page.text_input(key="row_cost_miss").set_value("10*length+1").run()
    assert not page.exception
    assert not page.error
    kept = stakes_of(Store(runs_folder), run)
    assert kept.row_costs is not None
    assert kept.row_costs.miss.written() == "10*length+1"
    assert set(frame(page, "Strategy")["Decided by"]) > {"Row by row"}
    wrong = page.text_input(key="row_cost_miss").set_value("sex").run()
    assert "holds no numbers" in wrong.info[0].value


def test_another_rule_forgets_no_costs(app: AppTest, run: str, runs_folder: Path) -> None:
    """Costs belong to the run: those by row count under every rule, until the person sets them aside."""
    store = Store(runs_folder)
    assert keep_stakes(store, run, Stakes(Costs(((0.0, 1.0), (25.0, 0.0)))))
    page = view(opened(app, run), "threshold")
    page = page.segmented_control(key="threshold_rule").set_value("rows").run()
    page = page.text_input(key="row_cost_miss").set_value("10*length+1").run()
    by_row = stakes_of(store, run).row_costs
    assert by_row is not None
    for rule in ("own", "one", "cheapest"):
        page = page.segmented_control(key="threshold_rule").set_value(rule).run()
        assert not page.exception
        kept = stakes_of(store, run)
        assert (kept.rule, kept.by_row) == (rule, by_row)
        assert page.text_input(key="row_cost_miss").value == "10*length+1"
        assert not [one for one in page.dataframe if str(one.key).startswith("costs_")]
        answer = ask(results_of(store, run), "costs", stakes=kept)
        assert answer.sentences[0] in said(page)
        worth = dict(zip(answer.table["Strategy"], answer.table["Cost"], strict=True))
        if rule != "cheapest":  # by the rows of all other folds there, by these very rows here
            above = frame(page, "Strategy")
            assert above["Cost"].tolist() == pytest.approx(
                [worth[name.removeprefix("► ")] for name in above["Strategy"]]
            )
    page = page.segmented_control(key="cost_kind").set_value("Costs").run()
    assert not page.exception
    kept = stakes_of(store, run)
    assert (kept.row_costs, kept.by_row, kept.costs.matrix) == (by_row, None, ((0.0, 1.0), (25.0, 0.0)))
    assert "ideal threshold" in captions(page)
    again = opened(AppTest.from_file(str(APP), default_timeout=60).run(), run, view="threshold")
    again = again.segmented_control(key="threshold_rule").set_value("rows").run()
    assert stakes_of(store, run).by_row == by_row
    assert again.text_input(key="row_cost_miss").value == "10*length+1"


def test_costs_turn_into_benefits_and_back_and_nothing_typed_is_lost(app: AppTest, run: str, runs_folder: Path) -> None:
    store, typed = Store(runs_folder), ((0.0, 5.0), (120.0, 5.0))
    assert keep_stakes(store, run, Stakes(Costs(typed)))
    page = view(opened(app, run), "threshold")
    before = ask(results_of(store, run), "costs").table["Saved against nobody"].tolist()
    page = page.segmented_control(key="cost_kind").set_value("Benefits").run()
    assert not page.exception
    kept = stakes_of(store, run).costs
    assert (kept.benefits, kept.matrix) == (True, ((5.0, 0.0), (0.0, 115.0)))
    assert ask(results_of(store, run), "costs").table["Saved against nobody"].tolist() == pytest.approx(before)
    page = page.run()
    page = page.segmented_control(key="cost_kind").set_value("Costs").run()
    assert stakes_of(store, run).costs == Costs(typed)
    page = page.segmented_control(key="cost_kind").set_value("Benefits").run()
    page = page.segmented_control(key="cost_kind").set_value("Costs by row").run()
    assert page.text_input(key="row_cost_miss").value == "120"
    assert page.text_input(key="row_cost_alarm").value == "5"


def test_the_next_file_is_read_and_what_was_seen_is_said(app: AppTest, run: str, runs_folder: Path) -> None:
    page = view(opened(app, run), "next_file")
    frame_of = load_sample("abalone_9_vs_18").frame
    unlabelled = frame_of.drop(columns="rings").head(50).to_csv(index=False).encode()
    refused = page.file_uploader[0].upload("may.csv", unlabelled, "text/csv").run()
    assert not refused.exception
    assert "lacks the label" in refused.error[0].value
    other = frame_of.rename(columns={"length": "Length mm"}).head(50).to_csv(index=False).encode()
    asked = refused.file_uploader[0].upload("june.csv", other, "text/csv").run()
    box = next(one for one in asked.selectbox if "rename_" in str(one.key))
    assert "Take length from" in box.label
    chosen = box.set_value("Length mm").run()
    assert not chosen.exception
    assert not any("lacks" in one.value for one in chosen.warning)
    # Kept as a test leaves it, so that nothing has to be trained: the page looks it up, and counts the look.
    labelled = frame_of.iloc[:200].to_csv(index=False).encode()
    results = results_of(Store(runs_folder), run)
    file = read_next(labelled, "may.csv", results.problem)
    p = np.column_stack([np.full(200, 0.9), np.full(200, 0.1)]).astype(np.float32)
    tested = [
        replace(one, fold=0, test_rows=np.arange(200), y_true=file.codes, probabilities=p, decisions=p.argmax(1))
        for one in fold_results(0)
    ]
    keep_look(Store(runs_folder), run, file.digest, "may.csv", tested)
    again = refused.file_uploader[0].upload("may.csv", labelled, "text/csv").run()
    assert "tested on before" in again.info[0].value
    shown = again.button(key="next_test").click().run()
    assert not shown.exception
    assert "look number 2" in said(shown)
    assert frame(shown, "Strategy")["Here"].notna().any()
    assert len(frame(shown, "Column")) == 8


def test_why_is_worked_out_on_demand_and_shown_from_what_is_kept(app: AppTest, run: str, runs_folder: Path) -> None:
    store = Store(runs_folder)
    page = view(opened(app, run), "why")
    assert page.button(key="why_start").label == "Work it out"
    keys = tuple(choice.key for choice in store.record(run).plan.strategies)
    effect = np.zeros((3, 2, 2))
    why = Why(
        keys, ("length", "sex"), np.ones((2, 3)), np.full((2, 2, 3), [[[0.3]], [[0.1]]]), (("0.1", "0.9"), ("F", "M")),
        (effect, effect), np.array([4]), np.full((2, 1, 2), 0.2), ("Trained anew on 3 folds of 3.",),
    )  # fmt: skip
    keep_why(store, run, 1, False, why)
    shown = view(opened(app, run), "why")
    assert "Permuting 'length' costs most" in said(shown)
    assert frame(shown, "Column")["Lost"].max() == pytest.approx(0.3)
    assert "Trained anew on 3 folds of 3." in captions(shown)
    assert any("Push" in one.value.columns for one in shown.dataframe)


def test_more_rows_are_offered_with_their_seconds_and_shown_from_what_is_kept(
    app: AppTest, run: str, runs_folder: Path
) -> None:
    store = Store(runs_folder)
    first = opened(app, run)
    page = first.button(key="step_rows").click().run()
    assert page.button(key="curve_start").label.startswith("Work it out, ")
    strategy = page.selectbox(key="curve_strategy").value
    rows = np.array([[50.0, 5.0], [100.0, 10.0], [200.0, 20.0]])
    scores = np.repeat(np.array([0.5, 0.6, 0.66])[:, None, None], 3, axis=1) + np.linspace(0, 0.01, 3)[:, None]
    curve = LearningCurve(strategy, rows, tuple(METRIC_NAMES), np.repeat(scores, len(METRIC_NAMES), axis=2))
    keep_curve(store, run, strategy, curve)
    shown = view(opened(app, run), "more_rows")
    assert "would be needed" in said(shown)
    assert frame(shown, "Training rows")["Training rows"].tolist() == [55, 110, 220]
    assert not view(opened(app, run), "report").exception
