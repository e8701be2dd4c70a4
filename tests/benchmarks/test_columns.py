"""The made tables of the columns' benchmark are read as the kinds that they are about."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.columns import TABLES
from core.data.table import from_frame

KINDS = {
    "messages": {"text"},
    "transactions": {"date", "categorical", "numeric"},
    "amounts": {"numeric"},
    "patients": {"categorical", "numeric"},
}


def test_the_made_tables_hold_what_they_are_about() -> None:
    for made in TABLES:
        frame = made.make(np.random.default_rng(0))
        pd.testing.assert_frame_equal(frame.head(50), made.make(np.random.default_rng(0)).head(50))
        assert 0.01 < (frame["rare"] == "yes").mean() < 0.15, made.name
        table = from_frame(frame, made.name)
        assert {column.kind for column in table.columns if column.name != "rare"} == KINDS[made.name]
        assert made.group is None or frame[made.group].duplicated().mean() > 0.5
