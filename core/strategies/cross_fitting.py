"""References where networks are cross-fitted: a fit for each part of the training rows, which it holds out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from core.strategies.base import Predictor, Reference
from core.strategies.view import HeldOut, TrainingView
from core.training.lane import Lane


@dataclass(frozen=True, eq=False)
class CrossFitted:
    """Models that each stopped on another part of the training rows.

    Parameters
    ----------
    lanes : tuple of Lane
        What each learned from, in the order of the parts.
    predict : callable
        From inputs, shape (n, n_features), to the mean of their probabilities, shape (n, n_classes).
    out_of_fold : ndarray, shape (n_rows, n_classes)
        For each training row, the probabilities of the model that held it out: what thresholds and calibrations
        are fitted on. NaN for rows that are in no part.

    See Also
    --------
    cross_fit : Fits them.

    Examples
    --------
    >>> fitted = CrossFitted((), lambda X: np.full((len(X), 2), 0.5), np.zeros((0, 2)))
    >>> fitted.predict(np.zeros((1, 3))).tolist()
    [[0.5, 0.5]]
    """

    lanes: tuple[Lane, ...]
    predict: Predictor
    out_of_fold: np.ndarray


def cross_fit(reference: Reference, view: TrainingView, parts: Sequence[np.ndarray]) -> CrossFitted:
    """Fit a reference once per part, on the rows outside of it, stopping on the rows in it.

    Parameters
    ----------
    parts : sequence of ndarray of int64
        Positions in the view's rows, as networks' members hold them out; no row is in two of them.

    See Also
    --------
    core.strategies.base.Reference.fit : A single fit.

    Examples
    --------
    >>> from core.strategies.line import view_of
    >>> from core.strategies.references import Logistic
    >>> view = view_of([list(range(60)), list(range(50, 80))])
    >>> fitted = cross_fit(Logistic(), view, [np.arange(0, 90, 2), np.arange(1, 90, 2)])
    >>> [len(lane.rows) for lane in fitted.lanes], fitted.predict(np.array([[10], [70]]))[:, 1].round(2).tolist()
    ([45, 45], [0.0, 0.99])
    >>> fitted.out_of_fold.shape
    (90, 2)
    """
    everything = np.arange(len(view.y))
    lanes: list[Lane] = []
    predictors: list[Predictor] = []
    out_of_fold = np.full((len(view.y), view.n_classes), np.nan)
    for part in parts:
        lane = reference.lane(view, np.setdiff1d(everything, part))
        predictor = reference.fit(lane, view, HeldOut(view.X[part], view.y[part]))
        out_of_fold[part] = predictor(view.X[part])
        lanes.append(lane)
        predictors.append(predictor)
    # A partial, not a closure: fitted models have to pickle.
    return CrossFitted(tuple(lanes), partial(_mean, tuple(predictors)), out_of_fold)


def _mean(predictors: tuple[Predictor, ...], X: np.ndarray) -> np.ndarray:
    return np.mean([predictor(X) for predictor in predictors], axis=0)
