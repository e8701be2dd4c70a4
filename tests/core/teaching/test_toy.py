"""The toy table: made from its settings, and what the catalogue does to it."""

from __future__ import annotations

import numpy as np
import pytest

from core.charts.toy import plane, rows_after, rows_before
from core.plan import NetworkChoice, StrategyChoice
from core.strategies import catalogue
from core.teaching.toy import LEVELS, NETWORK, ROWS, Region, ToySettings, sampled, toy_table, trained

SMOTE = StrategyChoice.of("smote")


def test_the_imbalance_is_the_one_asked_for_and_noise_keeps_it() -> None:
    for imbalance in (1, 4, 19):
        for noise in (0.0, 0.3):
            table = toy_table(ToySettings(imbalance=imbalance, noise=noise))
            rare = int(table.view.class_counts[1] + table.y_valid.sum())
            assert rare == round(ROWS / (imbalance + 1))
            assert len(table.view.y) + len(table.y_valid) == ROWS


def test_noise_exchanges_the_share_of_labels_asked_for() -> None:
    clean, noisy = (toy_table(ToySettings(imbalance=4, noise=noise)).y_fresh for noise in (0.0, 0.3))
    np.testing.assert_array_equal(clean, noisy)  # fresh rows bear the truth
    # Without overlap the nearest fresh row tells the truth.
    table = toy_table(ToySettings(imbalance=4, overlap=0.05, noise=0.25))
    distance = ((table.view.X[:, None] - table.X_fresh[None]) ** 2).sum(axis=2)
    truth = table.y_fresh[distance.argmin(axis=1)]
    wrong = [(table.view.y != truth)[truth == code].sum() for code in (0, 1)]
    share = wrong[1] / (truth == 1).sum()
    assert share == pytest.approx(0.25, abs=0.06)
    assert wrong[0] == pytest.approx(wrong[1], abs=8)  # the training part of an exact exchange


def test_more_overlap_brings_the_classes_together() -> None:
    def apart(overlap: float) -> float:
        view = toy_table(ToySettings(imbalance=1, overlap=overlap)).view
        near = ((view.X[:, None] - view.X[None]) ** 2).sum(axis=2)
        np.fill_diagonal(near, np.inf)
        return float((view.y[near.argmin(axis=1)] == view.y).mean())

    assert apart(0.05) > apart(0.3) > apart(0.6)


def test_the_same_seed_draws_the_same_rows_and_another_draws_others() -> None:
    first, same, other = (toy_table(ToySettings(seed=seed)).view.X for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)


def test_smote_makes_rows_between_rare_ones() -> None:
    rows = sampled(ToySettings(imbalance=9), SMOTE)
    assert rows.change == "rows"
    assert rows.after == (rows.before[0], rows.before[0])
    new = rows.after_points[rows.fate == "new"]
    assert len(new) == rows.after[1] - rows.before[1]
    assert set(rows.after_codes[rows.fate == "new"]) == {1}
    rare = rows.points[rows.codes == 1]
    assert (new >= rare.min(axis=0) - 1e-6).all()
    assert (new <= rare.max(axis=0) + 1e-6).all()


def test_weights_sizes_and_losses_are_told_apart() -> None:
    weighed = sampled(ToySettings(imbalance=9), StrategyChoice.of("class_weight"))
    assert weighed.change == "weights"
    rare = weighed.weight[weighed.codes == 1]
    assert rare.mean() == pytest.approx(len(weighed.codes) / (2 * len(rare)))
    assert sampled(ToySettings(), StrategyChoice.of("focal")).change == "none"
    assert sampled(ToySettings(), StrategyChoice.of("balanced_batches")).change == "batches"


def test_strategies_for_categories_get_levels() -> None:
    mixed, levels = (toy_table(ToySettings(), StrategyChoice.of(key)) for key in ("smotenc", "smoten"))
    assert (mixed.categorical, levels.categorical) == ((False, True), (True, True))
    assert mixed.view.X.shape[1] == 1 + LEVELS
    assert sampled(ToySettings(), StrategyChoice.of("smoten")).problem is None


@pytest.mark.parametrize("key", tuple(catalogue()))
def test_every_strategy_of_the_catalogue_has_a_formula_and_a_picture(key: str) -> None:
    formula = catalogue()[key].card.formula
    assert formula
    assert formula.count("{") == formula.count("}")
    assert formula.count(r"\left") - formula.count(r"\leftarrow") == formula.count(r"\right")
    assert formula.count(r"\begin") == formula.count(r"\end")
    rows = sampled(ToySettings(imbalance=8), StrategyChoice.of(key))
    assert rows.problem is None
    assert len(rows.after_points) == len(rows.after_codes) == len(rows.fate) == len(rows.weight)
    assert rows_before(rows).data
    assert rows_after(rows).data


@pytest.mark.parametrize(
    ("key", "network"),
    [
        *((key, NETWORK) for key in ("smote", "smotenc", "focal", "under_bagging", "self_paced", "boosting")),
        ("smote", NetworkChoice("mixed")),
    ],
)
def test_a_network_is_trained_and_decides_over_the_plane(key: str, network: NetworkChoice) -> None:
    settings, choice = ToySettings(imbalance=12, overlap=0.2), StrategyChoice.of(key)
    regions = trained(settings, choice, network)
    region = regions.chosen
    assert region.problem is None
    assert region.probabilities.shape == region.decisions.shape == (len(regions.down), len(regions.across))
    assert 0 <= np.nanmin(region.probabilities) <= np.nanmax(region.probabilities) <= 1
    assert 0.3 < region.recall <= 1
    assert 0.05 < region.precision <= 1
    np.testing.assert_array_equal(region.decisions, region.probabilities >= region.threshold)
    assert len(plane(regions, region, sampled(settings, choice)).data) >= 3
    again = trained(settings, choice, network).chosen
    np.testing.assert_allclose(again.probabilities, region.probabilities, rtol=0, atol=1e-5)


def test_balancing_finds_more_rare_rows_and_a_threshold_moves_the_border() -> None:
    settings = ToySettings(imbalance=20, overlap=0.3)
    over = trained(settings, StrategyChoice.of("random_over"))
    assert over.chosen.recall > over.plain.recall
    moved = trained(settings, StrategyChoice.of("threshold_recall"))
    np.testing.assert_allclose(moved.chosen.probabilities, moved.plain.probabilities, rtol=0, atol=1e-6)
    assert moved.chosen.threshold < 0.5
    assert moved.chosen.decisions.sum() > moved.plain.decisions.sum()


def test_a_setting_that_cannot_work_gets_its_sentence() -> None:
    choice = StrategyChoice.of("kmeans_smote", cluster_balance_threshold=1.0)
    rows, regions = sampled(ToySettings(), choice), trained(ToySettings(), choice)
    assert "lower cluster_balance_threshold" in (rows.problem or "")
    assert "lower cluster_balance_threshold" in (regions.chosen.problem or "")
    assert regions.plain.problem is None


def test_what_a_network_learned_is_one_sentence() -> None:
    plane = np.zeros((2, 2))
    assert Region(plane, plane, 0.5, 0.91, 0.42).in_words == "Finds 91% of the rare rows; 42% of its alarms are right."
    silent = Region(plane, plane, 0.7, 0.0, float("nan"))
    assert silent.in_words == "Finds 0% of the rare rows; calls no row rare; rare at a probability of 0.70 or more."
