"""Adjustments of probabilities, as plain data that another place can apply or export."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

TINY = 1e-7


def _normalised(scores: np.ndarray) -> np.ndarray:
    return scores / scores.sum(axis=1, keepdims=True)


@dataclass(frozen=True)
class PriorShift:
    """Probabilities from one class distribution, carried over to another (Saerens et al. 2002, eq. 4).

    Parameters
    ----------
    factors : tuple of float
        New share by old share of each class.
    """

    factors: tuple[float, ...]

    def __call__(self, probabilities: np.ndarray) -> np.ndarray:
        return _normalised(probabilities * np.array(self.factors))


@dataclass(frozen=True)
class Temperature:
    """Softmax of logits divided by a temperature (Guo et al. 2017); above 1 means less sure."""

    value: float

    def __call__(self, probabilities: np.ndarray) -> np.ndarray:
        logits = np.log(np.maximum(probabilities.astype(np.float64), TINY)) / self.value
        return _normalised(np.exp(logits - logits.max(axis=1, keepdims=True)))

    @classmethod
    def fit(cls, probabilities: np.ndarray, y: np.ndarray) -> Temperature:
        """Return the temperature in [0.05, 20] with the least log loss on these rows."""
        from scipy.optimize import minimize_scalar

        rows = np.arange(len(y))

        def loss(log_value: float) -> float:
            return float(-np.log(np.maximum(cls(np.exp(log_value))(probabilities)[rows, y], TINY)).mean())

        return cls(float(np.exp(minimize_scalar(loss, bounds=np.log([0.05, 20]), method="bounded").x)))


@dataclass(frozen=True)
class Isotonic:
    """A rising step-wise line a class (Zadrozny and Elkan 2002), renormalised for more than two classes.

    Parameters
    ----------
    lines : tuple of (x, y) pairs of tuples of float
        Corners of the line of each class; for two classes of the positive one alone.
    """

    lines: tuple[tuple[tuple[float, ...], tuple[float, ...]], ...]

    def __call__(self, probabilities: np.ndarray) -> np.ndarray:
        columns = [1] if len(self.lines) == 1 else range(probabilities.shape[1])
        mapped = [np.interp(probabilities[:, c], *line) for c, line in zip(columns, self.lines, strict=True)]
        if len(mapped) == 1:
            return np.column_stack([1 - mapped[0], mapped[0]])
        return _normalised(np.column_stack(mapped))

    @classmethod
    def fit(cls, probabilities: np.ndarray, y: np.ndarray) -> Isotonic:
        """Fit scikit-learn's isotonic regression; results stay half a row's share away from 0 and 1."""
        from sklearn.isotonic import IsotonicRegression

        edge = 0.5 / (len(y) + 1)
        lines = []
        for c in [1] if probabilities.shape[1] == 2 else range(probabilities.shape[1]):
            line = IsotonicRegression(y_min=edge, y_max=1 - edge, out_of_bounds="clip")
            line.fit(probabilities[:, c].astype(np.float64), y == c)
            lines.append((tuple(line.X_thresholds_.tolist()), tuple(line.y_thresholds_.tolist())))
        return cls(tuple(lines))
