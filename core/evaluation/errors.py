"""The rows that strategies get wrong, and those on which they disagree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.outoffold import OutOfFold
from core.words import counted, joined, quoted, whole_percent

_MAX_CLASSES = 3
TRUTH = "Truth's probability"


@dataclass(frozen=True, eq=False)
class RowErrors:
    """Each tested row once, with what every strategy made of it.

    Parameters
    ----------
    keys : tuple of str
        Strategies, in order.
    rows : ndarray of int64, shape (n,)
        Positions among the labelled rows of the table, ascending.
    truth : ndarray of int64, shape (n,)
        Class codes.
    decisions : ndarray of int64, shape (n, n_strategies)
        With repeats, the majority decision; on a tie the first class.
    belief : ndarray of float64, shape (n,)
        Probability of the true class, the mean over strategies and repeats.

    See Also
    --------
    row_errors : Gathers them.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.evaluation.outoffold import out_of_fold
    >>> errors = row_errors(out_of_fold(sample_run().comparison))
    >>> errors.rows[errors.all_wrong].tolist(), errors.rows[errors.disagree].tolist()
    ([13], [5, 7, 10, 15, 23])
    """

    keys: tuple[str, ...]
    rows: np.ndarray
    truth: np.ndarray
    decisions: np.ndarray
    belief: np.ndarray

    @property
    def wrong(self) -> np.ndarray:
        """Strategies that decide wrongly, shape (n,)."""
        return (self.decisions != self.truth[:, None]).sum(axis=1)

    @property
    def all_wrong(self) -> np.ndarray:
        """Rows that every strategy gets wrong, bool, shape (n,)."""
        return self.wrong == len(self.keys)

    @property
    def disagree(self) -> np.ndarray:
        """Rows on which not all strategies decide alike, bool, shape (n,)."""
        return (self.decisions != self.decisions[:, :1]).any(axis=1)


def row_errors(pooled: Sequence[OutOfFold]) -> RowErrors:
    """Gather every strategy's decisions by row of the table.

    Parameters
    ----------
    pooled : sequence of OutOfFold
        At least one strategy.

    See Also
    --------
    error_table : Shows chosen rows with their columns.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.evaluation.outoffold import out_of_fold
    >>> errors = row_errors(out_of_fold(sample_run().comparison))
    >>> errors.keys, errors.decisions[5:8].tolist(), errors.wrong[5:8].tolist()
    (('plain', 'smote'), [[0, 1], [1, 1], [0, 1]], [1, 0, 1])
    """
    rows, first, at = np.unique(pooled[0].rows, return_index=True, return_inverse=True)
    n_classes = pooled[0].probabilities.shape[1]
    decisions, belief = np.empty((len(rows), len(pooled)), np.int64), np.zeros(len(rows))
    for i, strategy in enumerate(pooled):
        votes = np.zeros((len(rows), n_classes), np.int64)
        np.add.at(votes, (at, strategy.decisions), 1)
        decisions[:, i] = votes.argmax(axis=1)
        belief += np.bincount(at, strategy.probabilities[np.arange(len(at)), strategy.truth])
    return RowErrors(
        tuple(strategy.key for strategy in pooled),
        rows,
        pooled[0].truth[first],
        decisions,
        belief / (np.bincount(at) * len(pooled)),
    )


def errors_in_words(errors: RowErrors, labels: Sequence[str]) -> tuple[str, ...]:
    """Return how many rows of each class no strategy gets right, and on how many they disagree, in sentences.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.evaluation.outoffold import out_of_fold
    >>> errors_in_words(row_errors(out_of_fold(sample_run().comparison)), ["no", "yes"])[-1]
    'They disagree on 5 of 24 rows.'
    """
    n, wrong = len(errors.keys), errors.all_wrong
    every = f"All {n} strategies are wrong on" if n > 1 else "The one strategy is wrong on"
    total = np.bincount(errors.truth, minlength=len(labels))
    lost = np.bincount(errors.truth[wrong], minlength=len(labels))
    worst = sorted(np.flatnonzero(lost).tolist(), key=lambda code: -lost[code] / total[code])
    parts = [
        f"{lost[c]:,} of {counted(int(total[c]), 'row')} of {quoted(labels[c])} ({whole_percent(lost[c] / total[c])})"
        for c in worst[:_MAX_CLASSES]
    ]
    if worst[_MAX_CLASSES:]:
        parts.append(f"{sum(lost[c] for c in worst[_MAX_CLASSES:]):,} of other classes")
    said = []
    if parts:
        said += [
            f"{every} {joined(parts)}.",
            "Look at these rows: their labels may be wrong, or a column may be missing that would tell them apart.",
        ]
    elif n > 1:
        said.append("Every row is right under at least one strategy.")
    else:
        said.append("Every row is right.")
    if n > 1:
        said.append(f"They disagree on {int(errors.disagree.sum()):,} of {counted(len(errors.rows), 'row')}.")
    return tuple(said)


def error_table(
    errors: RowErrors, chosen: np.ndarray, frame: pd.DataFrame, labels: Sequence[str], names: Mapping[str, str]
) -> pd.DataFrame:
    """Return rows with their columns and every strategy's decision, the most confidently wrong ones first.

    Parameters
    ----------
    chosen : ndarray of bool, shape (n,)
        Which of the rows.
    frame : DataFrame
        The labelled rows of the table, in order.
    labels : sequence of str
        Class names by code.
    names : mapping
        Strategy names by key.

    Returns
    -------
    DataFrame
        ``Row`` (from 1, labelled rows only), ``True class``, ``Wrong`` (strategies), ``TRUTH`` (its probability), one
        column per strategy, then the table's. A column of the table whose name is taken gets "(table)" appended.

    See Also
    --------
    row_errors : Gathers the rows.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.evaluation.outoffold import out_of_fold
    >>> run = sample_run()
    >>> errors = row_errors(out_of_fold(run.comparison))
    >>> table = error_table(errors, errors.all_wrong, run.problem.table.frame, ["no", "yes"], run.names)
    >>> table.round(2).iloc[0, 1:6].to_dict()
    {'True class': 'no', 'Wrong': 2, "Truth's probability": 0.4, 'Plain network': 'yes', 'SMOTE': 'yes'}
    """
    order = np.flatnonzero(chosen)
    order = order[np.lexsort((errors.belief[order], -errors.wrong[order]))]
    text = np.array(labels, dtype=object)
    columns: dict[str, object] = {
        "Row": errors.rows[order] + 1,
        "True class": text[errors.truth[order]],
        "Wrong": errors.wrong[order],
        TRUTH: errors.belief[order],
    }
    for i, key in enumerate(errors.keys):
        columns[_free(names[key], columns)] = text[errors.decisions[order, i]]
    raw = frame.iloc[errors.rows[order]]
    for name in raw.columns:
        columns[_free(str(name), columns)] = raw[name].to_numpy()
    return pd.DataFrame(columns)


def _free(name: str, taken: Mapping[str, object]) -> str:
    while name in taken:
        name += " (table)"
    return name
