"""What is to be run: the plan, validated and (de)serialised as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from core.choices import NetworkChoice, ParameterValue, Part, StrategyChoice
from core.settings import CapacitySettings, PlanError, SplitSettings, TrainingSettings, TuningSettings, is_whole
from core.words import counted, is_showable

__all__ = [
    "MAX_NETWORKS",
    "MAX_PARTS",
    "MAX_STRATEGIES",
    "CapacitySettings",
    "NetworkChoice",
    "ParameterValue",
    "Part",
    "Plan",
    "PlanError",
    "SplitSettings",
    "StrategyChoice",
    "TrainingSettings",
    "TuningSettings",
]

#: The whole catalogue, and as many again in other settings; a page with more takes minutes to draw.
MAX_STRATEGIES = 200
MAX_PARTS = 10
#: Each is trained under every strategy.
MAX_NETWORKS = 3
#: What plans of earlier versions trained, and how, where they do not say it.
_FORMER = TrainingSettings(0.002, 128, 40, 8, 0.2, 0.0, 0.999, "constant", 0.0, 0.0, "loss", 1)
_FORMER_LAYERS, _FORMER_DROPOUT = (64, 32), 0.0


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
    networks : tuple of NetworkChoice
        What the strategies are compared on, in order: one to three. Given as well as names, such as ``"tabm(k=8)"``,
        or as functions ``build(n_features, n_outputs)`` that return a Keras model.
    training : TrainingSettings
        How every network is trained.
    merged : tuple of (column, pairs) pairs
        Spellings of labels that the user merged: each pair is a spelling and what it becomes.
    missing : tuple of (column, texts) pairs
        Values of columns that the user took for missing ones, numbers among them as text.
    day_first : tuple of (column, bool) pairs
        Whether dates that can be read both ways are read day first, where the user settled it.
    prepared : tuple of (column, settings) pairs
        What the user chose about the preparation of columns, as (setting, value) pairs.
    tuning : TuningSettings
        How many settings of every strategy are tried in each fold; none unless given.
    capacity : CapacitySettings
        How many rows can be looked at, for metrics at k.

    Raises
    ------
    PlanError
        Names, classes or strategies do not make a plan; the message says what to change.

    See Also
    --------
    core.links.to_query : A plan as an address.
    core.strategies.choices_of : Every strategy on every network.

    Examples
    --------
    >>> plan = Plan("Class", (StrategyChoice.of("plain"), StrategyChoice.of("smote")), networks=["mlp", "tabm(k=8)"])
    >>> plan.split.folds, Plan.from_json(plan.to_json()) == plan
    (5, True)
    >>> [network.key for network in plan.networks]
    ['mlp', 'tabm(k=8)']
    """

    target: str
    strategies: tuple[StrategyChoice, ...]
    positive: str | None = None
    kinds: tuple[tuple[str, str], ...] = ()
    networks: tuple[NetworkChoice, ...] = (NetworkChoice("mlp"),)
    training: TrainingSettings = field(default_factory=TrainingSettings)
    split: SplitSettings = field(default_factory=SplitSettings)
    classes: tuple[tuple[str, str | None], ...] = ()
    merged: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    missing: tuple[tuple[str, tuple[str, ...]], ...] = ()
    day_first: tuple[tuple[str, bool], ...] = ()
    prepared: tuple[tuple[str, tuple[tuple[str, str | int], ...]], ...] = ()
    tuning: TuningSettings = field(default_factory=TuningSettings)
    capacity: CapacitySettings = field(default_factory=CapacitySettings)

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
        object.__setattr__(self, "networks", _networks(self.networks))
        if not 1 <= len(self.networks) <= MAX_NETWORKS:
            raise PlanError(f"Choose one to {MAX_NETWORKS} networks, not {len(self.networks):,}.")
        lines = sum(len(self.networks) if choice.network is None else 1 for choice in self.strategies)
        if lines > MAX_STRATEGIES:
            raise PlanError(
                f"{len(self.strategies):,} strategies on {len(self.networks)} networks are too many: "
                f"compare {MAX_STRATEGIES} lines at most."
            )
        _no_key_twice("network", (network.key for network in self.networks))
        _no_key_twice("strategy", (choice.key for choice in self.strategies))

    @property
    def in_words(self) -> str:
        """What is compared, for people.

        Examples
        --------
        >>> Plan("y", (StrategyChoice.of("plain"),), networks=("mlp", "tabm")).in_words
        '1 strategy × 2 networks × 5 folds'
        """
        networks = f" × {len(self.networks)} networks" if len(self.networks) > 1 else ""
        return f"{counted(len(self.strategies), 'strategy', 'strategies')}{networks} × {self.split.in_words}"

    def network_of(self, choice: StrategyChoice) -> NetworkChoice:
        """Return the network that a choice is trained on."""
        return self.networks[0] if choice.network is None else choice.network

    def to_json(self) -> str:
        """Return the plan as JSON text that :meth:`from_json` reads back unchanged."""
        raw = asdict(self)
        for network in [*raw["networks"], *(choice["network"] for choice in raw["strategies"])]:
            if network is not None:
                del network["build"]  # a function is found again by its name
        return json.dumps(raw, ensure_ascii=False)

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
            # Plans of earlier versions had one network, a dense one, its settings beside those of its training.
            former = raw.get("network")
            networks = tuple(map(_network_from, raw["networks"])) if former is None else (_former_network(former),)
            return cls(
                target=raw["target"],
                strategies=tuple(map(_choice_from, raw["strategies"])),
                positive=raw["positive"],
                kinds=tuple((name, kind) for name, kind in raw["kinds"]),
                networks=networks,
                training=replace(_FORMER, **(raw["training"] if former is None else _training_part(former))),
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
                missing=tuple((name, tuple(texts)) for name, texts in raw.get("missing", ())),
                day_first=tuple((name, bool(first)) for name, first in raw.get("day_first", ())),
                prepared=tuple(
                    (name, tuple((setting, value) for setting, value in pairs))
                    for name, pairs in raw.get("prepared", ())
                ),
                # Plans of earlier versions tuned nothing.
                tuning=TuningSettings(**raw.get("tuning", {})),
                capacity=CapacitySettings(**raw.get("capacity", {})),
            )
        except PlanError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise PlanError("This is not a plan that Counterweight wrote: choose its settings anew.") from error


def _networks(given: Iterable[NetworkChoice | str | Callable[[int, int], object]] | str) -> tuple[NetworkChoice, ...]:
    """Return networks that may be given by name, as functions, or one alone."""
    several = (given,) if isinstance(given, str | NetworkChoice) or callable(given) else given
    return tuple(
        one if isinstance(one, NetworkChoice) else NetworkChoice.read(one) if isinstance(one, str)
        else NetworkChoice.function(one)
        for one in several
    )  # fmt: skip


def _no_key_twice(what: str, keys: Iterable[str]) -> None:
    doubled = next((key for key, times in Counter(keys).items() if times > 1), None)
    if doubled is not None:
        raise PlanError(f"The {what} '{doubled}' is chosen twice: remove one or change its parameters.")


def _choice_from(raw: Mapping[str, Any]) -> StrategyChoice:
    parts = tuple(Part(p["name"], tuple((n, _frozen(v)) for n, v in p["parameters"])) for p in raw["parts"])
    network = raw.get("network")
    return StrategyChoice(parts, None if network is None else _network_from(network))


def _network_from(raw: Mapping[str, Any]) -> NetworkChoice:
    return NetworkChoice(raw["name"], tuple((name, _frozen(value)) for name, value in raw["parameters"]))


def _former_network(raw: Mapping[str, Any]) -> NetworkChoice:
    given = {"hidden_layers": tuple(raw["hidden_layers"]), "dropout": raw["dropout"]}
    former = {"hidden_layers": _FORMER_LAYERS, "dropout": _FORMER_DROPOUT}
    return NetworkChoice.of("mlp", **{name: value for name, value in given.items() if value != former[name]})


def _training_part(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in raw.items() if name not in ("hidden_layers", "dropout")}


def _frozen(value: object) -> ParameterValue:
    if isinstance(value, list):
        return tuple(item if is_whole(item) else float(item) for item in value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise PlanError(f"A parameter has the unusable value {value!r}.")
