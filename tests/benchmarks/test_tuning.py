"""The figures of tuning, put together from parts that were run one by one."""

from __future__ import annotations

import pytest

from benchmarks.tuning import KERAS, PARTS, TIMED, figures_of, rows_of
from core.data.samples import SAMPLES

SAMPLE = {
    "plain_before": 0.5, "plain_after": 0.6, "best_before": 0.7, "best_after": 0.72, "untuned_s": 10.0, "tuned_s": 80.0,
    "untuned_cpu_s": 20.0, "tuned_cpu_s": 160.0, "networks": 25,
}  # fmt: skip


def test_parts_are_the_samples_and_the_keras_way() -> None:
    assert set(PARTS) == {sample.key for sample in SAMPLES} | {KERAS}
    assert PARTS[0] == TIMED


def test_figures_are_those_that_the_finished_parts_allow() -> None:
    other = {**SAMPLE, "plain_after": 0.7}
    assert set(figures_of({"yeast": other}, 16, 5)) == {"gain_plain", "gain_best", "samples"}
    keras = {"trial_s": 2.0, "timed_trials": 8}
    figures = figures_of({TIMED: SAMPLE, "yeast": other, KERAS: keras}, 16, 5)
    assert figures["times_untuned"] == pytest.approx(8)
    assert figures["gain_plain"] == pytest.approx(0.15)
    assert figures["gain_best"] == pytest.approx(0.02)
    assert figures["keras_s"] == pytest.approx(2 * 25 * 16 * 5)
    assert figures["speedup_vs_keras"] == pytest.approx(4000 / 80)
    assert ("times the untuned run", "8.0") in rows_of({TIMED: SAMPLE}, figures)
