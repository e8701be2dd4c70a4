"""What to use: the simplest strategy that cannot be told apart from the best, in sentences that a person can act on.

Simplest first: the plain network, then another threshold or calibration on it, then weights, losses and batches, then
samplers, then ensembles; of two that are as simple, the one on the cheaper network, then the one with the better mean.
References stand apart, as they are no networks. A strategy is told apart from the best where the verdict's test calls
it clearly worse, so that no two views of a run contradict each other. Where many strategies are compared on few folds,
that test, corrected for all of them, calls hardly anything clear, however large: so one is told apart too where its
mean is less than half of the best and the pair's own test hardly puts it down to luck, which is said in other words.
One that finds next to nothing of the class is passed over wherever another finds more: nobody should be proud of
beating it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.data.profile import few_rows
from core.evaluation._case import Case
from core.evaluation._choosing import HANDFUL, Choosing, repeats_of
from core.evaluation.comparison import Comparison
from core.evaluation.counts import Counts
from core.evaluation.metrics import metric_of
from core.evaluation.paired import ALPHA, MIN_FOLDS, in_words
from core.evaluation.selection import ChoiceValue, value_of_choice
from core.evaluation.verdict import MAIN_METRIC, Assessment, assess
from core.plan import Plan
from core.strategies import Recipe
from core.words import counted, joined, quoted

_MAX_NAMES = 4
_LEAST_LIFT = 0.1
_OF_CLASSES = ("precision", "recall", "f1", "average_precision", "roc_auc")


@dataclass(frozen=True)
class Recommendation:
    """What to use, why, and how far to trust it: for the page, the report, the card and the command line alike.

    Parameters
    ----------
    metric : str
        That it is judged by.
    key : str or None
        The strategy to use; None where none finished.
    is_usable : bool
        Whether anything here is worth using at all.
    headline : str
        One plain sentence.
    use : str
        The headline without the probability from which on a row is called so, where it has one.
    counts : Counts or None
    why : tuple of str
        Why this one, in sentences.
    level : tuple of str
        Strategies that cannot be told apart from the best, the recommended one among them.
    worth : ChoiceValue or None
        What choosing the best network by its mean is worth.
    warnings : tuple of str
        What makes every figure uncertain or misleading.
    helps : tuple of str
        What would help where nothing is usable.
    needed_precision : float or None
        The average precision that would be better than chance, where none here is.

    See Also
    --------
    recommend : Makes it.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> advice = recommend(run.comparison, run.plan)
    >>> advice.key, advice.is_usable
    ('plain', True)
    >>> print(advice.headline)
    Use the plain network as it is, and call a row `yes` at a probability of 0.50 or more.
    """

    metric: str
    key: str | None
    is_usable: bool
    headline: str
    counts: Counts | None = None
    why: tuple[str, ...] = ()
    level: tuple[str, ...] = ()
    worth: ChoiceValue | None = None
    warnings: tuple[str, ...] = ()
    helps: tuple[str, ...] = ()
    needed_precision: float | None = None
    use: str = ""

    @property
    def lead(self) -> str:
        """The headline and the counts, which open everything that shows a run."""
        return self.headline if self.counts is None else f"{self.headline} {self.counts.text}"

    @property
    def sentences(self) -> tuple[str, ...]:
        """All that it says, most important first."""
        worth = (self.worth.text,) if self.worth is not None else ()
        counts = (self.counts.text,) if self.counts is not None else ()
        return (self.headline, *self.warnings, *counts, *self.helps, *self.why, *worth)


def recommend(
    comparison: Comparison,
    plan: Plan,
    metric: str = MAIN_METRIC,
    assessment: Assessment | None = None,
    cautions: Sequence[str] = (),
    groups: np.ndarray | None = None,
) -> Recommendation | None:
    """Return what to use; None where nothing has a result.

    Parameters
    ----------
    comparison : Comparison
    plan : Plan
        That the comparison is of.
    metric : str
        That the person judges by.
    assessment : Assessment or None
        Of this metric, where there is one already.
    cautions : sequence of str
        What makes every figure mislead (:func:`core.data.cautions.find_cautions`).
    groups : ndarray of int64, shape (n_labelled,), or None
        See :func:`core.evaluation.resampling.groups_of`.

    Raises
    ------
    ValueError
        There is no such metric.

    See Also
    --------
    core.evaluation.verdict.assess : The tests behind it.
    core.evaluation.selection.value_of_choice : What the leader's mean is worth.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> print(recommend(run.comparison, run.plan).counts.text)
    Of 1,000 rows like these, 250 are `yes`: you will find 125, miss 125, and raise 42 false alarms.
    """
    if not comparison.strategies:
        return None
    judged = assess(comparison, plan, metric) if assessment is None else assessment
    case = Case.of(comparison, plan, metric_of(metric), judged.intervals, judged.pairs)
    if case is None:
        said = judged.sentences[0].text if judged.sentences else (
            f"No strategy has a value on {metric_of(metric).name}: its test rows lack a class, so judge by another "
            "metric or use other folds."
        )  # fmt: skip
        return Recommendation(metric, None, False, said, warnings=tuple(cautions))
    return _Advising(case).recommendation(tuple(cautions), groups)


class _Advising(Choosing):
    """What the search found, in sentences."""

    def recommendation(self, cautions: tuple[str, ...], groups: np.ndarray | None) -> Recommendation:
        case, rows = self.case, self.rows_of_classes()
        worth = value_of_choice(case.comparison, case.plan, case.metric.key, self.apart(), groups)
        worth = None if worth is None else replace(worth, not_counted=self.not_counted())
        few = few_rows(case.comparison.labels[int(rows.argmin())], round(float(rows.min())))
        trouble = self.trouble()
        headline = self.headline() if not trouble else f"None of these strategies is usable yet: {trouble}."
        return Recommendation(
            metric=case.metric.key,
            key=self.key,
            is_usable=not trouble,
            headline=headline,
            counts=self.counts(worth),
            why=tuple(self.why()),
            level=tuple(self.level),
            worth=worth,
            warnings=(*filter(None, (few,)), *cautions),
            helps=self.helps() if trouble else (),
            needed_precision=self.needed_precision() if self.is_chance() else None,
            use=headline if trouble else f"Use {self.what_to_use()}.",
        )

    def not_counted(self) -> str:
        """Return which strategies the best is not chosen from, and why."""
        case = self.case
        references = [case.names[key] for key in case.means if key in case.references and key not in self.alive]
        failed = len(case.comparison.strategies) - len(case.comparison.whole)
        alike = len(self.alive) - len(self.apart())
        parts = []
        if references:
            parts.append(f"{references[0]} (a reference)" if len(references) == 1 else f"{len(references)} references")
        if alike:
            parts.append(f"{alike} that {'scores' if alike == 1 else 'score'} the same as another")
        if self.passed_over:
            parts.append(
                f"{len(self.passed_over)} that {'finds' if len(self.passed_over) == 1 else 'find'} almost nothing"
            )
        if failed:
            parts.append(f"{failed} that failed on some folds")
        return joined(parts) if parts else ""

    def what_to_use(self) -> str:
        choice, recipe = self.choices[self.key], Recipe.of(self.choices[self.key])
        name = self.case.names[self.key]
        on = ""
        if self.case.on.get(self.key) is not None and len(set(self.case.on.values())) > 1:
            on = f" on {self.case.network_name(self.case.on[self.key])}"
        if recipe.is_plain and not recipe.decisions:
            return f"the plain network{on} as it is"
        if recipe.is_plain and recipe.rules and len(choice.parts) == 1:
            tuned = "a tuned threshold" if len(self.case.comparison.labels) == 2 else "tuned decisions"
            return f"the plain network{on} with {tuned} ({name})"
        return name

    def headline(self) -> str:
        what = self.what_to_use()
        label = quoted(self.case.comparison.labels[self.code])
        thresholds = [
            r.threshold for r in self.case.comparison.results if r.strategy == self.key and r.threshold is not None
        ]
        if len(self.case.comparison.labels) > 2 or not thresholds:
            return f"Use {what}."
        return f"Use {what}, and call a row {label} at a probability of {np.median(thresholds):.2f} or more."

    def precision(self) -> float:
        return float(self.summaries[self.key].mean["average_precision"])

    def chance(self) -> float:
        """Return the average precision of rows in any order."""
        shares = self.rows_of_classes() / self.rows_of_classes().sum()
        return float(shares[1] if len(shares) == 2 else shares.mean())

    def needed_precision(self) -> float:
        """Return the average precision from which on rows are ranked better than by chance."""
        share = self.chance()
        return min(2 * share, share + _LEAST_LIFT * (1 - share))

    def is_chance(self) -> bool:
        ranked = self.precision()
        return bool(np.isfinite(ranked) and ranked < self.needed_precision())

    def trouble(self) -> str:
        """Return why nothing here is usable, as the end of a sentence; empty where something is."""
        comparison, rows = self.case.comparison, self.rows_of_classes()
        label = quoted(comparison.labels[self.code])
        if self.is_chance():
            return (
                f"they rank rows hardly better than chance (average precision {self.precision():.2f}, where chance "
                f"alone gives {self.chance():.2f})"
            )
        found = max(s.confusion[self.code, self.code] / repeats_of(s) for s in map(self.summaries.get, self.alive) if s)
        if found < min(HANDFUL, rows[self.code]):
            return f"of {counted(round(float(rows[self.code])), 'row')} that are {label}, they find {found:.3g}"
        return ""

    def helps(self) -> tuple[str, ...]:
        rows = self.rows_of_classes()
        label, n = quoted(self.case.comparison.labels[self.code]), round(float(rows[self.code]))
        return (
            f"What would help: more rows that are {label} (there are {n:,}), and columns that say more about it. Check "
            "too whether the target is the right one and its labels are right.",
        )

    def counts(self, worth: ChoiceValue | None) -> Counts:
        """Return what the strategy does per 1,000 rows, without what its choice made too good."""
        summary, code = self.summaries[self.key], self.code
        confusion, rows = summary.confusion.astype(np.float64), summary.confusion.sum(axis=1)
        recall = confusion[code, code] / max(1, rows[code])
        rest = rows.sum() - rows[code]
        quiet = 1 - (confusion[:, code].sum() - confusion[code, code]) / max(1, rest)
        if worth is not None and worth.key == self.key:
            recall, quiet = np.clip([recall + worth.recall_shift, quiet + worth.rest_shift], 0, 1)
        share = float(rows[code] / rows.sum())
        return Counts.of(self.case.comparison.labels[code], share, float(recall), float(quiet), len(rows))

    def why(self) -> list[str]:
        case, names = self.case, self.case.names
        said = []
        dead = [key for key in self.passed_over if Recipe.of(self.choices[key]).is_plain]
        if dead:
            label = quoted(case.comparison.labels[self.code])
            says, them = ("says", "it") if len(dead) == 1 else ("say", "them")
            said.append(f"{joined([names[key] for key in dead], _MAX_NAMES)} hardly ever {says} {label}, so a lead "
                        f"over {them} means nothing: strategies are held against the others.")  # fmt: skip
        if len(self.alive) == 1 and len(case.means) == 1:
            only = (
                "a tuned threshold" if self.key in case.plains.values() else "the plain network and a tuned threshold"
            )
            said.append(
                f"It is the only strategy with a result, so nobody can say whether another is better: add {only}."
            )
        elif not case.pairs.tested:
            said.append(
                f"{self.too_few_folds()} cannot tell strategies apart, so the simplest that works is named: run at "
                f"least {MIN_FOLDS} folds that have every class."
            )
        else:
            said += self.lead_in_words()
        if case.plain is None and len(case.means) > 1:
            said.append("The plain network is not in this run, so nobody can say whether balancing helped: add it.")
        return [*said, *self.references()]

    def too_few_folds(self) -> str:
        folds, known = self.case.comparison.folds, self.case.pairs.folds
        if known == folds:
            return counted(folds, "fold")
        have = "has" if known == 1 else "have"
        return f"Only {known} of {counted(folds, 'fold')} {have} test rows of every class, which"

    def lead_in_words(self) -> list[str]:
        """Say what the recommended strategy is better than, and which are level with it."""
        case, names, said = self.case, self.case.names, []
        before = self.order[: self.order.index(self.key)]
        simpler = [key for key in before if key in self.worse]
        metric, best, folds = self.metric_in_words(), self.best, counted(case.pairs.folds, "fold")
        if simpler:
            are = "is simpler, but" if len(simpler) == 1 else "are simpler, but"
            said.append(
                f"{joined([names[key] for key in simpler], _MAX_NAMES)} {are} clearly worse than the best here."
            )
        said += [self.far_in_words(key) for key in before if key in self.far][:_MAX_NAMES]
        if best != self.key:
            said.append(
                f"{names[best]} has the best mean of {metric} ({_apart(self.value(best), self.value(self.key))}), but "
                f"{self.lead_of_best()}: the simpler one is named."
            )
        elif len(self.alive) > 1:
            among = " of the networks" if case.references.intersection(case.means) else ""
            name = "The plain network" if best == case.plain else names[best]
            said.append(f"{name} has the best mean of {metric}{among} ({self.value(best):.2f}).")
        level = [names[key] for key in self.level if key not in (self.key, best)]
        if level:
            said.append(f"Not clearly worse than the best in {folds}, but no simpler: {joined(level, _MAX_NAMES)}.")
        return said

    def metric_in_words(self) -> str:
        metric = self.case.metric
        return f"{metric.name}, averaged over the classes," if (
            len(self.case.comparison.labels) > 2 and metric.key in _OF_CLASSES
        ) else metric.name  # fmt: skip

    def lead_of_best(self) -> str:
        """Say why the lead of the best over the recommended strategy does not count."""
        pairs = self.case.pairs
        folds = counted(int(pairs.shared[pairs.at(self.best, self.key)]), "fold")
        if not self.p_alone(self.key) < ALPHA:
            return f"{folds} cannot tell this lead from chance"
        return f"with {len(self.case.every)} strategies compared on {folds}, a lead like this can be luck"

    def far_in_words(self, key: str) -> str:
        """Say of a simpler strategy that it is far behind, though the corrected test does not call it clear."""
        case = self.case
        more = "repeats" if case.plan.split.time is None else "rows"
        return (
            f"{case.names[key]} is simpler, but far behind on {case.metric.name} "
            f"({_apart(self.value(key), self.value(self.best))} for {case.names[self.best]}). The tests do not call it "
            f"clearly worse, as {len(case.every)} strategies are compared on {counted(case.pairs.folds, 'fold')}: more "
            f"{more} would tell."
        )

    def references(self) -> list[str]:
        case = self.case
        apart = [key for key in case.means if key in case.references and key not in self.alive]
        if not apart:
            return []
        top = max(apart, key=case.means.__getitem__)
        if case.means[top] <= case.means[self.best] + 1e-9:
            return []
        value, name = float(self.summaries[top].mean[case.metric.key]), case.names[top]
        # In the verdict's own words, so that the two never differ.
        p = case.holm_p([(r, n) for r in apart for n in case.networks]) if case.pairs.tested else {}
        clear = in_words(case.difference(top, self.key), p.get((top, self.key), np.nan)) == "clearly better"
        if clear:
            return [f"{name}, a reference and no network, is clearly better ({value:.2f}): use it where you can."]
        return [f"{name}, a reference and no network, has a better mean ({value:.2f}), but is not clearly better."]


def _apart(first: float, second: float) -> str:
    """Return two values with digits enough to tell them apart, up to four."""
    digits = next((d for d in (2, 3) if f"{first:.{d}f}" != f"{second:.{d}f}"), 4)
    return f"{first:.{digits}f} against {second:.{digits}f}"
