"""Decision curves: what a strategy is worth to somebody who acts from a given probability on (Vickers and Elkin 2006).

Who acts from probability t on says that one hit is worth (1 - t) / t false alarms. The net benefit is the hits per row,
less the false alarms per row at that rate; acting on everybody and on nobody are what a strategy has to beat.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluation.outoffold import OutOfFold

COVERAGE = 0.95


@dataclass(frozen=True, eq=False)
class NetBenefits:
    """Net benefit per row, by strategy and threshold, with intervals by rows.

    Parameters
    ----------
    keys : tuple of str
        Strategies, in order.
    thresholds : ndarray, shape (n_thresholds,)
        In (0, 1), ascending.
    value, low, high : ndarray, shape (n_strategies, n_thresholds)
    all : ndarray, shape (n_thresholds,)
        Of acting on every row; acting on none has 0.
    gain, gain_low, gain_high : ndarray, shape (n_strategies, n_thresholds)
        More than the better of all and none.

    See Also
    --------
    net_benefits : Makes them.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.evaluation.outoffold import out_of_fold
    >>> curves = net_benefits(out_of_fold(sample_run().comparison), 1, np.array([0.2, 0.5, 0.7]), draws=200)
    >>> curves.value.round(3).tolist()
    [[0.125, 0.083, 0.083], [0.062, 0.125, 0.125]]
    >>> curves.useful("plain")
    ((0.2, 0.7),)
    """

    keys: tuple[str, ...]
    thresholds: np.ndarray
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    all: np.ndarray
    gain: np.ndarray
    gain_low: np.ndarray
    gain_high: np.ndarray

    def useful(self, key: str, *, surely: bool = False) -> tuple[tuple[float, float], ...]:
        """Return the ranges of thresholds in which a strategy beats both all and none.

        Parameters
        ----------
        surely : bool
            Only where the whole interval of its gain lies above 0.
        """
        place = self.keys.index(key)
        above = (self.gain_low if surely else self.gain)[place] > 1e-12
        edges = np.flatnonzero(np.diff(np.concatenate([[False], above, [False]]).astype(int)))
        return tuple(
            (float(self.thresholds[start]), float(self.thresholds[end - 1]))
            for start, end in zip(edges[::2], edges[1::2], strict=True)
        )


def net_benefits(
    pooled: Sequence[OutOfFold],
    code: int,
    thresholds: np.ndarray,
    *,
    prevalence: float | None = None,
    draws: int = 1000,
    seed: int = 0,
) -> NetBenefits:
    """Return the decision curves of every strategy.

    Rows are drawn with replacement, the class's and the rest's apart, as in the intervals by rows of metrics. Only
    between which thresholds a row's probability lies counts, so that a draw is one of counts and no row is touched
    again. With repeats, values are means over them; intervals are those of a single repeat, which is a little too wide.

    Parameters
    ----------
    code : int
        The class that is acted on.
    thresholds : ndarray, shape (n_thresholds,)
        In (0, 1), ascending.
    prevalence : float or None
        Share of the class in the field; None means as among the tested rows.
    draws : int
        Of the bootstrap.

    See Also
    --------
    core.evaluation.explorer.Explorer : Costs of one's own at any threshold.

    References
    ----------
    Vickers and Elkin (2006), https://doi.org/10.1177/0272989X06295361.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> from core.evaluation.outoffold import out_of_fold
    >>> curves = net_benefits(out_of_fold(sample_run().comparison), 1, np.array([0.25]), draws=200)
    >>> curves.all.tolist(), curves.value[0].round(3).tolist()
    ([0.0], [0.167])
    """
    truth = pooled[0].truth == code
    repeats = len(np.unique(pooled[0].repeat))
    n_class, n_rest = int(truth.sum()), int((~truth).sum())
    share = n_class / max(1, n_class + n_rest) if prevalence is None else prevalence
    worth = thresholds / (1 - thresholds)
    every = share - (1 - share) * worth
    rng = np.random.default_rng(seed)
    values, ends, gains, gain_ends = [], [], [], []
    tails = [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2]
    for rows in pooled:
        place = np.searchsorted(thresholds, rows.probabilities[:, code].astype(np.float64), side="right")
        counts = [np.bincount(place[side], minlength=len(thresholds) + 1) for side in (truth, ~truth)]
        hit, alarm = (_called(side[None])[0] for side in counts)
        value = share * hit - (1 - share) * worth * alarm
        drawn = [
            _called(rng.multinomial(max(1, side.sum() // repeats), side / max(1, side.sum()), size=draws))
            for side in counts
        ]
        boot = share * drawn[0] - (1 - share) * worth * drawn[1]
        best_default = np.maximum(every, 0)
        values.append(value)
        ends.append(np.quantile(boot, tails, axis=0))
        gains.append(value - best_default)
        gain_ends.append(ends[-1] - best_default)
    low, high = np.stack(ends, axis=1)
    gain_low, gain_high = np.stack(gain_ends, axis=1)
    return NetBenefits(
        tuple(rows.key for rows in pooled), thresholds, np.array(values), low, high, every,
        np.array(gains), gain_low, gain_high,
    )  # fmt: skip


def _called(counts: np.ndarray) -> np.ndarray:
    """Return the share of rows at or above each threshold, for counts between thresholds, shape (..., n + 1)."""
    above = counts[..., ::-1].cumsum(axis=-1)[..., ::-1][..., 1:]
    return above / np.maximum(1, counts.sum(axis=-1, keepdims=True))
