"""The trainer against plain Keras, and lanes against the company they keep."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from sklearn.metrics import average_precision_score
from sklearn.model_selection import train_test_split

from core.networks.dense import build, initial_weights
from core.plan import NetworkSettings
from core.training import _graph
from core.training.lane import Lane, LossTerms, Synthetic
from core.training.lanes import Block, LaneTask, Stopped, TrainedLane, predict, train


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


@pytest.mark.parametrize(("n_classes", "dropout"), [(2, 0.0), (2, 0.3), (3, 0.2)])
def test_a_lane_alone_and_in_a_stack_of_thirty_agree(n_classes: int, dropout: float) -> None:
    block = table(n_classes=n_classes)
    settings = NetworkSettings((16, 8), dropout=dropout, batch_size=32, epochs=15, patience=3)
    lanes = many_lanes(block, n_classes)
    together = train([block], [LaneTask(0, lane) for lane in lanes], settings, n_classes)
    for i in [*range(15), 29]:
        (alone,) = train([block], [LaneTask(0, lanes[i])], settings, n_classes)
        np.testing.assert_allclose(
            predict([alone], block.X_valid), predict([together[i]], block.X_valid), atol=1e-4, err_msg=str(lanes[i])
        )
        assert len(alone.train_loss) == len(together[i].train_loss)


def test_folds_of_different_width_train_in_one_stack() -> None:
    narrow, wide = table(n_features=5), table(n_features=9, seed=3)
    settings = NetworkSettings((8,), batch_size=32, epochs=6)
    lane = Lane(np.arange(300), 1)
    both = train([narrow, wide], [LaneTask(0, lane), LaneTask(1, lane)], settings, 2)
    for block, trained in zip((narrow, wide), both, strict=True):
        (alone,) = train([block], [LaneTask(0, lane)], settings, 2)
        assert trained.weights[0].shape == (block.X.shape[1], 8)
        np.testing.assert_allclose(predict([alone], block.X_valid), predict([trained], block.X_valid), atol=1e-4)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_lane_copied_into_keras_predicts_the_same(n_classes: int) -> None:
    block = table(n_classes=n_classes)
    (lane,) = train([block], [LaneTask(0, Lane(np.arange(300), 0))], NetworkSettings(epochs=3), n_classes)
    model = build(block.X.shape[1], NetworkSettings().hidden_layers, n_classes)
    model.set_weights(list(lane.weights))
    keras_p = model.predict(block.X_valid, verbose=0)
    ours = predict([lane], block.X_valid)[0]
    np.testing.assert_allclose(ours[:, 1:] if n_classes == 2 else ours, keras_p, atol=1e-5)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_steps_equal_keras_adam_steps(n_classes: int) -> None:
    """The same start and full batches give the weights that Keras' own training gives."""
    block = table(n=400, n_classes=n_classes)
    settings = NetworkSettings((16, 8), batch_size=300, epochs=25, patience=0, learning_rate=0.01)
    (lane,) = train([block], [LaneTask(0, Lane(np.arange(300), 5))], settings, n_classes)
    model = build(6, (16, 8), n_classes)
    model.set_weights(list(initial_weights(6, (16, 8), n_classes, 5)))
    loss = "binary_crossentropy" if n_classes == 2 else "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.Adam(0.01), loss)
    model.fit(block.X, block.y, batch_size=300, epochs=25, verbose=0)
    ours = predict([lane], block.X_valid)[0]
    theirs = model.predict(block.X_valid, verbose=0)
    np.testing.assert_allclose(ours[:, 1:] if n_classes == 2 else ours, theirs, atol=2e-4)


def test_early_stopping_restores_the_best_epoch() -> None:
    block = table(n=200)
    patient = NetworkSettings((64,), batch_size=16, epochs=80, patience=4, learning_rate=0.02)
    lanes = [Lane(np.arange(150), seed) for seed in range(6)]
    trained = train([block], [LaneTask(0, lane) for lane in lanes], patient, 2)
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
    task = LaneTask(0, Lane(np.arange(300), 0))
    with pytest.raises(Stopped):
        train([block], [task], NetworkSettings(epochs=50), 2, report=shares.append, should_stop=lambda: len(shares) > 3)
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
            shifted = np.maximum(p[1] - t.clip, 1e-7)
            per_row = -(
                target[0] * shifted ** gamma[0] * np.log1p(-shifted) + target[1] * (1 - p[1]) ** gamma[1] * np.log(p[1])
            )
        mean = (per_row * weights).mean()
        f1 = (2 * (p * target * weights).sum(1) + 1e-6) / (((p + target) * weights).sum(1) + 1e-6)
        return (1 - t.soft_f1) * mean + t.soft_f1 * (1 - f1.mean())

    import tensorflow as tf

    from core.training._stack import terms_of

    terms = terms_of([lane], np.full((1, n_classes), 1 / n_classes), n_classes)
    terms = _graph.Terms(*(tf.constant(t) for t in terms))
    hard = tf.constant(np.eye(n_classes, dtype=np.float32)[y].T[None])
    key = _graph.GraphKey(1, n_classes == 2, general, False, False)
    loss, slope = _graph.loss_and_slope(
        tf.constant(logits, tf.float32), hard, _graph.smoothed(hard, terms.smoothing),
        tf.constant(weights[None, None], tf.float32), terms, key,
    )  # fmt: skip
    assert float(loss[0]) == pytest.approx(total(logits), abs=1e-5)
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
    "asymmetric": (LossTerms(gamma=(4.0, 1.0, 0.0), clip=0.05), True),
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


def test_training_quality_equals_plain_keras(page_blocks: tuple[np.ndarray, np.ndarray]) -> None:
    """Five seeds each on page_blocks: mean average precision within two standard errors of the difference."""
    X, y = page_blocks
    settings = NetworkSettings((32, 16), batch_size=128, epochs=12, patience=0, learning_rate=0.003)
    ours, theirs = [], []
    for seed in range(5):
        X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.4, stratify=y, random_state=seed)
        mean, spread = X_train.mean(0), X_train.std(0)
        X_train, X_test = (X_train - mean) / spread, (X_test - mean) / spread
        block = Block(X_train, y_train, X_train[:100], y_train[:100])
        (lane,) = train([block], [LaneTask(0, Lane(np.arange(len(y_train)), seed))], settings, 2)
        ours.append(average_precision_score(y_test, predict([lane], X_test)[0, :, 1]))
        keras.utils.set_random_seed(seed)
        model = build(X.shape[1], (32, 16), 2)
        model.compile(keras.optimizers.Adam(0.003), "binary_crossentropy")
        model.fit(X_train, y_train, batch_size=128, epochs=12, verbose=0)
        theirs.append(average_precision_score(y_test, model.predict(X_test, verbose=0)[:, 0]))
    difference = np.mean(ours) - np.mean(theirs)
    error = np.sqrt(np.var(ours, ddof=1) / 5 + np.var(theirs, ddof=1) / 5)
    assert min(np.mean(ours), np.mean(theirs)) > 0.8
    assert abs(difference) < 2 * error


def test_one_seed_gives_one_result() -> None:
    block = table()
    tasks = [LaneTask(0, Lane(np.arange(300), 3, batches="balanced"))]
    first: list[TrainedLane] = train([block], tasks, NetworkSettings(epochs=4, dropout=0.2), 2)
    second = train([block], tasks, NetworkSettings(epochs=4, dropout=0.2), 2)
    np.testing.assert_array_equal(predict(first, block.X_valid), predict(second, block.X_valid))
