"""Which of many strategies a page shows at first: the best, those to hold them against, and the advised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from core.evaluation.comparison import Comparison
from core.evaluation.intervals import Intervals
from core.strategies.presets import PLAIN

#: Up to so many strategies, a figure shows all.
MANY = 12
#: So many lines of one figure can be told apart by name.
NAMED = 6


def plain_keys(comparison: Comparison) -> tuple[str, ...]:
    """Return the strategies that balance nothing: the plain network, in each network of the run."""
    return tuple(s.key for s in comparison.strategies if s.key.partition("@")[0] == PLAIN.key)


def top(comparison: Comparison, metric: str, most: int = 10, always: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the best strategies by a metric, and those that are always shown, best first.

    Parameters
    ----------
    most : int
        How many of the best.
    always : sequence of str
        Keys to show wherever they rank, beside the plain networks.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> comparison = sample_run().comparison
    >>> top(comparison, "recall", most=1), top(comparison, "recall", most=0, always=["smote"])
    (('smote', 'plain'), ('smote', 'plain'))
    """
    ranked = [s.key for s in comparison.ranked(metric)]
    kept = {*ranked[:most], *plain_keys(comparison), *always}
    return tuple(key for key in ranked if key in kept)


def at_first(comparison: Comparison, metric: str, advised: str, least: int = 3) -> tuple[str, ...]:
    """Return the recommended strategy, the plain network and the best, and the next best up to so many, best first.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> at_first(sample_run().comparison, "recall", "plain")
    ('smote', 'plain')
    """
    kept = top(comparison, metric, 1, [advised])
    ranked = [s.key for s in comparison.ranked(metric)]
    more = [key for key in ranked if key not in kept][: max(0, least - len(kept))]
    return tuple(key for key in ranked if key in (*kept, *more))


def folded(
    comparison: Comparison, names: Mapping[str, str], alike: Sequence[Sequence[str]], always: Sequence[str] = ()
) -> tuple[Comparison, dict[str, str]]:
    """Return the comparison with one line for strategies that did the same, and names that say so.

    Parameters
    ----------
    alike : sequence of sequences of str
        Keys of strategies that decided every row the same (:func:`core.evaluation.checks.twins`).
    always : sequence of str
        Keys that give their line its place; without one of them the comparison's first does.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> comparison, names = folded(run.comparison, run.names, [["plain", "smote"]])
    >>> [names[summary.key] for summary in comparison.strategies]
    ['Plain network = SMOTE']
    """
    order = [s.key for s in comparison.strategies]
    gone: set[str] = set()
    said = dict(names)
    for keys in alike:
        here = sorted((key for key in keys if key in order), key=lambda key: (key not in always, order.index(key)))
        if len(here) < 2:
            continue
        first, *others = here
        gone.update(others)
        more = f" and {len(others) - 2} more" if len(others) > 2 else ""
        said[first] = " = ".join([names[first], *(names[key] for key in others[:2])]) + more
    return replace(comparison, strategies=tuple(s for s in comparison.strategies if s.key not in gone)), said


def spans(
    comparison: Comparison, keys: Sequence[str], metric: str, shown: Intervals | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return values, lower and upper ends of strategies, each of shape (n_keys,).

    Parameters
    ----------
    shown : Intervals or None
        None makes the ends a standard deviation over folds away from the mean.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> values, low, high = spans(sample_run().comparison, ["smote"], "recall", None)
    >>> values.tolist(), low.tolist(), high.tolist()
    ([1.0], [1.0], [1.0])
    """
    by_key = {s.key: s for s in comparison.strategies}
    if shown is None:
        mean = np.array([float(by_key[key].mean[metric]) for key in keys])
        deviation = np.array([float(by_key[key].std[metric]) for key in keys])
        return mean, mean - deviation, mean + deviation
    every = [shown.of(key, metric) for key in keys]
    return (
        np.array([span.value for span in every]),
        np.array([span.low for span in every]),
        np.array([span.high for span in every]),
    )
