"""The catalogue in Chromium: searching, a preset with one press, and a greyed strategy with its reason."""

from __future__ import annotations

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from core.strategies import catalogue
from tests.browser.conftest import Server
from tests.browser.test_journey import Open, Page


def test_searching_a_preset_and_a_reason(server: Server, open_browser: Open) -> None:
    page = Page(open_browser())
    page.driver.get(server.url)
    page.press("Use German credit")
    page.press("Choose strategies")
    page.see("7 strategies × 5 folds")
    page.wait(lambda: page.find(".st-key-search input"))
    field = page.driver.find_element(By.CSS_SELECTOR, ".st-key-search input")
    field.send_keys("adasyn", Keys.ENTER)
    page.see(f"1 of {len(catalogue())} strategies match")
    page.see("ADASYN works on numbers only, and this table has 13 categorical columns.")
    box = page.driver.find_element(By.CSS_SELECTOR, ".st-key-use_adasyn input")
    assert not box.is_enabled()
    page.press("Quick look (6)")
    page.see("6 strategies × 5 folds")
    page.see("Reference, no network")
    page.wait(lambda: len(page.find("[class*=st-key-use_] input:checked")) == 6)
    assert page.driver.execute_script("return document.documentElement.scrollWidth") <= 1440
