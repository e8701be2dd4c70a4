"""Automatic checks of a run's results: each has a short code, says one sentence, and names a way out.

In the manner of skore's checks. A new one is a function with :func:`register` above it, in a file of this package.
"""

from importlib import import_module
from pkgutil import iter_modules

from core.decision.stakes import Stakes
from core.evaluation.checks.check import Check, Evidence, Finding, checks, register
from core.evaluation.comparison import Comparison
from core.evaluation.metrics import metric_of
from core.plan import Plan

__all__ = ["Check", "Evidence", "Finding", "checks", "register", "run_checks"]

# Importing a file registers the checks in it: a new one needs no entry anywhere else.
for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")


def run_checks(
    comparison: Comparison, plan: Plan, metric: str = "f1", stakes: Stakes | None = None
) -> tuple[Finding, ...]:
    """Return what all checks find in a comparison, by the checks' codes.

    Parameters
    ----------
    comparison : Comparison
        With decisions as they were settled.
    metric : str
        That strategies are judged by.
    stakes : Stakes or None
        What was settled, so that no way out contradicts it.

    Raises
    ------
    ValueError
        There is no such metric.

    See Also
    --------
    core.evaluation.recommendation.recommend : What to use.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> [finding.code for finding in run_checks(run.comparison, run.plan)]
    ['CW5', 'CW9']
    """
    metric_of(metric)
    if not comparison.strategies:
        return ()
    evidence = Evidence(comparison, plan, metric, stakes or Stakes())
    return tuple(finding for check in checks() for finding in check.look(evidence))
