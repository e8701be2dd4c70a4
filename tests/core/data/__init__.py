"""What tests of the data room share."""

from __future__ import annotations

import pandas as pd

from core.data.table import Table, read_table


def one_sentence(error: BaseException) -> None:
    message = str(error)
    assert message.endswith(".")
    assert "\n" not in message
    assert "Traceback" not in message
    assert len(message) < 300


def table_of(**columns: object) -> Table:
    return read_table(pd.DataFrame(columns).to_csv(index=False).encode(), "made.csv")
