"""The Learn page: one strategy on the toy table, its facts, and its address."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.reporting.glossary import term_of
from core.strategies import catalogue
from core.strategies.cards import formula_parts
from tests.pages.conftest import APP


def learn(**address: str) -> AppTest:
    """Open the page by its address, as a link does."""
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    page = app.switch_page("pages/learn.py")
    for name, value in address.items():
        page.query_params[name] = value
    opened = page.run()
    assert not opened.exception
    return opened


def words(page: AppTest) -> str:
    texts = [element.value for kind in (page.markdown, page.caption, page.subheader, page.latex) for element in kind]
    return " ".join(texts).replace("\\", "").replace("\u2060", "")


def until(page: AppTest, done: Callable[[AppTest], object], seconds: float = 90) -> AppTest:
    end = time.monotonic() + seconds
    while not done(page):
        assert time.monotonic() < end
        time.sleep(0.2)
        page = page.run()
        assert not page.exception
    return page


@pytest.mark.parametrize("key", ["smote", "focal", "self_paced", "isotonic"])
def test_the_address_names_the_strategy(key: str) -> None:
    page = learn(strategy=key)
    card = catalogue()[key].card
    shown = words(page)
    for text in (card.name, card.sentence, card.helps, card.harms, card.link, card.paper):
        assert text in shown
    formula = next(element.value for element in page.markdown if "displaystyle" in element.value)
    assert all(part in formula for part in formula_parts(card.formula))
    assert all(f"`{parameter.name}`" in shown for parameter in catalogue()[key].parameters())


def test_a_name_that_does_not_exist_leads_to_another_strategy() -> None:
    page = learn(strategy="no_such_thing")
    assert "no strategy of this name" in page.warning[0].value
    assert page.selectbox(key="strategy").value == "smote"


def test_sliders_change_the_rows_and_the_networks_follow() -> None:
    page = learn(strategy="smote", imbalance="9")
    assert "540 common, 60 rare" in words(page)
    assert "540 common, 540 rare" in words(page)
    began = time.monotonic()
    page = page.slider(key="imbalance").set_value(4).run()
    assert not page.exception
    assert time.monotonic() - began < 8  # one second and the wait for networks, on a busy machine
    assert "480 common, 120 rare" in words(page)
    page = until(page, lambda one: "What SMOTE learns" in words(one))
    assert "of its alarms are right" in words(page)
    assert len(page.get("plotly_chart")) == 4


def test_the_same_rows_are_shown_under_a_second_network() -> None:
    page = learn(strategy="smote", network="mlp")
    page = until(page, lambda one: "What SMOTE learns on MLP" in words(one))
    page = until(page, lambda one: len(one.get("plotly_chart")) == 6)
    assert "What MLP learns" in words(page)
    assert set(page.selectbox(key="toy_network").options) == {
        "No other network", "Mixed members", "Multilayer perceptron", "Linear", "TabM", "Residual network",
    }  # fmt: skip
    alone = page.selectbox(key="toy_network").set_value("").run()
    assert not alone.exception
    assert "learns on" not in words(alone)


def test_a_setting_of_the_strategy_changes_the_picture() -> None:
    page = learn(strategy="random_under", imbalance="9")
    page = next(box for box in page.number_input if box.label == "Ratio").set_value(0.5).run()
    assert not page.exception
    assert "120 common, 60 rare" in words(page)


def test_numbers_that_are_none_get_a_sentence() -> None:
    page = learn(strategy="cost_weight")
    page = next(box for box in page.text_input if box.label == "Costs").set_value("one").run()
    assert not page.exception
    assert "must be numbers" in page.error[0].value


def test_a_strategy_goes_into_the_plan(abalone: AppTest) -> None:
    page = abalone.switch_page("pages/learn.py").run()
    page = page.selectbox(key="strategy").set_value("focal").run()
    after = next(button for button in page.button if button.label == "Add to the plan").click().run()
    assert not after.exception
    assert after.session_state["session"].plan.strategies[-1].key == "focal"


def test_two_strategies_stand_side_by_side_and_a_link_explains_a_term() -> None:
    page = learn(strategy="random_under", beside="smote", term="rope")
    assert term_of("rope").meaning in page.info[0].value.replace("\\", "")
    page = until(page, lambda one: "What SMOTE learns" in words(one) and "What Random under-sampling" in words(one))
    assert len(page.get("plotly_chart")) == 6
    assert "38 common, 38 rare" in words(page)
    assert "562 common, 562 rare" in words(page)
    harder = page.slider(key="overlap").set_value(0.5).run()  # the pictures stay while networks are trained anew
    assert not harder.exception
    assert len(harder.get("plotly_chart")) == 6
    alone = page.selectbox(key="beside").set_value("").run()
    assert "beside" not in alone.query_params
