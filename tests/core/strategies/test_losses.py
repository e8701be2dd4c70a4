"""Each loss as its paper or Keras writes it, on random logits, through the strategy's own terms."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import expit, log_softmax, softmax

from core.data.preparation import steps
from core.exporting.script._losses import expression, loss_functions
from core.plan import Part
from core.strategies import TrainingView, catalogue, make
from core.strategies.snippets.snippet import CodeFacts
from core.strategies.snippets.sources import LOSSES, functions_of
from core.strategies.snippets.terms import SaidTerms
from core.training._stack import terms_of
from core.training.lane import Lane
from core.training.losses import Terms, class_logits, mean_loss

COUNTS = {2: np.array([180, 20]), 3: np.array([150, 40, 10])}
ROWS = 64
Formula = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def setting(n_classes: int) -> tuple[TrainingView, np.ndarray, np.ndarray]:
    """Return a view with known class counts, and random logits (rows, classes) with labels."""
    rng = np.random.default_rng(3)
    y = np.repeat(np.arange(n_classes), COUNTS[n_classes])
    X = rng.standard_normal((len(y), 2))
    view = TrainingView(X.astype(np.float32), X, (), y, n_classes, 0, lambda rows: rows.astype(np.float32))
    logits = 2 * rng.standard_normal((ROWS, n_classes))
    if n_classes == 2:
        logits[:, 0] = 0  # one output: the logit is the positive class's
    return view, logits, rng.integers(0, n_classes, ROWS)


def lane_of(key: str, n_classes: int) -> tuple[Lane, np.ndarray]:
    """Return a strategy's lane, and the weight of each class's rows in it."""
    view, _, _ = setting(n_classes)
    (lane,) = make(Part.of(key)).refine(Lane(np.arange(len(view.y)), 0), view)
    if lane.sample_weight is None:
        return lane, np.ones(n_classes)
    return lane, np.array([lane.sample_weight[view.y == c][0] for c in range(n_classes)])


def trained_on(key: str, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the trainer's loss of each row alone, with its weight, and the slope by the logits."""
    _, logits, labels = setting(n_classes)
    lane, weights = lane_of(key, n_classes)
    # A lane a row: the mean over rows would hide which row is wrong.
    shown = tf.constant((logits[:, 1:] if n_classes == 2 else logits)[:, None], tf.float32)
    terms = Terms(*map(tf.constant, terms_of([lane] * ROWS, np.full((ROWS, n_classes), 1 / n_classes), n_classes)))
    one_hot = tf.constant(np.eye(n_classes, dtype=np.float32)[labels][:, None])
    with tf.GradientTape() as tape:
        tape.watch(shown)
        row_weights = tf.constant(weights[labels][:, None], tf.float32)
        loss = mean_loss(class_logits(shown), one_hot, row_weights, terms)
    return loss.numpy(), tape.gradient(loss, shown).numpy()[:, 0]


def of_script(key: str, n_classes: int, y: np.ndarray, logits: np.ndarray, weights: np.ndarray) -> float:
    """Return the mean loss of rows as the script of a strategy computes it."""
    facts = CodeFacts(n_classes, numbers=True, categories=False)
    snippet = make(Part.of(key)).code(facts)
    assert snippet is not None
    terms = snippet.terms
    names: dict[str, object] = {"keras": keras, "counts": COUNTS[n_classes], "now": np.float32([1] * n_classes)}
    for code in (*terms.functions, *loss_functions(terms, facts)):
        exec("\n".join((*code.imports, code.text)), names)
    if terms.offset is not None:
        names["offset"] = eval(terms.offset.code, names)
    loss = eval(expression(terms, facts), names)
    targets = np.float32(y[:, None]) if n_classes == 2 else np.eye(n_classes, dtype=np.float32)[y]
    outputs = np.float32((logits[:, 1:] if n_classes == 2 else logits) * (terms.scale or 1.0))
    return float(loss(targets, outputs, sample_weight=np.float32(weights)))


def keras_focal(logits: np.ndarray, y: np.ndarray, counts: np.ndarray) -> np.ndarray:
    if len(counts) == 2:
        loss = keras.losses.BinaryFocalCrossentropy(gamma=2.0, from_logits=True, reduction="none")
        return np.asarray(loss(y[:, None].astype(np.float32), logits[:, 1:].astype(np.float32)))
    loss = keras.losses.CategoricalFocalCrossentropy(alpha=1.0, gamma=2.0, from_logits=True, reduction="none")
    return np.asarray(loss(np.eye(len(counts), dtype=np.float32)[y], logits.astype(np.float32)))


def keras_smoothing(logits: np.ndarray, y: np.ndarray, counts: np.ndarray) -> np.ndarray:
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1, reduction="none")
    return np.asarray(loss(np.eye(len(counts), dtype=np.float32)[y], logits.astype(np.float32)))


def effective_number_weights(counts: np.ndarray, beta: float) -> np.ndarray:
    """Cui et al. (2019), as in the authors' code: (1 - beta) / (1 - beta^n), scaled to sum to the class count."""
    weights = (1 - beta) / (1 - np.power(beta, counts))
    return weights / weights.sum() * len(counts)


def class_balanced_focal(logits: np.ndarray, y: np.ndarray, counts: np.ndarray) -> np.ndarray:
    p = softmax(logits, axis=1)[np.arange(ROWS), y]
    weights = effective_number_weights(counts, 0.999)
    weights = weights / (weights @ counts / counts.sum())  # a mean of 1 over the training rows
    return -weights[y] * (1 - p) * np.log(p)


def logit_adjusted(logits: np.ndarray, y: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Menon et al. (2021), equation 10, with tau = 1."""
    return -log_softmax(logits + np.log(counts / counts.sum()), axis=1)[np.arange(ROWS), y]


def balanced_softmax(logits: np.ndarray, y: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Ren et al. (2020), equation 4."""
    scores = counts * np.exp(logits)
    return -np.log(scores[np.arange(ROWS), y] / scores.sum(axis=1))


def ldam(logits: np.ndarray, y: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Cao et al. (2019), equations 12 and 13, the largest margin 0.5, and a scale of 2 before the softmax."""
    margins = counts**-0.25 * (0.5 / (counts**-0.25).max())
    moved = logits.copy()
    moved[np.arange(ROWS), y] -= margins[y]
    return -log_softmax(2.0 * moved, axis=1)[np.arange(ROWS), y]


def asymmetric(logits: np.ndarray, y: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Ridnik et al. (2021), equations 4 to 6, with gamma- 4, gamma+ 0 and margin 0.05."""
    p = expit(logits[:, 1])
    shifted = np.maximum(p - 0.05, 0)
    return np.where(y == 1, -np.log(p), -(shifted**4) * np.log(1 - shifted))


def soft_f1(logits: np.ndarray, y: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Half cross-entropy, half one minus the macro soft F1 of the row alone (Bénédict et al. 2021)."""
    p, hot = softmax(logits, axis=1), np.eye(len(counts))[y]
    f1 = (2 * p * hot + 1e-6) / (p + hot + 1e-6)
    return -0.5 * np.log(p[np.arange(ROWS), y]) + 0.5 * (1 - f1.mean(axis=1))


FORMULAS: dict[str, Formula] = {
    "focal": keras_focal,
    "label_smoothing": keras_smoothing,
    "class_balanced_focal": class_balanced_focal,
    "logit_adjusted": logit_adjusted,
    "balanced_softmax": balanced_softmax,
    "ldam_drw": ldam,
    "asymmetric": asymmetric,
    "soft_f1": soft_f1,
}


def test_every_loss_is_compared() -> None:
    assert set(FORMULAS) == {key for key, cls in catalogue().items() if cls.card.family == "loss"}


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("key", FORMULAS)
def test_a_loss_equals_its_formula(key: str, n_classes: int) -> None:
    if catalogue()[key].two_classes_only:
        n_classes = 2
    _, logits, y = setting(n_classes)
    loss, _ = trained_on(key, n_classes)
    np.testing.assert_allclose(loss, FORMULAS[key](logits, y, COUNTS[n_classes]), rtol=0, atol=1e-5)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("key", sorted(set(FORMULAS) - {"focal", "label_smoothing"}))
def test_a_slope_equals_finite_differences_in_float64(key: str, n_classes: int) -> None:
    """Focal loss and smoothing, which Keras computes in float32 here, have theirs in the trainer's own tests."""
    if catalogue()[key].two_classes_only:
        n_classes = 2
    _, logits, y = setting(n_classes)
    formula, counts = FORMULAS[key], COUNTS[n_classes]
    _, slope = trained_on(key, n_classes)
    for place, c in enumerate(range(1, 2) if n_classes == 2 else range(n_classes)):
        step = np.zeros_like(logits)
        step[:, c] = 1e-6
        numeric = (formula(logits + step, y, counts) - formula(logits - step, y, counts)) / 2e-6
        np.testing.assert_allclose(slope[:, place], numeric, rtol=0, atol=2e-5)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("key", FORMULAS)
def test_a_scripts_loss_is_the_trainers(key: str, n_classes: int) -> None:
    if catalogue()[key].two_classes_only:
        n_classes = 2
    _, logits, y = setting(n_classes)
    lane, _ = lane_of(key, n_classes)
    weights = np.random.default_rng(5).uniform(0.5, 2, ROWS)
    terms = Terms(*map(tf.constant, terms_of([lane], np.full((1, n_classes), 1 / n_classes), n_classes)))
    one_hot = tf.constant(np.eye(n_classes, dtype=np.float32)[y][None])
    trained = mean_loss(tf.constant(logits[None], tf.float32), one_hot, tf.constant(weights[None], tf.float32), terms)
    assert of_script(key, n_classes, y, logits, weights) == pytest.approx(float(trained[0]), abs=1e-5)


def test_losses_of_two_strategies_are_one_in_a_script() -> None:
    facts = CodeFacts(3, numbers=True, categories=False)
    both = SaidTerms(smoothing=0.1).joined(SaidTerms(gamma=(2.0,) * 3))
    assert expression(both, facts) == "Loss(gamma=(2.0, 2.0, 2.0), smoothing=0.1)"
    shown = [code.text.split("(")[0] for code in loss_functions(both, facts)]
    assert "def mean_focused" in shown
    assert "def soft_f1" not in shown


def test_what_keras_has_itself_stays_keras() -> None:
    facts = CodeFacts(2, numbers=True, categories=False)
    for terms in (SaidTerms(), SaidTerms(smoothing=0.1), SaidTerms(gamma=(2.0, 2.0))):
        assert expression(terms, facts).startswith("keras.losses.Binary")
        assert loss_functions(terms, facts) == ()
    assert expression(SaidTerms(gamma=(2.0, 1.0)), facts) == "Loss(gamma=(2.0, 1.0))"


def test_the_trainers_functions_share_no_name_with_those_that_prepare_rows() -> None:
    """Both stand in one script, where the later would replace the earlier."""
    losses = {code.text.split("(")[0].removeprefix("def ")
              for name in ("class_logits", "mean_loss", "mean_cross_entropy", "remixed", "by_partner")
              for code in functions_of(LOSSES, name)}  # fmt: skip
    prepared = {function.__name__ for kind in steps() for function in kind.script.sources}
    assert len(losses) > 8
    assert not losses & prepared


def test_ldam_weighs_late_by_the_effective_number() -> None:
    view, _, _ = setting(3)
    (lane,) = make(Part.of("ldam_drw")).refine(Lane(np.arange(len(view.y)), 0), view)
    late = np.array(lane.loss.late_class_weight)
    expected = effective_number_weights(COUNTS[3], 0.9999)
    np.testing.assert_allclose(late / late.sum(), expected / expected.sum())
    assert lane.settled_from(40) == 32
