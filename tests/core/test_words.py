"""Names that a person types: what is close is offered."""

from __future__ import annotations

import pandas as pd
import pytest

from core.data.problem import Problem
from core.data.table import from_frame
from core.evaluation.verdict import assess
from core.plan import Plan, PlanError, SplitSettings, StrategyChoice
from core.strategies.notation import parse_strategies
from core.words import TableError, close_names, counted_range
from tests.core.evaluation.comparisons import scored

TABLE = from_frame(
    pd.DataFrame({"Churn": ["yes", "no"] * 20, "tenure": range(40), "MonthlyCharges": [x / 7 for x in range(40)]})
)
PLAIN = (StrategyChoice.of("plain"),)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("churn", ("Churn",)),
        ("monthly charges", ("MonthlyCharges",)),
        ("tenur", ("tenure",)),
        ("charges", ("MonthlyCharges",)),
        ("height", ()),
        ("?", ()),
    ],
)
def test_close_names_are_found_whatever_the_case_and_the_spaces(typed: str, meant: tuple[str, ...]) -> None:
    assert close_names(typed, [column.name for column in TABLE.columns]) == meant


def test_a_target_that_differs_in_case_is_offered() -> None:
    with pytest.raises(TableError, match=r"no column `churn`: did you mean `Churn`\?$"):
        Problem.of(TABLE, Plan("churn", PLAIN))
    with pytest.raises(TableError, match="it has `Churn`, `tenure`, `MonthlyCharges`"):
        Problem.of(TABLE, Plan("height", PLAIN))
    with pytest.raises(PlanError, match=r"no column `Tenure` to split by: did you mean `tenure`\?$"):
        Problem.of(TABLE, Plan("Churn", PLAIN, split=SplitSettings(2, time="Tenure")))
    with pytest.raises(TableError, match=r"no class `Yes`: did you mean `yes`\?$"):
        Problem.of(TABLE, Plan("Churn", PLAIN, positive="Yes"))


def test_strategies_parameters_and_metrics_are_offered() -> None:
    with pytest.raises(PlanError, match=r"no strategy called 'smotee'; did you mean smote"):
        parse_strategies("smotee")
    with pytest.raises(PlanError, match=r"no parameter 'k_neighbours'; did you mean k_neighbors\?"):
        parse_strategies("smote(k_neighbours=3)")
    with pytest.raises(ValueError, match=r"no metric 'F-1': did you mean `f1`\?"):
        assess(scored(), Plan("t", PLAIN), "F-1")


def test_a_range_is_one_number_where_both_ends_meet() -> None:
    assert counted_range([1, 1], "fold") == "1 fold"
    assert counted_range([2, 1200], "fold") == "2 to 1,200 folds"
