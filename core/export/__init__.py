"""What a person takes away: a model that runs elsewhere, and the scoring of new rows."""

from core.export.bundle import Export, export
from core.export.refit import refit, why_not
from core.export.scorer import Scorer

__all__ = ["Export", "Scorer", "export", "refit", "why_not"]
