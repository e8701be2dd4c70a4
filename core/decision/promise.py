"""A threshold that keeps a promise on recall, whatever the scores' distribution is.

The share of positives below the r-th smallest score of n positives has a Beta(r, n + 1 - r) distribution, for any
model and any continuous scores (order statistics; Wilks 1941). So the largest r is taken with which the promise is
kept with the confidence that is asked for. Equal scores only make it safer.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from core.words import short_percent

RECALL, CONFIDENCE = 0.9, 0.95


def positives_needed(recall: float = RECALL, confidence: float = CONFIDENCE) -> int:
    """Return the fewest positives with which a promise on recall can be made at all.

    Parameters
    ----------
    recall, confidence : float
        In (0, 1).

    See Also
    --------
    promised_threshold : Makes the promise.

    Examples
    --------
    >>> positives_needed(0.9, 0.95), positives_needed(0.99, 0.95)
    (29, 299)
    """
    return math.ceil(math.log(1 - confidence) / math.log(recall) - 1e-9)


def misses_allowed(positives: int, recall: float = RECALL, confidence: float = CONFIDENCE) -> int | None:
    """Return how many of the positives at hand may lie below the threshold; None where there are too few to promise.

    See Also
    --------
    positives_needed : The fewest.

    Examples
    --------
    Of 100 positives a threshold may miss four, not ten, for 90% of all later ones to be found nearly always.

    >>> misses_allowed(100, 0.9, 0.95), misses_allowed(1000, 0.9, 0.95), misses_allowed(20, 0.9, 0.95)
    (4, 84, None)
    """
    # P(Binomial(positives, 1 - recall) <= misses) is the chance that the promise is broken.
    misses = int(stats.binom.ppf(1 - confidence, positives, 1 - recall)) + 1
    while misses >= 0 and stats.binom.cdf(misses, positives, 1 - recall) > 1 - confidence:
        misses -= 1
    return misses if misses >= 0 else None


def promised_threshold(scores: np.ndarray, recall: float = RECALL, confidence: float = CONFIDENCE) -> float | None:
    """Return the highest threshold that keeps a promise on recall; None where the positives are too few.

    Parameters
    ----------
    scores : ndarray, shape (n_positives,)
        Probabilities of being positive, of positive rows that the model has not learned from.
    recall : float
        Share of all later positives to find, in (0, 1).
    confidence : float
        How sure the promise is to be kept, over all draws of these rows, in (0, 1).

    Returns
    -------
    float or None
        A row is called positive from it on.

    See Also
    --------
    core.strategies.promise.ThresholdPromise : As a strategy.

    Examples
    --------
    >>> promised_threshold(np.linspace(0.0, 0.99, 100), recall=0.9, confidence=0.95)
    0.04
    >>> print(promised_threshold(np.linspace(0.0, 0.99, 20)))
    None
    """
    misses = misses_allowed(len(scores), recall, confidence)
    return None if misses is None else float(np.partition(scores, misses)[misses])


def too_few(positives: int, recall: float = RECALL, confidence: float = CONFIDENCE) -> str:
    """Return why a promise is refused, without a full stop.

    Examples
    --------
    >>> too_few(12)
    'To promise 90% recall with 95% confidence takes 29 positive rows that the model has not learned from, \
and there are 12'
    """
    return (
        f"To promise {short_percent(recall)} recall with {short_percent(confidence)} confidence takes "
        f"{positives_needed(recall, confidence):,} positive rows that the model has not learned from, and there are "
        f"{positives:,}"
    )


def most_promised(positives: int, confidence: float = CONFIDENCE) -> float:
    """Return the highest recall that so many positive rows can promise: that of a threshold which misses none of them.

    Examples
    --------
    >>> round(most_promised(24), 3), positives_needed(0.88), positives_needed(0.89)
    (0.883, 24, 26)
    """
    return float((1 - confidence) ** (1 / positives)) if positives else 0.0
