"""A made table with the shape of the card-fraud set: 284,807 rows, 30 features, 492 frauds.

The set itself (Dal Pozzolo et al., "Calibrating probability with undersampling for unbalanced
classification", IEEE SSCI 2015) has a Time, the 28 principal components V1 to V28, an Amount and a
Class. Here, payments are heavy-tailed noise with the components' falling spread. Frauds are three
habits, each a shift and a tie between components; some frauds look like any payment, and a few
honest payments look like fraud, so that no classifier finds everything. As a command, it writes the
table to a file.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

ROWS, FRAUDS, COMPONENTS = 284_807, 492, 28
TARGET = "Class"
FEATURES = ("Time", *(f"V{i}" for i in range(1, COMPONENTS + 1)), "Amount")
_TWO_DAYS = 172_792
# Share of the frauds, and by how many standard deviations a component moves.
_HABITS: tuple[tuple[float, dict[int, float]], ...] = (
    (0.52, {2: -4.5, 3: 4.2, 9: -4.8, 10: 3.4, 11: -5.6, 13: -6.2, 16: -4.8}),
    (0.26, {0: -2.5, 3: 3.1, 6: -3.6, 11: -3.6, 13: -4.2, 20: 3.1}),
    (0.13, {1: 2.8, 4: 3.1, 7: -3.4, 17: 3.4, 25: 2.8}),
)
_LOOKALIKES = 0.0003  # honest payments a third to two thirds of the way to a habit


def make(rows: int = ROWS, frauds: int | None = None, seed: int = 0) -> pd.DataFrame:
    """Return Time, V1 to V28, Amount and Class (1 is fraud), in the order of time.

    Parameters
    ----------
    rows : int
        With another number than the set's, the share of frauds stays.
    frauds : int, optional
        Rows of class 1.
    seed : int
        The same seed and sizes give the same table.

    Raises
    ------
    ValueError
        Fewer than one fraud, or no honest payment left.
    """
    frauds = round(rows * FRAUDS / ROWS) if frauds is None else frauds
    if not 0 < frauds < rows:
        raise ValueError(f"{frauds} of {rows} rows cannot be frauds: use at least one, and fewer than all.")
    rng = np.random.default_rng(seed)
    # A Student t with few degrees of freedom: principal components of payments have far outliers.
    V = rng.standard_normal((rows, COMPONENTS), dtype=np.float32)
    V /= np.sqrt(rng.gamma(2.5, 1 / 2.5, (rows, 1)).astype(np.float32))
    fraud = np.zeros(rows, dtype=np.int64)
    fraud[rng.choice(rows, frauds, replace=False)] = 1
    which = np.flatnonzero(fraud)
    _follow_habits(V, which, np.full(len(which), 1.0), rng)
    honest = np.flatnonzero(fraud == 0)
    alike = rng.choice(honest, min(round(_LOOKALIKES * rows), len(honest)), replace=False)
    _follow_habits(V, alike, rng.uniform(0.3, 0.7, len(alike)), rng)
    V *= np.geomspace(1.95, 0.33, COMPONENTS, dtype=np.float32)
    hour = rng.normal(14, 5, rows) % 24
    seconds = np.sort((rng.integers(0, 2, rows) * 24 + hour) * 3600)
    amount = rng.lognormal(3.1, 1.65, rows)
    # Half of the frauds are the one-euro tries of a stolen card.
    tries = which[rng.random(len(which)) < 0.5]
    amount[tries] = np.where(rng.random(len(tries)) < 0.5, 1.0, rng.lognormal(0.5, 1.0, len(tries)))
    columns: dict[str, np.ndarray] = {"Time": np.minimum(np.floor(seconds), _TWO_DAYS)}
    columns |= {f"V{i + 1}": V[:, i].astype(np.float64).round(6) for i in range(COMPONENTS)}
    columns |= {"Amount": amount.round(2), TARGET: fraud}
    return pd.DataFrame(columns)


def _follow_habits(V: np.ndarray, rows: np.ndarray, how_far: np.ndarray, rng: np.random.Generator) -> None:
    """Move rows towards the habits, in place; those left over after the habits' shares stay as they are."""
    shares = np.array([share for share, _ in _HABITS])
    habit = rng.choice(len(_HABITS) + 1, len(rows), p=[*shares, 1 - shares.sum()])
    for at, (_, moves) in enumerate(_HABITS):
        chosen, far = rows[habit == at], how_far[habit == at]
        # The components of a habit move together, by more in some cases than in others.
        strength = far * rng.gamma(6.0, 1 / 6.0, len(chosen))
        for component, move in moves.items():
            V[chosen, component] += (move * strength).astype(np.float32)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("path", type=Path, help="file to write: .csv or .parquet")
    arguments.add_argument("--rows", type=int, default=ROWS)
    arguments.add_argument("--seed", type=int, default=0)
    options = arguments.parse_args()
    frame = make(options.rows, seed=options.seed)
    if options.path.suffix == ".parquet":
        frame.to_parquet(options.path, index=False)
    else:
        frame.to_csv(options.path, index=False)
    print(f"{options.path}: {len(frame):,} rows, {int(frame[TARGET].sum()):,} frauds")


if __name__ == "__main__":
    main()
