"""Categories: one code per level, one for the rare ones, one for missing; one-hot in the network."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionDtype

from core.data.columns import Column, ColumnKind
from core.data.preparation.step import CodedStep, InputKind, layer_name, register
from core.data.reading.cells import ColumnReading, as_text

if TYPE_CHECKING:
    import keras

    from core.decision.calibration import Graph

#: Codes of a column, that of the rare levels counted and that of missing values not.
MAX_LEVELS = 40
#: Of a column with many levels, about so many are frequent enough for a code of their own.
USUAL_LEVELS = 20
#: A level needs one in so many rows to have a code of its own, but at most so many rows.
ROWS_PER_FREQUENT, MAX_MIN_FREQUENCY = 50, 10
_WHOLE = re.compile(r"-?(0|[1-9]\d*)")


@register
@dataclass(frozen=True)
class CategoryStep(CodedStep):
    """Turn a category into codes: one per level, then one for the rare ones, then one for missing.

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

    Examples
    --------
    >>> import pandas as pd
    >>> step = CategoryStep.fit(pd.Series(["f", "m", "f", None], name="sex"))
    >>> step.code_names, step.codes(pd.Series(["m", "unheard of", None])).tolist()
    (('f', 'm', '(missing)'), [1, 3, 2])
    """

    kind: ClassVar[str] = "category"
    column_kind: ClassVar[ColumnKind] = "categorical"
    input_kind: ClassVar[InputKind] = "text"

    mode: str
    levels: tuple[str, ...]
    rare: bool = False
    missing: bool = False
    constant: bool = False

    @classmethod
    def fit(cls, column: pd.Series) -> Self:
        """Keep the levels that OneHotEncoder finds frequent; the fewer rows, the fewer a level needs."""
        from sklearn.preprocessing import OneHotEncoder

        name = str(column.name)
        positions, texts = _texts(column)
        known = positions[positions < len(texts)]
        missing = len(known) < len(positions)
        if not len(known):
            return cls(name, "", (), missing=missing, constant=True)
        min_frequency = int(np.clip(len(column) // ROWS_PER_FREQUENT, 1, MAX_MIN_FREQUENCY))
        encoder = OneHotEncoder(
            min_frequency=min_frequency, max_categories=MAX_LEVELS, handle_unknown="infrequent_if_exist"
        )
        encoder.fit(known[:, None])
        rare = encoder.infrequent_categories_[0]
        frequent = encoder.categories_[0] if rare is None else np.setdiff1d(encoder.categories_[0], rare)
        mode = texts[int(np.bincount(known).argmax())]
        levels = tuple(sorted(texts[position] for position in frequent))
        constant = len(levels) + (rare is not None) + missing == 1
        return cls(name, mode, levels, rare is not None, missing, constant)

    @classmethod
    def suits(cls, dtype: np.dtype | ExtensionDtype) -> bool:
        """Return whether values are truth values; of text, it is decided by how often it repeats."""
        return pd.api.types.is_bool_dtype(dtype)

    @classmethod
    def max_encoded(cls, column: Column) -> int:
        return 1

    @classmethod
    def max_inputs(cls, column: Column) -> int:
        return min(column.distinct, MAX_LEVELS) + (column.missing > 0) + (column.distinct > MAX_LEVELS)

    @classmethod
    def usual_inputs(cls, column: Column) -> int:
        return min(column.distinct, USUAL_LEVELS)

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
    ) -> tuple[list[keras.KerasTensor], list[keras.KerasTensor]]:
        from keras import layers, ops

        columns = []
        for at, (step, text) in enumerate(zip(steps, inputs, strict=True), place):
            # Levels have no space at their ends, so none of these tokens can be one.
            known = list(step.levels) or ["  "]
            lookup = layers.StringLookup(vocabulary=known, mask_token="", oov_token=" ", name=layer_name("lookup", at))
            rows = step._one_hot_rows()
            rows = np.vstack([rows, np.zeros((2 + len(known) - len(rows), step.width))])
            # One-hot by a fixed table, since missing and unseen values have rows of their own.
            table = layers.Embedding(*rows.shape, trainable=False, name=layer_name("one_hot", at))
            hot = layers.Reshape((step.width,), name=layer_name("level", at))(table(lookup(text)))
            table.set_weights([rows])
            columns.append(ops.cast(hot, "float64"))
        return columns, []

    @classmethod
    def in_onnx(cls, graph: Graph, steps: Sequence[Self], names: Sequence[str]) -> tuple[list[str], list[str]]:
        columns = []
        for step, name in zip(steps, names, strict=True):
            code = graph.add(
                "LabelEncoder",
                name,
                domain="ai.onnx.ml",
                keys_strings=["", *step.levels],
                values_int64s=[0, *range(2, 2 + len(step.levels))],
                default_int64=1,
            )
            hot = graph.add("Gather", step._one_hot_rows(), code, axis=0)
            columns.append(graph.add("Reshape", hot, np.array([-1, step.width])))
        return columns, []

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
