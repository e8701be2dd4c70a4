"""What is to be run: the plan, validated and (de)serialised as JSON."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import asdict, dataclass, field

import numpy as np

from core.words import is_showable

#: The whole catalogue, and as many again in other settings; a page with more takes minutes to draw.
MAX_STRATEGIES = 200
MAX_PARTS = 10
_HUGE = 1e15

ParameterValue = bool | int | float | str | None | tuple[float, ...]


class PlanError(ValueError):
    """A setting that cannot be run; the message is one sentence naming it and the way out.

    See Also
    --------
    core.words.TableError : The same for a table.

    Examples
    --------
    >>> NetworkSettings(epochs=0)
    Traceback (most recent call last):
        ...
    core.plan.PlanError: Epochs is 0: choose a value from 1 to 5,000.
    """


@dataclass(frozen=True)
class Part:
    """One registered strategy and the parameters that differ from its defaults.

    Parameters
    ----------
    name : str
        Key in the registry of :mod:`core.strategies`.
    parameters : tuple of (str, value) pairs
        Sorted by name, so that equal parts compare equal.

    See Also
    --------
    StrategyChoice : One part, or several combined.

    Examples
    --------
    >>> Part.of("smote", k_neighbors=3).key
    'smote(k_neighbors=3)'
    """

    name: str
    parameters: tuple[tuple[str, ParameterValue], ...] = ()

    @classmethod
    def of(cls, name: str, **parameters: ParameterValue) -> Part:
        """Return a strategy with some of its parameters set."""
        return cls(name, tuple(sorted(parameters.items())))

    @property
    def key(self) -> str:
        """The part as a person types it."""
        if not self.parameters:
            return self.name
        inner = ",".join(f"{name}={value}" for name, value in self.parameters)
        return f"{self.name}({inner})"


@dataclass(frozen=True)
class StrategyChoice:
    """One line of the comparison: a strategy, or several parts combined.

    See Also
    --------
    core.strategies.notation.parse_choice : Reads a key back.

    Examples
    --------
    >>> StrategyChoice.of("smote", k_neighbors=3).key
    'smote(k_neighbors=3)'
    >>> StrategyChoice((Part.of("smote"), Part.of("focal"))).key
    'smote+focal'
    """

    parts: tuple[Part, ...]

    @classmethod
    def of(cls, name: str, **parameters: ParameterValue) -> StrategyChoice:
        """Return the choice of a single strategy."""
        return cls((Part.of(name, **parameters),))

    @property
    def key(self) -> str:
        """Unique, stable text: names the choice in results, files and links."""
        return "+".join(part.key for part in self.parts)


@dataclass(frozen=True)
class NetworkSettings:
    """The network and its training, named as in Keras.

    Parameters
    ----------
    hidden_layers : tuple of int
        Units of each hidden ReLU layer, first to last; empty means a linear model.
    dropout : float
        Share of hidden activations dropped while training, in [0, 0.9].
    learning_rate : float
        Of the Adam optimizer.
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

    See Also
    --------
    hidden_layers_of : Reads layers that a person typed.

    Examples
    --------
    >>> NetworkSettings(hidden_layers=(32,), epochs=20).hidden_layers, NetworkSettings().batch_size
    ((32,), 128)
    """

    hidden_layers: tuple[int, ...] = (64, 32)
    dropout: float = 0.0
    learning_rate: float = 0.002
    batch_size: int = 128
    epochs: int = 40
    patience: int = 8
    validation_split: float = 0.2

    def __post_init__(self) -> None:
        if len(self.hidden_layers) > 6 or any(not _is_whole(u) or not 1 <= u <= 2048 for u in self.hidden_layers):
            raise PlanError("Hidden layers: use up to 6 layers of 1 to 2048 units, for example 64, 32.")
        _between("Dropout", self.dropout, 0, 0.9)
        _between("Learning rate", self.learning_rate, 1e-6, 1)
        _between("Batch size", self.batch_size, 1, 65_536, whole=True)
        _between("Epochs", self.epochs, 1, 5_000, whole=True)
        _between("Patience", self.patience, 0, 5_000, whole=True)
        _between("Validation split", self.validation_split, 0.05, 0.5)


def hidden_layers_of(text: str) -> tuple[int, ...]:
    """Return the units of the hidden layers that a person typed, first to last.

    Raises
    ------
    PlanError
        A part is no whole number.

    See Also
    --------
    NetworkSettings : Holds them.

    Examples
    --------
    >>> hidden_layers_of("64, 32"), hidden_layers_of("")
    ((64, 32), ())
    """
    try:
        return tuple(int(part) for part in text.replace(";", ",").split(",") if part.strip())
    except ValueError as error:
        raise PlanError("Hidden layers: write whole numbers with commas between them, for example 64, 32.") from error


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
    core.plan.PlanError: A split by time cannot be repeated: set repeats to 1.
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
        _between("Seeding", self.seeding, 1, 3, whole=True)
        _between("Folds", self.folds, 2, 50, whole=True)
        _between("Repeats", self.repeats, 1, 100, whole=True)
        _between("Seed", self.seed, 0, 2**31 - 1, whole=True)
        _between("Gap", self.gap, 0, 1e9)
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


@dataclass(frozen=True)
class Plan:
    """Everything that decides a result, apart from the table.

    Parameters
    ----------
    target : str
        Name of the target column.
    positive : str or None
        Text of the positive class for two classes; None means the minority.
    kinds : tuple of (column, kind) pairs
        Column kinds that the user changed.
    classes : tuple of (class, class or None) pairs
        Classes of the target, as text, that count as another one; None leaves their rows out.
    strategies : tuple of StrategyChoice
        What is compared, in order.
    merged : tuple of (column, pairs) pairs
        Spellings of labels that the user merged: each pair is a spelling and what it becomes.
    prepared : tuple of (column, settings) pairs
        What the user chose about the preparation of columns, as (setting, value) pairs.

    Raises
    ------
    PlanError
        Names, classes or strategies do not make a plan; the message says what to change.

    See Also
    --------
    core.links.to_query : A plan as an address.

    Examples
    --------
    >>> plan = Plan("Class", (StrategyChoice.of("plain"), StrategyChoice.of("smote")))
    >>> plan.split.folds, Plan.from_json(plan.to_json()) == plan
    (5, True)
    """

    target: str
    strategies: tuple[StrategyChoice, ...]
    positive: str | None = None
    kinds: tuple[tuple[str, str], ...] = ()
    network: NetworkSettings = field(default_factory=NetworkSettings)
    split: SplitSettings = field(default_factory=SplitSettings)
    classes: tuple[tuple[str, str | None], ...] = ()
    merged: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    prepared: tuple[tuple[str, tuple[tuple[str, str | int], ...]], ...] = ()

    def __post_init__(self) -> None:
        texts = (self.target, *(name for pair in self.kinds for name in pair), *filter(None, (self.positive,)))
        texts += tuple(name for pair in self.classes for name in pair if name is not None)
        columns = filter(None, (self.split.group, self.split.time))
        if not all(isinstance(text, str) and is_showable(text) for text in (*texts, *columns)):
            raise PlanError("The names of columns and classes in a plan must be texts.")
        changed = [name for name, _ in self.classes]
        if len(set(changed)) < len(changed) or any(into in changed for _, into in self.classes):
            raise PlanError("A class is merged or left out once, and only into a class that stays.")
        if not self.strategies:
            raise PlanError("Choose at least one strategy.")
        if len(self.strategies) > MAX_STRATEGIES:
            raise PlanError(f"{len(self.strategies):,} strategies are too many: compare {MAX_STRATEGIES} at most.")
        if any(len(choice.parts) > MAX_PARTS for choice in self.strategies):
            raise PlanError(f"A combination has {MAX_PARTS} parts at most: leave some out.")
        keys = Counter(choice.key for choice in self.strategies)
        doubled = next((key for key, times in keys.items() if times > 1), None)
        if doubled is not None:
            raise PlanError(f"The strategy '{doubled}' is chosen twice: remove one or change its parameters.")

    def to_json(self) -> str:
        """Return the plan as JSON text that :meth:`from_json` reads back unchanged."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """Read a plan back.

        Raises
        ------
        PlanError
            The text is no plan, or a value is out of its range.
        """
        try:
            raw = json.loads(text)
            strategies = tuple(
                StrategyChoice(
                    tuple(Part(p["name"], tuple((n, _frozen(v)) for n, v in p["parameters"])) for p in choice["parts"])
                )
                for choice in raw["strategies"]
            )
            network = NetworkSettings(**{**raw["network"], "hidden_layers": tuple(raw["network"]["hidden_layers"])})
            return cls(
                target=raw["target"],
                strategies=strategies,
                positive=raw["positive"],
                kinds=tuple((name, kind) for name, kind in raw["kinds"]),
                network=network,
                # In plans of earlier versions, what splits the rows is no feature.
                split=SplitSettings(
                    **{
                        "seeding": 1,
                        "group_as_feature": raw["split"]["group"] is None,
                        "time_as_feature": raw["split"]["time"] is None,
                        **raw["split"],
                    }
                ),
                classes=tuple((name, into) for name, into in raw.get("classes", ())),
                # Plans of earlier versions merged nothing.
                merged=tuple(
                    (name, tuple((spelling, into) for spelling, into in pairs)) for name, pairs in raw.get("merged", ())
                ),
                prepared=tuple(
                    (name, tuple((setting, value) for setting, value in pairs))
                    for name, pairs in raw.get("prepared", ())
                ),
            )
        except PlanError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise PlanError("This is not a plan that Counterweight wrote: choose its settings anew.") from error


def _frozen(value: object) -> ParameterValue:
    if isinstance(value, list):
        return tuple(float(item) for item in value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise PlanError(f"A strategy parameter has the unusable value {value!r}.")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _between(name: str, value: float, low: float, high: float, *, whole: bool = False) -> None:
    number = _is_whole(value) or (isinstance(value, float) and not whole and math.isfinite(value))
    if not number:
        raise PlanError(f"{name} must be a {'whole ' * whole}number from {low:,.10g} to {high:,.10g}.")
    if not low <= value <= high:
        shown = f"{value:,.10g}" if abs(value) < _HUGE else "far too large"
        raise PlanError(f"{name} is {shown}: choose a value from {low:,.10g} to {high:,.10g}.")
