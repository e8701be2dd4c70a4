"""Functions ``ensemble(X, y, seed, fold)`` for scripts; double-bracketed names are filled in by the strategies.

``<<train>>`` is filled in by the script: a function that trains a network there and then, or, where members learn side
by side, a task that the function yields and is sent the trained network of.
"""

from __future__ import annotations

from dataclasses import replace
from textwrap import indent

from core.strategies.snippets.snippet import NUMPY, Code

_UNDER_SAMPLER = "from imblearn.under_sampling import RandomUnderSampler"


def function(sentence: str, body: Code, **values: object) -> Code:
    '''Return the function with its docstring; ``<<name>>`` in the body becomes the value's literal.

    Examples
    --------
    >>> print(function("Trains twice.", REPEATED, members=2).filled(train="train").text)
    def ensemble(X, y, seed, fold):
        """Trains twice."""
        models = []
        for i in range(2):
            model = train(X, y, seed + 1000 * i, fold)
            models.append(model)
        return models
    '''
    filled = body.filled(**values)
    head = f'def ensemble(X, y, seed, fold):\n    """{sentence}"""\n'
    return replace(filled, text=head + indent(filled.text, "    "))


REPEATED = Code.of("""
models = []
for i in range(<<members>>):
    model = <<train>>(X, y, seed + 1000 * i, fold)
    models.append(model)
return models
""")
UNDER = Code.of(
    """
models = []
for i in range(<<members>>):
    X_bag, y_bag = RandomUnderSampler(random_state=seed + 1000 * i).fit_resample(X, y)
    model = <<train>>(X_bag, y_bag, seed + 1000 * i, fold)
    models.append(model)
return models
""",
    NUMPY,
    _UNDER_SAMPLER,
)
OVER = Code.of(
    """
models, largest = [], np.bincount(y).max()
for i in range(<<members>>):
    rng = np.random.default_rng(seed + 1000 * i)
    rows = np.concatenate([rng.choice(np.flatnonzero(y == c), largest) for c in np.unique(y)])
    model = <<train>>(X[rows], y[rows], seed + 1000 * i, fold)
    models.append(model)
return models
""",
    NUMPY,
)
SMOTE = Code.of(
    """
models, largest, X_own, y_own = [], np.bincount(y).max(), X, y
for i in range(<<members>>):
    bag_seed = seed + 1000 * i
    rng = np.random.default_rng(bag_seed)
    X, y = X_own, y_own
    <<smote>>
    synthetic, rows = np.arange(len(y_own), len(y)), []
    for c in np.unique(y_own):
        own = np.flatnonzero(y_own == c)
        drawn = round((i + 1) / <<members>> * largest) if len(own) < largest else largest
        new = synthetic[y[synthetic] == c][: largest - drawn]
        rows += [new, rng.choice(own, largest - len(new))]
    rows = np.concatenate(rows)
    model = <<train>>(X[rows], y[rows], bag_seed, fold)
    models.append(model)
return models
""",
    NUMPY,
)
EASY = Code.of(
    """
models = []
for i in range(<<bags>>):
    X_bag, y_bag = RandomUnderSampler(random_state=seed + 1000 * i).fit_resample(X, y)
    weights = np.ones(len(y_bag))
    for j in range(<<rounds>>):
        model = <<train>>(X_bag, y_bag, seed + 1000 * i + j, fold, weights=weights)
        models.append(model)
        wrong = predict(models[-1:], X_bag, fold).argmax(axis=1) != y_bag
        error = weights[wrong].sum() / weights.sum()
        if 0 < error < 1 - 1 / len(CLASSES):
            weights[wrong] *= (len(CLASSES) - 1) * (1 - error) / error
        weights /= weights.mean()
return models
""",
    NUMPY,
    _UNDER_SAMPLER,
    reads=("row_weights",),
)
SELF_PACED = Code.of(
    """
models, smallest, hardness = [], np.bincount(y).min(), None
for i in range(<<members>>):
    rng = np.random.default_rng([seed, i])
    rows = []
    for c in np.unique(y):
        own = np.flatnonzero(y == c)
        if len(own) <= smallest:
            rows.append(own)
        elif hardness is None or np.ptp(hardness[own]) < 1e-9:
            rows.append(rng.choice(own, smallest, replace=False))
        else:
            hard = hardness[own]
            edges = np.linspace(hard.min(), hard.max(), <<bins>> + 1)
            step = np.clip(np.searchsorted(edges, hard, side="right") - 1, 0, <<bins>> - 1)
            size = np.bincount(step, minlength=<<bins>>)
            mean = np.bincount(step, hard, <<bins>>) / np.maximum(size, 1)
            # From 0, each step of hardness alike in its sum, to infinity, each step alike in its rows.
            alpha = np.tan(np.pi / 2 * i / (<<members>> - 1))
            weight = np.where(size > 0, 1 / (mean + alpha + 1e-12), 0)
            quota = np.minimum(size, (smallest * weight / weight.sum()).astype(int) + 1)
            rows += [rng.choice(own[step == b], quota[b], replace=False) for b in np.flatnonzero(size)]
    rows = np.concatenate(rows)
    model = <<train>>(X[rows], y[rows], seed + 1000 * i, fold)
    models.append(model)
    hardness = 1 - predict(models, X, fold)[np.arange(len(y)), y]
return models
""",
    NUMPY,
)
CASCADE = Code.of(
    """
models, smallest, hardness = [], np.bincount(y).min(), None
left = {c: np.flatnonzero(y == c) for c in np.unique(y)}
for i in range(<<members>>):
    rng = np.random.default_rng([seed, i])
    for c, own in left.items():
        if hardness is not None and len(own) > smallest:
            keep = max(smallest, int(np.ceil(len(own) * (smallest / len(own)) ** (1 / (<<members>> - i)))))
            left[c] = own[np.argsort(-hardness[own], kind="stable")[:keep]]
    rows = np.concatenate([rng.choice(own, min(len(own), smallest), replace=False) for own in left.values()])
    model = <<train>>(X[rows], y[rows], seed + 1000 * i, fold)
    models.append(model)
    hardness = 1 - predict(models, X, fold)[np.arange(len(y)), y]
return models
""",
    NUMPY,
)
