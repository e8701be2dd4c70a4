"""Two runs side by side: the strategies that both have, metric by metric."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from core.evaluation.comparison import Comparison
from core.runs.store import RunRecord


def differences(first: Comparison, second: Comparison) -> pd.DataFrame:
    """Return the metrics of the strategies that two runs have in common.

    Returns
    -------
    DataFrame
        Columns ``strategy``, ``metric``, ``first``, ``second``, ``difference`` (second less first),
        ``first_folds`` and ``second_folds`` (that the means rest on), in the first run's order; empty where they
        share none. ``seconds`` is the last metric.
    """
    on = ["strategy", "metric"]
    one, other = (found.table()[[*on, "mean", "folds"]] for found in (first, second))
    both = one.merge(other, on=on, suffixes=("_first", "_second"))
    both = both.rename(columns={f"mean_{run}": run for run in ("first", "second")})
    both = both.rename(columns={f"folds_{run}": f"{run}_folds" for run in ("first", "second")})
    return both.assign(difference=both["second"] - both["first"])


def what_else_differs(first: RunRecord, second: RunRecord) -> tuple[str, ...]:
    """Return what two runs do not have in common beside their results, in plain sentences.

    Each is a reason why a difference between their figures may not be a strategy's doing.
    """
    found: list[str] = []
    one, other = first.plan, second.plan
    if first.table_digest != second.table_digest:
        found.append("They are on different tables.")
    if (one.target, first.classes) != (other.target, second.classes):
        found.append("They have different targets or classes.")
    if one.kinds != other.kinds:
        found.append("They read some columns as different kinds.")
    if one.merged != other.merged:
        found.append("They merged different spellings of labels.")
    if one.split != other.split:
        found.append("They are on different folds: folds, repeats, seed or split columns differ.")
    if one.network != other.network:
        names = [name for name, value in vars(one.network).items() if value != getattr(other.network, name)]
        found.append(f"Their networks differ in {_listed([name.replace('_', ' ') for name in names])}.")
    changed = [name for name, value in first.versions if dict(second.versions).get(name) != value]
    if changed:
        found.append(f"They were made with different versions of {_listed(changed)}.")
    return tuple(found)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
