"""Temperature scaling: one number that makes all probabilities less sure, or surer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.decision.calibration import TINY, Calibration, Graph, normalised, register

if TYPE_CHECKING:
    import keras


@register
@dataclass(frozen=True)
class Temperature(Calibration):
    """Softmax of logits divided by a temperature (Guo et al. 2017); above 1 means less sure.

    Parameters
    ----------
    value : float
        Greater than 0.

    See Also
    --------
    core.strategies.calibrations.TemperatureScaling : As a strategy.

    Examples
    --------
    >>> import numpy as np
    >>> Temperature(2.0)(np.array([[0.1, 0.9]])).round(3).tolist()
    [[0.25, 0.75]]
    """

    kind = "temperature"
    name = "temperature scaling"

    value: float

    def __call__(self, probabilities: np.ndarray) -> np.ndarray:
        logits = np.log(np.maximum(probabilities.astype(np.float64), TINY)) / self.value
        return normalised(np.exp(logits - logits.max(axis=1, keepdims=True)))

    @classmethod
    def fit(cls, probabilities: np.ndarray, y: np.ndarray) -> Temperature:
        """Return the temperature in [0.05, 20] with the least log loss on these rows.

        Parameters
        ----------
        probabilities : ndarray, shape (n, n_classes)
        y : ndarray of int64, shape (n,)
        """
        from scipy.optimize import minimize_scalar

        rows = np.arange(len(y))

        def loss(log_value: float) -> float:
            return float(-np.log(np.maximum(cls(np.exp(log_value))(probabilities)[rows, y], TINY)).mean())

        return cls(float(np.exp(minimize_scalar(loss, bounds=np.log([0.05, 20]), method="bounded").x)))

    def in_keras(self, probabilities: keras.KerasTensor) -> keras.KerasTensor:
        from keras import ops

        return ops.softmax(ops.log(ops.maximum(probabilities, TINY)) / self.value)

    def in_onnx(self, graph: Graph, probabilities: str) -> str:
        logits = graph.add("Div", graph.add("Log", graph.add("Max", probabilities, TINY)), self.value)
        return graph.add("Softmax", logits, axis=1)
