"""Two strategies that somebody picks: is the one better than the other here?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.evaluation.metrics import metric_of
from core.evaluation.paired import MIN_FOLDS, Pairs, Words, in_words
from core.words import counted


@dataclass(frozen=True)
class Duel:
    """The answer for one pair.

    Parameters
    ----------
    words : str
        What the test says of the first.
    difference, p : float
        The first less the second, above 0 where the first is better; p for this question alone.
    text : str
        One sentence with the paired figures.

    See Also
    --------
    duel : Answers.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.evaluation.paired import compare_pairs
    >>> run = sample_run()
    >>> duel(compare_pairs(run.comparison, run.plan.split, "recall"), run.names, "smote", "plain").words
    'no clear difference'
    """

    words: Words
    difference: float
    p: float
    text: str


def duel(pairs: Pairs, names: Mapping[str, str], first: str, second: str) -> Duel:
    """Return whether one strategy is better than another, asked by itself.

    Nobody picked the pair by its results, so p is that of this question alone; the tests behind a recommendation, which
    ask many questions at once, are stricter, and the sentence says so where the two differ.

    Parameters
    ----------
    pairs : Pairs
        On the metric that the person judges by.
    names : mapping of str to str
        Names for people, by key.

    See Also
    --------
    core.evaluation.paired.compare_pairs : Makes the pairs.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.evaluation.paired import compare_pairs
    >>> run = sample_run()
    >>> print(duel(compare_pairs(run.comparison, run.plan.split, "f1"), run.names, "smote", "plain").text)
    There is no clear difference between SMOTE and Plain network here on F1: +0.211 on the mean of 3 folds, p = 0.16.
    """
    place, metric = pairs.at(first, second), metric_of(pairs.metric)
    difference, p, folds = float(pairs.difference[place]), float(pairs.p[place]), int(pairs.shared[place])
    if folds < MIN_FOLDS:
        few = f"{names[first]} and {names[second]} share {counted(folds, 'fold')}, too few for a test: run {MIN_FOLDS}."
        return Duel("no clear difference", difference, p, few)
    shown = difference if metric.higher_is_better else -difference
    figures = f"{shown:+.3f} on the mean of {counted(folds, 'fold')}"
    if np.isnan(p):
        same = f"{names[first]} and {names[second]} differ by the same amount on every fold ({figures})"
        return Duel("no clear difference", difference, p, f"{same}, so nothing can be tested.")
    figures += f", p {'< 0.001' if p < 0.001 else f'= {p:.3f}' if p < 0.1 else f'= {p:.2f}'}"
    words = in_words(difference, p)
    if words == "no clear difference":
        text = (
            f"There is no clear difference between {names[first]} and {names[second]} here on {metric.name}: {figures}."
        )
        return Duel(words, difference, p, text)
    text = f"{names[first]} is {words} than {names[second]} here on {metric.name}: {figures}."
    if in_words(difference, float(pairs.p_holm[place])) != words:
        text += " Asked along with all other pairs, it would not be clear."
    return Duel(words, difference, p, text)
