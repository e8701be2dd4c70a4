"""A sampler with a loss with a decision rule: parts act in their order and none undoes another."""

from __future__ import annotations

import numpy as np
import pytest

from core.data.samples import load_sample
from core.data.splitting import Unit
from core.experiment.units import run_unit
from core.plan import NetworkChoice, Part, Plan, SplitSettings, StrategyChoice, TrainingSettings
from core.strategies import parts_of
from core.strategies.presets import PRESETS

SMALL = (NetworkChoice.of("mlp", hidden_layers=(16,)),)
QUICK = TrainingSettings(epochs=6, patience=0, batch_size=64)


def test_parts_act_in_the_order_rows_loss_decision_whatever_their_order() -> None:
    choice = StrategyChoice(tuple(Part.of(n) for n in ("threshold_f1", "prior_correction", "focal", "smote")))
    assert [part.card.key for part in parts_of(choice)] == ["smote", "focal", "prior_correction", "threshold_f1"]


@pytest.mark.parametrize(("sample", "target"), [("abalone_9_vs_18", "rings"), ("yeast", "site")])
def test_combinations_of_the_presets_run(sample: str, target: str) -> None:
    combined = tuple(c for c in PRESETS["Everything that applies"] if len(c.parts) > 1)
    assert len(combined) >= 5
    plan = Plan(target, combined, networks=SMALL, training=QUICK, split=SplitSettings(folds=3))
    for result in run_unit(load_sample(sample), plan, Unit(0, 0)):
        assert result.error is None, result.error
        np.testing.assert_allclose(result.probabilities.sum(axis=1), 1, atol=1e-5)


def test_choices_that_differ_in_their_decision_share_their_networks() -> None:
    choices = (
        StrategyChoice.of("smote"),
        StrategyChoice((Part.of("smote"), Part.of("threshold_f1"))),
        StrategyChoice((Part.of("smote"), Part.of("prior_correction"))),
    )
    plan = Plan("rings", choices, networks=SMALL, training=QUICK, split=SplitSettings(folds=3))
    plain, tuned, corrected = run_unit(load_sample("abalone_9_vs_18"), plan, Unit(0, 0))
    np.testing.assert_array_equal(plain.probabilities, tuned.probabilities)
    assert plain.threshold == 0.5
    assert tuned.threshold != 0.5
    # Balanced training sees half positives; the correction brings the mean back towards the table's share.
    share = plain.y_true.mean()
    assert abs(corrected.probabilities[:, 1].mean() - share) < abs(plain.probabilities[:, 1].mean() - share)


def test_mixup_labels_are_mixed_as_rows_are_and_remix_prefers_the_rare_class() -> None:
    """Zhang et al. (2018), equation 1; Chou et al. (2020), equation 4, with kappa 3 and tau 0.5."""
    import tensorflow as tf

    from core.training._stack import terms_of
    from core.training.lane import Lane
    from core.training.losses import Terms, remixed

    labels = np.array([0, 1, 0, 0])  # each row is mixed with the one before it
    hard = tf.constant(np.eye(2, dtype=np.float32)[labels][None])
    own = tf.constant([[0.7, 0.7, 0.7, 0.2]])
    prior = np.array([[0.9, 0.1]])

    def shares(lane: Lane) -> np.ndarray:
        terms = Terms(*(tf.constant(t) for t in terms_of([lane], prior, 2)))
        return np.asarray(remixed(own, hard, terms))[0]

    np.testing.assert_allclose(shares(Lane(np.arange(4), 0, mixup=0.2)), [0.7, 0.7, 0.7, 0.2])
    minority = shares(Lane(np.arange(4), 0, mixup=0.2, remix_kappa=3.0, remix_tau=0.5))
    # Row 1 is rare and mixed with a common one: 1 - 0.7 < 0.5, so it keeps its label alone. Row 2 is
    # common, mixed with the rare one at a share of 0.7, which is not below 0.5: its label stays mixed.
    np.testing.assert_allclose(minority, [0.7, 1.0, 0.7, 0.2])
