"""The catalogue: every way of balancing, one small class each, found by its key."""

from importlib import import_module
from pkgutil import iter_modules

from core.strategies.base import (
    FAMILY_NAMES,
    Calibrating,
    Card,
    Deciding,
    Decision,
    Ensemble,
    Family,
    Parameter,
    Predictor,
    Reference,
    Strategy,
    StrategyError,
    TableFacts,
)
from core.strategies.cross_fitting import CrossFitted, cross_fit
from core.strategies.recipe import Recipe, stages_of
from core.strategies.registry import catalogue, choices_of, label, make, parts_of
from core.strategies.thresholds import Threshold
from core.strategies.view import HeldOut, TrainingView

__all__ = [
    "FAMILY_NAMES",
    "Calibrating",
    "Card",
    "CrossFitted",
    "Deciding",
    "Decision",
    "Ensemble",
    "Family",
    "HeldOut",
    "Parameter",
    "Predictor",
    "Recipe",
    "Reference",
    "Strategy",
    "StrategyError",
    "TableFacts",
    "Threshold",
    "TrainingView",
    "catalogue",
    "choices_of",
    "cross_fit",
    "label",
    "make",
    "parts_of",
    "stages_of",
]

# Importing a file registers the strategies in it: a new one needs no entry anywhere else.
# Not so those that read the catalogue: imported before the last strategy is registered, they would see a part of it.
_READERS = {"cards", "choosing", "combining", "notation", "presets"}
for _module in iter_modules(__path__):
    if not _module.name.startswith("_") and not _module.ispkg and _module.name not in _READERS:
        import_module(f"{__name__}.{_module.name}")
