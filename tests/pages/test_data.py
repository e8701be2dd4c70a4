"""The Data page: samples, uploads, the target and the column kinds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.data.problem import Problem
from core.data.samples import SAMPLES
from core.data.table import read_table
from core.plan import SplitSettings
from pages._session import Session
from tests.core.data.reading import CASES


def problem_of_page(app: AppTest) -> Problem:
    state = app.session_state["session"]
    return Problem.of(state.table, state.plan)


def text_of(app: AppTest) -> str:
    return " ".join(element.value for kind in (app.title, app.markdown, app.caption) for element in kind)


def shown_text(markdown: str) -> str:
    """Return what a person reads of escaped Markdown."""
    return markdown.replace("\\", "").replace("\u2060", "")


def upload(app: AppTest, content: bytes, name: str = "mine.csv") -> AppTest:
    return app.file_uploader(key="upload").upload(name, content, "text/csv").run()


def test_the_first_page_offers_every_sample_and_an_upload(app: AppTest) -> None:
    labels = [button.label for button in app.button]
    offered = sorted(label for label in labels if not label.startswith("Open "))
    assert offered == sorted(f"Use {sample.title}" for sample in SAMPLES)  # each once
    assert len(app.file_uploader) == 1


def test_a_sample_is_ready_to_run(abalone: AppTest) -> None:
    assert "731 rows, 9 columns" in text_of(abalone)
    assert "1 in 17 rows is" in text_of(abalone)
    run = next(button for button in abalone.button if button.label == "Run")
    assert not run.disabled
    state = abalone.session_state["session"]
    assert state.plan.target == "rings"
    assert state.plan.strategies[0].key == "plain"
    assert len(state.plan.strategies) == 7


def test_the_positive_class_can_be_changed(abalone: AppTest) -> None:
    box = next(box for box in abalone.selectbox if box.label.startswith("Positive"))
    assert (box.value, list(box.options)) == ("18", ["9", "18"])
    after = box.set_value("9").run()
    assert after.session_state["session"].plan.positive == "9"
    assert "1 in 17 rows is '18'" in text_of(after).replace("\\", "")  # the imbalance is the table's, not the choice's


def test_a_target_that_cannot_be_one_is_named_and_stops_the_run(abalone: AppTest) -> None:
    box = next(box for box in abalone.selectbox if box.label.startswith("The column"))
    after = box.set_value("length").run()
    assert "has continuous values" in after.error[0].value
    assert all(button.disabled for button in after.button if button.label in ("Run", "Choose strategies"))
    back = next(box for box in after.selectbox if box.label.startswith("The column")).set_value("rings").run()
    assert not back.error


def test_a_target_of_many_classes_has_no_positive_class(app: AppTest) -> None:
    yeast = app.button(key="sample_yeast").click().run()
    assert not yeast.exception
    assert not [box for box in yeast.selectbox if box.label.startswith("Positive")]


def test_an_uploaded_table_is_read_and_repairs_are_said(app: AppTest) -> None:
    rows = "\n".join(f"{i},5;{'yes' if i % 10 == 0 else 'no'}" for i in range(100))
    after = upload(app, f"size;bought\n{rows}\n".encode())
    assert not after.exception
    assert after.session_state["session"].plan.target == "bought"
    assert "100 rows, 2 columns" in text_of(after)


@pytest.mark.parametrize(("content", "says"), [(b"", "empty"), (b"a\n1\n2\n", "one column")])
def test_a_bad_file_gets_one_sentence(app: AppTest, content: bytes, says: str) -> None:
    after = upload(app, content)
    assert not after.exception
    assert len(after.error) == 1
    assert says in after.error[0].value
    assert "session" not in after.session_state or after.session_state["session"].table is None


def test_nothing_is_lost_by_a_bad_second_file(abalone: AppTest) -> None:
    after = upload(abalone, b"")
    assert len(after.error) == 1
    assert "731 rows" in text_of(after)


def test_names_from_a_file_show_as_text(app: AppTest) -> None:
    rows = "\n".join(f"{i}.5,{'**b**' if i % 9 == 0 else '<b>x</b>'}" for i in range(90))
    after = upload(app, f"[a](http://x),$c$\n{rows}\n".encode(), "**my** file.csv")
    assert not after.exception
    assert r"\*\*my\*\* file" in after.title[0].value


def test_difficulty_is_measured_once_it_is_asked_for(abalone: AppTest) -> None:
    digest = abalone.session_state["session"].table.digest
    assert "Copies across classes" not in text_of(abalone)
    abalone.session_state[f"difficulty_{digest}"] = True
    shown = abalone.run()
    assert not shown.exception
    assert "Of 42 rows of '18', 5% are safe" in text_of(shown).replace("\\", "")
    assert "No row equals a row of another class" in text_of(shown).replace("\\", "")


def with_case(app: AppTest, name: str, target: str) -> AppTest:
    app.session_state["session"] = Session().opened(read_table(CASES / f"{name}.csv"), target)
    page = app.run()
    assert not page.exception
    return page


def test_a_rare_class_is_merged_or_left_out_in_place_and_taken_back(app: AppTest) -> None:
    page = with_case(app, "class_of_three_rows", "kind")
    assert "has 3 rows and there are 5 folds" in page.error[0].value
    buttons = {button.label: button for button in page.button}
    assert buttons["Run"].disabled
    assert not buttons["Choose strategies"].disabled
    merged = page.button(key="merge_classes").click().run()
    assert not merged.error
    assert merged.session_state["session"].plan.classes == (("worst", "bad"),)
    assert any("worst (3 rows): counted as **bad**" in words.value for words in merged.markdown)
    back = merged.button(key="undo_class_0").click().run()
    assert back.session_state["session"].plan.classes == ()
    out = back.button(key="leave_out_classes").click().run()
    assert out.session_state["session"].plan.classes == (("worst", None),)
    assert not next(button for button in out.button if button.label == "Run").disabled
    other = next(box for box in out.selectbox if box.label.startswith("The column")).set_value("a").run()
    assert other.session_state["session"].plan.classes == ()


def test_rare_classes_beside_one_other_are_merged_into_one(app: AppTest) -> None:
    rows = "".join(f"{at % 17},{'a' if at > 5 else 'bc'[at % 2]}\n" for at in range(60))
    page = upload(app, f"x,y\n{rows}".encode())
    keys = [button.key for button in page.button]
    assert "merge_classes" in keys
    assert "leave_out_classes" not in keys
    merged = page.button(key="merge_classes").click().run()
    assert not merged.error
    assert merged.session_state["session"].plan.classes == (("b", "c"),)


def many_classes() -> bytes:
    """Return a table with classes of 60, 40, 3, 2 and 2 rows."""
    labels = ["a"] * 60 + ["b"] * 40 + ["c"] * 3 + ["d"] * 2 + ["e"] * 2
    return "".join(["x,y\n", *(f"{at * 7 % 23 / 3},{label}\n" for at, label in enumerate(labels))]).encode()


def test_classes_of_two_rows_are_merged_into_other_or_left_out_and_each_is_taken_back(app: AppTest) -> None:
    page = upload(app, many_classes())
    assert "too few rows" in page.error[0].value
    chosen = page.button(key="choose_rare").click().run()
    assert chosen.multiselect[0].value == ["c", "d", "e"]
    into = next(box for box in chosen.selectbox if box.label == "What to do with them")
    assert into.options[0] == "Merge into other, a new class"
    merged = chosen.button(key="apply_classes").click().run()
    assert not merged.exception
    assert not merged.error
    assert merged.session_state["session"].plan.classes == (("c", "other"), ("d", "other"), ("e", "other"))
    assert problem_of_page(merged).target.labels == ("a", "b", "other")
    alone = merged.multiselect[0].set_value(["b"]).run()
    alone = next(box for box in alone.selectbox if box.label == "What to do with them").set_value("").run()
    out = alone.button(key="apply_classes").click().run()
    assert problem_of_page(out).target.labels == ("a", "other")
    assert any("b (40 rows): left out" in words.value.replace("\\", "") for words in out.markdown)
    back = out.button(key="undo_class_0").click().run()
    assert back.session_state["session"].plan.classes == (("b", None),)


def test_more_classes_than_are_possible_are_merged_with_one_click(app: AppTest) -> None:
    rows = [f"{row % 13 / 7},{'c' + str(row % 60)}" for row in range(900)]
    page = upload(app, "\n".join(["x,y", *rows]).encode())
    page = next(box for box in page.selectbox if box.label.startswith("The column")).set_value("y").run()
    assert "has 60 classes and at most 50 are possible" in page.error[0].value
    after = page.button(key="merge_many").click().run()
    assert not after.error
    assert len(problem_of_page(after).target.labels) == 50


def test_rows_of_a_patient_are_kept_together_with_one_click(app: AppTest) -> None:
    page = with_case(app, "repeated_patients", "disease")
    assert any("60 values in 600 rows" in warning.value for warning in page.warning)
    after = page.button(key="group_suggested").click().run()
    assert not after.exception
    assert after.session_state["session"].plan.split.group == "patient_id"
    assert any("stay together: it is not a feature" in caption.value.replace("\\", "") for caption in after.caption)
    assert "group_suggested" not in {button.key for button in after.button}
    assert after.selectbox(key="split_group_column").value == "patient_id"
    unset = after.selectbox(key="split_group_column").select_index(0).run()
    assert unset.session_state["session"].plan.split.group is None


def test_what_repeats_and_what_orders_rows_is_asked_about_in_place(app: AppTest) -> None:
    rng = np.random.default_rng(0)
    rows = range(300)
    frame = pd.DataFrame({"card_id": rng.integers(0, 40, 300), "paid": pd.date_range("2024-01-01", periods=300)})
    frame = frame.assign(amount=rng.normal(size=300), fraud=["yes" if row % 9 == 0 else "no" for row in rows])
    page = upload(app, frame.to_csv(index=False).encode())
    assert sum("stay together?" in box.value or "order of rows matter?" in box.value for box in page.info) == 2
    grouped = page.button(key="group_suggested").click().run()
    timed = grouped.button(key="time_suggested").click().run()
    assert not timed.exception
    assert not [box for box in timed.info if "?" in box.value]
    after = timed.number_input(key="split_gap").set_value(14).run()
    after = after.checkbox(key="split_time_as_feature").uncheck().run()
    assert not after.exception
    split = after.session_state["session"].plan.split
    assert split == SplitSettings(group="card_id", time="paid", gap=14.0, time_as_feature=False)
    shown = [caption.value.replace("\\", "") for caption in after.caption]
    assert any("Rows are split by time in 'paid': it is not a feature." in words for words in shown)
    assert any("The gap of 14 days" in words for words in shown)
    assert not any("The gap of 14 days" in warning.value for warning in after.warning)
    assert "paid" not in {column.name for column in problem_of_page(after).features}


def test_a_question_that_is_declined_is_not_asked_again(app: AppTest) -> None:
    frame = pd.DataFrame(
        {"when": pd.date_range("2024-01-01", periods=90), "x": np.arange(90) % 11, "y": [0, 0, 1] * 30}
    )
    page = upload(app, frame.to_csv(index=False).encode())
    after = page.button(key="time_declined").click().run()
    assert "time_suggested" not in {button.key for button in after.run().button}
    assert after.session_state["session"].plan.split.time is None
    assert list(after.selectbox(key="split_time_column").options) == ["No column", "when", "x"]


def test_columns_that_spell_out_the_class_are_warned_of_and_ignored_with_one_click(app: AppTest) -> None:
    page = with_case(app, "one_hot_of_the_class", "CLASS")
    assert any("together give the class away" in warning.value for warning in page.warning)
    after = page.button(key="ignore_leaks").click().run()
    kinds = {column.name: column.kind for column in after.session_state["session"].table.columns}
    assert [name for name, kind in kinds.items() if kind == "ignored"] == ["is_1", "is_2", "is_3", "is_4"]
    assert not any("give the class away" in warning.value for warning in after.warning)


def test_each_column_has_a_figure_by_class_and_its_kind_beside_it(abalone: AppTest) -> None:
    digest = abalone.session_state["session"].table.digest
    assert "Columns (8)" in {element.value for element in abalone.subheader}
    kinds = {box.key: box for box in abalone.selectbox if str(box.key).startswith(f"kind_{digest}_")}
    assert len(kinds) == 8
    assert f"kind_{digest}_rings" not in kinds
    drawn = [chart for chart in abalone.get("plotly_chart") if "column_" in chart.proto.id]
    assert len(drawn) == 8
    tables = {box.proto.popover.id.rpartition("-")[2] for box in abalone.get("popover") if box.proto.popover.id}
    assert {f"column_{key.removeprefix(f'kind_{digest}_')}_numbers" for key in kinds} <= tables
    after = abalone.selectbox(key=f"kind_{digest}_height").set_value("ignored").run()
    assert not after.exception
    assert after.session_state["session"].plan.kinds == (("height", "ignored"),)
    assert "height" not in {column.name for column in problem_of_page(after).features}


def unread() -> bytes:
    """Return a table with -999 among ages, dates that can be read both ways, and amounts with heavy tails."""
    rng = np.random.default_rng(0)
    days = [f"{1 + row % 12:02d}/{1 + row // 12 % 12:02d}/2024" for row in range(200)]
    ages = np.where(np.arange(200) % 20 == 3, -999, rng.integers(20, 80, 200))
    frame = pd.DataFrame({"age": ages, "paid": days, "amount": rng.lognormal(sigma=3, size=200).round(3)})
    return frame.assign(y=np.where(np.arange(200) % 5 == 0, "yes", "no")).to_csv(index=False).encode()


def test_values_that_stand_for_missing_ones_are_taken_as_such_with_one_click_and_taken_back(app: AppTest) -> None:
    page = upload(app, unread())
    assert any("'age' has '-999' in 10 rows" in shown_text(box.value) for box in page.info)
    after = page.button(key="missing_0").click().run()
    assert not after.exception
    state = after.session_state["session"]
    assert (state.plan.missing, state.table.column("age").missing) == ((("age", ("-999",)),), 10)
    assert "missing_0" not in {button.key for button in after.button}
    back = after.button(key="present_age").click().run()
    assert back.session_state["session"].table.column("age").missing == 0
    no = back.button(key="present_0").click().run()
    assert "missing_0" not in {button.key for button in no.button}


def test_numbers_that_count_from_1970_become_moments_with_one_click(app: AppTest) -> None:
    seconds = 1_704_067_200 + np.random.default_rng(0).integers(0, 10_000_000, 60)
    frame = pd.DataFrame({"created": seconds, "x": range(60), "y": ["no", "no", "yes"] * 20})
    page = upload(app, frame.to_csv(index=False).encode())
    assert any("as seconds since 1970" in box.value for box in page.info)
    again = page.button(key="moments_0").click().run()
    assert problem_of_page(again).table.column("created").kind == "date"
    assert not any("since 1970" in box.value for box in again.info)


def test_the_order_of_day_and_month_is_asked_about_and_can_be_changed_later(app: AppTest) -> None:
    page = upload(app, unread())
    assert not [caption for caption in page.caption if "can be read day first" in caption.value]
    labels = [button.label for button in page.button if str(button.key).startswith("day_first_0")]
    assert [label.partition(":")[0] for label in labels] == ["Day first", "Month first"]
    after = page.button(key="day_first_0_True").click().run()
    assert not after.exception
    state = after.session_state["session"]
    assert state.plan.day_first == (("paid", True),)
    assert state.table.frame["paid"].iloc[1] == pd.Timestamp("2024-01-02")
    assert "day_first_0_True" not in {button.key for button in after.button}
    again = after.segmented_control(key=f"day_first_{state.table.digest}_paid").set_value(False).run()
    assert again.session_state["session"].table.frame["paid"].iloc[1] == pd.Timestamp("2024-02-01")


def test_how_numbers_are_scaled_is_said_and_can_be_chosen(app: AppTest) -> None:
    page = upload(app, unread())
    assert any("The network sees: signed logarithm" in caption.value.replace("\\", "") for caption in page.caption)
    digest = page.session_state["session"].table.digest
    box = page.selectbox(key=f"scaling_{digest}_amount")
    assert (box.label, box.value) == ("Scaling", "auto")
    after = box.set_value("standard").run()
    assert not after.exception
    assert after.session_state["session"].plan.prepared == (("amount", (("scaling", "standard"),)),)
    said = [caption.value for caption in after.caption if "signed logarithm" in caption.value]
    assert not said


def wide() -> bytes:
    """Return a table of 60 numbers, the 43rd of which tells the class."""
    x = np.random.default_rng(0).normal(size=(200, 60)).round(4)
    frame = pd.DataFrame(x, columns=[f"v{number:02d}" for number in range(60)])
    return frame.assign(y=np.where(x[:, 42] > 1, "yes", "no")).to_csv(index=False).encode()


def test_of_many_columns_those_in_view_are_drawn_and_the_rest_is_found(app: AppTest) -> None:
    page = upload(app, wide())
    shown = [box.label for box in page.selectbox if box.label.startswith("Kind of")]
    assert len(shown) == 6
    assert shown[0] == "Kind of v42"
    found = page.text_input(key="columns_search").set_value("V5").run()
    assert len([box for box in found.selectbox if box.label.startswith("Kind of")]) == 6
    by_name = next(box for box in found.selectbox if box.label == "Sort").set_value("By name").run()
    assert next(box.label for box in by_name.selectbox if box.label.startswith("Kind of")) == "Kind of v50"
    nothing = by_name.text_input(key="columns_search").set_value("zz").run()
    assert any("No column matches" in box.value for box in nothing.info)


def test_hundreds_of_columns_wait_in_few_places(app: AppTest) -> None:
    names = [f"m{at}" for at in range(300)]
    rows = (",".join([*(str(row % (at + 2)) for at in range(300)), "yes" if row % 9 else "no"]) for row in range(90))
    page = upload(app, "\n".join([",".join([*names, "bought"]), *rows]).encode())
    assert not page.exception
    assert any(head.value == "Columns (300)" for head in page.subheader)
    assert len(page.get("bidi_component")) <= 5  # each costs time whenever the page runs again


def test_samples_are_offered_beside_a_table_once_their_list_is_opened(abalone: AppTest) -> None:
    assert not [button for button in abalone.button if (button.key or "").startswith("sample_")]
    abalone.session_state["another_table"] = True
    assert [button for button in abalone.run().button if (button.key or "").startswith("sample_")]


def test_kinds_of_many_columns_change_at_once(app: AppTest) -> None:
    page = upload(app, wide())
    table = page.segmented_control(key="columns_as").set_value("Table").run()
    assert not table.exception
    grid = table.dataframe[0].value
    assert list(grid.columns[:2]) == ["Column", "Kind"]
    assert grid["Explains"].is_monotonic_decreasing
    assert table.button(key="set_kinds").disabled
    assert table.button(key="set_kinds").label == "Set the kind"
    assert not [box for box in table.selectbox if box.label.startswith("Kind of")]


def test_labels_in_two_spellings_are_pointed_out_and_merged_by_one_click(app: AppTest) -> None:
    page = upload(app, (CASES / "labels_in_two_spellings.csv").read_bytes())
    assert any("more than one spelling" in warning.value for warning in page.warning)
    assert not any("more than one spelling" in caption.value for caption in page.caption)
    next(button for button in page.button if button.label == "Merge").click().run()
    assert not page.exception
    assert not any(button.label == "Merge" for button in page.button)
    assert any("merged by hand" in caption.value for caption in page.caption)
    plan = page.session_state["session"].plan
    assert plan.merged == (("y", (("Fraud", "fraud"),)),)
    assert [one.label for one in page.selectbox if "Positive" in one.label]
