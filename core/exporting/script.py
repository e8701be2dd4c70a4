"""A strategy, or a combination, as a script in plain Keras, scikit-learn and imbalanced-learn.

The script does what a fold of an experiment does, in the app's order: split, fit the preparation on
training rows, keep validation rows back, balance, train with the same number of steps, decide. It
needs none of this project, and reads the table that :func:`table_csv` writes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from importlib.metadata import version

import numpy as np

from core.data.problem import Problem
from core.data.reading.cleaning import as_text
from core.exporting import script_texts as texts
from core.plan import Plan, StrategyChoice
from core.reporting.safe_csv import safe_csv
from core.strategies import label, parts_of
from core.strategies.combining import clash
from core.strategies.snippets.snippet import CodeFacts, Snippet

_PACKAGES = ("tensorflow", "keras", "scikit-learn", "imbalanced-learn", "pandas", "numpy")


class CodeError(ValueError):
    """A choice that cannot be written as a script; the message is one sentence that says why."""


def file_name(choice: StrategyChoice) -> str:
    """Return a name for a choice's script, for example ``smote_focal.py``."""
    return "_".join(re.sub(r"\W", "_", part.name) for part in choice.parts)[:80] + ".py"


def table_csv(problem: Problem) -> bytes:
    """Return the labelled rows as the CSV that the script reads: cleaned, with the classes as text."""
    table, target = problem.table, problem.target
    frame = table.frame.iloc[target.rows].copy()
    for column in table.columns:
        if column.kind == "categorical":
            frame[column.name] = frame[column.name].map(as_text, na_action="ignore").astype(object)
    frame[target.name] = np.array(target.labels, object)[target.codes]
    return safe_csv(frame).encode()


def script(problem: Problem, choice: StrategyChoice, csv: str = "table.csv") -> str:
    """Return the script.

    Raises
    ------
    CodeError
        A part has no script, or the parts make no sense together.
    """
    reason = clash([part.name for part in choice.parts])
    if reason is not None:
        raise CodeError(reason)
    parts = parts_of(choice)
    plan, target = problem.plan, problem.target
    kinds = ("numeric", "date", "categorical")
    of_kind = {kind: [c.name for c in problem.features if c.kind == kind] for kind in kinds}
    numbers = bool(of_kind["numeric"] or of_kind["date"])
    facts = CodeFacts(len(target.classes), numbers, bool(of_kind["categorical"]), bool(of_kind["date"]))
    snippets = []
    for part in parts:
        snippet = part.code(facts)
        if snippet is None:
            raise CodeError(f"{part.card.name} has no script yet.")
        snippets.append(snippet)
    made = _joined(snippets)
    body = [
        texts.settings(target, plan, of_kind, csv),
        texts.read_table(of_kind, facts),
        texts.preparation(facts),
        *made.helpers,
        *(
            (texts.network(facts, plan, made.scale), _train(made, facts, plan), texts.predict(facts))
            if not made.model
            else ()
        ),
        *((made.batch_map,) if made.batch_map else ()),
        *((made.ensemble,) if made.ensemble else ()),
        texts.scores(facts),
        _main(made, facts, plan),
    ]
    code = "\n\n\n".join(body) + texts.START
    return f"{_docstring(choice, plan, file_name(choice), csv)}\n\n{_imports(code, made, facts, plan)}\n\n{code}\n"


def _joined(snippets: Sequence[Snippet]) -> Snippet:
    """Return the pieces of all parts as one; rows follow one another, weights multiply."""

    def only(name: str, what: str) -> str:
        given = [getattr(s, name) for s in snippets if getattr(s, name)]
        if len(given) > 1:
            raise CodeError(f"A script for two {what} at once is not written: choose one of them.")
        return given[0] if given else ""

    return Snippet(
        imports=tuple(dict.fromkeys(line for s in snippets for line in s.imports)),
        helpers=tuple(dict.fromkeys(helper for s in snippets for helper in s.helpers)),
        rows="\n".join(s.rows for s in snippets if s.rows),
        weights=only("weights", "class weights"),
        costs=only("costs", "class weights"),
        bias=only("bias", "output biases"),
        loss=only("loss", "losses"),
        late_weights=only("late_weights", "losses"),
        late_from=next((s.late_from for s in snippets if s.late_from is not None), None),
        balanced_from=next((s.balanced_from for s in snippets if s.balanced_from is not None), None),
        scale=math.prod(s.scale for s in snippets),
        data=only("data", "orders of batches"),
        batch_map=only("batch_map", "augmentations"),
        offset=only("offset", "losses"),
        ensemble=only("ensemble", "ensembles"),
        adjust="\x00".join(s.adjust for s in snippets if s.adjust),
        rule=only("rule", "decision rules"),
        model=only("model", "models"),
    )


def _docstring(choice: StrategyChoice, plan: Plan, name: str, csv: str) -> str:
    needs = " ".join(f"{package}=={version(package)}" for package in _PACKAGES)
    said = "\n".join(
        f"{part.card.name}: {part.card.sentence}\n{part.card.paper}, {part.card.link}" for part in parts_of(choice)
    )
    text = (
        f"{label(choice)} in plain Keras, scikit-learn and imbalanced-learn; written by Counterweight.\n\n{said}\n\n"
        f"    pip install {needs}\n    python {name} {csv}\n\n"
        f"A second argument is the number of folds to run, of the {plan.split.folds}.\n"
    )
    return f'"""{text}"""'


def _imports(code: str, made: Snippet, facts: CodeFacts, plan: Plan) -> str:
    """Return the import lines that the code uses: standard library, then the others, sorted."""
    wanted = [
        line
        for line in dict.fromkeys((*texts.IMPORTS, *made.imports))
        if any(re.search(rf"(?<![\w.]){re.escape(name)}\b", code) for name in _names(line))
    ]
    standard = sorted(
        (line for line in wanted if line in texts.STANDARD), key=lambda line: (line.startswith("from"), line)
    )
    merged: dict[str, set[str]] = {}
    plain = []
    for line in wanted:
        if line in texts.STANDARD:
            continue
        found = re.fullmatch(r"from ([\w.]+) import (\w+)", line)
        if found is None:
            plain.append(line)
        else:
            merged.setdefault(found[1], set()).add(found[2])
    taken = [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(merged.items())]
    others = sorted(plain) + taken
    return "\n".join([*standard, "", *others])


def _names(line: str) -> list[str]:
    return [name.split(" as ")[-1].strip() for name in line.split("import ")[1].split(",")]


def _train(made: Snippet, facts: CodeFacts, plan: Plan) -> str:
    """Return the function that trains one network."""
    boosted = "weights=weights" in made.ensemble
    if boosted and made.data:
        raise CodeError("A script for EasyEnsemble with batches of its own is not written: choose one of them.")
    weighted = bool(made.weights or made.costs)
    reweighed = bool(made.rows or made.ensemble or weighted or made.data)
    corrected = "seen" in made.adjust
    uses_prior = "prior" in made.batch_map
    own_order = bool(made.rows or made.ensemble or made.data or made.batch_map)
    x = "fold.expand(X)" if facts.categories else "X"
    x_valid = "fold.expand(fold.X_valid)" if facts.categories else "fold.X_valid"
    lines = [
        f"def train(X, y, seed, fold{', weights=None' if boosted else ''}):",
        '    """Train one network and return it with the weights of its best epoch."""',
        "    keras.utils.set_random_seed(seed)",
    ]
    if facts.categories:
        lines.append(f"    X, X_valid = {x}, {x_valid}")
    else:
        lines.append("    X_valid = fold.X_valid")
    if boosted:
        lines.append("    weights = np.ones(len(y)) if weights is None else weights")
    if made.bias or made.loss or reweighed or corrected or uses_prior:
        lines += _counts(made, boosted)
    bias = made.bias
    if "moving_shares" in made.data and bias:  # at the start, batches are as the rows are
        lines.append(f"    start = np.bincount(y, minlength=len(CLASSES)){' * class_weights' if weighted else ''}")
        bias = bias.replace("counts", "start")
    if made.offset and bias:
        bias += " - offset"
    lines.append(f"    model = network(np.ptp(X, axis=0) > 0{f', bias={bias}' if bias else ''})")
    default = (
        "keras.losses.BinaryCrossentropy(from_logits=True)"
        if facts.binary
        else ("keras.losses.CategoricalCrossentropy(from_logits=True)")
    )
    callbacks = []
    loss = made.loss or default
    settled = [
        (name, share)
        for name, share in (("late_from", made.late_from), ("balanced_from", made.balanced_from))
        if share is not None
    ]
    lines += [f"    {name} = min(int(np.ceil({share!r} * EPOCHS)), EPOCHS - 1)" for name, share in settled]
    if made.late_weights:
        lines += [
            f"    late_weights = {made.late_weights}",
            '    now = keras.Variable(np.ones(len(CLASSES)), dtype="float32", trainable=False)',
        ]
        callbacks.append(
            "keras.callbacks.LambdaCallback(\n            on_epoch_begin=lambda epoch, logs: "
            "now.assign(late_weights) if epoch == late_from else None\n        )"
        )
    lines.append(f"    model.compile(keras.optimizers.Adam(LEARNING_RATE), loss={loss}, jit_compile=False)")
    if plan.network.patience:
        first = ", ".join(name for name, _ in settled)
        first = f"max({first})" if len(settled) > 1 else first
        start = f", start_from_epoch={first}" if settled else ""
        callbacks.append(
            "keras.callbacks.EarlyStopping(\n            "
            f'monitor="val_loss", patience=PATIENCE, restore_best_weights=True{start}\n        )'
        )
    validation = "X_valid, targets(fold.y_valid)"
    mixing = bool(made.batch_map)
    if reweighed:
        lines += [
            "    # The loss on validation rows weighs the classes as training does, so that stopping means the same.",
            "    held = np.maximum(np.bincount(fold.y_valid, minlength=len(CLASSES)), 1)",
            "    stopping = (counts / counts.sum() / held)[fold.y_valid]",
        ]
        validation += ", stopping / stopping.mean()"
    by_class = "class_weight=dict(enumerate(class_weights))" if weighted and not (boosted or mixing) else ""
    if own_order:
        if mixing and not boosted:
            lines.append(f"    weights = {'class_weights[y]' if weighted else 'np.ones(len(y))'}")
        data = made.data or "tf.data.Dataset.from_tensor_slices(rows).shuffle(len(y), seed=seed).repeat()"
        lines += [
            f"    rows = (X, targets(y){', weights' if boosted or mixing else ''})",
            "    # Every strategy gets as many steps an epoch as one pass over the fold's own rows takes.",
            f"    data = {data}.batch(BATCH_SIZE)",
        ]
        if made.batch_map:
            late = " * late_weights" if made.late_weights else ""
            lines.append(f"    prior = counts{late}" if uses_prior else "")
            argument = "lambda *batch: mixed(*batch, prior)" if uses_prior else "mixed"
            lines.append(f"    data = data.map({argument})")
        given = ["data", "steps_per_epoch=fold.steps"]
    else:
        given = ["X", "targets(y)", "batch_size=BATCH_SIZE"]
    given += ["epochs=EPOCHS", *([by_class] if by_class else []), f"validation_data=({validation})"]
    given += ["validation_batch_size=len(fold.y_valid)", "verbose=0"]
    lines = [line for line in lines if line]
    lines.append("    model.fit(")
    lines += [f"        {argument}," for argument in given]
    if callbacks:
        lines.append("        callbacks=[" + ", ".join(callbacks) + "],")
    lines.append("    )")
    if corrected:
        seen = ["counts", *["late_weights"] * bool(made.late_weights), *["np.exp(-offset)"] * bool(made.offset)]
        lines += [
            "    # The class shares that its probabilities are under.",
            f"    seen = {' * '.join(seen)}",
            "    model.seen = seen / seen.sum()",
        ]
    return "\n".join([*lines, "    return model"])


def _counts(made: Snippet, boosted: bool) -> list[str]:
    """Return statements for what each class counts for in the loss, in rows: whatever balances reads it."""
    lines = [f"    counts = np.bincount(y, {'weights=weights, ' if boosted else ''}minlength=len(CLASSES))"]
    if made.data:
        lines.append("    counts = len(y) * (counts > 0) / np.sum(counts > 0)  # as batches hold the classes")
    offset = [f"    offset = {made.offset}"] if made.offset else []
    if made.costs:
        # Costs come after what balances, which would otherwise take them back.
        lines += offset
    if made.weights or made.costs:
        lines += [
            f"    class_weights = {made.weights or made.costs}",
            "    class_weights = class_weights * counts.sum() / (counts @ class_weights)",
            "    counts = counts * class_weights",
            *(["    weights = weights * class_weights[y]"] if boosted else []),
        ]
    return lines if made.costs else lines + offset


def _main(made: Snippet, facts: CodeFacts, plan: Plan) -> str:
    """Return the function that runs the folds."""
    adjusts = made.adjust.split("\x00") if made.adjust else []
    lines = [*texts.fold_head(facts, plan)]
    indent = "        "
    if made.model:
        x, x_valid, x_test = (
            f"fold.expand({name})" if facts.categories else name for name in ("X", "fold.X_valid", "X_test")
        )
        if made.rule or any("valid" in adjust for adjust in adjusts):
            lines.append(f"{indent}# Validation rows are for the decision rule alone.")
        else:
            # A network stops on the validation rows; a model that stops by itself learns from them.
            lines.append(f"{indent}y = np.concatenate([y, fold.y_valid])")
            x = f"np.vstack([{x}, {x_valid}])"
        lines.append(f"{indent}model = {made.model}.fit({x}, y)")
        predict = ("model.predict_proba({})", x_valid, x_test)
    else:
        lines += [indent + line for line in made.rows.split("\n") if line]
        trained = "ensemble(X, y, seed, fold)" if made.ensemble else "[train(X, y, seed, fold)]"
        lines += [f"{indent}models = {trained}"]
        predict = ("predict(models, {}, fold)", "fold.X_valid", "X_test")
    lines += [f"{indent}p_test = {predict[0].format(predict[2])}"]
    if adjusts or made.rule:
        lines += [f"{indent}p_valid, y_valid = {predict[0].format(predict[1])}, fold.y_valid"]
    for adjust in adjusts:
        if "seen" in adjust:
            lines += [indent + line for line in _seen(made)]
        lines += [f"{indent}adjust = {adjust}", f"{indent}p_valid, p_test = adjust(p_valid), adjust(p_test)"]
    if made.rule:
        lines += [f"{indent}decide = {made.rule}", f"{indent}decided = decide(p_test)"]
    else:
        lines += [f"{indent}decided = p_test.argmax(axis=1)"]
    return "\n".join([*lines, *texts.FOLD_END])


def _seen(made: Snippet) -> list[str]:
    """Return statements for the class shares that the model's probabilities are under."""
    if not made.model:
        return ["seen = np.mean([model.seen for model in models], axis=0)"]
    lines = ["counts = np.bincount(y, minlength=len(CLASSES))"]
    return [*lines, f"seen = counts * {made.weights}" if made.weights else "seen = counts", "seen = seen / seen.sum()"]
