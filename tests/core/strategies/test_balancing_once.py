"""Every pair of the catalogue balances once, or is refused in one sentence, the same everywhere.

Odds are measured on a table of 220 negative and 20 positive rows, a class ratio of 11, for a network that knows
nothing but its bias: what a lane's loss makes of the odds of 1:11 is what the strategies do to them. The minimum of
the trainer's own loss over the bias, under what the lane's classes count for, gives it without training; a few
pairs are trained as well.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
import tensorflow as tf
from threadpoolctl import threadpool_limits

from core.networks.linear import Linear
from core.plan import Part, PlanError, StrategyChoice, TrainingSettings
from core.strategies import Calibrating, TableFacts, TrainingView, catalogue, make, parts_of, stages_of
from core.strategies.choosing import why_not
from core.strategies.combining import clash
from core.strategies.notation import parse_choice
from core.training._stack import terms_of
from core.training.lane import Lane, LossTerms
from core.training.lanes import Block, LaneTask, predict, train
from core.training.losses import Terms, class_logits, mean_loss

COUNTS = (220, 20)
RATIO = 11
COST = 10  # cost_weight's own default: it multiplies the odds beside what balances
CARDS = {key: cls.card for key, cls in catalogue().items()}
ENSEMBLES = {key for key, card in CARDS.items() if card.family == "ensemble"}
# On equal shares the asymmetric loss still multiplies the odds by 2.2, and EasyEnsemble's second round by a little.
MOST = 2.5 * RATIO
# Members of a pair that is measured: the others change no network.
TRAINED = [key for key, card in CARDS.items() if card.family not in ("baseline", "decision", "reference")]
GRID = np.linspace(-6, 6, 2401, dtype=np.float32)


@lru_cache(maxsize=3)
def view_with(categorical: int) -> tuple[TrainingView, np.ndarray]:
    """Return the table with so many of its two columns as categories, and what a balanced network says of each row."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], COUNTS)
    points = rng.standard_normal((len(y), 2)) + 1.5 * y[:, None]
    positive = 1 / (1 + np.exp(2.25 - 1.5 * points.sum(axis=1)))
    for place in range(2 - categorical, 2):
        points[:, place] = np.digitize(points[:, place], [-0.5, 0.5, 1.5])

    def expand(encoded: np.ndarray) -> np.ndarray:
        numbers = [encoded[:, : 2 - categorical]]
        levels = [np.eye(4)[encoded[:, place].astype(int)] for place in range(2 - categorical, 2)]
        return np.hstack(numbers + levels).astype(np.float32)

    view = TrainingView(expand(points), points, tuple(range(2 - categorical, 2)), y, 2, 0, expand)
    return view, np.column_stack([1 - positive, positive])


def choice_of(*keys: str) -> StrategyChoice:
    """Return strategies as one choice, ensembles of two networks; the slowest sampler comes first: it is drawn once."""
    ordered = sorted(keys, key=lambda key: key != "hardness_threshold")
    return parse_choice("+".join(f"{key}(n_members=2)" if key in ENSEMBLES else key for key in ordered))


def lanes_of(choice: StrategyChoice) -> tuple[TrainingView, list[Lane]] | None:
    """Return all lanes of a choice on the first of the tables that it applies to."""
    for categorical in (0, 1, 2):
        if why_not(choice, TableFacts(COUNTS, 2 - categorical, categorical)) is None:
            break
    else:
        return None
    view, probabilities = view_with(categorical)
    stages = stages_of(parts_of(choice), Lane(np.arange(len(view.y)), 0), view)
    lanes: list[Lane] = []
    stage = next(stages)
    while True:
        lanes += stage
        try:
            stage = stages.send([probabilities for _ in stage])
        except StopIteration:
            return view, lanes


@lru_cache(maxsize=1024)
def positive_share(mass: tuple[float, float], loss: LossTerms) -> float:
    """Return the probability that minimises the trainer's loss over the bias alone.

    Rows that are mixed leave it as it is, since their labels are mixed alike.
    """
    terms = Terms(*map(tf.constant, terms_of([Lane(np.zeros(0, int), 0, loss=loss)], np.array([[0.5, 0.5]]), 2)))
    hard = tf.tile(tf.eye(2)[None], [len(GRID), 1, 1])
    logits = class_logits(tf.tile(tf.constant(GRID[:, None, None]), [1, 2, 1]))
    losses = np.asarray(mean_loss(logits, hard, tf.constant(np.array([mass], np.float32) * 2), terms))
    return float(1 / (1 + np.exp(-GRID[losses.argmin()])))


def share_of(view: TrainingView, lanes: list[Lane]) -> float:
    """Return the mean of what the lanes give as the probability of the positive class."""
    shares = []
    for lane in lanes:
        mass = lane.class_mass(view.y, 2)
        shares.append(positive_share(tuple(np.round(mass / mass.sum(), 4)), lane.loss))
    return float(np.mean(shares))


def factor_of(share: float) -> float:
    """Return by how much a probability multiplies the odds of the table."""
    return share / (1 - share) * RATIO


@pytest.fixture(scope="module")
def alone() -> dict[str, float]:
    """Return the factors of the strategies by themselves."""
    with threadpool_limits(1):
        made = {key: lanes_of(choice_of(key)) for key in TRAINED}
    return {key: factor_of(share_of(*found)) for key, found in made.items() if found is not None}


def test_every_strategy_applies_to_a_table_and_balances_at_most_once(alone: dict[str, float]) -> None:
    assert list(alone) == TRAINED
    assert max(alone.values()) < 1.4 * RATIO
    for key in ("random_over", "class_weight", "logit_adjusted", "balanced_batches", "under_bagging"):
        assert alone[key] == pytest.approx(RATIO, rel=0.01)


@pytest.mark.parametrize("first", list(catalogue()))
def test_every_pair_balances_once_or_is_refused(first: str, alone: dict[str, float]) -> None:
    measured = refused = 0
    with threadpool_limits(1):
        for second in list(catalogue())[list(catalogue()).index(first) :]:
            reason = clash((first, second))
            if reason is not None:
                with pytest.raises(PlanError) as problem:
                    choice_of(first, second)
                assert str(problem.value) in (reason, clash((second, first)))
                refused += 1
            elif {first, second} <= set(TRAINED):
                made = lanes_of(choice_of(first, second))
                if made is None:
                    continue  # SMOTE-NC and SMOTE-N need tables that other samplers cannot have
                factor, costs = factor_of(share_of(*made)), COST if "cost_weight" in (first, second) else 1
                assert factor < MOST * costs, f"{first} and {second} multiply the odds by {factor:.0f}"
                if max(alone[first], alone[second]) > 0.9 * RATIO:
                    assert factor > 0.6 * RATIO, f"{first} and {second} multiply the odds by {factor:.1f} only"
                measured += 1
    assert measured + refused > 0


@pytest.mark.parametrize("key", [key for key in TRAINED if CARDS[key].family != "loss"] + ["logit_adjusted"])
def test_prior_correction_takes_the_balance_back_once(key: str) -> None:
    with threadpool_limits(1):
        made = lanes_of(choice_of(key))
    assert made is not None
    view, lanes = made
    share = share_of(view, lanes)
    correction = make(Part.of("prior_correction"))
    assert isinstance(correction, Calibrating)
    corrects = correction.calibration(np.zeros((0, 2)), np.zeros(0, int), view, lanes)
    corrected = corrects(np.array([[1 - share, share]]))[0, 1]
    assert factor_of(float(corrected)) == pytest.approx(1, rel=0.05)


def test_prior_correction_comes_before_a_calibration_which_would_correct_already() -> None:
    for calibration in ("temperature", "isotonic"):
        parts = parts_of(parse_choice(f"random_over+{calibration}+prior_correction"))
        assert [part.card.key for part in parts] == ["random_over", "prior_correction", calibration]


TRIPLES = {
    "random_over+class_weight+logit_adjusted": RATIO,
    "smote+class_weight+focal": RATIO,
    "balanced_batches+sqrt_weight+balanced_softmax": RATIO,
    "progressive_batches+class_weight+log_prior_bias": RATIO,
    "under_bagging(n_members=2)+class_weight+threshold_f1": RATIO,
    "sqrt_weight+logit_adjusted+log_prior_bias": RATIO,
    "random_over+cost_weight(miss_cost=4)+threshold_f1": 4 * RATIO,
    "logit_adjusted+cost_weight(miss_cost=4)+log_prior_bias": 4 * RATIO,
}


@pytest.mark.parametrize("key", TRIPLES)
def test_triples_balance_once(key: str) -> None:
    for order in (key, "+".join(reversed(key.split("+")))):
        made = lanes_of(parse_choice(order))
        assert made is not None
        assert factor_of(share_of(*made)) == pytest.approx(TRIPLES[key], rel=0.05)


def test_trained_networks_have_the_odds_of_one_balance() -> None:
    """Pairs of which a former version multiplied the odds by about 120, trained as a fold trains them."""
    keys = (
        "class_weight",
        "logit_adjusted",
        "class_weight+logit_adjusted",
        "balanced_batches+class_weight",
        "balanced_batches+logit_adjusted",
        "progressive_batches(balanced_from=0.2)+class_weight",
        "sqrt_weight+balanced_softmax",
    )
    y = np.repeat([0, 1], np.array(COUNTS) * 5)
    X = np.zeros((len(y), 1), np.float32)
    view = TrainingView(X, X.astype(float), (), y, 2, 0, lambda rows: rows.astype(np.float32))
    tasks = []
    for key in keys:
        (lane,) = next(stages_of(parts_of(parse_choice(key)), Lane(np.arange(len(y)), 0), view))
        tasks.append(LaneTask(0, lane, Linear()))
    settings = TrainingSettings(epochs=12, patience=0, batch_size=100, learning_rate=0.05)
    trained = train([Block(X, y, X, y)], tasks, settings, 2)
    for key, p in zip(keys, predict(trained, X[:1])[:, 0, 1], strict=True):
        assert factor_of(float(p)) == pytest.approx(RATIO, rel=0.35), key
