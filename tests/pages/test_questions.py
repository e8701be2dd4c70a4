"""The views that answer questions: what they show is what the library says."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.asking import ask, results_of
from core.runs.store import Store
from tests.pages.test_compare import a_run, captions, opened
from tests.pages.test_views import frame, view


@pytest.fixture
def run(runs_folder: Path) -> str:
    return a_run(Store(runs_folder), 3)


def said(page: AppTest) -> str:
    return " ".join(element.value for element in page.markdown).replace("\\", "")


def test_a_promise_on_recall(app: AppTest, run: str, runs_folder: Path) -> None:
    page = view(opened(app, run), "promise")
    answer = ask(results_of(Store(runs_folder), run), "promise")
    assert answer.sentences[1].replace("`", "'") in said(page)
    assert frame(page, "Strategy")["Threshold"].tolist() == pytest.approx(answer.table["Threshold"].tolist())
    refused = page.number_input(key="promise_recall").set_value(99.0).run()
    assert not refused.exception
    assert "takes 299 positive rows" in said(refused)
    assert "chosen beforehand" in captions(refused)
