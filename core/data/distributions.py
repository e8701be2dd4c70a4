"""How the values of a column are distributed in each class."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics import mutual_info_score

from core.data.columns import Column
from core.data.preparation import Choices, Labels, step_for
from core.data.problem import Problem
from core.data.tokens import beginnings, tokens_of
from core.words import short_number

Form = Literal["histogram", "levels", "words", "moments"]

_MOST_ROWS = 20_000
_MAX_TEXTS = 5_000
# A word in fewer texts is none of the commonest.
_MIN_TEXTS = 5
_BINS = 24
_LONG = 1e15
_MAX_LEVELS = 10
# A number with no more values is shown value by value.
_FEW_VALUES = 12
# Numbers whose highest hundredth begins this many times above the middle are shown on a logarithmic scale.
_HEAVY = 12
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SPANS = (("h", 3), ("D", 90), ("MS", 365 * 4), ("YS", np.inf))
_SHOWN = {"h": "%Y-%m-%d %H:%M", "D": "%Y-%m-%d", "MS": "%Y-%m", "YS": "%Y"}
_UNITS = {"h": "hour", "D": "day", "MS": "month", "YS": "year"}


@dataclass(frozen=True, eq=False)
class RowSample:
    """Some rows of a table, as many of each class as there are or as fit.

    Parameters
    ----------
    frame : DataFrame
    codes : ndarray of int64, shape (n,)
    weights : ndarray of float64, shape (n,)
        How many of the table's rows each one stands for.

    See Also
    --------
    sample_rows : Draws one.

    Examples
    --------
    >>> sample = RowSample(pd.DataFrame({"x": [1, 2]}), np.array([0, 1]), np.array([9.0, 1.0]))
    >>> float(sample.weights.sum())
    10.0
    """

    frame: pd.DataFrame
    codes: np.ndarray
    weights: np.ndarray


def sample_rows(problem: Problem, most: int = _MOST_ROWS, seed: int = 0) -> RowSample:
    """Return at most so many labelled rows, so that the rare classes lose none while common ones can give more.

    See Also
    --------
    distribution : Counts the values of a column in them.

    Examples
    --------
    >>> from core.data.samples import load_sample
    >>> from core.plan import Plan, StrategyChoice
    >>> problem = Problem.of(load_sample("abalone_9_vs_18"), Plan("rings", (StrategyChoice.of("plain"),)))
    >>> sample = sample_rows(problem, most=100)
    >>> np.bincount(sample.codes).tolist(), round(sample.weights.sum())
    ([58, 42], 731)
    """
    codes, counts = problem.target.codes, problem.target.counts
    left, taken = most, np.zeros(len(counts), np.int64)
    for place, code in enumerate(np.argsort(counts, kind="stable")):
        taken[code] = min(counts[code], left // (len(counts) - place))
        left -= int(taken[code])
    rng = np.random.default_rng(seed)
    parts = [
        np.sort(rng.permutation(np.flatnonzero(codes == code))[:number]) if number < counts[code]
        else np.flatnonzero(codes == code)
        for code, number in enumerate(taken)
    ]  # fmt: skip
    rows = np.sort(np.concatenate(parts))
    weights = (counts / np.maximum(taken, 1))[codes[rows]]
    return RowSample(problem.table.frame.iloc[problem.target.rows[rows]], codes[rows], weights)


@dataclass(frozen=True, eq=False)
class Distribution:
    """What share of each class's rows has which values of a column.

    Parameters
    ----------
    name : str
    form : {"histogram", "levels", "words", "moments"}
        Bins of numbers between ``edges``; the commonest levels; of the commonest words those whose shares differ most;
        or hours, days, months or years.
    bins : tuple of str
        What each bin is called.
    edges : ndarray of float64 or None
        Of a histogram, shape (n_bins + 1,).
    shares : ndarray of float64, shape (n_classes, n_bins)
        Of the class's rows in the sample; a text counts for every word that it has.
    missing : ndarray of float64, shape (n_classes,)
        Share of the class's rows without a value.
    rows : ndarray of float64, shape (n_classes,)
        Of each class, in the whole table.
    note : str
        What is not shown, one sentence; empty where all is.

    See Also
    --------
    distribution : Makes one.

    Examples
    --------
    >>> shares = np.array([[0.9, 0.1], [0.4, 0.6]])
    >>> shown = Distribution("sex", "levels", ("f", "m"), None, shares, np.zeros(2), np.array([90.0, 10.0]), "")
    >>> shown.bins[shown.shares[1].argmax()]
    'm'
    """

    name: str
    form: Form
    bins: tuple[str, ...]
    edges: np.ndarray | None
    shares: np.ndarray
    missing: np.ndarray
    rows: np.ndarray
    note: str


def form_of(column: Column, values: pd.Series) -> Form | None:
    """Return how a column's values are shown; None where each row has another, or all have the same.

    Examples
    --------
    >>> form_of(Column("age", "numeric", 0, 80), pd.Series([31, 45]))
    'histogram'
    >>> form_of(Column("id", "identifier", 0, 80), pd.Series(["a"])) is None
    True
    """
    if column.kind in ("identifier", "constant") or values.notna().sum() == 0:
        return None
    if column.kind == "text":
        return "words"
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return "moments"
    is_number = pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype)
    if is_number and column.kind != "categorical" and column.distinct > _FEW_VALUES:
        return "histogram"
    if column.kind == "ignored" and not is_number and column.distinct > max(50, len(values) / 2):
        return "words"
    return "levels"


def distribution(column: Column, sample: RowSample, n_classes: int) -> Distribution | None:
    """Return how a column is distributed in each class of a sample, None where there is nothing to show.

    See Also
    --------
    core.charts.columns.column_figure : Draws it.

    Examples
    --------
    >>> from core.data.samples import load_sample
    >>> from core.plan import Plan, StrategyChoice
    >>> problem = Problem.of(load_sample("abalone_9_vs_18"), Plan("rings", (StrategyChoice.of("plain"),)))
    >>> shown = distribution(problem.table.column("sex"), sample_rows(problem), 2)
    >>> shown.bins, shown.shares.round(2).tolist()
    (('M', 'F', 'I'), [[0.4, 0.35, 0.25], [0.43, 0.45, 0.12]])
    """
    values = sample.frame[column.name]
    form = form_of(column, values)
    if form is None:
        return None
    rows = np.maximum(np.bincount(sample.codes, minlength=n_classes), 1)
    missing = np.bincount(sample.codes[values.isna().to_numpy()], minlength=n_classes) / rows
    known = values.notna().to_numpy()
    values, codes = values[known], sample.codes[known]
    makers = {"histogram": _histogram, "levels": _levels, "words": _words, "moments": _moments}
    bins, edges, counts, note = makers[form](values, codes, n_classes)
    if not bins:
        return None
    of_table = np.bincount(sample.codes, sample.weights, n_classes)
    return Distribution(column.name, form, bins, edges, counts / rows[:, None], missing, of_table, note)


_Binned = tuple[tuple[str, ...], np.ndarray | None, np.ndarray, str]


def _histogram(values: pd.Series, codes: np.ndarray, n_classes: int) -> _Binned:
    x = values.to_numpy(float)
    low, middle, high = np.quantile(x, [0.01, 0.5, 0.99])
    note, n_bins = "", min(_BINS, len(np.unique(x)))
    if x.min() >= 0 and high > _HEAVY * max(middle, 1e-12):
        start = np.quantile(x[x > 0], 0.01)
        edges = np.concatenate([[0.0], np.geomspace(start, x.max(), n_bins)])
        edges = np.unique(edges)
        note = "On a logarithmic axis."
    else:
        if x.max() > high + 2 * (high - low) or x.min() < low - 2 * (high - low):
            ends = f"{short_number(x.min(), 4)} to {short_number(x.max(), 4)}"
            note = f"The lowest and the highest 1% are in the outer bars: values go from {ends}."
        else:
            low, high = x.min(), x.max()
        if not high > low:
            low, high = x.min(), x.max()
        edges = np.linspace(low, high, n_bins + 1)
    at = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, len(edges) - 2)
    bins = tuple(f"{short_number(a, 4)} to {short_number(b, 4)}" for a, b in pairwise(edges))
    return bins, edges, _counted(codes, at, n_classes, len(bins)), note


def _levels(values: pd.Series, codes: np.ndarray, n_classes: int) -> _Binned:
    at, levels = pd.factorize(values.astype(object))
    # A class's own commonest level counts as much as one of all rows: rare classes are what is looked for.
    by_class = _counted(codes, at, n_classes, len(levels))
    weight = (by_class / np.maximum(by_class.sum(axis=1, keepdims=True), 1)).sum(axis=0)
    order = np.lexsort((np.arange(len(levels)), -weight))
    if all(isinstance(level, int | float | np.number) for level in levels) and len(levels) <= _FEW_VALUES:
        order = np.argsort(np.asarray(levels, float))
    shown = order if len(order) <= _FEW_VALUES else order[:_MAX_LEVELS]
    bins = tuple(_level(levels[level]) for level in shown)
    counts = by_class[:, shown]
    rest = len(levels) - len(shown)
    note = f"The {rest:,} other levels hold {1 - counts.sum() / len(codes):.0%} of the rows." if rest else ""
    return bins, None, counts, note


def _level(value: object) -> str:
    if isinstance(value, float | np.floating):
        number = float(value)
        return f"{int(number)}" if number.is_integer() and abs(number) < _LONG else f"{number:.6g}"
    return str(value)


def _words(values: pd.Series, codes: np.ndarray, n_classes: int) -> _Binned:
    keep = np.arange(len(values))
    note = "Bars: the share of each class's texts that have the word."
    if len(values) > _MAX_TEXTS:
        keep = np.sort(np.random.default_rng(0).permutation(len(values))[:_MAX_TEXTS])
        note = f"Bars: the share of each class's texts that have the word, in {_MAX_TEXTS:,} texts."
    texts = beginnings(values.iloc[keep])
    try:
        least = min(_MIN_TEXTS, 1 + len(texts) // 20)
        counter = CountVectorizer(analyzer=tokens_of, binary=True, max_features=400, min_df=least)
        found = counter.fit_transform(texts)
    except ValueError:  # no word is in as many texts
        return (), None, np.zeros((n_classes, 0)), ""
    chosen = codes[keep]
    by_class = np.stack([np.asarray(found[chosen == code].sum(axis=0)).ravel() for code in range(n_classes)])
    rows = np.maximum(np.bincount(chosen, minlength=n_classes), 1)[:, None]
    shares = by_class / rows
    # Commonest within the classes, where these differ most: words that all texts have tell nothing.
    order = np.argsort(-(shares.max(axis=0) - shares.min(axis=0)), kind="stable")[:_MAX_LEVELS]
    names = counter.get_feature_names_out()
    scale = np.bincount(codes, minlength=n_classes)[:, None] / rows
    return tuple(str(names[at]) for at in order), None, by_class[:, order] * scale, note


def _moments(values: pd.Series, codes: np.ndarray, n_classes: int) -> _Binned:
    every = [(bins, _counted(codes, at, n_classes, len(bins)), note) for bins, at, note in moment_parts(values)]
    told = [mutual_info_score(None, None, contingency=counts) for _, counts, _ in every]
    # The course of time, unless the hour or the day of the week tells more.
    best = max(range(len(every)), key=lambda at: told[at] * (1.5 if at == 0 else 1))
    bins, counts, note = every[best]
    return bins, None, counts, note


def moment_parts(values: pd.Series) -> list[tuple[tuple[str, ...], np.ndarray, str]]:
    """Return the ways to sort moments into bins: by their course, and by the hour and the weekday where these vary.

    Returns
    -------
    list of (bins, at, note)
        Names of the bins, each row's bin, and one sentence on what they are.

    See Also
    --------
    distribution : Shows the one that tells most.

    Examples
    --------
    >>> days = pd.Series(pd.date_range("2024-01-01", periods=400, freq="7h"))
    >>> [(len(bins), note) for bins, _, note in moment_parts(days)]
    [(4, 'Shown by month.'), (24, 'Shown by hour of the day.'), (7, 'Shown by day of the week.')]
    """
    first, last = values.min(), values.max()
    days = (last - first) / pd.Timedelta("1D")
    unit = next(unit for unit, most in _SPANS if days <= most)
    starts = pd.date_range(first.to_period({"MS": "M", "YS": "Y"}.get(unit, unit)).to_timestamp(), last, freq=unit)
    if len(starts) > 200:  # centuries
        starts = starts[:: -(-len(starts) // 100)]
    at = np.clip(np.searchsorted(starts.to_numpy(), values.to_numpy(), side="right") - 1, 0, len(starts) - 1)
    form = "%H:%M" if first.normalize() == last.normalize() else _SHOWN[unit]
    # Years before 1000 would be written with fewer figures.
    names = tuple(start.strftime(form.replace("%Y", f"{start.year:04d}")) for start in starts)
    ways = [(names, at, f"Shown by {_UNITS[unit]}.")]
    for parts, part, note in (
        (tuple(f"{hour}:00" for hour in range(24)), values.dt.hour, "Shown by hour of the day."),
        (_WEEKDAYS, values.dt.day_of_week, "Shown by day of the week."),
    ):
        if days > 2 and part.min() < part.max():
            ways.append((parts, part.to_numpy(), note))
    return ways


def _counted(codes: np.ndarray, at: np.ndarray, n_classes: int, n_bins: int) -> np.ndarray:
    return np.bincount(codes * n_bins + at, minlength=n_classes * n_bins).reshape(n_classes, n_bins)


def preparation_in_words(column: Column, sample: RowSample, choices: Choices) -> str:
    """Return what preparing a column decides on a sample of the rows.

    Empty for a column that is not learned from. Text is not fitted, as its vocabulary takes seconds to learn.

    Examples
    --------
    >>> from core.data.samples import load_sample
    >>> from core.plan import Plan, StrategyChoice
    >>> problem = Problem.of(load_sample("page_blocks"), Plan("not_text", (StrategyChoice.of("plain"),)))
    >>> preparation_in_words(problem.table.column("area"), sample_rows(problem), {})
    'The network sees: signed logarithm, since the tails are heavy.'
    """
    step = step_for(column)
    if step is None or sample.frame[column.name].isna().all():
        return ""
    if foretold := step.foretold(sample.frame[column.name], choices):
        return f"The network sees: {foretold}."
    labels = Labels(sample.codes, int(sample.codes.max()) + 1)
    fitted = step.fit(sample.frame[column.name], labels, choices)
    return f"The network sees: {fitted.says}."
