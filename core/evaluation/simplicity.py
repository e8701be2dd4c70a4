"""Which of two strategies asks for less."""

from __future__ import annotations

from core.plan import StrategyChoice
from core.strategies import Ensemble, Recipe
from core.strategies.base import LearningStrategy


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
