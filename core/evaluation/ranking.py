"""Several tables at once: ranks over tables, and whether they differ by more than chance.

Tables, not folds, are the independent observations here, so the tests are those of Demšar (2006):
Friedman's test over all strategies, then, where it finds a difference, Wilcoxon's signed-rank test of
each pair with Holm's correction, as Benavoli et al. (2016) advise over tests on mean ranks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import friedmanchisquare, rankdata, wilcoxon

from core.evaluation.comparison import Comparison
from core.evaluation.metrics import METRICS
from core.evaluation.paired import ALPHA, holm
from core.words import counted, joined

_MIN_TABLES = 3
_MIN_STRATEGIES = 3
# Means that differ by less than this are the same result, computed in another order.
_DECIMALS = 9


@dataclass(frozen=True)
class Friedman:
    """Friedman's test: do the strategies' ranks differ at all?

    Parameters
    ----------
    statistic : float
        Chi-squared, corrected for ties.
    p : float

    See Also
    --------
    rank : Tests the ranks of strategies.

    Examples
    --------
    >>> plain = pd.Series([0.5, 0.6, 0.4, 0.7], ["a", "b", "c", "d"])
    >>> means = pd.DataFrame({"plain": plain, "smote": plain + 0.1, "focal": plain - 0.1})
    >>> friedman = rank(means, higher_is_better=True).friedman
    >>> friedman.statistic, round(friedman.p, 3)
    (8.0, 0.018)
    """

    statistic: float
    p: float


@dataclass(frozen=True)
class Pair:
    """Wilcoxon's signed-rank test of two strategies over the tables.

    Parameters
    ----------
    better, worse : str
        The strategies' keys, the one with the better mean rank first.
    p : float
        Two-sided; exact for up to 13 tables.
    adjusted : float
        After Holm's correction for all pairs.

    See Also
    --------
    Ranking.clear : The pairs that differ.

    Examples
    --------
    >>> plain = pd.Series([0.5, 0.6, 0.4, 0.7], ["a", "b", "c", "d"])
    >>> means = pd.DataFrame({"plain": plain, "smote": plain + 0.1, "focal": plain - 0.1})
    >>> pair = rank(means, higher_is_better=True).pairs[0]
    >>> pair.better, pair.worse, pair.p, pair.adjusted
    ('smote', 'plain', 0.125, 0.375)
    """

    better: str
    worse: str
    p: float
    adjusted: float


@dataclass(frozen=True, eq=False)
class Ranking:
    """Strategies by their mean rank over the tables that all of them finished.

    Parameters
    ----------
    scores : DataFrame
        One row per table, one column per strategy, with nan where a strategy has no result.
    ranks : DataFrame
        Rows and columns of ``scores`` that are ranked; 1 is best, ties share their average rank.
    mean_ranks : Series
        Best first; empty where no table has all strategies.
    friedman : Friedman or None
        None where there are too few tables or strategies; ``notes`` says so.
    pairs : tuple of Pair
        Empty where there is no Friedman test.
    groups : tuple of tuple of str
        Strategies that the tests do not tell apart: each largest set without a clear pair, best first.
    notes : tuple of str
        What was left out and which test there is not, a plain sentence each.

    See Also
    --------
    rank : Makes it.
    verdict : Says it in words.

    Examples
    --------
    >>> plain = pd.Series([0.5, 0.6, 0.4, 0.7], ["a", "b", "c", "d"])
    >>> means = pd.DataFrame({"plain": plain, "smote": plain + 0.1, "focal": plain - 0.1})
    >>> ranking = rank(means, higher_is_better=True)
    >>> ranking.mean_ranks.to_dict(), ranking.differ, ranking.clear, ranking.groups
    ({'smote': 1.0, 'plain': 2.0, 'focal': 3.0}, True, (), (('smote', 'plain', 'focal'),))
    """

    scores: pd.DataFrame
    ranks: pd.DataFrame
    mean_ranks: pd.Series
    friedman: Friedman | None
    pairs: tuple[Pair, ...]
    groups: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]

    @property
    def differ(self) -> bool:
        """Whether Friedman's test finds a difference."""
        return self.friedman is not None and self.friedman.p < ALPHA

    @property
    def clear(self) -> tuple[Pair, ...]:
        """The pairs that both tests find different."""
        return tuple(pair for pair in self.pairs if self.differ and pair.adjusted < ALPHA)


def scores(comparisons: Mapping[str, Comparison], strategies: Sequence[str], metric: str) -> pd.DataFrame:
    """Return a metric's mean over folds, one row per table, one column per strategy.

    A strategy without a result on a table, or whose metric is not defined there, has nan; so has one that failed
    on some folds, since its mean is over others than the other strategies' means.

    Parameters
    ----------
    comparisons : mapping of str to Comparison
        By the table's name.
    strategies : sequence of str
        Keys, in the order of the columns.
    metric : str
        Key in :data:`core.evaluation.metrics.METRICS`.

    See Also
    --------
    rank : Ranks them.
    tidy : All metrics.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> scores({"people": sample_run().comparison}, ["plain", "smote"], "recall").round(2).to_dict("index")
    {'people': {'plain': 0.5, 'smote': 1.0}}
    """
    rows = {
        name: {summary.key: float(summary.mean[metric]) for summary in comparison.whole}
        for name, comparison in comparisons.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index", dtype=float).reindex(columns=list(strategies))


def tidy(
    comparisons: Mapping[str, Comparison], strategies: Sequence[str], names: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return every figure of a ranking, one row per table, metric and strategy.

    Returns
    -------
    DataFrame
        Columns ``table``, ``metric``, ``strategy``, ``mean``, ``std``, ``folds`` (that the mean rests on),
        ``failed_folds`` and ``rank``; the rank is among the strategies that finished every fold of that table.

    See Also
    --------
    scores : One metric, tables down and strategies across.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> figures = tidy({"people": sample_run().comparison}, ["plain", "smote"])
    >>> figures.query("metric == 'Recall'")[["strategy", "mean", "folds", "rank"]].to_numpy().tolist()
    [['plain', 0.5, 3, 2.0], ['smote', 1.0, 3, 1.0]]
    """
    rows = []
    for table, comparison in comparisons.items():
        by_key = {summary.key: summary for summary in comparison.strategies}
        whole = {summary.key for summary in comparison.whole}
        for metric in METRICS:
            means = np.array([by_key[key].mean[metric.key] if key in by_key else np.nan for key in strategies])
            ranked = np.where([key in whole for key in strategies], means, np.nan)
            places = rankdata(_oriented(ranked, metric.higher_is_better), method="average", nan_policy="omit")
            for key, mean, place in zip(strategies, means, places, strict=True):
                std = float(by_key[key].std[metric.key]) if key in by_key else np.nan
                shown = key if names is None else names[key]
                folds, done = (int(by_key[key].folds[metric.key]), len(by_key[key].scores)) if key in by_key else (0, 0)
                rows.append((table, metric.name, shown, mean, std, folds, comparison.folds - done, place))
    heads = ["table", "metric", "strategy", "mean", "std", "folds", "failed_folds", "rank"]
    return pd.DataFrame(rows, columns=heads)


def rank(scores: pd.DataFrame, *, higher_is_better: bool, names: Mapping[str, str] | None = None) -> Ranking:
    """Rank strategies on every table and test whether they differ.

    A strategy without a result on any table is set aside; then a table counts only where every other
    strategy has a result. With fewer than three tables or three strategies there is no test.

    Parameters
    ----------
    scores : DataFrame
        One row per table, one column per strategy; nan where a strategy has no result.
    names : mapping of str to str, optional
        What the notes call the strategies; their keys otherwise.

    See Also
    --------
    scores : Makes its input.
    verdict : Says in words what it shows.

    References
    ----------
    Demšar (2006), JMLR 7:1-30. Benavoli, Corani and Mangili (2016), JMLR 17(5):1-10.

    Examples
    --------
    >>> plain = pd.Series([0.5, 0.6, 0.4, 0.7], ["a", "b", "c", "d"])
    >>> means = pd.DataFrame({"plain": plain, "smote": plain + 0.1, "focal": plain - 0.1})
    >>> rank(means, higher_is_better=True).mean_ranks.to_dict()
    {'smote': 1.0, 'plain': 2.0, 'focal': 3.0}
    >>> rank(means.iloc[:2], higher_is_better=True).notes[0].partition(":")[0]
    'There is no test of these ranks'
    """
    called = {key: key for key in scores.columns} if names is None else names
    notes: list[str] = []
    known = scores.notna()
    absent = [key for key in scores.columns if not known[key].any()]
    kept = scores.drop(columns=absent)
    if absent and len(scores):
        notes.append(
            f"Without a result over all folds of any table, so not ranked: {_listed(called[key] for key in absent)}."
        )
    common = kept.dropna()
    if len(common) < len(kept):
        gaps = [key for key in kept.columns if kept[key].isna().any()]
        missing = [str(table) for table in kept.index if table not in common.index]
        notes.append(
            f"Ranked on {len(common)} of {counted(len(kept), 'table')}: {_listed(called[key] for key in gaps)} "
            f"{'has' if len(gaps) == 1 else 'have'} no result over all folds on {_listed(missing)}."
        )
    oriented = _oriented(common.to_numpy(), higher_is_better)
    ranks = pd.DataFrame(
        rankdata(oriented, method="average", axis=1) if oriented.size else oriented, common.index, common.columns
    )
    mean_ranks = ranks.mean().sort_values(kind="stable") if len(ranks) else pd.Series(dtype=float)
    friedman: Friedman | None = None
    pairs: tuple[Pair, ...] = ()
    why = _why_no_test(*ranks.shape)
    if why is None:
        friedman = _friedman(oriented)
        pairs = _pairs(pd.DataFrame(oriented, columns=common.columns), list(mean_ranks.index))
        smallest = 2.0 ** (1 - len(ranks)) * len(pairs)
        if smallest >= ALPHA:
            notes.append(_too_few(*ranks.shape))
    elif len(scores):
        notes.append(why)
    ranking = Ranking(scores, ranks, mean_ranks, friedman, pairs, (), tuple(notes))
    groups = _groups(list(mean_ranks.index), ranking.clear) if friedman is not None else ()
    return Ranking(scores, ranks, mean_ranks, friedman, pairs, groups, tuple(notes))


def verdict(ranking: Ranking, names: Mapping[str, str], metric: str) -> str:
    """Return what the ranking says, in words that claim no more than the tests.

    Parameters
    ----------
    metric : str
        The metric's name as a person reads it.

    See Also
    --------
    core.evaluation.verdict.assess : The verdict on one table.

    Examples
    --------
    >>> plain = pd.Series([0.5, 0.6, 0.4, 0.7], ["a", "b", "c", "d"])
    >>> means = pd.DataFrame({"plain": plain, "smote": plain + 0.1, "focal": plain - 0.1})
    >>> sentences = verdict(rank(means, higher_is_better=True), {key: key for key in means}, "F1")
    >>> sentences.partition(". ")[0]
    'smote has the best mean rank on F1, 1.00 over 4 tables'
    """
    if ranking.mean_ranks.empty:
        return "No table has a result of every strategy yet, so there is no ranking."
    top = float(ranking.mean_ranks.iloc[0])
    first = [key for key, value in ranking.mean_ranks.items() if abs(value - top) < 1e-9]
    text = (
        f"{_listed(names[str(key)] for key in first)} {'has' if len(first) == 1 else 'share'} the best mean rank on "
        f"{metric}, {top:.2f} over {counted(len(ranking.ranks), 'table')}."
    )
    if ranking.friedman is None:
        return text
    p = _p(ranking.friedman.p)
    if not ranking.differ:
        return f"{text} The strategies' ranks do not clearly differ (Friedman's test, p {p})."
    beaten = [names[pair.worse] for pair in ranking.clear if len(first) == 1 and pair.better == first[0]]
    text += f" The strategies' ranks differ (Friedman's test, p {p})"
    if beaten:
        return f"{text}, and it is clearly better than {_listed(beaten)}."
    if len(first) == 1:
        return f"{text}, but the pairwise tests do not set it clearly apart from any other strategy."
    return f"{text}."


def _oriented(values: np.ndarray, higher_is_better: bool) -> np.ndarray:
    """Return scores so that lower is better and equal results are equal."""
    return np.round(-values if higher_is_better else values, _DECIMALS)


def _why_no_test(n_tables: int, n_strategies: int) -> str | None:
    short = []
    if n_tables < _MIN_TABLES:
        needed = tables_needed(max(n_strategies, _MIN_STRATEGIES))
        short.append(f"at least {needed} tables that all strategies finished (there {_are(n_tables)})")
    if n_strategies < _MIN_STRATEGIES:
        short.append(f"at least {_MIN_STRATEGIES} strategies (there {_are(n_strategies)})")
    return (
        f"There is no test of these ranks: to tell two strategies apart takes {' and '.join(short)}." if short else None
    )


def _are(number: int) -> str:
    return "is 1" if number == 1 else f"are {number or 'none'}"


def tables_needed(n_strategies: int) -> int:
    """Return the minimum number of tables on which the tests can tell two of so many strategies apart.

    With fewer they cannot, however large the lead.

    Wilcoxon's exact p over n tables is at least ``2 ** (1 - n)``; Holm's correction multiplies the smallest by
    the number of pairs.

    See Also
    --------
    needed_in_words : The same as a sentence.

    Examples
    --------
    >>> tables_needed(3), tables_needed(10)
    (7, 11)
    """
    n_pairs = n_strategies * (n_strategies - 1) // 2
    return next(n for n in range(_MIN_TABLES, 64) if 2.0 ** (1 - n) * n_pairs < ALPHA)


def needed_in_words(n_strategies: int) -> str:
    """Return what a ranking of so many strategies needs before it can show a lead, one sentence.

    See Also
    --------
    tables_needed : The number alone.

    Examples
    --------
    >>> needed_in_words(4)
    'With 4 strategies, no lead can be called clear on fewer than 8 tables, however large it is.'
    """
    if n_strategies < _MIN_STRATEGIES:
        return f"There is no test of ranks with fewer than {_MIN_STRATEGIES} strategies."
    return (
        f"With {n_strategies} strategies, no lead can be called clear on fewer than {tables_needed(n_strategies)} "
        "tables, however large it is."
    )


def _too_few(n_tables: int, n_strategies: int) -> str:
    alone = " even before Holm's correction" if 2.0 ** (1 - n_tables) >= ALPHA else " after Holm's correction"
    return (
        f"{n_tables} tables are too few to tell two strategies apart: Wilcoxon's test cannot reach p < {ALPHA:g}"
        f"{alone}. {needed_in_words(n_strategies)}"
    )


def _friedman(values: np.ndarray) -> Friedman:
    if (values == values[:, :1]).all():
        return Friedman(0.0, 1.0)  # every strategy is tied on every table, where the statistic is 0 / 0
    result = friedmanchisquare(*values.T)
    return Friedman(float(result.statistic), float(result.pvalue))


def _pairs(values: pd.DataFrame, order: Sequence[str]) -> tuple[Pair, ...]:
    chosen = list(combinations(order, 2))
    # Zeros are split between the two sides, as in Demšar's worked example.
    p = [
        float(wilcoxon((values[a] - values[b]).round(_DECIMALS), zero_method="zsplit").pvalue)
        if (values[a] != values[b]).any()
        else 1.0
        for a, b in chosen
    ]
    return tuple(Pair(a, b, value, float(adjusted)) for (a, b), value, adjusted in zip(chosen, p, holm(p), strict=True))


def _groups(order: Sequence[str], clear: Sequence[Pair]) -> tuple[tuple[str, ...], ...]:
    """Return the largest sets of strategies without a clear pair (Bron and Kerbosch 1973, with a pivot)."""
    apart = {frozenset((pair.better, pair.worse)) for pair in clear}
    near = {a: {b for b in order if b != a and frozenset((a, b)) not in apart} for a in order}
    place = {key: i for i, key in enumerate(order)}
    groups: list[tuple[str, ...]] = []

    def grow(chosen: set[str], open_: set[str], closed: set[str]) -> None:
        if not open_ and not closed:
            if len(chosen) > 1:
                groups.append(tuple(sorted(chosen, key=place.__getitem__)))
            return
        pivot = max(sorted(open_ | closed), key=lambda key: len(near[key] & open_))
        for key in sorted(open_ - near[pivot], key=place.__getitem__):
            grow(chosen | {key}, open_ & near[key], closed & near[key])
            open_ = open_ - {key}
            closed = closed | {key}

    grow(set(), set(order), set())
    return tuple(sorted(groups, key=lambda group: [place[key] for key in group]))


def _listed(names: Iterable[object]) -> str:
    all_names = list(names)
    return joined(all_names, 5 if len(all_names) > 6 else None)


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"
