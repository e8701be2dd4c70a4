"""Text that is safe to show: names and messages come from files that anybody may have written."""

from __future__ import annotations

import re
from datetime import datetime

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>$<&:^=\"'])")
# Streamlit turns these into links, symbols or icons after the Markdown is parsed, where a backslash no longer helps.
_LATE = re.compile(r"(?<=[:<>\-~=@])(?=\S)|(?<=www)(?=\\?\.)", re.IGNORECASE)


def bare(text: object, limit: int = 120) -> str:
    """Return text for the lists of a select, which show what they are given, Markdown and backslashes as well."""
    line = " ".join(str(text).encode("utf-8", "replace").decode().split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


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


def when(created: str) -> str:
    """Return a moment in this machine's time zone, for people."""
    return datetime.fromisoformat(created).astimezone().strftime("%d %b %Y, %H:%M %Z")
