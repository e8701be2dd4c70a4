"""Imputation, scaling and encoding, fitted on training rows, in steps that Keras layers can repeat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OrdinalEncoder, StandardScaler

from core.table import Column

# A test value may lie anywhere; beyond this many standard deviations it is cut.
CLIP = 10.0
MIN_FREQUENCY = 3
MAX_LEVELS = 40


@dataclass(frozen=True)
class NumericStep:
    """A number: missing values become the median, then (x - mean) / scale, cut at +-10.

    Parameters
    ----------
    days : bool
        The column holds dates; the number is days since 1970.
    indicator : bool
        A 0/1 input beside it says where the value was missing.
    """

    column: str
    median: float
    mean: float
    scale: float
    indicator: bool
    days: bool


@dataclass(frozen=True)
class CategoricalStep:
    """A category: missing values become the mode, then one input a level.

    Parameters
    ----------
    levels : tuple of str
        Levels with an input of their own, in the order of their codes.
    rare : bool
        There is one more input, last, for all rare levels, and for levels never seen in training;
        without it an unseen level leaves all inputs at 0.
    """

    column: str
    mode: str
    levels: tuple[str, ...]
    rare: bool

    @property
    def width(self) -> int:
        return len(self.levels) + self.rare


@dataclass(frozen=True, eq=False)
class Preparation:
    """Fitted preparation: ``encode`` gives what samplers work on, ``expand`` what networks read."""

    steps: tuple[NumericStep | CategoricalStep, ...]

    @classmethod
    def fit(cls, frame: pd.DataFrame, columns: Sequence[Column]) -> Preparation:
        """Fit on training rows alone.

        Parameters
        ----------
        frame : DataFrame
            Training rows.
        columns : sequence of Column
            Numeric, date and categorical columns to use.
        """
        numeric = [c for c in columns if c.kind in ("numeric", "date")]
        steps: list[NumericStep | CategoricalStep] = []
        if numeric:
            values = np.column_stack([_numbers(frame[c.name]) for c in numeric])
            known = ~np.isnan(values).all(axis=0)
            imputer = SimpleImputer(strategy="median", keep_empty_features=True).fit(values)
            scaler = StandardScaler().fit(imputer.transform(values))
            gaps = np.isnan(values).any(axis=0) & known
            for i, c in enumerate(numeric):
                median, mean, scale = imputer.statistics_[i], scaler.mean_[i], scaler.scale_[i]
                steps.append(
                    NumericStep(c.name, float(median), float(mean), float(scale), bool(gaps[i]), c.kind == "date")
                )
        steps += [_categorical(frame[c.name], c.name) for c in columns if c.kind == "categorical"]
        return cls(tuple(steps))

    @property
    def _numeric(self) -> tuple[NumericStep, ...]:
        return tuple(step for step in self.steps if isinstance(step, NumericStep))

    @property
    def _levels(self) -> tuple[CategoricalStep, ...]:
        return tuple(step for step in self.steps if isinstance(step, CategoricalStep))

    @property
    def categorical(self) -> tuple[int, ...]:
        """Columns of the encoded matrix that hold codes."""
        start = self._n_numbers
        return tuple(range(start, start + len(self._levels)))

    @property
    def _n_numbers(self) -> int:
        return len(self._numeric) + sum(step.indicator for step in self._numeric)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the network's inputs."""
        names = [step.column for step in self._numeric]
        names += [f"{step.column} is missing" for step in self._numeric if step.indicator]
        for step in self._levels:
            names += [f"{step.column} = {level}" for level in step.levels]
            names += [f"{step.column} = rare"] * step.rare
        return tuple(names)

    def encode(self, frame: pd.DataFrame) -> np.ndarray:
        """Return scaled numbers, missing indicators, then one code a category; float64, shape (n, d).

        An unseen level has the rare group's code, or -1 where there is no such group.
        """
        n = len(frame)
        blocks: list[np.ndarray] = []
        gaps: list[np.ndarray] = []
        for step in self._numeric:
            values = _numbers(frame[step.column])
            missing = np.isnan(values)
            scaled = (np.where(missing, step.median, values) - step.mean) / step.scale
            blocks.append(np.clip(scaled, -CLIP, CLIP))
            if step.indicator:
                gaps.append(missing.astype(np.float64))
        codes = [_codes(as_text(frame[step.column]), step) for step in self._levels]
        columns = [*blocks, *gaps, *codes]
        return np.column_stack(columns) if columns else np.zeros((n, 0))

    def expand(self, encoded: np.ndarray) -> np.ndarray:
        """Return network inputs, float32, shape (n, n_features): numbers, then one-hot levels."""
        start = self._n_numbers
        blocks = [encoded[:, :start].astype(np.float32)]
        for place, step in enumerate(self._levels):
            codes = np.rint(encoded[:, start + place]).astype(np.int64)
            blocks.append((codes[:, None] == np.arange(step.width)).astype(np.float32))
        return np.concatenate(blocks, axis=1)

    def transform(self, frame: pd.DataFrame) -> np.ndarray:
        """Return the network inputs of raw rows, float32, shape (n, n_features)."""
        return self.expand(self.encode(frame))


def as_text(values: pd.Series) -> pd.Series:
    """Return categories as text: whole numbers without a decimal point, missing values as None."""
    if pd.api.types.is_float_dtype(values) and bool((values.dropna() % 1 == 0).all()):
        values = values.astype("Int64")
    return values.astype("object").map(str, na_action="ignore").where(values.notna(), None)


def _numbers(values: pd.Series) -> np.ndarray:
    if pd.api.types.is_datetime64_any_dtype(values):
        days = values.to_numpy(dtype="datetime64[s]").astype(np.int64) / 86_400.0
        return np.where(values.isna().to_numpy(), np.nan, days)
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isinf(numbers), np.nan, numbers)


def _categorical(values: pd.Series, name: str) -> CategoricalStep:
    texts = as_text(values)
    known = texts.dropna()
    if known.empty:
        return CategoricalStep(name, "", (), False)
    mode = str(known.mode().iloc[0])
    encoder = OrdinalEncoder(min_frequency=MIN_FREQUENCY, max_categories=MAX_LEVELS)
    encoder.fit(texts.fillna(mode).to_numpy(dtype=object).reshape(-1, 1))
    grouped = encoder.infrequent_categories_[0]
    rare = set() if grouped is None else set(grouped)
    levels = tuple(str(level) for level in encoder.categories_[0] if level not in rare)
    return CategoricalStep(name, mode, levels, bool(rare))


def _codes(texts: pd.Series, step: CategoricalStep) -> np.ndarray:
    lookup = {level: float(code) for code, level in enumerate(step.levels)}
    unseen = float(len(step.levels)) if step.rare else -1.0
    return texts.fillna(step.mode).map(lookup).fillna(unseen).to_numpy(np.float64)
