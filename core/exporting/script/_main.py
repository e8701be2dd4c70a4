"""The function ``main`` of a script: every fold from its rows to its scores."""

from __future__ import annotations

from core.exporting.script._closure import closure
from core.exporting.script._joining import Combination
from core.exporting.script._networks import ScriptNetworks
from core.plan import Plan, SplitSettings
from core.reporting.safe_csv import guarded
from core.strategies.snippets.snippet import NUMPY, PANDAS, Code, CodeFacts, Snippet

_SPLIT = "from sklearn.model_selection import "


def main(parts: Combination, facts: CodeFacts, plan: Plan, networks: ScriptNetworks) -> Code:
    """Return the function that runs the folds."""
    decisions, model = parts.decisions, parts.model
    reads_validation = parts.needs("p_valid")
    together = plan.training.members > 1
    learners = (_Members if together else _Alone)(model, facts, networks)
    lines = [*learners.fitting, f"p_test = {learners.p_test}"]
    if reads_validation:
        lines += learners.validation
    for calibration in decisions:
        if calibration.adjust:
            lines += _seen(model, together) if calibration.needs("seen") else []
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
    prepared = _prepared(facts, plan, needs_fold, networks)
    seed = ["seed = SEED + number"] if not model.model or model.needs("seed") else []
    text = "\n".join(
        [
            "def main(path, folds_to_run):",
            "    table, labels = read_table(path)",
            *(f"    {line}" for line in _splits(plan.split)),
            "    scores = []",
            "    for number, (train_rows, test_rows) in enumerate(splits[:folds_to_run]):",
            *(f"        {line}" for line in (*_rows(plan), *seed, *prepared, *lines)),
            "    return scores",
        ]
    )
    return Code(text, (*_imports(facts, plan, needs_fold),))


def _imports(facts: CodeFacts, plan: Plan, needs_fold: bool) -> list[str]:
    split = plan.split
    lines = [NUMPY, *(["from types import SimpleNamespace"] if needs_fold else [])]
    if split.time is not None:
        lines += [PANDAS, f"{_SPLIT}TimeSeriesSplit"]
    if split.group is not None:
        lines.append(PANDAS)
    if not split.columns:
        lines.append(f"{_SPLIT}StratifiedKFold")
        lines += [f"{_SPLIT}train_test_split"] * (plan.training.members == 1)
    if facts.categories:
        lines += [
            "from sklearn.compose import make_column_transformer",
            "from sklearn.preprocessing import OneHotEncoder",
        ]
    return lines


def splitting(plan: Plan) -> tuple[Code, ...]:
    """Return the functions that part rows as the app does: whole groups, and the parts of cross-fitted members."""
    names = []
    if plan.split.group is not None:
        names += ["deal_groups", *["split_groups"] * (plan.split.time is not None)]
    elif plan.training.members > 1:
        names.append("deal_rows")
    return closure([("core.data.groups", name) for name in names])


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


def _rows(plan: Plan) -> list[str]:
    """Return the statements that choose the rows to learn from, and those that are kept back."""
    if plan.training.members == 1:
        return _validation(plan.split)
    if plan.split.time is None:
        return ["fit_rows = train_rows"]
    # The app leaves a gap, and groups on both sides, out of what members learn from as well.
    return [*_validation(plan.split), "fit_rows = np.sort(np.concatenate([fit_rows, valid_rows]))"]


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


def _prepared(facts: CodeFacts, plan: Plan, needs_fold: bool, networks: ScriptNetworks) -> list[str]:
    """Return the statements that prepare the fold's rows."""
    together, split = plan.training.members > 1, plan.split
    lines = [
        "y = labels[fit_rows]",
        f"prepare = preparation({'groups[fit_rows]' if split.group is not None else ''})",
        "X = prepare.fit_transform(table.iloc[fit_rows], y)",
        "X_test = prepare.transform(table.iloc[test_rows])"
        if together
        else "X_valid, X_test = (prepare.transform(table.iloc[rows]) for rows in (valid_rows, test_rows))",
    ]
    held = "X_valid=X_valid, y_valid=labels[valid_rows], steps=int(np.ceil(len(y) / BATCH_SIZE)),"
    if needs_fold:
        lines += [
            "fold = SimpleNamespace(",
            *[f"    {held}"] * (not together),
            "    counts=np.bincount(y, minlength=len(CLASSES)),",
            *["    network=NETWORK,"] * bool(networks.made and not together),
            ")",
        ]
    if facts.categories:
        lines += [
            "# Codes become one column per level inside of fold.expand, fitted on the training rows too.",
            "coded = list(range(X.shape[1] - len(CATEGORIES), X.shape[1]))",
            'one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)',
            'fold.expand = make_column_transformer((one_hot, coded), remainder="passthrough").fit(X).transform',
        ]
    if networks.settled or networks.adapted:
        lines.append(f"fold.X = {'fold.expand(X)' if facts.categories else 'X'}")
    if networks.settled:
        lines.append("numbers = many_valued(fold.X)")
        lines += ["fold.network = NETWORK.for_rows(len(y), numbers)"] * (not together)
    if together:
        lines += [
            "# Each member holds another part out: it stops on these rows, and thresholds are chosen on all of them.",
            "parts = [part for _, part in deal_groups(y, groups[fit_rows], MEMBERS, SEED)]"
            if split.group is not None
            else f"parts = deal_rows(y, MEMBERS, SEED{', moments[fit_rows]' if split.time is not None else ''})",
        ]
    return lines


class _Alone:
    """One network or ensemble, or one reference, on rows that stay the same."""

    def __init__(self, model: Snippet, facts: CodeFacts, networks: ScriptNetworks) -> None:
        if model.model:
            lines = ["X, X_valid, X_test = map(fold.expand, (X, X_valid, X_test))"] if facts.categories else []
            stops_on = f", {model.stops_on}" if model.stops_on else ""
            lines += ["# It stops on the rows that a network stops on."] * bool(stops_on)
            self.fitting = [*lines, f"model = {model.model}.fit(X, y{stops_on})"]
            self.p_test = "model.predict_proba(X_test)"
            self.validation = ["p_valid, y_valid = model.predict_proba(X_valid), fold.y_valid"]
            return
        trained = "ensemble(X, y, seed, fold)" if model.ensemble else "[train(X, y, seed, fold)]"
        self.fitting = [*model.rows.splitlines(), f"models = {trained}"]
        self.p_test = "predict(models, X_test, fold)"
        self.validation = ["p_valid, y_valid = predict(models, fold.X_valid, fold), fold.y_valid"]


class _Members:
    """Cross-fitted members, which each hold another part of the rows out."""

    def __init__(self, model: Snippet, facts: CodeFacts, networks: ScriptNetworks) -> None:
        predicted = "own.predict_proba(X[held])" if model.model else "predict(own, X[held], fold)"
        self.validation = [
            f"p_valid = np.concatenate([{predicted} for own, held in zip(models, parts)])",
            "y_valid = y[np.concatenate(parts)]",
        ]
        if model.model:
            stops_on = f", {model.stops_on}" if model.stops_on else ""
            self.fitting = [
                *["X, X_test = fold.expand(X), fold.expand(X_test)"] * facts.categories,
                "models = []",
                "for held in parts:",
                "    rest = np.setdiff1d(np.arange(len(y)), held)",
                *["    X_valid, fold.y_valid = X[held], y[held]"] * bool(stops_on),
                f"    models.append({model.model}.fit(X[rest], y[rest]{stops_on}))",
            ]
            self.p_test = "np.mean([model.predict_proba(X_test) for model in models], axis=0)"
            return
        settled = ".for_rows(len(y), numbers)" if networks.settled else ""
        self.fitting = [
            "members = []",
            "for place, held in enumerate(parts):",
            "    rest = np.setdiff1d(np.arange(len(y)), held)",
            "    member = SimpleNamespace(",
            f"        **vars(fold), network=NETWORKS[place]{settled}, X_valid=X[held], y_valid=y[held],",
            "        steps=int(np.ceil(len(rest) / BATCH_SIZE)),",
            "    )",
            "    members.append(learn(X[rest], y[rest], seed + 100_000 * place, member))",
            "models = together(members)",
        ]
        self.p_test = "predict(sum(models, []), X_test, fold)"


def _seen(model: Snippet, together: bool) -> list[str]:
    """Return statements for the class shares that the model's probabilities are under."""
    if not model.model:
        networks = "sum(models, [])" if together else "models"
        return [f"seen = np.mean([model.seen for model in {networks}], axis=0)"]
    weights = f" * {model.weights}" if model.weights else ""
    return ["counts = np.bincount(y, minlength=len(CLASSES))", f"seen = counts{weights}", "seen = seen / seen.sum()"]
