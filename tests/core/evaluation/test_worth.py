"""What decisions cost, against counting by hand and scikit-learn's example on the amounts of German credit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from core.data.samples import load_sample
from core.decision.costs import Costs
from core.decision.row_costs import Cost, RowCosts
from core.decision.stakes import Stakes
from core.evaluation.outoffold import OutOfFold
from core.evaluation.worth import cheapest_threshold, worth
from tests.core.evaluation.test_explorer import pooled


@pytest.mark.parametrize("benefits", [False, True])
@pytest.mark.parametrize("prevalence", [None, 0.02])
def test_values_and_savings_are_those_of_counted_decisions(benefits: bool, prevalence: float | None) -> None:
    rows, matrix = pooled(), ((0.5, 2.0), (9.0, 1.0))
    shown = worth(rows, 1, Stakes(Costs(matrix, benefits, prevalence)))
    for i, one in enumerate(rows):
        share = one.truth.mean() if prevalence is None else prevalence
        counts = confusion_matrix(one.truth, one.decisions).astype(float)
        rates = counts / counts.sum(axis=1, keepdims=True) * np.array([[1 - share], [share]])
        value = (rates * np.array(matrix)).sum()
        nobody = (1 - share) * matrix[0][0] + share * matrix[1][0]
        everybody = (1 - share) * matrix[0][1] + share * matrix[1][1]
        sign = -1 if benefits else 1
        assert shown.value[i, 0] == pytest.approx(value)
        assert shown.saved_nobody[i, 0] == pytest.approx(sign * (nobody - value))
        assert shown.saved_everybody[i, 0] == pytest.approx(sign * (everybody - value))
        assert shown.hits[i] == counts[1, 1]
        assert shown.called[i] == counts[:, 1].sum()


def test_an_interval_is_that_of_rows_drawn_again() -> None:
    (one, _), costs = pooled(), np.array([[0.0, 1.0], [10.0, 0.0]])
    shown = worth((one,), 1, Stakes())
    own, rng = costs[one.truth, one.decisions], np.random.default_rng(0)
    drawn = []
    for _ in range(3000):
        drawn.append(sum(rng.choice(own[one.truth == c], (one.truth == c).sum()).sum() for c in (0, 1)) / len(own))
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert shown.value[0, 1] == pytest.approx(low, abs=0.06 * (high - low) + 0.02)
    assert shown.value[0, 2] == pytest.approx(high, abs=0.06 * (high - low) + 0.02)
    twice = OutOfFold(
        one.key, np.tile(one.rows, 2), np.repeat([0, 1], len(own)), np.repeat([0, 1], len(own)), np.tile(one.truth, 2),
        np.tile(one.probabilities, (2, 1)), np.tile(one.decisions, 2), (0.5, 0.5), np.tile(one.training_counts, (2, 1)),
    )  # fmt: skip
    np.testing.assert_allclose(worth((twice,), 1, Stakes()).value, shown.value)


def test_the_cheapest_threshold_is_the_best_of_all_and_never_chosen_by_the_rows_it_decides() -> None:
    rng = np.random.default_rng(2)
    p, gain = rng.random(200).round(2), rng.normal(size=200)
    reached = gain[p >= cheapest_threshold(p, gain)].sum()
    assert reached == pytest.approx(max(gain[p >= t].sum() for t in [*p, 2.0]))
    (one, _) = pooled()
    folds = replace(one, fold=np.arange(len(one.truth)) % 4)
    shown = worth((folds,), 1, Stakes(), rule="cheapest")
    matrix, spent = np.array([[0.0, 1.0], [10.0, 0.0]]), 0.0
    p = one.probabilities[:, 1].astype(float)
    for fold in range(4):
        here = folds.fold == fold
        cut = min([*np.unique(p), 2.0], key=lambda t: matrix[one.truth[~here], (p[~here] >= t).astype(int)].sum())
        spent += matrix[one.truth[here], (p[here] >= cut).astype(int)].sum()
    # Between two probabilities of the others a threshold lies halfway, which may decide a row of the fold otherwise.
    assert shown.value[0, 0] == pytest.approx(spent / len(p), rel=0.1)


def test_german_credit_by_its_amounts_is_cheaper_row_by_row() -> None:
    """scikit-learn's cost-sensitive example: a good loan earns 2% of its amount, a bad one loses all of it."""
    frame = load_sample("german_credit").frame
    truth = (frame["creditability"].astype(str) == "bad").to_numpy().astype(np.int64)
    X = pd.get_dummies(frame.drop(columns="creditability")).to_numpy(float)
    folds = list(StratifiedKFold(5, shuffle=True, random_state=0).split(X, truth))
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300, C=0.1))
    p = np.concatenate([model.fit(X[train], truth[train]).predict_proba(X[test]) for train, test in folds])
    rows = np.concatenate([test for _, test in folds])
    fold = np.repeat(np.arange(5), [len(test) for _, test in folds])
    one = OutOfFold(
        "plain", rows, fold, np.zeros(1000, np.int64), truth[rows], p, p.argmax(1), (0.5,) * 5, np.ones((5, 2))
    )
    # As costs: refusing a good loan forgoes what it would earn, granting a bad one loses its amount.
    amount = next(name for name in frame.columns if "amount" in name)
    costs = RowCosts(alarm=Cost(column=amount, factor=0.02), miss=Cost(column=amount))
    stakes = Stakes(rule="rows", row_costs=costs)
    by_row, own, cheapest = (worth((one,), 1, stakes, frame, rule) for rule in ("rows", "own", "cheapest"))
    money, refused = frame[amount].to_numpy(float)[rows], p[:, 1] > 0.02 / 1.02
    spent = np.where(refused, 0.02 * money * (truth[rows] == 0), money * (truth[rows] == 1))
    assert by_row.value[0, 0] == pytest.approx(spent.mean())
    assert by_row.value[0, 0] < own.value[0, 0]
    assert cheapest.value[0, 0] < own.value[0, 0]
    assert by_row.saved_nobody[0, 1] > 0
