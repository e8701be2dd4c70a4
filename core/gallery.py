"""What the first page shows of the examples, without the libraries that runs need: a page is there sooner."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from core.evaluation.counts import Counts

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
HEADLINE, COUNTS = "headline.txt", "counts.json"


@dataclass(frozen=True)
class Card:
    """A finished run that ships with the app, as a gallery shows it.

    Parameters
    ----------
    table : str
        The title of the sample that it was made from.
    strategies, folds : int
        How many there are.
    headline : str
        What the run recommends, in a sentence.
    counts : Counts or None
        What its strategy does with so many rows.

    See Also
    --------
    core.examples.examples : The runs themselves.

    Examples
    --------
    >>> cards()[0].name, cards()[0].strategies, cards()[0].folds
    ('Page blocks: which are not text?', 6, 5)
    """

    run_id: str
    name: str
    table: str
    strategies: int
    folds: int
    headline: str
    counts: Counts | None


def cards(folder: Path = EXAMPLES) -> tuple[Card, ...]:
    """Return a card for each example that can be read, in the order of the gallery.

    Examples
    --------
    >>> [card.table for card in cards()]
    ['Page blocks', 'German credit', 'Abalone', 'Yeast proteins']
    >>> cards(Path("nowhere"))
    ()
    """
    every = (_card(path.parent) for path in sorted(folder.glob("*/run.json"), reverse=True))
    return tuple(card for card in every if card is not None)


def _card(folder: Path) -> Card | None:
    try:
        details = json.loads((folder / "run.json").read_text())
        strategies = json.loads((folder / "plan.json").read_text())["strategies"]
        names = (details["name"], details["table_name"])
        card = Card(folder.name, *names, len(strategies), details["units_total"], _headline(folder), _counts(folder))
    except (OSError, ValueError, LookupError, TypeError):
        return None  # a damaged one must not hide the others
    return card


def _headline(folder: Path) -> str:
    try:
        return (folder / HEADLINE).read_text().strip()
    except OSError:
        return ""


def _counts(folder: Path) -> Counts | None:
    try:
        return Counts(**json.loads((folder / COUNTS).read_text()))
    except (OSError, ValueError, TypeError):
        return None
