"""A clinician with 300 patients, 8 % of them ill, on a phone in the dark: net benefit, and a promise refused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from selenium.webdriver.remote.webdriver import WebDriver

from core.api import run
from core.data.table import from_frame
from core.plan import Plan, StrategyChoice
from tests.browser.conftest import Server
from tests.browser.test_journey import Page

WIDTH = 390


@pytest.fixture(scope="module")
def run_id(server: Server) -> str:
    """Return a finished run of references, which take no time."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"age": rng.integers(20, 90, 300), "crp": rng.lognormal(1, 1, 300).round(1)})
    risk = 0.04 * frame["age"] + np.log(frame["crp"]) + rng.logistic(size=300)
    frame["sepsis"] = np.where(risk.rank(ascending=False) <= 24, "yes", "no")
    plan = Plan("sepsis", tuple(map(StrategyChoice.of, ("logistic", "logistic_balanced"))))
    return run(from_frame(frame, "patients.csv"), plan, runs=server.runs, name="Clinic", progress=False).run_id


def test_a_promise_is_refused_for_want_of_positives_and_net_benefit_is_read_on_a_phone(
    server: Server, run_id: str, open_browser: Callable[..., WebDriver]
) -> None:
    page = Page(open_browser(WIDTH, 850, dark=True))
    page.driver.get(f"{server.url}/compare?run={run_id}&view=promise")
    page.see("To promise 90% recall with 95% confidence takes 29 positive rows")
    assert "there are 24: promise 88.2% or less, or collect more rows" in page.text
    page.look_at("What to do", "Net benefit")
    page.see("is worth using from")
    page.see("Decision curves")
    assert "act on none" in page.drawn("net_benefit_figure_0")
    assert page.driver.execute_script("return document.documentElement.scrollWidth") <= WIDTH
