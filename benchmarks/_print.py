"""What every benchmark prints: a table for people, one line of JSON for scripts."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence


def parser(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser with the ``--json`` flag that every benchmark has."""
    arguments = argparse.ArgumentParser(description=doc)
    arguments.add_argument("--json", action="store_true", help="print one line of JSON with the figures by name")
    return arguments


def show(figures: Mapping[str, float | int], rows: Sequence[tuple[str, str]], *, as_json: bool) -> None:
    """Print the figures as JSON, or the rows as a table."""
    if as_json:
        print(
            json.dumps(
                {
                    name: round(value, 4) if abs(value) >= 0.01 else float(f"{value:.3g}")
                    for name, value in figures.items()
                }
            )
        )
        return
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"{name:<{width}}  {value}")
