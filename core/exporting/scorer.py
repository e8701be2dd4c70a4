"""A trained choice as plain data: from raw rows to probabilities and decisions without TensorFlow."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.data.preparation import Preparation
from core.data.preparation import from_fields as step_from_fields
from core.data.reading.cells import Reading
from core.decision import Calibration, from_fields
from core.decision.stakes import Stakes
from core.networks.scoring import Networks, OnnxNetworks, from_plain


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
class Probabilities:
    """What a model makes of rows, before and after calibration: float64, shape (n, n_classes) each.

    See Also
    --------
    Scorer.both : Those of a scorer.

    Examples
    --------
    >>> Probabilities(np.array([[0.5, 0.5]]), np.array([[0.9, 0.1]])).final.tolist()
    [[0.9, 0.1]]
    """

    mean: np.ndarray
    final: np.ndarray


@dataclass(frozen=True, eq=False)
class Scorer:
    """What the exported files hold, in a form that the app itself scores with.

    The networks run in single precision, as they were trained, by ONNX Runtime or, where they have no form in ONNX,
    by Keras; preparation and calibration are in double precision, as in the exported models.

    Parameters
    ----------
    target : str
    classes : tuple of str
        By code; for two classes the positive one is the second.
    networks : Networks
        From prepared rows to the mean of the networks' probabilities.
    adjustments : tuple of Calibration
        Applied to the average, in this order.
    threshold : float or None
        For two classes, the probability from which a row is called positive.
    scales : tuple of float
        For more classes, factors by which probabilities are multiplied before the largest wins;
        empty means 1.
    reading : Reading
        How the training table's cells became values; new rows are read in the same way.
    stakes : Stakes
        What was settled about decisions; see :func:`core.exporting.settled.decide`.

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
    networks: Networks
    adjustments: tuple[Calibration, ...] = ()
    threshold: float | None = None
    scales: tuple[float, ...] = ()
    reading: Reading = field(default_factory=Reading)
    stakes: Stakes = field(default_factory=Stakes)

    def probabilities(self, frame: pd.DataFrame) -> np.ndarray:
        """Return probabilities of raw rows, float64, shape (n, n_classes)."""
        return self.both(frame).final

    def both(self, frame: pd.DataFrame) -> Probabilities:
        """Return probabilities of raw rows, before and after calibration."""
        mean = self.networks(self.preparation.transform(frame))
        return Probabilities(mean, self.adjusted(mean))

    def adjusted(self, probabilities: np.ndarray) -> np.ndarray:
        """Return calibrated probabilities, given the networks' mean probabilities."""
        for adjust in self.adjustments:
            probabilities = adjust(probabilities)
        return probabilities

    def decide(self, probabilities: np.ndarray) -> np.ndarray:
        """Return class codes, int64, shape (n,)."""
        if self.threshold is not None:
            return (probabilities[:, 1] >= self.threshold).astype(np.int64)
        return (probabilities * (self.scales or 1.0)).argmax(axis=1).astype(np.int64)

    def to_bytes(self) -> bytes:
        """Return the scorer as a NumPy archive that :meth:`from_bytes` reads back."""
        fields, arrays = self.networks.plain()
        plain = {
            "target": self.target,
            "classes": self.classes,
            "steps": [[step.kind, step.fields()] for step in self.preparation.steps],
            "adjustments": [[one.kind, one.fields()] for one in self.adjustments],
            "threshold": self.threshold,
            "scales": self.scales,
            "networks": fields,
            "reading": self.reading.plain(),
            "stakes": self.stakes.to_query(),
        }
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
        return cls(
            target=plain["target"],
            classes=tuple(plain["classes"]),
            preparation=Preparation(tuple(step_from_fields(kind, fields) for kind, fields in plain["steps"])),
            networks=_networks(plain["networks"], arrays, len(plain["classes"])),
            adjustments=tuple(from_fields(kind, fields) for kind, fields in plain["adjustments"]),
            threshold=plain["threshold"],
            scales=tuple(plain["scales"]),
            # Models of earlier versions kept nothing on it.
            reading=Reading.of_plain(plain["reading"]) if "reading" in plain else Reading(),
            stakes=Stakes.from_query(plain.get("stakes", {})),
        )


def _networks(kept: int | dict[str, object], arrays: dict[str, np.ndarray], n_classes: int) -> Networks:
    if not isinstance(kept, int):
        return from_plain(kept, arrays)
    # Earlier versions kept kernels and biases of dense layers alone.
    from core.exporting.onnx_networks import build_dense

    dense = [[arrays[f"w{i}_{j}"] for j in range(len(arrays) // kept)] for i in range(kept)]
    return OnnxNetworks(build_dense(dense, n_classes).SerializeToString())
