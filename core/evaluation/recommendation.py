"""What to use: the simplest strategy that cannot be told apart from the best, in sentences that a person can act on.

Simplest first: the plain network, then another threshold or calibration on it, then weights, losses and batches, then
samplers, then ensembles; of two that are as simple, the one on the cheaper network, then the one with the better mean.
References stand apart, as they are no networks. A strategy is told apart from the best where the verdict's test calls
it clearly worse, so that no two views of a run contradict each other. One that finds next to nothing of the class is
passed over wherever another finds more: nobody should be proud of beating it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.data.profile import few_rows
from core.evaluation._case import Case
from core.evaluation.comparison import Comparison, StrategySummary
from core.evaluation.counts import Counts
from core.evaluation.metrics import metric_of
from core.evaluation.paired import MIN_FOLDS, in_words
from core.evaluation.selection import ChoiceValue, value_of_choice
from core.evaluation.simplicity import tier
from core.evaluation.verdict import MAIN_METRIC, Assessment, assess
from core.plan import Plan
from core.strategies import Recipe, choices_of
from core.words import counted, joined, quoted

_HANDFUL = 5
_MAX_NAMES = 4
_LEAST_LIFT = 0.1


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
    return _Choosing(case).recommendation(tuple(cautions), groups)


class _Choosing:
    """The search for the simplest that is level with the best, over one case."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.summaries = {s.key: s for s in case.comparison.whole}
        self.choices = {choice.key: choice for choice in choices_of(case.plan)}
        candidates = case.networks or list(case.means)
        self.alive = [key for key in candidates if self.finds(key)] or candidates
        self.passed_over = [key for key in candidates if key not in self.alive]
        self.order = sorted(self.alive, key=self.simplicity)
        top = max(case.means[key] for key in self.alive)
        self.best = next(key for key in self.order if top - case.means[key] < 1e-9)
        asked = [(self.best, key) for key in self.alive if key != self.best]
        known = {**case.holm_p(asked), **case.p_against_baselines()} if case.pairs.tested else {}
        self.p = {frozenset(pair): p for pair, p in known.items()}
        self.worse = [key for key in self.order if self.is_told_apart(key)]
        self.level = [key for key in self.order if key not in self.worse]
        self.key = self.level[0]

    @property
    def code(self) -> int:
        """The class that is looked for: the positive one of two, else the smallest."""
        rows = self.rows_of_classes()
        return 1 if len(rows) == 2 else int(rows.argmin())

    def rows_of_classes(self) -> np.ndarray:
        """Return the tested rows by class, each counted once."""
        any_one = next(iter(self.summaries.values()))
        return any_one.confusion.sum(axis=1) / _repeats(any_one)

    def finds(self, key: str) -> bool:
        """Return whether a strategy finds more than next to nothing, and does not call everything one class."""
        summary = self.summaries[key]
        rows, found = self.rows_of_classes()[self.code], summary.confusion[self.code, self.code] / _repeats(summary)
        return bool((summary.confusion.sum(axis=0) > 0).sum() > 1 and found >= min(_HANDFUL, max(1, rows / 10)))

    def simplicity(self, key: str) -> tuple[float, ...]:
        choice = self.choices[key]
        return (tier(choice), len(choice.parts), self.network_seconds(key), -self.case.means[key])

    def network_seconds(self, key: str) -> float:
        """Return what a fold of a strategy's network costs: of its plain line where there is one."""
        network = self.case.on.get(key, "")
        plain = self.case.plains.get(network)
        if plain in self.summaries:
            return self.summaries[plain].seconds
        same = [s.seconds for k, s in self.summaries.items() if self.case.on.get(k, "") == network]
        return min(same)

    def is_told_apart(self, key: str) -> bool:
        """Return whether the best, or for a baseline any strategy, is clearly better, by the verdict's own words."""
        case = self.case
        for rival in self.alive if key in {base for base, _ in case.baselines} else (self.best,):
            p = self.p.get(frozenset((rival, key)), np.nan)
            if rival != key and in_words(case.difference(rival, key), p) == "clearly better":
                return True
        return False

    def apart(self) -> list[str]:
        """Return the strategies there are to choose from, the simplest of those that score the same on every fold."""
        pairs = self.case.pairs
        first = {key: pairs.first_alike[pairs.keys.index(key)] for key in self.order}
        return [key for place, key in enumerate(self.order) if first[key] not in map(first.get, self.order[:place])]

    def recommendation(self, cautions: tuple[str, ...], groups: np.ndarray | None) -> Recommendation:
        case, rows = self.case, self.rows_of_classes()
        worth = value_of_choice(case.comparison, case.plan, case.metric.key, self.apart(), groups)
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
        )

    def headline(self) -> str:
        choice, recipe = self.choices[self.key], Recipe.of(self.choices[self.key])
        label = quoted(self.case.comparison.labels[self.code])
        name = self.case.names[self.key]
        on = ""
        if self.case.on.get(self.key) is not None and len(set(self.case.on.values())) > 1:
            on = f" on {self.case.network_name(self.case.on[self.key])}"
        if recipe.is_plain and not recipe.decisions:
            what = f"the plain network{on} as it is"
        elif recipe.is_plain and recipe.rules and len(choice.parts) == 1:
            what = f"the plain network{on} with a tuned threshold ({name})"
        else:
            what = name
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
        found = max(s.confusion[self.code, self.code] / _repeats(s) for s in map(self.summaries.get, self.alive) if s)
        if found < min(_HANDFUL, rows[self.code]):
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
        return Counts.of(self.case.comparison.labels[code], share, float(recall), float(quiet))

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
        simpler = [key for key in self.order[: self.order.index(self.key)] if key in self.worse]
        metric, best = case.metric.name, self.best
        values = {key: float(self.summaries[key].mean[case.metric.key]) for key in (self.key, best)}
        if simpler:
            are = "is simpler, but" if len(simpler) == 1 else "are simpler, but"
            said.append(
                f"{joined([names[key] for key in simpler], _MAX_NAMES)} {are} clearly worse than the best here."
            )
        if best != self.key:
            said.append(
                f"No strategy is clearly better than {_called(case, self.key)} here. {names[best]} has the best mean "
                f"of {metric} ({_apart(values[best], values[self.key])}), a lead that "
                f"{counted(int(case.pairs.shared[case.pairs.at(best, self.key)]), 'fold')} cannot tell from chance."
            )
        elif len(self.alive) > 1:
            said.append(f"No strategy has a better mean of {metric}, and none that is simpler is level with it."
                        if tier(self.choices[self.key]) else f"No strategy has a better mean of {metric}.")  # fmt: skip
        level = [names[key] for key in self.level if key not in (self.key, best)]
        if level:
            said.append(f"Level with it: {joined(level, _MAX_NAMES)}.")
        return said

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
            return [f"{name}, a model of another library, is clearly better ({value:.2f}): use it where you can."]
        return [f"{name}, a model of another library, has a better mean ({value:.2f}), but not clearly."]


def _repeats(summary: StrategySummary) -> int:
    return max(1, summary.scores.index.get_level_values("repeat").nunique())


def _called(case: Case, key: str) -> str:
    return "the plain network" if key == case.plain else case.names[key]


def _apart(first: float, second: float) -> str:
    """Return two values with digits enough to tell them apart, up to four."""
    digits = next((d for d in (2, 3) if f"{first:.{d}f}" != f"{second:.{d}f}"), 4)
    return f"{first:.{digits}f} against {second:.{digits}f}"
