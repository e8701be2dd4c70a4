"""Words that messages share: the error a table raises, and names that are safe to show."""

from __future__ import annotations

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
    return f"about {round(seconds / 60)} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return "1 row", "2 rows"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
