"""What a promise on recall costs, against counting row by row."""

from __future__ import annotations

import numpy as np
import pytest

from core.decision.promise import misses_allowed
from core.evaluation.promise import false_alarms_by_recall, promises
from tests.core.evaluation.test_explorer import pooled


@pytest.mark.parametrize(("n_classes", "code"), [(2, 1), (3, 2)])
def test_a_threshold_is_the_highest_that_misses_no_more_than_it_may(n_classes: int, code: int) -> None:
    rows = pooled(n=600, n_classes=n_classes, decimals=3)
    kept = promises(rows, code, 0.8, 0.9)
    assert kept.positives == (rows[0].truth == code).sum()
    assert kept.misses == misses_allowed(kept.positives, 0.8, 0.9)
    assert kept.misses is not None
    for i, one in enumerate(rows):
        p, own = one.probabilities[:, code].astype(float), one.truth == code
        fitting = [t for t in np.unique(p[own]) if (p[own] < t).sum() <= kept.misses]
        assert kept.thresholds[i] == fitting[-1]
        assert kept.found[i] == pytest.approx((p[own] >= fitting[-1]).mean())
        assert kept.false_alarms[i] == pytest.approx((p[~own] >= fitting[-1]).mean())
        floor = [t for t in np.unique(p[own]) if (p[own] >= t).mean() >= 0.8][-1]
        assert kept.floor_false_alarms[i] == pytest.approx((p[~own] >= floor).mean())
    curve = false_alarms_by_recall(rows, code, np.array([0.8, 0.9999]), 0.9)
    np.testing.assert_allclose(curve[:, 0], kept.false_alarms)
    assert np.isnan(curve[:, 1]).all()
