"""The Learn page and the gallery in Chromium, as the first requests to a fresh server as well."""

from __future__ import annotations

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from core.examples import examples
from tests.browser.conftest import Server
from tests.browser.test_journey import Open, Page


def test_a_strategy_is_shown_live_and_a_slider_answers(server: Server, open_browser: Open) -> None:
    page = Page(open_browser())
    page.driver.get(f"{server.url}/learn?strategy=smote&imbalance=9")
    page.see("540 common, 540 rare")
    page.see("What SMOTE learns", 90)
    # One frame, wherever a visit begins: all pages on top, and no list of Streamlit's own.
    assert all(name in page.text for name in ("Data", "Strategies", "Compare", "History"))
    assert not page.find("[data-testid=stSidebarNav]")
    assert "rare, new" in page.drawn("toy_rows_after")
    assert "decision boundary" in page.drawn("toy_chosen")
    page.wait(lambda: page.find(".st-key-formula_smote .katex"))
    handle = page.driver.find_element(By.CSS_SELECTOR, ".st-key-imbalance :is([role=slider], input[type=range])")
    handle.send_keys(Keys.ARROW_RIGHT)
    page.see("545 common, 545 rare")
    page.see("What SMOTE learns")
    assert "imbalance=10" in page.driver.current_url
    phone = Page(open_browser(390, 850, dark=True))
    phone.driver.get(f"{server.url}/learn?strategy=ldam_drw")
    phone.see("What LDAM with deferred", 60)
    assert phone.driver.execute_script("return document.querySelector('[data-testid=stMain]').scrollWidth") <= 390


def test_the_app_opens_on_something_finished(server: Server, open_browser: Open) -> None:
    page = Page(open_browser())
    page.driver.get(server.url)
    page.see("Look at a finished comparison")
    page.press("Open the result")
    page.see("What to use")
    assert examples()[0].headline.removesuffix(".") in page.text
    assert f"run={examples()[0].record.id}" in page.driver.current_url
