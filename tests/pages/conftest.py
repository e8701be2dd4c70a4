"""Pages run as a person's browser would run them, with runs in a folder of their own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

APP = Path(__file__).resolve().parents[2] / "app.py"


@pytest.fixture(scope="session", autouse=True)
def runs_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep the runs of these tests apart; one folder, so one engine."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COUNTERWEIGHT_RUNS", str(folder))
        yield folder


@pytest.fixture(scope="session", autouse=True)
def packages_looked_through_once() -> Iterator[None]:
    """Let every run of a page find the same components, as one server does: AppTest looks anew in each run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture
def app() -> AppTest:
    """Return the app as it opens."""
    opened = AppTest.from_file(str(APP), default_timeout=60).run()
    assert not opened.exception
    return opened


@pytest.fixture
def abalone(app: AppTest) -> AppTest:
    """Return the app with the abalone sample chosen."""
    chosen = app.button(key="sample_abalone_9_vs_18").click().run()
    assert not chosen.exception
    return chosen
