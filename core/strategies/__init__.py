"""The catalogue: every way of balancing, one small class each, found by its key."""

from importlib import import_module
from pkgutil import iter_modules

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
    networks_of,
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
    "networks_of",
    "parts_of",
]

# Importing a file registers the strategies in it: a new one needs no entry anywhere else.
# Not so those that read the catalogue: imported before the last strategy is registered, they would see a part of it.
_READERS = {"cards", "choosing", "combining", "notation", "presets"}
for _module in iter_modules(__path__):
    if not _module.name.startswith("_") and not _module.ispkg and _module.name not in _READERS:
        import_module(f"{__name__}.{_module.name}")
