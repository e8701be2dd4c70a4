"""A ranking's figures to take away: CSV for a spreadsheet, LaTeX for a paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from core.evaluation.comparison import Comparison
from core.evaluation.ranking import Ranking, tidy
from core.reporting import latex
from core.reporting.safe_csv import safe_csv

_RANK = "Mean rank"


def scores_csv(comparisons: Mapping[str, Comparison], strategies: Sequence[str], names: Mapping[str, str]) -> str:
    """Return every metric of every strategy on every table, one row each, with its rank.

    See Also
    --------
    pairs_csv : The tests.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> run = sample_run()
    >>> lines = scores_csv({"people": run.comparison}, ["plain", "smote"], run.names).splitlines()
    >>> print(lines[0], lines[3], sep="\\n")
    table,metric,strategy,mean,std,folds,failed_folds,rank
    people,Recall,Plain network,0.5,0.0,3,0,2.0
    """
    return safe_csv(tidy(comparisons, strategies, names))


def pairs_csv(ranking: Ranking, names: Mapping[str, str]) -> str:
    """Return the tests: Friedman's in the first row, then Wilcoxon's of every pair with Holm's correction.

    See Also
    --------
    scores_csv : The figures that are ranked.

    Examples
    --------
    >>> from core.evaluation.ranking import rank
    >>> plain = pd.Series([0.5, 0.6, 0.4], ["a", "b", "c"])
    >>> means = pd.DataFrame({"plain": plain, "smote": plain + 0.1, "focal": plain - 0.1})
    >>> ranking = rank(means, higher_is_better=True)
    >>> lines = pairs_csv(ranking, {"plain": "Plain", "smote": "SMOTE", "focal": "Focal loss"}).splitlines()
    >>> print(lines[0], lines[2], sep="\\n")
    test,better mean rank,worse mean rank,statistic,p,p after Holm,tables
    Wilcoxon signed-rank,SMOTE,Plain,,0.25,0.75,3
    """
    heads = ["test", "better mean rank", "worse mean rank", "statistic", "p", "p after Holm", "tables"]
    n = len(ranking.ranks)
    rows: list[tuple[object, ...]] = []
    if ranking.friedman is not None:
        rows.append(("Friedman", None, None, ranking.friedman.statistic, ranking.friedman.p, None, n))
    rows += [
        ("Wilcoxon signed-rank", names[pair.better], names[pair.worse], None, pair.p, pair.adjusted, n)
        for pair in ranking.pairs
    ]
    return safe_csv(pd.DataFrame(rows, columns=heads))


def ordered(ranking: Ranking) -> list[str]:
    """Return the strategies' keys by mean rank, then those that are not ranked.

    Examples
    --------
    >>> from core.evaluation.ranking import rank
    >>> plain = pd.Series([0.5, 0.6, 0.4], ["a", "b", "c"])
    >>> means = pd.DataFrame({"plain": plain, "smote": plain + 0.1, "focal": plain - 0.1})
    >>> ranking = rank(means, higher_is_better=True)
    >>> ordered(ranking)
    ['smote', 'plain', 'focal']
    """
    ranked = [str(key) for key in ranking.mean_ranks.index]
    return [*ranked, *(str(key) for key in ranking.scores.columns if key not in ranked)]


def best_cells(scores: pd.DataFrame, *, higher_is_better: bool) -> pd.DataFrame:
    """Return which cells of tables × strategies are the best of their table, ties (to 1e-9) included.

    Examples
    --------
    >>> means = pd.DataFrame({"plain": [0.5, 0.7], "smote": [0.6, 0.7]}, ["people", "loans"])
    >>> best_cells(means, higher_is_better=True).to_numpy().tolist()
    [[False, True], [True, True]]
    """
    top = scores.max(axis=1) if higher_is_better else scores.min(axis=1)
    return scores.sub(top, axis=0).abs() < 1e-9


def table_latex(ranking: Ranking, names: Mapping[str, str], metric: str, *, higher_is_better: bool) -> str:
    """Return scores and mean ranks as a LaTeX table, the best of each table bold.

    The longer side runs down the page: tables down as papers have it, or strategies down where
    there are more of them.

    Parameters
    ----------
    metric : str
        The metric's name as a person reads it.

    See Also
    --------
    core.reporting.latex.tabular : Writes the table.

    Examples
    --------
    >>> from core.evaluation.ranking import rank
    >>> plain = pd.Series([0.5, 0.6, 0.4], ["a", "b", "c"])
    >>> means = pd.DataFrame({"plain": plain, "smote": plain + 0.1, "focal": plain - 0.1})
    >>> ranking = rank(means, higher_is_better=True)
    >>> names = {"plain": "Plain", "smote": "SMOTE", "focal": "Focal loss"}
    >>> table = table_latex(ranking, names, "F1", higher_is_better=True)
    >>> print(*table.splitlines()[6:9], sep="\\n")
    Table & SMOTE & Plain & Focal loss \\\\
    \\midrule
    a & \\textbf{0.600} & 0.500 & 0.400 \\\\
    """
    order = ordered(ranking)
    scores = ranking.scores[order]
    best = best_cells(scores, higher_is_better=higher_is_better)
    means = ranking.mean_ranks.reindex(order)
    top = (means - means.min()).abs() < 1e-9
    scores = pd.concat([scores, means.to_frame(_RANK).T]).rename(columns=dict(names))
    best = pd.concat([best, top.to_frame(_RANK).T]).rename(columns=dict(names))
    caption = (
        f"{metric} (mean over folds) of each strategy on each table, the best in bold, and mean ranks over "
        f"{len(ranking.ranks)} tables (1 is best)."
    )
    if ranking.friedman is not None:
        k = ranking.ranks.shape[1]
        caption += (
            f" Friedman's test: chi-squared {ranking.friedman.statistic:.2f} with {k - 1} degrees of freedom, "
            f"p = {ranking.friedman.p:.3g}."
        )
    down = len(ranking.scores.columns) > len(ranking.scores)
    return latex.tabular(
        scores.T if down else scores,
        best=best.T if down else best,
        caption=caption,
        label="tab:ranking",
        corner="Strategy" if down else "Table",
        rule_before_last=not down,
    )
