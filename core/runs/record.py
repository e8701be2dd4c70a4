"""What a run is, how far it has come, and which ranking it is a part of: everything but its results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeGuard, get_args

from core.data.reading.cells import Reading
from core.plan import Plan
from core.words import is_showable

Status = Literal["queued", "running", "finished", "cancelled", "failed", "interrupted", "refused"]
#: Of a run that waits for its turn or is being worked on.
ACTIVE: tuple[Status, ...] = ("queued", "running")


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

    See Also
    --------
    progress_of : Reads it back.

    Examples
    --------
    >>> from core.runs.progress import progress_of_run
    >>> progress_of_run(Progress("r000-f002", 0.5, "training 16 networks", 20.0), 2, 5)
    (0.5, 'Fold 3 of 5: training 16 networks – about 20 s left')
    """

    unit: str
    share: float
    doing: str
    seconds_left: float | None = None


@dataclass(frozen=True)
class Membership:
    """That a run is one table of a ranking.

    Parameters
    ----------
    id, name : str
        Of the ranking; the same in all its runs.
    position, total : int
        Which of its tables this is, from 0, and how many there are.
    left_out : tuple of str
        Tables that could not take part, one sentence per table; the same in all its runs.

    See Also
    --------
    membership_of : Reads it back.

    Examples
    --------
    >>> member = Membership("9", "2 tables", position=0, total=2)
    >>> f"{member.name}: table {member.position + 1} of {member.total}"
    '2 tables: table 1 of 2'
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
        "interrupted" where the process that ran it is gone, "refused" where the plan does not suit the table,
        so that another try would end in the same way.
    units_total : int
        Folds times repeats.
    example : bool
        Shipped with the app, not made by the person.
    ranking : Membership or None
        Where the run is one table of several.
    cautions : tuple of str
        What makes every result of the table misleading, in sentences; runs of earlier versions have none.

    See Also
    --------
    core.runs.store.Store.record : Reads that of a run.

    Examples
    --------
    >>> from core.plan import StrategyChoice
    >>> plan = Plan("y", (StrategyChoice.of("plain"),))
    >>> run = RunRecord("1", "a", "", plan, (), "a.csv", "0f", ("no", "yes"), 1, "cancelled", "", 5, False)
    >>> run.active, run.resumable
    (False, True)
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
    ranking: Membership | None = None
    cautions: tuple[str, ...] = ()

    @property
    def active(self) -> bool:
        """Whether the run waits for its turn or is being worked on."""
        return self.status in ACTIVE

    @property
    def resumable(self) -> bool:
        """Whether the run stopped before its last fold and may get further when it is resumed."""
        return self.status in ("cancelled", "failed", "interrupted")


@dataclass(frozen=True)
class Details:
    """What is written once, when a run is made; the names are those of ``run.json``.

    Parameters
    ----------
    created : str
        ISO time with its zone.
    table_notes : tuple of str
        What reading the table did, one sentence per step.
    reading : Reading
        How the table's file and columns were read.
    cautions : tuple of str
        As in :class:`RunRecord`.

    See Also
    --------
    details_of : Reads them back.

    Examples
    --------
    >>> details = details_of({
    ...     "name": "a", "created": "2024-01-31T12:00:00+00:00", "versions": {}, "table_name": "a.csv",
    ...     "table_digest": "0f", "table_notes": [], "classes": ["no", "yes"], "positive": 1, "units_total": 5,
    ... })
    >>> details.table_name, details.classes, details.cautions
    ('a.csv', ('no', 'yes'), ())
    """

    name: str
    created: str
    versions: tuple[tuple[str, str], ...]
    table_name: str
    table_digest: str
    table_notes: tuple[str, ...]
    classes: tuple[str, ...]
    positive: int | None
    units_total: int
    example: bool
    benchmark: Membership | None
    reading: Reading
    cautions: tuple[str, ...]


def details_of(raw: object) -> Details:
    """Read a run's details back, all of them or none.

    Raises
    ------
    ValueError
        Something is missing, or is not what it should be.

    See Also
    --------
    state_of : Reads the status back.

    Examples
    --------
    >>> details_of({"name": "a", "created": "yesterday"})
    Traceback (most recent call last):
        ...
    ValueError: not the details of a run
    """
    if not isinstance(raw, dict):
        raise ValueError("not an object")
    versions = raw.get("versions")
    name, created, table_name, digest = (raw.get(key) for key in ("name", "created", "table_name", "table_digest"))
    notes, classes, positive = raw.get("table_notes"), raw.get("classes"), raw.get("positive")
    total, example = raw.get("units_total"), raw.get("example", False)
    cautions = raw.get("cautions", [])
    if not (
        _is_text(name) and _is_moment(created) and _is_text(table_name) and _is_text(digest)
        and isinstance(versions, dict) and _are_texts(list(versions.values()))
        and _are_texts(notes) and _are_texts(classes) and len(classes) >= 2
        and (positive is None or (_is_count(positive) and positive < len(classes)))
        and _is_count(total) and total >= 1 and isinstance(example, bool) and _are_texts(cautions)
    ):  # fmt: skip
        raise ValueError("not the details of a run")
    return Details(
        name, created, tuple((str(key), value) for key, value in versions.items()), table_name, digest,
        tuple(notes), tuple(classes), positive, total, example, membership_of(raw.get("benchmark")), _reading_of(raw),
        tuple(cautions),
    )  # fmt: skip


def _reading_of(raw: Mapping[str, Any]) -> Reading:
    """Read back how the table was read; runs of earlier versions do not say."""
    if "table_reading" not in raw:
        return Reading()
    try:
        return Reading.of_plain(raw["table_reading"])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not a reading") from error


def state_of(raw: object) -> tuple[Status, str]:
    """Read status and message back; a status that cannot be read is an interrupted run's.

    Examples
    --------
    >>> state_of({"status": "failed", "message": "The disk is full."}), state_of({"status": "baking"})
    (('failed', 'The disk is full.'), ('interrupted', ''))
    """
    if not isinstance(raw, dict) or raw.get("status") not in get_args(Status) or not _is_text(raw.get("message")):
        return "interrupted", ""
    return raw["status"], raw["message"]


def progress_of(raw: object) -> Progress | None:
    """Read progress back; None where it is not whole.

    Examples
    --------
    >>> progress_of({"unit": "r000-f002", "share": 1.5, "doing": "scoring", "seconds_left": None}).share
    1.0
    """
    if not isinstance(raw, dict):
        return None
    unit, share, doing, left = (raw.get(key) for key in ("unit", "share", "doing", "seconds_left"))
    if not (_is_text(unit) and _is_number(share) and _is_text(doing) and (left is None or _is_number(left))):
        return None
    return Progress(unit, min(1.0, max(0.0, share)), doing, left)


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and is_showable(value)


def _are_texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(_is_text(item) for item in value)


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12


def _is_moment(value: object) -> TypeGuard[str]:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def membership_of(raw: object) -> Membership | None:
    """Read a membership back; a run without one, or with a damaged one, stands alone.

    Examples
    --------
    >>> membership_of({"id": "9", "name": "2 tables", "position": 1, "total": 2, "left_out": []}).position
    1
    """
    if not isinstance(raw, dict):
        return None
    try:
        left_out = tuple(str(sentence) for sentence in raw["left_out"])
        return Membership(str(raw["id"]), str(raw["name"]), int(raw["position"]), int(raw["total"]), left_out)
    except (KeyError, TypeError, ValueError):
        return None
