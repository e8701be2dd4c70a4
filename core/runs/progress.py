"""How far a whole run has come, and why it stopped, in words."""

from __future__ import annotations

from core.runs.record import Progress, RunRecord
from core.words import counted, duration

_ENDS = {
    "cancelled": "Cancelled.",
    "interrupted": "Interrupted.",
    "failed": "This run failed.",
    "refused": "This run cannot be carried out.",
    "finished": "Some of this run's folds are damaged or missing: resume it to compute them again.",
}


def progress_of_run(progress: Progress | None, finished: int, total: int) -> tuple[float, str]:
    """Return the share of a run that is done, and what it is doing.

    Parameters
    ----------
    progress : Progress or None
        Of the unit at work, where it is known.
    finished, total : int
        Units of the run; a unit is one fold of one repeat.

    Returns
    -------
    share : float
        In [0, 1].
    words : str
        One line of plain text.

    Examples
    --------
    >>> progress_of_run(Progress("0-2", 0.5, "training 16 networks", 20.0), 2, 5)
    (0.5, 'Fold 3 of 5: training 16 networks – about 20 s left')
    >>> progress_of_run(None, 5, 5)
    (1.0, 'Fold 5 of 5')
    """
    share, words = finished / max(1, total), f"Fold {min(finished + 1, total)} of {total}"
    if progress is not None:
        share += progress.share / max(1, total)
        words += f": {progress.doing}"
        if progress.seconds_left is not None:
            words += f" – {duration(progress.seconds_left)} left"
    return min(1.0, share), words


def queue_in_words(runs_ahead: int) -> str:
    """Return what a run that has not started waits for.

    Examples
    --------
    >>> queue_in_words(0), queue_in_words(2)
    ('Waiting for its turn', 'Waiting: 2 runs before it')
    """
    return f"Waiting: {counted(runs_ahead, 'run')} before it" if runs_ahead else "Waiting for its turn"


def end_in_words(record: RunRecord, finished: int) -> str:
    """Return how a run ended that is not whole, why, and how many of its folds are kept.

    Parameters
    ----------
    finished : int
        Units that can be read.

    See Also
    --------
    progress_of_run : How far a run has come.

    Examples
    --------
    >>> from core.plan import Plan, StrategyChoice
    >>> plan = Plan("y", (StrategyChoice.of("plain"),))
    >>> run = RunRecord("1", "a", "", plan, (), "a.csv", "0f", ("no", "yes"), 1, "cancelled", "", 5, False)
    >>> end_in_words(run, finished=3)
    'Cancelled. 3 of 5 folds are kept.'
    """
    kept = f"{finished} of {record.units_total} folds are kept." if finished else "No fold was finished."
    return " ".join(filter(None, (_ENDS[record.status], record.message, kept)))
