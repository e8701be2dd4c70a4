"""Words that messages share: the error a table raises, and names that are safe to show."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from decimal import Decimal
from itertools import count

# What arithmetic leaves where the result is 0.
_ROUNDING = 1e-9


class TableError(ValueError):
    """A table or target that cannot be used; the message is one sentence with the way out.

    See Also
    --------
    core.settings.PlanError : The same for a setting.

    Examples
    --------
    >>> from core.data.samples import load_sample
    >>> load_sample("page_blocks").column("hight")
    Traceback (most recent call last):
        ...
    core.words.TableError: The table has no column `hight`: did you mean `height`?
    """


def quoted(text: object, most: int = 60) -> str:
    """Return a name or value as code text, shortened, on one line.

    Code text keeps Markdown, HTML and LaTeX in a cell or column name from being rendered.

    See Also
    --------
    listed : Several names.

    Examples
    --------
    >>> print(quoted("a\\n*bold* name"))
    `a *bold* name`
    """
    return f"`{shortened(str(text).replace('`', chr(39)), most)}`"


def is_showable(text: str) -> bool:
    """Return whether every character of a text is one: half of a surrogate pair is none, and no page can show it.

    Examples
    --------
    >>> is_showable("naïve"), is_showable("\\ud800")
    (True, False)
    """
    return text.isprintable() or text.encode("utf-8", "replace").decode() == text


def shortened(text: object, most: int = 100) -> str:
    """Return text on one line, cut to a length.

    See Also
    --------
    quoted : As code text.

    Examples
    --------
    >>> shortened("one  two\\nthree", most=8)
    'one two…'
    """
    line = " ".join(str(text).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def listed(names: Iterable[object], most: int = 5) -> str:
    """Return names as code text separated by commas, the first few of them.

    See Also
    --------
    joined : The same for words of a sentence.

    Examples
    --------
    >>> listed(["age", "sex"])
    '`age`, `sex`'
    >>> listed("abc", most=2)
    '`a`, `b` and 1 more'
    """
    every = [quoted(name) for name in names]
    rest = len(every) - most
    return ", ".join(every) if rest <= 0 else ", ".join(every[:most]) + f" and {rest:,} more"


def joined(items: Iterable[object], most: int | None = None) -> str:
    """Return items as they stand in a sentence: separated by commas, the last one by "and"; by semicolons where an
    item has a comma of its own.

    Parameters
    ----------
    items : iterable
        At least one.
    most : int or None
        How many to name where there are more; the rest are counted, but never a single one. None names all.

    See Also
    --------
    listed : Names of columns and classes, as code text.

    Examples
    --------
    >>> joined(["SMOTE"]), joined(["SMOTE", "focal loss"])
    ('SMOTE', 'SMOTE and focal loss')
    >>> joined("abcd"), joined("abcd", most=2), joined("abc", most=2)
    ('a, b, c and d', 'a, b and 2 more', 'a, b and c')
    >>> joined(["SMOTE", "LightGBM, balanced", "LightGBM"])
    'SMOTE; LightGBM, balanced and LightGBM'
    """
    texts = [str(item) for item in items]
    if most is not None and len(texts) > most + 1:
        texts = [*texts[:most], f"{len(texts) - most} more"]
    comma = "; " if any(", " in text for text in texts) else ", "
    return texts[0] if len(texts) == 1 else f"{comma.join(texts[:-1])} and {texts[-1]}"


def distinct(lines: Iterable[object]) -> list[str]:
    """Return lines of which no two are the same: with a number after those that read like an earlier one.

    See Also
    --------
    joined : Names in a sentence.

    Examples
    --------
    >>> distinct(["rate", "rate", "rate (2)"])
    ['rate', 'rate (2)', 'rate (2) (2)']
    """
    found: dict[str, None] = {}
    for line in map(str, lines):
        numbered = (line if n == 1 else f"{line} ({n})" for n in count(1))
        found[next(one for one in numbered if one not in found)] = None
    return list(found)


def duration(seconds: float) -> str:
    """Return a rough duration.

    Examples
    --------
    >>> duration(42), duration(180), duration(9000)
    ('about 42 s', 'about 3 min', 'about 2.5 h')
    """
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    if seconds < 5400:
        return f"about {round(seconds / 60)} min"
    hours = seconds / 3600
    if hours < 48:
        return f"about {hours:.1f} h"
    return f"about {round(hours / 24):,} days" if hours < 24 * 730 else f"about {round(hours / 24 / 365):,} years"


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun in the singular or plural.

    See Also
    --------
    counted_range : From the least to the greatest.

    Examples
    --------
    >>> counted(1, "row"), counted(1200, "row"), counted(2, "class", "classes")
    ('1 row', '1,200 rows', '2 classes')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def short_number(value: float, digits: int = 3) -> str:
    """Return a number in so many significant digits, with a comma at the thousands and no exponent where it is short.

    Examples
    --------
    >>> [short_number(value) for value in (1084.2, 52.13, 0.00251, -3.0, 1_250_000.0, 1e20)]
    ['1,080', '52.1', '0.00251', '-3', '1,250,000', '1e+20']
    """
    rounded = float(f"{value:.{digits}g}")
    return f"{rounded:,.0f}" if 10**digits <= abs(rounded) < 1e9 else f"{rounded:,.{digits}g}"


def percent(share: float) -> str:
    """Return a share that was measured, in per cent with one decimal; a small one keeps two significant digits.

    See Also
    --------
    short_percent : Of a share that somebody chose.

    Examples
    --------
    >>> [percent(share) for share in (0.47, 0.1022, 0.00172, 0.0)]
    ['47.0%', '10.2%', '0.17%', '0.0%']
    """
    return f"{share:.1%}" if share >= 0.01 or share <= 0 else f"{_two_digits(100 * share)}%"


def whole_percent(share: float) -> str:
    """Return a share in whole per cent; what is not quite none or all is not written as none or all.

    See Also
    --------
    percent : With a decimal.

    Examples
    --------
    >>> [whole_percent(share) for share in (0.0, 0.0027, 0.47, 0.998, 1.0)]
    ['0%', '<1%', '47%', '>99%', '100%']
    """
    if 0 < share < 0.005:
        return "<1%"
    return ">99%" if 0.995 <= share < 1 else f"{share:.0%}"


def decimal(value: float, digits: int = 3) -> str:
    """Return a number with so many decimals and commas at the thousands; a small one keeps two significant digits.

    See Also
    --------
    short_number : As many significant digits whatever the size.

    Examples
    --------
    >>> [decimal(value) for value in (1234.5, 0.0182, 0.000412, -0.00004, 0.0, 1e-17)]
    ['1,234.500', '0.018', '0.00041', '-0.00004', '0.000', '0.000']
    """
    small = _ROUNDING < abs(value) < 10.0**-digits
    return _two_digits(value) if small else f"{value if abs(value) > _ROUNDING else 0:,.{digits}f}"


def _two_digits(value: float) -> str:
    # By way of decimal numbers: floats below 0.0001 are written with an exponent.
    return f"{Decimal(f'{value:.2g}'):f}"


def short_percent(share: float) -> str:
    """Return a share that somebody chose, in per cent, with as many digits as it has, four at most.

    See Also
    --------
    percent : Of a share that was measured.

    Examples
    --------
    >>> [short_percent(share) for share in (0.9, 0.9917, 0.0125)]
    ['90%', '99.17%', '1.25%']
    """
    return f"{100 * share:.4g}%"


def counted_range(numbers: Iterable[int], noun: str) -> str:
    """Return the least and the greatest of some numbers of things, at least one.

    See Also
    --------
    counted : A single number.

    Examples
    --------
    >>> counted_range([5, 3, 5], "fold")
    '3 to 5 folds'
    >>> counted_range([5, 5], "fold")
    '5 folds'
    """
    known = list(numbers)
    low, high = min(known), max(known)
    return counted(high, noun) if low == high else f"{low:,} to {counted(high, noun)}"


def close_names(name: str, known: Iterable[str], most: int = 3) -> tuple[str, ...]:
    """Return the known names that somebody who typed ``name`` may have meant, the likeliest first.

    Case, spaces and punctuation do not count. Where some name is the same but for these, only such are returned;
    then come names that differ in a few letters, and those that contain the name or are contained in it.

    See Also
    --------
    which_there_are : As a question.

    Examples
    --------
    >>> close_names("monthly charges", ["tenure", "MonthlyCharges", "TotalCharges"])
    ('MonthlyCharges',)
    """
    plain = {known_name: _letters(known_name) for known_name in known}
    typed = _letters(name)
    same = [known_name for known_name, text in plain.items() if text == typed]
    if same:
        return tuple(same[:most])
    alike = difflib.get_close_matches(typed, list(plain.values()), most, 0.7)
    near = sorted(
        (known_name for known_name, text in plain.items() if text in alike), key=lambda n: alike.index(plain[n])
    )
    if len(typed) > 2:
        near += [known_name for known_name, text in plain.items() if len(text) > 2 and (typed in text or text in typed)]
    return tuple(dict.fromkeys(near))[:most]


def _letters(name: str) -> str:
    """Return a name's letters and digits in lower case; of a name without any, the name itself."""
    return "".join(c for c in name.casefold() if c.isalnum()) or name


def which_there_are(name: str, known: Iterable[str], has: str) -> str:
    """Return what follows "there is no such name": the close ones as a question, else the first few after ``has``.

    See Also
    --------
    close_names : The names alone.

    Examples
    --------
    >>> which_there_are("churn", ["Churn", "tenure"], "it has")
    'did you mean `Churn`?'
    """
    every = list(known)
    close = close_names(name, every)
    if close:
        return f"did you mean {' or '.join(quoted(known_name) for known_name in close)}?"
    return f"{has} {listed(every)}."
