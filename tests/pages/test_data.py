"""The Data page: samples, uploads, the target and the column kinds."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.data.samples import SAMPLES
from core.data.table import read_table
from pages._session import Session
from tests.core.data.reading import CASES


def text_of(app: AppTest) -> str:
    return " ".join(element.value for kind in (app.title, app.markdown, app.caption) for element in kind)


def upload(app: AppTest, content: bytes, name: str = "mine.csv") -> AppTest:
    return app.file_uploader(key="upload").upload(name, content, "text/csv").run()


def test_the_first_page_offers_every_sample_and_an_upload(app: AppTest) -> None:
    labels = [button.label for button in app.button]
    assert [label for label in labels if not label.startswith("Open ")] == [f"Use {sample.title}" for sample in SAMPLES]
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
    box = next(box for box in abalone.selectbox if box.label.startswith("Target"))
    after = box.set_value("length").run()
    assert "has continuous values" in after.error[0].value
    assert all(button.disabled for button in after.button if button.label in ("Run", "Choose strategies"))
    back = next(box for box in after.selectbox if box.label.startswith("Target")).set_value("rings").run()
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
    assert after.session_state["session"].table is None


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
    assert any("counts as" in warning.value for warning in merged.warning)
    back = merged.button(key="undo_classes").click().run()
    assert back.session_state["session"].plan.classes == ()
    out = back.button(key="leave_out_classes").click().run()
    assert out.session_state["session"].plan.classes == (("worst", None),)
    assert not next(button for button in out.button if button.label == "Run").disabled
    other = next(box for box in out.selectbox if box.label.startswith("Target")).set_value("a").run()
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


def test_rows_of_a_patient_are_kept_together_with_one_click(app: AppTest) -> None:
    page = with_case(app, "repeated_patients", "disease")
    assert any("60 values in 600 rows" in warning.value for warning in page.warning)
    after = page.button(key="keep_together").click().run()
    assert not after.exception
    assert after.session_state["session"].plan.split.group == "patient_id"
    assert any("stay together: it is not a feature" in caption.value.replace("\\", "") for caption in after.caption)
    assert "keep_together" not in {button.key for button in after.button}


def test_columns_that_spell_out_the_class_are_warned_of_and_ignored_with_one_click(app: AppTest) -> None:
    page = with_case(app, "one_hot_of_the_class", "CLASS")
    assert any("together give the class away" in warning.value for warning in page.warning)
    after = page.button(key="ignore_leaks").click().run()
    kinds = {column.name: column.kind for column in after.session_state["session"].table.columns}
    assert [name for name, kind in kinds.items() if kind == "ignored"] == ["is_1", "is_2", "is_3", "is_4"]
    assert not any("give the class away" in warning.value for warning in after.warning)


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
