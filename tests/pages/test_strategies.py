"""The Strategies page: choosing, settings, presets, and what does not apply."""

from __future__ import annotations

import time

import pytest
from streamlit.testing.v1 import AppTest

from core.experiment import facts_of
from core.plan import StrategyChoice
from core.session import why_not
from core.strategies import catalogue
from core.table import encode_target


@pytest.fixture
def page(abalone: AppTest) -> AppTest:
    opened = abalone.switch_page("pages/strategies.py").run()
    assert not opened.exception
    return opened


def chosen(app: AppTest) -> list[str]:
    return [choice.key for choice in app.session_state["session"].plan.strategies]


def test_without_a_table_the_page_says_what_to_do(app: AppTest) -> None:
    page = app.switch_page("pages/strategies.py").run()
    assert not page.exception
    assert "choose a table" in page.info[0].value


def test_the_seven_starters_are_ticked_with_their_sentence(page: AppTest) -> None:
    assert [box.value for box in page.checkbox] == [True] * 7
    shown = " ".join(element.value for element in page.markdown)
    assert all(catalogue()[key].card.sentence in shown for key in chosen(page))
    assert "7 strategies × 5 folds" in shown


def test_a_strategy_can_be_left_out_and_added(page: AppTest) -> None:
    fewer = page.checkbox(key="use_smote").uncheck().run()
    assert "smote" not in chosen(fewer)
    found = next(box for box in fewer.text_input if box.label == "Search")
    again = found.set_value("smote").run().checkbox(key="use_smote").check().run()
    assert "smote" in chosen(again)


def test_the_last_strategy_stays(page: AppTest) -> None:
    for key in chosen(page)[1:]:
        page = page.checkbox(key=f"use_{key}").uncheck().run()
    last = page.checkbox(key="use_plain").uncheck().run()
    assert chosen(last) == ["plain"]
    assert "at least one" in last.warning[0].value


def test_settings_take_effect_together(page: AppTest) -> None:
    next(box for box in page.number_input if box.label == "Learning rate").set_value(0.004)
    next(box for box in page.text_input if box.label == "Hidden layers").set_value("16")
    next(box for box in page.number_input if box.label == "Folds").set_value(3)
    after = next(button for button in page.button if button.label == "Apply settings").click().run()
    plan = after.session_state["session"].plan
    assert not after.exception
    assert (plan.network.hidden_layers, plan.network.learning_rate, plan.split.folds) == ((16,), 0.004, 3)


def test_layers_that_are_no_numbers_get_a_sentence(page: AppTest) -> None:
    next(box for box in page.text_input if box.label == "Hidden layers").set_value("wide")
    after = next(button for button in page.button if button.label == "Apply settings").click().run()
    assert "whole numbers" in after.error[0].value
    assert after.session_state["session"].plan.network.hidden_layers == (64, 32)


def test_a_parameter_changes_the_plan(page: AppTest) -> None:
    page.session_state["details_smote"] = True
    opened = page.run()
    box = next(box for box in opened.number_input if box.label == "K neighbors")
    after = box.set_value(3).run()
    assert not after.exception
    assert "smote(k_neighbors=3)" in chosen(after)
    back = next(box for box in after.number_input if box.label == "K neighbors").set_value(5).run()
    assert "smote" in chosen(back)


def test_what_does_not_apply_is_greyed_with_the_reason(app: AppTest) -> None:
    yeast = app.button(key="sample_yeast").click().run().switch_page("pages/strategies.py").run()
    everything = yeast.pills(key="family").set_value("All").run()
    assert not everything.exception
    state = everything.session_state["session"]
    facts = facts_of(state.table, state.plan, encode_target(state.table, state.plan.target))
    reasons = {key: why_not(StrategyChoice.of(key), facts) for key in catalogue()}
    greyed = {box.key.removeprefix("use_") for box in everything.checkbox if box.disabled}
    assert greyed == {key for key, reason in reasons.items() if reason is not None}
    shown = " ".join(element.value for element in everything.caption).replace("\\", "")
    assert all(reason in shown for reason in reasons.values() if reason is not None)


def test_strategies_can_be_combined(page: AppTest) -> None:
    page.selectbox(key="combine_Rows").set_value("smote")
    ready = page.selectbox(key="combine_Decision").set_value("threshold_f1").run()
    after = next(button for button in ready.button if button.label == "Add the combination").click().run()
    assert not after.exception
    assert chosen(after)[-1] == "smote+threshold_f1"
    again = next(button for button in after.button if button.label == "Add the combination").click().run()
    assert "chosen already" in again.warning[0].value
    assert len(chosen(again)) == 8


def test_the_rows_that_a_sampler_makes_are_drawn(page: AppTest) -> None:
    page.session_state["details_smote"] = True
    for _ in range(100):
        opened = page.run()
        assert not opened.exception
        if opened.get("plotly_chart"):
            break
        time.sleep(0.1)
    assert len(opened.get("plotly_chart")) == 1
    assert any("42 → 689" in element.value for element in opened.get("html"))
