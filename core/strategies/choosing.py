"""Choosing strategies for a table: which apply, which would take long, and how a choice is changed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from core.plan import Part, Plan, PlanError, StrategyChoice
from core.strategies.base import Family, TableFacts
from core.strategies.cards import find
from core.strategies.combining import clash
from core.strategies.presets import PLAIN, Preset
from core.strategies.registry import label, make, parts_of
from core.words import duration

if TYPE_CHECKING:
    from core.experiment.estimate import Workload


def why_not(choice: StrategyChoice, facts: TableFacts) -> str | None:
    """Return the first reason why a choice does not apply to a table, or None where it does.

    Returns
    -------
    str or None
        One sentence: the parts make no sense together, or one of them asks more of the table.

    See Also
    --------
    core.strategies.combining.clash : The part of it that does not depend on the table.

    Examples
    --------
    >>> from core.strategies.notation import parse_choice
    >>> three_classes = TableFacts((90, 20, 10), n_numeric=3, n_categorical=0)
    >>> why_not(parse_choice("asymmetric"), three_classes)
    'Asymmetric loss (ASL) works for two classes, and this target has 3.'
    >>> why_not(parse_choice("smote+focal"), three_classes)
    """
    reason = clash([part.name for part in choice.parts])
    return reason or next((why for part in parts_of(choice) if (why := part.why_not(facts))), None)


def applicable(choices: Sequence[StrategyChoice], facts: TableFacts) -> tuple[StrategyChoice, ...]:
    """Return the choices that apply to a table, in their order.

    See Also
    --------
    why_not : The reason, for one choice.

    Examples
    --------
    >>> from core.strategies.notation import parse_strategies
    >>> three_classes = TableFacts((90, 20, 10), n_numeric=3, n_categorical=0)
    >>> [choice.key for choice in applicable(parse_strategies("smote, asymmetric, focal"), three_classes)]
    ['smote', 'focal']
    """
    return tuple(choice for choice in choices if why_not(choice, facts) is None)


def preset_for(preset: Preset, facts: TableFacts, workload: Workload | None = None) -> tuple[StrategyChoice, ...]:
    """Return what a preset chooses on a table: all of it that applies, and the plain network always.

    Parameters
    ----------
    workload : Workload, optional
        Where given, strategies whose sampler alone would take long on this table are left out.

    See Also
    --------
    slow_in : What is left out for the time that it takes.

    Examples
    --------
    >>> from core.strategies.presets import CLASSICS
    >>> categories_alone = TableFacts((90, 10), n_numeric=0, n_categorical=3)
    >>> left_out = set(CLASSICS.choices) - set(preset_for(CLASSICS, categories_alone))
    >>> [choice.key for choice in left_out]
    ['adasyn']
    """
    slow = () if workload is None else slow_in(preset.choices, facts, workload)
    usable = (choice for choice in preset.choices if choice == PLAIN or why_not(choice, facts) is None)
    return tuple(choice for choice in usable if choice not in slow)


def slow_in(choices: Sequence[StrategyChoice], facts: TableFacts, workload: Workload) -> tuple[StrategyChoice, ...]:
    """Return the choices that apply to a table but whose sampler alone takes long on it.

    See Also
    --------
    slow_sentence : Says so in words.

    Examples
    --------
    >>> from core.experiment.estimate import Workload
    >>> from core.plan import TrainingSettings
    >>> from core.strategies.notation import parse_strategies
    >>> from core.strategies.seconds import TrainingSize
    >>> million = Workload(TrainingSize((900_000, 100_000), width=30, categorical=0), TrainingSettings(), units=5)
    >>> facts = TableFacts((900_000, 100_000), n_numeric=30, n_categorical=0)
    >>> [choice.key for choice in slow_in(parse_strategies("smote, enn"), facts, million)]
    ['enn']
    """
    return tuple(choice for choice in applicable(choices, facts) if workload.too_slow(choice))


def slow_sentence(slow: Sequence[StrategyChoice], workload: Workload) -> str:
    """Return one sentence on what a preset leaves out and how long it would take; empty where it is nothing.

    See Also
    --------
    slow_in : What is slow.

    Examples
    --------
    >>> from core.experiment.estimate import Workload
    >>> from core.plan import TrainingSettings
    >>> from core.strategies.notation import parse_strategies
    >>> from core.strategies.seconds import TrainingSize
    >>> million = Workload(TrainingSize((900_000, 100_000), width=30, categorical=0), TrainingSettings(), units=5)
    >>> slow_sentence(parse_strategies("enn"), million).partition(". ")[0]
    'Left out, since its sampling takes long on this table: Edited nearest neighbours (about 6.9 h)'
    """
    longest = sorted(slow, key=workload.sampling, reverse=True)
    named = [f"{label(choice)} ({duration(workload.sampling(choice))})" for choice in longest]
    return left_out_sentence(named, " on this table", lambda them: f"Add {them} one by one")


def left_out_sentence(named: Sequence[str], where: str, way_out: Callable[[str], str]) -> str:
    """Return the sentence that names what is left out, and how a person has it all the same; empty where it is nothing.

    Parameters
    ----------
    named : sequence of str
        Strategies with their times, the longest first.
    where : str
        What follows "takes long".
    way_out : callable
        Says what to do with "it" or "them".

    See Also
    --------
    slow_sentence : The same for a table.

    Examples
    --------
    >>> left_out_sentence(["ENN (2 h)"], " on this table", lambda them: f"Add {them} one by one")
    'Left out, since its sampling takes long on this table: ENN (2 h). Add it one by one to have it all the same.'
    """
    if not named:
        return ""
    its, them = ("its", "it") if len(named) == 1 else ("their", "them")
    more = f" and {len(named) - 6} more" if len(named) > 6 else ""
    return (
        f"Left out, since {its} sampling takes long{where}: {', '.join(named[:6])}{more}. "
        f"{way_out(them)} to have {them} all the same."
    )


def sections_of(plan: Plan, query: str, family: Family | None = None) -> dict[Family, list[StrategyChoice]]:
    """Return the strategies that match a search, by family, in the order of the catalogue.

    Parameters
    ----------
    query : str
        Words that all occur in a strategy's card, in any case; empty for every strategy.
    family : str, optional
        Only this one.

    Returns
    -------
    dict of family to list of StrategyChoice
        What the plan has chosen with its parameters, the others with their defaults.

    See Also
    --------
    core.strategies.cards.find : The cards of these strategies.

    Examples
    --------
    >>> plan = Plan("y", (StrategyChoice.of("plain"), StrategyChoice.of("smote", k_neighbors=3)))
    >>> {family: [choice.key for choice in found] for family, found in sections_of(plan, "chawla").items()}
    {'oversampling': ['smote(k_neighbors=3)', 'smotenc', 'smoten']}
    """
    chosen = {choice.parts[0].name: choice for choice in plan.strategies if len(choice.parts) == 1}
    sections: dict[Family, list[StrategyChoice]] = {}
    for card in find(query, family):
        sections.setdefault(card.family, []).append(chosen.get(card.key, StrategyChoice.of(card.key)))
    return sections


def with_parameter(choice: StrategyChoice, part: int, name: str, value: object) -> StrategyChoice:
    """Return a choice with one parameter of one part set; a parameter at its default is left out.

    Parameters
    ----------
    part : int
        Position of the part in the choice.
    name : str
        Name of the parameter.

    See Also
    --------
    core.strategies.cards.step_and_format : By how much a press changes it.

    Examples
    --------
    >>> from core.strategies.notation import parse_choice
    >>> with_parameter(parse_choice("smote+focal"), 0, "k_neighbors", 3).key
    'smote(k_neighbors=3)+focal'
    >>> with_parameter(parse_choice("smote(k_neighbors=3)"), 0, "k_neighbors", 5).key
    'smote'
    """
    old = choice.parts[part]
    defaults = {p.name: p.default for p in type(make(Part(old.name))).parameters()}
    values = {**dict(old.parameters), name: value}
    changed = {key: kept for key, kept in values.items() if kept != defaults[key]}
    return StrategyChoice((*choice.parts[:part], Part.of(old.name, **changed), *choice.parts[part + 1 :]))  # type: ignore[arg-type]


def numbers_of(text: str) -> tuple[float, ...]:
    """Return the numbers that a person typed with commas, semicolons, spaces or lines between them.

    Raises
    ------
    PlanError
        A word is no finite number.

    See Also
    --------
    with_parameter : Sets what was typed.

    Examples
    --------
    >>> numbers_of("0, 1; 10 0")
    (0.0, 1.0, 10.0, 0.0)
    """
    words = text.replace(",", " ").replace(";", " ").split()
    try:
        numbers = tuple(float(word) for word in words)
    except ValueError:
        numbers = (math.nan,)
    if not all(map(math.isfinite, numbers)):
        raise PlanError(f"'{text[:60]}' must be numbers with commas between them, for example 0, 1, 10, 0.")
    return numbers


def combined(names: Sequence[str], plan: Plan, facts: TableFacts) -> StrategyChoice:
    """Return strategies as one choice, each with its defaults.

    Raises
    ------
    PlanError
        They are too few, already in the plan together, make no sense together
        (see :func:`core.strategies.combining.clash`), or one does not apply to the table.

    See Also
    --------
    core.strategies.notation.parse_choice : The same from text.

    Examples
    --------
    >>> plan = Plan("y", (StrategyChoice.of("plain"),))
    >>> combined(["smote", "focal"], plan, TableFacts((90, 10), n_numeric=3, n_categorical=0)).key
    'smote+focal'
    """
    if len(names) < 2:
        raise PlanError("A combination needs at least two strategies.")
    choice = StrategyChoice(tuple(Part.of(name) for name in names))
    if choice in plan.strategies:
        raise PlanError("This combination is chosen already.")
    reason = why_not(choice, facts)
    if reason is not None:
        raise PlanError(reason)
    return choice
