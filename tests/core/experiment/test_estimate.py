"""What a plan is said to cost, against how it grows and against a real run."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from core.data.problem import Problem
from core.data.samples import load_sample
from core.data.splitting import Unit
from core.experiment.estimate import Workload, estimate_seconds, too_long
from core.experiment.memory import estimate, shape_of
from core.experiment.units import run_unit
from core.machine import usable_cores
from core.plan import NetworkChoice, Part, Plan, SplitSettings, StrategyChoice, TrainingSettings, TuningSettings
from core.strategies import Recipe, TableFacts, catalogue
from core.strategies.choosing import preset_for
from core.strategies.presets import EVERYTHING, START
from core.strategies.seconds import TrainingSize
from core.training.cutting import stacks_for
from core.training.lanes import warm_up
from core.words import duration

BLOCKS = Workload(TrainingSize((3115, 387), 10, 0), TrainingSettings(), 5, cores=2)
SMOTE = StrategyChoice.of("smote")
TINY = NetworkChoice.of("mlp", hidden_layers=(1,))


def test_more_of_anything_costs_more() -> None:
    base = BLOCKS.seconds(START.choices)
    assert BLOCKS.seconds(START.choices[:3]) < base
    # A network's graphs are traced once, however many folds there are.
    more = [replace(BLOCKS, units=units).seconds(START.choices) for units in (5, 10, 15)]
    assert more[1] - more[0] == pytest.approx(more[2] - more[1])
    assert more[0] < more[1] < 2 * more[0]
    assert replace(BLOCKS, cores=4).seconds(START.choices) < base
    for changed in ({"epochs": 80}, {"batch_size": 16}, {"patience": 0}):
        assert replace(BLOCKS, training=replace(BLOCKS.training, **changed)).seconds(START.choices) > base
    wide = NetworkChoice.of("mlp", hidden_layers=(512, 512))
    assert replace(BLOCKS, networks=(wide,)).seconds(START.choices) > base


def test_two_networks_take_as_long_as_each_alone() -> None:
    plain, one_core = (StrategyChoice.of("plain"),), replace(BLOCKS, cores=1)
    both = replace(one_core, networks=(NetworkChoice("mlp"), NetworkChoice("tabm")))
    alone = [replace(one_core, networks=(network,)).seconds(plain) for network in both.networks]
    assert max(alone) < both.seconds(plain) < sum(alone)
    named = tuple(replace(plain[0], network=network) for network in both.networks)
    assert both.seconds(named) == both.seconds(plain)
    assert both.added(SMOTE) > one_core.added(SMOTE)


def test_searches_among_the_majority_grow_faster_than_the_rows() -> None:
    small, large = (
        Workload(TrainingSize((3115 * times, 387 * times), 40, 0), TrainingSettings(epochs=1), 1, networks=(TINY,))
        for times in (1, 10)
    )
    plain_like = StrategyChoice.of("class_weight")
    for key in ("near_miss_2", "tomek_links", "enn", "smote_enn", "svm_smote", "cluster_centroids"):
        choice = StrategyChoice.of(key)
        before, after = (work.added(choice) - work.added(plain_like) for work in (small, large))
        assert after > 30 * before > 0, key


@pytest.mark.parametrize(
    ("key", "rows", "minority", "seconds"),
    [
        ("svm_smote", 20_000, 100, 0.33),
        ("svm_smote", 100_000, 800, 15.1),
        ("svm_smote", 284_807, 492, 65.3),
        ("cluster_centroids", 20_000, 400, 0.7),
        ("cluster_centroids", 100_000, 800, 8.8),
        ("cluster_centroids", 284_807, 492, 28.8),
    ],
)
def test_what_was_measured_on_the_made_table_is_said_within_twice(
    key: str, rows: int, minority: int, seconds: float
) -> None:
    counts = (0.64 * (rows - minority), 0.64 * minority)
    work = Workload(TrainingSize(counts, 30, 0), TrainingSettings(), 1)
    assert seconds / 2 < work.sampling(StrategyChoice.of(key)) < 2 * seconds


def test_graphs_of_a_larger_network_are_traced_longer() -> None:
    small, large = (
        replace(BLOCKS, units=0, networks=(NetworkChoice.of(key),)).seconds(START.choices)
        for key in ("mlp", "residual")
    )
    assert 0 < small < large
    assert replace(BLOCKS, units=0).seconds((StrategyChoice.of("logistic"),)) == 0


def test_networks_that_several_strategies_share_count_once() -> None:
    tuned = StrategyChoice((Part.of("smote"), Part.of("threshold_f1")))
    assert Recipe.of(tuned).networks == Recipe.of(SMOTE).networks
    assert BLOCKS.seconds((SMOTE, tuned)) == BLOCKS.seconds((SMOTE,))
    assert BLOCKS.added(StrategyChoice.of("under_bagging")) > 5 * BLOCKS.added(SMOTE)


@pytest.mark.parametrize(
    ("sample", "target"),
    [("page_blocks", "not_text"), ("abalone_9_vs_18", "rings"), ("yeast", "site"), ("german_credit", "creditability")],
)
def test_every_entry_has_a_cost_on_every_sample(sample: str, target: str) -> None:
    table = load_sample(sample)
    plan = Plan(target, START.choices)
    problem = Problem.of(table, plan)
    workload = Workload.of(problem)
    began = time.perf_counter()
    for key, cls in catalogue().items():
        seconds = workload.added(StrategyChoice.of(key))
        assert 0 <= seconds < 300
        assert (seconds == 0) == (cls.card.family in ("decision", "baseline"))
    assert time.perf_counter() - began < 0.5
    facts = TableFacts(problem.facts.class_counts, 1, 0)
    everything = replace(plan, strategies=preset_for(EVERYTHING, facts))
    assert estimate_seconds(replace(problem, plan=everything)) > 3 * estimate_seconds(problem)


def test_the_estimate_is_of_the_size_of_a_real_run() -> None:
    """Processor time, which a busy machine changes least; training runs on both cores at once."""
    warm_up()
    table = load_sample("abalone_9_vs_18")
    plan = Plan("rings", START.choices, split=SplitSettings(folds=3))
    run_unit(table, plan, Unit(0, 0))
    began = time.process_time()
    run_unit(table, plan, Unit(0, 1))
    fold = time.process_time() - began
    work = Workload.of(Problem.of(table, plan))
    # Graphs are there by the second fold.
    one, two = (replace(work, units=units).seconds(plan.strategies) for units in (1, 2))
    assert fold / 2 / 3 < two - one < fold * 3


def test_seconds_and_memory_follow_from_the_cores_that_the_trainer_keeps_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = Problem.of(load_sample("page_blocks"), Plan("not_text", EVERYTHING.choices))
    shape = shape_of(problem)
    seconds, needed = [], []
    for cores in (2, 16):
        monkeypatch.setattr("core.machine.cpu_count", lambda cores=cores: cores)
        work = Workload.of(problem)
        assert work.cores == Workload(work.rows, work.training, 1).cores == cores
        # What the trainer does with these networks: a stack for each core, where there are enough of them.
        assert stacks_for(16, 128, 64, usable_cores()) == cores
        seconds.append(work.seconds(problem.plan.strategies))
        needed.append(estimate(problem.plan.strategies, problem.plan, shape))
    assert seconds[0] > 2 * seconds[1]
    assert needed[1] > needed[0]


def test_a_run_of_more_than_a_day_is_remarked_on() -> None:
    assert too_long(24 * 3600) is None
    said = too_long(337_247.3 * 3600)
    assert said is not None
    assert said.startswith("This plan takes about 38 years here: choose fewer strategies")
    assert duration(100 * 3600) == "about 4 days"


@pytest.mark.parametrize("members", [1, 5])
def test_tuning_costs_more_the_more_is_tried(members: int) -> None:
    plan = Plan("not_text", START.choices, training=TrainingSettings(members=members))
    problem = Problem.of(load_sample("page_blocks"), plan)
    plans = [replace(plan, tuning=TuningSettings(trials)) for trials in (0, 8, 16, 32)]
    seconds = [estimate_seconds(Problem.of(problem.table, each), cores=2) for each in plans]
    memory = [estimate(plan.strategies, each, shape_of(problem), cores=2) for each in plans]
    assert seconds == sorted(set(seconds))
    assert seconds[2] < 12 * seconds[0]
    assert memory[1:] == sorted(memory[1:])
