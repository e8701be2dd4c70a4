"""Folds follow from seed and repeat, and earlier runs keep theirs."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations, pairwise, product

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import StratifiedKFold

from core.data.groups import deal_groups
from core.data.problem import Problem
from core.data.split_checks import check_splits
from core.data.splitting import FoldRows, Unit, member_parts, refit_rows, split_rows
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
    assert raw["split"].pop("seeding") == 3
    earlier = Plan.from_json(json.dumps(raw))
    target = Problem.of(table, earlier).target
    expected = StratifiedKFold(4, shuffle=True, random_state=3 + 1).split(np.arange(240), target.codes)
    assert folds_of(table, earlier, 1) == [tuple(test.tolist()) for _, test in expected]
    assert Plan.from_json(earlier.to_json()) == earlier
    assert earlier != replace(earlier, split=replace(earlier.split, seeding=2))
    with pytest.raises(PlanError, match="Seeding"):
        SplitSettings(seeding=4)


def test_two_rows_of_each_class_are_too_few_to_hold_any_back() -> None:
    tiny = from_frame(pd.DataFrame({"x": [1.5, 2.5, 3.5, 4.5], "y": ["a", "a", "b", "b"]}))
    problem = Problem.of(tiny, Plan("y", (StrategyChoice.of("plain"),), split=SplitSettings(folds=2)))
    with pytest.raises(PlanError, match="only one row left to train on"):
        split_rows(problem, Unit(0, 0))
    with pytest.raises(PlanError, match="merge classes on the Data page"):
        check_splits(problem)


@pytest.fixture(scope="module")
def cards() -> Table:
    """Return payments of 40 cards over 200 days, with the class rarer in some cards."""
    rng = np.random.default_rng(1)
    card = rng.integers(0, 40, 800)
    frame = pd.DataFrame(
        {
            "when": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.permutation(800) * 6, unit="h"),
            "card": [f"c{number}" for number in card],
            "x": rng.normal(size=800),
            "y": rng.random(800) < 0.1 + 0.2 * (card < 8),
        }
    )
    return from_frame(frame, "cards")


def parts_of(rows: FoldRows, values: pd.Series, problem: Problem) -> list[pd.Series]:
    return [values.iloc[problem.target.rows[part]] for part in (rows.fit, rows.valid, rows.test)]


@pytest.mark.parametrize("gap", [0, 7.5])
@pytest.mark.parametrize("group", [None, "card"])
def test_earlier_rows_train_later_ones_test_with_a_gap_and_no_group_on_both_sides(
    cards: Table, group: str | None, gap: float
) -> None:
    problem = Problem.of(cards, plan_of(group=group, time="when", gap=gap))
    least = pd.Timedelta(days=gap)
    for rows in (*(split_rows(problem, Unit(0, fold)) for fold in range(4)), refit_rows(problem)):
        fit, valid, test = parts_of(rows, problem.table.frame["when"], problem)
        assert len(fit)
        assert fit.max() <= valid.min() - least
        assert test.empty or valid.max() <= test.min() - least
        if group is not None:
            whose = [set(part) for part in parts_of(rows, problem.table.frame[group], problem)]
            assert not any(one & other for one, other in combinations(whose, 2))
        parts = np.concatenate([rows.fit, rows.valid, rows.test])
        assert len(set(parts)) == len(parts)
        assert (rows.in_gap > 0) == (gap > 0)
        assert (rows.in_both > 0) == (group is not None)


def test_what_gap_and_groups_leave_out_is_said(cards: Table) -> None:
    problem = Problem.of(cards, plan_of(group="card", time="when", gap=1))
    folds = [split_rows(problem, Unit(0, fold)) for fold in range(4)]
    gap, both, *_ = check_splits(problem)
    assert gap.startswith("The gap of 1 day in `when` leaves out up to ")
    assert f"up to {max(rows.in_gap for rows in folds)} rows in a fold" in gap
    assert both.startswith(f"Up to {max(rows.in_both for rows in folds)} rows in a fold are left out so that no `card`")
    assert not check_splits(Problem.of(cards, plan_of(group="card")))


def test_a_gap_counts_in_the_units_of_a_column_of_numbers() -> None:
    frame = pd.DataFrame({"step": np.arange(120) * 2.5, "x": np.arange(120) % 7, "y": np.arange(120) % 4 == 0})
    problem = Problem.of(from_frame(frame), plan_of(time="step", gap=10))
    rows = split_rows(problem, Unit(0, 0))
    assert frame["step"].iloc[rows.fit].max() == frame["step"].iloc[rows.valid].min() - 10
    assert check_splits(problem)[0].startswith("The gap of 10 in `step`")


@pytest.mark.parametrize(
    ("split", "words"),
    [
        (
            {"time": "when", "gap": 150},
            "without training rows .*: use a gap of 17 days, or split by another column",
        ),
        ({"group": "card", "time": "when", "gap": 150}, "by 'card' and 'when' .*split by one of the two columns"),
    ],
)
def test_a_gap_that_leaves_nothing_to_train_on_is_refused(cards: Table, split: dict[str, object], words: str) -> None:
    with pytest.raises(PlanError, match=words):
        check_splits(Problem.of(cards, plan_of(**split)))


def test_folds_and_gaps_that_are_advised_do_work() -> None:
    """Three months by five folds with a gap of a week leave nothing: the first part is fifteen days."""
    when = pd.date_range("2025-01-01", periods=900, freq="144min").strftime("%Y-%m-%d %H:%M")
    table = from_frame(pd.DataFrame({"when": when, "x": np.arange(900) % 7, "y": np.arange(900) % 10 == 0}))

    def checked(folds: int, gap: float) -> tuple[str, ...]:
        plan = replace(plan_of(), split=SplitSettings(folds=folds, time="when", gap=gap))
        return check_splits(Problem.of(table, plan))

    with pytest.raises(PlanError, match=r"in fold 1 of 5.: use 4 folds, a gap of 6 days, or split by another column"):
        checked(5, 7)
    assert checked(4, 7)
    assert checked(5, 6)


def test_folds_that_lack_the_rare_class_are_said_before_a_run() -> None:
    rows = np.arange(300)
    frame = pd.DataFrame({"who": rows // 10, "x": rows % 7, "y": np.where((rows // 10 < 3) & (rows % 2 == 0), 1, 0)})
    few = Problem.of(from_frame(frame.assign(who="p" + frame["who"].astype(str))), plan_of(group="who"))
    assert any("1 of 4 folds has no row of `1` to test on" in note for note in check_splits(few))
    alone = frame.assign(y=(rows // 10 == 0) * 1, who="p" + frame["who"].astype(str))
    with pytest.raises(PlanError, match=r"'who' leaves a class without training rows \('1', in fold \d of 4\)"):
        check_splits(Problem.of(from_frame(alone), plan_of(group="who")))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"gap": 3.0}, "A gap needs a column"),
        ({"time": "when", "gap": -1}, "Gap is -1"),
        ({"time": "when", "repeats": 2}, "cannot be repeated"),
        ({"time": "when", "time_as_feature": "no"}, "true or false"),
    ],
)
def test_a_split_that_makes_no_sense_is_refused(given: dict[str, object], words: str) -> None:
    with pytest.raises(PlanError, match=words):
        SplitSettings(**given)  # type: ignore[arg-type]


def test_many_groups_are_dealt_whole_and_evenly() -> None:
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 3000, 9000)
    y = rng.choice(3, 9000, p=[0.9, 0.09, 0.01])
    dealt = deal_groups(y, groups, 5, seed=3)
    tested = np.concatenate([test for _, test in dealt])
    assert sorted(tested) == list(range(9000))
    for train, test in dealt:
        assert not set(groups[train]) & set(groups[test])
        assert len(train) + len(test) == 9000
        shares = np.bincount(y[test], minlength=3) / np.bincount(y)
        assert np.abs(shares - 0.2).max() < 0.05


@pytest.mark.parametrize("split", [{}, {"group": "who"}])
def test_what_splits_the_rows_in_a_plan_of_an_earlier_version_is_no_feature(
    table: Table, split: dict[str, object]
) -> None:
    raw = json.loads(plan_of(**split).to_json())
    for name in ("gap", "group_as_feature", "time_as_feature"):
        raw["split"].pop(name)
    earlier = Plan.from_json(json.dumps(raw))
    assert earlier.split.no_features == set(split.values())
    assert ("who" in {column.name for column in Problem.of(table, earlier).features}) == (not split)
    assert Plan.from_json(earlier.to_json()) == earlier


@pytest.mark.parametrize("split", [{}, {"group": "card"}, {"time": "when"}], ids=["stratified", "groups", "time"])
def test_members_hold_parts_out_that_share_no_row_and_no_group(cards: Table, split: dict[str, str]) -> None:
    problem = Problem.of(cards, plan_of(**split))
    rows = split_rows(problem, Unit(0, 3)).fit
    y = problem.target.codes[rows]
    parts = member_parts(problem, rows, 3)
    assert sorted(np.concatenate(parts)) == list(range(len(rows)))
    shares = [y[part].mean() for part in parts]
    assert max(shares) - min(shares) < 0.1
    frame = problem.table.frame.iloc[problem.target.rows[rows]].reset_index(drop=True)
    if "group" in split:
        whose = [set(frame["card"].iloc[part]) for part in parts]
        assert not any(one & other for one, other in combinations(whose, 2))
    if "time" in split:
        for code in (0, 1):
            when = [frame["when"].iloc[part[y[part] == code]] for part in parts]
            assert all(earlier.max() <= later.min() for earlier, later in pairwise(when))


def test_a_class_of_one_row_is_held_out_by_no_member_and_too_many_members_are_refused() -> None:
    frame = pd.DataFrame({"x": np.arange(45) / 7, "y": ["a"] * 25 + ["b"] * 14 + ["c"] * 6})
    problem = Problem.of(from_frame(frame), plan_of())
    held_out = np.concatenate(member_parts(problem, np.arange(40), 5))
    assert sorted(held_out) == list(range(39))
    with pytest.raises(PlanError, match="No class has 20 rows to train on"):
        member_parts(problem, np.arange(20, 40), 20)
