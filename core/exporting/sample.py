"""A model with two weights, written down: what the examples of this package score with."""

from __future__ import annotations

import numpy as np

from core.data.preparation import Preparation
from core.evaluation.sample import sample_run
from core.exporting.inputs import readings_of
from core.exporting.onnx_networks import build_dense
from core.exporting.scorer import Scorer
from core.networks.scoring import OnnxNetworks


def sample_scorer() -> Scorer:
    """Return a model that finds a person likelier a fraud with age, for the people of ``sample_run``.

    See Also
    --------
    core.evaluation.sample.sample_run : The run and the table.

    Examples
    --------
    >>> scorer = sample_scorer()
    >>> [step.name for step in scorer.preparation.steps], scorer.classes, scorer.threshold
    (['age'], ('no', 'yes'), 0.4)
    """
    table = sample_run().problem.table
    preparation = Preparation.fit(table.frame, table.features("fraud"))
    network = np.array([[1.0]], np.float32), np.array([-1.0], np.float32)
    networks = OnnxNetworks(build_dense([network], 2).SerializeToString())
    reading = readings_of(table, preparation)
    return Scorer("fraud", ("no", "yes"), preparation, networks, threshold=0.4, reading=reading)
