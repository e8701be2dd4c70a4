"""What a model's inputs are called and take: one for each column, in the steps' order."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from core.data.preparation import InputKind, Preparation
from core.data.reading.cells import Reading
from core.data.table import Table

# Keras gives its own operations such names ("mean", "clip_3"), and no two parts of a model may share one.
_OPERATION = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Input:
    """One input of an exported model.

    Parameters
    ----------
    column : str
        Name in the table.
    name : str
        Name in the model; another one only where Keras cannot use the column's.
    kind : {"number", "date", "text", "words"}
        Floats with NaN for missing; days since 1970-01-01 with NaN for missing; strings with "" for missing, of
        words lower-cased and cut after 10,000 characters.

    See Also
    --------
    inputs_of : Those of a preparation.

    Examples
    --------
    >>> Input(column="mean", name="mean (column)", kind="number").name
    'mean (column)'
    """

    column: str
    name: str
    kind: InputKind

    @property
    def is_string(self) -> bool:
        return self.kind in ("text", "words")


def readings_of(table: Table, preparation: Preparation) -> Reading:
    """Return how the inputs' columns are read; of a run of an earlier version, which kept nothing, as is usual.

    See Also
    --------
    core.exporting.new_rows.aligned : Reads new rows so.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.exporting.sample import sample_scorer
    >>> reading = readings_of(sample_run().problem.table, sample_scorer().preparation)
    >>> reading.file.names, reading.of("age").kind
    (('age', 'fraud'), 'number')
    """
    columns = [(step.name, table.reading.of(step.name) or step.usual_reading()) for step in preparation.steps]
    return Reading(replace(table.reading.file, names=tuple(map(str, table.frame.columns))), tuple(columns))


def inputs_of(preparation: Preparation) -> tuple[Input, ...]:
    """Return the inputs of a model with this preparation, in the order of its steps.

    See Also
    --------
    readings_of : How the columns behind them are read.
    """
    import keras

    taken: set[str] = set()
    inputs = []
    for step in preparation.steps:
        name = step.name.replace("/", "∕")
        base = re.sub(r"_\d+$", "", name)
        if _OPERATION.fullmatch(name) and hasattr(keras.ops, base):
            name = f"{name} (column)"
        while name in taken:
            name += "'"
        taken.add(name)
        inputs.append(Input(step.name, name, step.input_kind))
    return tuple(inputs)
