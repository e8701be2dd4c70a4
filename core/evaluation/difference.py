"""Two runs side by side: the strategies that both have, metric by metric."""

from __future__ import annotations

import pandas as pd

from core.evaluation.comparison import Comparison


def differences(first: Comparison, second: Comparison) -> pd.DataFrame:
    """Return the metrics of the strategies that two runs have in common.

    Returns
    -------
    DataFrame
        Columns ``strategy``, ``metric``, ``first``, ``second``, ``difference`` (second minus first),
        ``first_folds`` and ``second_folds`` (that the means rest on), in the first run's order; empty where they
        share none. ``seconds`` is the last metric.

    See Also
    --------
    core.evaluation.comparison.Comparison.table : The figures of one run.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.evaluation.comparison import compare
    >>> run = sample_run()
    >>> fewer = compare([result for result in run.folds if result.fold < 2], run.plan, ["no", "yes"])
    >>> table = differences(run.comparison, fewer).set_index(["strategy", "metric"])
    >>> table.loc[("smote", "precision")].round(2).to_dict()
    {'first': 0.72, 'first_folds': 3.0, 'second': 0.58, 'second_folds': 2.0, 'difference': -0.14}
    """
    on = ["strategy", "metric"]
    left, right = (comparison.table()[[*on, "mean", "folds"]] for comparison in (first, second))
    both = left.merge(right, on=on, suffixes=("_first", "_second"))
    both = both.rename(columns={f"mean_{run}": run for run in ("first", "second")})
    both = both.rename(columns={f"folds_{run}": f"{run}_folds" for run in ("first", "second")})
    return both.assign(difference=both["second"] - both["first"])
