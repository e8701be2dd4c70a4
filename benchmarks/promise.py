"""How often a promise on recall is kept on new rows, and how often the plain floor is.

1,000 times a table is drawn from a generative model (two Gaussian classes in five features, one row in twenty
positive). A linear discriminant learns from 2,000 rows; the strategies "Threshold by a promise on recall" (90%
with 95% confidence) and "Threshold by a recall floor" (90%) take their thresholds from 40 to 200 positive validation
rows. What share of all positive rows a threshold then finds is known exactly, since the score of a Gaussian class is
Gaussian. The promise holds in a run where that share is at least 90%.
"""

from __future__ import annotations

import time

import numpy as np
from scipy.stats import norm
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from threadpoolctl import threadpool_limits

from benchmarks._print import parser, show
from core.plan import Part
from core.strategies import Deciding, TrainingView, make
from core.strategies.view import Numbers

RUNS, RECALL, CONFIDENCE = 1000, 0.9, 0.95
ROWS, SHARE, FEATURES, SHIFT = 2000, 0.05, 5, 1.0
POSITIVES = (40, 200)
RULES = {
    "promise": Part.of("threshold_promise", recall=RECALL, confidence=CONFIDENCE),
    "floor": Part.of("threshold_recall", floor=RECALL),
}


def simulated_run(rng: np.random.Generator) -> dict[str, tuple[float, float]]:
    """Return the shares of all positives and of all negatives that each rule calls positive."""
    y, X = drawn(rng, int(SHARE * ROWS), int((1 - SHARE) * ROWS))
    model = LinearDiscriminantAnalysis().fit(X, y)
    positives = int(rng.integers(*POSITIVES, endpoint=True))
    y_valid, X_valid = drawn(rng, positives, round(positives * (1 - SHARE) / SHARE))
    view = TrainingView.of(Numbers(), X, y, n_classes=2, seed=0)
    called = {}
    for name, part in RULES.items():
        strategy = make(part)
        assert isinstance(strategy, Deciding)
        rule = strategy.rule(model.predict_proba(X_valid), y_valid, view, [])
        assert rule is not None
        assert rule.threshold is not None
        logit = np.log(rule.threshold / (1 - rule.threshold))
        slope, bias = model.coef_[0], model.intercept_[0]
        spread = np.linalg.norm(slope)
        called[name] = (
            float(norm.sf((logit - bias - SHIFT * slope.sum()) / spread)),
            float(norm.sf((logit - bias) / spread)),
        )
    return called


def drawn(rng: np.random.Generator, positives: int, negatives: int) -> tuple[np.ndarray, np.ndarray]:
    """Return classes and features of so many rows."""
    y = np.repeat([1, 0], [positives, negatives])
    return y, rng.standard_normal((len(y), FEATURES)) + SHIFT * y[:, None]


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--runs", type=int, default=RUNS, help="simulated runs")
    options = arguments.parse_args()
    began = time.perf_counter()
    with threadpool_limits(1):
        runs = [simulated_run(np.random.default_rng([0, run])) for run in range(options.runs)]
    found = {name: np.array([run[name] for run in runs]) for name in RULES}
    held = {name: float((values[:, 0] >= RECALL).mean()) for name, values in found.items()}
    figures = {
        "held": held["promise"],
        "runs": options.runs,
        "held_by_floor": held["floor"],
        "recall": float(found["promise"][:, 0].mean()),
        "false_alarm_rate": float(found["promise"][:, 1].mean()),
        "false_alarm_rate_of_floor": float(found["floor"][:, 1].mean()),
        "simulation_s": time.perf_counter() - began,
    }
    rows = [
        (f"promise kept, in {options.runs:,} simulated runs", f"{held['promise']:6.1%}"),
        ("the same by the plain recall floor", f"{held['floor']:6.1%}"),
        ("recall under the promise, on average", f"{figures['recall']:6.1%}"),
        ("negatives called positive under the promise", f"{figures['false_alarm_rate']:6.1%}"),
        ("the same by the plain recall floor", f"{figures['false_alarm_rate_of_floor']:6.1%}"),
        ("time of the simulation", f"{figures['simulation_s']:6.1f} s"),
    ]
    show(figures, rows, as_json=options.json)


if __name__ == "__main__":
    main()
