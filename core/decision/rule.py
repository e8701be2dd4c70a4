"""A decision rule: from probabilities to classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Rule:
    """From probabilities to a decision; without arguments, the most probable class.

    Parameters
    ----------
    utility : ndarray of float64, shape (n_classes, n_classes), or None
        The decision is ``argmax(p @ utility)``; None means ``argmax(p)``.
    threshold : float or None
        For two classes, the same decision as a threshold on the positive class.

    See Also
    --------
    core.decision.chain : Calibrations and a rule, fitted one after the other.

    Examples
    --------
    >>> import numpy as np
    >>> p = np.array([[0.7, 0.3], [0.4, 0.6]])
    >>> Rule().decide(p).tolist(), Rule.at(0.2).decide(p).tolist()
    ([0, 1], [1, 1])
    """

    utility: np.ndarray | None = None
    threshold: float | None = None

    @classmethod
    def at(cls, threshold: float) -> Rule:
        """Return the two-class rule "positive from this probability on"."""
        return cls(np.diag([threshold, 1.0 - threshold]), threshold)

    @classmethod
    def untuned(cls, n_classes: int) -> Rule:
        """Return the rule "the most probable class"; for two classes it has a threshold of 0.5."""
        return cls.at(0.5) if n_classes == 2 else cls()

    def decide(self, probabilities: np.ndarray) -> np.ndarray:
        """Return class codes, shape (n,), for probabilities of shape (n, n_classes)."""
        if self.threshold is not None:
            return (probabilities[:, 1] >= self.threshold).astype(np.int64)
        scores = probabilities if self.utility is None else probabilities @ self.utility
        return scores.argmax(axis=1).astype(np.int64)
