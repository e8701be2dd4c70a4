"""Text as parts of the report: escaped, whatever a table's names hold."""

from __future__ import annotations

import html
from collections.abc import Iterable


def escaped(text: object) -> str:
    return html.escape(" ".join(str(text).split()))


def worded(sentence: object) -> str:
    """Return a sentence in which names stand between backticks, as HTML."""
    parts = str(sentence).split("`")
    if len(parts) % 2 == 0:
        return escaped(sentence)
    return "".join(f"<code>{escaped(part)}</code>" if at % 2 else html.escape(part) for at, part in enumerate(parts))


def bullets(sentences: Iterable[object]) -> str:
    items = "".join(f"<li>{worded(sentence)}</li>" for sentence in sentences)
    return f"<ul>{items}</ul>" if items else ""


def scrolled(table: str) -> str:
    return f"<div class='scroll' tabindex='0'>{table}</div>"
