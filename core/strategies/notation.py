"""Strategies as a person types them: a preset, or keys with parameters, joined by ``+`` and separated by commas.

``classics``, ``plain, smote(k_neighbors=3), under_bagging+threshold_f1`` and a mixture of both are
understood. It is the notation of ``StrategyChoice.key``, so that every key reads back as its choice.
"""

from __future__ import annotations

import ast
from contextlib import suppress
from itertools import islice
from typing import cast

from core.choices import pieces
from core.plan import MAX_PARTS, MAX_STRATEGIES, ParameterValue, Part, PlanError, StrategyChoice
from core.strategies import Parameter, catalogue, make
from core.strategies.combining import check_combinations
from core.strategies.presets import PRESETS
from core.words import close_names

_LONGEST, _LONGEST_TUPLE, _LARGEST = 100, 50_000, 2**63


def parse_strategies(text: str) -> tuple[StrategyChoice, ...]:
    """Return the choices that a text names, each once, in its order.

    Raises
    ------
    PlanError
        A name or a parameter is unknown, a value does not fit, a bracket is missing, or strategies make no
        sense together.

    See Also
    --------
    parse_choice : Reads a single key.

    Examples
    --------
    >>> [choice.key for choice in parse_strategies("plain, smote(k_neighbors=3), plain")]
    ['plain', 'smote(k_neighbors=3)']
    >>> parse_strategies("smote(k_neighbours=3)")
    Traceback (most recent call last):
    core.settings.PlanError: SMOTE has no parameter 'k_neighbours'; did you mean k_neighbors?
    """
    chosen: dict[str, StrategyChoice] = {}
    items = tuple(islice(pieces(text, ","), MAX_STRATEGIES + 1))
    if len(items) > MAX_STRATEGIES:
        raise PlanError(f"Name {MAX_STRATEGIES} strategies at most: more are too many to compare.")
    for item in items:
        preset = _preset(item)
        for choice in (parse_choice(item),) if preset is None else preset:
            chosen.setdefault(choice.key, choice)
    if not chosen:
        raise PlanError(f"Name at least one strategy, or a preset: {', '.join(map(short, PRESETS))}.")
    return tuple(chosen.values())


def named_singly(text: str) -> tuple[StrategyChoice, ...]:
    """Return the choices that a text names by their own keys, not by a preset; raises as :func:`parse_strategies`.

    >>> [choice.key for choice in named_singly("start, smote")]
    ['smote']

    See Also
    --------
    parse_strategies : Those of presets too.
    """
    return tuple(parse_choice(item) for item in pieces(text, ",") if _preset(item) is None)


def _preset(item: str) -> tuple[StrategyChoice, ...] | None:
    return next((choices for name, choices in PRESETS.items() if _same(name, item)), None)


def parse_choice(text: str) -> StrategyChoice:
    """Return the choice of one key.

    Raises
    ------
    PlanError
        As for :func:`parse_strategies`.

    See Also
    --------
    parse_strategies : Reads several, and presets.
    core.strategies.registry.label : The name for people.

    Examples
    --------
    >>> [part.name for part in parse_choice("smote(k_neighbors=3)+focal").parts]
    ['smote', 'focal']
    """
    items = tuple(islice(pieces(text, "+"), MAX_PARTS + 1))
    if len(items) > MAX_PARTS:
        raise PlanError(f"A combination has {MAX_PARTS} parts at most: leave some out.")
    choice = StrategyChoice(tuple(_part(item) for item in items))
    if not choice.parts:
        raise PlanError("A strategy has no name: write for example smote, or smote+focal.")
    check_combinations([choice])
    return choice


def short(preset: str) -> str:
    """Return a preset's name for the command line.

    >>> short("Quick look")
    'quick-look'

    See Also
    --------
    parse_strategies : Reads it back.
    """
    return preset.lower().replace(" ", "-")


def _same(preset: str, text: str) -> bool:
    typed = text.strip().lower().replace("_", "-").replace(" ", "-")
    return typed in (short(preset), short(preset).split("-")[0])


def _part(text: str) -> Part:
    name, bracket, inner = text.partition("(")
    name = name.strip()
    if bracket and not inner.rstrip().endswith(")"):
        raise PlanError(f"'{text.strip()[:80]}' lacks its closing bracket.")
    cls = catalogue().get(name)
    if cls is None:
        close = close_names(name, [*catalogue(), *map(short, PRESETS)])
        hint = f"did you mean {' or '.join(close)}" if close else f"or is it a preset: {', '.join(map(short, PRESETS))}"
        raise PlanError(f"There is no strategy called '{name[:80]}'; {hint}?")
    known = {parameter.name: parameter for parameter in cls.parameters()}
    given: dict[str, ParameterValue] = {}
    for item in pieces(inner.rstrip()[:-1] if bracket else "", ","):
        key, equals, value = (piece.strip() for piece in item.partition("="))
        if not equals:
            raise PlanError(f"{cls.card.name}: write '{item[:80]}' as name=value.")
        parameter = known.get(key)
        if parameter is None:
            close = close_names(key, known)
            has = f"it has {', '.join(known)}." if known else "it has none."
            has = f"did you mean {' or '.join(close)}?" if close else has
            raise PlanError(f"{cls.card.name} has no parameter '{key[:80]}'; {has}")
        typed = _typed(value, parameter, cls.card.name)
        if typed != parameter.default:
            given[key] = typed
    part = Part.of(name, **given)
    make(part)  # ranges and choices
    return part


def _typed(text: str, parameter: Parameter, owner: str) -> ParameterValue:
    """Return a value in the type of its parameter's default."""
    default = parameter.default
    value: object = text
    # What is longer is no value of any parameter, and takes long to read; what is deep ends the reader's stack.
    if len(text) <= (_LONGEST_TUPLE if isinstance(default, tuple) else _LONGEST):
        with suppress(ValueError, SyntaxError, MemoryError, RecursionError):
            value = ast.literal_eval(text)
    numbers = value if isinstance(value, tuple | list) else (value,)
    if any(isinstance(number, int) and abs(number) > _LARGEST for number in numbers):
        value = text
    if isinstance(default, tuple) and isinstance(value, tuple | list):
        if all(isinstance(item, int | float) for item in value):
            return tuple(float(item) for item in value)
    elif isinstance(default, float) and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    elif type(value) is type(default):
        return cast(ParameterValue, value)
    kinds = {bool: "True or False", int: "a whole number", float: "a number", str: "a word", tuple: "numbers in ()"}
    raise PlanError(f"{owner}: {parameter.name} must be {kinds.get(type(default), 'a value')}, not '{text[:80]}'.")
