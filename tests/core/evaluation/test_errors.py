"""Errors by row and by class, from decisions that are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from core.evaluation.classes import class_scores, error_flow, worst_flows
from core.evaluation.errors import error_table, row_errors
from core.evaluation.outoffold import OutOfFold

ROWS = np.array([2, 0, 1, 3, 0, 1, 2, 3])  # two repeats
TRUTH = np.array([1, 0, 1, 0, 0, 1, 1, 0])


def one(key: str, decisions: list[int]) -> OutOfFold:
    d = np.array(decisions)
    p = np.where(np.arange(2)[None] == d[:, None], 0.9, 0.1)
    zeros = np.zeros(8, np.int64)
    return OutOfFold(key, ROWS, zeros, np.repeat([0, 1], 4), TRUTH, p, d, (0.5,), zeros[None, :2])


POOLED = (one("a", [0, 0, 1, 1, 0, 1, 0, 1]), one("b", [0, 0, 0, 0, 0, 0, 0, 1]))


def test_rows_are_gathered_over_repeats() -> None:
    errors = row_errors(POOLED)
    assert errors.rows.tolist() == [0, 1, 2, 3]
    assert errors.truth.tolist() == [0, 1, 1, 0]
    assert errors.decisions.tolist() == [[0, 0], [1, 0], [0, 0], [1, 0]]  # a tie goes to the first class
    assert errors.wrong.tolist() == [0, 1, 2, 1]
    assert errors.all_wrong.tolist() == [False, False, True, False]
    assert errors.disagree.tolist() == [False, True, False, True]
    assert errors.belief == pytest.approx([0.9, 0.5, 0.1, (0.1 + 0.1 + 0.9 + 0.1) / 4])


def test_the_table_has_decisions_and_columns_and_no_name_twice() -> None:
    frame = pd.DataFrame({"Row": [9, 8, 7, 6], "SMOTE": list("wxyz")}, index=[5, 6, 7, 9])
    errors = row_errors(POOLED)
    table = error_table(errors, errors.wrong > 0, frame, ("no", "yes"), {"a": "SMOTE", "b": "SMOTE"})
    assert list(table.columns) == [
        "Row", "True class", "Wrong", "Truth's probability", "SMOTE", "SMOTE (table)", "Row (table)",
        "SMOTE (table) (table)",
    ]  # fmt: skip
    assert table["Row"].tolist() == [3, 4, 2]
    assert table["True class"].tolist() == ["yes", "no", "yes"]
    assert table["SMOTE"].tolist() == ["no", "yes", "yes"]
    assert table["Row (table)"].tolist() == [7, 6, 8]
    assert error_table(errors, errors.wrong > 5, frame, ("no", "yes"), {"a": "A", "b": "B"}).empty


def test_class_scores_are_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    y, d = rng.choice(4, 300), rng.choice(4, 300)
    d[d == 3] = 2  # one class is never decided
    confusion = sk.confusion_matrix(y, d, labels=range(4))
    scores = class_scores(confusion)
    precision, recall, f1, _ = sk.precision_recall_fscore_support(y, d, labels=range(4), zero_division=0)
    np.testing.assert_allclose(scores.precision, precision)
    np.testing.assert_allclose(scores.recall, recall)
    np.testing.assert_allclose(scores.f1, f1)


def test_where_errors_go() -> None:
    confusion = np.array([[90, 10, 0], [1, 4, 5], [0, 0, 0]])
    np.testing.assert_allclose(error_flow(confusion), [[0.9, 0.1, 0], [0.1, 0.4, 0.5], [0, 0, 0]])
    assert worst_flows(confusion) == [(1, 2, 5), (0, 1, 10), (1, 0, 1)]
    assert worst_flows(np.diag([3, 4])) == []
