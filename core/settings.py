"""How networks are trained and rows are split, validated; and the error of a setting that cannot be run."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

_HUGE = 1e15

#: How the learning rate changes in the course of training.
SCHEDULES = ("constant", "cosine", "realmlp")
#: What tuning goes by, measured on the validation rows; metrics at k count the rows that can be looked at.
TUNE_ON = ("average_precision", "precision_at_k", "recall_at_k")
#: Periods that a capacity may be for; "unit" is a whole unit of a number that stands for time.
PERIODS = ("hour", "day", "week", "month", "unit")
#: What early stopping goes by, measured on the validation rows: each network's own loss, or a metric.
STOP_ON = (
    "loss", "average_precision", "roc_auc", "f1", "balanced_accuracy", "mcc", "g_mean", "brier", "log_loss", "accuracy",
)  # fmt: skip
#: Metrics that it cannot go by, with the reason.
NOT_STOPPED_ON = {
    "precision": "it is best where hardly a row is called positive",
    "recall": "it is best where every row is called positive",
    "precision_at_k": "so few validation rows count that epochs tie",
    "recall_at_k": "so few validation rows count that epochs tie",
}
#: How many settings of each strategy tuning may try; 0 is no tuning.
TRIALS = (0, 8, 16, 32)


class PlanError(ValueError):
    """A setting that cannot be run; the message is one sentence naming it and the way out.

    See Also
    --------
    core.words.TableError : The same for a table.

    Examples
    --------
    >>> TrainingSettings(epochs=0)
    Traceback (most recent call last):
        ...
    core.settings.PlanError: Epochs is 0: choose a value from 1 to 5,000.
    """


@dataclass(frozen=True)
class TrainingSettings:
    """How every network of a plan is trained, named as in Keras.

    Parameters
    ----------
    learning_rate : float
        Of the AdamW optimizer; the highest where a schedule changes it.
    batch_size : int
        Rows per step.
    epochs : int
        Maximum epochs; an epoch is as many steps as one pass over the fold's training rows,
        the same number for every strategy, so that all get the same budget.
    patience : int
        Early stopping: epochs without a better validation loss before a lane stops;
        0 turns early stopping off.
    validation_split : float
        Share of the training rows kept from samplers and weights for early stopping
        and decision rules, in (0, 0.5].
    weight_decay : float
        Decoupled decay of kernels: the share that an epoch takes off them. It is spread over the epoch's
        steps, as a fixed decay per step ruins large tables; 0 turns it off.
    beta_2 : float
        How slowly AdamW's mean of squared gradients moves, in [0.5, 1).
    schedule : {"constant", "cosine", "realmlp"}
        How the learning rate changes over all steps.
    warm_up : float
        Share of the steps in which the learning rate rises from 0, in [0, 0.5].
    clip_norm : float
        Longest gradient of a lane, over all its weights; longer ones are scaled down. 0 turns clipping off.
    stop_on : str
        What early stopping goes by: ``"loss"``, or the key of a metric such as ``"average_precision"`` or ``"f1"``.
        Metrics of decisions are taken at the threshold that is best for them on the validation rows.
    members : int
        Networks per lane. 1 holds one validation part out. More are cross-fitted: each holds another part of the
        training rows out, so that all rows are learned from and all are decided on; they stop together.

    See Also
    --------
    core.choices.NetworkChoice : Which network is trained.

    Examples
    --------
    >>> TrainingSettings(epochs=20).epochs, TrainingSettings().batch_size
    (20, 128)
    """

    learning_rate: float = 0.002
    batch_size: int = 128
    epochs: int = 40
    patience: int = 8
    validation_split: float = 0.2
    weight_decay: float = 0.0
    beta_2: float = 0.999
    schedule: str = "constant"
    warm_up: float = 0.0
    clip_norm: float = 0.0
    stop_on: str = "loss"
    members: int = 1

    def __post_init__(self) -> None:
        between("Learning rate", self.learning_rate, 1e-6, 1)
        between("Batch size", self.batch_size, 1, 65_536, whole=True)
        between("Epochs", self.epochs, 1, 5_000, whole=True)
        between("Patience", self.patience, 0, 5_000, whole=True)
        between("Validation split", self.validation_split, 0.05, 0.5)
        between("Weight decay", self.weight_decay, 0, 1)
        between("Beta 2", self.beta_2, 0.5, 0.999_999)
        one_of("Schedule", self.schedule, SCHEDULES)
        between("Warm-up", self.warm_up, 0, 0.5)
        between("Clip norm", self.clip_norm, 0, 1_000)
        if self.stop_on in NOT_STOPPED_ON:
            raise PlanError(
                f"Stopping on {self.stop_on} is not offered, since {NOT_STOPPED_ON[self.stop_on]}: choose f1 or "
                "average_precision."
            )
        one_of("Stop on", self.stop_on, STOP_ON)
        between("Members", self.members, 1, 20, whole=True)


@dataclass(frozen=True)
class TuningSettings:
    """How many settings of each strategy are tried, inside each fold, before the best one is held against the others.

    Parameters
    ----------
    trials : {0, 8, 16, 32}
        Settings per strategy, the same number for each; 0 turns tuning off.
    tune_on : {"average_precision", "precision_at_k", "recall_at_k"}
        What settings are chosen by; at k, by the plan's capacity.

    See Also
    --------
    core.experiment.tuning : What is tried, and how.

    Examples
    --------
    >>> TuningSettings(16).on, TuningSettings().on
    (True, False)
    >>> TuningSettings(12)
    Traceback (most recent call last):
        ...
    core.settings.PlanError: Trials must be 8, 16 or 32, or 0 for no tuning.
    """

    trials: int = 0
    tune_on: str = "average_precision"

    def __post_init__(self) -> None:
        one_of("Tune on", self.tune_on, TUNE_ON)
        if not is_whole(self.trials) or self.trials not in TRIALS:
            raise PlanError("Trials must be 8, 16 or 32, or 0 for no tuning.")

    @property
    def on(self) -> bool:
        """Whether anything is tuned."""
        return self.trials > 0


@dataclass(frozen=True)
class CapacitySettings:
    """How many rows can be looked at, the riskiest first: of 1,000, or in each period.

    Parameters
    ----------
    rows : float
        Of 1,000 rows, or per period.
    per : {"", "hour", "day", "week", "month", "unit"}
        The period; empty for per 1,000 rows.
    by : str or None
        The column that says when; None takes the column that splits by time, or the first date.

    See Also
    --------
    core.experiment.capacity.top_rows : What it is for a table.

    Examples
    --------
    >>> CapacitySettings.read("50/day"), CapacitySettings(20).text
    (CapacitySettings(rows=50.0, per='day', by=None), '20')
    >>> CapacitySettings(2000)
    Traceback (most recent call last):
        ...
    core.settings.PlanError: Of 1,000 rows 2,000 cannot be looked at: choose 1,000 or fewer, or a period.
    """

    rows: float = 50.0
    per: str = ""
    by: str | None = None

    def __post_init__(self) -> None:
        between("Rows that can be looked at", self.rows, 0.1, 1e9)
        if self.per:
            one_of("The period of a capacity", self.per, PERIODS)
        elif self.rows > 1000:
            raise PlanError(f"Of 1,000 rows {self.rows:,.12g} cannot be looked at: choose 1,000 or fewer, or a period.")
        if self.by is not None and not self.per:
            raise PlanError("A column for the capacity needs a period, such as day: choose one.")

    @property
    def of_thousand(self) -> float:
        """The share of rows that can be looked at where nothing is known of periods."""
        return self.rows / 1000 if not self.per else CapacitySettings.rows / 1000

    @property
    def text(self) -> str:
        """The capacity as :meth:`read` reads it."""
        return "/".join([f"{self.rows:.12g}", *filter(None, (self.per, self.by))])

    @property
    def in_words(self) -> str:
        """The capacity for people.

        Examples
        --------
        >>> CapacitySettings().in_words, CapacitySettings(50, "day").in_words
        ('50 of every 1,000 rows', '50 per day')
        >>> CapacitySettings(5, "unit", "age").in_words
        '5 per unit of age'
        """
        per = f"unit of {self.by}" if self.per == "unit" and self.by is not None else self.per
        return f"{self.rows:,.6g} per {per}" if per else f"{self.rows:,.6g} of every 1,000 rows"

    @classmethod
    def read(cls, text: str) -> CapacitySettings:
        """Read a capacity as people type it: ``50``, ``50/day`` or ``50/day/when``.

        Raises
        ------
        PlanError
            It is none.
        """
        rows, _, rest = text.strip().partition("/")
        per, _, by = rest.partition("/")
        try:
            number = float(rows)
        except ValueError as error:
            raise PlanError(
                f"'{text[:60]}' is no capacity: write a number, or one per period such as 50/day."
            ) from error
        return cls(number, per.strip(), by.strip() or None)


@dataclass(frozen=True)
class SplitSettings:
    """How rows are split into folds: stratified, repeated if asked, groups and time respected.

    Parameters
    ----------
    group : str or None
        Column whose rows with the same value stay on one side of every split.
    time : str or None
        Column of moments or numbers that orders the rows: earlier ones train, later ones test.
    gap : float
        How long before the first later row the last earlier one lies, at least; in days where ``time`` holds moments,
        else in its own units. For labels that arrive late.
    group_as_feature, time_as_feature : bool
        Whether the column is learned from too, where its kind allows.
    seeding : {1, 2, 3}
        How folds follow from the seed. 1 is that of plans that name none: it adds seed and repeat up, so that seed 0
        and 1 share folds. 2 draws each pair of seed and repeat by itself. 3 deals more than 1,000 groups in another
        way, as theirs takes minutes. The earlier ones are kept so that such a run can be gone on with and repeated.

    See Also
    --------
    core.experiment.units.units : The folds of a split, one after the other.

    Examples
    --------
    >>> SplitSettings(folds=10, repeats=2).in_words
    '10 folds × 2 repeats'
    >>> SplitSettings(time="month", repeats=2)
    Traceback (most recent call last):
        ...
    core.settings.PlanError: A split by time cannot be repeated: set repeats to 1.
    """

    folds: int = 5
    repeats: int = 1
    seed: int = 0
    group: str | None = None
    time: str | None = None
    seeding: int = 3
    gap: float = 0.0
    group_as_feature: bool = True
    time_as_feature: bool = True

    @property
    def in_words(self) -> str:
        """Folds and repeats for people.

        Examples
        --------
        >>> SplitSettings(folds=5).in_words, SplitSettings(folds=5, repeats=3).in_words
        ('5 folds', '5 folds × 3 repeats')
        """
        return f"{self.folds} folds" + (f" × {self.repeats} repeats" if self.repeats > 1 else "")

    def fold_seed(self, repeat: int) -> int:
        """Return the seed that a repeat's folds are drawn with, in [0, 2**32)."""
        if self.seeding == 1:
            return self.seed + repeat
        return int(np.random.SeedSequence((self.seed, repeat)).generate_state(1)[0])

    def __post_init__(self) -> None:
        between("Seeding", self.seeding, 1, 3, whole=True)
        between("Folds", self.folds, 2, 50, whole=True)
        between("Repeats", self.repeats, 1, 100, whole=True)
        between("Seed", self.seed, 0, 2**31 - 1, whole=True)
        between("Gap", self.gap, 0, 1e9)
        if not isinstance(self.group_as_feature, bool) or not isinstance(self.time_as_feature, bool):
            raise PlanError("Whether a column that splits the rows is a feature must be true or false.")
        if self.time is None and self.gap:
            raise PlanError("A gap needs a column to split by time: choose one, or set the gap to 0.")
        if self.time is not None and self.repeats > 1:
            raise PlanError("A split by time cannot be repeated: set repeats to 1.")

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that split the rows, each once.

        Examples
        --------
        >>> SplitSettings(group="card", time="when").columns, SplitSettings().columns
        (('card', 'when'), ())
        """
        return tuple(dict.fromkeys(name for name in (self.group, self.time) if name is not None))

    @property
    def no_features(self) -> frozenset[str]:
        """Columns that split the rows and are not learned from.

        Examples
        --------
        >>> sorted(SplitSettings(group="card", time="when", group_as_feature=False).no_features)
        ['card']
        """
        used = ((self.group, self.group_as_feature), (self.time, self.time_as_feature))
        return frozenset(name for name, is_feature in used if name is not None and not is_feature)


def is_whole(value: object) -> bool:
    """Return whether a value is a whole number; True and False are none.

    See Also
    --------
    between : Refuses others.

    Examples
    --------
    >>> is_whole(3), is_whole(3.0), is_whole(True)
    (True, False, False)
    """
    return isinstance(value, int) and not isinstance(value, bool)


def between(name: str, value: float, low: float, high: float, *, whole: bool = False) -> None:
    """Refuse a value that is no number in a range, both ends included.

    Raises
    ------
    PlanError
        It is none; the message names the setting and the range.

    See Also
    --------
    one_of : The same for words.

    Examples
    --------
    >>> between("Folds", 1.5, 2, 50, whole=True)
    Traceback (most recent call last):
        ...
    core.settings.PlanError: Folds must be a whole number from 2 to 50.
    """
    number = is_whole(value) or (isinstance(value, float) and not whole and math.isfinite(value))
    if not number:
        raise PlanError(f"{name} must be a {'whole ' * whole}number from {low:,.10g} to {high:,.10g}.")
    if not low <= value <= high:
        shown = f"{value:,.10g}" if abs(value) < _HUGE else "far too large"
        raise PlanError(f"{name} is {shown}: choose a value from {low:,.10g} to {high:,.10g}.")


def one_of(name: str, value: object, words: tuple[str, ...]) -> None:
    """Refuse a value that is none of some words.

    Raises
    ------
    PlanError
        It is none; the message names the setting and the words.

    See Also
    --------
    between : The same for numbers.

    Examples
    --------
    >>> one_of("Schedule", "linear", SCHEDULES)
    Traceback (most recent call last):
        ...
    core.settings.PlanError: Schedule must be one of constant, cosine, realmlp.
    """
    if value not in words:
        raise PlanError(f"{name} must be one of {', '.join(words)}.")
