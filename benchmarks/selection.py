"""Whether the value of a choice is right: its bias, and how often its interval holds the truth of the pick.

Sixty strategies decide rows that nobody has seen: each finds a row of the class with one chance and raises a false
alarm with another, so that its F1 on endless rows is known. Half of what a strategy sees of a row is the same in all
repeats. Either all are equally good, or one finds more. Two sizes: 1,000 rows in 5 folds, and 500 rows in 5 x 5; a
row is of the class with a chance of 5%. In each run the strategy with the highest mean of F1 over the folds is picked,
as the app does, and the value of that choice is computed by ``core.evaluation.selection``, as the app does.

``bias`` is the mean of the value less the truth of the pick, ``coverage`` the share of runs whose 95% interval holds
that truth; each is that of the setting that does worst. The raw mean of the pick stands beside them, and a lead that
the rows can hardly tell, where a choice by other rows is hardest to imitate: these are printed and do not count.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from scipy import stats

from benchmarks._print import parser, show
from core.evaluation.selection import corrected
from core.evaluation.weighted import Predictions

RUNS, STRATEGIES, SHARE, DRAWS = 500, 60, 0.05, 200
# In standard deviations of a score: how far the class lies from the rest, and where a row is called the class.
APART, CUT, IN_COMMON = 1.6, 2.0, 0.5
LEADS = {"equally good": 0.0, "one clearly better": 2.0}
CLOSE = {"one a little better": 1.0}


@dataclass(frozen=True)
class Size:
    """Rows, folds and repeats of a simulated run."""

    rows: int
    folds: int
    repeats: int


SIZES = (Size(1000, 5, 1), Size(500, 5, 5))


@dataclass(frozen=True)
class Setting:
    """What all runs of one setting came to: means over them."""

    bias: float
    coverage: float
    raw_bias: float
    width: float


def simulate(size: Size, lead: float, runs: int, seed: int = 0) -> Setting:
    """Return the figures of one setting; ``lead`` is how much farther the best one sets the class apart."""
    rows = np.array([simulated_run(size, lead, np.random.default_rng([seed, run])) for run in range(runs)])
    bias, covered, raw_bias, width = rows.mean(axis=0)
    return Setting(float(bias), float(covered), float(raw_bias), float(width))


def simulated_run(size: Size, lead: float, rng: np.random.Generator) -> tuple[float, float, float, float]:
    """Return the value's error, whether its interval holds the truth, the raw mean's error and the width."""
    y = np.zeros(0, np.int64)
    while y.sum() < 2 * size.folds:
        y = (rng.random(size.rows) < SHARE).astype(np.int64)
    apart = np.full(STRATEGIES, APART)
    apart[0] += lead
    kept = rng.standard_normal((STRATEGIES, size.rows))
    repeats: list[list[Predictions]] = [[] for _ in range(STRATEGIES)]
    by_fold = []
    for _ in range(size.repeats):
        fresh = rng.standard_normal((STRATEGIES, size.rows))
        scores = np.sqrt(IN_COMMON) * kept + np.sqrt(1 - IN_COMMON) * fresh + apart[:, None] * y
        called = (scores > CUT).astype(np.int64)
        by_fold.append(f1_by_fold(called, y, size.folds, rng))
        for own, decisions in zip(repeats, called, strict=True):
            certain = np.eye(2)[decisions]
            own.append(Predictions(np.arange(size.rows), size.rows, y, certain, decisions))
    outcome = corrected(
        np.concatenate(by_fold, axis=1).mean(axis=1), repeats, y, "f1", seed=int(rng.integers(2**31)), draws=DRAWS
    )
    truth = f1_in_truth(float(apart[outcome.pick]))
    covered = outcome.low <= truth <= outcome.high
    return outcome.value - truth, float(covered), outcome.raw - truth, outcome.high - outcome.low


def f1_in_truth(apart: float) -> float:
    """Return the F1 on endless rows."""
    found, alarms = stats.norm.sf(CUT - apart) * SHARE, stats.norm.sf(CUT) * (1 - SHARE)
    return float(2 * found / (found + alarms + SHARE))


def f1_by_fold(called: np.ndarray, y: np.ndarray, folds: int, rng: np.random.Generator) -> np.ndarray:
    """Return the F1 of decisions, shape (n_strategies, n), on each of stratified folds."""
    place = np.empty(len(y), np.int64)
    for code in (0, 1):
        rows = np.flatnonzero(y == code)
        place[rng.permutation(rows)] = np.arange(len(rows)) % folds
    inside = np.eye(folds)[place]
    return 2 * ((called * y) @ inside) / np.maximum(1, called @ inside + y @ inside)


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--runs", type=int, default=RUNS, help="simulated runs for each setting")
    options = arguments.parse_args()
    began = time.perf_counter()
    rows, counted = [], []
    for size in SIZES:
        for name, lead in {**LEADS, **({} if options.json else CLOSE)}.items():
            setting = simulate(size, lead, options.runs)
            if name in LEADS:
                counted.append(setting)
            where = f"{size.rows:,} rows, {size.folds} x {size.repeats} folds, {name}"
            rows.append(
                (
                    where,
                    f"bias {setting.bias:+.4f}  coverage {setting.coverage:6.1%}  width {setting.width:.3f}  "
                    f"raw mean {setting.raw_bias:+.3f}",
                )
            )
    figures = {
        "bias": max((s.bias for s in counted), key=abs),
        "coverage": max((s.coverage for s in counted), key=lambda share: abs(share - 0.95)),
        "raw_bias": max((s.raw_bias for s in counted), key=abs),
        "runs": options.runs,
        "simulation_s": time.perf_counter() - began,
    }
    rows += [
        ("bias, the worst that counts", f"{figures['bias']:+.4f}"),
        ("coverage, the worst that counts", f"{figures['coverage']:6.1%}"),
        (f"time of {options.runs} runs for each setting", f"{figures['simulation_s']:6.0f} s"),
    ]
    show(figures, rows, as_json=options.json)


if __name__ == "__main__":
    main()
