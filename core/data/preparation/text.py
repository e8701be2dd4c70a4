"""Text: words and parts of words, weighed by how rare they are, in a few components."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionDtype

from core.data.columns import Column, ColumnKind
from core.data.preparation.step import (
    NO_CHOICES,
    Choices,
    DenseStep,
    InputKind,
    Labels,
    Parts,
    Scripted,
    StepSetting,
    layer_name,
    register,
)
from core.data.reading.cells import ColumnReading, plain_text
from core.data.tokens import TAG, UNSPACED
from core.words import counted, quoted

if TYPE_CHECKING:
    import keras
    from scipy.sparse import csr_matrix

    from core.decision.calibration import Graph

#: Components that a column of text becomes, unless a person says otherwise.
COMPONENTS = 30
#: Words, and parts of words, that are kept: those in most training rows.
MAX_WORDS, MAX_GRAMS = 5_000, 10_000
#: Characters of a part of a word.
GRAMS = (2, 3, 4)
#: Training rows that vocabulary and components are learned from, evenly spaced.
FITTED_ROWS = 20_000
#: What counting words and runs takes for a while: in all, and for each character of the rows that are learned from.
_COUNTING_BYTES, _BYTES_PER_CHARACTER = 70 * 2**20, 45
_ROWS = 10_000  # at a time, so that the counts of their parts fit into memory
_PUNCTUATION = str.maketrans("", "", "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~'")
_FILE = re.compile(r".*\.[A-Za-z][A-Za-z0-9]{1,4}")
_CODE = re.compile(r"\S*(?:\d|@|://|[/\\_])\S*")
_LOOKED_AT = 1_000  # different texts
_MIN_WORDS, _MIN_UNSPACED = 3.0, 6.0  # on average; words, and characters of scripts without spaces
_MANY_TEXTS, _ROWS_PER_TEXT = 50, 5
_NOTHING = "nothing that tells texts apart: always 0"


@register
@dataclass(frozen=True)
class TextStep(DenseStep):
    """Turn text into components of its words and of the parts of its words.

    Text is lower-cased, cut after 10,000 characters, rid of punctuation and split at white space. Words, and runs of
    3 and 4 characters within words (of 2, too, in scripts without spaces), are counted and weighed by TF-IDF, each of
    the two to length 1 per row; a truncated singular value decomposition of both gives the components, which are
    scaled to variance 1. Runs of characters stand for words in languages that put no spaces between them, and for
    words that training never saw.

    Parameters
    ----------
    words, grams : tuple of str
        The vocabulary, of at most 20,000 training rows.
    numbers : str
        Base64 of float32: for words, then for runs, the inverse document frequencies and the decomposition's scaled
        and weighed vectors; last what is taken off the components.
    components : int
    indicator : bool
        An input of its own tells missing (1) from present (0), because training rows had both.
    constant : bool
        The training rows had no word in common, or one text only: the only input is 0.

    References
    ----------
    Deerwester et al. (1990), https://doi.org/10.1002/(SICI)1097-4571(199009)41:6<391::AID-ASI1>3.0.CO;2-9.

    Examples
    --------
    >>> texts = pd.Series(["my card was stolen", "please cancel my card", "the parcel is late", "a late parcel"] * 5)
    >>> step = TextStep.fit(texts.rename("message"), choices={"components": 2})
    >>> step.dense_names
    ('message: component 1', 'message: component 2')
    >>> inputs, _ = step.dense(pd.Series(["Stolen card!", "card stolen", "parcels"]))
    >>> bool(np.allclose(inputs[0], inputs[1])), bool(np.allclose(inputs[0], inputs[2]))
    (True, False)
    """

    kind: ClassVar[str] = "text"
    column_kind: ClassVar[ColumnKind] = "text"
    input_kind: ClassVar[InputKind] = "words"
    label: ClassVar[str] = "Text"
    settings: ClassVar[tuple[StepSetting, ...]] = (
        StepSetting(
            "components",
            "Components",
            "Numbers that a text becomes: more tell texts apart more finely, and need more rows.",
            COMPONENTS,
            low=1,
            high=300,
        ),
    )

    words: tuple[str, ...]
    grams: tuple[str, ...]
    numbers: str
    components: int
    indicator: bool = False
    constant: bool = False

    @classmethod
    def fit(cls, column: pd.Series, labels: Labels | None = None, choices: Choices = NO_CHOICES) -> Self:
        name, most = str(column.name), int(cls.chosen(choices, "components"))
        texts = plain_text(column)
        missing = texts == ""
        indicator = bool(missing.any()) and not bool(missing.all())
        some = texts[:: -(-len(texts) // FITTED_ROWS)]
        words, grams, arrays = learned_text(some, most)
        numbers = base64.b64encode(np.concatenate([array.ravel() for array in arrays]).astype("<f4").tobytes())
        constant = not arrays[-1].size
        return cls(name, words, grams, numbers.decode(), max(1, arrays[-1].size), indicator, constant)

    @classmethod
    def suits(cls, dtype: np.dtype | ExtensionDtype) -> bool:
        return False

    @classmethod
    def recognises(cls, values: pd.Series, known: int, distinct: int) -> str:
        if distinct <= (_MANY_TEXTS if distinct < known else 0) or distinct * _ROWS_PER_TEXT <= known:
            return ""
        texts = pd.Series(values.dropna().unique()[:: max(1, distinct // _LOOKED_AT)].astype(str))
        words = texts.str.replace(TAG, " ", regex=True).str.split().explode().dropna()
        spoken = words[~words.str.fullmatch(_CODE).to_numpy(bool)]
        per_text, unspaced = len(spoken) / len(texts), float(texts.str.count(UNSPACED).mean())
        if unspaced >= _MIN_UNSPACED:
            return f"Text of {unspaced:,.0f} characters on average."
        # Most words of a text have letters alone, and few texts are the name of a file.
        if per_text < _MIN_WORDS or len(spoken) < len(words) / 2 or texts.str.fullmatch(_FILE).mean() > 0.9:
            return ""
        return f"Text of {per_text:,.0f} words on average."

    @classmethod
    def max_dense(cls, column: Column, n_classes: int = 2, choices: Choices = NO_CHOICES) -> int:
        return int(cls.chosen(choices, "components")) + (column.missing > 0)

    @classmethod
    def usual_inputs(cls, column: Column) -> int:
        return COMPONENTS

    @classmethod
    def fitting_bytes(cls, values: pd.Series) -> int:
        some = values.iloc[:: max(1, len(values) // _LOOKED_AT)].dropna()
        characters = float(some.astype(str).str.len().mean()) if len(some) else 0.0
        return int(_COUNTING_BYTES + min(len(values), FITTED_ROWS) * characters * _BYTES_PER_CHARACTER)

    @property
    def dense_names(self) -> tuple[str, ...]:
        return tuple(f"{self.name}: component {at + 1}" for at in range(self.components))

    @classmethod
    def tells(cls, column: Column, values: pd.Series) -> bool:
        return tells_apart(values)

    @classmethod
    def foretold(cls, column: pd.Series, choices: Choices = NO_CHOICES) -> str:
        if not tells_apart(column):
            return _NOTHING
        return f"{counted(int(cls.chosen(choices, 'components')), 'component')} of words and of parts of words"

    @property
    def says(self) -> str:
        if self.constant:
            return _NOTHING
        return (
            f"{counted(self.components, 'component')} of {counted(len(self.words), 'word')} and "
            f"{counted(len(self.grams), 'part')} of words"
        )

    def dense(self, column: pd.Series) -> tuple[np.ndarray, np.ndarray]:
        texts = plain_text(column)
        if self.constant:
            return np.zeros((len(column), 1)), texts == ""
        return placed_text(texts, self.words, self.grams, self._arrays), texts == ""

    @cached_property
    def _arrays(self) -> tuple[np.ndarray, ...]:
        """Inverse document frequencies and vectors of words, then of runs, float64, and what is taken off."""
        flat = np.frombuffer(base64.b64decode(self.numbers), "<f4").astype(np.float64)
        arrays, at = [], 0
        for size in (len(self.words), len(self.grams)):
            for shape in ((size,), (size, self.components)):
                count = int(np.prod(shape))
                arrays.append(flat[at : at + count].reshape(shape))
                at += count
        return (*arrays, flat[at:])

    def model_input(self, column: pd.Series) -> np.ndarray:
        return plain_text(column)

    def usual_reading(self) -> ColumnReading:
        return ColumnReading()

    @classmethod
    def in_keras(
        cls, steps: Sequence[Self], inputs: Sequence[keras.KerasTensor], place: int
    ) -> Parts[keras.KerasTensor]:
        from keras import layers, ops

        exported: Parts[keras.KerasTensor] = Parts()
        for at, (step, text) in enumerate(zip(steps, inputs, strict=True), place):
            # Not called "missing" by any word: nothing but an empty text has the first place.
            known = layers.StringLookup(vocabulary=[" "], mask_token="", name=layer_name("missing", at))(text)
            missing = ops.cast(ops.equal(known, 0), "float64")
            if step.constant:
                exported += Parts([missing * 0.0], [missing] if step.indicator else [])
                continue
            words_idf, words, grams_idf, grams, off = step._arrays
            total = None
            blocks = (("words", step.words, words_idf, words), ("grams", step.grams, grams_idf, grams))
            for kind, names, idf, vectors in blocks:
                if not names:
                    continue
                # Runs are joined by spaces there.
                listed = list(names) if kind == "words" else [" ".join(name) for name in names]
                count = layers.TextVectorization(
                    vocabulary=listed,
                    standardize="lower_and_strip_punctuation",
                    split="whitespace" if kind == "words" else "character",
                    ngrams=None if kind == "words" else GRAMS,
                    output_mode="count",
                    name=layer_name(kind, at),
                )
                counts = layers.Reshape((1 + len(names),), name=layer_name(f"{kind}_counted", at))(count(text))
                counts = ops.cast(counts, "float64")
                squares = _fixed(f"{kind}_squares", at, np.append(0.0, idf**2)[:, None])(ops.square(counts))
                vectors = _fixed(f"{kind}_vectors", at, np.vstack([np.zeros(step.components), vectors]))(counts)
                part = vectors / ops.sqrt(ops.where(squares > 0, squares, 1.0))
                total = part if total is None else total + part
            exported += Parts([total - off[None, :]], [missing] if step.indicator else [])
        return exported

    @classmethod
    def in_onnx(cls, graph: Graph, steps: Sequence[Self], names: Sequence[str]) -> Parts[str]:
        from core.decision import NoOnnxForm

        raise NoOnnxForm(f"column {quoted(steps[0].name)} is text, and ONNX has no way to part words as Keras does.")


def _fixed(layer: str, place: int, kernel: np.ndarray) -> keras.Layer:
    """Return a layer that multiplies by a matrix that is not trained."""
    from keras import layers

    made = layers.Dense(
        kernel.shape[1], use_bias=False, trainable=False, dtype="float64", name=layer_name(layer, place)
    )
    made.build((None, len(kernel)))
    made.set_weights([kernel])
    return made


def words_of(text: str) -> list[str]:
    """Return the words of a lower-cased text, as Keras' TextVectorization parts them.

    Examples
    --------
    >>> words_of("<b>free</b> don't\\tcall +44")
    ['bfreeb', 'dont', 'call', '44']
    """
    # Of bytes, only the white space of ASCII parts words.
    return [word.decode() for word in text.translate(_PUNCTUATION).encode("utf-8", "replace").split()]


def tells_apart(texts: pd.Series) -> bool:
    """Return whether two texts differ in their words.

    Examples
    --------
    >>> tells_apart(pd.Series(["a card", "Card, a!", "a card"])), tells_apart(pd.Series(["a card", None]))
    (False, True)
    """
    seen: set[tuple[str, ...]] = set()
    for text in texts.drop_duplicates():
        seen.add(tuple(sorted(words_of(plain_text(pd.Series([text]))[0]))))
        if len(seen) > 1:
            return True
    return False


def grams_of(word: str) -> list[str]:
    """Return the runs of 2 to 4 characters of a word.

    Examples
    --------
    >>> grams_of("card")
    ['ca', 'ar', 'rd', 'car', 'ard', 'card']
    """
    return [word[at : at + size] for size in GRAMS for at in range(len(word) - size + 1)]


def learned_text(texts: np.ndarray, most: int) -> tuple[tuple[str, ...], tuple[str, ...], list[np.ndarray]]:
    """Return the vocabulary of words and runs, and what texts are weighed and projected by.

    Parameters
    ----------
    texts : ndarray of str, shape (n,)
    most : int
        Components.

    Returns
    -------
    words, grams : tuple of str
    arrays : list of ndarray
        For words, then for runs, the inverse document frequencies and the scaled and weighed vectors; last what is
        taken off the components, empty where nothing tells texts apart.

    Examples
    --------
    >>> words, grams, arrays = learned_text(np.array(["a card", "a late card", "late"], object), 2)
    >>> words, grams[:3], [array.shape for array in arrays]
    (('a', 'card', 'late'), ('ard', 'ate', 'car'), [(3,), (3, 2), (6,), (6, 2), (2,)])
    """
    from scipy.sparse import hstack
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

    counter, runner = CountVectorizer(analyzer=words_of), CountVectorizer(analyzer=grams_of)
    nothing = (), (), [np.zeros(0), np.zeros((0, 1)), np.zeros(0), np.zeros((0, 1)), np.zeros(0)]
    try:
        counts = counter.fit_transform(texts)
    except ValueError:  # no word at all
        return nothing
    found = counter.get_feature_names_out()
    words = _commonest(counts, found, MAX_WORDS)
    grams: tuple[str, ...] = ()
    if any(len(word) >= GRAMS[0] for word in found):
        runs = (counts @ runner.fit_transform(found)).tocsr()
        grams = _commonest(runs, runner.get_feature_names_out(), MAX_GRAMS, True)
    if not words and not grams:
        return nothing
    blocks, frequencies = [], []
    counts, *parts = parted(texts, words, grams)
    for part in parts:
        block = counts @ part
        weigher = TfidfTransformer(norm="l2")
        blocks.append(weigher.fit_transform(block) if block.shape[1] else block)
        frequencies.append(weigher.idf_ if block.shape[1] else np.zeros(0))
    joined = hstack(blocks).tocsr()
    svd = TruncatedSVD(min(most, *joined.shape), random_state=0)
    with np.errstate(divide="ignore", invalid="ignore"):  # of a variance that is 0
        placed = svd.fit_transform(joined)
    mean, scale = placed.mean(axis=0), placed.std(axis=0)
    varies = scale > 1e-6
    vectors, mean = svd.components_[varies].T / scale[varies], mean[varies] / scale[varies]
    by_words, by_grams = frequencies
    return words, grams, [
        by_words, by_words[:, None] * vectors[: len(words)], by_grams, by_grams[:, None] * vectors[len(words) :], mean,
    ]  # fmt: skip


def parted(texts: np.ndarray, words: Sequence[str], grams: Sequence[str]) -> tuple[csr_matrix, ...]:
    """Return how often each text has each of their different words, then which of these are words and have runs.

    The runs of a text are those of its words, so they are looked for once per different word: the first matrix times
    the others is how often each text has each word, and each run, of the vocabulary.

    Examples
    --------
    >>> counts, words, grams = parted(np.array(["card card", "cards"], object), ["card"], ["ar"])
    >>> (counts @ words).toarray().tolist(), (counts @ grams).toarray().tolist()
    ([[2.0], [0.0]], [[2.0], [1.0]])
    """
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(analyzer=words_of, dtype=np.float64)
    try:
        counts = counter.fit_transform(texts)
    except ValueError:  # no word at all
        counts, found = csr_matrix((len(texts), 0)), np.zeros(0, object)
    else:
        found = counter.get_feature_names_out()
    parts = [counts]
    for names, analyzer in ((words, lambda word: [word]), (grams, grams_of)):
        if len(names) and len(found):
            vectorizer = CountVectorizer(analyzer=analyzer, vocabulary=list(names), dtype=np.float64)
            parts.append(vectorizer.transform(found))
        else:
            parts.append(csr_matrix((len(found), len(names))))
    return tuple(parts)


def placed_text(
    texts: np.ndarray, words: Sequence[str], grams: Sequence[str], arrays: Sequence[np.ndarray]
) -> np.ndarray:
    """Return the components of texts, shape (n, components), given what was learned.

    Examples
    --------
    >>> texts = np.array(["a card", "a late card", "late"], object)
    >>> words, grams, arrays = learned_text(texts, 1)
    >>> placed_text(texts, words, grams, arrays).round(1).ravel().tolist()
    [-0.3, 1.3, -1.1]
    """
    counts, *parts = parted(texts, words, grams)
    placed = np.zeros((len(texts), len(arrays[-1]))) - arrays[-1]
    for start in range(0, len(texts), _ROWS):
        rows = slice(start, start + _ROWS)
        for at, part in enumerate(parts):
            idf, vectors = arrays[2 * at], arrays[2 * at + 1]
            had = (counts[rows] @ part).tocsr()
            squares = had.multiply(had) @ idf**2
            placed[rows] += (had @ vectors) / np.sqrt(np.where(squares > 0, squares, 1.0))[:, None]
    return placed


def _commonest(counts: csr_matrix, names: np.ndarray, most: int, runs: bool = False) -> tuple[str, ...]:
    """Return the names of the columns that most rows have, in order; those in one row only where there are few."""
    rows = np.bincount(counts.indices, minlength=counts.shape[1])
    # A vocabulary is kept as lines of a file, so no name may hold what ends a line.
    usable = np.array([name.isprintable() and not any(map(str.isspace, name)) for name in names], bool)
    # Pairs of letters are in most words and tell little; where words are not parted, they are words.
    usable &= np.array([len(name) != 2 or not runs or re.search(UNSPACED, name) is not None for name in names], bool)
    kept = np.flatnonzero(usable & (rows > 1)) if (usable & (rows > 1)).sum() > 1 else np.flatnonzero(usable)
    kept = kept[np.argsort(-rows[kept], kind="stable")[:most]]
    return tuple(names[np.sort(kept)])


TextStep.script = Scripted(
    "TEXTS",
    "Texts()",
    """
class Texts(TransformerMixin, BaseEstimator):
    \"\"\"Text: components of its words and of the parts of its words.\"\"\"

    def fit(self, X, y=None):
        self.learned_ = []
        for name in X:
            texts, most = plain_text(X[name]), CHOSEN.get(name, {}).get("components", COMPONENTS)
            self.learned_.append(learned_text(texts[:: -(-len(texts) // FITTED_ROWS)], most))
        return self

    def transform(self, X):
        columns = []
        for name, (words, grams, arrays) in zip(X, self.learned_):
            texts = plain_text(X[name])
            columns.append(placed_text(texts, words, grams, arrays) if arrays[-1].size else np.zeros((len(texts), 1)))
        return np.hstack(columns)
""",
    sources=(plain_text, words_of, grams_of, learned_text, parted, placed_text, _commonest),
    constants=(
        "COMPONENTS",
        "MAX_WORDS",
        "MAX_GRAMS",
        "GRAMS",
        "FITTED_ROWS",
        "_ROWS",
        "_PUNCTUATION",
        "UNSPACED",
        "MAX_TEXT",
    ),
    imports=("import re",),
    indicators=True,
)
