"""Which of a run's strategies to export, where nobody has said."""

from __future__ import annotations

from dataclasses import replace

from core.evaluation.comparison import Comparison
from core.evaluation.recommendation import recommend
from core.evaluation.settled import judged_by
from core.exporting.refit import why_not
from core.plan import Plan, StrategyChoice
from core.strategies import choices_of


def suggested(comparison: Comparison, plan: Plan, metric: str | None = None) -> StrategyChoice:
    """Return what the run recommends, the references aside, which are no Keras files.

    Without a result it is the plan's first strategy that can be exported.

    Parameters
    ----------
    metric : str or None
        That the person judges by; None for the costs where they are settled, else F1.

    See Also
    --------
    core.evaluation.recommendation.recommend : The recommendation.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> suggested(sample_run().comparison, sample_run().plan).key
    'plain'
    """
    metric = judged_by(comparison) if metric is None else metric
    able = {choice.key: choice for choice in choices_of(plan) if why_not(choice) is None}
    among = replace(comparison, strategies=tuple(s for s in comparison.strategies if s.key in able))
    advice = recommend(comparison, plan, metric)
    if advice is None or advice.key not in able:  # a reference, in a run where no network has a result
        advice = recommend(among, plan, metric)
    if advice is None or advice.key is None:
        return next(iter(able.values()), choices_of(plan)[0])
    return able[advice.key]
