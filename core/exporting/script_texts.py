"""The parts of a script that are the same for every strategy, written for a table and a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pprint import pformat

from core.data.preparation import CLIP, MAX_LEVELS
from core.data.preparation.categories import MAX_MIN_FREQUENCY, ROWS_PER_FREQUENT
from core.data.target import Target
from core.plan import Plan
from core.reporting.safe_csv import guarded
from core.strategies.snippets.snippet import CodeFacts

STANDARD = ("import sys", "from collections import Counter", "from types import SimpleNamespace")
IMPORTS = (
    *STANDARD,
    "import keras",
    "import numpy as np",
    "import pandas as pd",
    "import tensorflow as tf",
    "from scipy.special import expit",
    "from scipy.special import softmax",
    "from sklearn.compose import make_column_transformer",
    "from sklearn.impute import MissingIndicator",
    "from sklearn.impute import SimpleImputer",
    "from sklearn.metrics import average_precision_score",
    "from sklearn.metrics import f1_score",
    "from sklearn.model_selection import StratifiedGroupKFold",
    "from sklearn.model_selection import StratifiedKFold",
    "from sklearn.model_selection import TimeSeriesSplit",
    "from sklearn.model_selection import train_test_split",
    "from sklearn.pipeline import make_pipeline",
    "from sklearn.preprocessing import FunctionTransformer",
    "from sklearn.preprocessing import OneHotEncoder",
    "from sklearn.preprocessing import OrdinalEncoder",
    "from sklearn.preprocessing import StandardScaler",
)
START = """


if __name__ == "__main__":
    scores = main(sys.argv[1] if len(sys.argv) > 1 else TABLE, int(sys.argv[2]) if len(sys.argv) > 2 else FOLDS)
    print(f"Mean of {len(scores)} folds: average precision {np.mean(scores):.3f}")"""


def settings(target: Target, plan: Plan, of_kind: Mapping[str, Sequence[str]], csv: str) -> str:
    """Return the constants; names of columns and classes are Python literals, as the table's CSV has them."""
    network, split = plan.network, plan.split
    classes = "the second one is the positive class" if len(target.classes) == 2 else "in the order of their codes"
    lines = [
        f"TABLE = {csv!r}",
        f"TARGET = {guarded(plan.target)!r}",
        f"CLASSES = {_listed(list(target.labels))}  # {classes}",
        f"NUMBERS = {_listed(of_kind['numeric'])}",
        *([f"DATES = {_listed(of_kind['date'])}"] if of_kind["date"] else []),
        *([f"CATEGORIES = {_listed(of_kind['categorical'])}"] if of_kind["categorical"] else []),
        f"FOLDS, SEED, VALIDATION_SPLIT = {split.folds}, {split.seed}, {network.validation_split}",
        *(
            []
            if split.time
            else [f"FOLD_SEED = {split.fold_seed(0)}  # draws the folds of the comparison's first repeat"]
        ),
        f"HIDDEN_LAYERS, DROPOUT = {network.hidden_layers}, {network.dropout}",
        f"LEARNING_RATE, BATCH_SIZE = {network.learning_rate}, {network.batch_size}",
        f"EPOCHS, PATIENCE = {network.epochs}, {network.patience}",
    ]
    return "\n".join(lines)


def _listed(names: Sequence[str]) -> str:
    return pformat([guarded(name) for name in names], width=110, compact=True)


def read_table(of_kind: Mapping[str, Sequence[str]], facts: CodeFacts) -> str:
    text_columns = "{name: str for name in [TARGET, *CATEGORIES]}" if facts.categories else "{TARGET: str}"
    # A category may be called "NA" or "null": only an empty cell is missing.
    lines = [
        "def read_table(path):",
        '    """Return the rows and their class codes."""',
        f'    table = pd.read_csv(path, dtype={text_columns}, keep_default_na=False, na_values=[""])',
        "    y = table[TARGET].map({name: code for code, name in enumerate(CLASSES)})",
        "    table, y = table[y.notna()].reset_index(drop=True), y[y.notna()].to_numpy(int)",
    ]
    if of_kind["date"]:
        lines += [
            "    for name in DATES:  # days since 1970",
            '        table[name] = (pd.to_datetime(table[name]) - pd.Timestamp("1970-01-01")) / pd.Timedelta("1D")',
        ]
    return "\n".join([*lines, "    return table, y"])


def preparation(facts: CodeFacts) -> str:
    names = "[*NUMBERS, *DATES]" if facts.dates else "NUMBERS"
    codes = [
        "class Codes(OrdinalEncoder):",
        '    """Codes of levels; a level never seen counts as one of the rare ones, where there are any."""',
        "",
        "    def transform(self, X):",
        "        codes = super().transform(X)",
        "        for column, rare in enumerate(self.infrequent_categories_):",
        "            if rare is not None:",
        "                frequent = pd.notna(self.categories_[column]).sum() - len(rare)",
        "                codes[codes[:, column] == -1, column] = frequent",
        "        return codes",
        "",
        "",
    ]
    lines = [
        *(codes if facts.categories else []),
        "def preparation(n_rows):",
        '    """Return the steps from columns to numbers, to be fitted on training rows only."""',
    ]
    if facts.numbers:
        lines += [
            "    numbers = make_pipeline(",
            '        SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler(),',
            f'        FunctionTransformer(np.clip, kw_args={{"a_min": -{CLIP:g}, "a_max": {CLIP:g}}}),',
            "    )",
        ]
    if facts.categories:
        lines += [
            "    categories = Codes(",
            '        handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2,',
            f"        max_categories={MAX_LEVELS}, "
            f"min_frequency=int(np.clip(n_rows // {ROWS_PER_FREQUENT}, 1, {MAX_MIN_FREQUENCY})),",
            "    )",
        ]
    numbers = [f"(numbers, {names})", f"(MissingIndicator(error_on_new=False), {names})"]
    both = numbers * facts.numbers + ["(categories, CATEGORIES)"] * facts.categories
    return "\n".join([*lines, f"    return make_column_transformer({', '.join(both)})"])


def network(facts: CodeFacts, plan: Plan, scale: float = 1.0) -> str:
    units = "1" if facts.binary else "len(CLASSES)"
    over, scaled = "", ""
    if scale != 1:
        over, scaled = f" / {scale!r}", f"\n    layers.append(keras.layers.Rescaling({scale!r}))"
    bias = f"[(bias[1] - bias[0]){over}]" if facts.binary else f"bias{over}"
    dropout = "\n        layers.append(keras.layers.Dropout(DROPOUT))" if plan.network.dropout else ""
    shape = 'y[:, None].astype("float32")' if facts.binary else "keras.utils.to_categorical(y, len(CLASSES))"
    kind = "one column, 1 for the positive class" if facts.binary else "one-hot"
    return f'''def network(varies, bias=None):
    """Return a network that ends in {"a logit" if facts.binary else "one logit a class"}."""
    # An input that is constant in the rows trained on is 0: nothing can be learned of its other values.
    layers = [keras.Input((len(varies),)), keras.layers.Rescaling(varies.astype("float32").tolist())]
    for units in HIDDEN_LAYERS:
        layers.append(keras.layers.Dense(units, activation="relu")){dropout}
    start = "zeros" if bias is None else keras.initializers.Constant({bias})
    layers.append(keras.layers.Dense({units}, bias_initializer=start)){scaled}
    return keras.Sequential(layers)


def targets(y):
    """Return class codes as the loss wants them: {kind}."""
    return {shape}'''


def predict(facts: CodeFacts) -> str:
    x = "fold.expand(X)" if facts.categories else "X"
    if facts.binary:
        squash = (
            "positive = np.mean([expit(model.predict(X, verbose=0)) for model in models], axis=0)\n"
            "    return np.hstack([1 - positive, positive])"
        )
    else:
        squash = "return np.mean([softmax(model.predict(X, verbose=0), axis=1) for model in models], axis=0)"
    lines = [
        "def predict(models, X, fold):",
        '    """Return class probabilities, the mean over networks."""',
        *([f"    X = {x}"] if facts.categories else []),
        f"    {squash}",
    ]
    return "\n".join(lines)


def scores(facts: CodeFacts) -> str:
    if facts.binary:
        return """def average_precision(y, p):
    return average_precision_score(y, p[:, 1])


def f1(y, decided):
    return f1_score(y, decided, zero_division=0)"""
    return '''def average_precision(y, p):
    """Return the mean over classes, each against the rest."""
    return np.mean([average_precision_score(y == code, p[:, code]) for code in range(len(CLASSES))])


def f1(y, decided):
    return f1_score(y, decided, labels=range(len(CLASSES)), average="macro", zero_division=0)'''


def fold_head(facts: CodeFacts, plan: Plan) -> list[str]:
    """Return the lines from the start of ``main`` to a fold's prepared training rows."""
    split = plan.split
    lines = ["def main(path, folds_to_run):", "    table, labels = read_table(path)"]
    if split.time is not None:
        lines += [
            f'    order = table[{guarded(split.time)!r}].argsort(kind="stable").to_numpy()',
            "    splits = [(order[train], order[test]) for train, test in TimeSeriesSplit(FOLDS).split(order)]",
        ]
    elif split.group is not None:
        lines += [
            f"    groups = pd.factorize(table[{guarded(split.group)!r}])[0]",
            "    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=FOLD_SEED)",
            "    splits = list(folds.split(table, labels, groups))",
        ]
    else:
        lines.append(
            "    splits = list(StratifiedKFold(FOLDS, shuffle=True, random_state=FOLD_SEED).split(table, labels))"
        )
    lines += ["    scores = []", "    for number, (train_rows, test_rows) in enumerate(splits[:folds_to_run]):"]
    lines.append("        # Kept from balancing: these rows decide when to stop, and on thresholds.")
    if split.time is not None:
        lines += [
            "        cut = round(len(train_rows) * (1 - VALIDATION_SPLIT))",
            "        fit_rows, valid_rows = train_rows[:cut], train_rows[cut:]",
        ]
    elif split.group is not None:
        lines += [
            "        parts = max(2, round(1 / VALIDATION_SPLIT))",
            "        inner = StratifiedGroupKFold(parts, shuffle=True, random_state=FOLD_SEED)",
            "        fit, valid = next(inner.split(train_rows, labels[train_rows], groups[train_rows]))",
            "        fit_rows, valid_rows = train_rows[fit], train_rows[valid]",
        ]
    else:
        lines += [
            "        fit_rows, valid_rows = map(np.sort, train_test_split(",
            "            train_rows, test_size=round(VALIDATION_SPLIT * len(train_rows)),",
            "            stratify=labels[train_rows], random_state=FOLD_SEED,",
            "        ))",
        ]
    lines += [
        "        seed = SEED + number",
        "        prepare = preparation(len(fit_rows))",
        "        X = prepare.fit_transform(table.iloc[fit_rows])",
        "        X_valid, X_test = (prepare.transform(table.iloc[rows]) for rows in (valid_rows, test_rows))",
        "        y = labels[fit_rows]",
        "        fold = SimpleNamespace(",
        "            X_valid=X_valid, y_valid=labels[valid_rows], steps=int(np.ceil(len(y) / BATCH_SIZE)),",
        "            counts=np.bincount(y, minlength=len(CLASSES)),",
        "        )",
    ]
    if facts.categories:
        lines += [
            "        # Codes become one column a level inside of fold.expand, fitted on the training rows too.",
            "        coded = list(range(X.shape[1] - len(CATEGORIES), X.shape[1]))",
            '        one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)',
            '        fold.expand = make_column_transformer((one_hot, coded), remainder="passthrough").fit(X).transform',
        ]
    return lines


FOLD_END = (
    "        scores.append(average_precision(labels[test_rows], p_test))",
    "        reached = f1(labels[test_rows], decided)",
    '        print(f"Fold {number + 1}: average precision {scores[-1]:.3f}, F1 {reached:.3f}")',
    "    return scores",
)
