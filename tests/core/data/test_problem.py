"""A table under a plan: the same kinds, target and features for everything that asks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.data.classes import ManyClassesError, RareClassError, with_change, without_change
from core.data.problem import Problem
from core.data.samples import load_sample
from core.data.split_checks import check_splits
from core.data.splitting import Unit, split_rows
from core.data.table import Table, from_frame, read_table
from core.experiment.estimate import Workload
from core.experiment.memory import shape_of
from core.plan import Plan, PlanError, SplitSettings, StrategyChoice, TrainingSettings
from core.runs._job import Job
from core.runs.store import Store
from core.teaching.effects import training_view
from core.words import TableError

CASES = Path(__file__).resolve().parents[2] / "cases"
PLAIN = (StrategyChoice.of("plain"),)
BESIDE = SplitSettings(folds=2, time="customer_id", time_as_feature=False)
QUICK = TrainingSettings(epochs=1, patience=0)


@pytest.fixture
def numbered() -> Table:
    """Return a table whose only feature looks like an identifier."""
    rng = np.random.default_rng(0)
    return from_frame(pd.DataFrame({"customer_id": rng.permutation(900)[:60], "y": np.arange(60) % 4 == 0}))


def test_a_kind_chosen_by_hand_counts_before_the_target_is_checked(numbered: Table, tmp_path: Path) -> None:
    plan = Plan("y", PLAIN, kinds=(("customer_id", "numeric"),), training=QUICK, split=SplitSettings(folds=2))
    assert Store(tmp_path).create(plan, numbered)
    job = Job(Store(tmp_path), Store(tmp_path).records()[0].id, (tmp_path / "hold").open("w"))
    job.load()
    assert len(job.units) == 2


def test_a_column_to_split_by_that_is_no_feature_is_one_for_nobody() -> None:
    table = load_sample("german_credit")
    plan = Plan("creditability", PLAIN, split=SplitSettings(group="purpose", group_as_feature=False))
    assert Problem.of(table, replace(plan, split=SplitSettings(group="purpose"))).features == tuple(
        Problem.of(table, Plan("creditability", PLAIN)).features
    )
    problem = Problem.of(table, plan)
    with_it, without = Problem.of(table, Plan("creditability", PLAIN)), problem
    assert [c.name for c in with_it.features if c not in without.features] == ["purpose"]
    levels = table.column("purpose").distinct
    assert shape_of(with_it).encoded - shape_of(without).encoded == 1
    assert shape_of(with_it).features - shape_of(without).features == levels
    assert Workload.of(with_it).rows.width - Workload.of(without).rows.width == levels
    wide, narrow = training_view(with_it, 500), training_view(without, 500)
    assert wide.encoded.shape[1] - narrow.encoded.shape[1] == 1
    assert with_it.facts.n_categorical - without.facts.n_categorical == 1


def test_a_column_to_split_by_can_leave_nothing_to_learn_from(numbered: Table) -> None:
    plan = Plan("y", PLAIN, kinds=(("customer_id", "numeric"),), split=BESIDE)
    with pytest.raises(TableError, match="used to split"):
        Problem.of(numbered, plan)


def test_a_class_of_three_rows_can_be_merged_or_left_out() -> None:
    table, plan = read_table(CASES / "class_of_three_rows.csv"), Plan("kind", PLAIN)
    with pytest.raises(RareClassError, match="3 folds, merge it into another class, leave it out, or") as caught:
        Problem.of(table, plan)
    assert caught.value.classes == (("worst", 3),)
    assert caught.value.into == ("bad", "ok")
    assert caught.value.folds == 3
    merged = Problem.of(table, replace(plan, classes=(("worst", "bad"),)))
    assert dict(zip(merged.target.labels, merged.target.counts.tolist(), strict=True)) == {"ok": 100, "bad": 20}
    assert merged.target.notes == ("Class `worst` of `kind` (3 rows) counts as `bad`.",)
    out = Problem.of(table, replace(plan, classes=(("worst", None),)))
    assert dict(zip(out.target.labels, out.target.counts.tolist(), strict=True)) == {"ok": 100, "bad": 17}
    assert "worst" not in set(table.frame["kind"].iloc[out.target.rows])
    assert Plan.from_json(out.plan.to_json()) == out.plan
    with pytest.raises(TableError, match="no class `wrst`"):
        Problem.of(table, replace(plan, classes=(("wrst", None),)))
    with pytest.raises(TableError, match="fewer than two classes"):
        Problem.of(table, replace(plan, classes=with_change((("worst", "bad"),), ["bad"], None)))


@pytest.mark.parametrize(
    ("rows", "ways", "into"),
    [
        ({"a": 60, "b": 3}, "choose at most 3 folds, or add rows.", ()),
        ({"a": 60, "b": 1}, "there are 5 folds: add rows.", ()),
        ({"a": 60, "b": 4, "c": 3}, "choose at most 3 folds, merge them into one, or add rows.", ("b",)),
        ({"a": 60, "b": 1, "c": 1}, "too few rows for 5 folds, the rarest `b` (1 row): add rows.", ()),
        ({"a": 4, "b": 3}, "choose at most 3 folds, or choose another column as the target.", ()),
    ],
    ids=["two", "one row", "rare ones together", "still too few", "all rare"],
)
def test_a_rare_class_is_not_to_be_merged_where_one_class_would_be_left(
    rows: dict[str, int], ways: str, into: tuple[str, ...]
) -> None:
    y = [label for label, count in rows.items() for _ in range(count)]
    table = from_frame(pd.DataFrame({"x": np.random.default_rng(0).normal(size=len(y)), "y": y}))
    with pytest.raises(RareClassError) as caught:
        Problem.of(table, Plan("y", PLAIN))
    assert str(caught.value).endswith(ways)
    assert caught.value.into == into
    assert not caught.value.can_leave_out


@pytest.mark.parametrize("positive", ["bad", "worse"])
def test_of_three_classes_none_is_the_positive_one_and_that_is_said(positive: str) -> None:
    plan = Plan("kind", PLAIN, positive, split=SplitSettings(folds=3))
    target = Problem.of(read_table(CASES / "class_of_three_rows.csv"), plan).target
    assert target.notes == (
        f"`{positive}` is not taken as the positive class: `kind` has 3 classes, and only one of two can be that.",
    )


def test_numbered_classes_are_merged_by_their_text() -> None:
    x = np.random.default_rng(0).normal(size=90)
    table = from_frame(pd.DataFrame({"x": x, "y": np.where(np.arange(90) < 2, 3, np.arange(90) % 2)}))
    target = Problem.of(table, Plan("y", PLAIN, classes=(("3", "1"),))).target
    assert sorted(target.classes) == [0, 1]
    assert target.counts.sum() == 90


def test_classes_are_merged_into_one_that_the_table_does_not_have() -> None:
    rng = np.random.default_rng(0)
    y = np.repeat([1, 2, 3, 4], [60, 20, 2, 3])
    table = from_frame(pd.DataFrame({"x": rng.normal(size=85), "y": y}))
    plan = Plan("y", PLAIN, classes=(("3", "other"), ("4", "other"), ("2", None)))
    target = Problem.of(table, plan).target
    assert (target.labels, target.counts.tolist()) == (("1", "other"), [60, 5])
    assert target.notes[0] == "Class `3` of `y` (2 rows) counts as `other`."
    with pytest.raises(TableError, match="`3` of `y` would be merged into `othr`, which there is not"):
        Problem.of(table, replace(plan, classes=(("3", "othr"),)))
    with pytest.raises(PlanError, match="only into a class that stays"):
        replace(plan, classes=(("3", "4"), ("4", None)))
    with pytest.raises(RareClassError) as caught:
        Problem.of(table, replace(plan, classes=()))
    assert caught.value.into == ("other", "1", "2")


@pytest.mark.parametrize(("classes", "rarest"), [(60, 11), (251, None)])
def test_too_many_classes_name_the_rarest_to_merge(classes: int, rarest: int | None) -> None:
    y = [f"c{row % classes}" for row in range(classes * 6 + 1)]
    table = from_frame(pd.DataFrame({"x": np.random.default_rng(0).normal(size=len(y)), "y": y}))
    with pytest.raises(TableError, match=f"has {classes} classes and at most 50") as caught:
        Problem.of(table, Plan("y", PLAIN, kinds=(("y", "categorical"),)))
    if rarest is None:
        assert not isinstance(caught.value, ManyClassesError)
        return
    assert isinstance(caught.value, ManyClassesError)
    assert len(caught.value.rarest) == rarest
    assert "c0" not in caught.value.rarest
    changes = with_change((), caught.value.rarest, "other")
    assert len(Problem.of(table, Plan("y", PLAIN, classes=changes)).target.labels) == 50


def test_a_class_that_is_changed_again_counts_as_the_last_change_says() -> None:
    once = with_change((), ["a", "b"], "other")
    again = with_change(once, ["b"], None)
    assert again == (("a", "other"), ("b", None))
    assert without_change(again, "a") == (("b", None),)


def ordered(when: object) -> Table:
    rng = np.random.default_rng(0)
    return from_frame(pd.DataFrame({"x": rng.normal(size=120), "when": when, "y": rng.random(120) < 0.4}))


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (np.array(["early", "late", "never", "soon"])[np.arange(120) % 4], "'when' holds categories and cannot order"),
        ([f"T{i * 7919 % 120:03d}x" for i in range(120)], "'when' only names the rows and cannot order"),
        (np.random.default_rng(1).permutation(120), "'when' only names the rows and cannot order"),
        ([f"it was on the day number {i} of them all" for i in range(120)], "'when' holds text and cannot order"),
    ],
    ids=["levels", "identifier", "row numbers", "text"],
)
def test_only_numbers_and_dates_order_rows(when: object, words: str) -> None:
    plan = Plan("y", PLAIN, split=SplitSettings(folds=3, time="when"))
    with pytest.raises(PlanError, match=words):
        Problem.of(ordered(when), plan)


@pytest.mark.parametrize("is_feature", [True, False])
def test_rows_without_a_moment_are_left_out_and_whether_it_is_a_feature_is_said(is_feature: bool) -> None:
    days = pd.Series(pd.date_range("2024-01-01", periods=120)).where(np.arange(120) % 10 != 3)
    split = SplitSettings(folds=3, time="when", time_as_feature=is_feature)
    problem = Problem.of(ordered(days), Plan("y", PLAIN, split=split))
    assert len(problem.target.rows) == 108
    assert problem.notes == (
        f"Rows are split by time in `when`: it is {'a feature too' if is_feature else 'not a feature'}.",
        "12 rows without a value in `when` left out: they have no place in time.",
    )
    rows = split_rows(problem, Unit(0, 2))
    tested = problem.table.frame["when"].iloc[problem.target.rows[rows.test]]
    assert tested.notna().all()
    assert tested.min() > problem.table.frame["when"].iloc[problem.target.rows[rows.fit]].max()


def test_dates_with_dots_order_rows() -> None:
    problem = Problem.of(
        read_table(CASES / "time_as_unread_text.csv"), Plan("y", PLAIN, split=SplitSettings(time="when"))
    )
    moments = problem.table.frame["when"]
    assert pd.api.types.is_datetime64_any_dtype(moments)
    rows = split_rows(problem, Unit(0, 0))
    assert moments.iloc[rows.fit].max() < moments.iloc[rows.test].min()


def test_a_split_that_leaves_a_class_untrained_is_refused_before_a_run_is_made(tmp_path: Path) -> None:
    table = from_frame(pd.DataFrame({"x": np.arange(90) % 7, "day": np.arange(90) * 1.5, "y": np.arange(90) >= 80}))
    plan = Plan("y", PLAIN, split=SplitSettings(folds=3, time="day"))
    with pytest.raises(PlanError, match="leaves a class without training rows"):
        check_splits(Problem.of(table, plan))
    with pytest.raises(PlanError, match="leaves a class without training rows"):
        Store(tmp_path).create(plan, table)
    assert not list(tmp_path.iterdir())
