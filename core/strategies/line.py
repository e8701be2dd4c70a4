"""What a strategy does to a handful of rows of one number, class by class: small enough to check by eye."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from core.strategies.base import Strategy
from core.strategies.recipe import stages_of
from core.strategies.view import Numbers, TrainingView
from core.training.lane import Lane


def view_of(classes: Sequence[Sequence[float]], seed: int = 0) -> TrainingView:
    """Return the view of a table that has one numeric column.

    Parameters
    ----------
    classes : sequence of sequences of float
        The column's values by class; the rows are in this order.

    See Also
    --------
    rows_seen : What a strategy makes of such a table.

    Examples
    --------
    >>> view = view_of([[1, 2, 3], [7]])
    >>> view.X.ravel().tolist(), view.y.tolist()
    ([1.0, 2.0, 3.0, 7.0], [0, 0, 0, 1])
    """
    encoded = np.array([[value] for values in classes for value in values], np.float64)
    y = np.repeat(np.arange(len(classes)), [len(values) for values in classes])
    return TrainingView.of(Numbers(), encoded, y, len(classes), seed)


def rows_seen(
    strategy: Strategy, classes: Sequence[Sequence[float]], sure: Mapping[float, float] | None = None, seed: int = 0
) -> list[list[list[float]]]:
    """Return the rows that each network sees, real and synthetic, where a table has one numeric column.

    Parameters
    ----------
    classes : sequence of sequences of float
        The column's values by class.
    sure : mapping of float to float, optional
        For ensembles that go by what earlier networks said: the probability that every network gives to the
        class of rows with this value; 1 where it is not named.

    Returns
    -------
    list of list of list of float
        By network and by class, in order, with one decimal.

    Raises
    ------
    StrategyError
        The strategy cannot work on these rows.

    See Also
    --------
    view_of : The same table for what is not about rows.

    Examples
    --------
    >>> from core.strategies.oversampling import RandomOver
    >>> rows_seen(RandomOver(), [[1, 2, 3], [7]])
    [[[1.0, 2.0, 3.0], [7.0, 7.0, 7.0]]]
    """
    view = view_of(classes, seed)
    own = np.array([(sure or {}).get(float(value), 1.0) for value in view.encoded[:, 0]])
    probabilities = np.tile(((1 - own) / max(view.n_classes - 1, 1))[:, None], (1, view.n_classes))
    probabilities[np.arange(len(own)), view.y] = own
    stages = stages_of([strategy], Lane(np.arange(len(view.y)), seed), view)
    seen: list[list[list[float]]] = []
    try:
        lanes = next(stages)
        while True:
            seen += [_by_class(lane, view) for lane in lanes]
            lanes = stages.send([probabilities] * len(lanes))
    except StopIteration:
        return seen


def _by_class(lane: Lane, view: TrainingView) -> list[list[float]]:
    values = view.encoded[lane.rows, 0]
    if lane.synthetic is not None:
        values = np.concatenate([values, lane.synthetic.encoded[:, 0]])
    labels = lane.labels(view.y)
    return [sorted(round(float(value), 1) for value in values[labels == c]) for c in range(view.n_classes)]
