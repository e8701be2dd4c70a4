"""Prior shift: probabilities carried from one class distribution to another."""

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


@register
@dataclass(frozen=True)
class PriorShift(Calibration):
    """Probabilities from one class distribution, carried over to another (Saerens et al. 2002, eq. 4).

    Parameters
    ----------
    factors : tuple of float
        New share by old share of each class.

    See Also
    --------
    core.strategies.calibrations.PriorCorrection : As a strategy.

    Examples
    --------
    A network that saw both classes alike says 0.5; where one row in ten is positive, that means 0.1.

    >>> import numpy as np
    >>> PriorShift((0.9 / 0.5, 0.1 / 0.5))(np.array([[0.5, 0.5]])).round(3).tolist()
    [[0.9, 0.1]]
    """

    kind = "prior_shift"
    name = "prior correction"

    factors: tuple[float, ...]

    def __call__(self, probabilities: np.ndarray) -> np.ndarray:
        return normalised(probabilities * np.array(self.factors))

    def in_keras(self, probabilities: keras.KerasTensor) -> keras.KerasTensor:
        return normalised_in_keras(probabilities * np.array([self.factors]))

    def in_onnx(self, graph: Graph, probabilities: str) -> str:
        return normalised_in_onnx(graph, graph.add("Mul", probabilities, np.array([self.factors])))
