"""Reading files."""

from pathlib import Path

CASES = Path(__file__).resolve().parents[3] / "cases"
