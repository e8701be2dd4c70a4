"""Labels in two spellings are pointed out, merged once, and stay merged wherever the plan goes."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from core.data.preparation import Preparation
from core.data.problem import Problem
from core.data.spellings import spellings_in, spellings_of
from core.data.table import Table, read_table
from core.data.target import encode_target
from core.exporting.inputs import readings_of
from core.exporting.new_rows import aligned, match, read_rows
from core.links import from_query, to_query
from core.plan import Plan, StrategyChoice
from core.words import TableError
from pages._session import Session
from tests.core.data.reading import CASES


@pytest.fixture
def table() -> Table:
    return read_table(CASES / "labels_in_two_spellings.csv")


def test_two_spellings_of_a_class_are_said_and_merged(table: Table) -> None:
    (found,) = spellings_in(table.frame, [column.name for column in table.columns])
    assert found.column == "y"
    assert found.merged == (("Fraud", "fraud"),)
    assert found.sentence() in table.notes
    session = Session().opened(table, "y").planned(positive="Fraud").with_merged("y", found.merged)
    assert session.table is not None
    assert session.plan is not None
    assert session.plan.positive is None
    assert len(encode_target(session.table, "y").classes) == 2
    assert session.table.digest != table.digest
    assert not any("more than one spelling" in note for note in session.table.notes)
    assert any("Spellings in `y` merged by hand" in note for note in session.table.notes)
    again = Plan.from_json(session.plan.to_json())
    assert again == session.plan
    assert Problem.of(table, again).target.labels == Problem.of(session.table, again).target.labels
    assert session.table.planned(again).digest == session.table.digest
    assert from_query(to_query(session.plan, session.table)).plan.merged == again.merged


def test_plans_of_earlier_versions_merge_nothing() -> None:
    text = Plan("y", (StrategyChoice.of("plain"),)).to_json().replace(', "merged": []', "")
    assert "merged" not in text
    assert Plan.from_json(text).merged == ()


def test_merged_spellings_are_merged_in_new_rows() -> None:
    lines = ["size,x,y", *(f"{('Large', 'large', 'small')[i % 3]},{i},{'yes' if i % 4 else 'no'}" for i in range(60))]
    made = read_table("\n".join(lines).encode())
    plan = replace(Plan("y", (StrategyChoice.of("plain"),)), merged=(("size", (("large", "Large"),)),))
    problem = Problem.of(made, plan)
    assert set(problem.table.frame["size"]) == {"Large", "small"}
    preparation = Preparation.fit(problem.table.frame, problem.features)
    reading = readings_of(problem.table, preparation)
    new = read_rows(b"size,x\nlarge,5\nsmall,6\nLarge,7\n", "new.csv", reading, "y")
    frame, said = aligned(preparation.steps, new, match(preparation.steps, [], new), reading)
    assert frame["size"].tolist() == ["Large", "small", "Large"]
    assert said == ()


def test_words_that_differ_by_more_are_left_alone() -> None:
    assert spellings_of("x", ["A+", "A-", "B", "1-2", "12", "re sent", "resent"], [1] * 7) is None
    found = spellings_of("x", ["never-married", "Never Married", "<=50K", "<=50K."], [5, 9, 3, 7])
    assert found is not None
    assert found.merged == (("never-married", "Never Married"), ("<=50K", "<=50K."))
    with pytest.raises(TableError, match="no column `gone`"):
        read_table(CASES / "labels_in_two_spellings.csv").with_merged({"gone": (("a", "b"),)})


def test_words_come_back_where_a_kind_chosen_by_hand_is_taken_back() -> None:
    frame = pd.DataFrame({"x": [("1", "2", "low", "mid", "high")[i % 5] for i in range(60)], "y": [0, 1] * 30})
    made = read_table(frame.to_csv(index=False).encode())
    numbers = made.with_kinds({"x": "numeric"})
    assert numbers.column("x").missing == 36
    back = numbers.with_kinds({"x": "categorical"})
    assert back.frame["x"].tolist() == frame["x"].tolist()
    assert (back.column("x").missing, back.column("x").distinct) == (0, 5)
    assert back.reading.of("x") == made.reading.of("x")
