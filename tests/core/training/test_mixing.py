"""Mixed rows: each partner's loss counts by its own part, weight and margin (Zhang et al. 2018).

Inputs are all zero, so a network can learn class shares and nothing else: those that the loss is under.
"""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from core.data.problem import Problem
from core.data.table import from_frame
from core.exporting.script import script
from core.networks.linear import Linear
from core.plan import Plan, SplitSettings
from core.settings import TrainingSettings
from core.strategies import TrainingView, parts_of, stages_of
from core.strategies.notation import parse_choice
from core.training.lane import Lane, LossTerms
from core.training.lanes import Block, LaneTask, predict, train

TRAINING = TrainingSettings(epochs=80, patience=0, batch_size=500, learning_rate=0.05)
# 9:1 with class weights: equal shares. Remix, which moves a mixture's label to the rarer class, then finds none that
# is rarer by the shares that the lane trains under.
SHARES = {
    "class_weight+mixup(alpha=1.0)": 0.5,
    "class_weight+remix(alpha=1.0,kappa=1000.0)": 0.5,
    "class_weight+remix(alpha=1.0)": 0.5,
    "class_weight+soft_f1(share=0.0)+mixup(alpha=1.0)": 0.5,
    "balanced_batches+mixup(alpha=1.0)": 0.5,
}


def labels(counts: tuple[int, ...]) -> np.ndarray:
    return np.repeat(np.arange(len(counts)), counts)


def learned(lanes: list[Lane], y: np.ndarray) -> np.ndarray:
    """Return the class shares that each lane's network predicts, shape (lanes, classes)."""
    X = np.zeros((len(y), 1), np.float32)
    tasks = [LaneTask(0, lane, Linear()) for lane in lanes]
    return predict(train([Block(X, y, X, y)], tasks, TRAINING, int(y.max()) + 1), X[:1])[:, 0]


@pytest.mark.parametrize("key", SHARES)
def test_a_rare_class_has_the_share_of_the_loss_that_its_weight_asks_for(key: str) -> None:
    y = labels((900, 100))
    X = np.zeros((len(y), 1), np.float32)
    view = TrainingView(X, X.astype(float), (), y, 2, 0, lambda rows: rows.astype(np.float32))
    (lane,) = next(stages_of(parts_of(parse_choice(key)), Lane(np.arange(len(y)), 0), view))
    assert learned([lane], y)[0, 1] == pytest.approx(SHARES[key], abs=0.02)


@pytest.mark.parametrize("counts", [(900, 100), (600, 300, 100)])
@pytest.mark.parametrize(
    "loss",
    [
        LossTerms(margin=(0.2, 2.0, 1.0)),
        LossTerms(margin=(0.2, 1.0, 0.5), scale=2.0, late_class_weight=(0.6, 3.0, 1.0), late_from=0.0),
        LossTerms(gamma=(2.0, 0.5, 1.0)),
        LossTerms(offset=(0.5, -1.0, 0.5), smoothing=0.1),
        LossTerms(soft_f1=0.5),
    ],
)
def test_on_equal_inputs_mixing_changes_nothing(loss: LossTerms, counts: tuple[int, ...]) -> None:
    """Each partner has its own term, so a batch of mixtures has the loss of its rows."""
    cut = {name: getattr(loss, name)[: len(counts)] for name in ("margin", "gamma", "offset", "late_class_weight")}
    y = labels(counts)
    plain = Lane(np.arange(len(y)), 0, loss=replace(loss, **cut))
    alone, mixed = learned([plain, replace(plain, mixup=1.0)], y)
    np.testing.assert_allclose(mixed, alone, atol=0.025)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_mixture_of_all_and_nothing_has_the_margin_of_the_row_that_it_is(n_classes: int) -> None:
    """Alpha near 0 takes either row whole, with its label: the same rows as without mixing."""
    rare = np.repeat([0.05, 0.5], 400)
    y = (np.random.default_rng(0).random(800) < rare) * (n_classes - 1)
    y[:n_classes] = np.arange(n_classes)
    X = np.repeat(np.float32([[0], [1]]), 400, axis=0)
    plain = Lane(np.arange(800), 0, loss=LossTerms(margin=(0.0, 1.0, 2.0)[-n_classes:]))
    lanes = [plain, replace(plain, mixup=1e-3)]
    trained = train([Block(X, y, X, y)], [LaneTask(0, lane, Linear()) for lane in lanes], TRAINING, n_classes)
    alone, mixed = predict(trained, X[[0, -1]])
    np.testing.assert_allclose(mixed, alone, atol=0.03)


@pytest.mark.parametrize("key", ["class_weight+mixup(alpha=1.0)", "class_weight+remix(alpha=1.0)"])
def test_a_script_weighs_mixed_rows_as_the_app_does(key: str, tmp_path: Path) -> None:
    y = labels((9000, 1000))
    table = from_frame(pd.DataFrame({"x": np.arange(len(y)) % 7 * 1.0, "y": np.array(["a", "b"])[y]}), "made")
    plan = Plan("y", (parse_choice(key),), split=SplitSettings(folds=2))
    path = tmp_path / "mixed.py"
    path.write_text(script(Problem.of(table, plan), plan.strategies[0]))
    order = np.random.default_rng(0).permutation(len(y))
    batch = (np.zeros((len(y), 1)), y[order, None].astype(np.float32), np.array([5 / 9, 5])[y[order]])
    prior = ([0.5, 0.5],) if "remix" in key else ()  # what the script takes: the shares under its weights
    X, targets, weights = (
        np.asarray(part) for part in runpy.run_path(str(path))["mixed"](*map(tf.constant, batch), *prior)
    )
    assert len(X) == len(targets) == len(weights) == 2 * len(y)
    assert weights.mean() == pytest.approx(1, abs=0.02 if "mixup" in key else 0.12)
    assert weights[targets[:, 0] == 1].sum() / weights.sum() == pytest.approx(SHARES[key], abs=0.02)
