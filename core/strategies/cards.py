"""The catalogue as a person looks through it: searching, and what a card says in words."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from core.strategies.base import FAMILY_NAMES, Card, Family, Parameter, Strategy
from core.strategies.registry import catalogue

COST_WORDS: Mapping[str, str] = {
    "instant": "no work besides the training",
    "fast": "a little work before the training",
    "slow": "searches all rows while other strategies train: slow on large tables",
}


def families() -> list[Family]:
    """Return the families that have strategies, in the order of the catalogue.

    See Also
    --------
    find : The cards of one.

    Examples
    --------
    >>> families()[:3]
    ['baseline', 'undersampling', 'oversampling']
    """
    return list(dict.fromkeys(cls.card.family for cls in catalogue().values()))


def find(query: str, family: Family | None = None) -> list[Card]:
    """Return the cards in which every word of a query occurs, in the order of the catalogue.

    Parameters
    ----------
    query : str
        Words to look for in name, key, family, sentence and paper; case and accents do not matter.
    family : str, optional
        Search this family only.

    Returns
    -------
    list of Card
        All cards for an empty query.

    See Also
    --------
    core.strategies.choosing.sections_of : The same as choices of a plan.

    Examples
    --------
    >>> [card.name for card in find("smote ENN")]
    ['SMOTE-ENN']
    """
    words = _folded(query).split()
    cards = [cls.card for cls in catalogue().values() if family in (None, cls.card.family)]
    return [card for card in cards if all(word in _haystack(card) for word in words)]


def needs(strategy: type[Strategy]) -> list[str]:
    """Return what a strategy asks of a table, one short phrase per condition.

    See Also
    --------
    core.strategies.choosing.why_not : Whether a table meets the conditions.

    Examples
    --------
    >>> from core.strategies import catalogue
    >>> needs(catalogue()["asymmetric"])
    ['two classes', 'at least 2 rows of the smallest class']
    """
    conditions = []
    if strategy.numeric_only:
        conditions.append("numeric columns only")
    if strategy.categorical_only:
        conditions.append("categorical columns only")
    if strategy.two_classes_only:
        conditions.append("two classes")
    conditions.append(f"at least {strategy.min_minority} rows of the smallest class")
    return conditions


def formula_parts(formula: str) -> tuple[str, ...]:
    """Return a formula's parts, each a formula of its own: a narrow page breaks between them.

    Examples
    --------
    >>> formula_parts(r"w = 1, \\quad b = 2")
    ('w = 1', 'b = 2')
    """
    bare = re.sub(r"\\(begin|end)\{gathered\}", " ", formula)
    # A comma before a break falls away; "\\," is a space and stays.
    parts = re.split(r"(?:(?<!\\),)?\s*(?:\\quad|\\\\)\s*", bare)
    return tuple(part.strip() for part in parts if part.strip())


def described(parameter: Parameter) -> str:
    """Return a parameter's help with its range and default, as one line.

    See Also
    --------
    core.strategies.base.Parameter : What is described.

    Examples
    --------
    >>> from core.strategies import catalogue
    >>> described(catalogue()["label_smoothing"].parameters()[0])
    'Share of each label spread over all classes. From 0 to 0.5; default 0.1.'
    """
    text = parameter.help.rstrip(".")
    if parameter.choices:
        return f"{text}. One of {', '.join(parameter.choices)}; default {parameter.default}."
    if isinstance(parameter.default, bool):
        return f"{text}. Default {'on' if parameter.default else 'off'}."
    default = parameter.default
    if isinstance(default, tuple):
        shown = ", ".join(f"{number:g}" for number in default) or "none"
    else:
        shown = f"{default:g}" if isinstance(default, int | float) else str(default)
    if parameter.low is None or parameter.high is None:
        return f"{text}. Default {shown}."
    return f"{text}. From {parameter.low:,g} to {parameter.high:,.6g}; default {shown}."


def step_and_format(parameter: Parameter) -> tuple[float, str | None]:
    """Return by how much a press changes a number, and its printf format; a whole number needs none.

    The step is one of the default's last digit.

    See Also
    --------
    described : The range in words.

    Examples
    --------
    >>> step_and_format(Parameter("beta", 0.999, "", 0, 0.9999, ()))
    (0.001, '%.6f')
    >>> step_and_format(Parameter("gamma", 2.0, "", 0, 10, ())), step_and_format(Parameter("k", 5, "", 1, 50, ()))
    ((0.1, '%.2f'), (1, None))
    """
    if isinstance(parameter.default, int):
        return 1, None
    digits = len(str(parameter.default).partition(".")[2])
    near_one = parameter.high is not None and 0.999 < parameter.high < 1  # a bound that two digits would round up
    return math.pow(10, -digits), f"%.{6 if near_one else max(digits, 2)}f"


@lru_cache(maxsize=1024)
def _haystack(card: Card) -> str:
    key = card.key.replace("_", " ")
    return _folded(" ".join((card.name, card.key, key, FAMILY_NAMES[card.family], card.sentence, card.paper)))


def _folded(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in parts if not unicodedata.combining(c))
