"""New rows are matched by name and type, scored, and compared with the training rows."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from core.data.preparation import CategoryStep, DateStep, NumberStep, Preparation, TextStep
from core.data.samples import load_sample
from core.exporting.drift import drift
from core.exporting.new_rows import NewRows, aligned, match, read_rows, score
from core.words import TableError
from tests.core.exporting.conftest import Case

Cases = Callable[[str], Case]
STEPS = (
    NumberStep("Age", 30.0, 30.0, 10.0, indicator=True),
    DateStep("day", 18_000.0, 18_000.0, 100.0),
    CategoryStep("Sex", "f", ("f", "m")),
)


def rows(text: str) -> NewRows:
    return read_rows(text.encode(), "new.csv")


def test_columns_of_the_same_names_need_no_word() -> None:
    matched = match(
        STEPS, ["Age", "day", "Sex", "id", "target"], rows("id,Sex,day,Age\n1,f,2020-01-01,3\n2,m,2020-01-02,4")
    )
    assert matched.missing == ()
    assert matched.sentence() == ""


def test_missing_renamed_and_extra_columns_are_named_in_one_sentence() -> None:
    new = rows("age_years,Sex,colour\n31,f,red\n32,m,blue")
    matched = match(STEPS, ["Age", "day", "Sex"], new)
    assert matched.missing == ("Age", "day")
    assert dict(matched.suggested) == {"Age": "age_years"}
    matched = match(STEPS, ["Age", "day", "Sex"], rows("AGE,Sex,colour\n31,f,red\n32,m,blue"))
    assert dict(matched.suggested) == {"Age": "AGE"}
    assert matched.sentence() == (
        "The file lacks `Age` (is it `AGE`?), `day`, which count as missing in every row; "
        "`colour` is unknown to the model and is passed over."
    )
    settled = match(STEPS, ["Age", "day", "Sex"], new, {"Age": "age_years"})
    frame, _ = aligned(STEPS, new, settled)
    assert list(frame["Age"]) == [31, 32]
    assert frame["day"].isna().all()


def test_a_file_of_another_table_is_refused() -> None:
    with pytest.raises(TableError, match="none of the model's columns"):
        match(STEPS, ["Age"], rows("a,b\n1,2\n3,4"))


def test_values_of_another_type_are_named_and_count_as_missing() -> None:
    new = rows("Age,day,Sex\nold,5,f\n31,6,x\n,7,x")
    frame, said = aligned(STEPS, new, match(STEPS, [], new))
    assert said == (
        "Column `Age` should hold numbers: 1 value such as `old` is not and counts as missing.",
        "Column `day` should hold dates: 3 values such as `5` are not and count as missing.",
        "Column `Sex` has 1 text that the model has no level for, such as `x`, in 2 rows.",
    )
    encoded = Preparation(STEPS).encode(frame)
    np.testing.assert_allclose(encoded[:, 0], [0, 0.1, 0])
    np.testing.assert_allclose(encoded[:, 2], [1, 0, 1])
    assert list(encoded[:, 3]) == [0, 2, 2]


def test_dates_are_taken_where_numbers_are_expected_as_missing() -> None:
    new = rows("Age,day,Sex\n2020-01-01,2020-01-01,f\n2020-01-02,2020-02-30,m")
    frame, said = aligned(STEPS, new, match(STEPS, [], new))
    assert frame["Age"].isna().all()
    assert frame["day"].notna().sum() == 1
    assert len(said) == 2


def test_a_file_of_one_column_is_scored(case: Cases) -> None:
    new = read_rows(b"length\n0.5\n0.6", "one.csv") if False else read_rows(_excel("length", [0.5, 0.6]), "one.xlsx")
    scorer = case("abalone_9_vs_18").scorer
    matched = match(scorer.preparation.steps, [], new)
    frame, _ = aligned(scorer.preparation.steps, new, matched)
    assert list(score(scorer, new, frame).columns) == ["length", "probability 18", "decision"]


def _excel(name: str, values: list[float]) -> bytes:
    buffer = io.BytesIO()
    pd.DataFrame({name: values}).to_excel(buffer, index=False)
    return buffer.getvalue()


def test_the_uploaded_rows_come_back_as_they_were(case: Cases) -> None:
    one = case("german_credit")
    csv = one.new_rows.assign(decision="mine").to_csv(index=False)
    new = read_rows(csv.encode(), "new.csv")
    matched = match(one.scorer.preparation.steps, [c.name for c in one.table.columns], new)
    frame, _ = aligned(one.scorer.preparation.steps, new, matched)
    scored = score(one.scorer, new, frame)
    assert list(scored.columns[-3:]) == ["decision", "probability bad", "decision (model)"]
    pd.testing.assert_frame_equal(scored.iloc[:, :-2], new.raw)
    called = scored["probability bad"] >= one.scorer.threshold
    assert list(scored["decision (model)"]) == ["bad" if bad else "good" for bad in called]


def test_columns_that_did_not_change_have_not_drifted() -> None:
    table = load_sample("german_credit")
    preparation = Preparation.fit(table.frame, table.features("creditability"))
    shuffled = table.frame.sample(frac=1, random_state=0)
    found = drift(preparation.steps, shuffled.iloc[:500], shuffled.iloc[500:])
    assert len(found) == 20
    assert not [one.name for one in found if one.drifted]
    assert all(0 <= one.distance < 0.15 for one in found)


def test_columns_that_changed_are_first() -> None:
    table = load_sample("german_credit")
    preparation = Preparation.fit(table.frame, table.features("creditability"))
    after = table.frame.sample(300, random_state=0)
    after["age_in_years"] = after["age_in_years"] + 15
    after["housing"] = "tent"
    after.loc[after.index[:90], "credit_amount"] = np.nan
    found = drift(preparation.steps, table.frame, after)
    assert {one.name for one in found if one.drifted} == {"age_in_years", "housing", "credit_amount"}
    assert found[0].name == "housing"
    assert found[0].distance == pytest.approx(1)
    assert found[0].now == "(other) (100%)"
    amount = next(one for one in found if one.name == "credit_amount")
    assert amount.missing_now == pytest.approx(0.3)


def test_drift_of_empty_columns_is_unknown() -> None:
    before = pd.DataFrame({"Age": [1.0, 2.0], "day": pd.to_datetime(["2020-01-01", "2020-01-03"]), "Sex": ["f", "m"]})
    after = pd.DataFrame({"Age": [np.nan] * 3, "day": pd.to_datetime([None] * 3), "Sex": [None] * 3})
    found = {one.name: one for one in drift(STEPS, before, after)}
    assert all(np.isnan(one.distance) and one.drifted for one in found.values())
    assert found["day"].then == "2020-01-02"
    assert found["Sex"].now == "no values"


def test_texts_are_compared_by_their_words() -> None:
    rng = np.random.default_rng(0)
    words = np.array([f"word{at}" for at in range(60)])
    before = pd.DataFrame({"note": [" ".join(rng.choice(words, 8)) for _ in range(600)]})
    step = TextStep.fit(before["note"])
    (alike,) = drift([step], before.iloc[:400], before.iloc[400:])
    assert not alike.drifted
    after = before.iloc[:200].copy()
    after.iloc[::4] = "free crypto for you"
    (moved,) = drift([step], before, after)
    assert moved.drifted
    assert (moved.then, moved.now) == ("crypto (0%)", "crypto (25%)")
    (foreign,) = drift([step], before, pd.DataFrame({"note": ["你好世界今天天气"] * 50}))
    assert foreign.distance > 0.9
    silent = pd.DataFrame({"note": [None, "!!!"]})
    assert [one.then for one in drift([step], silent, silent)] == ["no words"]
    (gone,) = drift([step], before, silent.head(1))
    assert gone.drifted
    assert gone.now == "no values"
