"""Costs by row and stakes: read back as written, refused with one sentence, decided as counting says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.decision.costs import CostError, Costs
from core.decision.row_costs import Cost, RowCosts
from core.decision.stakes import Stakes

AMOUNT = RowCosts(alarm=Cost(5.0), miss=Cost(3.0, "amount", 0.5), hit=Cost(5.0))


@pytest.mark.parametrize(
    "stakes",
    [
        Stakes(),
        Stakes(Costs(((0.0, 2.5), (40.0, 1.0)), prevalence=0.013), "cheapest"),
        Stakes(Costs(((1.0, 0.0), (0.0, 9.0)), benefits=True), "one", 0.125),
        Stakes(rule="rows", row_costs=AMOUNT),
        Stakes(rule="cheapest", row_costs=AMOUNT, set_aside=True),
    ],
)
def test_stakes_are_read_back_from_an_address(stakes: Stakes) -> None:
    assert Stakes.from_query(stakes.to_query()) == stakes
    assert bool(stakes.sentences()) == (not stakes.is_default)
    assert all(sentence.endswith(".") for sentence in stakes.sentences())


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"costs": "1,2,3"}, "cannot be read"),
        ({"costs": "0,-1,10,0"}, "is -1"),
        ({"field": "2"}, "choose one between 0 and 1"),
        ({"decide": "luck"}, "'luck' is no way to decide"),
        ({"decide": "one"}, "needs a threshold"),
        ({"decide": "rows"}, "needs costs that a column gives"),
        ({"at": "much"}, "cannot be read"),
        ({"rows": "{}"}, "no costs by row"),
        ({"rows": "[" * 9}, "cannot be read"),
    ],
)
def test_a_damaged_address_is_one_sentence(query: dict[str, str], words: str) -> None:
    with pytest.raises(CostError, match=words):
        Stakes.from_query(query)


def test_each_row_is_decided_by_what_is_cheaper_for_it() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"amount": rng.exponential(40, 300).round(2)})
    p = rng.random(300) ** 3
    flagged, cuts = AMOUNT.flagged(p, frame), AMOUNT.thresholds(frame)
    for i, amount in enumerate(frame["amount"]):
        left = p[i] * (0.5 * amount + 3)
        called = (1 - p[i]) * 5 + p[i] * 5
        assert flagged[i] == (called < left)
        if np.isfinite(cuts[i]):
            assert flagged[i] == (p[i] > cuts[i])
    truth = (rng.random(300) < p).astype(int)
    total = AMOUNT.total(truth, flagged.astype(int), frame)
    by_hand = np.where(flagged, 5.0, np.where(truth == 1, 0.5 * frame["amount"] + 3, 0.0))
    np.testing.assert_allclose(total, by_hand)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1.0, -2.0], "is negative in 1 row, the first of them row 2"),
        ([1.0, None], "has no value in 1 row"),
        (
            [1.0, None, -2.0, -3.0],
            "has no value in 1 row, the first of them row 2, and is negative in 2 rows, the first of them row 3: a",
        ),
        (["a", "b"], "holds no numbers"),
        ([True, False], "holds no numbers"),
    ],
)
def test_a_column_that_cannot_be_a_cost_is_one_sentence(values: list[object], words: str) -> None:
    with pytest.raises(CostError, match=words):
        AMOUNT.check(pd.DataFrame({"amount": values}))
    with pytest.raises(CostError, match="no column `amount`"):
        AMOUNT.check(pd.DataFrame({"other": values}))


@pytest.mark.parametrize("text", ["0.5*amount+3", "amount", "12", "2*a b", "transaction (EUR)+1"])
def test_typed_costs_are_written_back(text: str) -> None:
    assert Cost.parse(text).written() == text
    with pytest.raises(CostError, match="enter 0 or more"):
        RowCosts(alarm=Cost(-1.0), miss=Cost(column="amount"))
    with pytest.raises(CostError, match="No cost reads a column"):
        RowCosts()
