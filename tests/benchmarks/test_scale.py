"""The scale benchmark on tiny tables: what it times, how it fits, and what it names."""

from __future__ import annotations

import json
import sys

import pytest

from benchmarks import scale
from benchmarks._scale import TWELVE, Job, Measurement, do, measured
from core.experiment.estimate import Workload
from core.plan import StrategyChoice, TrainingSettings
from core.strategies.presets import CLASSICS
from core.strategies.seconds import TrainingSize


def test_exponents_are_slopes_of_the_logs() -> None:
    sizes = (5_000, 20_000, 100_000)
    assert scale.exponent(sizes, [7 * size**1.3 for size in sizes]) == pytest.approx(1.3)
    assert scale.exponent((7, 40), (3.0, 3.0)) == pytest.approx(0)


def test_the_part_that_bends_is_named() -> None:
    sizes = (1_000, 10_000, 100_000)
    line = [Measurement(20 * f, 1, phases={"sampling": 10 * f, "training": 10 * f}) for f in (1, 10, 100)]
    assert scale.what_bends(sizes, line).startswith("Nothing grows faster")
    bent = [Measurement(10 * f + f**2, 1, phases={"sampling": f**2, "training": 10 * f}) for f in (1, 10, 100)]
    said = scale.what_bends(sizes, bent)
    assert "sampling from 10,000 to 100,000 rows (power 2.00" in said


def test_none_of_the_twelve_is_left_out_of_presets_at_this_size() -> None:
    work = Workload(TrainingSize((181_962, 315), 30, 0), TrainingSettings(), 5)
    choices = [StrategyChoice.of(key) for key in TWELVE]
    assert len(set(TWELVE)) == 12
    assert not any(map(work.too_slow, choices))
    assert [c for c in CLASSICS.choices if not work.too_slow(c)] == [c for c in choices if c in CLASSICS.choices]


def test_a_small_table_is_measured_on_both_sides() -> None:
    ours = measured(Job("run", 3_000, 512, 2, units=1))
    # Nine strategies of one network and ten bags; the tuned threshold reads the plain network.
    assert ours.lanes == 20
    assert set(ours.phases) == {"preparing", "sampling", "training", "deciding"}
    assert sum(ours.phases.values()) == pytest.approx(ours.seconds, rel=0.05, abs=0.1)
    assert 2**28 < ours.peak < 2**31
    keras = do(Job("keras", 3_000, 512, 2, fits=2))
    assert keras.lanes == 2
    assert 0 < keras.seconds < 60


def test_the_command_prints_its_figures(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    jobs: list[Job] = []

    def pretend(job: Job) -> Measurement:
        jobs.append(job)
        seconds = {"run": 10.0, "sampling": 1.0, "keras": 2.0}[job.what] * (job.rows / 1_000)
        return Measurement(seconds, 2**30, {"run": job.networks or 100, "sampling": 0, "keras": job.fits}[job.what])

    monkeypatch.setattr(scale, "measured", pretend)
    arguments = ["scale", "--json", "--rows", "1000", "--fits", "2", "--sizes", "1000", "2000", "--lanes", "2", "4"]
    monkeypatch.setattr(sys, "argv", arguments)
    scale.main()
    figures = json.loads(capsys.readouterr().out)
    # Two fits took 2 s, so a hundred take 100 s, and five folds' sampling 5 s.
    assert figures["speedup_512"] == figures["speedup_2048"] == pytest.approx(10.5)
    assert figures["peak_gib"] == 1
    assert figures["rows_exponent"] == pytest.approx(1)
    assert figures["lanes_exponent"] == pytest.approx(0)
    assert {job.batch for job in jobs if job.what == "keras"} == {512, 2048}
