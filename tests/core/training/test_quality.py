"""Every network of the registry learns in lanes as well as with Keras' own ``fit``."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from sklearn.metrics import average_precision_score
from sklearn.model_selection import train_test_split

from core.networks import networks
from core.networks.base import Network
from core.networks.mlp import Mlp
from core.settings import TrainingSettings
from core.training.lane import Lane
from core.training.lanes import Block, LaneTask, predict, train

SEEDS, EPOCHS, BATCH, RATE = 5, 15, 64, 0.003
# A person's own are built elsewhere, and the first member stands for a mixture.
OURS = {key: cls() for key, cls in networks().items() if key not in ("own", "function", "mixed")}
NETWORKS = {
    **OURS,
    "batch normalisation and dropout": Mlp(hidden_layers=(32,), normalization="batch", dropout=0.2),
    "embeddings": Mlp(hidden_layers=(32,), embedding="both"),
}


@pytest.fixture(scope="module")
def parts(page_blocks: tuple[np.ndarray, np.ndarray]) -> list[np.ndarray]:
    """Return 1,500 rows to learn from and the others to test on, scaled: X, X_test, y, y_test."""
    X, y = page_blocks
    X, X_test, y, y_test = train_test_split(X, y, train_size=1500, stratify=y, random_state=0)
    mean, spread = X.mean(0), X.std(0)
    return [np.clip((each - mean) / spread, -5, 5) for each in (X, X_test)] + [y, y_test]


def by_keras(network: Network, X: np.ndarray, X_test: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    """Return the scores that the network gives the test rows once Keras has trained it, seed by seed."""
    # A layer that drops draws by a seed that it is built with.
    keras.utils.set_random_seed(0)
    model = network.build(X.shape[1], 1)
    targets = y.astype(np.float32)[:, None]
    if len(model.output_shape) == 3:
        targets = np.repeat(targets[:, None], model.output_shape[1], axis=1)
    optimizer = keras.optimizers.Adam(RATE)
    optimizer.build(model.trainable_variables)
    # One compiled model for all seeds: compiling takes longer than training.
    start = [variable.numpy() for variable in optimizer.variables]
    model.compile(optimizer, keras.losses.BinaryCrossentropy(from_logits=True))
    scores = []
    for seed in range(SEEDS):
        keras.utils.set_random_seed(seed)
        model.set_weights(network.initial_weights(model, seed + 100))
        network.adapt(model, X)
        for variable, value in zip(optimizer.variables, start, strict=True):
            variable.assign(value)
        model.fit(X, targets, batch_size=BATCH, epochs=EPOCHS, verbose=0)
        logits = np.asarray(model(X_test), float).reshape(len(X_test), -1)
        scores.append((1 / (1 + np.exp(-logits))).mean(axis=1))
    return scores


@pytest.mark.parametrize("name", NETWORKS)
def test_lanes_learn_as_well_as_keras(name: str, parts: list[np.ndarray]) -> None:
    """Mean average precision over five seeds is within two standard errors of the difference."""
    X, X_test, y, y_test = parts
    network = NETWORKS[name].for_rows(len(y))
    settings = TrainingSettings(batch_size=BATCH, epochs=EPOCHS, patience=0, learning_rate=RATE)
    tasks = [LaneTask(0, Lane(np.arange(len(y)), seed), network) for seed in range(SEEDS)]
    trained = train([Block(X, y, X[:50], y[:50])], tasks, settings, 2)
    ours = [average_precision_score(y_test, p[:, 1]) for p in predict(trained, X_test)]
    theirs = [average_precision_score(y_test, p) for p in by_keras(network, X, X_test, y)]
    error = np.sqrt(np.var(ours, ddof=1) / SEEDS + np.var(theirs, ddof=1) / SEEDS)
    assert min(np.mean(ours), np.mean(theirs)) > 0.6
    assert abs(np.mean(ours) - np.mean(theirs)) < 2 * error, (np.mean(ours), np.mean(theirs), error)
