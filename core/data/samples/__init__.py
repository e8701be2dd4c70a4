"""The tables that Counterweight ships; see the README beside them for sources and licence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.words import TableError

if TYPE_CHECKING:
    from core.data.table import Table

_LICENCE = "CC BY 4.0"


@dataclass(frozen=True)
class Sample:
    """A shipped table: what it is about, what to predict, where it comes from.

    See Also
    --------
    load_sample : Reads one.

    Examples
    --------
    >>> [sample.key for sample in SAMPLES]
    ['page_blocks', 'german_credit', 'abalone_9_vs_18', 'yeast']
    """

    key: str
    title: str
    sentence: str
    target: str
    source: str
    licence: str = _LICENCE


SAMPLES: tuple[Sample, ...] = (
    Sample(
        "page_blocks",
        "Page blocks",
        "5,472 blocks of scanned pages: which are not text? 1 in 10; all columns are numbers.",
        "not_text",
        "https://doi.org/10.24432/C5J590",
    ),
    Sample(
        "german_credit",
        "German credit",
        "1,000 loans: which went bad? 3 in 10; thirteen columns are categories.",
        "creditability",
        "https://doi.org/10.24432/C5NC77",
    ),
    Sample(
        "abalone_9_vs_18",
        "Abalone",
        "731 shellfish with 9 or 18 rings: which are the old ones? 1 in 17.",
        "rings",
        "https://doi.org/10.24432/C55C7W",
    ),
    Sample(
        "yeast",
        "Yeast proteins",
        "1,484 proteins: in which of six parts of the cell do they work? Six classes, the rarest 1 in 42.",
        "site",
        "https://doi.org/10.24432/C5KG68",
    ),
)


def load_sample(key: str) -> Table:
    """Read a shipped table.

    Raises
    ------
    TableError
        There is no sample of that key.

    See Also
    --------
    core.data.table.read_table : Reads any file.

    Examples
    --------
    >>> table = load_sample("abalone_9_vs_18")
    >>> table.name, table.frame.shape
    ('Abalone', (731, 9))
    """
    sample = next((sample for sample in SAMPLES if sample.key == key), None)
    if sample is None:
        raise TableError(f"There is no sample '{key}': choose one of {', '.join(s.key for s in SAMPLES)}.")
    from core.data.table import read_table  # the list of samples is there without it

    return read_table(Path(__file__).parent / f"{key}.csv", sample.title)
