"""What is asked about groups and time, and what is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.column_options import hints
from core.data.problem import Problem
from core.data.questions import split_questions
from core.data.table import from_frame
from core.plan import Plan, SplitSettings, StrategyChoice

N = 200
DAYS = pd.date_range("2024-01-01", periods=N)


def problem_of(split: SplitSettings | None = None, **columns: object) -> Problem:
    rng = np.random.default_rng(0)
    table = from_frame(pd.DataFrame({"x": rng.normal(size=N), **columns, "y": rng.random(N) < 0.3}))
    return Problem.of(table, Plan("y", (StrategyChoice.of("plain"),), split=split or SplitSettings()))


@pytest.mark.parametrize(
    ("name", "values", "by"),
    [
        ("card_id", np.arange(N) % 40, "group"),
        ("customer", [f"c{row % 40}" for row in range(N)], "group"),
        ("paid", DAYS, "time"),
        ("Time", np.arange(N) * 1.5, "time"),
        ("colour", [f"c{row % 40}" for row in range(N)], None),
        ("date_of_birth", DAYS, None),
        ("customer", [f"c{row}" for row in range(N)], None),
        ("x2", np.arange(N) * 1.5, None),
    ],
)
def test_a_column_is_asked_about_by_what_it_likely_is(name: str, values: object, by: str | None) -> None:
    asked = split_questions(problem_of(**{name: values}))
    assert [(question.by, question.column) for question in asked] == ([(by, name)] if by else [])


def test_what_the_plan_answers_is_not_asked() -> None:
    columns = {"card_id": np.arange(N) % 40, "paid": DAYS}
    assert {question.by for question in split_questions(problem_of(**columns))} == {"group", "time"}
    grouped = split_questions(problem_of(SplitSettings(group="card_id"), **columns))
    assert [question.by for question in grouped] == ["time"]
    assert not split_questions(problem_of(SplitSettings(group="card_id", time="paid"), **columns))


def test_a_group_that_is_warned_of_is_named_once_with_its_option() -> None:
    rows = np.arange(N)
    frame = pd.DataFrame({"x": rows % 7 * 1.5, "patient id": [f"p{row // 5}" for row in rows], "y": rows // 5 % 4 == 0})
    problem = Problem.of(from_frame(frame), Plan("y", (StrategyChoice.of("plain"),)))
    assert hints(problem) == ("To keep rows with the same value together, add --group 'patient id'.",)
