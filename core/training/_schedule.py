"""How learning rate and decay change from step to step."""

from __future__ import annotations

import numpy as np

from core.settings import TrainingSettings


def factors(settings: TrainingSettings, steps: int) -> np.ndarray:
    """Return what the learning rate is multiplied by in every step of training.

    "realmlp" is that of Holzmüller, Grinsztajn and Steinwart (2024, doi 10.48550/arXiv.2407.04491):
    ``(1 - cos(2π log2(1 + 15 t))) / 2``.

    Parameters
    ----------
    steps : int
        Of an epoch.

    Returns
    -------
    ndarray of float32, shape (epochs, steps)
    """
    total = settings.epochs * steps
    t = np.arange(total) / total
    factor = np.ones(total)
    if settings.schedule == "cosine":
        factor = (1 + np.cos(np.pi * t)) / 2
    elif settings.schedule == "realmlp":
        factor = (1 - np.cos(2 * np.pi * np.log2(1 + 15 * t))) / 2
    if settings.warm_up:
        factor = factor * np.minimum(1.0, (np.arange(total) + 1) / max(1.0, settings.warm_up * total))
    return factor.reshape(settings.epochs, steps).astype(np.float32)
