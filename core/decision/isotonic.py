"""Isotonic calibration: a rising line from probabilities to observed shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.decision.calibration import (
    Calibration,
    Graph,
    normalised,
    normalised_in_keras,
    normalised_in_onnx,
    register,
)

if TYPE_CHECKING:
    import keras

Line = tuple[tuple[float, ...], tuple[float, ...]]


@register
@dataclass(frozen=True)
class Isotonic(Calibration):
    """A rising step-wise line per class (Zadrozny and Elkan 2002), renormalised for more than two classes.

    Parameters
    ----------
    lines : tuple of (x, y) pairs of tuples of float
        Corners of the line of each class; for two classes of the positive one alone.

    See Also
    --------
    core.strategies.calibrations.IsotonicCalibration : As a strategy.

    Examples
    --------
    >>> import numpy as np
    >>> Isotonic((((0.2, 0.8), (0.1, 0.5)),))(np.array([[0.5, 0.5]])).round(3).tolist()
    [[0.7, 0.3]]
    """

    kind = "isotonic"
    name = "isotonic calibration"

    lines: tuple[Line, ...]

    @property
    def _codes(self) -> range:
        return range(1, 2) if len(self.lines) == 1 else range(len(self.lines))

    def __call__(self, probabilities: np.ndarray) -> np.ndarray:
        mapped = [np.interp(probabilities[:, c], *line) for c, line in zip(self._codes, self.lines, strict=True)]
        if len(mapped) == 1:
            return np.column_stack([1 - mapped[0], mapped[0]])
        return normalised(np.column_stack(mapped))

    @classmethod
    def fit(cls, probabilities: np.ndarray, y: np.ndarray) -> Isotonic:
        """Fit scikit-learn's isotonic regression; results stay half a row's share away from 0 and 1.

        Parameters
        ----------
        probabilities : ndarray, shape (n, n_classes)
        y : ndarray of int64, shape (n,)
        """
        from sklearn.isotonic import IsotonicRegression

        edge = 0.5 / (len(y) + 1)
        lines = []
        for c in [1] if probabilities.shape[1] == 2 else range(probabilities.shape[1]):
            line = IsotonicRegression(y_min=edge, y_max=1 - edge, out_of_bounds="clip")
            line.fit(probabilities[:, c].astype(np.float64), y == c)
            lines.append((tuple(line.X_thresholds_.tolist()), tuple(line.y_thresholds_.tolist())))
        return cls(tuple(lines))

    def in_keras(self, probabilities: keras.KerasTensor) -> keras.KerasTensor:
        from keras import ops

        pairs = zip(self._codes, self.lines, strict=True)
        bent = [_bent_in_keras(ops.take(probabilities, np.array([c]), axis=1), *line) for c, line in pairs]
        if len(bent) == 1:
            return ops.concatenate([1.0 - bent[0], bent[0]], axis=1)
        return normalised_in_keras(ops.concatenate(bent, axis=1))

    def in_onnx(self, graph: Graph, probabilities: str) -> str:
        bent = [
            _bent_in_onnx(graph, graph.add("Gather", probabilities, np.array([c]), axis=1), *line)
            for c, line in zip(self._codes, self.lines, strict=True)
        ]
        if len(bent) == 1:
            return graph.joined([graph.add("Sub", 1.0, bent[0]), bent[0]])
        return normalised_in_onnx(graph, graph.joined(bent))


# A line through corners, flat beyond its ends: the first height, and every step's share of the way.
def _bent_in_keras(p: keras.KerasTensor, x: tuple[float, ...], y: tuple[float, ...]) -> keras.KerasTensor:
    from keras import ops

    if len(x) == 1:
        return p * 0.0 + y[0]
    way = ops.clip((p - np.array([x[:-1]])) / np.diff(x)[None], 0.0, 1.0)
    return ops.matmul(way, np.diff(y)[:, None]) + y[0]


def _bent_in_onnx(graph: Graph, p: str, x: tuple[float, ...], y: tuple[float, ...]) -> str:
    if len(x) == 1:
        return graph.add("Add", graph.add("Mul", p, 0.0), y[0])
    way = graph.add("Div", graph.add("Sub", p, np.array([x[:-1]])), np.diff(x)[None])
    return graph.add("Add", graph.add("MatMul", graph.add("Clip", way, 0.0, 1.0), np.diff(y)[:, None]), y[0])
