"""The catalogue: every way of balancing, one small class each, found by its key."""

from core.strategies import (  # noqa: F401 - importing a family registers it
    augmentation,
    baseline,
    batches,
    decisions,
    ensembles,
    hybrid,
    losses,
    oversampling,
    references,
    undersampling,
    weighting,
)
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
