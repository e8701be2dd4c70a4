"""How often the verdict's test takes noise for a lead, and how fast the threshold explorer answers.

False alarms: 1,000 times a table is drawn from a generative model (500 rows, a fifth of them positive) whose
ten features say equally much about the class. Two equally good strategies, the same classifier (Gaussians with
a shared diagonal covariance) on the first and on the last five features, go through real 5 x 5 cross-validation
on the same stratified folds. Neither is better, so every p below 0.05 is a false alarm. Training sets overlap as
they do in the app. The plain paired t-test on the same scores stands beside it, and so does the same strategy with
another seed: the same classifier on two random under-samples of each training part.

Far behind: where many strategies are compared on few folds, no corrected test calls anything clear, and a strategy with
less than half of the best's mean is passed over by a rule of its own. Sixty equally good strategies, each the same
scores with noise of its own, decide 500 rows, of which 5% are of the class, in five folds: it is a false alarm where
the first is called far behind the luckiest.

The explorer: twelve strategies, 100,000 tested rows, 200 moves of the slider. A move gives every strategy's
confusion matrix, precision, recall, F1 and expected cost; the 95th percentile of the moves counts. Sorting the
probabilities, once per class, is timed apart.
"""

from __future__ import annotations

import time

import numpy as np

from benchmarks import selection
from benchmarks._print import parser, show
from core.evaluation.paired import corrected_t_test
from core.evaluation.simplicity import far_behind

RUNS, ROWS, SHARE, FEATURES, SHIFT = 1000, 500, 0.2, 5, 0.7
FOLDS, REPEATS, LEVEL = 5, 5, 0.05


def false_alarm_rates(runs: int = RUNS, seed: int = 0) -> dict[str, float]:
    """Return the shares of simulated runs that the tests call different at the 5% level, by name.

    Returns
    -------
    dict
        ``corrected`` and ``uncorrected`` for equally good strategies, ``reseeded`` for one strategy with two seeds.
    """
    pairs = [simulated_run(np.random.default_rng([seed, run])) for run in range(runs)]
    features, seeds = (np.array(part).T for part in zip(*pairs, strict=True))
    return {
        "corrected": float((corrected_t_test(features, 1 / (FOLDS - 1)) < LEVEL).mean()),
        "uncorrected": float((corrected_t_test(features, 0.0) < LEVEL).mean()),
        "reseeded": float((corrected_t_test(seeds, 1 / (FOLDS - 1)) < LEVEL).mean()),
    }


def simulated_run(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the F1 differences of two equally good strategies and of one with two seeds, by fold."""
    y = (rng.permutation(ROWS) < SHARE * ROWS).astype(np.float64)
    X = rng.standard_normal((ROWS, 2 * FEATURES)) + SHIFT * y[:, None]
    test = np.concatenate([stratified_folds(y, rng) for _ in range(REPEATS)])
    first, second = (f1_by_fold(X[:, half], y, 1 - test, test) for half in (slice(FEATURES), slice(FEATURES, None)))
    thinned = [f1_by_fold(X, y, under_sample(1 - test, y, rng), test) for _ in range(2)]
    return first - second, thinned[0] - thinned[1]


def far_alarm_rate(runs: int = RUNS, seed: int = 0) -> float:
    """Return the share of simulated runs in which the first of sixty equally good strategies is called far behind."""
    alarms = [_called_far(np.random.default_rng([seed, run])) for run in range(runs)]
    return float(np.mean(alarms))


def _called_far(rng: np.random.Generator) -> bool:
    y = np.zeros(0, np.int64)
    while y.sum() < 2 * FOLDS:
        y = (rng.random(ROWS) < selection.SHARE).astype(np.int64)
    scores = rng.standard_normal((selection.STRATEGIES, ROWS)) + selection.APART * y
    by_fold = selection.f1_by_fold((scores > selection.CUT).astype(np.int64), y, FOLDS, rng)
    means = by_fold.mean(axis=1)
    best = int(means.argmax())
    p = corrected_t_test((by_fold[best] - by_fold[0])[:, None], 1 / (FOLDS - 1))
    return far_behind(float(means[0]), float(means[best]), float(p[0]))


def stratified_folds(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return each fold's test rows as 0 and 1, shape (FOLDS, n)."""
    places = np.empty(len(y), np.int64)
    for code in (0, 1):
        rows = np.flatnonzero(y == code)
        places[rng.permutation(rows)] = np.arange(len(rows)) % FOLDS
    return (places == np.arange(FOLDS)[:, None]).astype(np.float64)


def under_sample(train: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return training rows, shape (n_folds, n), with as many negatives as positives."""
    draw = np.where((train > 0) & (y == 0), rng.random(train.shape), np.inf)
    last = np.sort(draw, axis=1)[np.arange(len(train)), (train * y).sum(axis=1).astype(np.int64) - 1]
    return train * y + (draw <= last[:, None])


def f1_by_fold(X: np.ndarray, y: np.ndarray, train: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Return the test F1 of the diagonal discriminant fitted on each fold's training rows."""
    positive, negative = train * y, train * (1 - y)
    n1, n0 = positive.sum(axis=1, keepdims=True), negative.sum(axis=1, keepdims=True)
    mean1, mean0 = positive @ X / n1, negative @ X / n0
    variance = ((positive + negative) @ X**2 - n1 * mean1**2 - n0 * mean0**2) / (n1 + n0 - 2)
    weights = (mean1 - mean0) / variance
    bias = np.log(n1 / n0) - (weights * (mean1 + mean0)).sum(axis=1, keepdims=True) / 2
    called = test * (weights @ X.T + bias > 0)
    return 2 * (called * y).sum(axis=1) / np.maximum(1, called.sum(axis=1) + (test * y).sum(axis=1))


def explorer_times(rows: int = 100_000, strategies: int = 12, moves: int = 200) -> tuple[float, float]:
    """Return the milliseconds of a slider's move (95th percentile) and of the sorting before the first."""
    from core.decision.costs import Costs
    from core.evaluation.explorer import Explorer
    from core.evaluation.outoffold import OutOfFold

    rng = np.random.default_rng(0)
    truth = (rng.random(rows) < 0.05).astype(np.int64)
    nothing = np.zeros(rows, np.int64)
    pooled = []
    for k in range(strategies):
        p = 1 / (1 + np.exp(-(2.0 * truth - 2 + rng.standard_normal(rows)))).astype(np.float32)
        both = np.stack([1 - p, p], axis=1)
        pooled.append(
            OutOfFold(
                str(k), np.arange(rows), nothing, nothing, truth, both, both.argmax(axis=1), (0.5,), np.ones((1, 2))
            )
        )
    began = time.perf_counter()
    explorer = Explorer.of(pooled, 1)
    sorting = time.perf_counter() - began
    costs, times = Costs(((0.0, 1.0), (10.0, 0.0)), prevalence=0.01), []
    for threshold in np.linspace(0.01, 0.99, moves):
        began = time.perf_counter()
        explorer.at(float(threshold), costs)
        times.append(time.perf_counter() - began)
    return 1000 * float(np.quantile(times, 0.95)), 1000 * sorting


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--runs", type=int, default=RUNS, help="simulated runs")
    options = arguments.parse_args()
    began = time.perf_counter()
    rates = false_alarm_rates(options.runs)
    far = far_alarm_rate(options.runs)
    seconds = time.perf_counter() - began
    explorer_ms, sorting_ms = explorer_times()
    figures = {
        "false_alarm_rate": rates["corrected"],
        "uncorrected_false_alarm_rate": rates["uncorrected"],
        "reseeded_false_alarm_rate": rates["reseeded"],
        "far_behind_false_alarm_rate": far,
        "simulation_s": seconds,
        "explorer_ms": explorer_ms,
        "explorer_sorting_ms": sorting_ms,
    }
    rows = [
        (f"false alarms at the 5% level, {options.runs} simulated runs of 5 x 5 folds", f"{rates['corrected']:6.1%}"),
        ("the same by the plain paired t-test", f"{rates['uncorrected']:6.1%}"),
        ("one strategy with two seeds, corrected test", f"{rates['reseeded']:6.1%}"),
        ("the first of sixty equal strategies is called far behind, 5 folds, 5% of the class", f"{far:6.1%}"),
        ("time of the simulation", f"{seconds:6.1f} s"),
        ("explorer: a move of the slider, 12 strategies x 100,000 rows", f"{explorer_ms:6.2f} ms"),
        ("explorer: sorting before the first move", f"{sorting_ms:6.0f} ms"),
    ]
    show(figures, rows, as_json=options.json)


if __name__ == "__main__":
    main()
