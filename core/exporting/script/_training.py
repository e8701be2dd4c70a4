"""The function ``train`` of a script: one network on the rows and under the weights that the strategies ask for."""

from __future__ import annotations

from dataclasses import dataclass

from core.exporting.script._joining import CodeError, Combination
from core.exporting.script._losses import expression
from core.plan import Plan, TrainingSettings
from core.strategies.snippets.snippet import KERAS, NUMPY, TENSORFLOW, Code, CodeFacts, Snippet


@dataclass(frozen=True)
class _Needs:
    """What the function has to do beside training.

    Parameters
    ----------
    row_weights : bool
        Take weights of rows.
    class_weights : bool
        Weigh the classes.
    mass : bool
        Work out ``counts``, what each class counts for in the loss, in rows.
    stopping_weights : bool
        Weigh validation rows by class, as training does.
    own_batches : bool
        Draw batches itself, with as many steps per epoch as the fold's own rows take.
    prior : bool
        Give the class shares to the function that changes batches.
    seen : bool
        Return the network with the class shares that its probabilities are under.
    """

    row_weights: bool
    class_weights: bool
    mass: bool
    stopping_weights: bool
    own_batches: bool
    prior: bool
    seen: bool

    @classmethod
    def of(cls, parts: Combination) -> _Needs:
        model = parts.model
        class_weights = bool(model.weights or model.costs)
        other_rows = bool(model.rows or model.ensemble or model.data)
        prior, seen = parts.needs("prior"), parts.needs("seen")
        return cls(
            row_weights=parts.needs("row_weights"),
            class_weights=class_weights,
            mass=bool(model.bias or model.terms.by_class or other_rows or class_weights)
            or parts.needs("counts")
            or prior
            or seen,
            stopping_weights=other_rows or class_weights,
            own_batches=bool(other_rows or model.batch_map),
            prior=prior,
            seen=seen,
        )


def train(parts: Combination, facts: CodeFacts, plan: Plan) -> Code:
    """Return the function that trains one network.

    Raises
    ------
    CodeError
        An ensemble weighs rows whose batches another part draws.
    """
    model, needs = parts.model, _Needs.of(parts)
    if needs.row_weights and model.data:
        raise CodeError("A script for EasyEnsemble with batches of its own is not written: choose one of them.")
    schedule, callbacks = _schedule(model, plan)
    optimizer, name = _optimizer(plan.training)
    validation = ["X_valid", "targets(fold.y_valid)", *["stopping / stopping.mean()"] * needs.stopping_weights]
    # Rows with weights of their own carry the classes' weights as well.
    by_class = needs.class_weights and not (needs.row_weights or model.batch_map)
    arguments = [
        *(
            ["data", "steps_per_epoch=fold.steps"]
            if needs.own_batches
            else ["X", "targets(y)", "batch_size=BATCH_SIZE"]
        ),
        "epochs=EPOCHS",
        *["class_weight=dict(enumerate(class_weights))"] * by_class,
        f"validation_data=({', '.join(validation)})",
        "validation_batch_size=len(fold.y_valid)",
        "verbose=0",
        *([f"callbacks=[{', '.join(callbacks)}]"] if callbacks else []),
    ]
    lines = [
        *_head(needs, facts),
        *(_mass(model, needs.row_weights) if needs.mass else []),
        *_network(model, needs),
        *schedule,
        *optimizer,
        f"    model.compile({name}, loss={expression(model.terms, facts)}, jit_compile=False)",
        *(_stopping_weights() if needs.stopping_weights else []),
        *(_batches(model, needs) if needs.own_batches else []),
        "    model.fit(",
        *(f"        {argument}," for argument in arguments),
        "    )",
        *(_seen(model) if needs.seen else []),
        "    return model",
    ]
    return Code("\n".join(lines), (KERAS, NUMPY, *[TENSORFLOW] * needs.own_batches))


def _head(needs: _Needs, facts: CodeFacts) -> list[str]:
    weights = ", weights=None" if needs.row_weights else ""
    return [
        f"def train(X, y, seed, fold{weights}):",
        '    """Train one network and return it with the weights of its best epoch."""',
        "    keras.utils.set_random_seed(seed)",
        "    X, X_valid = fold.expand(X), fold.expand(fold.X_valid)"
        if facts.categories
        else "    X_valid = fold.X_valid",
        *["    weights = np.ones(len(y)) if weights is None else weights"] * needs.row_weights,
    ]


def _mass(model: Snippet, row_weights: bool) -> list[str]:
    """Return statements for what each class counts for in the loss, in rows: whatever balances reads it."""
    lines = [f"    counts = np.bincount(y, {'weights=weights, ' if row_weights else ''}minlength=len(CLASSES))"]
    if model.data:
        lines.append("    counts = len(y) * (counts > 0) / np.sum(counts > 0)  # as batches hold the classes")
    offset = [f"    offset = {model.terms.offset.code}"] if model.terms.offset else []
    weights = model.weights or model.costs
    weighing = [
        f"    class_weights = {weights}",
        "    class_weights = class_weights * counts.sum() / (counts @ class_weights)",
        "    counts = counts * class_weights",
        *["    weights = weights * class_weights[y]"] * row_weights,
    ]
    if not weights:
        return lines + offset
    # Costs come after what balances, which would otherwise take them back.
    return [*lines, *offset, *weighing] if model.costs else [*lines, *weighing, *offset]


def _network(model: Snippet, needs: _Needs) -> list[str]:
    """Return the statements that make the network, with its bias at the start."""
    if not model.bias:
        return ["    model = network(np.ptp(X, axis=0) > 0)"]
    lines, counts = [], "counts"
    if model.balanced_from is not None:  # at the start, batches are as the rows are
        weights = " * class_weights" if needs.class_weights else ""
        lines, counts = [f"    start = np.bincount(y, minlength=len(CLASSES)){weights}"], "start"
    # What the loss adds to a logit by itself, the bias need not.
    offset = " - offset" if model.terms.offset else ""
    return [*lines, f"    model = network(np.ptp(X, axis=0) > 0, bias={model.bias}({counts}){offset})"]


def _schedule(model: Snippet, plan: Plan) -> tuple[list[str], list[str]]:
    """Return statements for what changes in the course of training, and the callbacks of training."""
    shares = {"late_from": model.terms.late_from, "balanced_from": model.balanced_from}
    starts = {name: share for name, share in shares.items() if share is not None}
    lines = [f"    {name} = min(int(np.ceil({share!r} * EPOCHS)), EPOCHS - 1)" for name, share in starts.items()]
    callbacks = []
    if model.terms.late_class_weight:
        lines += [
            f"    late_weights = {model.terms.late_class_weight.code}",
            '    now = keras.Variable(np.ones(len(CLASSES)), dtype="float32", trainable=False)',
        ]
        callbacks.append(
            "keras.callbacks.LambdaCallback(\n            on_epoch_begin=lambda epoch, logs: "
            "now.assign(late_weights) if epoch == late_from else None\n        )"
        )
    if plan.training.patience:
        first = f"max({', '.join(starts)})" if len(starts) > 1 else "".join(starts)
        start = f", start_from_epoch={first}" if starts else ""
        callbacks.append(
            "keras.callbacks.EarlyStopping(\n            "
            f'monitor="val_loss", patience=PATIENCE, restore_best_weights=True{start}\n        )'
        )
    return lines, callbacks


def learning_rate(training: TrainingSettings) -> list[Code]:
    """Return the class of a learning rate that changes from step to step; none where it stays."""
    if training.schedule == "constant" and not training.warm_up:
        return []
    factor = {
        "constant": "1.0",
        "cosine": "(1 + ops.cos(np.pi * t)) / 2",
        "realmlp": "(1 - ops.cos(2 * np.pi * ops.log2(1 + 15 * t))) / 2",
    }[training.schedule]
    rising = "\n        factor *= ops.minimum(1.0, (t + 1 / self.steps) / WARM_UP)" if training.warm_up else ""
    text = f'''class LearningRate(keras.optimizers.schedules.LearningRateSchedule):
    """The learning rate by step, of so many in all."""

    def __init__(self, steps):
        self.steps = steps

    def __call__(self, step):
        t = ops.cast(step, "float32") / self.steps
        factor = {factor}{rising}
        return LEARNING_RATE * factor'''
    return [Code(text, (KERAS, NUMPY, "from keras import ops"))]


def _optimizer(training: TrainingSettings) -> tuple[list[str], str]:
    """Return statements that make the optimizer, and what it is called after them."""
    rate = "LearningRate(EPOCHS * fold.steps)" if learning_rate(training) else "LEARNING_RATE"
    options = [
        *[f"beta_2={training.beta_2}"] * (training.beta_2 != 0.999),
        *[f"global_clipnorm={training.clip_norm}"] * (training.clip_norm > 0),
    ]
    if not training.weight_decay:
        return [], f"keras.optimizers.Adam({', '.join([rate, *options])})"
    # Keras multiplies the decay by the learning rate, and takes no more of a kernel in an epoch of more steps.
    options.append("weight_decay=WEIGHT_DECAY / fold.steps / LEARNING_RATE")
    lines = [
        "    optimizer = keras.optimizers.Adam(",
        *(f"        {option}," for option in (rate, *options)),
        "    )",
        '    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])',
    ]
    return lines, "optimizer"


def _stopping_weights() -> list[str]:
    return [
        "    # The loss on validation rows weighs the classes as training does, so that stopping means the same.",
        "    held = np.maximum(np.bincount(fold.y_valid, minlength=len(CLASSES)), 1)",
        "    stopping = (counts / counts.sum() / held)[fold.y_valid]",
    ]


def _batches(model: Snippet, needs: _Needs) -> list[str]:
    """Return the statements that draw batches, and change them where a part does."""
    lines = []
    if model.batch_map and not needs.row_weights:
        lines.append(f"    weights = {'class_weights[y]' if needs.class_weights else 'np.ones(len(y))'}")
    weights = ", weights" if needs.row_weights or model.batch_map else ""
    data = model.data or "tf.data.Dataset.from_tensor_slices(rows).shuffle(len(y), seed=seed).repeat()"
    lines += [
        f"    rows = (X, targets(y){weights})",
        "    # Every strategy gets as many steps per epoch as one pass over the fold's own rows takes.",
        f"    data = {data}.batch(BATCH_SIZE)",
    ]
    if needs.prior:
        lines += [
            f"    prior = counts{' * late_weights' if model.terms.late_class_weight else ''}",
            "    data = data.map(lambda *batch: mixed(*batch, prior))",
        ]
    elif model.batch_map:
        lines.append("    data = data.map(mixed)")
    return lines


def _seen(model: Snippet) -> list[str]:
    terms = model.terms
    factors = ["counts", *["late_weights"] * bool(terms.late_class_weight), *["np.exp(-offset)"] * bool(terms.offset)]
    return [
        "    # The class shares that its probabilities are under.",
        f"    seen = {' * '.join(factors)}",
        "    model.seen = seen / seen.sum()",
    ]
