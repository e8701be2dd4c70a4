"""How much each column tells of the class, by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics import mutual_info_score
from sklearn.model_selection import cross_val_predict
from sklearn.naive_bayes import ComplementNB
from sklearn.pipeline import make_pipeline

from core.data.columns import Column
from core.data.distributions import Form, RowSample, form_of, moment_parts, sample_rows
from core.data.problem import Problem
from core.data.tokens import beginnings, tokens_of

_ROWS = 6_000
_TEXTS = 4_000
_BINS = 10
_LEVELS = 40


@dataclass(frozen=True)
class Informativeness:
    """What a column alone tells of the class.

    Parameters
    ----------
    share : float
        Share of the uncertainty about the class that the column takes away, in [0, 1]: the mutual information over
        the entropy of the class, corrected for what as many bins would seem to tell by chance.
    rates : tuple of float
        Share of the smallest class in each tenth of the values in their order, or in each of the commonest levels.

    See Also
    --------
    informativeness : That of every column.

    Examples
    --------
    >>> Informativeness(0.4, (0.1, 0.2, 0.6)).rates[-1]
    0.6
    """

    share: float
    rates: tuple[float, ...]


def informativeness(problem: Problem, names: Iterable[str] | None = None) -> dict[str, Informativeness]:
    """Return what each column but the target tells of the class, in a sample of rows.

    Columns that only name the rows, hold one value or none tell nothing here.

    Parameters
    ----------
    names : iterable of str, optional
        The columns to look at; all by default.

    See Also
    --------
    core.data.leaks.find_leaks : Columns that tell too much.

    Examples
    --------
    >>> from core.data.samples import load_sample
    >>> from core.plan import Plan, StrategyChoice
    >>> problem = Problem.of(load_sample("page_blocks"), Plan("not_text", (StrategyChoice.of("plain"),)))
    >>> told = informativeness(problem)
    >>> max(told, key=lambda name: told[name].share), round(told["mean_transitions"].share, 2)
    ('mean_transitions', 0.35)
    """
    sample, n_classes = sample_rows(problem, _ROWS), len(problem.target.classes)
    smallest = int(problem.target.counts.argmin())
    told, asked = {}, None if names is None else set(names)
    for column in problem.table.columns:
        if column.name == problem.target.name or (asked is not None and column.name not in asked):
            continue
        form = form_of(column, sample.frame[column.name])
        if form is None:
            told[column.name] = Informativeness(0.0, ())
            continue
        some = _some_texts(sample) if form == "words" else sample
        every = _binned(some.frame[column.name], some.codes, form)
        told[column.name] = max(
            (_told(at, n_shown, some, n_classes, smallest) for at, n_shown in every), key=lambda one: one.share
        )
    return told


#: In which order columns can be listed, as a person chooses it.
ORDERS = ("Most telling first", "As in the table", "By name", "Most missing first")


def arranged(
    columns: Iterable[Column], told: Mapping[str, Informativeness], order: str = ORDERS[0], search: str = "",
    kind: str | None = None,
) -> list[Column]:  # fmt: skip
    """Return the columns whose names hold a text, of one kind or any, in an order.

    Parameters
    ----------
    order : {"Most telling first", "As in the table", "By name", "Most missing first"}
    search : str
        Case does not count.

    See Also
    --------
    informativeness : How much each tells.

    Examples
    --------
    >>> columns = [Column("age", "numeric", 0, 60), Column("wage", "numeric", 3, 9), Column("sex", "categorical", 0, 2)]
    >>> told = {"age": Informativeness(0.1, ()), "wage": Informativeness(0.3, ())}
    >>> [column.name for column in arranged(columns, told, search="AGE")]
    ['wage', 'age']
    """
    found = [
        column for column in columns
        if search.strip().casefold() in column.name.casefold() and kind in (None, column.kind)
    ]  # fmt: skip
    nothing = Informativeness(0.0, ())
    keys: dict[str, Callable[[Column], object]] = {
        ORDERS[0]: lambda column: -told.get(column.name, nothing).share,
        ORDERS[2]: lambda column: column.name.casefold(),
        ORDERS[3]: lambda column: -column.missing,
    }
    return sorted(found, key=keys[order]) if order in keys else found  # type: ignore[arg-type]


def _told(at: np.ndarray, n_shown: int, sample: RowSample, n_classes: int, smallest: int) -> Informativeness:
    table = np.zeros((n_classes, int(at.max()) + 1))
    np.add.at(table, (sample.codes, at), sample.weights)
    rates = table[smallest, :n_shown] / np.maximum(table[:, :n_shown].sum(axis=0), 1e-12)
    return Informativeness(_share(table, len(at)), tuple(float(rate) for rate in rates))


def _binned(values: pd.Series, codes: np.ndarray, form: Form) -> list[tuple[np.ndarray, int]]:
    """Return the ways to sort a column's rows into bins: each row's bin, and how many to show."""
    if form == "words":
        return [_text_bins(values, codes)]
    if form == "levels":
        return [_level_bins(values)]
    ways = [_value_bins(values)]
    if form == "moments":
        known = values.notna().to_numpy()
        for bins, at, _ in moment_parts(values[known])[1:]:
            every = np.full(len(values), len(bins))
            every[known] = at
            ways.append((every, len(bins)))
    return ways


def _share(table: np.ndarray, n_rows: int) -> float:
    """Return the mutual information of a table's two sides over the entropy of its rows, less the bias of chance."""
    table = table[:, table.sum(axis=0) > 0]
    shares = table.sum(axis=1) / table.sum()
    shares = shares[shares > 0]
    entropy = float(-(shares * np.log(shares)).sum())
    bias = (table.shape[1] - 1) * (len(shares) - 1) / (2 * n_rows)
    if entropy <= 0:
        return 0.0
    return float(np.clip((mutual_info_score(None, None, contingency=table) - bias) / entropy, 0, 1))


def _value_bins(values: pd.Series) -> tuple[np.ndarray, int]:
    """Return each row's tenth, the last one of rows without a value, and how many tenths there are."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        values = (values - pd.Timestamp("1970-01-01")) / pd.Timedelta("1D")
    x = values.to_numpy(float, na_value=np.nan)
    known = ~np.isnan(x)
    edges = np.unique(np.quantile(x[known], np.linspace(0, 1, _BINS + 1)[1:-1]))
    at = np.searchsorted(edges, x, side="left")
    at[~known] = len(edges) + 1
    return at, len(edges) + 1


def _level_bins(values: pd.Series) -> tuple[np.ndarray, int]:
    """Return each row's level, rare ones together, and how many of the commonest there are, at most ten."""
    at, levels = pd.factorize(values.astype(object))
    at = np.where(at < 0, len(levels), at)
    order = np.argsort(-np.bincount(at, minlength=len(levels) + 1), kind="stable")
    place = np.empty_like(order)
    place[order] = np.minimum(np.arange(len(order)), _LEVELS)
    return place[at], min(len(levels), _BINS)


def _some_texts(sample: RowSample) -> RowSample:
    if len(sample.codes) <= _TEXTS:
        return sample
    rows = np.sort(np.random.default_rng(0).permutation(len(sample.codes))[:_TEXTS])
    return RowSample(sample.frame.iloc[rows], sample.codes[rows], sample.weights[rows])


def _text_bins(values: pd.Series, codes: np.ndarray) -> tuple[np.ndarray, int]:
    """Return each row's tenth by how a naive Bayes model of the words, fitted on other rows, scores its text."""
    texts = beginnings(values)
    least = int(np.bincount(codes)[np.unique(codes)].min())
    if least < 3:
        return np.zeros(len(codes), np.int64), 0
    model = make_pipeline(CountVectorizer(analyzer=tokens_of, binary=True, max_features=2_000), ComplementNB())
    try:
        scores = cross_val_predict(model, texts, codes, cv=3, method="predict_log_proba")
    except ValueError:  # no text has a word
        return np.zeros(len(codes), np.int64), 0
    if scores.shape[1] > 2:
        return scores.argmax(axis=1), 0
    return _value_bins(pd.Series(scores[:, 1]))
