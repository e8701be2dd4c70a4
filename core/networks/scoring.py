"""The networks of a kept model: run by ONNX Runtime in any process, or by Keras on a worker."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from core.networks.trained import TrainedNetwork, probability_model

if TYPE_CHECKING:
    import keras
    import onnxruntime

_INPUT = "prepared"
_LEAST, _CHUNK = 64, 8_192  # rows


class Networks(ABC):
    """Several networks as one: from prepared rows to the mean of their probabilities.

    See Also
    --------
    core.exporting.forms.in_any_form : Makes the one that suits.
    """

    #: Whether a page's process can run them, which never imports TensorFlow.
    everywhere: bool

    @abstractmethod
    def _run(self, X: np.ndarray) -> np.ndarray:
        """Return mean probabilities of prepared rows, float32, shape (n, n_classes)."""

    @abstractmethod
    def plain(self) -> tuple[dict[str, object], dict[str, np.ndarray]]:
        """Return them as fields, ready for JSON, and arrays."""

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Return mean probabilities of prepared rows, float64, shape (n, n_classes), rows that sum to 1."""
        # Libraries sum a product of a few rows in another order than one of many: a row shall not depend on the rest.
        last = len(X) % _CHUNK
        fill = max(0, _LEAST - last) if last or not len(X) else 0
        rows = np.pad(X.astype(np.float32), ((0, fill), (0, 0)))
        parts = [self._run(rows[start : start + _CHUNK]) for start in range(0, len(rows), _CHUNK)]
        p = np.concatenate(parts)[: len(X)].astype(np.float64)
        return p / p.sum(axis=1, keepdims=True)


@dataclass(frozen=True, eq=False)
class OnnxNetworks(Networks):
    """Networks in ONNX.

    Parameters
    ----------
    graph : bytes
        A model from prepared rows, float32, to mean probabilities.

    See Also
    --------
    core.exporting.onnx_networks.build : Makes the graph.

    Examples
    --------
    >>> from core.exporting.sample import sample_scorer
    >>> networks = sample_scorer().networks
    >>> networks(np.array([[1.0], [2.0]])).round(2).tolist()
    [[0.5, 0.5], [0.27, 0.73]]
    """

    graph: bytes
    everywhere = True

    def _run(self, X: np.ndarray) -> np.ndarray:
        return np.asarray(session(self.graph).run(None, {_INPUT: X})[0])

    def plain(self) -> tuple[dict[str, object], dict[str, np.ndarray]]:
        return {}, {"graph": np.frombuffer(self.graph, np.uint8)}


@lru_cache(maxsize=4)
def session(model: bytes) -> onnxruntime.InferenceSession:
    """Return ONNX Runtime's session of a model, on one thread; the last few are kept.

    See Also
    --------
    OnnxNetworks : Runs one.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


@dataclass(frozen=True, eq=False)
class KerasNetworks(Networks):
    """Networks in Keras, for those that ONNX has no operations for; only a process with TensorFlow can run them.

    Parameters
    ----------
    trained : tuple of TrainedNetwork
    why : str
        Why they are not in ONNX, in one sentence; empty where nobody asked.

    See Also
    --------
    OnnxNetworks : Those that run anywhere.
    """

    trained: tuple[TrainedNetwork, ...]
    why: str = ""
    everywhere = False

    @cached_property
    def _model(self) -> keras.Model:
        return probability_model(self.trained, self.trained[0].n_classes)

    def _run(self, X: np.ndarray) -> np.ndarray:
        return np.asarray(self._model(X, training=False))

    def __getstate__(self) -> dict[str, object]:
        """Return what travels to a worker: not the Keras model."""
        return {"trained": self.trained, "why": self.why}

    def plain(self) -> tuple[dict[str, object], dict[str, np.ndarray]]:
        arrays = {f"w{i}_{j}": array for i, one in enumerate(self.trained) for j, array in enumerate(one.arrays())}
        return {"trained": [network.fields() for network in self.trained], "why": self.why}, arrays


def from_plain(fields: Mapping[str, object], arrays: Mapping[str, np.ndarray]) -> Networks:
    """Return the networks that :meth:`Networks.plain` was written of.

    Raises
    ------
    LookupError, TypeError, ValueError
        They are of no networks.

    Examples
    --------
    >>> from core.exporting.sample import sample_scorer
    >>> from_plain(*sample_scorer().networks.plain()).everywhere
    True
    """
    if "graph" in arrays:
        return OnnxNetworks(arrays["graph"].tobytes())
    kept = fields["trained"]
    if not isinstance(kept, list) or not kept:
        raise ValueError("These are no networks.")
    trained = []
    for i, one in enumerate(kept):
        own = [arrays[f"w{i}_{j}"] for j in range(sum(name.startswith(f"w{i}_") for name in arrays))]
        trained.append(TrainedNetwork.from_fields(one, own))
    return KerasNetworks(tuple(trained), str(fields["why"]))
