"""How far a run has come, in words."""

from __future__ import annotations

from dataclasses import replace

from core.examples import examples
from core.runs.progress import end_in_words, progress_of_run
from core.runs.record import Progress


def test_a_run_that_has_not_been_timed_says_its_fold_alone() -> None:
    assert progress_of_run(None, 0, 5) == (0.0, "Fold 1 of 5")
    assert progress_of_run(Progress("0-1", 0.5, "training 4 networks"), 1, 5)[1] == "Fold 2 of 5: training 4 networks"


def test_the_fold_at_work_counts_for_its_share_and_no_bar_runs_over() -> None:
    progress = Progress("0-3", 0.5, "training 4 networks", 120.0)
    assert progress_of_run(progress, 3, 4) == (0.875, "Fold 4 of 4: training 4 networks – about 2 min left")
    assert progress_of_run(progress, 4, 4)[0] == 1.0


def test_a_run_that_is_not_whole_says_how_it_ended_and_what_is_kept() -> None:
    record = replace(examples()[0].record, status="failed", message="The worker died.")
    assert end_in_words(record, 2) == "This run failed. The worker died. 2 of 5 folds are kept."
    assert end_in_words(replace(record, status="cancelled", message=""), 0) == "Cancelled. No fold was finished."
