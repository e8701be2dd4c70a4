"""The formats in which a text is a date, as ``strptime`` has them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from core.data.reading.cells import MONTHS_ABROAD, dates_of

_FORMATS = 4  # of one column: with and without a time, for example
_SHORTEST, _LONGEST = 6, 60  # characters of a date
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WORDS = {
    **dict.fromkeys(MONTHS_ABROAD, "%B"),
    **dict.fromkeys(_MONTHS, "%B"),
    **dict.fromkeys((name[:3] for name in _MONTHS), "%b"),
    **dict.fromkeys(_DAYS, "%A"),
    **dict.fromkeys((name[:3] for name in _DAYS), "%a"),
}
# Short names of months in other languages that beside a lone number are words: "set 12", "gen 2".
_ALSO_WORDS = frozenset({"set", "out", "gen", "mag", "lip", "sty", "lut", "sie", "ago", "maj", "cze"})
_TIME = re.compile(
    r"(?P<gap>[ T:]|, )?(?P<hour>\d{1,2}):\d{2}(?P<seconds>:\d{2})?(?P<part>\.\d{1,6})?(?P<half> ?[AaPp][Mm])?"
    r"(?P<zone> ?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?$"
)
_OTHERS = {
    "%Y%m%dT%H%M%S": re.compile(r"\d{8}T\d{6}"),
    "%Y年%m月%d日": re.compile(r"\d{4}年\d{1,2}月\d{1,2}日"),
    "%Y년 %m월 %d일": re.compile(r"\d{4}년 \d{1,2}월 \d{1,2}일"),
    "%a %b %d %H:%M:%S %Y": re.compile(r"[A-Za-z]{3} [A-Za-z]{3} \d{1,2} \d{2}:\d{2}:\d{2} \d{4}"),
}
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}(:?\d{2}){0,2}(\.\d+)?)?\s?(Z|[+-]\d{2}:?\d{2})?")
_PARTS = re.compile(r"\d+|[^\W\d_]+|[\W_]+")


def order_of(form: str) -> str:
    """Return which of day, month and year a format of figures has first, "" where a word or ISO settles it.

    See Also
    --------
    formats_of : The formats that a text may have.

    Examples
    --------
    >>> order_of("%d.%m.%Y"), order_of("%Y/%m/%d"), order_of("%d %b %Y")
    ('d', 'y', '')
    """
    if form == "ISO8601" or "%b" in form or "%B" in form or "%d" not in form:
        return ""
    return min("dmy", key=lambda part: form.lower().index(f"%{part}"))


def is_clock(formats: Sequence[str]) -> bool:
    """Return whether formats have times of day alone, without a date.

    Examples
    --------
    >>> is_clock(["%H:%M", "%I:%M %p"]), is_clock(["%d.%m.%Y %H:%M"]), is_clock([])
    (True, False, False)
    """
    return len(formats) > 0 and all(form[:2] in ("%H", "%I") for form in formats)


def fitting(known: pd.Series, forms: Sequence[str]) -> tuple[tuple[str, ...], int]:
    """Return the formats that together fit most values, and how many they fit.

    See Also
    --------
    formats_of : The formats that a text may have.

    Examples
    --------
    >>> fitting(pd.Series(["31.12.2024", "1.2.2024", "2024-03-01"]), ["%m.%d.%Y", "%d.%m.%Y", "ISO8601"])
    (('%d.%m.%Y', 'ISO8601'), 3)
    """
    taken: list[str] = []
    left, fitted = known, 0
    while len(left) and len(taken) < _FORMATS:
        fits = {form: dates_of(left, (form,)).notna().to_numpy() for form in forms if form not in taken}
        if not fits:
            break
        best = max(fits, key=lambda form: int(fits[form].sum()))
        count = int(fits[best].sum())
        if not count:
            break
        taken.append(best)
        fitted += count
        left = left[~fits[best]]
    return tuple(taken), fitted


def formats_of(text: str) -> tuple[str, ...]:
    """Return the formats in which a text is a date; none where it is no date.

    Examples
    --------
    >>> formats_of("16MAR39"), formats_of("1.7.24 9:05 PM")[0]
    (('%d%b%y',), '%d.%m.%y %I:%M %p')
    >>> formats_of("23:59"), formats_of("31/Jan/2024:09:05:07 +0000")
    (('%H:%M',), ('%d/%b/%Y:%H:%M:%S %z',))
    >>> formats_of("3. März 2024"), formats_of("3 de marzo de 2024")
    (('%d. %B %Y',), ('%d %B %Y',))
    >>> formats_of("12 set 2024"), formats_of("Set 12")
    (('%d %B %Y',), ())
    """
    text = re.sub(r" del? ", " ", " ".join(text.split()), flags=re.IGNORECASE)
    if not 4 <= len(text) <= _LONGEST or not any(map(str.isdigit, text)):
        return ()
    if _ISO.fullmatch(text):
        return ("ISO8601",)
    for form, pattern in _OTHERS.items():
        if pattern.fullmatch(text):
            return (form,)
    time = _TIME.search(text)
    if time is not None and not time.start() and not time["zone"]:  # a time of day, without a date
        return (_clock(time),)
    if len(text) < _SHORTEST:
        return ()
    day, clock = (text[: time.start()], _clock(time)) if time else (text, "")
    parts = _PARTS.findall(day)
    figures = [part for part in parts if part.isdigit()]
    shape: list[str] = []
    for part in parts:
        if part.isdigit():
            shape.append("#")
        elif part.isalpha():
            shape.append(_WORDS.get(part.lower(), ""))
        else:
            shape.append(part if re.fullmatch(r"[-/., ]{1,2}", part) else "")
    months = sum(part in ("%b", "%B") for part in shape)
    if "" in shape or months > 1 or (len(figures) < 2 and any(part.lower() in _ALSO_WORDS for part in parts)):
        return ()
    orders = _with_month(figures) if months else _of_figures(figures, parts)
    return tuple(_filled(shape, order) + clock for order in orders)


def _clock(time: re.Match[str]) -> str:
    half = time["half"]
    hours = "%I" if half else "%H"
    seconds = ":%S" if time["seconds"] else ""
    part = ".%f" if time["part"] else ""
    ending = "" if not half else " %p" if half.startswith(" ") else "%p"
    zone = "" if not time["zone"] else " %z" if time["zone"].startswith(" ") else "%z"
    return f"{time['gap'] or ''}{hours}:%M{seconds}{part}{ending}{zone}"


def _with_month(figures: Sequence[str]) -> tuple[str, ...]:
    lengths = tuple(map(len, figures))
    if lengths in ((4,), (2,)):
        return ("%Y",) if lengths == (4,) else ("%y",)
    if len(lengths) != 2:
        return ()
    if lengths[0] == 4 and lengths[1] <= 2:
        return ("%Y%d",)
    if lengths[0] > 2 or lengths[1] not in (2, 4):
        return ()
    return ("%d%Y",) if lengths[1] == 4 else ("%d%y",)


def _of_figures(figures: Sequence[str], parts: Sequence[str]) -> tuple[str, ...]:
    lengths = tuple(map(len, figures))
    gaps = {part for part in parts if not part.isdigit()}
    if len(figures) == 2 and len(gaps) == 1:
        return (
            ("%Y%m",)
            if lengths[0] == 4 and lengths[1] == 2
            else ("%m%Y",)
            if lengths[1] == 4 and lengths[0] <= 2 and gaps <= {"/", "-"}
            else ()
        )
    if len(figures) != 3 or len(gaps) > 2:
        return ()
    if lengths[0] == 4 and max(lengths[1:]) <= 2:
        return ("%Y%m%d",)
    if max(lengths[:2]) > 2:
        return ()
    if lengths[2] == 4:
        return ("%d%m%Y", "%m%d%Y")
    return ("%d%m%y", "%m%d%y", "%y%m%d") if lengths[2] == 2 and gaps <= {"/", "-", "."} else ()


def _filled(shape: Sequence[str], order: str) -> str:
    codes = iter(re.findall("%.", order))
    return "".join(next(codes) if part == "#" else part for part in shape)
