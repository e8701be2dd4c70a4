"""How the cells of a table become values: decided once, in training, and kept to wherever rows are scored.

Every export carries a copy of this file as ``reading.py``, so that its script reads as the app does.
It therefore needs pandas and NumPy alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Literal

import numpy as np
import pandas as pd

CellKind = Literal["number", "date", "truth", "text"]
#: Stands before a cell that was quoted where the same letters without quotation marks mean "missing".
QUOTED = "\ue000"
#: Missing wherever they stand, in any letter case.
MARKS = (
    "", "?", "na", "#na", "n/a", "#n/a", "#n/a n/a", "<na>", "n.a.", "n.a", "nan", "-nan", "nat", "null", "(null)",
    "\\n", "#div/0!", "#value!", "#ref!", "#num!", "#name?", "#null!", "1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan",
    "...", "…",
)  # fmt: skip
#: Missing among numbers and dates; among words they may be levels.
LOOSE_MARKS = (
    "-", "--", "---", "–", "—", ".", "..", "*", "**", "_", "missing", "(missing)", "unknown", "unk", "not known",
    "not available", "not applicable", "no data", "nd", "n.d.", "n/d", "tbd", "blank", "(blank)", "undefined",
)  # fmt: skip
_NO_DATE = r"(?:0{4}-00-00|00/00/(?:00){1,2}|00\.00\.(?:00){1,2}|0{4}/00/00)(?:[ t]00:00(?::00)?)?"
# Patterns for whole columns have neither \d nor \s: pandas hands those to Python, cell by cell, where a column has
# other letters than ASCII.
_PLAIN = r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?inf(?:inity)?"
_ODD_SPACE = r"[^\x20-\x7e]|  |^ | $"  # where single spacing may change something
_OTHER_DIGIT = re.compile(r"[^\D0-9]")
_MINUS = "−–-"
_WORD, _OF = re.compile(r"[^\W\d_]+"), re.compile(r" del? ", re.IGNORECASE)
_LONGEST = 60  # characters of a number
#: Characters of a text that are looked at.
MAX_TEXT = 10_000
#: What ``formats`` say of numbers that count from 1970-01-01 00:00 UTC on, and the number's unit.
EPOCHS: dict[str, Literal["s", "ms"]] = {"unix seconds": "s", "unix milliseconds": "ms"}
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
# As dates have them, in full and short; where a language has fewer of one kind than twelve, others write it alike.
_ABROAD = (
    "januar februar märz april mai juni juli august september oktober november dezember",
    "jänner feber maerz apr mai jun jul aug sept okt nov dez",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "janv févr mars avr mai juin juil aout sept oct nov déc",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "ene feb mar abr may jun jul ago setiembre oct nov dic",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "jan fev mar abr mai jun jul ago set out nov dez",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "gen feb mar apr mag giu lug ago set ott nov dic",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "jan feb mrt apr mei jun jul augusti sep okt nov dec",
    "januari februari marts april maj juni juli augusti september oktober november desember",
    "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta "
    "marraskuuta joulukuuta",
    "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "sty lut mar kwi maj cze lip sie wrz paź lis gru",
    "ledna února března dubna května června července srpna září října listopadu prosince",
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "янв фев мар апр май июн июл авг сен окт ноя дек",
    "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
)
#: English names of months by their names in other languages, lower-cased.
MONTHS_ABROAD = {word: _MONTHS[at] for names in _ABROAD for at, word in enumerate(names.split())}
_CENTURY_ENDS = 2029  # of two-digit years, as in spreadsheets: 29 is 2029, 30 is 1930


@dataclass(frozen=True)
class ColumnReading:
    """How one column is read.

    Parameters
    ----------
    kind : {"number", "date", "truth", "text"}
    decimal, thousands : str
        Marks within numbers; no thousands mark means that none was seen.
    unit : str
        What stands before or after numbers and is left out: ``$``, ``%``, ``kg``.
    formats : tuple of str
        Of dates, as ``strptime`` has them; the first that fits counts. "ISO8601" is any ISO date; those of ``EPOCHS``
        count from 1970 on. Names of months may be those of other languages.
    keeps : tuple of str
        Marks that are values here: ``NA`` beside other two-letter codes.
    merged : tuple of (from, to) pairs
        Spellings that were merged by hand.
    missing : tuple of str
        Values that a person took for missing ones, numbers as :func:`as_text` writes them, ``-999``, and moments as
        ISO does: ``9999-12-31``.

    See Also
    --------
    Reading : Of every column of a table.

    Examples
    --------
    >>> reading = ColumnReading("number", decimal=",", thousands=".", unit="€")
    >>> values, lost = reading.values(pd.Series(["1.200,50 €", "n/a", "a lot"]))
    >>> values.tolist(), lost.tolist()
    ([1200.5, nan, nan], [False, False, True])
    """

    kind: CellKind = "text"
    decimal: str = "."
    thousands: str = ""
    unit: str = ""
    formats: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    merged: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()

    def values(self, column: pd.Series) -> tuple[pd.Series, pd.Series]:
        """Read a column, typed or as text.

        Returns
        -------
        values : Series of float64, datetime64, "boolean" or the column's own kind
        lost : Series of bool
            Cells that hold something that cannot be read, so that it counts as missing.
        """
        if not _is_text(column):
            return self._typed(column)
        spoken = column.map(lambda cell: isinstance(cell, str)).astype(bool)
        if not (spoken | column.isna()).all():
            words, rest = self.values(column[spoken].astype("str")), column[~spoken].infer_objects()
            if _is_text(rest):
                rest = rest.map(as_text, na_action="ignore").astype("str")
            others = self.values(rest)
            values, lost = (
                pd.concat([word, other]).reindex(column.index) for word, other in zip(words, others, strict=True)
            )
            return values, lost.astype(bool)
        codes, levels = pd.factorize(column)
        read, lost = self.levels(pd.Series(levels, dtype="str"))
        at = pd.Index(column.index)
        values = pd.Series(read.array.take(codes, allow_fill=True), index=at, name=column.name)
        return values, pd.Series(np.append(lost, False)[codes], index=at)

    def categories(self, column: pd.Series) -> pd.Series:
        """Read a column as the names of levels, None where missing; what cannot be read is a name of its own."""
        values, lost = self.values(column)
        names = values.map(as_text, na_action="ignore").astype(object)
        names = names.where(names.notna(), None)
        names[lost] = column[lost].map(as_text)
        return names

    def levels(self, texts: pd.Series, parsed: pd.Series | None = None) -> tuple[pd.Series, np.ndarray]:
        """Read the different texts of a column; return values, and which cannot be read.

        Parameters
        ----------
        parsed : Series, optional
            What :meth:`parsed` makes of the texts, where that is known already; anything where they are marks.
        """
        texts = texts.astype("str").str.strip()
        if self.kind == "text":
            kept = texts.mask(is_mark(texts) & ~texts.isin(self.keeps)).str.removeprefix(QUOTED)
            kept = kept.replace(dict(self.merged)) if self.merged else kept
            return kept.mask(kept.isin(self.missing)) if self.missing else kept, np.zeros(len(texts), bool)
        texts = texts.str.removeprefix(QUOTED)
        silent = is_mark(texts, loose=True)
        values = (self.parsed(texts) if parsed is None else parsed).mask(silent)
        if self.kind == "number":
            values = values.mask(np.isinf(values))
        if self.missing:
            silent = silent | texts.isin(self.missing).to_numpy(bool) | self._stands_in(values)
            values = values.mask(silent)
        return values, (values.isna().to_numpy(bool) & ~silent)

    def parsed(self, texts: pd.Series) -> pd.Series:
        """Read texts as numbers, dates or truth values, whatever marks may mean; missing where one is none."""
        if self.kind == "number":
            return pd.Series(numbers_of(texts, self.decimal, self.thousands, self.unit), index=texts.index)
        if self.kind == "date":
            return dates_of(texts, self.formats or ("ISO8601",))
        truth = {"true": True, "1": True, "false": False, "0": False}
        return texts.str.lower().map(truth).astype("boolean")

    def _stands_in(self, values: pd.Series) -> np.ndarray:
        """Return which numbers or moments stand for a missing value."""
        if not self.missing or self.kind not in ("number", "date"):
            return np.zeros(len(values), bool)
        texts = pd.Series(self.missing, dtype="str")
        named = numbers_of(texts) if self.kind == "number" else dates_of(texts, ("ISO8601",)).dropna()
        return values.isin(named).to_numpy(bool) & values.notna().to_numpy(bool)

    def _typed(self, column: pd.Series) -> tuple[pd.Series, pd.Series]:
        dtype, none = column.dtype, pd.Series(False, index=column.index)
        moment, truth = pd.api.types.is_datetime64_any_dtype(dtype), pd.api.types.is_bool_dtype(dtype)
        number = pd.api.types.is_numeric_dtype(dtype) and not truth
        if column.isna().all():
            empty = {"date": "datetime64[us]", "number": "float64", "truth": "boolean"}.get(self.kind, "object")
            return pd.Series(None, index=column.index, name=column.name, dtype=empty), none
        if self.kind == "number" and (number or truth):
            values = column.astype("float64")
            infinite = pd.Series(np.isinf(values.to_numpy()), index=column.index)
            return values.mask(infinite | self._stands_in(values)), infinite
        if self.kind == "date" and moment:
            moments = (column if column.dt.tz is None else column.dt.tz_convert(None)).astype("datetime64[us]")
            return moments.mask(self._stands_in(moments)), none
        if self.kind == "truth" and truth:
            return column.astype("boolean"), none
        if self.kind == "text":
            return column, none
        if number and (self.kind == "truth" or self.formats):  # 0 and 1, or days written as 20240131
            return self.values(column.map(as_text, na_action="ignore").astype("str"))
        values = pd.Series(None, index=column.index, dtype="datetime64[us]" if self.kind == "date" else "float64")
        return values, column.notna()


@dataclass(frozen=True)
class FileReading:
    """How a text file is laid out.

    Parameters
    ----------
    separator, decimal : str
    header : bool
        Without one, columns are called "column 1", "column 2" and so on.
    names : tuple of str
        The columns in the file's order, as the table calls them.

    See Also
    --------
    has_header : Uses it on new rows.

    Examples
    --------
    >>> kept = FileReading(separator=";", decimal=",", header=False, names=("column 1", "column 2"))
    >>> has_header(["3,5", "no"], kept)
    False
    """

    separator: str = ","
    decimal: str = "."
    header: bool = True
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """What reading a training table decided; everything that scores rows keeps to it.

    See Also
    --------
    ColumnReading : How one column is read.

    Examples
    --------
    >>> reading = Reading(columns=(("age", ColumnReading("number")), ("sex", ColumnReading())))
    >>> reading.of("age").kind, reading.of("town"), [name for name, _ in reading.only(["sex"]).columns]
    ('number', None, ['sex'])
    """

    file: FileReading = field(default_factory=FileReading)
    columns: tuple[tuple[str, ColumnReading], ...] = ()

    def of(self, name: str) -> ColumnReading | None:
        """Return how a column is read, None where that was not kept."""
        return dict(self.columns).get(name)

    def with_column(self, name: str, column: ColumnReading) -> Reading:
        """Return the reading with one column read in another way."""
        return Reading(self.file, tuple({**dict(self.columns), name: column}.items()))

    def only(self, names: Sequence[str]) -> Reading:
        """Return the reading of some columns."""
        return Reading(self.file, tuple((name, column) for name, column in self.columns if name in set(names)))

    def plain(self) -> dict[str, object]:
        """Return the reading as JSON holds it, which :meth:`of_plain` reads back."""
        start = asdict(ColumnReading())
        columns = {
            name: {"kind": reading.kind, **{k: v for k, v in asdict(reading).items() if v != start[k]}}
            for name, reading in self.columns
        }
        return {"file": asdict(self.file), "columns": columns}

    @classmethod
    def of_plain(cls, plain: Mapping[str, Mapping[str, object]]) -> Reading:
        """Read a reading back.

        Raises
        ------
        TypeError, KeyError, AttributeError
            It is none.
        """
        file = FileReading(**{**plain["file"], "names": tuple(plain["file"]["names"])})  # type: ignore[arg-type]
        columns = []
        for name, kept in plain["columns"].items():
            given: dict[str, object] = dict(kept)  # type: ignore[call-overload]
            for key in ("formats", "keeps", "merged", "missing"):
                values: list[object] = given.get(key, [])  # type: ignore[assignment]
                given[key] = tuple(tuple(v) if isinstance(v, list | tuple) else v for v in values)
            columns.append((name, ColumnReading(**given)))  # type: ignore[arg-type]
        return cls(file, tuple(columns))


def _is_text(column: pd.Series) -> bool:
    return pd.api.types.is_string_dtype(column.dtype) or pd.api.types.is_object_dtype(column.dtype)


def as_text(value: object) -> str:
    """Return a cell as the text of a level: whole numbers without a decimal point.

    Examples
    --------
    >>> as_text(3.0), as_text(3.5), as_text("3.0")
    ('3', '3.5', '3.0')
    """
    if isinstance(value, float | np.floating) and float(value).is_integer() and abs(float(value)) < 1e15:
        return str(int(value))
    return str(value)


def plain_text(column: pd.Series) -> np.ndarray:
    """Return cells as the text that a model takes: lower-cased, cut, empty where missing; str objects, shape (n,).

    Examples
    --------
    >>> plain_text(pd.Series(["STOLEN Card", None])).tolist()
    ['stolen card', '']
    """
    cells = column.where(column.notna(), "").tolist()
    return np.array([str(cell)[:MAX_TEXT].lower() for cell in cells], object)


def days_of(moments: pd.Series) -> np.ndarray:
    """Return moments as days since 1970-01-01 with fraction, float64, NaN where missing; shape (n,).

    Examples
    --------
    >>> days_of(pd.Series([pd.Timestamp("1970-01-02 12:00"), pd.NaT])).tolist()
    [1.5, nan]
    """
    values = moments.to_numpy().astype("datetime64[us]")
    return np.where(np.isnat(values), np.nan, values.astype(np.int64) / 86_400_000_000)


def is_mark(texts: pd.Series, loose: bool = False) -> np.ndarray:
    """Return which texts only say that a value is missing; ``loose`` where numbers or dates are expected.

    Examples
    --------
    >>> cells = pd.Series(["n/a", "unknown", "0000-00-00", "no"])
    >>> is_mark(cells).tolist(), is_mark(cells, loose=True).tolist()
    ([True, False, False, False], [True, True, True, False])
    """
    small = texts.str.lower()
    marks = small.isin([*MARKS, *LOOSE_MARKS] if loose else MARKS) | small.isna()
    if loose:
        marks |= small.str.fullmatch(_NO_DATE).fillna(False).astype(bool)
    return marks.to_numpy(bool)


def _single_spaced(texts: pd.Series) -> pd.Series:
    odd = texts.str.contains(_ODD_SPACE).to_numpy(bool, na_value=False)
    if not odd.any():
        return texts
    texts = texts.copy()
    texts[odd] = [" ".join(text.split()) for text in texts[odd].tolist()]
    return texts


def _with_ascii_digits(texts: pd.Series) -> pd.Series:
    other = texts.str.contains(r"[^\x00-\x7f]").to_numpy(bool, na_value=False)
    if not other.any() or not _OTHER_DIGIT.search("".join(cells := texts[other].tolist())):
        return texts
    texts = texts.copy()
    texts[other] = [_OTHER_DIGIT.sub(lambda digit: str(int(digit[0])), text) for text in cells]
    return texts


def numbers_of(texts: pd.Series, decimal: str = ".", thousands: str = "", unit: str = "") -> np.ndarray:
    """Read texts as numbers, float64, NaN where one is none.

    ``(5)`` is -5, as accounts write it; of a limit such as ``<0.5`` the number is taken.

    See Also
    --------
    dates_of : The same for dates.

    Examples
    --------
    >>> numbers_of(pd.Series(["1.200,5", "(7)", "<0,5", "no"]), decimal=",", thousands=".").tolist()
    [1200.5, -7.0, 0.5, nan]
    """
    texts = _with_ascii_digits(texts.where(texts.str.len() <= _LONGEST))
    numbers = np.full(len(texts), np.nan)
    plain = texts.str.fullmatch(_PLAIN, case=False).to_numpy(bool, na_value=False) & (decimal == ".")
    numbers[plain] = pd.to_numeric(texts[plain]).to_numpy("float64")
    left = np.flatnonzero(~plain & texts.notna().to_numpy(bool))
    if not len(left):
        return numbers
    rest = _single_spaced(texts.iloc[left])
    pattern = _written(decimal, thousands, unit)
    # Which texts are numbers, then what of each is the number and what its sign: for all texts at once.
    fits = rest.str.fullmatch(pattern).to_numpy(bool, na_value=False)
    left, rest = left[fits], rest[fits]
    signs = rest.str.replace(f"^{pattern}$", r"\1\2\3\6", regex=True)
    minus = signs.str.contains(f"[({_MINUS}]").to_numpy(bool)
    closed = signs.str.contains("(", regex=False).to_numpy(bool) == signs.str.contains(")", regex=False).to_numpy(bool)
    sizes = rest.str.replace(f"^{pattern}$", r"\4\5", regex=True)
    for mark in (thousands, "’"):
        sizes = sizes.str.replace(mark, "", regex=False) if mark else sizes
    values = sizes.str.replace(decimal, ".", regex=False).astype("float64").to_numpy()
    numbers[left[closed]] = np.where(minus, -values, values)[closed]
    return numbers


@lru_cache(maxsize=256)
def _written(decimal: str, thousands: str, unit: str) -> str:
    """Return the pattern of a number, in groups: (1) bracket, (2, 3) signs, (4) figures, (5) exponent, (6) bracket."""
    point = re.escape(decimal)
    group = "['’]" if thousands == "'" else re.escape(thousands)
    whole = rf"(?:[1-9][0-9]{{0,2}}(?:{group}[0-9]{{3}})+|[0-9]+)" if thousands else "[0-9]+"
    beside = rf"(?:{re.escape(unit)})?" if unit else ""
    return (
        rf"(?i:(\()? ?(?:[<>]=?|[≤≥])? ?([-+−–]?) ?{beside} ?([-+−–]?) ?"
        rf"({whole}(?:{point}[0-9]*)?|{point}[0-9]+)(e[-+]?[0-9]+)? ?{beside} ?(\))?)"
    )


def dates_of(texts: pd.Series, formats: Sequence[str]) -> pd.Series:
    """Read texts as moments without time zone, by the first format that fits; NaT where none does.

    See Also
    --------
    numbers_of : The same for numbers.

    Examples
    --------
    >>> dates_of(pd.Series(["31.12.29", "1.1.30", "soon"]), ["%d.%m.%y"]).dt.year.tolist()
    [2029.0, 1930.0, nan]
    """
    texts = _single_spaced(texts)
    moments = pd.Series(pd.NaT, index=texts.index, dtype="datetime64[us]")
    for form in formats:
        left = moments.isna() & texts.notna()
        if not left.any():
            break
        some = texts[left]
        if form in EPOCHS:
            moments[left] = _since_1970(some, EPOCHS[form])
            continue
        if form == "ISO8601":  # which would take a year alone, too
            some = some.where(some.str.contains(r"^[0-9]{4}-[0-9]", na=False))
        parsed = pd.to_datetime(some, format=form, errors="coerce", utc=True)
        if "%B" in form and parsed.isna().any():
            abroad = in_english(some[parsed.isna()])
            parsed = parsed.fillna(pd.to_datetime(abroad, format=form, errors="coerce", utc=True))
        parsed = parsed.dt.tz_localize(None).astype("datetime64[us]")
        if "%y" in form:
            late = parsed.dt.year > _CENTURY_ENDS
            parsed = parsed.mask(late, parsed - pd.DateOffset(years=100))
        moments[left] = parsed
    return moments


def in_english(texts: pd.Series) -> pd.Series:
    """Return dates with the names of months in English, without the "de" of Spanish and Portuguese ones.

    Examples
    --------
    >>> in_english(pd.Series(["3. März 2024", "3 de marzo de 2024"])).tolist()
    ['3. March 2024', '3 March 2024']
    """
    return texts.map(
        lambda text: _WORD.sub(lambda word: MONTHS_ABROAD.get(word[0].lower(), word[0]), _OF.sub(" ", text)),
        na_action="ignore",
    )


def _since_1970(texts: pd.Series, unit: str) -> pd.Series:
    digits = {"s": 10, "ms": 13}[unit]
    plain = texts.where(texts.str.fullmatch(f"-?[0-9]{{1,{digits}}}([.][0-9]+)?").to_numpy(bool, na_value=False))
    counts = pd.to_numeric(plain).to_numpy("float64", na_value=np.nan)
    micro = np.round(counts * {"s": 1e6, "ms": 1e3}[unit])
    moments = np.where(np.isnan(micro), np.datetime64("NaT"), np.nan_to_num(micro).astype("int64").astype("M8[us]"))
    return pd.Series(moments.astype("M8[us]"), index=texts.index)


def quotes_marked(text: bytes, separator: str) -> bytes:
    r"""Return UTF-8 text with a sign before every ``"NA"`` in quotation marks: quoted, it is a value.

    See Also
    --------
    unmarked : Takes the sign away.

    Examples
    --------
    >>> quotes_marked(b'country,x\n"NA",1\nNA,2\n', ",").decode()
    'country,x\n"\ue000NA",1\nNA,2\n'
    """
    if b'"NA"' not in text:
        return text
    around = b"[^" + re.escape(separator).encode() + b"\r\n]"
    return re.sub(b"(?<!" + around + b')"NA"(?!' + around + b")", f'"{QUOTED}NA"'.encode(), text)


def unmarked(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame of cells as they were in the file, without what :func:`quotes_marked` put before some.

    See Also
    --------
    quotes_marked : Puts the sign there.

    Examples
    --------
    >>> unmarked(pd.DataFrame({"country": [QUOTED + "NA", "DE"]}, dtype="str"))["country"].tolist()
    ['NA', 'DE']
    """
    frame = frame.copy(deep=False)
    for at, kind in enumerate(frame.dtypes):
        if isinstance(kind, pd.StringDtype) and frame.iloc[:, at].str.startswith(QUOTED).any():
            frame.isetitem(at, frame.iloc[:, at].str.removeprefix(QUOTED).to_numpy())
    return frame


def has_header(first: Sequence[str], kept: FileReading) -> bool:
    """Return whether new rows have a line of names: where the training table had one, or this line is its names.

    Examples
    --------
    >>> kept = FileReading(header=False, names=("column 1", "column 2"))
    >>> has_header(["3.5", "no"], kept), has_header(["column 1", "column 2"], kept)
    (False, True)
    """
    return kept.header or plain_names(first) == list(kept.names)


def plain_names(raw: Sequence[str]) -> list[str]:
    """Return column names as a table has them: trimmed, none empty, none twice.

    Examples
    --------
    >>> plain_names([" age", "", "x", "x"])
    ['age', 'column 2', 'x', 'x (2)']
    """
    taken, seen = {name.strip() for name in raw}, dict[str, int]()
    names: list[str] = []
    for at, given in enumerate(raw):
        name = base = given.strip() or f"column {at + 1}"
        if name in seen:
            copy = seen[base]
            while name in seen or name in taken:
                name, copy = f"{base} ({copy})", copy + 1
            seen[base] = copy
        seen.setdefault(name, 2)
        names.append(name)
    return names
