"""Errors of libraries are put into words; their own text reaches the log alone."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from core.library_errors import UNKNOWN, meaning, sentence
from core.plan import Part
from core.strategies import StrategyError, TrainingView, make
from core.training.lane import Lane
from core.words import TableError

RAW = [
    "cannot convert float NaN to integer",
    "Not any neigbours belong to the majority class. This case will induce a NaN case with a division by zero.",
    "Expected n_neighbors <= n_samples_fit, but n_neighbors = 6, n_samples_fit = 4, n_samples = 4",
    "No samples will be generated with the provided ratio settings.",
    "Input X contains NaN.\nKNeighborsClassifier does not accept missing values",
    "Found array with 0 sample(s) (shape=(0, 3)) while a minimum of 1 is required.",
]


@pytest.mark.parametrize("text", RAW)
def test_what_a_library_says_is_put_into_words(text: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        said = meaning(ValueError(text))
    assert said != UNKNOWN
    assert not set(text.lower().split()) <= set(said.lower().split())
    assert "\n" not in said
    assert text.splitlines()[0] in caplog.text


def test_an_unknown_error_never_shows_its_own_text() -> None:
    assert meaning(RuntimeError("Wrapping 0xdeadbeef failed")) == UNKNOWN
    assert meaning(OSError(28, "No space left on device")) == "no space left on device"
    assert sentence(ValueError("raw"), "Training failed") == f"Training failed: {UNKNOWN}."
    assert sentence(TableError("The table is empty."), "Training failed") == "The table is empty."


@pytest.mark.parametrize("key", ["adasyn", "kmeans_smote"])
def test_a_sampler_that_gives_up_says_why_in_words(key: str) -> None:
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(0, 0.1, (60, 2)), rng.normal(50, 0.1, (12, 2))]).astype(np.float32)
    X[60:] = X[60]  # the rarer class: equal rows, far from all others
    view = TrainingView(X, X, (), np.repeat([0, 1], [60, 12]), 2, 0, lambda codes: codes)
    with pytest.raises(StrategyError) as refused:
        make(Part.of(key)).refine(Lane(np.arange(72), seed=0), view)
    said = str(refused.value)
    assert said.endswith(".")
    for word in ("neigbours", "NaN", "float", "ratio settings"):
        assert word not in said
