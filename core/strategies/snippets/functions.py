"""Functions that strategies add to scripts, each with the paper's formula, in the current Keras and scikit-learn."""

from __future__ import annotations

from core.strategies.snippets.code import NUMPY, TENSORFLOW, Code

SOFTMAX = "from scipy.special import softmax"

COSTS = Code.of(
    '''
def cost_matrix(counts):
    """Return costs[true, decided]: missing the rarest class costs MISS_COST, the commonest 1."""
    rarity = np.log(counts.max() / np.maximum(counts, 1))
    rarity = rarity / max(rarity.max(), 1e-12)
    return np.outer(MISS_COST**rarity, np.ones(len(counts))) * (1 - np.eye(len(counts)))
''',
    NUMPY,
)
BY_CLASS = Code.of(
    '''
def by_class(rows, y, seed):
    """Return an endless shuffled stream of rows for each class."""
    streams = []
    for c in np.unique(y):
        own = tf.data.Dataset.from_tensor_slices(tuple(part[y == c] for part in rows))
        streams.append(own.shuffle(int(np.sum(y == c)), seed=seed).repeat())
    return streams
''',
    NUMPY,
    TENSORFLOW,
)
PROGRESSIVE = Code.of(
    '''
def moving_shares(counts, steps, balanced_from):
    """Return class shares row by row: the table's own at first, equal ones from an epoch on."""
    own = tf.constant(counts[counts > 0] / counts.sum(), tf.float32)
    equal = tf.ones_like(own) / len(own)

    def share(row):
        epoch = tf.cast(row // (steps * BATCH_SIZE), tf.float32)
        way = tf.minimum(1.0, epoch / balanced_from) if balanced_from else 1.0
        return (1 - way) * own + way * equal

    return tf.data.Dataset.counter().map(share)
''',
    TENSORFLOW,
)
MIXUP = Code.of(
    '''
def mixed(X, y, weights):
    """Mix every row of a batch with its neighbour (Zhang et al. 2018)."""
    X, y, weights = (tf.cast(part, "float32") for part in (X, y, weights))
    first, second = (tf.random.gamma(tf.shape(X)[:1], <<alpha>>) for _ in range(2))
    own = first / (first + second + 1e-30)
    mixture = own[:, None] * X + (1 - own[:, None]) * tf.roll(X, 1, axis=0)
    return tf.concat([mixture, mixture], axis=0), *by_partner(y, weights, own)
''',
    TENSORFLOW,
)
REMIX = Code.of(
    '''
def mixed(X, y, weights, prior):
    """Mix rows as mixup does, and label a mixture with the rarer class where the sizes differ (Chou et al. 2020)."""
    X, y, weights = (tf.cast(part, "float32") for part in (X, y, weights))
    first, second = (tf.random.gamma(tf.shape(X)[:1], <<alpha>>) for _ in range(2))
    own = first / (first + second + 1e-30)
    mixture = own[:, None] * X + (1 - own[:, None]) * tf.roll(X, 1, axis=0)
    one_hot = tf.concat([1 - y, y], axis=1) if y.shape[1] == 1 else y
    terms = SimpleNamespace(
        prior=np.float32(prior), remix_kappa=np.float32([<<kappa>>]), remix_tau=np.float32([<<tau>>])
    )
    return tf.concat([mixture, mixture], axis=0), *by_partner(y, weights, remixed(own, one_hot, terms))
''',
    NUMPY,
    TENSORFLOW,
    "from types import SimpleNamespace",
    reads=("prior",),
)
TUNED_BINARY = Code.of(
    '''
def tuned(p, y, objective):
    """Return the rule "positive from a threshold on", with the threshold that is best on validation rows."""
    values = np.unique(p[:, 1])
    if len(values) > 400:
        values = np.unique(np.quantile(p[:, 1], np.linspace(0, 1, 400)))
    candidates = np.append((values[:-1] + values[1:]) / 2, 0.5)
    best = candidates[np.argmax([objective(y, (p[:, 1] >= t).astype(int)) for t in candidates])]
    return lambda p: (p[:, 1] >= best).astype(int)
''',
    NUMPY,
    reads=("p_valid",),
)
TUNED_MANY = Code.of(
    '''
def tuned(p, y, objective):
    """Return the rule "the largest probability times a factor", with factors that are best on validation rows."""
    factors = np.ones(p.shape[1])
    for _ in range(3):
        for c in range(len(factors)):
            values = factors[c] * np.geomspace(0.02, 50, 81)
            tried = [np.where(np.arange(len(factors)) == c, value, factors) for value in values]
            factors = tried[np.argmax([objective(y, (p * factor).argmax(axis=1)) for factor in tried])]
    return lambda p: (p * factors).argmax(axis=1)
''',
    NUMPY,
    reads=("p_valid",),
)
FLOORS = Code.of('''
def floored(reached, wanted, floor):
    """Return what is wanted where the floor is reached, else how near it is."""
    return 1 + wanted if reached >= floor else reached
''')
PROMISED = Code.of(
    '''
def promised(p, y, recall, confidence):
    """Return the rule "positive from a threshold on" that keeps a promise on recall (Wilks 1941)."""
    scores = np.sort(p[y == 1, 1])
    kept = binom.cdf(np.arange(len(scores)), len(scores), 1 - recall) <= 1 - confidence
    if not kept.any():
        raise ValueError("There are too few positive validation rows for this promise.")
    threshold = scores[kept.sum() - 1]
    return lambda p: (p[:, 1] >= threshold).astype(int)
''',
    NUMPY,
    "from scipy.stats import binom",
    reads=("p_valid",),
)
TEMPERATURE = Code.of(
    '''
def temperature(p, y):
    """Return probabilities' change by the one temperature with the least log loss (Guo et al. 2017)."""

    def at(value):
        return lambda p: softmax(np.log(np.maximum(p, 1e-7)) / value, axis=1)

    def loss(log_value):
        return -np.log(np.maximum(at(np.exp(log_value))(p)[np.arange(len(y)), y], 1e-7)).mean()

    return at(np.exp(minimize_scalar(loss, bounds=np.log([0.05, 20]), method="bounded").x))
''',
    NUMPY,
    SOFTMAX,
    "from scipy.optimize import minimize_scalar",
    reads=("p_valid",),
)
ISOTONIC = Code.of(
    '''
def isotonic(p, y):
    """Return probabilities' change by one rising line per class (Zadrozny and Elkan 2002)."""
    edge = 0.5 / (len(y) + 1)
    lines = [
        IsotonicRegression(y_min=edge, y_max=1 - edge, out_of_bounds="clip").fit(p[:, c], y == c)
        for c in range(p.shape[1])
    ]

    def adjust(p):
        if len(lines) == 2:
            positive = lines[1].predict(p[:, 1])
            return np.column_stack([1 - positive, positive])
        mapped = np.column_stack([line.predict(p[:, c]) for c, line in enumerate(lines)])
        return mapped / mapped.sum(axis=1, keepdims=True)

    return adjust
''',
    NUMPY,
    "from sklearn.isotonic import IsotonicRegression",
    reads=("p_valid",),
)
PRIOR_SHIFT = Code.of(
    '''
def prior_shift(own, seen):
    """Return probabilities' change from the class shares seen in training to the table's (Saerens et al. 2002)."""

    def adjust(p):
        moved = p * np.divide(own, seen, out=np.zeros(len(own)), where=seen > 0)
        return moved / moved.sum(axis=1, keepdims=True)

    return adjust
''',
    NUMPY,
    reads=("seen",),
)
