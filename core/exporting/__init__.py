"""What a person takes away: a model that runs elsewhere, and the scoring of new rows."""

from core.exporting.bundle import Export, export
from core.exporting.refit import refit, why_not
from core.exporting.scorer import Scorer
from core.exporting.suggestion import suggested

__all__ = ["Export", "Scorer", "export", "refit", "suggested", "why_not"]
