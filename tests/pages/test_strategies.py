"""The Strategies page: choosing, settings, presets, and what does not apply."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.data.problem import Problem
from core.data.table import read_table
from core.plan import StrategyChoice
from core.strategies import catalogue
from core.strategies.base import FAMILY_NAMES
from core.strategies.cards import families
from core.strategies.choosing import why_not
from core.teaching.effects import Effect
from pages._effect import bars
from pages._session import Session


@pytest.fixture
def page(abalone: AppTest) -> AppTest:
    opened = abalone.switch_page("pages/strategies.py").run()
    assert not opened.exception
    return opened


@pytest.fixture
def cards(page: AppTest) -> AppTest:
    """Return the page with one small network, and the networks' cards open."""
    page.session_state["network_cards"] = True
    return page.button(key="network_preset_Small and quick").click().run()


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


def test_settings_take_effect_together(cards: AppTest) -> None:
    page = cards
    next(box for box in page.number_input if box.label == "Learning rate").set_value(0.004)
    page.text_input(key="network_mlp_hidden_layers").set_value("16")
    next(box for box in page.number_input if box.label == "Folds").set_value(3)
    after = next(button for button in page.button if button.label == "Apply without running").click().run()
    assert "Settings applied" in after.toast[0].value
    plan = after.session_state["session"].plan
    assert not after.exception
    assert (plan.networks[0].key, plan.training.learning_rate, plan.split.folds) == ("mlp(hidden_layers=16)", 0.004, 3)


def test_layers_that_are_no_numbers_get_a_sentence(cards: AppTest) -> None:
    page = cards
    after = page.text_input(key="network_mlp_hidden_layers").set_value("wide").run()
    assert not after.exception
    assert "must be numbers" in after.warning[0].value
    assert after.session_state["session"].plan.networks[0].key == "mlp"


def test_networks_are_added_and_left_out_and_the_last_one_stays(cards: AppTest) -> None:
    page = cards
    page = page.toggle(key="use_network_tabm").set_value(True).run()
    assert [one.key for one in page.session_state["session"].plan.networks] == ["mlp", "tabm"]
    assert "7 strategies × 2 networks × 5 folds" in " ".join(element.value for element in page.markdown)
    page = page.number_input(key="network_tabm_k").set_value(4).run()
    assert page.session_state["session"].plan.networks[1].key == "tabm(k=4)"
    for key in ("mlp", "tabm"):
        page = page.toggle(key=f"use_network_{key}").set_value(False).run()
    assert not page.exception
    assert [one.key for one in page.session_state["session"].plan.networks] == ["tabm(k=4)"]
    assert "needs a network" in page.warning[0].value


def test_three_networks_are_the_most(cards: AppTest) -> None:
    page = cards
    for key in ("tabm", "linear", "residual"):
        page = page.toggle(key=f"use_network_{key}").set_value(True).run()
    assert [one.key for one in page.session_state["session"].plan.networks] == ["mlp", "tabm", "linear"]
    assert "Up to 3 networks" in page.warning[0].value


def test_a_preset_sets_the_network_and_its_training(page: AppTest) -> None:
    page = page.button(key="network_preset_Strong").click().run()
    plan = page.session_state["session"].plan
    assert (plan.networks[0].key, plan.training.members, plan.training.epochs) == ("mixed", 5, 80)
    assert next(box for box in page.number_input if box.label == "Members").value == 5
    again = page.button(key="network_preset_Small and quick").click().run()
    assert again.session_state["session"].plan.training.members == 1


def test_a_network_far_too_large_for_the_rows_is_refused_with_the_figure(cards: AppTest) -> None:
    page = cards
    page = page.text_input(key="network_mlp_hidden_layers").set_value("2048, 2048, 2048").run()
    assert not page.exception
    assert "weights for 468 training rows" in page.error[0].value


DENSE = """{"module": "keras", "class_name": "Sequential", "config": {"name": "own", "trainable": true, "layers": [
{"module": "keras.layers", "class_name": "InputLayer", "config": {"batch_shape": [null, 5], "name": "x"}},
{"module": "keras.layers", "class_name": "Dense", "config": {"name": "end", "units": 1, "activation": "sigmoid"}}]}}"""


def test_a_network_of_ones_own_is_brought_as_json_and_said_to_be_fitted_to_the_table(page: AppTest) -> None:
    page.session_state["own_network"] = True
    page = page.run()
    assert "vector per row, here of 10 numbers" in " ".join(element.value for element in page.markdown)
    page = page.text_area(key="own_json").set_value(DENSE.replace("Dense", "Lambda")).run()
    page = page.button(key="own_use").click().run()
    assert "Lambda" in page.error[0].value
    page = page.text_area(key="own_json").set_value(DENSE).run()
    page = page.button(key="own_use").click().run()
    assert not page.exception
    assert [one.name for one in page.session_state["session"].plan.networks] == ["mixed", "own"]
    said = " ".join(element.value for element in page.caption).replace("\\", "")
    assert "first layer is built anew for this table's 10 inputs; it was made for 5" in said
    assert "Mixed members and Your own network" in said
    alone = page.button(key="own_leave_out").click().run()
    assert [one.name for one in alone.session_state["session"].plan.networks] == ["mixed"]


def test_a_parameter_changes_the_plan(page: AppTest) -> None:
    page.session_state["details_smote"] = True
    opened = page.run()
    box = next(box for box in opened.number_input if box.label == "K neighbors")
    after = box.set_value(3).run()
    assert not after.exception
    assert "smote(k_neighbors=3)" in chosen(after)
    back = next(box for box in after.number_input if box.label == "K neighbors").set_value(5).run()
    assert "smote" in chosen(back)


def test_the_code_is_shown_before_anything_is_trained(page: AppTest) -> None:
    page.session_state["details_smote"] = True
    shown = page.run().button(key="code_smote").click().run()
    assert not shown.exception
    compile(shown.code[0].value, "smote.py", "exec")
    assert "from imblearn.over_sampling import" in shown.code[0].value
    assert [one.proto.label for one in shown.get("download_button")] == ["Download the script", "Download its table"]


def test_what_does_not_apply_is_greyed_with_the_reason(app: AppTest) -> None:
    yeast = app.button(key="sample_yeast").click().run().switch_page("pages/strategies.py").run()
    everything = yeast.pills(key="family").set_value("All").run()
    assert not everything.exception
    state = everything.session_state["session"]
    facts = Problem.of(state.table, state.plan).facts
    reasons = {key: why_not(StrategyChoice.of(key), facts) for key in catalogue()}
    greyed = {box.key.removeprefix("use_") for box in everything.checkbox if box.disabled}
    assert greyed == {key for key, reason in reasons.items() if reason is not None}
    shown = " ".join(element.value for element in everything.markdown).replace("\\", "")
    assert all(reason in shown for reason in reasons.values() if reason is not None)


def test_strategies_can_be_combined(page: AppTest) -> None:
    page.multiselect(key="combine_Rows").set_value(["smote"])
    ready = page.multiselect(key="combine_Decision").set_value(["threshold_f1"]).run()
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


def search(page: AppTest, words: str) -> AppTest:
    found = page.text_input(key="search").set_value(words).run()
    assert not found.exception
    return found


def test_search_finds_names_sentences_and_authors(page: AppTest) -> None:
    assert [box.key for box in search(page, "smote enn").checkbox] == ["use_smote_enn"]
    assert "use_neighbourhood_cleaning" in [box.key for box in search(page, "laurikkala").checkbox]
    assert {box.key for box in search(page, "each other's nearest").checkbox} == {"use_tomek_links"}
    assert "No strategy matches" in search(page, "no such thing").info[0].value


@pytest.mark.parametrize(("name", "least"), [("Quick look", 6), ("Classics", 11), ("Everything that applies", 55)])
def test_a_preset_is_chosen_with_one_press(page: AppTest, name: str, least: int) -> None:
    after = page.button(key=f"preset_{name}").click().run()
    assert not after.exception
    keys = chosen(after)
    assert keys[0] == "plain"
    assert len(keys) >= least
    label = after.button(key=f"preset_{name}").label
    assert sum(map(int, re.findall(r"\d+", label))) == len(keys)  # those of the catalogue, and combined ones
    assert [box.key for box in after.checkbox] == [f"use_{key}" for key in keys]
    assert all(box.value for box in after.checkbox)


def test_a_preset_says_what_it_leaves_out_on_a_large_table(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.experiment.estimate.SLOW_SECONDS", 0.05)
    after = page.run().button(key="preset_Classics").click().run()
    assert not after.exception
    assert "smote_enn" not in chosen(after)
    (said,) = [box.value.replace("\\", "").replace("\u2060", "") for box in after.warning]
    assert said.startswith("Left out, since")
    assert "SMOTE-ENN (about" in said
    found = search(after, "smote-enn")
    assert any("its sampling takes" in element.value for element in found.markdown)
    ticked = found.checkbox(key="use_smote_enn").check().run()
    assert "smote_enn" in chosen(ticked)


def test_boxes_follow_the_plan_after_a_preset(page: AppTest) -> None:
    page.pills(key="family").set_value("All").run()
    page.button(key="preset_Quick look").click().run()
    again = page.pills(key="family").set_value("All").run()
    assert {box.key.removeprefix("use_") for box in again.checkbox if box.value} == set(chosen(again))


def test_families_are_sections_and_references_are_marked(page: AppTest) -> None:
    everything = page.pills(key="family").set_value("All").run()
    heads = [head.value for head in everything.subheader]
    assert heads == [FAMILY_NAMES[family] for family in families()]
    assert len(everything.checkbox) == len(catalogue())
    labels = [box.label for box in everything.expander]
    assert sum("Reference, no network" in label for label in labels) == 6
    assert any(re.search(r"adds (about \d+|less than 1) s", label) for label in labels)


def test_details_tell_what_is_needed_and_what_it_costs(page: AppTest) -> None:
    page.session_state["details_svm_smote"] = True
    opened = search(page, "svm-smote")
    shown = " ".join(element.value for element in opened.markdown)
    for words in ("numeric columns only", "at least 2 rows", "slow on large tables", "https://doi.org/10.1504/"):
        assert words in shown
    assert "From 1 to 50; default 5" in " ".join(element.value for element in opened.caption).replace("\\", "")


def test_a_cost_matrix_is_read_or_refused(page: AppTest) -> None:
    page.session_state["details_cost_weight"] = True
    search(page, "cost_weight").checkbox(key="use_cost_weight").check().run()
    box = next(box for box in page.text_input if box.label == "Costs")
    wrong = box.set_value("0, one").run()
    assert "must be numbers" in wrong.warning[0].value
    right = next(box for box in wrong.text_input if box.label == "Costs").set_value("0, 1, 20, 0").run()
    assert not right.exception
    assert "cost_weight(costs=(0.0, 1.0, 20.0, 0.0))" in chosen(right)


def test_a_combination_without_sense_gets_a_sentence(page: AppTest) -> None:
    ready = page.multiselect(key="combine_Rows").set_value(["under_bagging", "self_paced"]).run()
    after = next(button for button in ready.button if button.label == "Add the combination").click().run()
    assert "both ensembles" in after.warning[0].value.replace("\\", "")
    assert len(chosen(after)) == 7


def press(page: AppTest, label: str) -> AppTest:
    after = next(button for button in page.button if button.label == label).click().run()
    assert not after.exception
    return after


def test_what_rows_are_split_by_stays_when_other_settings_are_applied(page: AppTest) -> None:
    state = page.session_state["session"].split_by(group="diameter", time="length", gap=0.5, time_as_feature=False)
    page.session_state["session"] = state
    page.run()
    assert any("grouped by diameter and split by time in length" in caption.value for caption in page.caption)
    next(box for box in page.number_input if box.label == "Folds").set_value(3)
    after = press(page, "Apply without running")
    assert after.session_state["session"].plan.split == replace(state.plan.split, folds=3)


def test_a_plan_that_cannot_run_is_changed_where_it_is_refused(app: AppTest) -> None:
    table = read_table(Path(__file__).resolve().parents[1] / "cases" / "class_of_three_rows.csv")
    app.session_state["session"] = Session().opened(table, "kind")
    page = app.switch_page("pages/strategies.py").run()
    assert not page.exception
    assert "has 3 rows and there are 5 folds" in page.error[0].value
    assert next(button for button in page.button if button.label == "Run").disabled
    fewer = page.button(key="fewer_folds").click().run()
    assert fewer.session_state["session"].plan.split.folds == 3
    assert not fewer.error
    assert not next(button for button in fewer.button if button.label == "Run").disabled


def test_a_plan_of_years_asks_before_it_runs(cards: AppTest) -> None:
    page = cards
    for label, value in (("Epochs", 5000), ("Early stopping after", 0), ("Batch size", 1), ("Repeats", 100)):
        next(box for box in page.number_input if box.label == label).set_value(value)
    page.text_input(key="network_mlp_hidden_layers").set_value("128, 128, 128")
    asked = next(button for button in page.button if button.label == "Run").click().run()
    assert not asked.exception
    assert "This plan takes about" in asked.warning[0].value
    assert asked.button(key="long_run_yes").label == "Run it anyway"
    back = asked.button(key="long_run_no").click().run()
    assert not back.exception
    assert not back.warning
    assert back.session_state["session"].run_id is None


def test_tuning_is_off_until_it_is_switched_on_and_says_how_long_it_takes(page: AppTest) -> None:
    box = page.selectbox(key="trials")
    assert (box.value, page.session_state["session"].plan.tuning.trials) == (0, 0)
    assert box.options == ["Off", *(f"{trials} settings of each strategy" for trials in (8, 16, 32))]
    times = next(one.value for one in page.caption if one.value.startswith("Settings tried and run time: about"))
    assert times.count("about") == 4
    assert " with none, about" in times
    assert times.endswith("with 32.")
    box.set_value(16)
    apply = next(button for button in page.button if button.label == "Apply without running")
    changed = apply.click().run()
    assert not changed.exception
    assert changed.session_state["session"].plan.tuning.trials == 16
    assert changed.query_params["trials"] in ("16", ["16"])


def test_what_a_long_list_does_to_the_rows_is_shown_on_demand(page: AppTest) -> None:
    sizes = {button.label for button in page.button if str(button.key).startswith("preset_Everything")}
    assert any("combined)" in size for size in sizes)  # the catalogue counts strategies, this preset has more
    many = page.pills(key="family").set_value("undersampling").run()
    assert not any("Rows of the table" in one.proto.body for one in many.get("html"))
    shown = many.toggle(key="wide_rows").set_value(True).run()
    assert not shown.exception
    assert any("Trying it on your rows" in caption.value for caption in shown.caption)


def test_previews_of_many_classes_show_the_rarest() -> None:
    before = tuple(range(900, 0, -50))  # 18 classes
    labels = tuple(f"class {code}" for code in range(len(before)))
    drawn = bars(labels, Effect(before, before, "rows"))
    for code in (0, 13, 14, 15, 16, 17):
        assert f">class {code}<" in drawn
    assert ">class 5<" not in drawn
    assert "12 classes in between" in drawn
