"""From numbers to words: what a comparison shows on one metric, and what it does not.

Rules (:mod:`core.evaluation._rules`) turn tests into sentences. "Clearly better" and "clearly worse" stand
where Holm's corrected p is below 0.05; everything else is "no clear difference". Holm's correction
counts the questions that the verdict asks: since the leader was picked by its results, all
strategies are tested against the plain network and against the plain network with a tuned threshold,
not the leader alone. Every sentence says on how many folds it rests; a strategy that failed on some folds
cannot lead, since its mean is over others than theirs, and has a sentence of its own.

References
----------
van den Goorbergh, van Smeden, Timmerman and Van Calster (2022), JAMIA 29.
Elor and Averbuch-Elor (2022), arXiv:2201.08528.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.evaluation._case import Case
from core.evaluation._rules import Sentence, SentenceKind, nobody_leads, sentences
from core.evaluation.comparison import Comparison
from core.evaluation.intervals import Intervals, intervals
from core.evaluation.metrics import metric_of
from core.evaluation.paired import Pairs, compare_pairs
from core.plan import Plan

__all__ = ["MAIN_METRIC", "Assessment", "Sentence", "SentenceKind", "assess"]

MAIN_METRIC = "f1"


@dataclass(frozen=True, eq=False)
class Assessment:
    """What a comparison says on one metric: for the page, the report and scripts alike.

    Parameters
    ----------
    metric : str
    leader : str or None
        Strategy with the best mean among those that finished every fold; None where there is none.
    intervals : Intervals
        Of all metrics, of the kind that the verdict quotes.
    pairs : Pairs
        Every strategy against every other on the metric.
    sentences : tuple of Sentence
        The verdict, most important first.

    See Also
    --------
    assess : Makes it.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> assessment = assess(run.comparison, run.plan, "recall")
    >>> assessment.leader, [sentence.kind for sentence in assessment.sentences]
    ('smote', ['leader', 'plain', 'missing'])
    """

    metric: str
    leader: str | None
    intervals: Intervals
    pairs: Pairs
    sentences: tuple[Sentence, ...]

    @property
    def text(self) -> str:
        """The verdict as one paragraph."""
        return " ".join(sentence.text for sentence in self.sentences)


def assess(
    comparison: Comparison,
    plan: Plan,
    metric: str = MAIN_METRIC,
    shown: Intervals | None = None,
    rope: float = 0.01,
    cautions: Sequence[str] = (),
) -> Assessment:
    """Return intervals, paired tests and the verdict of a comparison on one metric.

    Parameters
    ----------
    comparison : Comparison
    plan : Plan
        That the comparison is of.
    metric : str
        A key of :data:`core.evaluation.metrics.METRICS`.
    shown : Intervals or None
        Intervals to quote; None makes those by folds, which cost nothing.
    rope : float
        Half width of the region of practical equivalence of ``pairs``; the words do not depend on it.
    cautions : sequence of str
        What makes every figure mislead (:func:`core.data.cautions.find_cautions`): it follows the first sentence.

    Raises
    ------
    ValueError
        There is no such metric, or ``rope`` is negative.

    See Also
    --------
    core.evaluation.paired.compare_pairs : The tests.
    core.evaluation.intervals.intervals : The intervals.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> for sentence in assess(run.comparison, run.plan).sentences[:2]:
    ...     print(sentence.text)
    Best on F1: SMOTE (0.82, 95% interval by folds 0.16 to 1.00, 3 folds).
    Against the plain network there is no clear difference (+0.211, p = 0.16, 3 folds).
    """
    judged_by = metric_of(metric)
    shown = intervals(comparison, plan) if shown is None else shown
    pairs = compare_pairs(comparison, plan.split, metric, rope)
    case = Case.of(comparison, plan, judged_by, shown, pairs)
    if case is None:
        nobody = nobody_leads(comparison, metric)
        return Assessment(metric, None, shown, pairs, (nobody,) if nobody else ())
    first, *others = sentences(case)
    verdict = (first, *(Sentence("caution", text) for text in cautions), *others)
    return Assessment(metric, case.leader, shown, pairs, verdict)
