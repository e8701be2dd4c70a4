"""A trained choice as plain data: from raw rows to probabilities and decisions with NumPy alone."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.data.preparation import Preparation
from core.data.preparation import from_fields as step_from_fields
from core.data.reading.cells import Reading
from core.decision import Calibration, from_fields
from core.networks.dense import Weights

_CHUNK_FLOATS = 1 << 21


class ScorerError(ValueError):
    """Bytes that hold no scorer; the message is one sentence with the way out.

    See Also
    --------
    Scorer.from_bytes : Raises it.

    Examples
    --------
    >>> Scorer.from_bytes(b"no archive")
    Traceback (most recent call last):
        ...
    core.exporting.scorer.ScorerError: The kept model is damaged: refit it.
    """


@dataclass(frozen=True, eq=False)
class Scorer:
    """What the exported files hold, in a form that the app itself scores with.

    Probabilities are computed in double precision, as the exported models do it, so that no step of
    a calibration can turn a rounding error into a difference that shows.

    Parameters
    ----------
    target : str
    classes : tuple of str
        By code; for two classes the positive one is the second.
    networks : tuple of Weights
        Kernels and biases of every network; their probabilities are averaged.
    adjustments : tuple of Calibration
        Applied to the average, in this order.
    threshold : float or None
        For two classes, the probability from which a row is called positive.
    scales : tuple of float
        For more classes, factors by which probabilities are multiplied before the largest wins;
        empty means 1.
    reading : Reading
        How the training table's cells became values; new rows are read in the same way.

    See Also
    --------
    core.exporting.refit.refit : Trains one.

    Examples
    --------
    >>> import pandas as pd
    >>> from core.exporting.sample import sample_scorer
    >>> scorer = sample_scorer()
    >>> p = scorer.probabilities(pd.DataFrame({"age": [30.0, 62.0]}))
    >>> p.round(2).tolist(), scorer.decide(p).tolist()
    ([[0.88, 0.12], [0.42, 0.58]], [0, 1])
    """

    target: str
    classes: tuple[str, ...]
    preparation: Preparation
    networks: tuple[Weights, ...]
    adjustments: tuple[Calibration, ...] = ()
    threshold: float | None = None
    scales: tuple[float, ...] = ()
    reading: Reading = field(default_factory=Reading)

    @property
    def layers(self) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
        """Kernels (networks, inputs, units) and biases (networks, units), layer by layer, float64."""
        stacked = [np.stack(arrays).astype(np.float64) for arrays in zip(*self.networks, strict=True)]
        return tuple(zip(stacked[::2], stacked[1::2], strict=True))

    def average(self, X: np.ndarray) -> np.ndarray:
        """Return the networks' mean probabilities for prepared rows, float64, shape (n, n_classes)."""
        layers = self.layers
        widest = max(kernel.shape[0] * kernel.shape[2] for kernel, _ in layers)
        chunk = max(1, _CHUNK_FLOATS // widest)
        parts = [_forward(layers, X[start : start + chunk]) for start in range(0, len(X), chunk)]
        return np.concatenate(parts) if parts else np.zeros((0, len(self.classes)))

    def probabilities(self, frame: pd.DataFrame) -> np.ndarray:
        """Return probabilities of raw rows, float64, shape (n, n_classes)."""
        p = self.average(self.preparation.transform(frame))
        for adjust in self.adjustments:
            p = adjust(p)
        return p

    def decide(self, probabilities: np.ndarray) -> np.ndarray:
        """Return class codes, int64, shape (n,)."""
        if self.threshold is not None:
            return (probabilities[:, 1] >= self.threshold).astype(np.int64)
        return (probabilities * (self.scales or 1.0)).argmax(axis=1).astype(np.int64)

    def to_bytes(self) -> bytes:
        """Return the scorer as a NumPy archive that :meth:`from_bytes` reads back."""
        plain = {
            "target": self.target,
            "classes": self.classes,
            "steps": [[step.kind, step.fields()] for step in self.preparation.steps],
            "adjustments": [[one.kind, one.fields()] for one in self.adjustments],
            "threshold": self.threshold,
            "scales": self.scales,
            "networks": len(self.networks),
            "reading": self.reading.plain(),
        }
        arrays = {f"w{i}_{j}": array for i, weights in enumerate(self.networks) for j, array in enumerate(weights)}
        buffer = io.BytesIO()
        np.savez_compressed(buffer, plain=np.array(json.dumps(plain)), **arrays)  # type: ignore[arg-type]
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Scorer:
        """Read a scorer back.

        Raises
        ------
        ScorerError
            The bytes are no scorer.
        """
        try:
            return cls._read(data)
        except (ArithmeticError, AttributeError, EOFError, LookupError, OSError, RecursionError, TypeError, ValueError,
                zipfile.BadZipFile, zlib.error) as error:  # fmt: skip
            raise ScorerError("The kept model is damaged: refit it.") from error

    @classmethod
    def _read(cls, data: bytes) -> Scorer:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            plain = json.loads(str(archive["plain"]))
            arrays = {name: archive[name] for name in archive.files if name != "plain"}
        n_arrays = len(arrays) // plain["networks"]
        return cls(
            target=plain["target"],
            classes=tuple(plain["classes"]),
            preparation=Preparation(tuple(step_from_fields(kind, fields) for kind, fields in plain["steps"])),
            networks=tuple(tuple(arrays[f"w{i}_{j}"] for j in range(n_arrays)) for i in range(plain["networks"])),
            adjustments=tuple(from_fields(kind, fields) for kind, fields in plain["adjustments"]),
            threshold=plain["threshold"],
            scales=tuple(plain["scales"]),
            # Models of earlier versions kept nothing on it.
            reading=Reading.of_plain(plain["reading"]) if "reading" in plain else Reading(),
        )


def _forward(layers: tuple[tuple[np.ndarray, np.ndarray], ...], X: np.ndarray) -> np.ndarray:
    total: np.ndarray | float = 0.0
    for hidden in _logits(layers, X.astype(np.float64)):
        if hidden.shape[1] == 1:
            total = total + np.hstack([_sigmoid(-hidden), _sigmoid(hidden)])
        else:
            odds = np.exp(hidden - hidden.max(axis=1, keepdims=True))
            total = total + odds / odds.sum(axis=1, keepdims=True)
    return np.asarray(total) / len(layers[0][0])


def _logits(layers: tuple[tuple[np.ndarray, np.ndarray], ...], X: np.ndarray) -> Iterator[np.ndarray]:
    for member in range(len(layers[0][0])):
        hidden = X
        for place, (kernels, biases) in enumerate(layers):
            hidden = hidden @ kernels[member] + biases[member]
            if place < len(layers) - 1:
                hidden = np.maximum(hidden, 0.0)
        yield hidden


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return np.exp(-np.logaddexp(0.0, -z))
