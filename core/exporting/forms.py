"""The networks of a kept model: run by ONNX Runtime in any process, or by Keras on a worker."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from core.decision import NoOnnxForm
from core.library_errors import meaning
from core.networks.trained import TrainedNetwork, probability_model

if TYPE_CHECKING:
    import keras
    import onnxruntime

#: How far two forms of the networks' mean probabilities may be apart.
TOLERANCE = 1e-5
_INPUT = "prepared"
_CHUNK, _COMPARED = 8_192, 256  # rows


class Networks(ABC):
    """Several networks as one: from prepared rows to the mean of their probabilities.

    See Also
    --------
    in_any_form : Makes the one that suits.
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
        X = X.astype(np.float32)
        # At least one part, which says how many classes there are.
        parts = [self._run(X[start : start + _CHUNK]) for start in range(0, max(1, len(X)), _CHUNK)]
        return np.concatenate(parts).astype(np.float64)


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
        Why they are not in ONNX, in one sentence.

    See Also
    --------
    OnnxNetworks : Those that run anywhere.
    """

    trained: tuple[TrainedNetwork, ...]
    why: str
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


def in_any_form(trained: Sequence[TrainedNetwork], X: np.ndarray) -> Networks:
    """Return networks in ONNX where that gives what Keras gives, else in Keras, with the reason.

    Imports TensorFlow.

    Parameters
    ----------
    X : ndarray of float32, shape (n, n_features)
        Prepared rows on which the two are held against each other.

    See Also
    --------
    core.exporting.refit.refit : Calls it.
    """
    from core.exporting import onnx_networks

    def in_keras(why: str) -> KerasNetworks:
        return KerasNetworks(tuple(trained), why)

    try:
        graph = onnx_networks.build(trained, trained[0].n_classes).SerializeToString()
    except NoOnnxForm as error:
        return in_keras(str(error))
    try:
        got = OnnxNetworks(graph)(X[:_COMPARED])
    except Exception as error:
        # onnxruntime raises errors of many kinds of its own; Keras runs the networks as well.
        return in_keras(f"ONNX Runtime cannot run the network ({meaning(error)}).")
    apart = float(np.abs(got - in_keras("")(X[:_COMPARED])).max(initial=0.0))
    if not apart <= TOLERANCE:
        return in_keras(f"ONNX Runtime's probabilities differed from Keras' by {apart:.1e}.")
    return OnnxNetworks(graph)


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
