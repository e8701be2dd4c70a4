"""The scikit-learn classifier: scikit-learn's own checks, mixed tables, and every kind of strategy."""

from __future__ import annotations

import doctest
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.metrics import average_precision_score, recall_score
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import core.estimator
from core.data.samples import load_sample
from core.estimator import StrategyClassifier
from core.plan import NetworkChoice, PlanError
from core.strategies import StrategyError

QUICK = {"hidden_layers": (16,), "epochs": 30, "learning_rate": 0.01, "random_state": 0}


@parametrize_with_checks([StrategyClassifier()])
def test_scikit_learn_checks(estimator: StrategyClassifier, check) -> None:  # type: ignore[no-untyped-def]
    check(estimator)


@pytest.fixture(scope="module")
def credit() -> tuple[pd.DataFrame, pd.Series]:
    """Return a table of numbers and text, some of it missing, and text labels."""
    frame = load_sample("german_credit").frame.copy()
    y = frame.pop("creditability")
    frame.iloc[::17, 0] = None
    return frame, y


def test_text_columns_gaps_and_unseen_levels(credit: tuple[pd.DataFrame, pd.Series]) -> None:
    X, y = credit
    fitted = StrategyClassifier("smote", **QUICK).fit(X[:700], y[:700])
    assert list(fitted.classes_) == sorted(y.unique())
    new = X[700:].copy()
    text = next(name for name in new if not pd.api.types.is_numeric_dtype(new[name]))
    new[text] = "never seen"
    for rows in (X[700:], new):
        probabilities = fitted.predict_proba(rows)
        assert probabilities.shape == (300, 2)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    rare = list(fitted.classes_).index(y.value_counts().idxmin())
    truth = (y[700:] == fitted.classes_[rare]).to_numpy()
    assert average_precision_score(truth, fitted.predict_proba(X[700:])[:, rare]) > truth.mean() + 0.1
    with pytest.raises(ValueError, match="feature names"):
        fitted.predict(X.rename(columns={text: "another"}))


def test_members_learn_from_all_rows_and_thresholds_are_chosen_on_all(credit: tuple[pd.DataFrame, pd.Series]) -> None:
    X, y = credit
    strong = {"members": 3, "weight_decay": 0.016, "schedule": "cosine", "warm_up": 0.1, "clip_norm": 5.0}
    strong |= {"stop_on": "mcc", "network": "mixed(hidden_layers=8)"}
    fitted = StrategyClassifier("isotonic+threshold_f1", epochs=4, random_state=0, **strong).fit(X[:400], y[:400])
    widths = sorted({network.weights[-2].shape for network in fitted._networks.trained})
    assert len(fitted._networks.trained) == 3
    assert widths == [(8, 1)]
    assert len({len(network.weights) for network in fitted._networks.trained}) == 2  # plain ones, and one of waves
    np.testing.assert_allclose(fitted.predict_proba(X[400:420]).sum(axis=1), 1)
    assert set(clone(fitted).get_params()) >= set(strong)
    with pytest.raises(PlanError, match="No class has 5 rows to train on"):
        StrategyClassifier("plain", members=5).fit(np.arange(8.0)[:, None], np.arange(8) % 2)
    with pytest.raises(PlanError, match="Stop on must be one of"):
        StrategyClassifier("plain", stop_on="luck").fit(X, y)


@pytest.mark.parametrize(
    "strategy",
    [
        "class_weight",
        "focal",
        "balanced_batches",
        "self_paced(n_members=2)",
        "logistic",
        "isotonic+threshold_f1",
        "under_bagging(n_members=2)+prior_correction+threshold_g_mean",
    ],
)
def test_every_kind_of_strategy_fits_predicts_and_pickles(strategy: str) -> None:
    X, y = make_classification(600, 8, weights=[0.85], random_state=1)
    model = clone(StrategyClassifier(strategy, **QUICK)).fit(X, y)
    probabilities, decisions = model.predict_proba(X), model.predict(X)
    assert average_precision_score(y, probabilities[:, 1]) > 0.5
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), probabilities)
    np.testing.assert_array_equal(StrategyClassifier(strategy, **QUICK).fit(X, y).predict(X), decisions)


def test_a_threshold_moves_decisions_and_not_probabilities() -> None:
    X, y = make_classification(800, 8, weights=[0.9], flip_y=0.05, random_state=2)
    plain = StrategyClassifier("plain", **QUICK).fit(X, y)
    moved = StrategyClassifier("threshold_recall(floor=0.95)", **QUICK).fit(X, y)
    np.testing.assert_array_equal(plain.predict_proba(X), moved.predict_proba(X))
    assert recall_score(y, moved.predict(X)) > recall_score(y, plain.predict(X))


def test_the_positive_class_is_the_rarer_one_whatever_its_name() -> None:
    X, y = make_classification(600, 8, weights=[0.85], random_state=1)
    names = np.where(y == 1, "a rare", "b common")
    by_code = StrategyClassifier("threshold_recall", **QUICK).fit(X, y)
    by_name = StrategyClassifier("threshold_recall", **QUICK).fit(X, names)
    np.testing.assert_array_equal(by_name.predict(X) == "a rare", by_code.predict(X) == 1)
    np.testing.assert_array_equal(by_name.predict_proba(X)[:, 0], by_code.predict_proba(X)[:, 1])
    other = StrategyClassifier("threshold_recall", positive="b common", **QUICK).fit(X, names)
    assert (other.predict(X) == "b common").mean() > (by_name.predict(X) == "b common").mean()
    with pytest.raises(ValueError, match="none of the classes"):
        StrategyClassifier(positive="c", **QUICK).fit(X, names)


def test_many_classes_in_a_pipeline_under_a_grid_search() -> None:
    X, y = make_classification(500, 8, n_informative=5, n_classes=3, weights=[0.7, 0.2], random_state=3)
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    model = make_pipeline(StandardScaler(), StrategyClassifier(**QUICK))
    grid = {"strategyclassifier__strategy": ["plain", "smote(k_neighbors=3)"]}
    search = GridSearchCV(model, grid, cv=2, scoring="balanced_accuracy").fit(X_train, y_train)
    assert search.score(X_test, y_test) > 0.45
    assert search.predict_proba(X_test).shape == (len(y_test), 3)


@pytest.mark.parametrize(
    ("strategy", "error", "words"),
    [
        ("smoth", PlanError, "no strategy called"),
        ("smote", StrategyError, "table has 1"),
        ("smoten", StrategyError, "categorical columns only"),
    ],
)
def test_what_cannot_work_is_said(strategy: str, error: type[Exception], words: str) -> None:
    X, y = np.random.default_rng(0).normal(size=(40, 3)), np.arange(40) < 1
    with pytest.raises(error, match=words):
        StrategyClassifier(strategy, **QUICK).fit(X, y)


def test_the_example_in_its_docstring_runs() -> None:
    finder = doctest.DocTestFinder(recurse=False)
    (example,) = finder.find(StrategyClassifier, "StrategyClassifier", module=core.estimator)
    runner = doctest.DocTestRunner()
    runner.run(example)
    assert runner.summarize().failed == 0
    assert runner.summarize().attempted >= 4


def test_it_trains_any_network() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3))
    y = (X[:, 0] + 0.3 * rng.normal(size=300) > 1).astype(int)
    quick = {"epochs": 3, "random_state": 0}

    def own(n_features: int, n_outputs: int) -> object:
        import keras

        return keras.Sequential([keras.Input((n_features,)), keras.layers.Dense(n_outputs)])

    by_name = StrategyClassifier("plain", network="linear", **quick).fit(X, y)
    by_choice = StrategyClassifier("plain", network=NetworkChoice("linear"), **quick).fit(X, y)
    np.testing.assert_array_equal(by_name.predict_proba(X), by_choice.predict_proba(X))
    assert StrategyClassifier("plain", network=own, **quick).fit(X, y).predict_proba(X).shape == (300, 2)
    with pytest.raises(PlanError, match="no network called 'tabn'"):
        StrategyClassifier("plain", network="tabn", **quick).fit(X, y)
    with pytest.raises(PlanError, match="Name one network, not 2"):
        StrategyClassifier("plain", network="mlp, linear", **quick).fit(X, y)
