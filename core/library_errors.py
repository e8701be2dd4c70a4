"""What an error of a library means, in words for a person; the library's own text goes to the log."""

from __future__ import annotations

import logging
import re

_LOG = logging.getLogger(__name__)
_MEANINGS = (
    (r"neigh?bou?rs belong to the majority", "no row of the rarer class has one of another class near it"),
    (r"cannot convert float (nan|infinity) to integer", "its distances or shares are undefined, as rows are equal"),
    (r"No clusters found", "no group of rows holds enough of the rarer class"),
    (r"n_neighbors|n_samples_fit", "a class has fewer rows than the neighbours that it looks for"),
    (r"No samples will be generated", "the classes are already as even as it would make them"),
    (r"ratio required to|sampling_strategy", "the class ratio that was asked for cannot be reached from these rows"),
    (r"n_clusters|n_samples=\d+ should be", "there are fewer rows than the groups that it looks for"),
    (r"contains (NaN|infinity)|Non-finite|too large for dtype", "a value is missing or infinite"),
    (r"only one class|least 2 classes|greater than one class|one class:", "the rows are of one class only"),
    (r"0 sample|empty|at least one array", "no row is left to work with"),
    (r"not converge|singular matrix|not positive definite", "it finds no solution for these rows"),
    (r"allocate|out of memory|OOM|ResourceExhausted", "the memory did not suffice"),
    (r"No space left", "the disk is full"),
    (r"workers? (died|was lost)|KilledWorker|those workers", "it may have needed more memory than there is"),
    (r"did not arrive", "its result did not arrive"),
    (r"[Tt]imed? ?out|closed|refused|reset by peer|unreachable", "the connection broke off"),
)  # fmt: skip
UNKNOWN = "a library met something that it cannot work with; its own words are in the log"


def meaning(error: BaseException) -> str:
    """Return what a library's error means, in words without a full stop, and log its own text.

    See Also
    --------
    sentence : With what failed.

    Examples
    --------
    >>> meaning(ValueError("cannot convert float NaN to integer"))
    'its distances or shares are undefined, as rows are equal'
    """
    _LOG.warning("An error of a library was put into words: %s: %s", type(error).__name__, error, exc_info=error)
    if isinstance(error, MemoryError):
        return "the memory did not suffice"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror[:1].lower()}{error.strerror[1:]}"
    text = str(error)
    return next((words for pattern, words in _MEANINGS if re.search(pattern, text, re.IGNORECASE)), UNKNOWN)


def sentence(error: BaseException, failed: str) -> str:
    """Return a sentence for people: this project's errors have one, a library's is what failed and what it means.

    See Also
    --------
    meaning : What the library's error means.

    Examples
    --------
    >>> sentence(ValueError("Input contains NaN"), "SMOTE could not work")
    'SMOTE could not work: a value is missing or infinite.'
    >>> from core.plan import PlanError
    >>> sentence(PlanError("Choose at least one strategy."), "The plan could not be read")
    'Choose at least one strategy.'
    """
    own = type(error).__module__.partition(".")[0] == "core"
    return str(error) if own else f"{failed}: {meaning(error)}."
