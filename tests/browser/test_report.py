"""The report, downloaded and opened from disk while the browser has no network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from selenium.webdriver.remote.webdriver import WebDriver

from core.api import run
from core.data.samples import load_sample
from core.plan import NetworkChoice, Plan, SplitSettings, StrategyChoice, TrainingSettings
from tests.browser.conftest import Server
from tests.browser.test_export import downloaded
from tests.browser.test_journey import Page

PLAN = Plan(
    "rings",
    tuple(StrategyChoice.of(name) for name in ("plain", "smote", "threshold_f1")),
    networks=(NetworkChoice.of("mlp", hidden_layers=(16,)),),
    training=TrainingSettings(epochs=8),
    split=SplitSettings(folds=2),
)
# Asked of the page before anything of it runs, so that no request and no error is missed.
WATCH = """window.asked = []; window.wrong = [];
    new PerformanceObserver(list => window.asked.push(...list.getEntries().map(one => one.name)))
        .observe({type: 'resource', buffered: true});
    addEventListener('securitypolicyviolation', one => window.wrong.push(one.blockedURI));
    addEventListener('error', one => window.wrong.push(one.message));
    const told = console.error; console.error = (...all) => { window.wrong.push(all.join(' ')); told(...all); }"""
OUTSIDE = """return [...document.querySelectorAll('figure')].filter(
    one => one.querySelector('.main-svg').getBoundingClientRect().right > innerWidth + 1).length"""

HIDDEN = "return [...document.querySelectorAll('.scroll')].filter(one => one.scrollWidth > one.clientWidth + 1).length"


@pytest.fixture(scope="module")
def run_id(server: Server) -> str:
    return run(load_sample("abalone_9_vs_18"), PLAN, runs=server.runs, name="Shells", progress=False).run_id


def test_the_report_opens_from_disk_without_a_network(
    server: Server, run_id: str, open_browser: Callable[..., WebDriver], tmp_path: Path
) -> None:
    app = Page(open_browser())
    got = tmp_path / "got"
    app.driver.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(got)})
    app.driver.get(f"{server.url}/compare?run={run_id}&view=Report")
    app.see("Download the report", 120)
    app.press("Download the report")
    file = downloaded(got, "*.html")

    driver = app.driver
    driver.execute_cdp_cmd("Network.enable", {})
    offline = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
    driver.execute_cdp_cmd("Network.emulateNetworkConditions", offline)
    driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})
    driver.get_log("browser")
    driver.get(file.as_uri())
    page = Page(driver)
    figures = len(page.find("figure"))
    page.wait(lambda: len(page.find("figure .main-svg .xy, figure .main-svg .pielayer")) >= figures)
    assert figures >= 6
    assert driver.execute_script("return navigator.onLine") is False
    assert "Best on F1" in page.text
    assert driver.execute_script("return window.asked") == []
    assert driver.execute_script("return window.wrong") == []
    assert [entry for entry in driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []
    assert driver.execute_script(OUTSIDE) == 0
    size = {"width": 1200, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    assert page.find(".scroll")
    assert driver.execute_script(HIDDEN) == 0  # no column behind a scrollbar
    assert driver.execute_script("return document.documentElement.scrollWidth") <= 1200

    printed = driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True})
    assert len(printed["data"]) > 50_000
