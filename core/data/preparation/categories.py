"""Categories: one-hot where they are few; where they are many, also their share and how often each class has them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionDtype

from core.data.columns import Column, ColumnKind
from core.data.preparation.step import (
    NO_CHOICES,
    Choices,
    CodedStep,
    InputKind,
    Labels,
    Parts,
    Scripted,
    layer_name,
    register,
)
from core.data.reading.cells import ColumnReading, as_text
from core.words import counted

if TYPE_CHECKING:
    import keras

    from core.decision.calibration import Graph

#: Codes of a column, that of the rare levels counted and that of missing values not.
MAX_LEVELS = 40
#: Of a column with many levels, about so many are frequent enough for a code of their own.
USUAL_LEVELS = 20
#: A level needs one in so many rows to have a code of its own, but at most so many rows.
ROWS_PER_FREQUENT, MAX_MIN_FREQUENCY = 50, 10
#: Rows of the overall class shares that the rows of each of many levels are mixed with.
SMOOTHING = 10.0
#: Where the dense inputs of levels are cut.
MAX_ENCODING = 10.0
#: Parts of the training rows, each of which gets its target means from the others.
CROSS_FITTED = 5
_WHOLE = re.compile(r"-?(0|[1-9]\d*)")


@register
@dataclass(frozen=True)
class CategoryStep(CodedStep):
    """Turn a category into codes: one per level, then one for the rare ones, then one for missing.

    With more than 40 levels in the training rows, each level also has dense inputs: its share of the rows, and
    for each class (of two, for the second one) its share of the level's rows, smoothed towards that of all rows. Both
    are taken as logarithms (of the odds, for the second) and scaled. Training rows get class shares that are fitted
    on other parts of the training rows: no row's own class, nor that of its group, is in them.

    Parameters
    ----------
    name : str
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
        Training rows had one code only, so nothing was learned of others: the one-hot inputs are 0.
    many : tuple of str
        All levels of the training rows, where these are more than 40 and their classes are known.
    encodings : tuple of tuple of float
        The dense inputs of a missing value, of an unseen level, then of each of ``many``.

    References
    ----------
    Micci-Barreca (2001), https://doi.org/10.1145/507533.507538, on target means; cross-fitted by scikit-learn's
    ``TargetEncoder``.

    Examples
    --------
    >>> import pandas as pd
    >>> step = CategoryStep.fit(pd.Series(["f", "m", "f", None], name="sex"))
    >>> step.code_names, step.codes(pd.Series(["m", "unheard of", None])).tolist()
    (('f', 'm', '(missing)'), [1, 3, 2])

    Of 50 shops, every second one is bad.

    >>> shops = pd.Series([f"shop {row % 50}" for row in range(520)], name="shop")
    >>> step = CategoryStep.fit(shops, Labels(np.arange(520) % 2, n_classes=2))
    >>> step.dense_names, step.dense(pd.Series(["shop 3", "shop 4", "a new shop"]))[0][:, 1].round(1).tolist()
    (('shop: share', 'shop: share of class 1'), [1.3, -1.2, 0.0])
    """

    kind: ClassVar[str] = "category"
    column_kind: ClassVar[ColumnKind] = "categorical"
    input_kind: ClassVar[InputKind] = "text"
    label: ClassVar[str] = "Categories"

    mode: str
    levels: tuple[str, ...]
    rare: bool = False
    missing: bool = False
    constant: bool = False
    many: tuple[str, ...] = ()
    encodings: tuple[tuple[float, ...], ...] = ()

    @classmethod
    def fit(cls, column: pd.Series, labels: Labels | None = None, choices: Choices = NO_CHOICES) -> Self:
        """Keep the levels that OneHotEncoder finds frequent; the fewer rows, the fewer a level needs."""
        return cls.fit_dense(column, labels, choices)[0]

    @classmethod
    def fit_dense(
        cls, column: pd.Series, labels: Labels | None = None, choices: Choices = NO_CHOICES
    ) -> tuple[Self, np.ndarray, np.ndarray]:
        from sklearn.preprocessing import OneHotEncoder

        name = str(column.name)
        positions, texts = _texts(column)
        absent = positions == len(texts)
        known = positions[~absent]
        nothing = np.zeros((len(positions), 0))
        missing = len(known) < len(positions)
        if not len(known):
            return cls(name, "", (), missing=missing, constant=True), nothing, absent
        min_frequency = int(np.clip(len(column) // ROWS_PER_FREQUENT, 1, MAX_MIN_FREQUENCY))
        encoder = OneHotEncoder(
            min_frequency=min_frequency, max_categories=MAX_LEVELS, handle_unknown="infrequent_if_exist"
        )
        encoder.fit(known[:, None])
        rare = encoder.infrequent_categories_[0]
        frequent = encoder.categories_[0] if rare is None else np.setdiff1d(encoder.categories_[0], rare)
        most = int(np.bincount(known).argmax())
        levels = tuple(sorted(texts[position] for position in frequent))
        constant = len(levels) + (rare is not None) + missing == 1
        plain = (name, texts[most], levels, rare is not None, missing, constant)
        if len(texts) <= MAX_LEVELS or labels is None:
            return cls(*plain), nothing, absent
        rows, encodings = many_levels(positions, len(texts), labels)
        of_missing, of_unseen = encodings[len(texts) :]
        kept = np.vstack([of_missing if missing else encodings[most], of_unseen, encodings[: len(texts)]])
        return cls(*plain, tuple(texts), tuple(map(tuple, kept.tolist()))), rows, absent

    @classmethod
    def suits(cls, dtype: np.dtype | ExtensionDtype) -> bool:
        """Return whether values are truth values; of text, it is decided by how often it repeats."""
        return pd.api.types.is_bool_dtype(dtype)

    @classmethod
    def max_dense(cls, column: Column, n_classes: int = 2, choices: Choices = NO_CHOICES) -> int:
        return 0 if column.distinct <= MAX_LEVELS else 1 + _n_means(n_classes)

    @classmethod
    def max_hot(cls, column: Column) -> int:
        return min(column.distinct, MAX_LEVELS) + (column.missing > 0) + (column.distinct > MAX_LEVELS)

    @classmethod
    def usual_inputs(cls, column: Column) -> int:
        return min(column.distinct, USUAL_LEVELS) + 2 * (column.distinct > MAX_LEVELS)

    @property
    def says(self) -> str:
        if self.constant and not self.many:
            return "one level: always 0"
        said = (
            counted(len(self.levels), "level") + ", one for the rare" * self.rare + ", one for missing" * self.missing
        )
        if not self.many:
            return said
        each = f"of each of {len(self.many):,} levels, how common it is and how often each class"
        return each if self.constant else f"{said}; {each}"

    @property
    def dense_names(self) -> tuple[str, ...]:
        if not self.many:
            return ()
        means = len(self.encodings[0]) - 1
        return (f"{self.name}: share", *(f"{self.name}: share of class {code + (means == 1)}" for code in range(means)))

    def dense(self, column: pd.Series) -> tuple[np.ndarray, np.ndarray]:
        positions, texts = _texts(column)
        absent = positions == len(texts)
        if not self.many:
            return np.zeros((len(positions), 0)), absent
        lookup = np.array([*(self._row_of.get(text, 1) for text in texts), 0], dtype=np.int64)
        return np.array(self.encodings)[lookup[positions]], absent

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {level: row for row, level in enumerate(self.many, 2)}

    @property
    def width(self) -> int:
        """Codes, and one-hot inputs."""
        return len(self.levels) + self.rare + self.missing

    @property
    def unseen(self) -> int:
        """Code of a level that is not among ``levels``."""
        return len(self.levels) if self.rare else self.width

    @property
    def code_names(self) -> tuple[str, ...]:
        return self.levels + ("(rare)",) * self.rare + ("(missing)",) * self.missing

    @property
    def input_names(self) -> tuple[str, ...]:
        return tuple(f"{self.name}={code}" for code in self.code_names)

    def codes(self, column: pd.Series) -> np.ndarray:
        positions, texts = _texts(column)
        code_of = {level: code for code, level in enumerate(self.levels)}
        absent = self.width - 1 if self.missing else code_of.get(self.mode, self.unseen)
        lookup = np.array([*(code_of.get(text, self.unseen) for text in texts), absent], dtype=np.int64)
        return lookup[positions]

    def model_input(self, column: pd.Series) -> np.ndarray:
        texts = column.map(as_text, na_action="ignore").astype(object)
        return texts.where(column.notna(), "").to_numpy(dtype=object)

    def usual_reading(self) -> ColumnReading:
        if self.levels and set(self.levels) <= {"True", "False"}:
            return ColumnReading("truth")
        return ColumnReading("number" if self.levels and all(map(_WHOLE.fullmatch, self.levels)) else "text")

    @classmethod
    def in_keras(
        cls, steps: Sequence[Self], inputs: Sequence[keras.KerasTensor], place: int
    ) -> Parts[keras.KerasTensor]:
        exported: Parts[keras.KerasTensor] = Parts()
        for at, (step, text) in enumerate(zip(steps, inputs, strict=True), place):
            exported += Parts(hot=[_looked_up("one_hot", at, text, step.levels, step._one_hot_rows())])
            if step.many:
                exported += Parts([_looked_up("encodings", at, text, step.many, np.array(step.encodings))])
        return exported

    @classmethod
    def in_onnx(cls, graph: Graph, steps: Sequence[Self], names: Sequence[str]) -> Parts[str]:
        exported: Parts[str] = Parts()
        for step, name in zip(steps, names, strict=True):
            exported += Parts(hot=[_gathered(graph, name, step.levels, step._one_hot_rows())])
            if step.many:
                exported += Parts([_gathered(graph, name, step.many, np.array(step.encodings))])
        return exported

    def _one_hot_rows(self) -> np.ndarray:
        """Return one-hot rows, float64, shape (2 + levels, width): for missing, for unseen, then for each level."""
        rows = np.zeros((2 + len(self.levels), self.width + 1))
        mode = self.levels.index(self.mode) if self.mode in self.levels else self.unseen
        rows[0, self.width - 1 if self.missing else mode] = 1
        rows[1, self.unseen] = 1
        rows[np.arange(len(self.levels)) + 2, np.arange(len(self.levels))] = 1
        if self.constant:
            rows[:] = 0
        # An unseen level without a code of its own falls into the extra column: all zeros.
        return rows[:, : self.width]


def _texts(column: pd.Series) -> tuple[np.ndarray, list[str]]:
    """Return each row's position among the column's different texts, missing being one past the last."""
    positions, values = pd.factorize(column)
    return np.where(positions < 0, len(values), positions), [as_text(value) for value in values]


def _n_means(n_classes: int) -> int:
    return 1 if n_classes == 2 else n_classes


def many_levels(positions: np.ndarray, n_levels: int, labels: Labels) -> tuple[np.ndarray, np.ndarray]:
    """Return dense inputs of the training rows, cross-fitted, and those of all levels, of missing and of unseen ones.

    Parameters
    ----------
    positions : ndarray of int64, shape (n,)
        Levels from 0 on, ``n_levels`` for missing.
    """
    from sklearn.preprocessing import TargetEncoder

    classes = np.unique(labels.codes)
    everywhere = np.arange(n_levels + 2)
    if len(classes) == 1:
        shares, of_levels = np.ones((len(positions), 1)), np.ones((n_levels + 2, 1))
    else:
        kind = "binary" if len(classes) == 2 else "multiclass"
        targets = TargetEncoder(smooth=SMOOTHING, target_type=kind, cv=_parts(labels))
        shares = targets.fit_transform(positions[:, None], labels.codes)
        of_levels = targets.transform(everywhere[:, None])
    if labels.n_classes > 2:  # the training rows may lack some of them
        shares, of_levels = (_of_every_class(found, classes, labels.n_classes) for found in (shares, of_levels))
    counts = np.bincount(positions, minlength=n_levels + 2)
    common = np.log((counts + 1) / (len(positions) + 1))[:, None]
    rows, encodings = np.hstack([common[positions], _log_odds(shares)]), np.hstack([common, _log_odds(of_levels)])
    mean, scale = rows.mean(axis=0), rows.std(axis=0)
    scale[scale < 1e-9] = np.inf  # as many rows of each level: nothing was learned of others
    # A level never seen is as rare as the rarest that was.
    encodings[:, 0] = encodings[:, 0].clip(rows[:, 0].min(), rows[:, 0].max())
    return (rows - mean) / scale, np.clip((encodings - mean) / scale, -MAX_ENCODING, MAX_ENCODING)


def _log_odds(shares: np.ndarray) -> np.ndarray:
    shares = np.clip(shares, 1e-6, 1 - 1e-6)
    return np.log(shares) - np.log1p(-shares)


def _of_every_class(found: np.ndarray, classes: np.ndarray, n_classes: int) -> np.ndarray:
    every = np.zeros((len(found), n_classes))
    every[:, classes] = np.hstack([1 - found, found]) if len(classes) == 2 else found
    return every


def _parts(labels: Labels) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return pairs of rows that target means are fitted on and rows that get them, whole groups on one side."""
    from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

    y, groups = labels.codes, labels.groups
    n_groups = len(y) if groups is None else len(np.unique(groups))
    if n_groups < 2:
        groups, n_groups = None, len(y)
    parts = min(CROSS_FITTED, n_groups)
    plain, stratified = (KFold, StratifiedKFold) if groups is None else (GroupKFold, StratifiedGroupKFold)
    kind = stratified if np.bincount(y).max() >= parts else plain
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class with fewer rows than parts is in some of them only
        return list(kind(parts, shuffle=True, random_state=0).split(y, y, groups))


def _looked_up(
    layer: str, place: int, text: keras.KerasTensor, levels: Sequence[str], rows: np.ndarray
) -> keras.KerasTensor:
    """Return a row of a table for each text: the first for an empty one, the second for an unknown one."""
    from keras import layers, ops

    # Levels have no space at their ends, so none of these tokens can be one.
    known = list(levels) or ["  "]
    lookup = layers.StringLookup(vocabulary=known, mask_token="", oov_token=" ", name=layer_name(f"{layer}_of", place))
    rows = np.vstack([rows, np.zeros((2 + len(known) - len(rows), rows.shape[1]))])
    table = layers.Embedding(*rows.shape, trainable=False, dtype="float64", name=layer_name(layer, place))
    found = layers.Reshape((rows.shape[1],), name=layer_name(f"{layer}_row", place))(table(lookup(text)))
    table.set_weights([rows])
    return ops.cast(found, "float64")


def _gathered(graph: Graph, text: str, levels: Sequence[str], rows: np.ndarray) -> str:
    """Return the same in an ONNX graph."""
    row = graph.add(
        "LabelEncoder",
        text,
        domain="ai.onnx.ml",
        keys_strings=["", *levels],
        values_int64s=[0, *range(2, 2 + len(levels))],
        default_int64=1,
    )
    return graph.add("Reshape", graph.add("Gather", rows, row, axis=0), np.array([-1, rows.shape[1]]))


CategoryStep.script = Scripted(
    "CATEGORIES",
    "Levels(groups)",
    """
class Codes(OrdinalEncoder):
    \"\"\"Codes of levels; a level never seen counts as one of the rare ones, where there are any.\"\"\"

    def fit(self, X, y=None):
        self.set_params(
            handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2, max_categories=MAX_LEVELS,
            min_frequency=int(np.clip(len(X) // ROWS_PER_FREQUENT, 1, MAX_MIN_FREQUENCY)),
        )
        return super().fit(X)

    def transform(self, X):
        codes = super().transform(X)
        for column, rare in enumerate(self.infrequent_categories_):
            if rare is not None:
                frequent = pd.notna(self.categories_[column]).sum() - len(rare)
                codes[codes[:, column] == -1, column] = frequent
        return codes


class Levels(TransformerMixin, BaseEstimator):
    \"\"\"Where levels are many: their share, and their rows' class shares, fitted on other parts of the rows.\"\"\"

    def __init__(self, groups=None):
        self.groups = groups

    def fit_transform(self, X, y):
        labels = SimpleNamespace(codes=y, n_classes=len(CLASSES), groups=self.groups)
        self.of_, columns = {}, [np.zeros((len(X), 0))]
        for name in X:
            positions, texts = pd.factorize(X[name])
            if len(texts) > MAX_LEVELS:
                places = np.where(positions < 0, len(texts), positions)
                rows, encodings = many_levels(places, len(texts), labels)
                if (positions >= 0).all():
                    encodings[len(texts)] = encodings[np.bincount(positions).argmax()]
                self.of_[name] = texts, encodings
                columns.append(rows)
        return np.hstack(columns)

    def transform(self, X):
        columns = [np.zeros((len(X), 0))]
        for name, (texts, encodings) in self.of_.items():
            places = pd.Index(texts).get_indexer(X[name])
            places[(places < 0) & X[name].notna().to_numpy()] = len(texts) + 1
            places[places < 0] = len(texts)
            columns.append(encodings[places])
        return np.hstack(columns)
""",
    sources=(many_levels, _of_every_class, _parts, _log_odds),
    constants=("MAX_LEVELS", "MAX_MIN_FREQUENCY", "ROWS_PER_FREQUENT", "SMOOTHING", "CROSS_FITTED", "MAX_ENCODING"),
    imports=(
        "import pandas as pd",
        "import warnings",
        "from sklearn.preprocessing import OrdinalEncoder",
        "from types import SimpleNamespace",
    ),
    codes="Codes()",
)
