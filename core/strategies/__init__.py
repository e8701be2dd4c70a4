"""The catalogue of balancing strategies: importing this package registers all of them."""

from core.strategies import baseline, decisions, ensembles, oversampling, undersampling, weighting
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

_FAMILIES = (baseline, undersampling, oversampling, weighting, ensembles, decisions)

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
