"""Two samples, one quick plan, and their ranks, in Chromium."""

from __future__ import annotations

import re
from collections.abc import Callable

from selenium.webdriver.remote.webdriver import WebDriver

from core.evaluation.comparison import compare
from core.evaluation.ranking import rank, scores
from core.runs.ranking import find
from core.runs.store import Store
from core.strategies import label
from tests.browser.conftest import Server
from tests.browser.test_journey import Page


def test_two_samples_are_run_and_ranked(server: Server, open_browser: Callable[..., WebDriver]) -> None:
    page = Page(open_browser())
    page.driver.get(server.url)
    page.see("Bring your own table")
    page.press("Use Abalone")
    page.press("Choose strategies")
    page.press("Small and quick (1 network)")
    page.see("One small network: trains fastest")
    page.wait(lambda: page.find("a[href$='/ranking']"))
    page.find("a[href$='/ranking']")[0].click()
    page.press("Add Abalone")
    page.see("1 in 17 rows is '18'")
    page.press("Add German credit")
    page.see("2 tables × 7 strategies × 5 folds")
    page.press("Run ranking")
    page.wait(lambda: "ranking=" in page.driver.current_url)
    ranking_id = re.search(r"ranking=([\w-]+)", page.driver.current_url)[1]
    page.wait(lambda: page.find(".st-key-ranking_progress"))
    store = Store(server.runs)
    page.wait(lambda: all(record.status == "finished" for record in find(store, ranking_id).records), 300)
    page.see("best mean rank on F1")
    page.driver.refresh()
    page.see("best mean rank on F1")
    runs = find(store, ranking_id)
    comparisons = {name: compare(store.results(r.id), r.plan, r.classes) for name, r in runs.tables.items()}
    values = scores(comparisons, [choice.key for choice in runs.plan.strategies], "f1")
    means = rank(values, higher_is_better=True).mean_ranks
    diagram = page.drawn("diagram")
    for choice in runs.plan.strategies:
        assert f"{label(choice)}  {means[choice.key]:.2f}" in diagram.replace("\xa0", " ")
    assert "There is no test of these ranks" in page.text
    page.drawn("score_map")
    phone = Page(open_browser(390, 850, dark=True))
    phone.driver.get(page.driver.current_url)
    phone.see("best mean rank on F1")
    phone.drawn("diagram")
    assert phone.driver.execute_script("return document.documentElement.scrollWidth") <= 390
