"""The real tables that the app ships, to try it on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.table import Table, TableError, read_table


@dataclass(frozen=True)
class Sample:
    """One shipped table, with where it comes from."""

    key: str
    title: str
    sentence: str
    target: str
    source: str
    licence: str


_UCI = "UCI Machine Learning Repository"
_LICENCE = "CC BY 4.0"

SAMPLES: tuple[Sample, ...] = (
    Sample(
        "abalone_9_vs_18",
        "Abalone",
        "Shellfish measured; find the few that are 18 years old. 731 rows, one category.",
        "rings",
        f"{_UCI}, Abalone, in KEEL's 9-against-18 form, https://doi.org/10.24432/C55C7W",
        _LICENCE,
    ),
    Sample(
        "page_blocks",
        "Page blocks",
        "Blocks of scanned pages; find those that are not text. 5,472 rows of numbers.",
        "not_text",
        f"{_UCI}, Page Blocks Classification, in KEEL's two-class form, https://doi.org/10.24432/C5J590",
        _LICENCE,
    ),
    Sample(
        "yeast",
        "Yeast",
        "Where proteins sit in a yeast cell. 1,484 rows, six classes, some rare.",
        "site",
        f"{_UCI}, Yeast, with CYT, MIT, POX, VAC and ERL merged into OTHER, https://doi.org/10.24432/C5KG68",
        _LICENCE,
    ),
    Sample(
        "german_credit",
        "German credit",
        "Loans; find those not paid back. 1,000 rows, mostly categories.",
        "creditability",
        f"{_UCI}, Statlog (German Credit Data), https://doi.org/10.24432/C5NC77",
        _LICENCE,
    ),
)


def load_sample(key: str) -> Table:
    """Return a shipped table.

    Raises
    ------
    TableError
        There is no such sample.
    """
    if key not in {sample.key for sample in SAMPLES}:
        raise TableError(f"There is no sample called '{key}'.")
    return read_table(Path(__file__).parent / f"{key}.csv", key)
