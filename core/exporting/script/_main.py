"""The function ``main`` of a script: every fold from its rows to its scores."""

from __future__ import annotations

from core.exporting.script._joining import Combination
from core.plan import Plan, SplitSettings
from core.reporting.safe_csv import guarded
from core.strategies.snippets.snippet import NUMPY, PANDAS, Code, CodeFacts, Snippet

_SPLIT = "from sklearn.model_selection import "


def main(parts: Combination, facts: CodeFacts, plan: Plan) -> Code:
    """Return the function that runs the folds."""
    decisions, model = parts.decisions, parts.model
    reads_validation = parts.needs("p_valid")
    fitting, predict, X_valid, X_test = _reference(parts, facts) if model.model else _networks(model)
    lines = [*fitting, f"p_test = {predict.format(X_test)}"]
    if reads_validation:
        lines.append(f"p_valid, y_valid = {predict.format(X_valid)}, fold.y_valid")
    for calibration in decisions:
        if calibration.adjust:
            lines += _seen(model) if calibration.needs("seen") else []
            lines.append(f"adjust = {calibration.adjust}")
            lines.append(
                "p_valid, p_test = adjust(p_valid), adjust(p_test)" if reads_validation else "p_test = adjust(p_test)"
            )
    rule = next((decision.rule for decision in decisions if decision.rule), "")
    lines += [f"decide = {rule}", "decided = decide(p_test)"] if rule else ["decided = p_test.argmax(axis=1)"]
    lines += [
        "scores.append(average_precision(labels[test_rows], p_test))",
        "reached = f1(labels[test_rows], decided)",
        'print(f"Fold {number + 1}: average precision {scores[-1]:.3f}, F1 {reached:.3f}")',
    ]
    seed = ["seed = SEED + number"] if not model.model or model.needs("seed") else []
    text = "\n".join(
        [
            "def main(path, folds_to_run):",
            "    table, labels = read_table(path)",
            *(f"    {line}" for line in _splits(plan.split)),
            "    scores = []",
            "    for number, (train_rows, test_rows) in enumerate(splits[:folds_to_run]):",
            *(f"        {line}" for line in (*_validation(plan.split), *seed, *_prepared(facts), *lines)),
            "    return scores",
        ]
    )
    return Code(text, (*_imports(facts, plan.split),))


def _imports(facts: CodeFacts, split: SplitSettings) -> list[str]:
    lines = [NUMPY, "from types import SimpleNamespace"]
    if split.time is not None:
        lines.append(f"{_SPLIT}TimeSeriesSplit")
    elif split.group is not None:
        lines += [PANDAS, f"{_SPLIT}StratifiedGroupKFold"]
    else:
        lines += [f"{_SPLIT}StratifiedKFold", f"{_SPLIT}train_test_split"]
    if facts.categories:
        lines += [
            "from sklearn.compose import make_column_transformer",
            "from sklearn.preprocessing import OneHotEncoder",
        ]
    return lines


def _splits(split: SplitSettings) -> list[str]:
    """Return the statements that draw the folds."""
    if split.time is not None:
        return [
            f'order = table[{guarded(split.time)!r}].argsort(kind="stable").to_numpy()',
            "splits = [(order[train], order[test]) for train, test in TimeSeriesSplit(FOLDS).split(order)]",
        ]
    if split.group is not None:
        return [
            f"groups = pd.factorize(table[{guarded(split.group)!r}])[0]",
            "folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=FOLD_SEED)",
            "splits = list(folds.split(table, labels, groups))",
        ]
    return ["splits = list(StratifiedKFold(FOLDS, shuffle=True, random_state=FOLD_SEED).split(table, labels))"]


def _validation(split: SplitSettings) -> list[str]:
    """Return the statements that keep validation rows back."""
    comment = "# Kept from balancing: these rows decide when to stop, and on thresholds."
    if split.time is not None:
        return [
            comment,
            "cut = round(len(train_rows) * (1 - VALIDATION_SPLIT))",
            "fit_rows, valid_rows = train_rows[:cut], train_rows[cut:]",
        ]
    if split.group is not None:
        return [
            comment,
            "parts = max(2, round(1 / VALIDATION_SPLIT))",
            "inner = StratifiedGroupKFold(parts, shuffle=True, random_state=FOLD_SEED)",
            "fit, valid = next(inner.split(train_rows, labels[train_rows], groups[train_rows]))",
            "fit_rows, valid_rows = train_rows[fit], train_rows[valid]",
        ]
    return [
        comment,
        "fit_rows, valid_rows = map(np.sort, train_test_split(",
        "    train_rows, test_size=round(VALIDATION_SPLIT * len(train_rows)),",
        "    stratify=labels[train_rows], random_state=FOLD_SEED,",
        "))",
    ]


def _prepared(facts: CodeFacts) -> list[str]:
    """Return the statements that prepare the fold's rows."""
    lines = [
        "prepare = preparation(len(fit_rows))",
        "X = prepare.fit_transform(table.iloc[fit_rows])",
        "X_valid, X_test = (prepare.transform(table.iloc[rows]) for rows in (valid_rows, test_rows))",
        "y = labels[fit_rows]",
        "fold = SimpleNamespace(",
        "    X_valid=X_valid, y_valid=labels[valid_rows], steps=int(np.ceil(len(y) / BATCH_SIZE)),",
        "    counts=np.bincount(y, minlength=len(CLASSES)),",
        ")",
    ]
    if facts.categories:
        lines += [
            "# Codes become one column per level inside of fold.expand, fitted on the training rows too.",
            "coded = list(range(X.shape[1] - len(CATEGORIES), X.shape[1]))",
            'one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)',
            'fold.expand = make_column_transformer((one_hot, coded), remainder="passthrough").fit(X).transform',
        ]
    return lines


def _networks(model: Snippet) -> tuple[list[str], str, str, str]:
    """Return the statements that train networks, how they predict, and on which validation and test rows."""
    trained = "ensemble(X, y, seed, fold)" if model.ensemble else "[train(X, y, seed, fold)]"
    return [*model.rows.splitlines(), f"models = {trained}"], "predict(models, {}, fold)", "fold.X_valid", "X_test"


def _reference(parts: Combination, facts: CodeFacts) -> tuple[list[str], str, str, str]:
    """Return the statements that fit a model of scikit-learn, how it predicts, and on which rows."""
    expand = "fold.expand({})" if facts.categories else "{}"
    X, X_valid, X_test = (expand.format(name) for name in ("X", "fold.X_valid", "X_test"))
    if parts.needs("p_valid"):
        lines = ["# Validation rows are for the decision rule alone."]
    else:
        # A network stops on the validation rows; a model that stops by itself learns from them.
        lines = ["y = np.concatenate([y, fold.y_valid])"]
        X = f"np.vstack([{X}, {X_valid}])"
    return [*lines, f"model = {parts.model.model}.fit({X}, y)"], "model.predict_proba({})", X_valid, X_test


def _seen(model: Snippet) -> list[str]:
    """Return statements for the class shares that the model's probabilities are under."""
    if not model.model:
        return ["seen = np.mean([model.seen for model in models], axis=0)"]
    weights = f" * {model.weights}" if model.weights else ""
    return ["counts = np.bincount(y, minlength=len(CLASSES))", f"seen = counts{weights}", "seen = seen / seen.sum()"]
