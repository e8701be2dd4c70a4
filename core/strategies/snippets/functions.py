"""Functions that strategies add to scripts, each with the paper's formula, in the current Keras and scikit-learn."""

from __future__ import annotations

from core.strategies.snippets.snippet import KERAS, NUMPY, TENSORFLOW, Code

SOFTMAX = "from scipy.special import softmax"

EFFECTIVE = Code.of(
    '''
def effective_number(counts, beta):
    """Return (1 - beta) / (1 - beta^n) per class (Cui et al. 2019)."""
    weights = (1 - beta) / np.maximum(1 - np.power(beta, counts), 1e-12)
    return weights * len(counts) / weights.sum()
''',
    NUMPY,
)
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
LOG_PRIOR = Code.of(
    """
def log_prior(counts):
    return np.log(np.maximum(counts, 0.5) / counts.sum())
""",
    NUMPY,
)
LOGIT_ADJUSTED = Code.of(
    '''
def logit_adjusted(offset):
    """Cross-entropy of logits plus tau · log prior (Menon et al. 2021)."""
    offset = offset.astype("float32")

    def loss(target, logits):
        if logits.shape[-1] == 1:
            return keras.losses.binary_crossentropy(target, logits + (offset[1] - offset[0]), from_logits=True)
        return keras.losses.categorical_crossentropy(target, logits + offset, from_logits=True)

    return loss
''',
    KERAS,
)
LDAM = Code.of(
    '''
def ldam(counts, max_margin, scale, now=(1.0,) * len(CLASSES)):
    """Cross-entropy with a wider margin for rarer classes (Cao et al. 2019); ``now`` holds the class weights.

    The network ends in the scale, so that it predicts what it was trained on: here it stretches the margins alone.
    """
    margin = np.where(counts > 0, np.maximum(counts, 1) ** -0.25, 0)
    margin = (scale * max_margin * margin / margin.max()).astype("float32")

    def loss(target, logits):
        if logits.shape[-1] == 1:
            moved = logits - margin[1] * target + margin[0] * (1 - target)
            weight = now[1] * target[:, 0] + now[0] * (1 - target[:, 0])
            return weight * keras.losses.binary_crossentropy(target, moved, from_logits=True)
        weight = keras.ops.sum(keras.ops.convert_to_tensor(now) * target, axis=-1)
        return weight * keras.losses.categorical_crossentropy(target, logits - margin * target, from_logits=True)

    return loss
''',
    NUMPY,
    KERAS,
    reads=("counts",),
)
ASYMMETRIC = Code.of(
    '''
def asymmetric(gamma_negative, gamma_positive, clip):
    """Asymmetric loss (Ridnik et al. 2021): easy negative rows count little, very easy ones nothing."""

    def loss(target, logits):
        p = keras.ops.sigmoid(logits)
        shifted = keras.ops.clip(p - clip, 1e-7, 1 - 1e-6)
        positive = target * (1 - p) ** gamma_positive * keras.ops.log_sigmoid(logits)
        negative = (1 - target) * shifted**gamma_negative * keras.ops.log(1 - shifted)
        return -(positive + negative)[:, 0]

    return loss
''',
    KERAS,
)
SOFT_F1 = Code.of(
    '''
class SoftF1(keras.losses.Loss):
    """Cross-entropy mixed with 1 - F1 of the batch, where probabilities count as parts of rows."""

    def __init__(self, share):
        super().__init__()
        self.share = share

    def __call__(self, target, logits, sample_weight=None):
        weights = keras.ops.ones_like(logits[:, 0]) if sample_weight is None else sample_weight
        weights = keras.ops.reshape(keras.ops.cast(weights, logits.dtype), (-1, 1))
        if logits.shape[-1] == 1:
            usual = keras.losses.binary_crossentropy(target, logits, from_logits=True)
            target = keras.ops.concatenate([1 - target, target], axis=-1)
            p = keras.ops.concatenate([keras.ops.sigmoid(-logits), keras.ops.sigmoid(logits)], axis=-1)
        else:
            usual = keras.losses.categorical_crossentropy(target, logits, from_logits=True)
            p = keras.ops.softmax(logits)
        hits = keras.ops.sum(weights * p * target, axis=0)
        f1 = keras.ops.mean((2 * hits + 1e-6) / (keras.ops.sum(weights * (p + target), axis=0) + 1e-6))
        return (1 - self.share) * keras.ops.mean(weights[:, 0] * usual) + self.share * (1 - f1)
''',
    KERAS,
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
PARTED = Code.of(
    '''
def parted(X, y, weights, share, label_share):
    """Return mixtures twice, with either partner's label: each keeps its own loss and weight, by its part."""
    mixture = share * X + (1 - share) * tf.roll(X, 1, axis=0)
    part, weights = tf.cast(label_share[:, 0], X.dtype), tf.cast(weights, X.dtype)
    # Keras takes the mean over rows, of which there are now twice as many.
    weights = 2 * tf.concat([part * weights, (1 - part) * tf.roll(weights, 1, axis=0)], axis=0)
    return tf.concat([mixture, mixture], axis=0), tf.concat([y, tf.roll(y, 1, axis=0)], axis=0), weights
''',
    TENSORFLOW,
)
MIXUP = Code.of(
    '''
def mixed(X, y, weights):
    """Mix every row of a batch with its neighbour (Zhang et al. 2018)."""
    first, second = (tf.random.gamma(tf.shape(X)[:1], <<alpha>>, dtype=X.dtype) for _ in range(2))
    share = (first / (first + second + 1e-30))[:, None]
    return parted(X, y, weights, share, share)
''',
    TENSORFLOW,
)
REMIX = Code.of(
    '''
def mixed(X, y, weights, prior):
    """Mix rows as mixup does, and label a mixture with the rarer class where the sizes differ (Chou et al. 2020)."""
    first, second = (tf.random.gamma(tf.shape(X)[:1], <<alpha>>, dtype=X.dtype) for _ in range(2))
    share = label_share = (first / (first + second + 1e-30))[:, None]
    prior = tf.constant(prior, y.dtype)
    own = prior[1] * y + prior[0] * (1 - y) if y.shape[1] == 1 else tf.reduce_sum(y * prior, axis=1, keepdims=True)
    ratio = own / tf.roll(own, 1, axis=0)
    rarer = (ratio * <<kappa>> <= 1) & (1 - label_share < <<tau>>)
    commoner = (ratio >= <<kappa>>) & (label_share < <<tau>>)
    label_share = tf.where(commoner, tf.zeros_like(label_share), label_share)
    label_share = tf.where(rarer, tf.ones_like(label_share), label_share)
    return parted(X, y, weights, share, label_share)
''',
    TENSORFLOW,
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
