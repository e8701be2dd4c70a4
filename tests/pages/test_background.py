"""Work on a finished run in the background: what ends it badly is one sentence, and what comes back is kept."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.data.samples import load_sample
from core.experiment.importance import Why
from core.experiment.memory import MemoryShortage
from core.runs.reasons import kept_why
from core.runs.store import Store
from core.training.lane import Stopped
from tests.pages.test_compare import a_run, opened
from tests.pages.test_views import view

SHORTAGE = MemoryShortage("plain needs about 9.0 GiB of memory for all rows of this table: take fewer rows.")
BUTTONS = {"why": "why_start", "more_rows": "curve_start", "next_file": "next_test"}


class Engine:
    """Promises what a test says, without a worker."""

    def __init__(self) -> None:
        self.promise: Future[object] = Future()
        self.stop: threading.Event | None = None

    def call(
        self, function: Callable[..., object], *arguments: object, stop: threading.Event | None = None
    ) -> Future[object]:
        del function, arguments
        self.stop = stop
        return self.promise


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    made = Engine()
    monkeypatch.setattr("pages._background.engine", lambda: made)
    return made


def started(app: AppTest, run: str, name: str) -> AppTest:
    page = view(opened(app, run), name)
    if name == "next_file":
        labelled = load_sample("abalone_9_vs_18").frame.iloc[:200].to_csv(index=False).encode()
        page = page.file_uploader[0].upload("may.csv", labelled, "text/csv").run()
    return page.button(key=BUTTONS[name]).click().run()


@pytest.mark.parametrize("name", BUTTONS)
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (SHORTAGE, "plain needs about 9.0 GiB of memory"),
        (ValueError("Input contains NaN"), "could not be .*: a value is missing or infinite"),
        (MemoryError(), "could not be .*: the memory did not suffice"),
    ],
)
def test_what_goes_wrong_is_one_sentence(
    app: AppTest, runs_folder: Path, engine: Engine, name: str, error: Exception, said: str
) -> None:
    engine.promise.set_exception(error)
    page = started(app, a_run(Store(runs_folder), 3), name)
    assert not page.exception
    (told,) = page.error
    assert re.search(said, told.value.replace("\\", ""))
    assert page.button(key=BUTTONS[name])


def test_it_is_kept_for_whoever_left_the_page(app: AppTest, runs_folder: Path, engine: Engine) -> None:
    store = Store(runs_folder)
    run = a_run(store, 3)
    working = started(app, run, "why")
    assert "Training networks" in " ".join(element.value for element in working.markdown)
    view(working, "classes")
    engine.promise.set_result(
        Why(("plain",), ("sex",), np.ones((1, 3)), np.full((1, 1, 3), 0.3), ((),), (np.zeros((3, 1, 0)),),
            np.zeros(0, np.int64), np.zeros((1, 0, 1)), ())
    )  # fmt: skip
    assert kept_why(store, run, 1, False) is not None


def test_it_is_cancelled_in_a_word(app: AppTest, runs_folder: Path, engine: Engine) -> None:
    working = started(app, a_run(Store(runs_folder), 3), "more_rows")
    engine.promise.set_running_or_notify_cancel()
    working = working.button(key="cancel_curve").click().run()
    assert engine.stop is not None
    assert engine.stop.is_set()
    engine.promise.set_exception(Stopped())
    stopped = working.run()
    assert not stopped.exception
    assert not stopped.error
    assert stopped.toast[0].value == "Stopped."
    assert stopped.button(key="curve_start")
