"""From raw columns to what the network sees: fitted on training rows, repeatable anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from core.data.columns import Column
from core.data.reading.cleaning import as_text

CLIP = 10.0
MOST_LEVELS = 40
_DAY = 86_400_000_000  # microseconds
_LARGEST = 1e150  # squares of larger numbers overflow


@dataclass(frozen=True)
class NumberStep:
    """A number, or a date as days since 1970: impute, scale, clip.

    The network's input is ``clip((x - mean) / scale, -10, 10)``, where a missing x is the median, or 0
    where the column is constant.

    Parameters
    ----------
    date : bool
        The raw value is a moment; x is its days (with fraction) since 1970-01-01.
    indicator : bool
        A column of its own tells missing (1) from present (0), because training rows had both.
    constant : bool
        Training rows had one value at most, so nothing was learned of others.
    """

    name: str
    median: float
    mean: float
    scale: float
    date: bool = False
    indicator: bool = False
    constant: bool = False

    def values(self, column: pd.Series) -> np.ndarray:
        """Return x, float64, shape (n,), NaN where missing."""
        return _numbers(column, self.date)

    def scaled(self, x: np.ndarray) -> np.ndarray:
        """Return the network's input for x, shape (n,)."""
        if self.constant:
            return np.zeros(len(x))
        known = np.where(np.isnan(x), self.median, x)
        return np.clip((known - self.mean) / self.scale, -CLIP, CLIP)


@dataclass(frozen=True)
class CategoryStep:
    """A category: one code a level, then one for the rare ones, then one for missing.

    Parameters
    ----------
    mode : str
        The commonest level; a missing value becomes it where training rows had none missing.
    levels : tuple of str
        Levels with a code of their own, codes 0, 1, ...
    rare : bool
        The code after the levels stands for the rare levels, and for ones never seen.
        Without it, an unseen level gets the code ``width``, which expands to zeros.
    missing : bool
        The last code stands for missing values.
    constant : bool
        Training rows had one code only, so nothing was learned of others: the one-hot column is 0.
    """

    name: str
    mode: str
    levels: tuple[str, ...]
    rare: bool = False
    missing: bool = False
    constant: bool = False

    @property
    def width(self) -> int:
        """Codes, and one-hot columns."""
        return len(self.levels) + self.rare + self.missing

    @property
    def unseen(self) -> int:
        """Code of a level that is not among ``levels``."""
        return len(self.levels) if self.rare else self.width

    @property
    def code_names(self) -> tuple[str, ...]:
        return self.levels + ("(rare)",) * self.rare + ("(missing)",) * self.missing

    def codes(self, column: pd.Series) -> np.ndarray:
        """Return codes, int64, shape (n,)."""
        at, texts = _texts(column)
        code_of = {level: code for code, level in enumerate(self.levels)}
        absent = self.width - 1 if self.missing else code_of.get(self.mode, self.unseen)
        lookup = np.array([*(code_of.get(text, self.unseen) for text in texts), absent], dtype=np.int64)
        return lookup[at]


Step = NumberStep | CategoryStep


@dataclass(frozen=True, eq=False)
class Preparation:
    """Imputation, scaling and encoding, fitted on training rows only.

    ``encode`` gives scaled numbers (in the order of the steps), then the missing indicators
    (the same order), then one code a category. ``expand`` turns the codes into one-hot columns.

    Parameters
    ----------
    steps : tuple of NumberStep and CategoryStep
        Numbers and dates first. Plain data: another program can repeat them.
    """

    steps: tuple[Step, ...]

    @classmethod
    def fit(cls, frame: pd.DataFrame, columns: Sequence[Column]) -> Preparation:
        """Learn the steps from training rows; columns that are no feature are passed over."""
        numbers: list[Step] = [
            _fit_number(frame[c.name], c.kind == "date") for c in columns if c.kind in ("numeric", "date")
        ]
        categories: list[Step] = [_fit_category(frame[c.name]) for c in columns if c.kind == "categorical"]
        return cls((*numbers, *categories))

    @cached_property
    def numbers(self) -> tuple[NumberStep, ...]:
        return tuple(step for step in self.steps if isinstance(step, NumberStep))

    @cached_property
    def categories(self) -> tuple[CategoryStep, ...]:
        return tuple(step for step in self.steps if isinstance(step, CategoryStep))

    @property
    def _dense(self) -> int:
        return len(self.numbers) + sum(step.indicator for step in self.numbers)

    @property
    def categorical(self) -> tuple[int, ...]:
        """Columns of ``encode``'s result that hold codes."""
        return tuple(range(self._dense, self._dense + len(self.categories)))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of ``expand``'s columns: ``age``, ``age is missing``, ``sex=F``."""
        scaled = [step.name for step in self.numbers]
        indicators = [f"{step.name} is missing" for step in self.numbers if step.indicator]
        return (*scaled, *indicators, *(f"{s.name}={code}" for s in self.categories for code in s.code_names))

    def encode(self, frame: pd.DataFrame) -> np.ndarray:
        """Return scaled numbers, missing indicators and category codes, float64, shape (n, n_encoded)."""
        encoded = np.empty((len(frame), self._dense + len(self.categories)))
        indicator = len(self.numbers)
        for at, step in enumerate(self.numbers):
            x = step.values(frame[step.name])
            encoded[:, at] = step.scaled(x)
            if step.indicator:
                encoded[:, indicator] = np.isnan(x)
                indicator += 1
        for at, category in zip(self.categorical, self.categories, strict=True):
            encoded[:, at] = category.codes(frame[category.name])
        return encoded

    def expand(self, encoded: np.ndarray) -> np.ndarray:
        """Return network inputs, float32, shape (n, n_features); codes are rounded, unknown ones become zeros."""
        expanded = np.zeros((len(encoded), len(self.feature_names)), dtype=np.float32)
        expanded[:, : self._dense] = encoded[:, : self._dense]
        start = self._dense
        rows = np.arange(len(encoded))
        for at, step in zip(self.categorical, self.categories, strict=True):
            codes = np.rint(encoded[:, at]).astype(np.int64)
            known = (codes >= 0) & (codes < step.width) & (not step.constant)
            expanded[rows[known], start + codes[known]] = 1
            start += step.width
        return expanded

    def transform(self, frame: pd.DataFrame) -> np.ndarray:
        """Return network inputs of raw rows, float32, shape (n, n_features)."""
        return self.expand(self.encode(frame))


def _fit_number(column: pd.Series, date: bool) -> NumberStep:
    x = _numbers(column, date)
    missing = np.isnan(x)
    if missing.all():
        return NumberStep(str(column.name), 0.0, 0.0, 1.0, date, constant=True)
    x = np.clip(x, -_LARGEST, _LARGEST)
    indicator = bool(missing.any())
    # The median that SimpleImputer finds, without its masked arrays.
    median = float(np.median(x[~missing] if indicator else x))
    if indicator:
        x[missing] = median
    scaler = StandardScaler(copy=False).fit(x[:, None])
    mean, scale = float(scaler.mean_[0]), float(scaler.scale_[0])
    # The scaler takes a spread within rounding error for none, and then scales by 1.
    constant = scale != float(np.sqrt(scaler.var_[0]))
    return NumberStep(str(column.name), median, mean, scale, date, indicator, constant)


def _fit_category(column: pd.Series) -> CategoryStep:
    """Keep the levels that scikit-learn's OneHotEncoder finds frequent; the fewer rows, the fewer a level needs."""
    at, texts = _texts(column)
    known = at[at < len(texts)]
    missing = len(known) < len(at)
    if not len(known):
        return CategoryStep(str(column.name), "", (), missing=missing, constant=True)
    enough = int(np.clip(len(column) // 50, 1, 10))
    encoder = OneHotEncoder(min_frequency=enough, max_categories=MOST_LEVELS, handle_unknown="infrequent_if_exist")
    encoder.fit(known[:, None])
    rare = encoder.infrequent_categories_[0]
    codes = encoder.categories_[0] if rare is None else np.setdiff1d(encoder.categories_[0], rare)
    mode = texts[int(np.bincount(known).argmax())]
    levels = tuple(sorted(texts[c] for c in codes))
    constant = len(levels) + (rare is not None) + missing == 1
    return CategoryStep(str(column.name), mode, levels, rare is not None, missing, constant)


def _numbers(column: pd.Series, date: bool) -> np.ndarray:
    if not date:
        return pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    moments = column.to_numpy().astype("datetime64[us]")
    return np.where(np.isnat(moments), np.nan, moments.astype(np.int64) / _DAY)


def _texts(column: pd.Series) -> tuple[np.ndarray, list[str]]:
    """Return each row's position among the column's different texts, missing being one past the last."""
    at, values = pd.factorize(column)
    return np.where(at < 0, len(values), at), [as_text(value) for value in values]
