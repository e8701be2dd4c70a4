"""The function ``main`` of a script: every fold from its rows to its scores."""

from __future__ import annotations

import re
from collections.abc import Callable
from inspect import getsource

from core.data.groups import deal_groups, split_groups
from core.exporting.script._joining import Combination
from core.plan import Plan, SplitSettings
from core.reporting.safe_csv import guarded
from core.strategies.snippets.snippet import NUMPY, PANDAS, Code, CodeFacts, Snippet

_SPLIT = "from sklearn.model_selection import "


def main(parts: Combination, facts: CodeFacts, plan: Plan) -> Code:
    """Return the function that runs the folds."""
    decisions, model = parts.decisions, parts.model
    reads_validation = parts.needs("p_valid")
    fitting, predict, X_valid, X_test = _reference(model, facts) if model.model else _networks(model)
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
    # A linear reference has nothing to stop on, and most decisions are made from probabilities alone.
    needs_fold = any("fold" in line for line in lines) or facts.categories
    prepared = _prepared(facts, plan.split, needs_fold)
    seed = ["seed = SEED + number"] if not model.model or model.needs("seed") else []
    text = "\n".join(
        [
            "def main(path, folds_to_run):",
            "    table, labels = read_table(path)",
            *(f"    {line}" for line in _splits(plan.split)),
            "    scores = []",
            "    for number, (train_rows, test_rows) in enumerate(splits[:folds_to_run]):",
            *(f"        {line}" for line in (*_validation(plan.split), *seed, *prepared, *lines)),
            "    return scores",
        ]
    )
    return Code(text, (*_imports(facts, plan.split, needs_fold),))


def _imports(facts: CodeFacts, split: SplitSettings, needs_fold: bool) -> list[str]:
    lines = [NUMPY, *(["from types import SimpleNamespace"] if needs_fold else [])]
    if split.time is not None:
        lines += [PANDAS, f"{_SPLIT}TimeSeriesSplit"]
    if split.group is not None:
        lines += [PANDAS, f"{_SPLIT}StratifiedGroupKFold", f"{_SPLIT}StratifiedKFold"]
    if not split.columns:
        lines += [f"{_SPLIT}StratifiedKFold", f"{_SPLIT}train_test_split"]
    if facts.categories:
        lines += [
            "from sklearn.compose import make_column_transformer",
            "from sklearn.preprocessing import OneHotEncoder",
        ]
    return lines


def splitting(split: SplitSettings) -> list[Code]:
    """Return the functions that keep groups on one side, as the app has them; none without groups."""
    if split.group is None:
        return []
    functions: tuple[Callable[..., object], ...] = (
        (deal_groups, split_groups) if split.time is not None else (deal_groups,)
    )
    # A script's docstring is one sentence.
    return [Code(re.sub(r'(""".*?\.)\n.*?"""', r'\1"""', getsource(function), count=1, flags=re.DOTALL).rstrip())
            for function in functions]  # fmt: skip


def _splits(split: SplitSettings) -> list[str]:
    """Return the statements that draw the folds."""
    groups = [f"groups = pd.factorize(table[{guarded(split.group)!r}])[0]"] if split.group is not None else []
    if split.time is not None:
        return [
            f"moments = table[{guarded(split.time)!r}]",
            "if not pd.api.types.is_numeric_dtype(moments):  # days since 1970",
            '    moments = (pd.to_datetime(moments) - pd.Timestamp("1970-01-01")) / pd.Timedelta("1D")',
            "moments = moments.to_numpy(float)",
            *groups,
            'order = moments.argsort(kind="stable")',
            "splits = [(order[train], order[test]) for train, test in TimeSeriesSplit(FOLDS).split(order)]",
        ]
    if split.group is not None:
        return [*groups, "splits = deal_groups(labels, groups, FOLDS, FOLD_SEED)"]
    return ["splits = list(StratifiedKFold(FOLDS, shuffle=True, random_state=FOLD_SEED).split(table, labels))"]


def _validation(split: SplitSettings) -> list[str]:
    """Return the statements that keep validation rows back."""
    comment = "# Kept from balancing: these rows decide when to stop, and on thresholds."
    parts = "max(2, round(1 / VALIDATION_SPLIT))"
    if split.time is not None:
        return [
            *_apart(split, "train_rows", "test_rows", "FOLDS", "number"),
            comment,
            "cut = round(len(train_rows) * (1 - VALIDATION_SPLIT))",
            "fit_rows, valid_rows = train_rows[:cut], train_rows[cut:]",
            *_apart(split, "fit_rows", "valid_rows", parts, "0"),
        ]
    if split.group is not None:
        return [
            comment,
            f"parts = {parts}",
            "fit, valid = deal_groups(labels[train_rows], groups[train_rows], parts, FOLD_SEED)[0]",
            "fit_rows, valid_rows = train_rows[fit], train_rows[valid]",
        ]
    return [
        comment,
        "fit_rows, valid_rows = map(np.sort, train_test_split(",
        "    train_rows, test_size=round(VALIDATION_SPLIT * len(train_rows)),",
        "    stratify=labels[train_rows], random_state=FOLD_SEED,",
        "))",
    ]


def _apart(split: SplitSettings, earlier: str, later: str, parts: str, part: str) -> list[str]:
    """Return the statements that leave a gap between earlier and later rows, and no group on both sides."""
    lines = []
    if split.gap:
        lines.append(f"{earlier} = {earlier}[moments[{earlier}] <= moments[{later}].min() - {split.gap!r}]")
    if split.group is not None:
        lines += [
            f"{earlier}, {later} = split_groups(",
            f"    {earlier}, {later}, labels, groups, {parts}, {part}, FOLD_SEED",
            ")",
        ]
    return lines


def _prepared(facts: CodeFacts, split: SplitSettings, needs_fold: bool) -> list[str]:
    """Return the statements that prepare the fold's rows."""
    lines = [
        "y = labels[fit_rows]",
        f"prepare = preparation({'groups[fit_rows]' if split.group is not None else ''})",
        "X = prepare.fit_transform(table.iloc[fit_rows], y)",
        "X_valid, X_test = (prepare.transform(table.iloc[rows]) for rows in (valid_rows, test_rows))",
    ]
    if needs_fold:
        lines += [
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


def _reference(model: Snippet, facts: CodeFacts) -> tuple[list[str], str, str, str]:
    """Return the statements that fit another library's model, how it predicts, and on which rows."""
    lines = ["X, X_valid, X_test = map(fold.expand, (X, X_valid, X_test))"] if facts.categories else []
    stops_on = f", {model.stops_on}" if model.stops_on else ""
    if stops_on:
        lines.append("# It stops on the rows that a network stops on.")
    return [*lines, f"model = {model.model}.fit(X, y{stops_on})"], "model.predict_proba({})", "X_valid", "X_test"


def _seen(model: Snippet) -> list[str]:
    """Return statements for the class shares that the model's probabilities are under."""
    if not model.model:
        return ["seen = np.mean([model.seen for model in models], axis=0)"]
    weights = f" * {model.weights}" if model.weights else ""
    return ["counts = np.bincount(y, minlength=len(CLASSES))", f"seen = counts{weights}", "seen = seen / seen.sum()"]
