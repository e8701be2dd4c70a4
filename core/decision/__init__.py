"""From probabilities to decisions: thresholds, calibration, costs."""

from importlib import import_module
from pkgutil import iter_modules

from core.decision.calibration import Calibration, NoOnnxForm, from_fields, kinds
from core.decision.chain import Chain, Rows, chain
from core.decision.isotonic import Isotonic
from core.decision.prior_shift import PriorShift
from core.decision.rule import Rule
from core.decision.temperature import Temperature

__all__ = [
    "Calibration",
    "Chain",
    "Isotonic",
    "NoOnnxForm",
    "PriorShift",
    "Rows",
    "Rule",
    "Temperature",
    "chain",
    "from_fields",
    "kinds",
]

# Importing a file registers the calibrations in it: a new one needs no entry anywhere else.
for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
