"""Six made tables, each drawn from a rule that is known: what networks and boosting are compared on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit

from core.data.table import Table, from_frame

TARGET = "outcome"


@dataclass(frozen=True)
class MadeTable:
    """A table that is drawn: how many rows, how rare the positive class, and what decides it.

    Parameters
    ----------
    columns : callable
        From a generator and a number of rows to the columns and the score that decides, shape (n,), higher for the
        positive class.
    share : float
        Of positive rows, on average.
    """

    key: str
    rows: int
    share: float
    sentence: str
    columns: Callable[[np.random.Generator, int], tuple[pd.DataFrame, np.ndarray]]

    def draw(self, seed: int, rows: int | None = None) -> Table:
        """Return the table; labels are drawn from the logistic function of the score, moved to the share."""
        rng = np.random.default_rng([seed, *self.key.encode()])
        frame, score = self.columns(rng, min(self.rows, rows or self.rows))
        shift = brentq(lambda b: expit(score + b).mean() - self.share, -100, 100)
        positive = rng.random(len(frame)) < expit(score + shift)
        return from_frame(frame.assign(**{TARGET: np.where(positive, "yes", "no")}), self.key)


def _numbers(X: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])])


def _additive(rng: np.random.Generator, n: int) -> tuple[pd.DataFrame, np.ndarray]:
    X = rng.standard_normal((n, 8))
    return _numbers(X), 2 * X[:, 0] - 1.5 * X[:, 1] + np.maximum(X[:, 2], 0) * 2


def _mixed(rng: np.random.Generator, n: int) -> tuple[pd.DataFrame, np.ndarray]:
    X = rng.standard_normal((n, 5))
    score = 1.5 * X[:, 0] + X[:, 1] ** 2
    frame = _numbers(X)
    for name, levels, size in (("shop", 30, 1.0), ("colour", 6, 1.0), ("day", 7, 0.7), ("kind", 3, 0.0)):
        codes = (levels * rng.random(n) ** 1.5).astype(int)
        score = score + size * rng.standard_normal(levels)[codes]
        if name == "day":  # what a level means depends on a number
            score = score + 1.5 * np.where(codes >= 5, X[:, 2], -X[:, 2])
        frame[name] = np.array([f"{name} {i}" for i in range(levels)])[codes]
    return frame.mask(rng.random(frame.shape) < 0.04), 1.5 * score


def _interactions(rng: np.random.Generator, n: int) -> tuple[pd.DataFrame, np.ndarray]:
    X = rng.standard_normal((n, 12))
    return _numbers(X), 2.5 * (X[:, 0] * X[:, 1] + np.sign(X[:, 2]) * X[:, 3] - np.abs(X[:, 4] - X[:, 5]))


def _heavy(rng: np.random.Generator, n: int) -> tuple[pd.DataFrame, np.ndarray]:
    amounts = rng.lognormal(sigma=(1.0, 1.65, 2.5, 2.5), size=(n, 4))
    drift = rng.standard_t(df=2, size=(n, 3))
    logs = np.log(amounts)
    score = 1.5 * logs[:, 0] + logs[:, 1] - np.abs(logs[:, 2]) + 2 * np.tanh(drift[:, 0])
    return _numbers(np.hstack([amounts, drift])), 1.2 * score


def _rules(rng: np.random.Generator, n: int) -> tuple[pd.DataFrame, np.ndarray]:
    X = rng.random((n, 8))
    frame = _numbers(X)
    frame["plan"] = np.array(["free", "basic", "team", "firm"])[rng.integers(4, size=n)]
    first = (X[:, 0] > 0.7) & (X[:, 1] < 0.4) & frame["plan"].isin(["free", "team"]).to_numpy()
    second = (X[:, 2] > 0.85) & (frame["plan"] == "firm").to_numpy()
    return frame, 5.0 * (first | second) + 1.5 * (X[:, 3] > 0.5)


def _groups(rng: np.random.Generator, n: int) -> tuple[pd.DataFrame, np.ndarray]:
    X = rng.standard_normal((n, 15))
    centres = rng.standard_normal((6, 5)) * 1.2
    nearest = ((X[:, None, :5] - centres) ** 2).sum(axis=2).min(axis=1)
    return _numbers(X), 2 * np.sin(2 * X[:, 5]) - 1.5 * nearest + X[:, 6]


MADE: Mapping[str, MadeTable] = {
    table.key: table
    for table in (
        MadeTable("additive", 300, 0.15, "few rows; slopes and a hinge", _additive),
        MadeTable("mixed", 2_000, 0.10, "numbers, categories of 3 to 30 levels, gaps", _mixed),
        MadeTable("heavy_tails", 3_000, 0.08, "log-normal amounts, heavy-tailed numbers", _heavy),
        MadeTable("interactions", 5_000, 0.08, "products, signs and differences of numbers", _interactions),
        MadeTable("rules", 10_000, 0.05, "axis-aligned steps and exact rules of a category", _rules),
        MadeTable("groups", 50_000, 0.03, "groups of rare rows and a wave", _groups),
    )
}
