"""Several tables under one plan, in the store."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.card_fraud import make
from core.data.problem import Problem
from core.data.samples import load_sample
from core.data.table import from_frame
from core.plan import Plan, SplitSettings, StrategyChoice
from core.runs.ranking import Entry, RankingError, create, find, plan_for, rankings, without_slow
from core.runs.store import Membership, Store, StoreError

PLAN = Plan(
    "anything",
    (StrategyChoice.of("plain"), StrategyChoice.of("class_weight")),
    positive="yes",
    kinds=(("x", "categorical"),),
    split=SplitSettings(folds=3, seed=7, group="patient"),
)
ABALONE, CREDIT = Entry(load_sample("abalone_9_vs_18"), "rings"), Entry(load_sample("german_credit"), "creditability")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "runs")


def test_every_table_becomes_an_ordinary_run(store: Store) -> None:
    runs = create(store, PLAN, [ABALONE, CREDIT], left_out=["c.csv is left out: it is empty."])
    assert runs.name == "2 tables × 2 strategies"
    assert list(runs.tables) == ["Abalone", "German credit"]
    assert [record.plan.target for record in runs.records] == ["rings", "creditability"]
    for record in runs.records:
        assert record.plan.strategies == PLAN.strategies
        assert record.plan.split == SplitSettings(folds=3, seed=7)
        assert record.plan.positive is None
        assert record.plan.kinds == ()
    assert runs.left_out == ("c.csv is left out: it is empty.",)
    assert len(runs.stopped) == 2  # nobody holds them yet, so they can be resumed
    assert not runs.active
    again = find(Store(store.root), runs.id)
    assert [record.id for record in again.records] == [record.id for record in runs.records]


def test_a_ranking_is_active_while_one_run_is_held(store: Store) -> None:
    runs = create(store, PLAN, [ABALONE, CREDIT])
    with store.hold(runs.records[1].id):
        assert find(store, runs.id).active
    store.set_status(runs.records[0].id, "finished")
    assert [record.table_name for record in find(store, runs.id).stopped] == ["German credit"]


def test_an_unsuitable_target_leaves_its_table_out_and_the_others_go_on(store: Store) -> None:
    runs = create(store, PLAN, [ABALONE, Entry(CREDIT.table, "no such column"), CREDIT])
    assert len(runs.records) == 2
    assert len(runs.left_out) == 1
    assert runs.left_out[0].startswith("German credit is left out: ")
    assert "no such column" in runs.left_out[0]


def test_fewer_than_two_tables_are_no_ranking(store: Store) -> None:
    one_class = Entry(from_frame(pd.DataFrame({"x": range(9), "y": ["a"] * 9}), "odd"), "y")
    with pytest.raises(RankingError, match=r"at least two tables.*odd is left out: .*one class only"):
        create(store, PLAN, [ABALONE, one_class])
    assert store.records() == ()


def test_the_same_table_twice_has_two_names(store: Store) -> None:
    runs = create(store, PLAN, [ABALONE, ABALONE, ABALONE])
    assert list(runs.tables) == ["Abalone", "Abalone (2)", "Abalone (3)"]


def test_a_full_disk_leaves_no_half_ranking(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    once = store.create

    def create_one(*args: object, **kwargs: object) -> str:
        if store.records():
            raise StoreError("The run could not be saved: free some disk space and try again.")
        return once(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "create", create_one)
    with pytest.raises(StoreError, match="disk space"):
        create(store, PLAN, [ABALONE, CREDIT])
    assert store.records() == ()


def test_rankings_are_listed_newest_first_and_survive_a_deleted_run(store: Store) -> None:
    first = create(store, PLAN, [ABALONE, CREDIT], name="First")
    store.create(plan_for(PLAN, "rings"), ABALONE.table)
    second = create(store, PLAN, [CREDIT, ABALONE], name="Second")
    assert {runs.name for runs in rankings(store)} == {"First", "Second"}
    store.delete(first.records[0].id)
    assert [record.table_name for record in find(store, first.id).records] == ["German credit"]
    store.delete(first.records[1].id)
    assert [runs.id for runs in rankings(store)] == [second.id]
    with pytest.raises(StoreError, match="no ranking at this address"):
        find(store, first.id)


@pytest.mark.parametrize("damage", [None, "text", {"id": "x"}, {"id": "x", "name": "y", "position": "?", "total": 2}])
def test_a_run_with_a_damaged_membership_stands_alone(store: Store, damage: object) -> None:
    member = Membership("b", "B", 0, 2, ("One is left out.",))
    run_id = store.create(plan_for(PLAN, "rings"), ABALONE.table, ranking=member)
    assert store.record(run_id).ranking == member
    path = store.root / run_id / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "benchmark": damage}))
    assert store.record(run_id).ranking is None


def test_a_run_from_before_there_were_rankings_is_read(store: Store) -> None:
    run_id = store.create(plan_for(PLAN, "rings"), ABALONE.table)
    path = store.root / run_id / "run.json"
    details = json.loads(path.read_text())
    del details["benchmark"]
    path.write_text(json.dumps(details))
    assert store.record(run_id).ranking is None
    store.rename(run_id, "Renamed")
    assert store.record(run_id).name == "Renamed"


def test_a_strategy_that_is_slow_on_one_table_leaves_all_of_them_and_is_named() -> None:
    choices = tuple(StrategyChoice.of(name) for name in ("plain", "tomek_links", "smote_enn"))
    plan = Plan("", choices, split=SplitSettings(folds=5, repeats=100))
    large = Entry(from_frame(make(20_000, 400), name="cards.csv"), "Class")

    def problems(plan: Plan) -> list[Problem]:
        return [Problem.of(entry.table, plan_for(plan, entry.target)) for entry in (ABALONE, large)]

    assert without_slow(plan, problems(plan)[:1]) == (plan, "")
    left, sentence = without_slow(plan, problems(plan))
    assert left.strategies == choices[:2]
    assert sentence.startswith("Left out, since its sampling takes long: SMOTE-ENN (about ")
    assert sentence.endswith(" on cards.csv). Choose it on the Strategies page to have it all the same.")
    plan = replace(plan, split=SplitSettings(folds=42, repeats=100))
    everything, sentence = without_slow(plan, problems(plan))
    assert everything.strategies == choices[:1]
    assert "since their sampling takes long: SMOTE-ENN (" in sentence
    assert sentence.index("SMOTE-ENN") < sentence.index("Tomek links")
