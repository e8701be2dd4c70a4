"""Labels to doubt: rows whose class the networks that had not seen them hold for unlikely (confident learning).

Networks that train on balanced rows say too much of the rare class, and would take every common row near it for
wrong. So each strategy's probabilities are first carried back to the classes' shares among the tested rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluation.outoffold import OutOfFold

_ROUNDS, _TOLERANCE = 500, 1e-7


@dataclass(frozen=True, eq=False)
class Suspects:
    """All tested rows, the most doubtful labels first.

    Parameters
    ----------
    rows : ndarray of int64, shape (n,)
        Positions among the labelled rows.
    given, likely : ndarray of int64, shape (n,)
        The label, and the class that is most likely.
    belief, belief_likely : ndarray of float64, shape (n,)
        Probability of the label, and of the most likely class: the mean over strategies and repeats, corrected.
    doubted : ndarray of bool, shape (n,)
        Whether confident learning takes the label for wrong.

    See Also
    --------
    suspects : Finds them.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.evaluation.outoffold import out_of_fold
    >>> found = suspects(out_of_fold(sample_run().comparison))
    >>> found.rows[:3].tolist(), found.given[:3].tolist(), found.likely[:3].tolist()
    ([7, 15, 23], [1, 1, 1], [0, 0, 0])
    """

    rows: np.ndarray
    given: np.ndarray
    likely: np.ndarray
    belief: np.ndarray
    belief_likely: np.ndarray
    doubted: np.ndarray


def suspects(pooled: Sequence[OutOfFold]) -> Suspects:
    """Rank the labels of all tested rows by how much they are to be doubted.

    Rows are ranked by the probability of their label. Which of them are doubted is said by cleanlab's confident
    learning, which estimates how many labels of each class are wrong.

    Parameters
    ----------
    pooled : sequence of OutOfFold
        At least one strategy.

    See Also
    --------
    carried_back : What is done to probabilities first.

    References
    ----------
    Northcutt, Jiang and Chuang (2021), "Confident Learning", https://doi.org/10.1613/jair.1.12125.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.evaluation.outoffold import out_of_fold
    >>> found = suspects(out_of_fold(sample_run().comparison))
    >>> len(found.rows), found.belief[[0, -1]].round(2).tolist()
    (24, [0.28, 0.94])
    """
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    n_classes = pooled[0].probabilities.shape[1]
    rows, first, place = np.unique(pooled[0].rows, return_index=True, return_inverse=True)
    total = np.zeros((len(rows), n_classes))
    for one in pooled:
        for fold in np.unique(one.fold):
            chosen = one.fold == fold
            np.add.at(total, place[chosen], carried_back(one.probabilities[chosen], one.truth[chosen]))
    p = total / total.sum(axis=1, keepdims=True)
    given = pooled[0].truth[first]
    # cleanlab wants classes without a gap; one without a tested row is left out.
    present = np.unique(given)
    codes, inner = np.searchsorted(present, given), p[:, present]
    inner = np.maximum(inner, 1e-9)
    inner /= inner.sum(axis=1, keepdims=True)
    doubted = np.zeros(len(rows), bool)
    if len(present) > 1:
        doubted = find_label_issues(codes, inner, filter_by="prune_by_noise_rate", n_jobs=1)
        quality = get_label_quality_scores(codes, inner, method="self_confidence")
    else:
        quality = np.ones(len(rows))
    order = np.argsort(quality, kind="stable")
    likely = present[inner.argmax(axis=1)]
    at = np.arange(len(rows))
    return Suspects(
        rows[order], given[order], likely[order], p[at, given][order], p[at, likely][order], np.asarray(doubted)[order]
    )


def carried_back(p: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return probabilities whose mean is the classes' shares, each class's odds multiplied by one number.

    It takes back what resampling, weights and losses shift alike, whichever it was, where
    :class:`core.decision.PriorShift` needs to know the shares that a network trained under.

    Parameters
    ----------
    p : ndarray, shape (n, n_classes)
    truth : ndarray of int64, shape (n,)
        Class codes.

    Returns
    -------
    ndarray of float64, shape (n, n_classes)

    See Also
    --------
    core.evaluation.calibration.prior_corrected : By the shares in training.

    Examples
    --------
    >>> p = np.array([[0.5, 0.5], [0.5, 0.5], [0.4, 0.6], [0.1, 0.9]])
    >>> back = carried_back(p, np.array([0, 0, 0, 1]))
    >>> back.round(2).tolist()
    [[0.87, 0.13], [0.87, 0.13], [0.82, 0.18], [0.43, 0.57]]
    """
    p = np.maximum(p.astype(np.float64), 1e-9)
    share = np.bincount(truth, minlength=p.shape[1]) / len(truth)
    factors = np.ones(p.shape[1])
    for _ in range(_ROUNDS):
        back = p * factors
        back /= back.sum(axis=1, keepdims=True)
        mean = back.mean(axis=0)
        if np.abs(mean - share).max() < _TOLERANCE:
            break
        factors *= share / np.maximum(mean, 1e-12)
        factors /= factors.max()
    return back
