"""Selections to start from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.plan import Part, StrategyChoice
from core.strategies.registry import catalogue


@dataclass(frozen=True)
class Preset:
    """A selection under a name; the plain network is always part of it.

    Parameters
    ----------
    sentence : str
        What it is good for, in one plain sentence.
    choices : tuple of StrategyChoice
        In the order of the comparison. Some may not apply to a table:
        :func:`core.strategies.choosing.preset_for` leaves those out.

    Raises
    ------
    ValueError
        The plain network, with which all others are compared, is not among the choices.

    See Also
    --------
    core.strategies.notation.parse_strategies : Reads presets by name.

    Examples
    --------
    >>> [choice.key for choice in QUICK_LOOK.choices]
    ['plain', 'random_over', 'smote', 'class_weight', 'threshold_f1', 'boosting']
    """

    name: str
    sentence: str
    choices: tuple[StrategyChoice, ...]

    def __post_init__(self) -> None:
        if PLAIN not in self.choices:
            raise ValueError(f"the preset {self.name!r} lacks the plain network")


PLAIN = StrategyChoice.of("plain")


def _alone(*names: str) -> tuple[StrategyChoice, ...]:
    return tuple(StrategyChoice.of(name) for name in names)


def _combined(*names: str) -> StrategyChoice:
    return StrategyChoice(tuple(Part.of(name) for name in names))


_COMBINED = (
    _combined("random_over", "prior_correction"),
    _combined("smote", "focal"),
    _combined("under_bagging", "prior_correction", "threshold_f1"),
    _combined("deep_ensemble", "threshold_f1"),
    _combined("temperature", "threshold_f1"),
)

START = Preset(
    "Start",
    "One strategy of each common kind.",
    _alone("plain", "random_under", "random_over", "smote", "class_weight", "under_bagging", "threshold_f1"),
)
QUICK_LOOK = Preset(
    "Quick look",
    "Those that answer most questions in the least time, with boosted trees to tell whether a network is worth it.",
    _alone("plain", "random_over", "smote", "class_weight", "threshold_f1", "boosting"),
)
CLASSICS = Preset(
    "Classics",
    "Those that most papers compare.",
    _alone(
        "plain",
        "random_under",
        "tomek_links",
        "random_over",
        "smote",
        "adasyn",
        "smote_enn",
        "class_weight",
        "focal",
        "balanced_batches",
        "under_bagging",
        "threshold_f1",
    ),
)
EVERYTHING = Preset(
    "Everything that applies",
    "The whole catalogue and some combinations, without what does not apply to the table.",
    _alone(*catalogue()) + _COMBINED,
)

#: Those that the page offers at the press of a button.
BUTTONS: tuple[Preset, ...] = (START, QUICK_LOOK, CLASSICS, EVERYTHING)
PRESETS: Mapping[str, tuple[StrategyChoice, ...]] = {p.name: p.choices for p in BUTTONS}
