"""The conductor on real tables: honest by construction, the same for the same seed, and alone as in company."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import core.training.lanes as lanes_module
from core.data.problem import Problem
from core.data.samples import load_sample
from core.data.splitting import Unit, split_rows
from core.data.table import Table, read_table
from core.data.target import encode_target
from core.experiment import fold as fold_module
from core.experiment.fold import candidates_of
from core.experiment.units import prepared, run, run_unit, units
from core.plan import (
    NetworkChoice,
    Part,
    Plan,
    PlanError,
    SplitSettings,
    StrategyChoice,
    TrainingSettings,
)
from core.strategies.presets import PRESETS

SMALL = (NetworkChoice.of("mlp", hidden_layers=(16,)),)
QUICK = TrainingSettings(epochs=4, patience=2, batch_size=64)
START = PRESETS["Start"]


def plan_for(target: str, strategies: tuple[StrategyChoice, ...] = START, **split: int) -> Plan:
    return Plan(target, strategies, networks=SMALL, training=QUICK, split=SplitSettings(**{"folds": 3, **split}))


@pytest.mark.parametrize(
    ("sample", "target"),
    [("page_blocks", "not_text"), ("abalone_9_vs_18", "rings"), ("yeast", "site"), ("german_credit", "creditability")],
)
def test_the_seven_run_on_every_sample(sample: str, target: str) -> None:
    table = load_sample(sample)
    results = run_unit(table, plan_for(target), Unit(0, 1))
    encoded = encode_target(table, target)
    assert [r.strategy for r in results] == [choice.key for choice in START]
    for r in results:
        assert r.error is None, r.error
        assert r.probabilities.shape == (len(r.test_rows), len(encoded.classes))
        np.testing.assert_allclose(r.probabilities.sum(axis=1), 1, atol=1e-5)
        np.testing.assert_array_equal(r.y_true, encoded.codes[r.test_rows])
        assert r.seconds > 0
    by_key = {r.strategy: r for r in results}
    np.testing.assert_array_equal(by_key["plain"].probabilities, by_key["threshold_f1"].probabilities)
    assert by_key["under_bagging"].lanes == 10
    for balanced in ("random_over", "smote", "random_under"):
        assert len(set(by_key[balanced].class_counts)) == 1


def test_every_row_is_tested_once_and_never_fitted_on() -> None:
    table = load_sample("yeast")
    plan = plan_for("site", folds=5, repeats=2)
    problem = Problem.of(table, plan)
    target = problem.target
    for repeat in range(2):
        tested = []
        for unit in units(plan):
            if unit.repeat != repeat:
                continue
            rows = split_rows(problem, unit)
            together = np.concatenate([rows.fit, rows.valid, rows.test])
            assert sorted(together) == list(range(len(target.codes)))
            tested.append(rows.test)
        assert sorted(np.concatenate(tested)) == list(range(len(target.codes)))


def poisoned(table: Table, target: str, rows: np.ndarray, value: float) -> Table:
    """Return the table with the labels of some rows shuffled and their numbers replaced."""
    frame = table.frame.copy()
    rng = np.random.default_rng(0)
    place = frame.columns.get_loc(target)
    frame.iloc[rows, place] = rng.permutation(frame.iloc[rows, place].to_numpy())
    for i, name in enumerate(frame.columns):
        if name == target:
            continue
        if pd.api.types.is_numeric_dtype(frame[name]):
            frame[name] = frame[name].astype(float)
            frame.iloc[rows, i] = value
        else:
            frame.iloc[rows, i] = None
    return replace(table, frame=frame)


def test_cross_fitted_members_hold_every_training_row_out_once_and_learn_from_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table, strategies = load_sample("abalone_9_vs_18"), ("plain", "smote", "threshold_f1", "easy_ensemble")
    choices = tuple(map(StrategyChoice.of, strategies))
    plan = replace(plan_for("rings", choices), training=replace(QUICK, members=3), networks=(NetworkChoice("mixed"),))
    train, tasks = lanes_module.train, []

    def recording(blocks, given, *args, **kwargs):  # type: ignore[no-untyped-def]
        tasks.extend(given)
        return train(blocks, given, *args, **kwargs)

    monkeypatch.setattr(lanes_module, "train", recording)
    results = {result.strategy: result for result in run_unit(table, plan, Unit(0, 0))}
    assert all(result.error is None for result in results.values())
    assert [results[key].lanes for key in strategies] == [3, 3, 3, 30]
    assert results["threshold_f1"].threshold is not None
    rows = split_rows(Problem.of(table, plan), Unit(0, 0))
    groups: dict[int, list[lanes_module.LaneTask]] = {}
    for task in tasks:
        assert not np.isin(task.lane.rows, task.held_out).any()
        groups.setdefault(task.group, []).append(task)
    assert sorted(map(len, groups.values())) == [3] * (1 + 1 + 10)
    for members in groups.values():
        held_out = np.concatenate([task.held_out for task in members])
        assert sorted(held_out) == list(range(len(rows.fit) + len(rows.valid)))
        assert len({task.lane.seed for task in members}) == 3
        assert [task.network.embedding for task in members] == ["none", "periodic", "none"]


@pytest.mark.parametrize(
    ("value", "members", "sample", "target"),
    [
        (np.nan, 1, "abalone_9_vs_18", "rings"),
        (1e9, 1, "german_credit", "creditability"),
        (np.nan, 2, "german_credit", "creditability"),
    ],
)
def test_poisoned_test_rows_change_no_trained_weight(
    sample: str, target: str, value: float, members: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = load_sample(sample)
    plan = plan_for(target)
    plan = replace(plan, training=replace(plan.training, members=members))
    unit = Unit(0, 0)
    rows = split_rows(Problem.of(table, plan), unit)
    train = lanes_module.train
    seen: list[list[lanes_module.TrainedLane]] = []

    def recording(*args, **kwargs):  # type: ignore[no-untyped-def]
        seen.append(train(*args, **kwargs))
        return seen[-1]

    monkeypatch.setattr(lanes_module, "train", recording)
    # The split is stratified by label, so it is fixed to the clean table's.
    monkeypatch.setattr("core.experiment.units.split_rows", lambda *_: rows)
    clean = run_unit(table, plan, unit)
    dirty = run_unit(poisoned(table, target, rows.test, value), plan, unit)
    before, after = seen
    assert len(before) == len(after) >= 15
    for one, other in zip(before, after, strict=True):
        for a, b in zip(one.weights, other.weights, strict=True):
            np.testing.assert_array_equal(a, b)
    for one_result, other_result in zip(clean, dirty, strict=True):
        assert one_result.threshold == other_result.threshold


def test_one_seed_gives_one_result_whatever_runs_beside() -> None:
    table = load_sample("abalone_9_vs_18")
    plan = plan_for("rings")
    together = {r.strategy: r for r in run_unit(table, plan, Unit(0, 0))}
    for choice in START[::2]:
        (alone,) = run_unit(table, replace(plan, strategies=(choice,)), Unit(0, 0))
        np.testing.assert_allclose(alone.probabilities, together[choice.key].probabilities, atol=1e-4)
    (other,) = run_unit(table, replace(plan, strategies=START[:1], split=SplitSettings(folds=3, seed=1)), Unit(0, 0))
    assert len(other.y_true) != len(together["plain"].y_true) or not np.array_equal(
        other.test_rows, together["plain"].test_rows
    )


def test_labels_of_any_type_keep_their_order() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal(200)
    for labels in (np.where(x > 0.8, "yes", "no"), (x > 0.8).astype(int), x > 0.8, np.digitize(x, [-0.8, 0.9]) * 10):
        frame = pd.DataFrame({"x": x, "z": rng.standard_normal(200), "label": labels})
        table = read_table(frame.to_csv(index=False).encode(), "made.csv")
        longer = TrainingSettings(epochs=40, patience=0, batch_size=16, learning_rate=0.01)
        results = run(table, replace(plan_for("label", START[:1]), training=longer))
        y = np.concatenate([r.y_true for r in results])
        p = np.concatenate([r.probabilities for r in results])
        assert p.shape[1] == len(np.unique(labels))
        assert (p.argmax(1) == y).mean() > 0.8


def test_groups_stay_together_and_time_goes_forward() -> None:
    table = load_sample("abalone_9_vs_18")
    frame = table.frame.assign(who=np.arange(len(table.frame)) // 5 * 1.0, day=np.arange(len(table.frame))[::-1] * 1.0)
    table = read_table(frame.to_csv(index=False).encode(), "made.csv")
    by_group = replace(plan_for("rings"), split=SplitSettings(folds=3, group="who"))
    rows = split_rows(Problem.of(table, by_group), Unit(0, 0))
    who = frame["who"].to_numpy()
    assert not set(who[rows.test]) & (set(who[rows.fit]) | set(who[rows.valid]))
    by_time = replace(plan_for("rings"), split=SplitSettings(folds=3, time="day"))
    rows = split_rows(Problem.of(table, by_time), Unit(0, 1))
    day = frame["day"].to_numpy()
    assert day[rows.fit].max() <= day[rows.valid].min()
    assert day[rows.valid].max() <= day[rows.test].min()
    with pytest.raises(PlanError, match="no column `when`"):
        Problem.of(table, replace(plan_for("rings"), split=SplitSettings(time="when")))


def test_a_strategy_that_cannot_work_says_why_and_the_others_go_on() -> None:
    table = load_sample("yeast")
    frame = table.frame
    keep = frame["site"].isin(["OTHER", "ME1"]) | (frame["site"] == "EXC").cumsum().lt(4) & (frame["site"] == "EXC")
    small = read_table(frame[keep].to_csv(index=False).encode(), "made.csv")
    results = run_unit(small, plan_for("site"), Unit(0, 0))
    errors = {r.strategy: r.error for r in results if r.error}
    assert "plain" not in errors
    assert all(error and error.endswith(".") for error in errors.values())


def test_a_plan_reads_back_as_it_was_written() -> None:
    combined = StrategyChoice((Part.of("smote", k_neighbors=3), Part.of("threshold_f1")))
    plan = Plan("t", (*START, combined), "x", (("a", "numeric"),), SMALL, QUICK, SplitSettings(4, 2, 9))
    assert Plan.from_json(plan.to_json()) == plan
    with pytest.raises(PlanError, match="Patience is -1"):
        TrainingSettings(patience=-1)
    with pytest.raises(PlanError, match="not a plan"):
        Plan.from_json("{}")
    with pytest.raises(PlanError, match="chosen twice"):
        Plan("t", (START[0], START[0]))


def test_training_takes_all_members_of_a_slow_sampler_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread makes them one after the other, while training looks for what is there."""
    table = load_sample("abalone_9_vs_18")
    plan = Plan("rings", (StrategyChoice.of("smote"),), training=TrainingSettings(members=3))
    problem = Problem.of(table, plan)
    block = prepared(problem, split_rows(problem, Unit(0, 0)), 0)
    (candidate,) = candidates_of(plan.strategies, plan.networks[0], block.view).values()
    seen, made = [], fold_module.stages_of

    def watched(*given: object) -> object:
        seen.append(len(candidate.pending))
        return made(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(fold_module, "stages_of", watched)
    fold_module.start(candidate, problem.facts, block.block)
    assert candidate.error is None
    assert seen == [0, 0, 0]
    assert [member for member, _ in candidate.pending] == [0, 1, 2]
