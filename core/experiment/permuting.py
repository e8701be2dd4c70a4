"""What becomes of probabilities where inputs are permuted among rows, set to one value, or taken from other rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

#: From n prepared rows to probabilities of a class under each strategy, shape (n_strategies, n); nan for one that
#: failed.
Probabilities = Callable[[np.ndarray], np.ndarray]

#: How often a group of inputs is permuted.
DRAWS = 2
_PUSH_DRAWS = 8
# Numbers of changed rows that are asked about at once.
_AT_ONCE = 4_000_000


def losses_by_column(
    probabilities: Probabilities,
    X: np.ndarray,
    truth: np.ndarray,
    groups: Sequence[np.ndarray],
    weights: np.ndarray,
    rng: np.random.Generator,
    draws: int = DRAWS,
) -> tuple[np.ndarray, np.ndarray]:
    """Return average precision, and what is lost of it where inputs are permuted among rows.

    Parameters
    ----------
    probabilities : callable
    X : ndarray, shape (n, n_features)
    truth : ndarray of bool, shape (n,)
    groups : sequence of ndarray of int
        Places of inputs that are permuted together, such as those of a column.
    weights : ndarray, shape (n,)
        What each row counts for.

    Returns
    -------
    (ndarray, shape (n_strategies,); ndarray, shape (n_strategies, n_groups))

    See Also
    --------
    sklearn.inspection.permutation_importance : The same for one model, one column at a time.

    References
    ----------
    Breiman (2001), "Random Forests"; Fisher, Rudin and Dominici (2019), "All Models are Wrong, but Many are Useful".

    Examples
    --------
    >>> X = np.array([[0.1, 1.0], [0.2, 2.0], [0.9, 3.0], [0.8, 4.0]])
    >>> base, lost = losses_by_column(
    ...     lambda given: given[:, :1].T, X, np.array([False, False, True, True]),
    ...     [np.array([0]), np.array([1])], np.ones(4), np.random.default_rng(0), draws=20)
    >>> base.tolist(), bool(lost[0, 0] > 0.2), float(lost[0, 1])
    ([1.0], True, 0.0)
    """
    base = average_precisions(truth, probabilities(X), weights)
    changed = (_with(X, inputs, X[rng.permutation(len(X))[:, None], inputs]) for inputs in groups for _ in range(draws))
    scores = np.stack([average_precisions(truth, p, weights) for p in _each(probabilities, changed)], axis=-1)
    return base, base[:, None] - scores.reshape(len(base), len(groups), draws).mean(axis=-1)


def average_precisions(truth: np.ndarray, p: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return scikit-learn's weighted average precision of several rankings of the same rows at once.

    Parameters
    ----------
    truth : ndarray of bool, shape (n,)
    p : ndarray, shape (..., n)
        A ranking that is not finite has none.
    weights : ndarray, shape (n,)

    See Also
    --------
    sklearn.metrics.average_precision_score : One at a time, which takes a hundred times as long on few rows.

    Examples
    --------
    >>> average_precisions(np.array([True, False, True]), np.array([[0.9, 0.5, 0.1], [0.9, 0.1, 0.5]]), np.ones(3))
    array([0.83333333, 1.        ])
    """
    order = np.argsort(-p, axis=-1, kind="stable")
    ranked, w = np.take_along_axis(p, order, axis=-1), weights[order]
    found = w * truth[order]
    last = np.ones(p.shape, dtype=bool)  # of the rows that share a probability, which are called together
    last[..., :-1] = ranked[..., :-1] != ranked[..., 1:]
    places = np.where(last, np.arange(p.shape[-1]), p.shape[-1] - 1)
    ends = np.flip(np.minimum.accumulate(np.flip(places, axis=-1), axis=-1), axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.take_along_axis(found.cumsum(axis=-1) / w.cumsum(axis=-1), ends, axis=-1)
        score = (found * precision).sum(axis=-1) / found.sum(axis=-1)
    return np.where(np.isfinite(p).all(axis=-1), score, np.nan)


def effect(probabilities: Probabilities, X: np.ndarray, inputs: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return mean and quartiles over rows of the probability where all rows have a value.

    Parameters
    ----------
    inputs : ndarray of int
        Places of the inputs that are set.
    values : ndarray, shape (n_values, len(inputs))

    Returns
    -------
    ndarray, shape (3, n_strategies, n_values)
    """
    if not len(values):
        return np.zeros((3, len(probabilities(X[:1])), 0))
    by_value = np.stack(list(_each(probabilities, (_with(X, inputs, value) for value in values))), axis=1)
    return np.stack([by_value.mean(axis=-1), *np.quantile(by_value, [0.25, 0.75], axis=-1)])


def pushes(
    probabilities: Probabilities,
    own: np.ndarray,
    others: np.ndarray,
    groups: Sequence[np.ndarray],
    rng: np.random.Generator,
) -> np.ndarray:
    """Return how much higher each row's probability is than where inputs come from other rows.

    Returns
    -------
    ndarray, shape (n_strategies, n_rows, n_groups)
    """
    base = probabilities(own)
    changed = (
        _with(own, inputs, others[rng.integers(0, len(others), len(own))[:, None], inputs])
        for inputs in groups
        for _ in range(_PUSH_DRAWS)
    )
    p = np.stack(list(_each(probabilities, changed)), axis=-1)
    return base[:, :, None] - p.reshape(*base.shape, len(groups), _PUSH_DRAWS).mean(axis=-1)


def _with(X: np.ndarray, inputs: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return a copy of rows with other values in some inputs."""
    changed = X.copy()
    changed[:, inputs] = values
    return changed


def _each(probabilities: Probabilities, made: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Return the probabilities of matrices of the same shape, several of which are asked about at once."""
    waiting: list[np.ndarray] = []
    for X in made:
        waiting.append(X)
        if (len(waiting) + 1) * X.size > _AT_ONCE:
            yield from _together(probabilities, waiting)
            waiting = []
    yield from _together(probabilities, waiting)


def _together(probabilities: Probabilities, matrices: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
    if matrices:
        yield from np.split(probabilities(np.concatenate(matrices)), len(matrices), axis=1)
