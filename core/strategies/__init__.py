"""The catalogue: every way of balancing, one small class each, found by its key."""

from core.strategies import baseline, undersampling, oversampling, weighting, ensembles, decisions  # noqa: F401, I001 - the order of the catalogue
from core.strategies.base import (
    FAMILY_NAMES,
    Card,
    Family,
    Parameter,
    Reference,
    Rule,
    Strategy,
    StrategyError,
    TableFacts,
    TrainingView,
    catalogue,
    label,
    make,
    parts_of,
)

__all__ = [
    "FAMILY_NAMES",
    "Card",
    "Family",
    "Parameter",
    "Reference",
    "Rule",
    "Strategy",
    "StrategyError",
    "TableFacts",
    "TrainingView",
    "catalogue",
    "label",
    "make",
    "parts_of",
]
