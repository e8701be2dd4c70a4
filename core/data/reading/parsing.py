"""From delimited text to typed columns, by Arrow's CSV reader."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from core.data.reading.deciding import MAX_CODES, are_codes, are_padded
from core.data.reading.limits import MAX_CELL_CHARACTERS, MAX_ROW_BYTES, SAMPLE_BYTES
from core.words import TableError, counted, quoted

_LOG = logging.getLogger(__name__)
_BLOCK_BYTES = 1 << 20
_N_SAMPLES = 8  # places of a large file whose lines are looked at before the whole is read
_ODD_CELL = re.compile(r"In CSV column #(\d+): .*? invalid value '([^']*)'", re.DOTALL)
_WIDER = {
    pa.int64(): pa.float64(),
    pa.float64(): pa.string(),
    pa.date32(): pa.string(),
    pa.timestamp("s"): pa.string(),
    pa.timestamp("ns"): pa.string(),
}
# "none" is a word that tables use as a level, so it is not taken as missing here.
NULLS = ["", "?", "#N/A", "#N/A N/A", "#NA", "N/A", "NA", "<NA>", "NULL", "NaN", "n/a", "nan", "null", "-nan", "-NaN"]


def parse(
    text: memoryview,
    separator: str,
    header: bool,
    decimal: str,
    quotes: bool,
    notes: list[str],
    typed: bool = True,
) -> pd.DataFrame:
    r"""Parse delimited text in UTF-8.

    Parameters
    ----------
    header : bool
        The first line names the columns.
    quotes : bool
        The text holds quotation marks, so that line breaks may stand in cells.
    notes : list of str
        Gets a sentence on rows that were left out because they do not fit the header.
    typed : bool
        Columns get the type that suits all their cells; without it, all stay text.

    Raises
    ------
    TableError
        The text cannot be parsed, many rows do not fit the header, or a cell is too long.

    See Also
    --------
    core.data.reading.delimited.read_delimited : Finds out the separator and the rest first.

    Examples
    --------
    >>> notes = []
    >>> text = memoryview(b"age,fraud\n31,no\n47\n50,yes\n" + b"22,no\n" * 100)
    >>> parse(text, ",", header=True, decimal=".", quotes=False, notes=notes).shape, notes
    ((102, 2), ['1 row with more or fewer cells than the header (2) was left out.'])
    """
    csv = _Csv(text, separator, header, decimal, quotes)
    # With the types of a sample given, Arrow need not keep the text to change its mind. Where they
    # do not hold, it settles them on the whole; where a row outgrows a block, in one block.
    attempts: tuple[Callable[[], pa.Table], ...] = (
        *((csv.by_sample,) if typed else ()),
        lambda: csv.whole(typed, _BLOCK_BYTES),
        lambda: csv.whole(typed, MAX_ROW_BYTES),
    )
    for attempt in attempts:
        try:
            table = attempt()
            break
        except (pa.ArrowException, ValueError) as error:
            _LOG.info("Arrow could not read a CSV: %s", error)
    else:
        raise TableError(
            "The file cannot be read as CSV: look for a quotation mark that is not closed, or a row longer than "
            f"{MAX_ROW_BYTES >> 20} MiB, and save it again as CSV in UTF-8."
        )
    if typed and (names := _code_columns(table)):
        coded = csv.codes(names)
        for name in names:
            table = table.set_column(table.schema.get_field_index(name), name, coded.column(name))
    _check_lengths(table)
    if csv.misfits.count:
        notes.append(csv.misfits.note(table.num_rows))
    if not header:
        table = table.rename_columns([f"column {i + 1}" for i in range(table.num_columns)])
    return to_frame(table)


class _Misfits:
    """Rows that do not fit the header: how many, and the shortest; they may be millions, so that none is kept."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.count, self.cells, self.expected = 0, 0, 0

    def skip(self, row: pacsv.InvalidRow) -> str:
        # Blocks are parsed side by side, so that the first to be found is not always the same.
        self.cells = min(self.cells, row.actual_columns) if self.count else row.actual_columns
        self.count, self.expected = self.count + 1, row.expected_columns
        return "skip"

    def note(self, kept: int) -> str:
        """Return in one sentence how many were left out.

        Raises
        ------
        TableError
            They are many, beside the rows that were kept.
        """
        if self.count > 0.1 * (kept + self.count):
            raise TableError(
                f"{self.count:,} of {counted(kept + self.count, 'row')} do not fit the header "
                f"(one has {counted(self.cells, 'cell')}, the header {self.expected}): "
                "check the separator and the quotation marks."
            )
        return (
            f"{counted(self.count, 'row')} with more or fewer cells than the header "
            f"({self.expected}) {'was' if self.count == 1 else 'were'} left out."
        )


@dataclass(frozen=True, eq=False)
class _Csv:
    """Text and how it is laid out; every way of reading it counts the misfits anew."""

    text: memoryview
    separator: str
    header: bool
    decimal: str
    quotes: bool
    misfits: _Misfits = field(default_factory=_Misfits)

    def _read(
        self,
        convert: pacsv.ConvertOptions,
        block: int = _BLOCK_BYTES,
        text: bytes | None = None,
        skip: Callable[[pacsv.InvalidRow], str] | None = None,
    ) -> pa.Table:
        source = pa.BufferReader(pa.py_buffer(self.text if text is None else text))
        return pacsv.read_csv(source, self._options(block), self._layout(skip), convert)

    def _options(self, block: int) -> pacsv.ReadOptions:
        return pacsv.ReadOptions(autogenerate_column_names=not self.header, block_size=block)

    def _layout(self, skip: Callable[[pacsv.InvalidRow], str] | None = None) -> pacsv.ParseOptions:
        return pacsv.ParseOptions(
            delimiter=self.separator, newlines_in_values=self.quotes, invalid_row_handler=skip or self.misfits.skip
        )

    def _typed(self) -> pacsv.ConvertOptions:
        return pacsv.ConvertOptions(null_values=NULLS, strings_can_be_null=True, decimal_point=self.decimal)

    def by_sample(self) -> pa.Table:
        """Read all with the types of a sample, widened where a cell does not fit them."""
        sample = _sample(self.text, self.quotes)
        schema = self._read(self._typed(), text=sample).schema
        if len(set(schema.names)) < len(schema.names):
            raise pa.ArrowInvalid("types are given by name, and a name comes twice")
        # Every column needs a type here, or the first block alone would settle it.
        types = {
            column.name: pa.string() if pa.types.is_null(column.type) or pa.types.is_time(column.type) else column.type
            for column in schema
        }
        whole_numbers = [name for name, kind in types.items() if kind == pa.int64()]
        if whole_numbers:
            texts = pacsv.ConvertOptions(
                include_columns=whole_numbers, column_types=dict.fromkeys(whole_numbers, pa.string()), null_values=NULLS
            )
            for name, column in self._read(texts, text=sample).to_pydict().items():
                if are_padded(pd.Series(list(dict.fromkeys(column)), dtype="str")):
                    types[name] = pa.string()  # postcodes would lose their zeros
        given = self._typed()
        while True:
            self.misfits.clear()
            given.column_types = types
            try:
                return self._read(given)
            except pa.ArrowInvalid as error:
                odd = _ODD_CELL.search(str(error))
                name = schema.names[int(odd[1])] if odd and int(odd[1]) < len(schema.names) else ""
                # Truth values may be written as numbers, so that these two do not settle a number's type.
                if name not in types or types[name] not in _WIDER or (odd and odd[2].lower() in ("true", "false")):
                    raise
                types[name] = _WIDER[types[name]]

    def whole(self, typed: bool, block: int) -> pa.Table:
        """Read all, with types settled on all cells, or as text."""
        convert = self._typed()
        if not typed:
            convert = pacsv.ConvertOptions(null_values=[], strings_can_be_null=False)
            source = pa.BufferReader(pa.py_buffer(self.text))
            names = pacsv.open_csv(source, self._options(block), self._layout(), convert).schema.names
            convert.column_types = dict.fromkeys(names, pa.string())
        self.misfits.clear()
        return self._read(convert, block)

    def codes(self, names: list[str]) -> pa.Table:
        """Read some columns anew as text in which ``NA`` is a value; misfits, counted before, are passed over."""
        convert = self._typed()
        convert.include_columns, convert.column_types = names, dict.fromkeys(names, pa.string())
        convert.null_values = [mark for mark in NULLS if mark not in ("NA", "na")]
        return self._read(convert, MAX_ROW_BYTES, skip=lambda row: "skip")


def _check_lengths(table: pa.Table) -> None:
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_string(column.type) and (pc.max(pc.binary_length(column)).as_py() or 0) > MAX_CELL_CHARACTERS:
            raise TableError(
                f"Column {quoted(name)} has a cell of more than {MAX_CELL_CHARACTERS:,} characters: "
                "look for a quotation mark that is not closed, or shorten it."
            )


def _code_columns(table: pa.Table) -> list[str]:
    """Return the columns where ``NA`` may be one of many two-letter codes, and was taken as missing."""
    if len(set(table.column_names)) < table.num_columns:
        return []
    names = []
    for name in table.column_names:
        column = table.column(name)
        if pa.types.is_string(column.type) and column.null_count:
            levels = pd.Series(column.slice(0, SAMPLE_BYTES).unique().drop_null().to_pylist()[:MAX_CODES], dtype="str")
            if are_codes(levels):
                names.append(name)
    return names


def _sample(text: memoryview, quotes: bool) -> bytes:
    """Return the header and whole lines from several places; the head only where a line break can stand in a cell."""
    if len(text) <= _BLOCK_BYTES:
        return bytes(text)
    parts = [bytes(text[:_BLOCK_BYTES])]
    if not quotes:
        for at in range(1, _N_SAMPLES):
            start = max(_BLOCK_BYTES, len(text) * at // (_N_SAMPLES - 1) - SAMPLE_BYTES)
            parts.append(bytes(text[start : start + SAMPLE_BYTES]).partition(b"\n")[2])
    return b"".join(part[: part.rfind(b"\n") + 1] for part in parts)


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Turn an Arrow table of flat columns into a frame, freeing the table as it goes.

    Times of day become text; days become moments; truth values with gaps stay truth values.

    Examples
    --------
    >>> frame = to_frame(pa.table({"paid": [True, None], "day": pa.array([0, 31], pa.date32())}))
    >>> frame["paid"].tolist(), frame["day"].dt.month.tolist()
    ([True, <NA>], [1, 2])
    """
    for at, described in enumerate(table.schema):
        if pa.types.is_time(described.type):
            table = table.set_column(at, described.name, table.column(at).cast(pa.string()))
    return table.to_pandas(
        date_as_object=False,
        split_blocks=True,
        self_destruct=True,
        ignore_metadata=True,
        types_mapper={pa.bool_(): pd.BooleanDtype()}.get,
    )
