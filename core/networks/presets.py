"""Networks and their training under a name: what a person chooses who does not want to choose individual ones."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.choices import NetworkChoice
from core.plan import Plan
from core.settings import TrainingSettings
from core.words import counted

# Maximum epochs by training rows, most rows first: large tables make more steps per epoch.
_EPOCHS = ((50_000, 15), (5_000, 40), (0, 80))
_WEIGHT_DECAY, _PATIENCE = 0.016, 16


@dataclass(frozen=True)
class NetworkPreset:
    """A network with the settings of its training.

    Parameters
    ----------
    name, sentence : str
        For people.
    network : NetworkChoice
    training : TrainingSettings
        On a small table; see :meth:`training_on`.
    grows : bool
        Whether its epochs follow the table's size.

    See Also
    --------
    NETWORK_PRESETS : All of them.

    Examples
    --------
    >>> strong = NETWORK_PRESETS[2]
    >>> strong.name, strong.training_on(800).epochs, strong.training_on(20_000).epochs
    ('Strong', 80, 40)
    """

    name: str
    sentence: str
    network: NetworkChoice
    training: TrainingSettings
    grows: bool = True

    @property
    def label(self) -> str:
        """Its name, and how many networks decide together."""
        return f"{self.name} ({counted(self.training.members, 'network')})"

    def training_on(self, rows: float) -> TrainingSettings:
        """Return the training settings for so many training rows."""
        if not self.grows:
            return self.training
        return replace(self.training, epochs=next(epochs for least, epochs in _EPOCHS if rows >= least))


_TOGETHER = TrainingSettings(patience=_PATIENCE, weight_decay=_WEIGHT_DECAY, members=5)
#: From the least work to the most.
NETWORK_PRESETS = (
    NetworkPreset(
        "Small and quick",
        "One small network: trains fastest, and is usually somewhat less accurate.",
        NetworkChoice("mlp"),
        TrainingSettings(),
        grows=False,
    ),
    NetworkPreset(
        "Quick",
        "Three small networks that decide together, each stopped on another third of the training rows; one of them "
        "sees numbers as waves. The best value for its time, and where the app starts.",
        NetworkChoice("mixed"),
        replace(_TOGETHER, members=3),
    ),
    NetworkPreset(
        "Strong",
        "Five networks that decide together and see numbers in different ways: on most tables the most accurate, and "
        "the slowest to train.",
        NetworkChoice("mixed"),
        _TOGETHER,
    ),
)

#: What the app and the command line start on. Over the ten tables of ``python -m benchmarks.networks`` it gains 0.038
#: in average precision over one small network and ranks ahead of every boosting (1.8 against 2.3). Five networks gain
#: about 0.01 more and take more than twice as long; five plain members cost as much as this one and gain less.
DEFAULT_PRESET = NETWORK_PRESETS[1]


def training_rows(rows: int, plan: Plan) -> float:
    """Return how many of a table's rows a network learns from in a fold.

    See Also
    --------
    NetworkPreset.training_on : Takes them.

    Examples
    --------
    >>> from core.plan import StrategyChoice
    >>> training_rows(1000, Plan("y", (StrategyChoice.of("plain"),)))
    640.0
    """
    return rows * (1 - 1 / plan.split.folds) * (1 - plan.training.validation_split)


def with_default_network(plan: Plan, rows: float) -> Plan:
    """Return a plan with the network and the training that a person starts on.

    Parameters
    ----------
    rows : float
        Training rows.

    See Also
    --------
    NETWORK_PRESETS : The others.

    Examples
    --------
    >>> from core.plan import StrategyChoice
    >>> plan = with_default_network(Plan("y", (StrategyChoice.of("plain"),)), rows=800)
    >>> plan.networks[0].key, plan.training.members, plan.training.epochs
    ('mixed', 3, 80)
    """
    return replace(plan, networks=(DEFAULT_PRESET.network,), training=DEFAULT_PRESET.training_on(rows))


def preset_of(networks: tuple[NetworkChoice, ...], training: TrainingSettings, rows: float) -> NetworkPreset | None:
    """Return the preset that networks and their training are, or None where somebody chose individual ones.

    Parameters
    ----------
    rows : float
        Training rows.

    See Also
    --------
    NetworkPreset.training_on : The settings.

    Examples
    --------
    >>> preset_of((NetworkChoice("mlp"),), TrainingSettings(), rows=800).name
    'Small and quick'
    >>> preset_of((NetworkChoice("mlp"),), TrainingSettings(epochs=7), rows=800)
    """
    return next(
        (one for one in NETWORK_PRESETS if networks == (one.network,) and training == one.training_on(rows)), None
    )
