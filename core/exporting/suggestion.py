"""Which of a run's strategies to export, where nobody has said."""

from __future__ import annotations

from dataclasses import replace

from core.evaluation.comparison import Comparison
from core.evaluation.verdict import assess
from core.exporting.refit import why_not
from core.plan import Plan, StrategyChoice
from core.strategies import choices_of


def suggested(comparison: Comparison, plan: Plan) -> StrategyChoice:
    """Return the verdict's choice: who leads on its metric, the references aside, which are no Keras files.

    Without a result it is the plan's first strategy.

    See Also
    --------
    core.evaluation.verdict.assess : The verdict.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> suggested(sample_run().comparison, sample_run().plan).key
    'smote'
    """
    able = {choice.key: choice for choice in choices_of(plan) if why_not(choice) is None}
    among = replace(comparison, strategies=tuple(s for s in comparison.strategies if s.key in able))
    leader = assess(among, plan).leader if among.strategies else None
    return next(iter(able.values()), choices_of(plan)[0]) if leader is None else able[leader]
