"""What a report asks of every run."""

from __future__ import annotations

from core.decision.stakes import Stakes
from core.reporting.questions import Answer, QuestionError, Subject, questions
from core.reporting.results import Results

#: In the order in which they are read.
ASKED = (
    *("pairs", "threshold", "costs", "capacity", "net_benefit", "promise", "calibration", "classes", "slices"),
    *("errors", "suspects"),
)


def asked(results: Results, stakes: Stakes | None = None, checked: frozenset[int] = frozenset()) -> tuple[Answer, ...]:
    """Return the answers to what every report asks; a question that this run cannot answer says why in its place.

    Parameters
    ----------
    stakes : Stakes or None
        What was settled about the run's decisions.
    checked : frozenset of int
        Labelled rows whose labels somebody found right.

    See Also
    --------
    core.reporting.report.report : Writes them down.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> answers = asked(Results(sample_run().problem, sample_run().folds))
    >>> [answer.title for answer in answers][:6]
    ['Pairs', 'Thresholds', 'Costs', 'Capacity', 'Net benefit', 'A promise on recall']
    """
    import pandas as pd

    try:
        subject = Subject.of(results, checked=checked, stakes=stakes)
    except QuestionError:
        return ()
    answers = []
    for key in ASKED:
        question = questions()[key]
        settled = subject.stakes.capacity or results.plan.capacity
        options = {"rows": settled.rows, "per": settled.per, "by": settled.by or ""} if key == "capacity" else {}
        try:
            answers.append(question(**options).answer(subject))
        except QuestionError as error:
            answers.append(Answer(question.title, (str(error),), pd.DataFrame()))
    return tuple(answers)
