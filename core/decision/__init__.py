"""From probabilities to decisions: thresholds, calibration, costs."""

from core.decision.calibration import Calibration, from_fields, kinds
from core.decision.isotonic import Isotonic
from core.decision.prior_shift import PriorShift
from core.decision.temperature import Temperature

__all__ = ["Calibration", "Isotonic", "PriorShift", "Temperature", "from_fields", "kinds"]
