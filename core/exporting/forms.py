"""In which form the networks of a kept model are run: in ONNX where they have one, else in Keras."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.decision import NoOnnxForm
from core.library_errors import meaning
from core.networks.scoring import KerasNetworks, Networks, OnnxNetworks
from core.networks.trained import TrainedNetwork

#: How far two forms of the networks' mean probabilities may be apart.
TOLERANCE = 1e-5
_COMPARED = 256  # rows


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
