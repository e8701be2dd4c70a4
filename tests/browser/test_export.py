"""From a finished run to a model on disk and a second file scored, in Chromium."""

from __future__ import annotations

import csv
import json
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from selenium.webdriver.remote.webdriver import WebDriver

from core.api import run
from core.data.samples import load_sample
from core.plan import Plan, SplitSettings, StrategyChoice, TrainingSettings
from tests.browser.conftest import Server
from tests.browser.test_journey import Page

PLAN = Plan(
    "creditability",
    tuple(StrategyChoice.of(name) for name in ("plain", "threshold_f1", "under_bagging", "boosting")),
    training=TrainingSettings(epochs=8),
    split=SplitSettings(folds=2),
)


@pytest.fixture(scope="module")
def run_id(server: Server) -> str:
    """Return a run that is finished already."""
    return run(load_sample("german_credit"), PLAN, runs=server.runs, name="Loans", progress=False).run_id


def downloaded(folder: Path, pattern: str) -> Path:
    """Return a file once Chromium has it whole."""
    for _ in range(200):
        found = [path for path in folder.glob(pattern) if path.stat().st_size]
        if found and not list(folder.glob("*.crdownload")):
            return found[0]
        time.sleep(0.1)
    raise AssertionError(f"nothing like {pattern} was downloaded")


def test_export_download_and_score_a_second_file(
    server: Server, run_id: str, open_browser: Callable[..., WebDriver], tmp_path: Path
) -> None:
    page = Page(open_browser())
    page.driver.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path / "got")}
    )
    page.driver.get(f"{server.url}/export?run={run_id}&strategy=threshold_f1")
    page.see("Train on all rows", 120)
    page.press("Train on all rows")
    page.see("Download the model", 300)
    assert "model.onnx" in page.text
    page.press("Download the model")
    with zipfile.ZipFile(downloaded(tmp_path / "got", "*.zip")) as archive:
        assert "model.keras" in archive.namelist()
        rule = json.loads(archive.read("decision.json"))
    assert rule["classes"] == ["good", "bad"]

    frame = load_sample("german_credit").frame.drop(columns=["creditability", "telephone"]).head(300)
    frame = frame.rename(columns={"age_in_years": "age in years"}).assign(housing="tent")
    frame.to_csv(tmp_path / "new.csv", index=False)
    page.find("input[type=file]")[0].send_keys(str(tmp_path / "new.csv"))
    page.see("300 rows scored", 60)
    assert "the file lacks" in page.text.casefold()
    assert "is it 'age in years'" in page.text
    assert "columns drifted: housing" in page.text
    assert "that the model has no level for, such as 'tent', in 300 rows" in page.text
    page.press("Download the scored rows")
    with downloaded(tmp_path / "got", "new-scored.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 300
    p = np.array([float(row["probability bad"]) for row in rows])
    assert [row["decision"] == "bad" for row in rows] == list(p >= rule["threshold"])

    page.driver.refresh()
    page.see("Download the model")
    phone = Page(open_browser(390, 850, dark=True))
    phone.driver.get(f"{server.url}/export?run={run_id}&strategy=boosting")
    phone.see("a reference beside the networks")
    assert phone.driver.execute_script("return document.documentElement.scrollWidth") <= 390
