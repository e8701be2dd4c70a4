"""What early stopping may go by: every metric that tells epochs apart, as the comparison measures it."""

from __future__ import annotations

import numpy as np
import pytest

from core.evaluation.metrics import METRICS, metric_of, score
from core.experiment.stopping import STOP_SCORES
from core.plan import PlanError, TrainingSettings
from core.settings import NOT_STOPPED_ON, STOP_ON

RNG = np.random.default_rng(0)
RANKING = ("average_precision", "roc_auc", "log_loss", "brier")


def test_every_metric_is_stopped_on_or_says_why_not() -> None:
    assert {*STOP_ON, *NOT_STOPPED_ON} == {"loss", *(metric.key for metric in METRICS)}
    assert set(STOP_SCORES) == set(STOP_ON) - {"loss"}
    for name, why in NOT_STOPPED_ON.items():
        with pytest.raises(PlanError, match=f"Stopping on {name} is not offered, since {why}: choose f1"):
            TrainingSettings(stop_on=name)


@pytest.mark.parametrize("name", STOP_SCORES)
def test_a_score_is_the_comparisons_metric(name: str) -> None:
    sign = 1 if metric_of(name).higher_is_better else -1
    p = RNG.dirichlet(np.ones(3), 50).round(2) + 1e-3
    p, y = p / p.sum(axis=1, keepdims=True), RNG.integers(0, 3, 50)
    wanted = score(y, p, p.argmax(axis=1), 3)[name]
    assert STOP_SCORES[name](y, p) == pytest.approx(sign * wanted, rel=1e-6)
    # Of two classes, the best threshold counts for metrics of decisions.
    p, y = p[:, :2] / p[:, :2].sum(axis=1, keepdims=True), y // 2
    cuts = (0.0,) if name in RANKING else (*np.unique(p[:, 1]), 2.0)
    best = max(sign * score(y, p, (p[:, 1] >= cut).astype(int), 2)[name] for cut in cuts)
    assert STOP_SCORES[name](y, p) == pytest.approx(best * (2 if name == "brier" else 1), rel=1e-6)


def test_rows_of_one_class_are_stopped_on_by_what_they_were_given() -> None:
    y, p = np.zeros(4, int), np.array([[0.9, 0.1]] * 4)
    assert {round(stop(y, p), 9) for stop in STOP_SCORES.values()} == {round(float(np.log(0.9)), 9)}
