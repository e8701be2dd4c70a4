"""How a script trains: one network there and then, or those of cross-fitted members side by side."""

from __future__ import annotations

from dataclasses import dataclass

from core.exporting.script._joining import CodeError, Combination
from core.exporting.script._losses import expression
from core.exporting.script._networks import ScriptNetworks
from core.exporting.script._optimizer import optimizer_of
from core.plan import Plan
from core.strategies.snippets.snippet import KERAS, NUMPY, TENSORFLOW, Code, CodeFacts, Snippet


@dataclass(frozen=True)
class _Needs:
    """What the function has to do beside training.

    Parameters
    ----------
    weights_given : bool
        Take weights of rows.
    row_weights : bool
        Give rows weights: those taken, those of their classes, or both.
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

    weights_given: bool
    row_weights: bool
    class_weights: bool
    mass: bool
    stopping_weights: bool
    own_batches: bool
    prior: bool
    seen: bool

    @classmethod
    def of(cls, parts: Combination, plan: Plan) -> _Needs:
        model, together = parts.model, plan.training.members > 1
        class_weights = bool(model.weights or model.costs)
        other_rows = bool(model.rows or model.ensemble or model.data)
        prior, seen = parts.needs("prior"), parts.needs("seen")
        weights_given = parts.needs("row_weights")
        return cls(
            weights_given=weights_given,
            row_weights=weights_given or together,  # Keras takes weights by class for one network alone
            class_weights=class_weights,
            mass=bool(model.bias or model.terms.by_class or other_rows or class_weights or together)
            or parts.needs("counts")
            or prior
            or seen,
            stopping_weights=other_rows or class_weights or together,
            own_batches=bool(other_rows or model.batch_map or together),
            prior=prior,
            seen=seen,
        )


def train(parts: Combination, facts: CodeFacts, plan: Plan, networks: ScriptNetworks) -> tuple[Code, ...]:
    """Return the functions that train.

    Raises
    ------
    CodeError
        An ensemble weighs rows whose batches another part draws.
    """
    model, needs = parts.model, _Needs.of(parts, plan)
    if needs.weights_given and model.data:
        raise CodeError("A script for EasyEnsemble with batches of its own is not written: choose one of them.")
    loss = expression(model.terms, facts)
    loss = f"EachMember({loss})" if networks.inner_members > 1 else loss
    if plan.training.members > 1:
        return _task(parts, facts, plan, needs, loss), _together(model, plan)
    return (_alone(parts, facts, plan, needs, loss),)


def _alone(parts: Combination, facts: CodeFacts, plan: Plan, needs: _Needs, loss: str) -> Code:
    """Return the function that trains one network."""
    model = parts.model
    schedule, callbacks = _schedule(model, plan)
    optimizer, name = optimizer_of(plan.training, "model")
    validation = ["X_valid", "targets(fold.y_valid)", *["stopping / stopping.mean()"] * needs.stopping_weights]
    # Rows with weights of their own carry the classes' weights as well.
    by_class = needs.class_weights and not (needs.row_weights or model.batch_map)
    arguments = [
        *(
            ["data", "shuffle=False", "steps_per_epoch=fold.steps"]
            if needs.own_batches
            else ["X", "targets(y)", "batch_size=BATCH_SIZE"]
        ),
        "epochs=EPOCHS",
        *["class_weight=dict(enumerate(class_weights))"] * by_class,
        f"validation_data=({', '.join(validation)})",
        "validation_batch_size=len(fold.y_valid)",
        "verbose=0",
        *_callbacks([*callbacks, *_stopping(model, plan, "[(model, fold)]")]),
    ]
    lines = [
        *_head("train", "Train one network and return it with the weights of its best epoch.", needs, facts),
        *(_mass(model, needs) if needs.mass else []),
        *_network(model, needs),
        *schedule,
        *optimizer,
        f"    loss = {loss}",
        f"    model.compile({name}, loss=loss, jit_compile=False)",
        *(_stopping_weights() if needs.stopping_weights else []),
        *(_batches(model, needs) if needs.own_batches else []),
        "    model.fit(",
        *(f"        {argument}," for argument in arguments),
        "    )",
        *(_seen(model) if needs.seen else []),
        "    return model",
    ]
    return Code("\n".join(lines), (KERAS, NUMPY, *[TENSORFLOW] * needs.own_batches))


def _task(parts: Combination, facts: CodeFacts, plan: Plan, needs: _Needs, loss: str) -> Code:
    """Return the function that makes what one member trains."""
    model = parts.model
    schedule, callbacks = _schedule(model, plan)
    lines = [
        *_head("task", "Return a network, and what it learns from and stops on.", needs, facts),
        *_mass(model, needs),
        *_network(model, needs),
        *schedule,
        *_stopping_weights(),
        *_batches(model, needs),
        *(_seen(model) if needs.seen else []),
        "    return SimpleNamespace(",
        f"        model=model, fold=fold, data=data, loss={loss},",
        "        held=(X_valid, targets(fold.y_valid), stopping / stopping.mean()),",
        *([f"        callbacks=[{', '.join(callbacks)}],"] if callbacks else []),
        *[f"        settled={_settled(model)},"] * bool(_starts(model)),
        "    )",
    ]
    return Code("\n".join(lines), (KERAS, NUMPY, TENSORFLOW, "from types import SimpleNamespace"))


def _together(model: Snippet, plan: Plan) -> Code:
    """Return the functions that train the members' networks as one model, and let members learn task by task."""
    training = plan.training
    optimizer, name = optimizer_of(training, "joint", "tasks")
    arguments = [
        "data",
        "shuffle=False",
        "steps_per_epoch=tasks[0].fold.steps",
        "epochs=EPOCHS",
        "validation_data=held",
        "validation_batch_size=rows",
        "verbose=0",
    ]
    own = ["*[callback for task in tasks for callback in task.callbacks]"] * bool(_schedule(model, plan)[1])
    stopping = _stopping(model, plan, "[(task.model, task.fold) for task in tasks]", "tasks[0].")
    arguments += _callbacks([*own, *stopping])
    lines = [
        "def train(tasks):",
        '    """Train the members\' networks side by side, and return them with the weights of their best epoch."""',
        "    # As one model that has them all, they stop together: its loss is the sum of theirs.",
        "    inputs = [keras.Input(task.model.input_shape[1:]) for task in tasks]",
        "    joint = keras.Model(inputs, [task.model(x) for task, x in zip(tasks, inputs)])",
        *optimizer,
        f"    joint.compile({name}, loss=[task.loss for task in tasks], jit_compile=False)",
        "",
        "    def side_by_side(*batches):",
        "        return tuple(tuple(batch[part] for batch in batches) for part in range(3))",
        "",
        "    data = tf.data.Dataset.zip(tuple(task.data for task in tasks)).map(side_by_side)",
        "    # Parts that are held out may differ by a row: rows without weight make them as long.",
        "    rows = max(len(task.fold.y_valid) for task in tasks)",
        "    held = side_by_side(*[[longer(part, rows) for part in task.held] for task in tasks])",
        "    joint.fit(",
        *(f"        {argument}," for argument in arguments),
        "    )",
        "    return [task.model for task in tasks]",
        "",
        "",
        "def longer(part, rows):",
        '    """Return an array with zeros behind it; weights keep their mean."""',
        "    padded = np.pad(part, [(0, rows - len(part)), *[(0, 0)] * (part.ndim - 1)])",
        "    return padded if part.ndim > 1 else padded * rows / len(part)",
        "",
        "",
        "def together(members):",
        '    """Let members learn side by side, task by task, and return the networks of each."""',
        "    tasks, models = [next(member) for member in members], []",
        "    while tasks:",
        "        trained, tasks = train(tasks), []",
        "        for member, model in zip(members, trained):",
        "            try:",
        "                tasks.append(member.send(model))",
        "            except StopIteration as end:",
        "                models.append(end.value)",
        "    return models",
    ]
    return Code("\n".join(lines), (KERAS, NUMPY, TENSORFLOW))


def learn(parts: Combination) -> Code:
    """Return the function by which one member learns: it yields tasks, and is sent the network of each."""
    model = parts.model
    lines = [
        "def learn(X, y, seed, fold):",
        '    """Yield what a member\'s networks are to be trained on, and return them when they are."""',
        *(f"    {line}" for line in model.rows.splitlines()),
    ]
    if model.ensemble:
        lines.append("    return (yield from ensemble(X, y, seed, fold))")
    else:
        lines += ["    model = yield task(X, y, seed, fold)", "    return [model]"]
    return Code("\n".join(lines))


def _callbacks(callbacks: list[str]) -> list[str]:
    """Return the argument of ``fit`` that has callbacks; none without any."""
    inside = "".join(f"\n            {callback}," for callback in callbacks)
    return [f"callbacks=[{inside}\n        ]"] * bool(callbacks)


def _head(name: str, sentence: str, needs: _Needs, facts: CodeFacts) -> list[str]:
    given = ", weights=None" if needs.weights_given else ""
    weights = "np.ones(len(y)) if weights is None else weights" if needs.weights_given else "np.ones(len(y))"
    return [
        f"def {name}(X, y, seed, fold{given}):",
        f'    """{sentence}"""',
        "    keras.utils.set_random_seed(seed)",
        "    X, X_valid = fold.expand(X), fold.expand(fold.X_valid)"
        if facts.categories
        else "    X_valid = fold.X_valid",
        *[f"    weights = {weights}"] * needs.row_weights,
    ]


def _mass(model: Snippet, needs: _Needs) -> list[str]:
    """Return statements for what each class counts for in the loss, in rows: whatever balances reads it."""
    lines = [f"    counts = np.bincount(y, {'weights=weights, ' if needs.weights_given else ''}minlength=len(CLASSES))"]
    if model.data:
        lines.append("    counts = len(y) * (counts > 0) / np.sum(counts > 0)  # as batches hold the classes")
    offset = [f"    offset = {model.terms.offset.code}"] if model.terms.offset else []
    weights = model.weights or model.costs
    weighing = [
        f"    class_weights = {weights}",
        "    class_weights = class_weights * counts.sum() / (counts @ class_weights)",
        "    counts = counts * class_weights",
        *["    weights = weights * class_weights[y]"] * needs.row_weights,
    ]
    if not weights:
        return lines + offset
    # Costs come after what balances, which would otherwise take them back.
    return [*lines, *offset, *weighing] if model.costs else [*lines, *weighing, *offset]


def _network(model: Snippet, needs: _Needs) -> list[str]:
    """Return the statements that make the network, with its bias at the start."""
    if not model.bias:
        return ["    model = network(X, fold)"]
    lines, counts = [], "counts"
    if model.balanced_from is not None:  # at the start, batches are as the rows are
        weights = " * class_weights" if needs.class_weights else ""
        lines, counts = [f"    start = np.bincount(y, minlength=len(CLASSES)){weights}"], "start"
    # What the loss adds to a logit by itself, the bias need not.
    offset = " - offset" if model.terms.offset else ""
    return [*lines, f"    model = network(X, fold, bias={model.bias}({counts}){offset})"]


def _starts(model: Snippet) -> dict[str, float]:
    """Return what begins in the course of training, and after which share of the epochs."""
    shares = {"late_from": model.terms.late_from, "balanced_from": model.balanced_from}
    return {name: share for name, share in shares.items() if share is not None}


def _schedule(model: Snippet, plan: Plan) -> tuple[list[str], list[str]]:
    """Return statements for what changes in the course of training, and the callbacks that change it."""
    lines = [
        f"    {name} = min(int(np.ceil({share!r} * EPOCHS)), EPOCHS - 1)" for name, share in _starts(model).items()
    ]
    if not model.terms.late_class_weight:
        return lines, []
    lines += [
        f"    late_weights = {model.terms.late_class_weight.code}",
        '    now = keras.Variable(np.ones(len(CLASSES)), dtype="float32", trainable=False)',
    ]
    change = "now.assign(late_weights) if epoch == late_from else None"
    return lines, [
        f"keras.callbacks.LambdaCallback(\n                on_epoch_begin=lambda epoch, logs: {change}\n            )"
    ]


def _settled(model: Snippet) -> str:
    """Return code for the epoch from which on losses and batches stay as they are."""
    starts = _starts(model)
    return f"max({', '.join(starts)})" if len(starts) > 1 else "".join(starts)


def _stopping(model: Snippet, plan: Plan, trained: str, of: str = "") -> list[str]:
    """Return the callbacks that stop training.

    Parameters
    ----------
    trained : str
        Code for the networks, each with its fold.
    of : str
        What holds the epoch from which on training may stop; empty for a variable of its own.
    """
    if not plan.training.patience:
        return []
    monitor, score = ('"val_loss"', []) if plan.training.stop_on == "loss" else ('"score", mode="max"', [trained])
    settled = f"{of}settled" if of else _settled(model)
    start = f", start_from_epoch={settled}" if _starts(model) else ""
    return [
        *(f"Score({each})" for each in score),
        "keras.callbacks.EarlyStopping(\n                "
        f"monitor={monitor}, patience=PATIENCE, restore_best_weights=True{start}\n            )",
    ]


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
