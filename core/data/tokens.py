"""The words of a text as people see them: for figures of columns and for comparing texts."""

from __future__ import annotations

import re

import pandas as pd

#: Characters of scripts that put no spaces between words: Thai, Lao, Myanmar, Khmer, kana, ideographs.
UNSPACED = "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]"
#: A tag of HTML.
TAG = "<[^<>]{1,200}>"
_MAX_CHARACTERS = 2_000
# Letters with the marks that belong to them, apostrophes within words, and emoji, each by itself.
_TOKEN = re.compile(
    "(?:[^\\W_]|[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0dff\u0e31-\u0e4e]|(?<=\\w)['\u2019](?=\\w))+"
    "|[\u2600-\u27bf\U0001f300-\U0001faff]"
)
_RUN = re.compile(f"{UNSPACED}+")
_TAGS = re.compile(TAG)


def tokens_of(text: str) -> list[str]:
    """Return a text's words in lower case, without tags of HTML, punctuation and single letters.

    Runs of characters of scripts that put no spaces between words are cut into overlapping pairs.

    Examples
    --------
    >>> tokens_of("<b>Don't</b> open it: a 😀!"), tokens_of("你好世界 ok")
    (["don't", 'open', 'it', '😀'], ['你好', '好世', '世界', 'ok'])
    """
    tokens = []
    for word in _TOKEN.findall(_TAGS.sub(" ", text.lower())):
        run = _RUN.search(word)
        if run is not None:
            tokens += [word[at : at + 2] for at in range(len(word) - 1)]
        elif len(word) > 1 or word > "\u2600":
            tokens.append(word)
    return tokens


def beginnings(texts: pd.Series) -> pd.Series:
    """Return the beginnings of texts, long enough to tell what they are about; empty where one is missing.

    Examples
    --------
    >>> beginnings(pd.Series(["late", None, "x" * 9_999])).str.len().tolist()
    [4, 0, 2000]
    """
    return texts.astype(object).where(texts.notna(), "").astype(str).str.slice(0, _MAX_CHARACTERS)
