"""What a run is, how far it has come, and which benchmark it is a part of: everything but its results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.plan import Plan

Status = Literal["queued", "running", "finished", "cancelled", "failed", "interrupted"]


@dataclass(frozen=True)
class Progress:
    """How far the unit at work has come.

    Parameters
    ----------
    unit : str
    share : float
        Of this unit, in [0, 1].
    doing : str
        In words, for example "training 16 networks".
    seconds_left : float or None
        Of the whole run, once a unit or a good part of one has been timed.
    """

    unit: str
    share: float
    doing: str
    seconds_left: float | None = None


@dataclass(frozen=True)
class Membership:
    """That a run is one table of a benchmark.

    Parameters
    ----------
    id, name : str
        Of the benchmark; the same in all its runs.
    position, total : int
        Which of its tables this is, from 0, and how many there are.
    left_out : tuple of str
        Tables that could not take part, a sentence each; the same in all its runs.
    """

    id: str
    name: str
    position: int
    total: int
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunRecord:
    """What a run is, without its results.

    Parameters
    ----------
    created : str
        ISO time with its zone.
    classes : tuple of str
        Class labels by code.
    positive : int or None
    status : str
        "interrupted" where the process that ran it is gone.
    units_total : int
        Folds times repeats.
    example : bool
        Shipped with the app, not made by the person.
    benchmark : Membership or None
        Where the run is one table of several.
    """

    id: str
    name: str
    created: str
    plan: Plan
    versions: tuple[tuple[str, str], ...]
    table_name: str
    table_digest: str
    classes: tuple[str, ...]
    positive: int | None
    status: Status
    message: str
    units_total: int
    example: bool
    benchmark: Membership | None = None


def membership_of(raw: object) -> Membership | None:
    """Read a membership back; a run without one, or with a damaged one, stands alone."""
    if not isinstance(raw, dict):
        return None
    try:
        left_out = tuple(str(sentence) for sentence in raw["left_out"])
        return Membership(str(raw["id"]), str(raw["name"]), int(raw["position"]), int(raw["total"]), left_out)
    except (KeyError, TypeError, ValueError):
        return None
