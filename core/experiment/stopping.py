"""What early stopping may go by instead of the loss."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def average_precision(y: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the average precision of the second of two classes, or the mean over the classes that have rows.

    Parameters
    ----------
    y : ndarray of int, shape (n,)
    probabilities : ndarray, shape (n, n_classes)

    See Also
    --------
    core.settings.TrainingSettings : Names it in ``stop_on``.

    Examples
    --------
    >>> average_precision(np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.8]]))
    1.0
    """
    from sklearn.metrics import average_precision_score

    codes = [1] if probabilities.shape[1] == 2 else np.unique(y)
    return float(np.mean([average_precision_score(y == code, probabilities[:, code]) for code in codes]))


#: Scores by the name that a plan has for them; more is better.
STOP_SCORES: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {"average_precision": average_precision}
