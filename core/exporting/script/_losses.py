"""The loss of a script: Keras' own where it has it, else the trainer's, in the trainer's own words."""

from __future__ import annotations

from core.strategies.snippets.snippet import KERAS, NUMPY, Code, CodeFacts
from core.strategies.snippets.sources import LOSSES, functions_of, terms_read
from core.strategies.snippets.terms import SaidTerms


def _keras_own(terms: SaidTerms, facts: CodeFacts) -> str | None:
    """Return the expression for Keras' own loss with these terms; None where it has none."""
    kind = "Binary" if facts.binary else "Categorical"
    if not terms.names:
        return f"keras.losses.{kind}Crossentropy(from_logits=True)"
    # Keras has these two itself: a line in place of five functions, and tests hold the trainer's against them.
    if terms.names == ("smoothing",):
        return f"keras.losses.{kind}Crossentropy(from_logits=True, label_smoothing={terms.smoothing!r})"
    if terms.names == ("gamma",) and terms.gamma is not None and len(set(terms.gamma)) == 1:
        alpha = "" if facts.binary else "alpha=1.0, "
        return f"keras.losses.{kind}FocalCrossentropy({alpha}gamma={terms.gamma[0]!r}, from_logits=True)"
    return None


def expression(terms: SaidTerms, facts: CodeFacts) -> str:
    """Return the loss that a script's network is compiled with, of ``counts``, ``offset`` and ``now``.

    Examples
    --------
    >>> expression(SaidTerms(soft_f1=0.5), CodeFacts(n_classes=2, numbers=True, categories=False))
    'Loss(soft_f1=0.5)'
    """
    own = _keras_own(terms, facts)
    if own is not None:
        return own
    written = {
        "gamma": terms.gamma,
        "offset": "offset" if terms.offset else None,
        "margin": terms.margin and terms.margin.code,
        "scale": terms.scale,
        "smoothing": terms.smoothing,
        "clip": terms.clip,
        "soft_f1": terms.soft_f1,
    }
    late = ["now"] if terms.late_class_weight else []
    given = [f"{name}={value}" for name, value in written.items() if value is not None]
    return f"Loss({', '.join([*late, *given])})"


def loss_functions(terms: SaidTerms, facts: CodeFacts) -> tuple[Code, ...]:
    """Return the trainer's functions that these terms need, and Keras' loss that calls them; none for Keras' own."""
    if _keras_own(terms, facts) is not None:
        return ()
    called = _called(terms)
    functions = functions_of(LOSSES, "class_logits", called)
    # What stands for a term that no strategy sets; a network's logits are divided by the scale that it ends in.
    start = ", ".join(f"{name}={1.0 if name == 'scale' else 0.0}" for name in terms_read(functions))
    late, kept = ("now, ", ["        self.now = now"]) if terms.late_class_weight else ("", [])
    lines = [
        "class Loss(keras.losses.Loss):",
        '    """The mean loss of a batch, by the functions above."""',
        "",
        f"    def __init__(self, {late}**terms):",
        "        super().__init__()",
        *kept,
        f"        terms = dict({start}) | terms",
        "        self.terms = SimpleNamespace(**{name: np.float32(value) for name, value in terms.items()})",
        "",
        "    def __call__(self, y_true, y_pred, sample_weight=None):",
        '        one_hot = ops.cast(y_true, "float32")',
        *["        one_hot = ops.concatenate([1.0 - one_hot, one_hot], axis=-1)"] * facts.binary,
        "        logits = class_logits(y_pred)",
        *["        logits = logits / self.terms.scale  # the network ends in the scale"] * (terms.scale is not None),
        "        weights = ops.ones_like(logits[:, 0])",
        "        if sample_weight is not None:",
        '            weights = ops.reshape(ops.cast(sample_weight, "float32"), (-1,))',
        *["        weights = weights * ops.sum(self.now * one_hot, axis=-1)"] * bool(late),
        f"        return {called}(logits, one_hot, weights, self.terms)",
    ]
    imports = (KERAS, NUMPY, "from keras import ops", "from types import SimpleNamespace")
    return (*functions, Code("\n".join(lines), imports))


#: The loss of a network that has members inside, each of which learns from every row.
EACH_MEMBER = Code.of(
    '''
class EachMember(keras.losses.Loss):
    """The mean of a loss over the members inside of a network, of logits (rows, members, outputs)."""

    def __init__(self, loss):
        super().__init__()
        self.loss = loss

    def __call__(self, y_true, y_pred, sample_weight=None):
        members, outputs = y_pred.shape[1:]
        if sample_weight is not None:
            sample_weight = ops.repeat(ops.reshape(sample_weight, (-1,)), members)
        y_true = ops.repeat(y_true, members, axis=0)
        return self.loss(y_true, ops.reshape(y_pred, (-1, outputs)), sample_weight)
''',
    KERAS,
    "from keras import ops",
)


def _called(terms: SaidTerms) -> str:
    """Return the trainer's function that does no more than these terms ask for."""
    if terms.soft_f1 is not None:
        return "mean_loss"
    return "mean_focused" if terms.gamma is not None or terms.clip is not None else "mean_cross_entropy"
