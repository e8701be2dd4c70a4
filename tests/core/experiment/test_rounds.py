"""Rounds of training: what waits for other networks neither holds them up nor is changed by them."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import pytest

import core.training.lanes as lanes_module
from core.data.samples import load_sample
from core.data.splitting import Unit
from core.experiment.units import run_unit
from core.plan import NetworkChoice, Plan, StrategyChoice, TrainingSettings
from core.training.lane import Stopped
from core.training.lanes import Block, LaneTask, TrainedLane

SMALL = (NetworkChoice.of("mlp", hidden_layers=(16,)),)
QUICK = TrainingSettings(epochs=4, patience=2, batch_size=64)
MANY_STAGES = StrategyChoice.of("self_paced", n_members=4)


def plan_of(*choices: StrategyChoice) -> Plan:
    return Plan("rings", choices, networks=SMALL, training=QUICK)


def test_networks_one_after_another_are_trained_beside_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[int, bool]] = []
    train = lanes_module.train

    def watched(
        blocks: Sequence[Block], tasks: Sequence[LaneTask], *args: object, **named: object
    ) -> list[TrainedLane]:
        calls.append((len(tasks), threading.current_thread() is threading.main_thread()))
        return train(blocks, tasks, *args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(lanes_module, "train", watched)
    plan = plan_of(*map(StrategyChoice.of, ("plain", "class_weight", "easy_ensemble")), MANY_STAGES)
    results = {r.strategy: r for r in run_unit(load_sample("abalone_9_vs_18"), plan, Unit(0, 0))}
    # The two stages of an EasyEnsemble fit into the rounds that there are.
    assert sorted(calls) == [(1, False)] * 4 + [(5, True), (7, True)]
    assert results[MANY_STAGES.key].lanes == 4
    (alone,) = run_unit(load_sample("abalone_9_vs_18"), plan_of(MANY_STAGES), Unit(0, 0))[-1:]
    np.testing.assert_array_equal(results[MANY_STAGES.key].probabilities, alone.probabilities)


def test_a_cancel_reaches_networks_that_are_trained_beside_others(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[bool] = []
    train = lanes_module.train

    def watched(*args: object, **named: object) -> list[TrainedLane]:
        beside = threading.current_thread() is not threading.main_thread()
        try:
            return train(*args, **named)  # type: ignore[arg-type]
        except Stopped:
            ended.append(beside)
            raise

    monkeypatch.setattr(lanes_module, "train", watched)
    with pytest.raises(Stopped):
        run_unit(
            load_sample("abalone_9_vs_18"),
            plan_of(StrategyChoice.of("plain"), MANY_STAGES),
            Unit(0, 0),
            should_stop=lambda: any(thread.name.startswith("rounds") for thread in threading.enumerate()),
        )
    assert set(ended) == {True, False}
    assert not any(thread.name.startswith("rounds") for thread in threading.enumerate())


def test_a_fault_beside_ends_the_fold(monkeypatch: pytest.MonkeyPatch) -> None:
    train = lanes_module.train

    def failing(*args: object, **named: object) -> list[TrainedLane]:
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("no more memory")
        return train(*args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(lanes_module, "train", failing)
    with pytest.raises(RuntimeError, match="no more memory"):
        run_unit(load_sample("abalone_9_vs_18"), plan_of(StrategyChoice.of("plain"), MANY_STAGES), Unit(0, 0))
