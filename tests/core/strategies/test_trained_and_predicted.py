"""A network predicts what it was trained on, and parameters mean at their ends what they say."""

from __future__ import annotations

import runpy
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss

from core.data.problem import Problem
from core.data.splitting import Unit
from core.data.table import from_frame
from core.estimator import StrategyClassifier
from core.experiment.units import run_unit
from core.exporting.script import script
from core.networks.mlp import Mlp
from core.plan import NetworkChoice, Part, Plan, SplitSettings, StrategyChoice, TrainingSettings
from core.strategies import TrainingView, catalogue, parts_of, stages_of
from core.strategies._sampling import Sampler
from core.strategies.notation import parse_choice
from core.training._batches import LaneBatches
from core.training.lane import Lane
from core.training.lanes import Block, LaneTask, TrainedLane, predict, train

# Every loss, with what leans it to a class or away from certainty turned off: cross-entropy is what remains.
NEUTRAL = {
    "focal": "focal(gamma=0.0)",
    "class_balanced_focal": "class_balanced_focal(gamma=0.0)",
    "logit_adjusted": "logit_adjusted",
    "balanced_softmax": "balanced_softmax",
    "ldam_drw": "ldam_drw(max_margin=0.0)",
    "label_smoothing": "label_smoothing(smoothing=0.0)",
    "asymmetric": "asymmetric(gamma_negative=0.0,clip=0.0)",
    "soft_f1": "soft_f1(share=0.0)",
}
SCALED = ("ldam_drw(max_margin=0.0,scale=0.1)", "ldam_drw(max_margin=0.0,scale=30.0)")
# What a loss may cost in log loss on balanced classes by leaning as its paper wants it to.
LEANING = dict.fromkeys(NEUTRAL, 0.05) | {"focal": 0.15, "asymmetric": 0.5}
SMALL = NetworkChoice.of("mlp", hidden_layers=(16,))
TRAINING = TrainingSettings(epochs=25, patience=4, batch_size=64, learning_rate=0.01)
NETWORK = Mlp(hidden_layers=(16,))


def balanced_block(n_classes: int) -> Block:
    """Return rows of classes of one size, whose probabilities are logistic in the first input."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4000, 2)).astype(np.float32)
    scores = np.outer(2 * X[:, 0], np.linspace(-1, 1, n_classes)) + rng.gumbel(size=(4000, n_classes))
    y = scores.argmax(axis=1)
    same = np.concatenate([np.flatnonzero(y == c)[:800] for c in range(n_classes)])
    fit, valid = same[np.arange(len(same)) % 2 == 0], same[np.arange(len(same)) % 2 == 1]
    return Block(X[fit], y[fit], X[valid], y[valid])


def lanes_of(key: str, block: Block, n_classes: int) -> list[Lane]:
    view = TrainingView(
        block.X, block.X.astype(float), (), block.y, n_classes, 0, lambda rows: rows.astype(np.float32)
    )  # fmt: skip
    return next(stages_of(parts_of(parse_choice(key)), Lane(np.arange(len(block.y)), 0), view))


@cache
def trained(n_classes: int) -> dict[str, tuple[TrainedLane, float]]:
    """Return each loss's network and its log loss on the validation rows, by strategy."""
    block = balanced_block(n_classes)
    keys = [
        key
        for key in ("plain", *NEUTRAL.values(), *SCALED, *NEUTRAL)
        if n_classes == 2 or not catalogue()[key.split("(")[0]].two_classes_only
    ]
    keys = list(dict.fromkeys(keys))
    tasks = [LaneTask(0, lane, NETWORK) for key in keys for lane in lanes_of(key, block, n_classes)]
    networks = train([block], tasks, TRAINING, n_classes)
    losses = [log_loss(block.y_valid, p.astype(float)) for p in predict(networks, block.X_valid)]
    return dict(zip(keys, zip(networks, losses, strict=True), strict=True))


def test_every_loss_is_here() -> None:
    assert set(NEUTRAL) == {key for key, cls in catalogue().items() if cls.card.family == "loss"}


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_loss_that_stopped_the_training_is_that_of_the_predictions(n_classes: int) -> None:
    found = trained(n_classes)
    for key in (*NEUTRAL.values(), *SCALED):
        if key in found:
            network, loss = found[key]
            assert loss == pytest.approx(network.validation_loss[network.best_epoch], abs=2e-3), key


@pytest.mark.parametrize("n_classes", [2, 3])
def test_probabilities_of_balanced_classes_are_as_good_as_plain_cross_entropys(n_classes: int) -> None:
    found = trained(n_classes)
    plain = found["plain"][1]
    for key in (*NEUTRAL.values(), *SCALED):
        if key in found:
            # The last layer's steps are 30 times as large under a scale of 30.
            assert found[key][1] == pytest.approx(plain, abs=0.05 if "30" in key else 0.02), key
    for key, more in LEANING.items():
        if key in found:
            assert found[key][1] < plain + more, key


def test_an_initial_bias_is_the_log_prior_under_a_scale_too() -> None:
    y = np.repeat([0, 1], [900, 100])
    X = np.zeros((1000, 1), np.float32)
    (lane,) = lanes_of("log_prior_bias+ldam_drw", Block(X, y, X, y), 2)
    (network,) = train(
        [Block(X, y, X, y)], [LaneTask(0, lane, NETWORK)], replace(TRAINING, epochs=1, learning_rate=1e-6), 2
    )
    assert predict([network], X[:1])[0, 0, 1] == pytest.approx(0.1, abs=0.001)


def test_the_estimator_predicts_what_was_trained() -> None:
    block = balanced_block(2)
    losses = []
    for key in ("plain", "ldam_drw(max_margin=0.0,scale=30.0)"):
        model = StrategyClassifier(key, epochs=25, learning_rate=0.01, random_state=0).fit(block.X, block.y)
        losses.append(log_loss(block.y_valid, model.predict_proba(block.X_valid)))
    assert losses[1] == pytest.approx(losses[0], abs=0.03)


def script_of(key: str, folder: Path) -> dict[str, object]:
    """Return what a choice's script defines."""
    frame = pd.DataFrame({"x": np.arange(40) % 7 * 1.0, "y": ["a", "b"] * 20})
    plan = Plan(
        "y", (parse_choice(key),), networks=(SMALL,), training=replace(TRAINING, epochs=3), split=SplitSettings(folds=2)
    )
    path = folder / "made.py"
    path.write_text(script(Problem.of(from_frame(frame, "made"), plan), plan.strategies[0]))
    return runpy.run_path(str(path))


@pytest.mark.parametrize(
    "key",
    [
        "ldam_drw(max_margin=0.0,scale=30.0,late_from=1)+progressive_batches(balanced_from=0)",
        "ldam_drw(max_margin=0.0,late_from=0,beta=0.0)+progressive_batches(balanced_from=1)",
    ],
)
def test_a_script_predicts_what_was_trained_at_the_ends_of_its_schedule(key: str, tmp_path: Path) -> None:
    made, block = script_of(key, tmp_path), balanced_block(2)
    fold = SimpleNamespace(X_valid=block.X_valid, y_valid=block.y_valid, steps=5, counts=np.bincount(block.y))
    fold.network = made["NETWORK"]
    model = made["train"](block.X, block.y, 0, fold)  # type: ignore[operator]
    p = made["predict"]([model], block.X_valid, fold)  # type: ignore[operator]
    reached = model.evaluate(block.X_valid, made["targets"](block.y_valid), verbose=0)  # type: ignore[operator]
    assert log_loss(block.y_valid, p) == pytest.approx(reached, abs=0.01)


def test_progressive_batches_at_0_are_balanced_from_the_first_and_at_1_in_the_last_epoch() -> None:
    y = np.repeat([0, 1], [270, 30])
    for balanced_from, shares in ((0.0, [0.5] * 4), (1.0, [0.1, 0.233, 0.367, 0.5])):
        lane = Lane(np.arange(300), 0, batches="progressive", balanced_from=balanced_from)
        batches = LaneBatches(lane, y, 2, 10, 30, epochs=4)
        reached = [y[batches.next().positions].mean() for _ in range(4)]
        assert reached == pytest.approx(shares, abs=0.01)


def test_a_schedule_of_batches_and_one_of_weights_keep_their_own_pace() -> None:
    (lane,) = lanes_of("ldam_drw(late_from=0.75)+progressive_batches(balanced_from=0.25)", balanced_block(2), 2)
    assert (lane.balanced_epoch(40), lane.late_epoch(40), lane.settled_from(40)) == (10, 30, 30)


def test_weights_that_never_come_in_leave_early_stopping_on() -> None:
    block = balanced_block(2)
    lanes = [lane for end in (0.0, 1.0) for lane in lanes_of(f"ldam_drw(late_from={end})", block, 2)]
    assert [bool(lane.loss.late_class_weight) for lane in lanes] == [True, False]
    hasty = replace(TRAINING, epochs=60, patience=2, learning_rate=0.05)
    for network in train([block], [LaneTask(0, lane, NETWORK) for lane in lanes], hasty, 2):
        assert len(network.validation_loss) == network.best_epoch + 3 < 60


def test_every_strategy_works_at_both_ends_of_each_of_its_parameters() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(400, 3)), columns=list("abc"))
    frame["y"] = np.where(frame["a"] + rng.normal(size=400) > 0.4, "yes", "no")
    choices = []
    for key, cls in catalogue().items():
        if issubclass(cls, Sampler):
            continue  # how many neighbours there are depends on the table: tests of samplers have their ends
        for parameter in cls.parameters():
            for end in {parameter.low, parameter.high} - {None}:
                value = int(end) if isinstance(parameter.default, int) else float(end)
                if parameter.name == "n_members":
                    value = min(value, 6)  # a hundred members are no other case than six
                choices.append(StrategyChoice((Part.of(key, **{parameter.name: value}),)))
    network, training = (
        NetworkChoice.of("mlp", hidden_layers=(4,)),
        TrainingSettings(epochs=3, patience=1, batch_size=64),
    )
    plan = Plan("y", tuple(choices), networks=(network,), training=training, split=SplitSettings(folds=2))
    results = run_unit(from_frame(frame, "ends"), plan, Unit(0, 0))
    assert len(results) > 50
    for result in results:
        if result.strategy.startswith("threshold_promise(") and result.error is not None:
            assert result.error.startswith("To promise")  # more positive rows than there are
            continue
        assert result.error is None, (result.strategy, result.error)
        assert np.isfinite(result.probabilities).all(), result.strategy
        np.testing.assert_allclose(result.probabilities.sum(axis=1), 1, atol=1e-5, err_msg=result.strategy)
        if result.history is not None:
            assert np.isfinite(result.history.validation_loss).all(), result.strategy
