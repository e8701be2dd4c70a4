"""Words that messages share: the error a table raises, and names that are safe to show."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class TableError(ValueError):
    """A table or target that cannot be used; the message is one sentence with the way out."""


def quoted(text: object, most: int = 60) -> str:
    """Return a name or value as code text, shortened, on one line.

    Code text keeps Markdown, HTML and LaTeX in a cell or column name from being rendered.
    """
    return f"`{shortened(str(text).replace('`', chr(39)), most)}`"


def is_showable(text: str) -> bool:
    """Return whether every character of a text is one: half of a surrogate pair is none, and no page can show it."""
    return text.isprintable() or text.encode("utf-8", "replace").decode() == text


def shortened(text: object, most: int = 100) -> str:
    """Return text on one line, cut to a length."""
    line = " ".join(str(text).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def listed(names: Iterable[object], most: int = 5) -> str:
    """Return names as one text, the first few of them."""
    every = [quoted(name) for name in names]
    rest = len(every) - most
    return ", ".join(every) if rest <= 0 else ", ".join(every[:most]) + f" and {rest:,} more"


def duration(seconds: float) -> str:
    """Return a rough duration, for example "about 3 min"."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    if seconds < 5400:
        return f"about {round(seconds / 60)} min"
    hours = seconds / 3600
    if hours < 48:
        return f"about {hours:.1f} h"
    return f"about {round(hours / 24):,} days" if hours < 24 * 730 else f"about {round(hours / 24 / 365):,} years"


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return "1 row", "2 rows"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def close_names(name: str, known: Iterable[str], most: int = 3) -> tuple[str, ...]:
    """Return the known names that somebody who typed ``name`` may have meant, the likeliest first.

    Case, spaces and punctuation do not count. Where some name is the same but for these, only such are returned;
    then come names with few other letters, and those that hold the name or are held by it.
    """
    plain = {each: "".join(c for c in each.casefold() if c.isalnum()) or each for each in known}
    asked = "".join(c for c in name.casefold() if c.isalnum()) or name
    same = [each for each, text in plain.items() if text == asked]
    if same:
        return tuple(same[:most])
    alike = difflib.get_close_matches(asked, list(plain.values()), most, 0.7)
    near = sorted((each for each, text in plain.items() if text in alike), key=lambda each: alike.index(plain[each]))
    if len(asked) > 2:
        near += [each for each, text in plain.items() if len(text) > 2 and (asked in text or text in asked)]
    return tuple(dict.fromkeys(near))[:most]


def which_there_are(name: str, known: Iterable[str], has: str) -> str:
    """Return what follows "there is no such name": the close ones as a question, else the first few after ``has``.

    >>> which_there_are("churn", ["Churn", "tenure"], "it has")
    'did you mean `Churn`?'
    """
    every = list(known)
    close = close_names(name, every)
    if close:
        return f"did you mean {' or '.join(quoted(each) for each in close)}?"
    return f"{has} {listed(every)}."
