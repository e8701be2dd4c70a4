"""Text that is safe to show: names and messages come from files that anybody may have written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from core.words import distinct

if TYPE_CHECKING:
    from core.runs.record import RunRecord

T = TypeVar("T", bound=Hashable)

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>$<&:^=\"'])")
# Streamlit turns these into links, symbols or icons after the Markdown is parsed, where a backslash no longer helps.
_LATE = re.compile(r"(?<=[:<>\-~=@])(?=\S)|(?<=www)(?=\\?\.)", re.IGNORECASE)


def bare(text: object, limit: int = 120) -> str:
    """Return text for the lists of a select, which show what they are given, Markdown and backslashes as well."""
    line = " ".join(str(text).encode("utf-8", "replace").decode().split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def told_apart(options: Iterable[T], words: Callable[[T], str]) -> Callable[[T], str]:
    """Return what a select shows for each option, with a number after those that read like an earlier one.

    Streamlit knows what was picked by what it shows: picking the second of two equal lines would pick the first.
    """
    options = list(options)
    shown = dict(zip(options, distinct(map(words, options)), strict=True))
    return lambda option: shown.get(option) or words(option)


def plain(text: object, limit: int = 60) -> str:
    """Return text for a Markdown label or message so that every character shows as itself, cut to a length.

    See Also
    --------
    bare : For selects.
    """
    line = bare(text, limit)
    return _SPECIAL.sub(r"\\\1", _LATE.sub("\u2060", line))


def sentence(text: object) -> str:
    """Return a message as Markdown that shows as it is written; names in code marks stand in quotation marks."""
    return plain(str(text).replace("`", "'"), 600)


def run_names(records: Iterable[RunRecord]) -> dict[str, str]:
    """Return what lists call runs, by id: name and moment, and the end of the id where two would read the same."""
    names = {record.id: bare(f"{record.name} – {when(record.created)}") for record in records}
    seen = Counter(names.values())
    return {key: name if seen[name] == 1 else f"{name} ({key[-4:]})" for key, name in names.items()}


def when(created: str) -> str:
    """Return a moment in this machine's time zone, for people."""
    return datetime.fromisoformat(created).astimezone().strftime("%d %b %Y, %H:%M %Z")
