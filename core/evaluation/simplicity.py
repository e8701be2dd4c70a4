"""Which of two strategies asks for less, and when it is so far behind that this does not count."""

from __future__ import annotations

from core.plan import StrategyChoice
from core.strategies import Ensemble, Recipe
from core.strategies.base import LearningStrategy

# A mean below this share of the best one is far behind it, where the pair's own test is as sure as this.
_SHARE, _ALPHA = 0.5, 0.02


def far_behind(own: float, best: float, p: float, *, higher_is_better: bool = True) -> bool:
    """Return whether a strategy has less than half of the best's mean, and its own test does not put it down to luck.

    It is for crowds on few folds, where a test that is corrected for all of them calls nothing clear. The best is then
    the luckiest of many, so that 5% would not do: of sixty equal strategies, the first was far behind by luck in 6% of
    runs with 25 rows of the class and five folds, and is in 3% at this level (``python -m benchmarks.verdict``).

    Parameters
    ----------
    own, best : float
        Means of a metric, as it is shown.
    p : float
        Of the two alone, uncorrected.

    Examples
    --------
    >>> far_behind(0.2, 0.8, p=0.01), far_behind(0.2, 0.8, p=0.04), far_behind(0.5, 0.8, p=0.001)
    (True, False, False)
    >>> far_behind(0.4, 0.1, p=0.01, higher_is_better=False)
    True
    """
    less, more = (abs(own), abs(best)) if higher_is_better else (abs(best), abs(own))
    return bool(p < _ALPHA and own * best >= 0 and less < _SHARE * more)


def tier(choice: StrategyChoice) -> int:
    """Return how much a strategy asks for: 0 the plain network, up to 4 ensembles and 5 references.

    Examples
    --------
    >>> from core.strategies.notation import parse_strategies
    >>> [tier(choice) for choice in parse_strategies("plain, threshold_f1, focal, smote, under_bagging, logistic")]
    [0, 1, 2, 3, 4, 5]
    """
    recipe = Recipe.of(choice)
    if recipe.reference is not None:
        return 5
    if any(isinstance(part, Ensemble) for part in recipe.networks):
        return 4
    if any(not isinstance(part, LearningStrategy) for part in recipe.networks):
        return 3
    return 2 if recipe.networks else int(bool(recipe.decisions))
