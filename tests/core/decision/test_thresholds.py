"""The ways in which a threshold can divide rows."""

from __future__ import annotations

import numpy as np
import pytest

from core.decision.confusion import mcc
from core.decision.thresholds import Cuts


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_each_threshold_calls_the_rows_that_its_place_says(dtype: type) -> None:
    rng = np.random.default_rng(0)
    p, positive = rng.random(200).round(2).astype(dtype), rng.random(200) < 0.3
    cuts = Cuts.of(positive, p)
    thresholds = cuts.thresholds(np.arange(len(cuts.called)))
    called = p[:, None].astype(np.float64) >= thresholds
    np.testing.assert_array_equal(called.sum(axis=0), cuts.called)
    np.testing.assert_array_equal((called & positive[:, None]).sum(axis=0), cuts.hits)


def test_neighbouring_floats_are_told_apart() -> None:
    low = 0.5
    high = float(np.nextafter(low, 1))
    cuts = Cuts.of(np.array([False, True]), np.array([low, high]))
    assert low < cuts.thresholds(np.array([1]))[0] <= high
    assert cuts.nearest_to_half(np.array([2, 1])) == high


def test_many_rows_do_not_overflow_the_correlation() -> None:
    few = np.array([[70, 10], [5, 15]])
    assert mcc(few * 1_000_000) == pytest.approx(mcc(few))
