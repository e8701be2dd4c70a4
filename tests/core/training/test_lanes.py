"""The trainer against plain Keras, and lanes against the company they keep."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.metrics import average_precision_score

from core.networks.base import Network
from core.networks.linear import Linear
from core.networks.mlp import Mlp
from core.networks.tabm import TabM
from core.settings import TrainingSettings
from core.training._model import ModelKey, lane_model
from core.training._stack import terms_of
from core.training.lane import Lane, LossTerms, Synthetic
from core.training.lanes import Block, LaneTask, Stopped, TrainedLane, predict, train
from core.training.losses import Terms, binary_loss, class_logits, mean_cross_entropy, mean_focused, mean_loss

SMALL = Mlp(hidden_layers=(8,))


def table(n: int = 400, n_features: int = 6, n_classes: int = 2, seed: int = 0) -> Block:
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, n_features)).astype(np.float32)
    score = X[:, 0] + 0.5 * X[:, 1] * X[:, 2] + 0.5 * rng.standard_normal(n)
    edges = np.quantile(score, [0.8] if n_classes == 2 else [0.6, 0.85])
    y = np.digitize(score, edges).astype(np.int64)
    cut = int(n * 0.75)
    return Block(X[:cut], y[:cut], X[cut:], y[cut:])


def many_lanes(block: Block, n_classes: int) -> list[Lane]:
    """Return thirty lanes that differ in every field that a lane has."""
    n = len(block.y)
    rng = np.random.default_rng(1)
    synthetic = Synthetic(
        rng.standard_normal((40, block.X.shape[1])).astype(np.float32), np.zeros((40, 1)), np.full(40, 1, np.int64)
    )
    ramp = tuple(float(c) for c in range(n_classes))
    base = [
        Lane(np.arange(n), 0),
        Lane(np.arange(n), 1, batches="balanced"),
        Lane(np.arange(n), 2, batches="progressive"),
        Lane(rng.integers(0, n, 3 * n), 3),
        Lane(rng.choice(n, 60, replace=False), 4),
        Lane(np.arange(n), 5, synthetic=synthetic),
        Lane(np.arange(n), 6, sample_weight=(1 + 4 * (block.y == 1)).astype(np.float32)),
        Lane(np.arange(n), 7, loss=LossTerms(gamma=(2.0,) * n_classes)),
        Lane(np.arange(n), 8, loss=LossTerms(offset=ramp, margin=ramp, scale=1.5)),
        Lane(np.arange(n), 9, loss=LossTerms(smoothing=0.1)),
        Lane(np.arange(n), 10, loss=LossTerms(soft_f1=0.5)),
        Lane(np.arange(n), 11, mixup=0.4),
        Lane(np.arange(n), 12, mixup=0.4, remix_kappa=3.0),
        Lane(np.arange(n), 13, initial_bias=ramp),
        Lane(np.arange(n), 14, loss=LossTerms(late_class_weight=tuple(1.0 + r for r in ramp), late_from=0.5)),
    ]
    return base + [Lane(np.arange(n), 100 + i) for i in range(15)]


@pytest.mark.parametrize(("n_classes", "dropout"), [(2, 0.3), (3, 0.0)])
def test_a_lane_alone_and_in_a_stack_of_thirty_agree(n_classes: int, dropout: float) -> None:
    block = table(n_classes=n_classes)
    network = Mlp(hidden_layers=(16, 8), dropout=dropout)
    settings = TrainingSettings(batch_size=32, epochs=15, patience=3)
    lanes = many_lanes(block, n_classes)
    together = train([block], [LaneTask(0, lane, network) for lane in lanes], settings, n_classes)
    for i in [0, 2, 4, 5, 6, 8, 10, 12, 13, 14, 29]:
        (alone,) = train([block], [LaneTask(0, lanes[i], network)], settings, n_classes)
        np.testing.assert_allclose(
            predict([alone], block.X_valid), predict([together[i]], block.X_valid), atol=1e-4, err_msg=str(lanes[i])
        )
        assert len(alone.train_loss) == len(together[i].train_loss)


def test_folds_of_different_width_train_at_once() -> None:
    narrow, wide = table(n_features=5), table(n_features=9, seed=3)
    settings = TrainingSettings(batch_size=32, epochs=6)
    lane = Lane(np.arange(300), 1)
    both = train([narrow, wide], [LaneTask(0, lane, SMALL), LaneTask(1, lane, SMALL)], settings, 2)
    for block, trained in zip((narrow, wide), both, strict=True):
        (alone,) = train([block], [LaneTask(0, lane, SMALL)], settings, 2)
        assert trained.weights[0].shape == (block.X.shape[1], 8)
        np.testing.assert_allclose(predict([alone], block.X_valid), predict([trained], block.X_valid), atol=1e-4)


def probabilities(model: keras.Model, X: np.ndarray) -> np.ndarray:
    """Return what Keras makes of rows: the probabilities of a model of logits, shape (rows, classes)."""
    z = np.asarray(model(X), float)
    p = np.hstack([1 / (1 + np.exp(z)), 1 / (1 + np.exp(-z))]) if z.shape[1] == 1 else np.exp(z)
    return p / p.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("loss", [LossTerms(), LossTerms(scale=2.0)], ids=["plain", "scaled"])
def test_a_lane_copied_into_keras_predicts_the_same(n_classes: int, loss: LossTerms) -> None:
    block = table(n_classes=n_classes)
    constant = block.X.copy()
    constant[:, 2] = 1.0  # an input that says nothing in training
    block = Block(constant, block.y, block.X_valid, block.y_valid)
    task = LaneTask(0, Lane(np.arange(300), 0, loss=loss, initial_bias=(0.2, 1.0, 0.5)[:n_classes]), SMALL)
    (lane,) = train([block], [task], TrainingSettings(epochs=3), n_classes)
    theirs = probabilities(lane.network.model(), block.X_valid)
    np.testing.assert_allclose(predict([lane], block.X_valid)[0], theirs, atol=1e-5)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize(
    "settings",
    [
        TrainingSettings(batch_size=300, epochs=25, patience=0, learning_rate=0.01),
        TrainingSettings(batch_size=300, epochs=25, patience=0, learning_rate=0.01, weight_decay=0.05, clip_norm=0.1),
        TrainingSettings(batch_size=300, epochs=25, patience=0, learning_rate=0.01, schedule="cosine", beta_2=0.95),
    ],
    ids=["Adam", "decay and clipping", "schedule"],
)
def test_steps_equal_keras_steps(n_classes: int, settings: TrainingSettings) -> None:
    """The same start and full batches give the weights that Keras' own training gives."""
    block = table(n=400, n_classes=n_classes)
    (lane,) = train([block], [LaneTask(0, Lane(np.arange(300), 5), SMALL)], settings, n_classes)
    outputs = 1 if n_classes == 2 else n_classes
    model = SMALL.build(6, outputs)
    model.set_weights(lane_model(ModelKey(SMALL, 6, outputs)).initial(5))
    rate = settings.learning_rate
    if settings.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(rate, 25)
    optimizer = keras.optimizers.AdamW(
        rate, beta_2=settings.beta_2, weight_decay=settings.weight_decay / settings.learning_rate,
        global_clipnorm=settings.clip_norm or None,
    )  # fmt: skip
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    loss = keras.losses.BinaryCrossentropy if n_classes == 2 else keras.losses.SparseCategoricalCrossentropy
    model.compile(optimizer, loss(from_logits=True))
    model.fit(block.X, block.y, batch_size=300, epochs=25, verbose=0)
    theirs = probabilities(model, block.X_valid)
    np.testing.assert_allclose(predict([lane], block.X_valid)[0], theirs, atol=5e-4)


def test_early_stopping_restores_the_best_epoch() -> None:
    block = table(n=200)
    patient = TrainingSettings(batch_size=16, epochs=80, patience=4, learning_rate=0.02)
    tasks = [LaneTask(0, Lane(np.arange(150), seed), Mlp(hidden_layers=(64,))) for seed in range(6)]
    trained = train([block], tasks, patient, 2)
    assert len({len(t.train_loss) for t in trained}) > 1  # they left the stack at different times
    for t in trained:
        assert len(t.validation_loss) < 80
        assert t.best_epoch == int(np.argmin(t.validation_loss)) == len(t.validation_loss) - 5
        p = predict([t], block.X_valid)[0, :, 1].astype(float)
        loss = -np.mean(np.where(block.y_valid == 1, np.log(p), np.log1p(-p)))
        assert loss == pytest.approx(t.validation_loss[t.best_epoch], abs=0.02)


def test_a_stop_is_taken_within_an_epoch_and_progress_is_told() -> None:
    block = table()
    shares: list[float] = []
    task = LaneTask(0, Lane(np.arange(300), 0), SMALL)
    with pytest.raises(Stopped):
        train(
            [block], [task], TrainingSettings(epochs=50), 2, report=shares.append, should_stop=lambda: len(shares) > 3
        )
    assert shares == sorted(shares)
    assert len(shares) == 4


def gradient_check(lane: Lane, n_classes: int, *, general: bool) -> None:
    """Compare the slope that trains with float64 finite differences of a formula written in NumPy."""
    rng = np.random.default_rng(7)
    rows = 12
    outputs = 1 if n_classes == 2 else n_classes
    logits = rng.standard_normal((1, outputs, rows))
    y = rng.integers(0, n_classes, rows)
    weights = rng.uniform(0.5, 2.0, rows)

    def total(z: np.ndarray) -> float:
        t = lane.loss
        full = np.concatenate([np.zeros((1, rows)), z[0]]) if n_classes == 2 else z[0]
        full = full + np.array(t.offset or (0,) * n_classes)[:, None]
        full[y, np.arange(rows)] -= np.array(t.margin or (0,) * n_classes)[y]
        full = full * t.scale
        p = np.exp(full - full.max(0))
        p /= p.sum(0)
        target = np.eye(n_classes)[y].T * (1 - t.smoothing) + t.smoothing / n_classes
        gamma = np.array(t.gamma or (0.0,) * n_classes)[:, None]
        per_row = -(target * (1 - p) ** gamma * np.log(p)).sum(0)
        if t.clip:
            shifted = np.maximum(p[1] - t.clip[0], 1e-7)
            per_row = -(
                target[0] * shifted ** gamma[0] * np.log1p(-shifted) + target[1] * (1 - p[1]) ** gamma[1] * np.log(p[1])
            )
        mean = (per_row * weights).mean()
        f1 = (2 * (p * target * weights).sum(1) + 1e-6) / (((p + target) * weights).sum(1) + 1e-6)
        return (1 - t.soft_f1) * mean + t.soft_f1 * (1 - f1.mean())

    numpy_terms = terms_of([lane], np.full((1, n_classes), 1 / n_classes), n_classes)
    terms = Terms(*(tf.constant(t) for t in numpy_terms))
    one_hot = tf.constant(np.eye(n_classes, dtype=np.float32)[y][None])
    row_weights = tf.constant(weights[None], tf.float32)
    outputs = tf.constant(np.swapaxes(logits, 1, 2), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        z = class_logits(outputs)
        loss = (mean_loss if general else mean_cross_entropy)(z, one_hot, row_weights, terms)
    slope = np.swapaxes(np.asarray(tape.gradient(loss, outputs)), 1, 2)
    assert float(loss[0]) == pytest.approx(total(logits), abs=1e-5)
    if not lane.loss.soft_f1:
        assert float(mean_focused(z, one_hot, row_weights, terms)[0]) == pytest.approx(total(logits), abs=1e-5)
    if n_classes == 2 and not general:
        short = binary_loss(outputs[..., 0], one_hot[..., 1], row_weights, terms)
        assert float(short[0]) == pytest.approx(total(logits), abs=1e-5)
    for place in np.ndindex(logits.shape):
        step = np.zeros_like(logits)
        step[place] = 1e-5
        numeric = (total(logits + step) - total(logits - step)) / 2e-5
        assert float(slope[place]) == pytest.approx(numeric, abs=1e-5), place


LOSSES = {
    "plain": (LossTerms(), False),
    "smoothing": (LossTerms(smoothing=0.1), False),
    "offset and margin": (LossTerms(offset=(0.3, -0.4, 0.1), margin=(0.1, 0.5, 0.2), scale=2.0), False),
    "focal": (LossTerms(gamma=(2.0, 1.0, 0.5)), True),
    "soft F1": (LossTerms(soft_f1=0.7), True),
    "asymmetric": (LossTerms(gamma=(4.0, 1.0, 0.0), clip=(0.05, 0.0)), True),
}


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("name", LOSSES)
def test_losses_and_slopes_equal_finite_differences(name: str, n_classes: int) -> None:
    terms, general = LOSSES[name]
    if terms.clip and n_classes > 2:
        return  # clip is defined for two classes only
    cut = {field: getattr(terms, field)[:n_classes] for field in ("gamma", "offset", "margin")}
    from dataclasses import replace

    gradient_check(Lane(np.arange(1), 0, loss=replace(terms, **cut)), n_classes, general=general)


def test_one_seed_gives_one_result() -> None:
    block = table()
    network = Mlp(hidden_layers=(8,), dropout=0.2)
    tasks = [LaneTask(0, Lane(np.arange(300), 3, batches="balanced"), network)]
    first: list[TrainedLane] = train([block], tasks, TrainingSettings(epochs=4), 2)
    second = train([block], tasks, TrainingSettings(epochs=4), 2)
    np.testing.assert_array_equal(predict(first, block.X_valid), predict(second, block.X_valid))


@pytest.mark.parametrize(
    "network",
    [
        Linear(),
        Mlp(hidden_layers=(16,), normalization="batch", dropout=0.2),
        Mlp(hidden_layers=(8,), normalization="layer", embedding="both"),
    ],
    ids=["linear", "batch normalisation", "embeddings"],
)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_any_network_is_trained_in_lanes_that_do_not_depend_on_each_other(network: Network, n_classes: int) -> None:
    block = table(n_classes=n_classes)
    settings = TrainingSettings(batch_size=32, epochs=4, patience=2, learning_rate=0.01)
    network = network.for_rows(300)
    tasks = [LaneTask(0, Lane(np.arange(300), seed), network) for seed in range(4)]
    together = train([block], tasks, settings, n_classes)
    (alone,) = train([block], tasks[2:3], settings, n_classes)
    p = predict(together, block.X_valid)
    # Batch normalisation lets rounding errors grow from step to step.
    np.testing.assert_allclose(predict([alone], block.X_valid)[0], p[2], atol=1e-3)
    np.testing.assert_allclose(probabilities(together[1].network.model(), block.X_valid), p[1], atol=1e-5)
    truth = block.y_valid == n_classes - 1
    assert average_precision_score(truth, p.mean(axis=0)[:, -1]) > truth.mean() + 0.1


def test_members_of_a_group_stop_at_the_epoch_that_is_best_for_all() -> None:
    block = table(n=300)
    parts = np.array_split(np.random.default_rng(0).permutation(225), 3)
    networks = [SMALL, SMALL, Mlp(hidden_layers=(8,), embedding="periodic")]
    tasks = [
        LaneTask(0, Lane(np.setdiff1d(np.arange(225), part), seed), network, held_out=part, group=0)
        for seed, (part, network) in enumerate(zip(parts, networks, strict=True))
    ]
    alone = LaneTask(0, Lane(np.arange(225), 9), SMALL)
    *members, _ = train(
        [block], [*tasks, alone], TrainingSettings(batch_size=32, epochs=60, patience=5, learning_rate=0.02), 2
    )
    losses = np.mean([member.validation_loss for member in members], axis=0)
    assert {member.best_epoch for member in members} == {int(losses.argmin())}
    assert len(losses) == int(losses.argmin()) + 6
    for member, part in zip(members, parts, strict=True):
        p = predict([member], block.X[part])[0].astype(float)
        loss = -np.mean(np.log(p[np.arange(len(part)), block.y[part]]))
        assert loss == pytest.approx(member.validation_loss[member.best_epoch], abs=0.03)


def test_a_lane_that_diverges_ends_and_the_others_go_on() -> None:
    block = table()
    weights = np.where(np.arange(300) == 0, np.float32(np.inf), np.float32(1))
    tasks = [
        LaneTask(0, Lane(np.arange(300), 0, sample_weight=weights), SMALL),
        LaneTask(0, Lane(np.arange(300), 1), SMALL),
    ]
    settings = TrainingSettings(batch_size=32, epochs=6, patience=0)
    broken, whole = train([block], tasks, settings, 2)
    assert (broken.diverged, whole.diverged) == (0, None)
    (alone,) = train([block], tasks[1:], settings, 2)
    np.testing.assert_allclose(predict([whole], block.X_valid), predict([alone], block.X_valid), atol=1e-4)


def test_stopping_on_a_score_keeps_the_epoch_that_scores_best() -> None:
    block = table(n=300)
    task = LaneTask(0, Lane(np.arange(225), 0), SMALL)
    scores: list[float] = []

    def score(y: np.ndarray, p: np.ndarray) -> float:
        scores.append(float(average_precision_score(y, p[:, 1])))
        return scores[-1]

    (lane,) = train([block], [task], TrainingSettings(batch_size=32, epochs=20, patience=4), 2, score=score)
    assert lane.best_epoch == int(np.argmax(scores))
    p = predict([lane], block.X_valid)[0, :, 1]
    assert average_precision_score(block.y_valid, p) == pytest.approx(max(scores), abs=1e-6)


def test_lanes_may_learn_at_rates_of_their_own() -> None:
    block = table()
    own = [
        TrainingSettings(learning_rate=rate, batch_size=32, epochs=5, weight_decay=d)
        for rate, d in ((0.01, 0.0), (0.001, 0.1))
    ]
    tasks = [LaneTask(0, Lane(np.arange(300), 4), SMALL, settings=settings) for settings in own]
    together = train([block], tasks, own[0], 2)
    for settings, lane in zip(own, together, strict=True):
        (alone,) = train([block], [LaneTask(0, Lane(np.arange(300), 4), SMALL)], settings, 2)
        np.testing.assert_allclose(predict([alone], block.X_valid), predict([lane], block.X_valid), atol=1e-4)


def test_every_stack_and_every_fold_has_the_bins_of_its_own_rows() -> None:
    network = Mlp(hidden_layers=(8,), embedding="piecewise").for_rows(300)
    blocks = [table(seed=0), table(seed=1)]
    for block in (blocks[0], blocks[0], blocks[1]):
        tasks = [LaneTask(0, Lane(np.arange(300), seed), network) for seed in range(3)]
        trained = train([block], tasks, TrainingSettings(epochs=1), 2)
        model = network.build(6, 1)
        network.adapt(model, block.X)
        bins = [i for i, weight in enumerate(model.weights) if weight.name.startswith("moving")]
        for lane in trained:
            for i in bins:
                np.testing.assert_array_equal(lane.weights[i], model.get_weights()[i])


def test_only_kernels_decay_wherever_they_are_held() -> None:
    model = lane_model(ModelKey(TabM(k=2, hidden_layers=(4, 4)), 3, 1))
    decaying = {v.path for v, decays in zip(model.trainable, model.decays, strict=True) if decays}
    assert decaying == {"hidden_1/kernel", "hidden_2/kernel", "heads/kernel"}
