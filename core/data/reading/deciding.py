"""Deciding how a column of text is read, from its different values: numbers, dates or words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from core.data.reading.cells import QUOTED, ColumnReading, dates_of, is_mark
from core.data.reading.date_formats import fitting, formats_of, is_clock, order_of

MAX_ODD = 0.05  # of the different values of a column of numbers or dates, at most so many are something else
_FEW_ODD, _SURE = 2, 10  # or so many words, beside this many numbers or dates
_MIN_WRITTEN = 5  # different values, before units, limits or times of day make more of what could be names
_MAX_LIMITS = 0.2  # of the values may be limits such as <0.5: "<=50K" and ">50K" are names
_SAMPLE, _LONGEST = 1_000, 60
MAX_CODES = 500
_MAX_FORMATS = 32
_COMPACT = {
    "%Y%m%d": "[0-9]{8}", "%Y%m": "[0-9]{6}", "%Y": "[0-9]{4}", "unix seconds": "[0-9]{9,10}([.][0-9]+)?",
    "unix milliseconds": "[0-9]{12,13}([.][0-9]+)?",
}  # fmt: skip
_CURRENCY = r"US\$|A\$|C\$|R\$|[$€£¥₹₽₩₺฿₫₴₪]|USD|EUR|GBP|CHF|JPY|CNY|INR|Rs\.?|kr\.?|Fr\.|zł|Kč|Ft"
_NUMBER = re.compile(
    rf"\(? ?(?P<limit>[<>]=?|[≤≥])? ?[-+−–]? ?(?P<before>{_CURRENCY})? ?[-+−–]? ?"
    r"(?P<body>\d(?:[\d.,'’ ]*[\d.,])?|[.,]\d+)(?:[eE][-+]?\d+)?"
    rf" ?(?P<after>%|‰|{_CURRENCY}|[°µμΩ]?[^\W\d_][\w/²³·.^-]{{0,11}}|°)? ?\)?"
)
_UNITS = re.compile(  # beside which a bare number may stand
    "[%‰°]|°[cf]|[kmµμ]?g|ug|t|lbs?|oz|[kcmµn]?m|mi|ft|in|yd|[dmµ]?l|k?m[²³23]|ha|km/?h|mph|m/s|mpg|m?s|sec|min|hr?s?|"
    "hours?|days?|weeks?|mo|months?|years?|yrs?|y|k?[vwj]|kwh|m?a|[kmg]?hz|h?pa|[km]pa|bar|psi|mmhg|[mµ]mol/l|m?g/d?l|"
    "ng/ml|[kmgt]b|hp|cc|k?cal|px|pt|db|n",
    re.IGNORECASE,
)
_STYLES = ((".", ","), (".", ""), (",", "."), (",", ""), (".", " "), (",", " "), (".", "'"), (",", "'"))
_CODE = re.compile(r"[A-Z]{2,4}|[a-z]{2,4}")
_WORDS = re.compile(  # that look like codes
    "yes|no|ok|on|off|in|out|up|low|mid|med|high|good|bad|poor|fair|male|none|true|ja|oui|si|non", re.IGNORECASE
)


@dataclass(frozen=True)
class Decision:
    """How a column is read.

    Parameters
    ----------
    either : bool
        Its dates can be read day first and month first.
    parsed : Series or None
        What the reading makes of the texts that were decided on, missing where they are marks; None for words.

    See Also
    --------
    decide : Makes one.

    Examples
    --------
    >>> decision = decide(pd.Series(["1/2/2024", "3/4/2024"]))
    >>> decision.reading.formats, decision.either
    (('%m/%d/%Y',), True)
    """

    reading: ColumnReading
    either: bool = False
    parsed: pd.Series | None = field(default=None, compare=False, repr=False)


def decide(texts: pd.Series, decimal: str = ".", day_first: bool | None = None) -> Decision:
    """Decide how a column is read where nearly all of its different values are numbers or dates.

    Parameters
    ----------
    texts : Series of str
        The different values, trimmed, missing ones left out.
    decimal : str
        The mark of the file's other numbers, taken where a column can be read with either.
    day_first : bool or None
        What the file's other dates say, for dates that can be read both ways; None where they say
        nothing: with points the day is first, else the month.

    See Also
    --------
    as_numbers : Whether texts are numbers.
    as_dates : Whether they are dates.

    Examples
    --------
    >>> decide(pd.Series(["$1,200", "$950", "$12.50", "$7", "$80"])).parsed.tolist()
    [1200.0, 950.0, 12.5, 7.0, 80.0]
    >>> decide(pd.Series(["low", "high"])).reading.kind
    'text'
    """
    bare = texts.str.removeprefix(QUOTED)
    known = bare[~is_mark(bare, loose=True)]
    # One number beside a dash is a flag rather than a measure.
    if len(known) > 1 or (len(known) and is_mark(bare).sum() == len(bare) - 1):
        for decision in _attempts(known, decimal, day_first):
            if decision is not None and decision.parsed is not None and _nearly_all(known, decision.parsed.notna()):
                return replace(decision, parsed=decision.parsed.reindex(texts.index))
    return Decision(ColumnReading(keeps=("NA", "na") if are_codes(texts) else ()))


def _attempts(known: pd.Series, decimal: str, day_first: bool | None) -> Iterator[Decision | None]:
    yield as_numbers(known, decimal)
    yield as_dates(known, day_first)


def _nearly_all(known: pd.Series, fits: pd.Series) -> bool:
    good = int(fits.sum())
    odd = known[~fits.to_numpy()]
    if good < 2 and len(odd):
        return False
    few = len(odd) <= _FEW_ODD and good >= _SURE and not odd.str.contains(r"\d").any()
    return good > 0 and (len(odd) <= MAX_ODD * len(known) or few)


def are_codes(texts: pd.Series) -> bool:
    """Return whether ``NA`` stands among codes of two letters (Namibia), so that it is one of them.

    Examples
    --------
    >>> are_codes(pd.Series(["DE", "FR", "NA"])), are_codes(pd.Series(["yes", "no", "NA"]))
    (True, False)
    """
    if len(texts) > MAX_CODES:
        return False
    others = [text for text in texts if text.lower() not in ("na", QUOTED + "na") and text]
    return (
        len(others) > 1
        and all(_CODE.fullmatch(text) and not _WORDS.fullmatch(text) for text in others)
        and any(len(text) == 2 for text in others)
    )


def are_padded(texts: pd.Series) -> bool:
    """Return whether digits are codes: all of one length with leading zeros (postcodes), or many with such zeros.

    Examples
    --------
    >>> are_padded(pd.Series(["01067", "10115", "80331"])), are_padded(pd.Series(["7", "10", "803"]))
    (True, False)
    """
    digits = texts[texts.str.fullmatch("[0-9]+")]
    padded = digits.str.fullmatch("0[0-9]+")
    if not len(digits) or not padded.any():
        return False
    lengths = digits.str.len()
    usual = int((lengths == lengths.mode().iloc[0]).sum())
    return len(digits) >= 0.9 * len(texts) and bool(usual >= 0.95 * len(digits) or padded.mean() >= MAX_ODD)


def as_numbers(known: pd.Series, decimal: str = ".", sure: bool = False) -> Decision | None:
    """Decide how texts are read as numbers, by the style and unit that fit most of them; None where they are none.

    Parameters
    ----------
    sure : bool
        A person has said that these are numbers, whatever they look like.

    See Also
    --------
    as_dates : The same for dates.
    by_hand : What a person says.

    Examples
    --------
    >>> decision = as_numbers(pd.Series(["1.234,5", "12,25", "800"]))
    >>> decision.reading.decimal, decision.reading.thousands, decision.parsed.tolist()
    (',', '.', [1234.5, 12.25, 800.0])
    """
    if not sure and are_padded(known):
        return None
    sample = _sample(known)
    reading = _written_as(sample, decimal, sure)
    if reading is None:
        return None
    parsed = reading.parsed(known)
    left = known[parsed.isna()].iloc[:_SAMPLE]
    if len(left) and len(sample) < len(known):
        # What the sample's style does not read may show a mark that is rare, such as that of thousands.
        better = _written_as(pd.concat([sample, left]), decimal, sure) or reading
        if better != reading:
            return Decision(better, parsed=better.parsed(known))
    return Decision(reading, parsed=parsed)


def _sample(known: pd.Series) -> pd.Series:
    return known.iloc[:: max(1, len(known) // _SAMPLE)]


def _written_as(known: pd.Series, decimal: str, sure: bool) -> ColumnReading | None:
    plain = known.str.fullmatch(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?inf(?:inity)?", case=False)
    if plain.all() and (decimal == "." or not known.str.contains(".", regex=False).any()):
        return ColumnReading("number", decimal)
    matches = [_NUMBER.fullmatch(" ".join(text.split())) for text in known[~plain] if len(text) <= _LONGEST]
    written = [match for match in matches if match is not None]
    if not sure and len(written) + int(plain.sum()) < (1 - MAX_ODD) * len(known) - _FEW_ODD:
        return None
    units = Counter(unit for match in written if (unit := match["before"] or match["after"] or ""))
    unit = units.most_common(1)[0][0] if units else ""
    bare = int(plain.sum()) + sum(not (match["before"] or match["after"]) for match in written)
    if not sure and unit and not re.fullmatch(_CURRENCY, unit) and not _UNITS.fullmatch(unit) and bare:
        unit = ""
    limits = sum(match["limit"] is not None for match in written)
    if not sure and (unit or limits) and (len(known) < _MIN_WRITTEN or limits > _MAX_LIMITS * len(known)):
        return None
    styles = [ColumnReading("number", mark, group, unit) for mark, group in _STYLES if _is_used(group, known)]
    # Of styles that fit as many, the file's own decimal mark wins, and then the simplest.
    fits = [int(np.isfinite(style.parsed(known)).sum()) for style in styles]
    best = max(
        range(len(styles)), key=lambda at: (fits[at], styles[at].decimal == decimal, not styles[at].thousands, -at)
    )
    return styles[best] if fits[best] else None


def _is_used(group: str, known: pd.Series) -> bool:
    marks = {" ": r"\s", "'": "['’]"}.get(group, re.escape(group))
    return not group or bool(known.str.contains(rf"\d{marks}\d").any())


def as_dates(known: pd.Series, day_first: bool | None = None, sure: bool = False) -> Decision | None:
    """Decide how texts are read as dates, by the order and formats that fit most of them; None where they are none.

    Parameters
    ----------
    sure : bool
        Somebody has said that these are dates, be they few or written as whole numbers.

    See Also
    --------
    as_numbers : The same for numbers.
    by_hand : What a person says.

    Examples
    --------
    >>> as_dates(pd.Series(["13/1/2024", "2/1/2024"])).reading.formats
    ('%d/%m/%Y',)
    """
    sample = _sample(known)
    decision = _dated_as(sample, known, day_first, sure)
    if decision is None or decision.parsed is None:
        return decision
    if is_clock(decision.reading.formats) and not sure and len(known) < _MIN_WRITTEN:
        return None  # a few times of day without a date are names: of courses, trains or shifts
    if len(sample) == len(known):
        return decision
    left = known[decision.parsed.isna()].iloc[:_SAMPLE]
    if not len(left):
        return decision
    # What the sample's formats do not read may show one that is rare.
    return _dated_as(pd.concat([sample, left]), known, day_first, sure, decision) or decision


def _dated_as(
    sample: pd.Series, known: pd.Series, day_first: bool | None, sure: bool, before: Decision | None = None
) -> Decision | None:
    """Choose formats by a sample; orders that fit it alike are told apart by all texts."""
    forms_of_each = [formats_of(text) for text in sample]
    if not sure and sum(map(bool, forms_of_each)) < len(sample) / 2:
        return None
    likely = [form for form, _ in Counter(form for forms in forms_of_each for form in forms).most_common(_MAX_FORMATS)]
    if sure:
        likely += [form for form, digits in _COMPACT.items() if sample.str.fullmatch(digits).any()]
    if day_first is None:
        day_first = bool(sample.str.contains(r"[0-9]\.[0-9]").mean() > 0.5)
    orders = {
        order: fitting(sample, [form for form in likely if order_of(form) in (order, "")])
        for order in ("dmy" if day_first else "mdy")
    }
    most = max(count for _, count in orders.values())
    if not most:
        return None
    tied = {order: formats for order, (formats, count) in orders.items() if count == most}
    parsed: dict[tuple[str, ...], pd.Series] = {}
    if before is not None and before.parsed is not None:
        parsed[before.reading.formats] = before.parsed
    parsed |= {formats: dates_of(known, formats) for formats in set(tied.values()) - set(parsed)}
    fits = {order: int(parsed[formats].notna().sum()) for order, formats in tied.items()}
    best = max(tied, key=fits.__getitem__)
    either = {"d", "m"} <= set(tied) and fits["d"] == fits["m"] == fits[best] and tied["d"] != tied["m"]
    return Decision(ColumnReading("date", formats=tied[best]), either, parsed[tied[best]])


def by_hand(texts: pd.Series, kind: str, day_first: bool | None = None) -> ColumnReading | None:
    """Return how a column is read as numbers or dates because a person says so; None where no value is one.

    See Also
    --------
    decide : Decides without a person.

    Examples
    --------
    >>> by_hand(pd.Series(["20240131", "20240201"]), "date").formats
    ('%Y%m%d',)
    """
    bare = texts.str.removeprefix(QUOTED)
    known = bare[~is_mark(bare, loose=True)]
    if not len(known):
        return ColumnReading("number" if kind == "numeric" else "date")
    decision = as_numbers(known, sure=True) if kind == "numeric" else as_dates(known, day_first, sure=True)
    return None if decision is None else decision.reading
