"""Folds follow from seed and repeat, and earlier runs keep theirs."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import StratifiedKFold

from core.data.problem import Problem
from core.data.splitting import Unit, check_splits, split_rows
from core.data.table import Table, from_frame
from core.plan import Plan, PlanError, SplitSettings, StrategyChoice


@pytest.fixture(scope="module")
def table() -> Table:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=240), "who": np.arange(240) // 4, "y": (np.arange(240) % 6 == 0) * 1})
    return from_frame(frame, "made")


def plan_of(**split: object) -> Plan:
    return Plan("y", (StrategyChoice.of("plain"),), split=SplitSettings(folds=4, **split))  # type: ignore[arg-type]


def folds_of(table: Table, plan: Plan, repeat: int) -> list[tuple[int, ...]]:
    problem = Problem.of(table, plan)
    return [tuple(split_rows(problem, Unit(repeat, fold)).test.tolist()) for fold in range(4)]


@pytest.mark.parametrize("group", [None, "who"])
def test_no_repeat_of_a_seed_has_the_folds_of_another_seed(table: Table, group: str | None) -> None:
    drawn = {
        (seed, repeat): folds_of(table, plan_of(repeats=3, seed=seed, group=group), repeat)
        for seed, repeat in product(range(4), range(3))
    }
    for one, other in combinations(drawn, 2):
        assert not set(drawn[one]) & set(drawn[other]), (one, other)
    again = folds_of(table, plan_of(repeats=3, seed=2, group=group), 1)
    assert again == drawn[2, 1]


def test_a_plan_of_an_earlier_version_keeps_its_folds(table: Table) -> None:
    raw = json.loads(plan_of(repeats=2, seed=3).to_json())
    assert raw["split"].pop("seeding") == 2
    earlier = Plan.from_json(json.dumps(raw))
    target = Problem.of(table, earlier).target
    expected = StratifiedKFold(4, shuffle=True, random_state=3 + 1).split(np.arange(240), target.codes)
    assert folds_of(table, earlier, 1) == [tuple(test.tolist()) for _, test in expected]
    assert Plan.from_json(earlier.to_json()) == earlier
    assert earlier != replace(earlier, split=replace(earlier.split, seeding=2))
    with pytest.raises(PlanError, match="Seeding"):
        SplitSettings(seeding=3)


def test_two_rows_of_each_class_are_too_few_to_hold_any_back() -> None:
    tiny = from_frame(pd.DataFrame({"x": [1.5, 2.5, 3.5, 4.5], "y": ["a", "a", "b", "b"]}))
    problem = Problem.of(tiny, Plan("y", (StrategyChoice.of("plain"),), split=SplitSettings(folds=2)))
    with pytest.raises(PlanError, match="only one row left to train on"):
        split_rows(problem, Unit(0, 0))
    with pytest.raises(PlanError, match="merge classes on the Data page"):
        check_splits(problem)
