"""Functions of a script that are the same for every strategy, written for a table and a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pprint import pformat

from core.data.preparation import Step
from core.data.target import Target
from core.exporting.script._networks import ScriptNetworks
from core.exporting.script._sources import constants_of
from core.plan import Plan
from core.reporting.safe_csv import guarded
from core.strategies.snippets.snippet import KERAS, NUMPY, PANDAS, Code, CodeFacts
from core.strategies.snippets.sources import source_of

#: The columns of each kind, dense kinds first.
OfKind = Mapping[type[Step], Sequence[str]]

START = Code.of(
    """
if __name__ == "__main__":
    scores = main(sys.argv[1] if len(sys.argv) > 1 else TABLE, int(sys.argv[2]) if len(sys.argv) > 2 else FOLDS)
    print(f"Mean of {len(scores)} folds: average precision {np.mean(scores):.3f}")
""",
    NUMPY,
    "import sys",
)


def settings(target: Target, plan: Plan, of_kind: OfKind, csv: str) -> Code:
    """Return the constants; names of columns and classes are Python literals, as the table's CSV has them."""
    split, training = plan.split, plan.training
    classes = "the second one is the positive class" if len(target.classes) == 2 else "in the order of their codes"
    lines = [
        f"TABLE = {csv!r}",
        f"TARGET = {guarded(plan.target)!r}",
        f"CLASSES = {_listed(list(target.labels))}  # {classes}",
        *(f"{kind.script.names} = {_listed(names)}" for kind, names in of_kind.items()),
        f"CHOSEN = {pformat({guarded(name): dict(chosen) for name, chosen in plan.prepared}, width=110)}",
        f"FOLDS, SEED, VALIDATION_SPLIT = {split.folds}, {split.seed}, {training.validation_split}",
        *(
            []
            if split.time and not split.group
            else [f"FOLD_SEED = {split.fold_seed(0)}  # draws the folds of the comparison's first repeat"]
        ),
        f"LEARNING_RATE, BATCH_SIZE = {training.learning_rate}, {training.batch_size}",
        f"EPOCHS, PATIENCE = {training.epochs}, {training.patience}",
        *[f"MEMBERS = {training.members}  # each holds another part of the training rows out"] * (training.members > 1),
        *[f"WEIGHT_DECAY = {training.weight_decay}  # share of a kernel that an epoch takes"]
        * (training.weight_decay > 0),
        *[f"CLIP_NORM = {training.clip_norm}"] * (training.clip_norm > 0),
        *[f"WARM_UP = {training.warm_up}  # share of the steps"] * (training.warm_up > 0),
    ]
    return Code("\n".join(lines))


def _listed(names: Sequence[str]) -> str:
    return pformat([guarded(name) for name in names], width=110, compact=True)


def read_table(of_kind: OfKind) -> Code:
    """Return the function that reads the table that :func:`core.exporting.script.table_csv` writes."""
    words = [f"*{kind.script.names}" for kind in of_kind if kind.input_kind not in ("number", "date")]
    text_columns = f"{{name: str for name in [{', '.join(['TARGET', *words])}]}}" if words else "{TARGET: str}"
    # A category may be called "NA" or "null": only an empty cell is missing.
    lines = [
        "def read_table(path):",
        '    """Return the rows and their class codes."""',
        f'    table = pd.read_csv(path, dtype={text_columns}, keep_default_na=False, na_values=[""])',
        "    y = table[TARGET].map({name: code for code, name in enumerate(CLASSES)})",
        "    table, y = table[y.notna()].reset_index(drop=True), y[y.notna()].to_numpy(int)",
    ]
    for kind in of_kind:
        if kind.input_kind == "date":
            lines += [
                f"    for name in {kind.script.names}:  # days since 1970",
                '        moments = pd.to_datetime(table[name]).astype("datetime64[us]")',
                '        table[name] = moments.astype("int64").where(moments.notna()) / 86_400_000_000',
            ]
    return Code("\n".join([*lines, "    return table, y"]), (PANDAS,))


def preparation(of_kind: OfKind) -> Code:
    """Return the function that makes the preparation, with the classes of each kind of column."""
    scripted = [kind.script for kind in of_kind]
    imports = ["from sklearn.compose import make_column_transformer", NUMPY]
    imports += ["from sklearn.base import BaseEstimator", "from sklearn.base import TransformerMixin"]
    imports += [line for one in scripted for line in one.imports]
    functions = tuple(dict.fromkeys(function for one in scripted for function in one.sources))
    sources = [source_of(function.__module__, function.__name__, documented=False) for function in functions]
    texts = [constants_of(scripted), *sources, *(one.text.strip() for one in scripted)]
    parts = [f"({one.dense}, {one.names})" for one in scripted]
    indicated = [f"*{one.names}" for one in scripted if one.indicators]
    if indicated:
        imports.append("from sklearn.impute import MissingIndicator")
        parts.append(f"(MissingIndicator(error_on_new=False), [{', '.join(indicated)}])")
    parts += [f"({one.codes}, {one.names})" for one in scripted if one.codes]
    made = "".join(f"        {part},\n" for part in parts)
    texts.append(
        "def preparation(groups=None):\n"
        '    """Return the steps from columns to numbers, to be fitted on training rows only."""\n'
        f"    return make_column_transformer(\n{made}    )"
    )
    return Code("\n\n\n".join(filter(None, texts)), tuple(imports))


def network(facts: CodeFacts, networks: ScriptNetworks, scale: float = 1.0) -> Code:
    """Return the functions that make a network and its targets."""
    shape = 'y[:, None].astype("float32")' if facts.binary else "keras.utils.to_categorical(y, len(CLASSES))"
    kind = "one column, 1 for the positive class" if facts.binary else "one-hot"
    start = ["    start = 0.0 if bias is None else [float(bias[1] - bias[0])]"] if facts.binary else []
    offset = "start" if facts.binary else "0.0 if bias is None else list(map(float, bias))"
    lines = [
        "def network(X, fold, bias=None):",
        f'    """Return a network for rows that ends in {"a logit" if facts.binary else "one logit per class"}."""',
        f"    made = fold.network.build(X.shape[1], {'1' if facts.binary else 'len(CLASSES)'})",
        *["    fold.network.adapt(made, fold.X)"] * networks.adapted,
        "    # An input that is constant in the rows trained on is 0: nothing can be learned of its other values.",
        "    inputs = keras.Input((X.shape[1],))",
        '    varies = (np.ptp(X, axis=0) > 0).astype("float32").tolist()',
        *start,
        "    logits = made(keras.layers.Rescaling(varies)(inputs))",
        f"    return keras.Model(inputs, keras.layers.Rescaling({scale!r}, offset={offset})(logits))",
    ]
    text = (
        "\n".join(lines)
        + f'''


def targets(y):
    """Return class codes as the loss wants them: {kind}."""
    return {shape}'''
    )
    return Code(text, (KERAS, NUMPY))


def predict(facts: CodeFacts, networks: ScriptNetworks) -> Code:
    """Return the function from trained networks to class probabilities."""
    inside = ".mean(axis=1)" if networks.inner_members > 1 else ""
    if facts.binary:
        squash = (
            f"positive = np.mean([expit(model.predict(X, verbose=0)){inside} for model in models], axis=0)\n"
            "    return np.hstack([1 - positive, positive])"
        )
    else:
        squash = f"return np.mean([softmax(model.predict(X, verbose=0), axis=-1){inside} for model in models], axis=0)"
    lines = [
        "def predict(models, X, fold):",
        '    """Return class probabilities, the mean over networks."""',
        *(["    X = fold.expand(X)"] if facts.categories else []),
        f"    {squash}",
    ]
    return Code("\n".join(lines), (NUMPY, f"from scipy.special import {'expit' if facts.binary else 'softmax'}"))


def scores(facts: CodeFacts) -> Code:
    """Return the functions that score a fold."""
    imports = ("from sklearn.metrics import average_precision_score", "from sklearn.metrics import f1_score")
    if facts.binary:
        text = """def average_precision(y, p):
    return average_precision_score(y, p[:, 1])


def f1(y, decided):
    return f1_score(y, decided, zero_division=0)"""
        return Code(text, imports)
    text = '''def average_precision(y, p):
    """Return the mean over classes, each against the rest."""
    return np.mean([average_precision_score(y == code, p[:, code]) for code in range(len(CLASSES))])


def f1(y, decided):
    return f1_score(y, decided, labels=range(len(CLASSES)), average="macro", zero_division=0)'''
    return Code(text, (NUMPY, *imports))
