"""A comparison under what was settled about a run: its costs, how rows are decided, and how many can be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from core.data.problem import Problem
from core.decision.costs import CostError
from core.decision.stakes import Stakes
from core.evaluation.comparison import Comparison, StrategySummary, compare
from core.evaluation.metrics import BENEFIT, COST
from core.evaluation.outoffold import OutOfFold, out_of_fold
from core.evaluation.recommendation import Recommendation, recommend
from core.evaluation.resampling import groups_of
from core.evaluation.verdict import MAIN_METRIC
from core.evaluation.worth import (
    Priced,
    cheapest_threshold,
    is_benefit,
    price,
    saved_by_flagging,
    saved_in_words,
    worth,
)
from core.experiment.capacity import top_rows
from core.experiment.results import FoldResult
from core.plan import PlanError
from core.strategies import choices_of, label

_PER = 1000


def comparison_of(results: Sequence[FoldResult], problem: Problem, stakes: Stakes | None = None) -> Comparison:
    """Return the comparison of a run's folds, with what decisions cost as a metric where that is settled.

    Decisions stay each strategy's own; the cost is that of deciding as the stakes say. Costs that do not suit the
    table are left out, and a note says why.

    See Also
    --------
    advice_of : What to use.

    Examples
    --------
    >>> from core.decision.costs import Costs
    >>> from core.evaluation.sample import sample_run
    >>> stakes = Stakes(Costs(((0.0, 1.0), (50.0, 0.0))))
    >>> comparison = comparison_of(sample_run().folds, sample_run().problem, stakes)
    >>> comparison.metrics[-1].name, comparison.best("cost")
    ('Cost per row', frozenset({'smote'}))
    """
    stakes = stakes or Stakes()
    notes: tuple[str, ...] = ()
    try:
        top = top_rows(problem, stakes.capacity)
    except PlanError as error:
        top, notes = top_rows(problem), (str(error),)
    comparison = compare(results, problem.plan, problem.target.labels, top)
    comparison = replace(comparison, notes=(*comparison.notes, *notes))
    if not stakes.has_costs or not comparison.whole:
        return comparison
    try:
        return _with_costs(comparison, _price(comparison, problem, stakes), stakes)
    except CostError as error:
        return replace(comparison, notes=(*comparison.notes, str(error)))


def judged_by(comparison: Comparison) -> str:
    """Return the metric that a run is judged by until somebody picks another: its costs, where they are settled.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> judged_by(sample_run().comparison)
    'f1'
    """
    return MAIN_METRIC if comparison.cost is None else comparison.cost.key


def advice_of(
    comparison: Comparison,
    problem: Problem,
    stakes: Stakes | None = None,
    metric: str | None = None,
    cautions: Sequence[str] = (),
) -> Recommendation | None:
    """Return what to use under the stakes: with costs, the simplest that cannot be told apart from the cheapest.

    Parameters
    ----------
    comparison : Comparison
        Of :func:`comparison_of`.
    metric : str or None
        That the person judges by; None for the costs where they are settled, else F1.
    cautions : sequence of str
        What makes every figure mislead.

    See Also
    --------
    core.evaluation.recommendation.recommend : The same without stakes.

    Examples
    --------
    >>> from core.decision.costs import Costs
    >>> from core.evaluation.sample import sample_run
    >>> stakes, run = Stakes(Costs(((0.0, 1.0), (50.0, 0.0))), "one", 0.35), sample_run()
    >>> advice = advice_of(comparison_of(run.folds, run.problem, stakes), run.problem, stakes)
    >>> print(advice.headline)
    Use the plain network as it is, and call a row `yes` at a probability of 0.35 or more.
    >>> print(advice.why[0])
    By these costs it takes 2,166.7 per 1,000 rows, which saves 10,333.3 against flagging nobody and loses 1,416.7 \
against flagging everybody.
    """
    stakes = stakes or Stakes()
    groups = groups_of(problem) if problem.plan.split.group is not None else None
    chosen = judged_by(comparison) if metric is None else metric
    try:
        by_stakes = decided(comparison, problem, stakes)
    except CostError:
        by_stakes = comparison
    advice = recommend(by_stakes, problem.plan, chosen, cautions=cautions, groups=groups)
    if advice is None or advice.key is None or not stakes.has_costs or comparison.cost is None:
        return advice
    headline = advice.headline
    if stakes.rule == "rows" and advice.is_usable and len(comparison.labels) == 2:
        headline = headline.removesuffix(".") + f", and call a row {_quoted(comparison)} where leaving it costs more."
    return replace(advice, headline=headline, why=(*_saved(comparison, problem, stakes, advice.key), *advice.why))


def _quoted(comparison: Comparison) -> str:
    return f"`{comparison.labels[1]}`"


def cheapest_in_words(comparison: Comparison, problem: Problem, stakes: Stakes) -> str:
    """Return which strategy is cheapest as rows are to be decided, and what it saves; or why that cannot be told.

    Examples
    --------
    >>> from core.decision.costs import Costs
    >>> from core.evaluation.sample import sample_run
    >>> run, dear = sample_run(), Stakes(Costs(((0.0, 1.0), (50.0, 0.0))))
    >>> print(cheapest_in_words(run.comparison, run.problem, dear))
    Cheapest: SMOTE, at 125.0 per 1,000 rows, which saves 12,375.0 against flagging nobody and saves 625.0 against \
flagging everybody.
    """
    frame = _cost_rows(problem, stakes)
    try:
        shown = worth(out_of_fold(comparison), cost_class(problem), stakes, frame)
    except CostError as error:
        return str(error)
    values = shown.value[:, 0]
    best = int(values.argmax() if is_benefit(stakes) else values.argmin())
    names = {choice.key: label(choice) for choice in choices_of(problem.plan)}
    how = {"own": "", "one": ", decided by one threshold for all"}.get(stakes.rule)
    if how is None:
        how = ", decided row by row" if stakes.rule == "rows" else ", decided by its cheapest threshold"
    sides = ((shown.saved_nobody, "nobody"), (shown.saved_everybody, "everybody"))
    saved = " and ".join(saved_in_words(_PER * float(part[best, 0]), whom) for part, whom in sides)
    return (
        f"{'Best' if is_benefit(stakes) else 'Cheapest'}: {names[shown.keys[best]]}{how}, at "
        f"{_PER * values[best]:,.1f} per {_PER:,} rows, which {saved}."
    )


def cost_class(problem: Problem) -> int:
    """Return the class that costs are about: the positive one of two, else the smallest.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> cost_class(sample_run().problem)
    1
    """
    return 1 if len(problem.target.labels) == 2 else int(np.argmin(problem.target.counts))


def _cost_rows(problem: Problem, stakes: Stakes) -> pd.DataFrame | None:
    """Return the labelled rows of the table where costs are read from it."""
    return problem.table.frame.iloc[problem.target.rows] if stakes.by_row is not None else None


def _price(comparison: Comparison, problem: Problem, stakes: Stakes) -> Priced:
    frame = _cost_rows(problem, stakes)
    return price(out_of_fold(comparison), cost_class(problem), stakes, frame)


def _with_costs(comparison: Comparison, priced: Priced, stakes: Stakes) -> Comparison:
    """Return the comparison with a further metric: what decisions cost or bring per row."""
    metric, costs, summaries = BENEFIT if is_benefit(stakes) else COST, {}, []
    places = {s.key: at for at, s in enumerate(comparison.whole)}
    folds = out_of_fold(comparison)[0].fold
    edges = np.searchsorted(folds, np.arange(folds[-1] + 2))

    def own(summary: StrategySummary) -> np.ndarray:
        values = np.full(len(summary.scores), np.nan)
        if summary.key in places:
            cost = priced.cost[places[summary.key]]
            for at, (repeat, fold) in enumerate(summary.scores.index):
                rows = slice(edges[at], edges[at + 1])
                part = np.stack([cost[rows] * priced.weight[rows], priced.weight[rows]])
                costs[summary.key, int(repeat), int(fold)] = part
                values[at] = part[0].sum() / part[1].sum()
        return values

    for summary in comparison.strategies:
        summaries.append(replace(summary, scores=summary.scores.assign(**{metric.key: own(summary)})))
    return replace(comparison, strategies=tuple(summaries), cost=metric, costs=costs)


def decided(comparison: Comparison, problem: Problem, stakes: Stakes) -> Comparison:
    """Return the comparison with decisions and thresholds of the stakes, for two classes; as it is for each own rule.

    Raises
    ------
    CostError
        A column cannot say what rows cost.

    See Also
    --------
    advice_of : What to use by these decisions.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> eager = decided(run.comparison, run.problem, Stakes(rule="one", threshold=0.05))
    >>> eager.strategies[0].confusion.tolist()
    [[0, 18], [0, 6]]
    """
    if not stakes.decides or not comparison.whole or len(comparison.labels) > 2:
        return comparison
    priced = _price(comparison, problem, stakes)
    every = {s.key: at for at, s in enumerate(comparison.whole)}
    folds = out_of_fold(comparison)[0].fold
    edges = np.searchsorted(folds, np.arange(folds[-1] + 2))
    changed: dict[tuple[str, int, int], FoldResult] = {}
    by_place = {(r.strategy, r.repeat, r.fold): r for r in comparison.results if r.error is None}
    for summary in comparison.whole:
        place = every[summary.key]
        for at, (repeat, fold) in enumerate(summary.scores.index):
            called = priced.called[place, edges[at] : edges[at + 1]]
            cuts = priced.thresholds[place]
            threshold = float(cuts[at]) if len(cuts) else None
            key = (summary.key, int(repeat), int(fold))
            changed[key] = replace(by_place[key], decisions=called.astype(np.int64), threshold=threshold)
    results = [changed.get((r.strategy, r.repeat, r.fold), r) for r in comparison.results]
    again = compare(results, problem.plan, comparison.labels, comparison.top)
    return again if comparison.cost is None else _with_costs(again, priced, stakes)


def settled_rows(pooled: Sequence[OutOfFold], problem: Problem, stakes: Stakes) -> tuple[tuple[OutOfFold, ...], str]:
    """Return tested rows with decisions as they were settled, and the sentence that says by what rule they are.

    They are each strategy's own where nobody settled another rule, where its costs do not suit the table, and with
    more than two classes, of which a settled rule speaks of one alone.

    Parameters
    ----------
    pooled : sequence of OutOfFold
        Of the problem's labelled rows, with each strategy's own decisions.

    See Also
    --------
    decided : The same of a comparison.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> rows, said = settled_rows(out_of_fold(run.comparison), run.problem, Stakes(rule="one", threshold=0.05))
    >>> int(rows[0].decisions.sum()), said
    (24, 'Decisions are by the settled threshold of 0.05.')
    """
    if not stakes.decides:
        return tuple(pooled), stakes.decided_by
    if len(problem.target.labels) > 2:
        return tuple(pooled), own_instead("a settled rule speaks of one class, and there are more than two")
    frame = _cost_rows(problem, stakes)
    try:
        priced = price(pooled, 1, stakes, frame)
    except CostError as error:
        return tuple(pooled), f"{own_instead('the settled rule cannot be used')} {error}"
    rows = tuple(
        replace(one, decisions=called.astype(np.int64), thresholds=tuple(float(cut) for cut in cuts))
        for one, called, cuts in zip(pooled, priced.called, priced.thresholds, strict=True)
    )
    return rows, stakes.decided_by


def own_instead(why: str) -> str:
    """Return that decisions are each strategy's own, and why not those of the settled rule.

    Examples
    --------
    >>> own_instead("the settled rule cannot be used")
    "Decisions are each strategy's own: the settled rule cannot be used."
    """
    return f"{Stakes().decided_by.removesuffix('.')}: {why}."


def settled_threshold(
    results: Sequence[FoldResult], strategy: str, code: int, stakes: Stakes, problem: Problem
) -> float | None:
    """Return the threshold by which a strategy decides once it is trained on all rows; None for its own rule.

    A cheapest threshold is chosen on what the folds said of rows that their networks had not seen.

    Parameters
    ----------
    results : sequence of FoldResult
        The run's; those of other strategies are passed over.
    code : int
        The class, against the rest.

    Raises
    ------
    CostError
        A column cannot say what rows cost.

    See Also
    --------
    settled_rows : Decisions on tested rows.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> round(settled_threshold(run.folds, "plain", 1, Stakes(rule="cheapest"), run.problem), 2)
    0.25
    """
    if stakes.rule == "one":
        return stakes.threshold
    own = [result for result in results if result.strategy == strategy and result.error is None]
    if stakes.rule != "cheapest" or not own:
        return None
    frame = _cost_rows(problem, stakes)
    if stakes.by_row is not None and frame is not None:
        stakes.by_row.check(frame)
        frame = frame.iloc[np.concatenate([result.test_rows for result in own])]
    truth = np.concatenate([result.y_true for result in own]) == code
    p = np.concatenate([result.probabilities[:, code] for result in own]).astype(np.float64)
    return cheapest_threshold(p, saved_by_flagging(truth, stakes, frame))


def _saved(comparison: Comparison, problem: Problem, stakes: Stakes, key: str) -> tuple[str, ...]:
    """Say what a strategy costs or brings, and what it saves against flagging nobody and everybody."""
    pooled = [one for one in out_of_fold(comparison) if one.key == key]
    frame = _cost_rows(problem, stakes)
    if not pooled:
        return ()
    shown = worth(pooled, cost_class(problem), stakes, frame)
    word = "brings" if is_benefit(stakes) else "takes"
    nobody, everybody = (
        saved_in_words(_PER * amount, whom)
        for amount, whom in (
            (float(shown.saved_nobody[0, 0]), "nobody"),
            (float(shown.saved_everybody[0, 0]), "everybody"),
        )
    )
    what = "these benefits" if is_benefit(stakes) else "these costs"
    value = _PER * float(shown.value[0, 0])
    return (f"By {what} it {word} {value:,.1f} per {_PER:,} rows, which {nobody} and {everybody}.",)
