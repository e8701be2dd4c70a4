"""Selections to start from."""

from __future__ import annotations

from collections.abc import Mapping

from core.plan import Part, StrategyChoice
from core.strategies.base import catalogue


def _alone(*names: str) -> tuple[StrategyChoice, ...]:
    return tuple(StrategyChoice.of(name) for name in names)


def _combined(*names: str) -> StrategyChoice:
    return StrategyChoice(tuple(Part.of(name) for name in names))


# What these add to a run is there under another name already, or nothing without another part.
_NOT_ALONE = frozenset({"smotenc", "smoten", "balanced_softmax", "prior_correction"})
_COMBINED = (
    _combined("random_over", "prior_correction"),
    _combined("smote", "focal"),
    _combined("under_bagging", "prior_correction", "threshold_f1"),
    _combined("deep_ensemble", "threshold_f1"),
    _combined("temperature", "threshold_f1"),
)

PRESETS: Mapping[str, tuple[StrategyChoice, ...]] = {
    "Start": _alone("plain", "random_under", "random_over", "smote", "class_weight", "under_bagging", "threshold_f1"),
    "Quick look": _alone("plain", "random_over", "smote", "class_weight", "threshold_f1", "boosting"),
    "Classics": _alone(
        "plain",
        "random_under",
        "tomek_links",
        "random_over",
        "smote",
        "adasyn",
        "smote_enn",
        "class_weight",
        "focal",
        "balanced_batches",
        "under_bagging",
        "threshold_f1",
    ),
    "Everything that applies": _alone(*(name for name in catalogue() if name not in _NOT_ALONE)) + _COMBINED,
}
