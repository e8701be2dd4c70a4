"""What two runs do not have in common beside their results."""

from __future__ import annotations

from core.networks.reading import network_label
from core.runs.record import RunRecord
from core.words import joined


def what_else_differs(first: RunRecord, second: RunRecord) -> tuple[str, ...]:
    """Return what two runs do not have in common beside their results, in plain sentences.

    Each is a reason why a difference between their figures may not be a strategy's doing.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from core.plan import Plan, SplitSettings, StrategyChoice
    >>> plan = Plan("y", (StrategyChoice.of("plain"),))
    >>> run = RunRecord("1", "a", "", plan, (), "a.csv", "0f", ("no", "yes"), 1, "finished", "", 5, False)
    >>> what_else_differs(run, replace(run, plan=replace(plan, split=SplitSettings(seed=7))))
    ('They are on different folds: folds, repeats, seed or split columns differ.',)
    """
    reasons: list[str] = []
    first_plan, second_plan = first.plan, second.plan
    if first.table_digest != second.table_digest:
        reasons.append("They are on different tables.")
    if (first_plan.target, first.classes) != (second_plan.target, second.classes):
        reasons.append("They have different targets or classes.")
    if first_plan.kinds != second_plan.kinds:
        reasons.append("They read some columns as different kinds.")
    if first_plan.merged != second_plan.merged:
        reasons.append("They merged different spellings of labels.")
    if (first_plan.missing, first_plan.day_first) != (second_plan.missing, second_plan.day_first):
        reasons.append("They take other values as missing, or read dates in another order.")
    if first_plan.prepared != second_plan.prepared:
        reasons.append("They prepare some columns differently.")
    if first_plan.split != second_plan.split:
        reasons.append("They are on different folds: folds, repeats, seed or split columns differ.")
    if first_plan.networks != second_plan.networks:
        first_names, second_names = (joined(map(network_label, plan.networks)) for plan in (first_plan, second_plan))
        reasons.append(f"Their networks differ: {first_names} in the first, {second_names} in the second.")
    if first_plan.training != second_plan.training:
        names = [
            name for name, value in vars(first_plan.training).items() if value != getattr(second_plan.training, name)
        ]
        reasons.append(f"Their training differs in {joined(name.replace('_', ' ') for name in names)}.")
    if first_plan.tuning != second_plan.tuning:
        tried = [plan.tuning.trials or "no" for plan in (first_plan, second_plan)]
        reasons.append(f"Tuning tried {tried[0]} settings of each strategy in the first, {tried[1]} in the second.")
    changed = [name for name, value in first.versions if dict(second.versions).get(name) != value]
    if changed:
        reasons.append(f"They were made with different versions of {joined(changed)}.")
    return tuple(reasons)
