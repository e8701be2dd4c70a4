"""What tuning chose in each fold, and how much it differs between folds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from core.experiment.results import FoldResult
from core.words import counted


@dataclass(frozen=True)
class TunedSetting:
    """One setting of a strategy over all folds.

    Parameters
    ----------
    name : str
        As in plans, such as ``"learning_rate"``.
    values : tuple of str
        What was chosen, one value per fold, as a person types it.

    See Also
    --------
    tuned_strategies : Collects them.

    Examples
    --------
    >>> setting = TunedSetting("learning_rate", ("0.002", "0.004", "0.002"))
    >>> setting.usual, setting.agreeing, setting.spread
    ('0.002', 2, '0.002 to 0.004')
    >>> TunedSetting("kind_sel", ("all", "mode")).spread
    'all, mode'
    """

    name: str
    values: tuple[str, ...]

    @property
    def usual(self) -> str:
        """The value that most folds chose; the first of several."""
        return Counter(self.values).most_common(1)[0][0]

    @property
    def agreeing(self) -> int:
        """How many folds chose the usual value."""
        return self.values.count(self.usual)

    @property
    def spread(self) -> str:
        """The lowest and the highest number, or all that was chosen."""
        different = list(dict.fromkeys(self.values))
        if len(different) == 1:
            return different[0]
        try:
            ordered = sorted(different, key=float)
        except ValueError:
            return ", ".join(sorted(different))
        return f"{ordered[0]} to {ordered[-1]}"


@dataclass(frozen=True)
class TunedStrategy:
    """A strategy's settings over all folds that were tuned.

    See Also
    --------
    tuned_strategies : Returns one per strategy.
    """

    key: str
    units: tuple[tuple[int, int], ...]
    settings: tuple[TunedSetting, ...]

    @property
    def in_words(self) -> str:
        """How much folds differ, in one sentence.

        Examples
        --------
        >>> same, other = TunedSetting("dropout", ("0", "0")), TunedSetting("learning_rate", ("0.002", "0.004"))
        >>> TunedStrategy("plain", ((0, 0), (0, 1)), (other, same)).in_words
        'All 2 folds agree on dropout; they differ on learning rate (0.002 to 0.004).'
        """
        every = len(self.units)
        same = [each.name.replace("_", " ") for each in self.settings if each.agreeing == every]
        other = [f"{each.name.replace('_', ' ')} ({each.spread})" for each in self.settings if each.agreeing < every]
        folds = f"All {counted(every, 'fold')}" if every > 1 else "The one fold"
        if not other:
            return f"{folds} agree on everything." if every > 1 else "One fold is tuned so far."
        agree = f"{folds} agree on {', '.join(same)}; they differ" if same else "Folds differ"
        return f"{agree} on {', '.join(other)}."


def tuned_strategies(folds: Iterable[FoldResult]) -> tuple[TunedStrategy, ...]:
    """Return what tuning chose, strategy by strategy; empty for a run without tuning.

    Parameters
    ----------
    folds : iterable of FoldResult

    See Also
    --------
    core.experiment.tuning : Chooses.

    Examples
    --------
    >>> from dataclasses import replace
    >>> result = FoldResult.failed("plain", 0, 0, 2, "")
    >>> folds = [replace(result, fold=fold, tuned=("dropout=0.1",)) for fold in range(3)]
    >>> (tuned,) = tuned_strategies(folds)
    >>> tuned.settings[0].usual, tuned_strategies([result])
    ('0.1', ())
    """
    by_key: dict[str, list[FoldResult]] = {}
    for result in folds:
        if result.tuned:
            by_key.setdefault(result.strategy, []).append(result)
    found = []
    for key, results in by_key.items():
        chosen = [dict(text.split("=", 1) for text in result.tuned) for result in results]
        settings = tuple(TunedSetting(name, tuple(each.get(name, "–") for each in chosen)) for name in chosen[0])
        found.append(TunedStrategy(key, tuple((result.repeat, result.fold) for result in results), settings))
    return tuple(found)
