"""What a person settles about cells: the order of day and month, and values that stand for missing ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.data.problem import Problem
from core.data.reading.cells import Reading
from core.data.readings import both_ways, stand_ins
from core.data.table import Table, from_clean, from_frame
from core.links import from_query, to_query
from core.plan import Plan, PlanError, StrategyChoice
from core.words import TableError

PLAN = Plan("y", (StrategyChoice.of("plain"),))


def table_of(**columns: object) -> Table:
    frame = pd.DataFrame(columns)
    return from_frame(frame.assign(y=np.where(np.arange(len(frame)) % 5 > 0, "no", "yes")), "made")


def test_dates_that_can_be_read_both_ways_are_found_and_read_as_settled() -> None:
    days = [f"{1 + row % 12:02d}/{1 + row % 7:02d}/2024 10:30" for row in range(60)]
    table = table_of(paid=days, due=[f"{1 + row % 28}.{1 + row % 12}.2024" for row in range(60)], x=range(60))
    (found,) = both_ways(table)
    # The points in `due` say day first, and so does `paid` then.
    assert (found.name, found.day_first, found.example) == ("paid", True, "8/1/2024")
    plan = replace(PLAN, day_first=(("paid", False),))
    other = table.planned(plan)
    assert other.frame["paid"].dt.month.tolist() == table.frame["paid"].dt.day.tolist()
    assert not both_ways(other)[0].day_first
    pd.testing.assert_frame_equal(other.planned(plan).frame, other.frame)
    # New rows are read as was settled, and so is a table that was stored before.
    how = Reading.of_plain(other.reading.plain()).of("paid")
    assert how is not None
    assert how.values(pd.Series(["03/04/2024 10:30"]))[0].dt.month.tolist() == [3]
    stored = from_clean(table.frame, "made", (), table.reading)
    pd.testing.assert_frame_equal(stored.planned(plan).frame, other.frame)
    assert [note for note in other.notes if "month first" in note] == []


@pytest.mark.parametrize(
    "days",
    [
        ["2024-03-04", "2024-05-06"],  # ISO
        ["13/4/2024", "3/4/2024"],  # one settles it
        ["3 Apr 2024", "4 May 2024"],
        ["3/3/2024", "4/4/2024"],  # the same either way
    ],
)
def test_other_dates_raise_no_question(days: list[str]) -> None:
    table = table_of(day=days * 5, x=range(10))
    assert table.column("day").kind == "date"
    assert both_ways(table) == ()


def test_an_order_that_does_not_fit_is_refused_in_one_sentence() -> None:
    with pytest.raises(TableError, match="`day` has no dates that can be read month first"):
        table_of(day=["13/4/2024", "3/4/2024"] * 5).with_day_first({"day": False})


def test_numbers_that_stand_for_nothing_are_offered_with_counts_and_taken_everywhere() -> None:
    rng = np.random.default_rng(0)
    age, pay = rng.integers(18, 90, 300).astype(float), rng.lognormal(7, 0.5, 300).round(2)
    age[:12], age[12:15], pay[::30] = -999, 999, 99999
    table = table_of(age=age, pay=pay, year=rng.integers(1990, 2000, 300), x=rng.normal(size=300))
    found = {one.name: one.values for one in stand_ins(table)}
    assert found == {"age": (("-999", 12), ("999", 3)), "pay": (("99999", 10),)}
    plan = replace(PLAN, missing=(("age", ("-999", "999")),))
    taken = table.planned(plan)
    assert taken.column("age").missing == 15
    assert taken.frame["age"].min() >= 18
    how = Reading.of_plain(taken.reading.plain()).of("age")
    assert how is not None
    for cells in (pd.Series(["-999", "999.0", "31"]), pd.Series([-999.0, 999.0, 31.0]), pd.Series([-999, 999, 31])):
        values, lost = how.values(cells)
        assert values.isna().tolist() == [True, True, False]
        assert not lost.any()
    again = taken.with_missing({"age": ()})
    pd.testing.assert_frame_equal(again.frame, table.frame)
    assert again.column("age") == table.column("age")


def test_words_among_numbers_are_offered_and_make_it_a_column_of_numbers() -> None:
    rng = np.random.default_rng(0)
    income = [f"{value:.1f}" for value in rng.normal(50, 9, 60)] + ["refused"] * 25 + ["none"] * 10 + ["low"] * 5
    table = table_of(income=income, x=rng.normal(size=100))
    assert table.column("income").kind != "numeric"
    (found,) = stand_ins(table)
    assert found.values == (("refused", 25), ("none", 10), ("low", 5))
    assert found.sentence().endswith("do they stand for missing values?")
    taken = table.with_missing({"income": found.texts})
    assert (taken.column("income").kind, taken.column("income").missing) == ("numeric", 40)
    how = taken.reading.of("income")
    assert how is not None
    values, lost = how.values(pd.Series(["refused", "12.5", "a lot"]))
    assert values.isna().tolist() == [True, False, True]
    assert lost.tolist() == [False, False, True]


def test_ordinary_columns_are_left_alone() -> None:
    rng = np.random.default_rng(0)
    table = table_of(
        score=rng.integers(0, 100, 400), change=rng.integers(-5, 5, 400), price=np.append(rng.normal(50, 9, 399), 999),
        word=rng.choice(["good", "bad", "7 up"], 400), fee=rng.lognormal(sigma=2.5, size=400),
    )  # fmt: skip
    assert stand_ins(table) == ()


def test_a_column_is_not_emptied() -> None:
    with pytest.raises(TableError, match="`x` has no other values than `7`: leave it as it is"):
        table_of(x=[7.0] * 20, z=range(20)).with_missing({"x": ("7",)})


def test_settled_columns_survive_plans_and_links() -> None:
    plan = replace(
        PLAN,
        missing=(("age", ("-999", "999")),),
        day_first=(("paid", True),),
        prepared=(("pay", (("scaling", "log"),)),),
    )
    assert Plan.from_json(plan.to_json()) == plan
    assert from_query(to_query(plan, table_of(age=range(20)))).plan == plan
    with pytest.raises(PlanError, match="settings of columns cannot be read"):
        from_query({"file": "a.csv", "target": "y", "strategies": "plain", "missing": "[1]"})


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        (("scaling", "huge"), "The scaling of column 'x' cannot be 'huge': use one of auto, standard, robust, log."),
        (("colour", "red"), "There is no setting 'colour' for column 'x': use one of scaling"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused(chosen: tuple[str, str], said: str) -> None:
    plan = replace(PLAN, prepared=(("x", (chosen,)),))
    with pytest.raises(PlanError, match=said):
        Problem.of(table_of(x=[0.5, 1.5] * 20), plan)


def test_times_of_day_without_a_date_are_read() -> None:
    rows = range(120)
    table = table_of(
        at=[f"{row % 24:02d}:{row % 60:02d}" for row in rows],
        late=[f"{1 + row % 12}:{row % 60:02d} PM" for row in rows],
    )
    assert [table.column(name).kind for name in ("at", "late")] == ["date", "date"]
    assert table.frame["at"].dt.hour.tolist() == [row % 24 for row in rows]
    assert both_ways(table) == ()


@pytest.mark.parametrize(
    "written",
    [
        "2024-01-31T09:05:07Z", "2024-01-31 09:05:07+02:00", "20240131T090507", "31.01.2024 09:05", "31/01/2024",
        "01/31/2024 9:05 AM", "31 Jan 2024", "Jan 31, 2024", "January 31, 2024 9:05 PM",
        "Wed, 31 Jan 2024 09:05:07 +0000", "Wed Jan 31 09:05:07 2024",
        "31-Jan-24", "2024/01/31", "31/Jan/2024:09:05:07 +0000", "2024-01-31 09:05:07.123456",
    ],
)  # fmt: skip
def test_dates_are_read_in_the_common_ways_of_writing(written: str) -> None:
    table = table_of(when=[written] * 3 + [written.replace("31", "30")] * 30, x=range(33))
    assert table.column("when").kind == "date"
    assert table.frame["when"].iloc[0].year == 2024
    assert table.frame["when"].iloc[0].month == 1
