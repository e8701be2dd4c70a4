"""The views that answer questions: what they show is what the library says."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.asking import ask, results_of
from core.runs.labels import checked_rows
from core.runs.store import Store
from tests.pages.test_compare import a_run, captions, opened
from tests.pages.test_views import frame, view


@pytest.fixture
def run(runs_folder: Path) -> str:
    return a_run(Store(runs_folder), 3)


def said(page: AppTest) -> str:
    return " ".join(element.value for element in page.markdown).replace("\\", "").replace("\u2060", "")


def test_a_promise_on_recall(app: AppTest, run: str, runs_folder: Path) -> None:
    page = view(opened(app, run), "promise")
    answer = ask(results_of(Store(runs_folder), run), "promise")
    assert answer.sentences[1].replace("`", "'") in said(page)
    assert frame(page, "Strategy")["Threshold"].tolist() == pytest.approx(answer.table["Threshold"].tolist())
    refused = page.number_input(key="promise_recall").set_value(99.0).run()
    assert not refused.exception
    assert "takes 299 positive rows" in said(refused)
    assert "chosen beforehand" in captions(refused)


def test_net_benefit(app: AppTest, run: str, runs_folder: Path) -> None:
    page = view(opened(app, run), "net_benefit")
    results = results_of(Store(runs_folder), run)
    assert ask(results, "net_benefit").sentences[0] in said(page)
    moved = page.number_input(key="net_benefit_at").set_value(30.0).run()
    assert not moved.exception
    answer = ask(results, "net_benefit", threshold=0.3)
    assert answer.sentences[0] in said(moved)
    assert frame(moved, "Strategy")["Net benefit"].tolist() == pytest.approx(answer.table["Net benefit"].tolist())
    assert "taken at their word" in captions(moved)
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
