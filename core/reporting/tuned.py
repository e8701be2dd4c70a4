"""What tuning chose, as a table."""

from __future__ import annotations

from core.evaluation.tuned import TunedStrategy
from core.reporting.display import Grid


def tuned_grid(strategy: TunedStrategy) -> Grid:
    """Return a strategy's settings × folds, and what most folds chose.

    See Also
    --------
    core.evaluation.tuned.tuned_strategies : What it is made of.

    Examples
    --------
    >>> from core.evaluation.tuned import TunedSetting
    >>> from core.reporting.display import text_table
    >>> rate = TunedSetting("learning_rate", ("0.002", "0.004", "0.002"))
    >>> print(text_table(tuned_grid(TunedStrategy("plain", ((0, 0), (0, 1), (0, 2)), (rate,)))))
    Setting        Usual    Folds    Fold 1    Fold 2    Fold 3
    Learning rate  0.002      2/3     0.002     0.004     0.002
    """
    repeats = len({repeat for repeat, _ in strategy.units})
    folds = tuple(f"Fold {fold + 1}" + f", repeat {repeat + 1}" * (repeats > 1) for repeat, fold in strategy.units)
    rows = tuple(
        (
            each.name.replace("_", " ").capitalize(), each.usual, f"{each.agreeing}/{len(each.values)}", *each.values,
        )
        for each in strategy.settings
    )  # fmt: skip
    return Grid(("Setting", "Usual", "Folds", *folds), rows, frozenset())
