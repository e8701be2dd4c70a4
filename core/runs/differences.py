"""What two runs do not have in common beside their results."""

from __future__ import annotations

from collections.abc import Sequence

from core.runs.record import RunRecord


def what_else_differs(first: RunRecord, second: RunRecord) -> tuple[str, ...]:
    """Return what two runs do not have in common beside their results, in plain sentences.

    Each is a reason why a difference between their figures may not be a strategy's doing.
    """
    reasons: list[str] = []
    one, other = first.plan, second.plan
    if first.table_digest != second.table_digest:
        reasons.append("They are on different tables.")
    if (one.target, first.classes) != (other.target, second.classes):
        reasons.append("They have different targets or classes.")
    if one.kinds != other.kinds:
        reasons.append("They read some columns as different kinds.")
    if one.merged != other.merged:
        reasons.append("They merged different spellings of labels.")
    if one.split != other.split:
        reasons.append("They are on different folds: folds, repeats, seed or split columns differ.")
    if one.network != other.network:
        names = [name for name, value in vars(one.network).items() if value != getattr(other.network, name)]
        reasons.append(f"Their networks differ in {_listed([name.replace('_', ' ') for name in names])}.")
    changed = [name for name, value in first.versions if dict(second.versions).get(name) != value]
    if changed:
        reasons.append(f"They were made with different versions of {_listed(changed)}.")
    return tuple(reasons)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
