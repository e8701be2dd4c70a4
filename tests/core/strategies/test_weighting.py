"""Class weights against scikit-learn, the authors' code and worked numbers."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from core.plan import Part
from core.strategies import StrategyError, TrainingView, make, parts_of, stages_of
from core.strategies._costs import cost_matrix
from core.strategies.notation import parse_choice
from core.strategies.weighting import balanced, effective_number
from core.training.lane import Lane

COUNTS = np.array([5000, 400, 25])


def view_with(counts: np.ndarray) -> TrainingView:
    y = np.repeat(np.arange(len(counts)), counts)
    X = np.zeros((len(y), 1))
    return TrainingView(X.astype(np.float32), X, (), y, len(counts), 0, lambda rows: rows.astype(np.float32))


def class_weights(key: str, counts: np.ndarray, **parameters: object) -> np.ndarray:
    view = view_with(counts)
    (lane,) = make(Part.of(key, **parameters)).refine(Lane(np.arange(len(view.y)), 0), view)  # type: ignore[arg-type]
    assert lane.sample_weight is not None
    assert lane.sample_weight.mean() == pytest.approx(1, abs=1e-5)
    return np.array([lane.sample_weight[view.y == c][0] for c in range(len(counts))])


def test_balanced_weights_equal_scikit_learn() -> None:
    y = np.repeat(np.arange(3), COUNTS)
    expected = compute_class_weight("balanced", classes=np.arange(3), y=y)
    np.testing.assert_allclose(balanced(COUNTS), expected)
    np.testing.assert_allclose(class_weights("class_weight", COUNTS), expected, rtol=1e-5)


def test_square_root_weights_are_half_way_on_a_logarithmic_scale() -> None:
    weights = class_weights("sqrt_weight", COUNTS)
    np.testing.assert_allclose(weights[2] / weights[0], np.sqrt(5000 / 25), rtol=1e-5)
    np.testing.assert_allclose(weights[1] / weights[0], np.sqrt(5000 / 400), rtol=1e-5)


@pytest.mark.parametrize("beta", [0.9, 0.99, 0.999, 0.9999])
def test_effective_number_weights_equal_the_authors_code(beta: float) -> None:
    """Cui et al. (2019): their code raises beta to the counts, divides, and scales to a sum of the class count."""
    expected = (1.0 - beta) / (1.0 - np.power(beta, COUNTS))
    expected = expected / expected.sum() * len(COUNTS)
    np.testing.assert_allclose(effective_number(COUNTS, beta), expected, rtol=1e-10)
    mine = class_weights("effective_number", COUNTS, beta=beta)
    np.testing.assert_allclose(mine / mine.sum(), expected / expected.sum(), rtol=1e-5)


def test_effective_number_reaches_its_limits() -> None:
    """Cui et al. (2019), section 3: beta 0 gives no weights; towards 1 they become inverse class frequencies."""
    np.testing.assert_allclose(effective_number(COUNTS, 0.0), np.ones(3))
    limit = effective_number(COUNTS, 1 - 1e-12)
    np.testing.assert_allclose(limit / limit[0], COUNTS[0] / COUNTS, rtol=1e-4)
    # N = 1 / (1 - beta) prototypes: one row has an effective number of 1, very many have N.
    one_and_many = effective_number(np.array([1, 1_000_000]), 0.9)
    np.testing.assert_allclose(one_and_many[0] / one_and_many[1], 10, rtol=1e-9)


def test_cost_weights_are_the_rows_of_the_cost_matrix() -> None:
    """Zhou and Liu (2006), equation 6: a class weighs what mistaking it costs in all."""
    counts = np.array([900, 100])
    weights = class_weights("cost_weight", counts, costs=(0.0, 1.0, 7.0, 0.0))
    assert weights[1] / weights[0] == pytest.approx(7, rel=1e-5)
    weights = class_weights("cost_weight", COUNTS, costs=(0.0, 1.0, 2.0, 4.0, 0.0, 1.0, 10.0, 20.0, 0.0))
    np.testing.assert_allclose(weights / weights[0], np.array([3, 5, 30]) / 3, rtol=1e-5)


@pytest.mark.parametrize(
    "sampler",
    ["random_over", "smote", "random_under", "under_bagging", "near_miss_3", "smote_enn", "balanced_batches"],
)
def test_costs_are_those_of_the_tables_classes_whatever_a_sampler_left(sampler: str) -> None:
    """900:100 and a cost of 10: a positive row weighs ten times a negative one, also where positives lead."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [900, 100])
    X = rng.standard_normal((1000, 2)) + 1.5 * y[:, None]
    view = TrainingView(X.astype(np.float32), X, (), y, 2, 0, lambda rows: rows.astype(np.float32))
    choice = parse_choice(f"{sampler}+cost_weight(miss_cost=10)")
    for lane in next(stages_of(parts_of(choice), Lane(np.arange(1000), 0), view)):
        labels = lane.labels(y)
        assert lane.sample_weight is not None
        ratio = lane.sample_weight[labels == 1].mean() / lane.sample_weight[labels == 0].mean()
        assert ratio == pytest.approx(10, rel=1e-4)


def test_a_cost_matrix_from_one_number_grows_with_rarity() -> None:
    matrix = cost_matrix(16.0, (), np.array([1600, 400, 100]))
    np.testing.assert_allclose(matrix, [[0, 1, 1], [4, 0, 4], [16, 16, 0]])


@pytest.mark.parametrize(
    ("costs", "words"),
    [
        ((0.0, 1.0, 1.0), "2 × 2 = 4 numbers"),
        ((0.0, -1.0, 1.0, 0.0), "at least 0"),
        ((1.0, 1.0, 1.0, 0.0), "zeros on its diagonal"),
        ((0.0, 0.0, 0.0, 0.0), "a cost in every row"),
    ],
)
def test_unusable_costs_are_named(costs: tuple[float, ...], words: str) -> None:
    with pytest.raises(StrategyError, match=words):
        cost_matrix(1.0, costs, np.array([10, 5]))


def test_the_bias_starts_at_the_log_prior() -> None:
    view = view_with(COUNTS)
    (lane,) = make(Part.of("log_prior_bias")).refine(Lane(np.arange(len(view.y)), 0), view)
    np.testing.assert_allclose(lane.initial_bias, np.log(COUNTS / COUNTS.sum()))
