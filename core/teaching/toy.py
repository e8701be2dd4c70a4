"""A made-up table of two columns on which one can see what a strategy does.

Two crescents of points, one class each, which an ``overlap`` blurs into each other. Everything else is
the real thing: the strategies of the catalogue act on the rows, and the trainer of the lanes trains.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from sklearn.datasets import make_moons
from sklearn.model_selection import train_test_split

from core.data.groups import deal_rows
from core.networks import make, networks
from core.networks.reading import network_of
from core.plan import NetworkChoice, StrategyChoice, TrainingSettings
from core.strategies import Recipe, StrategyError, TableFacts, TrainingView, stages_of
from core.strategies.choosing import why_not
from core.strategies.presets import PLAIN
from core.teaching.effects import Change, change_of, fates, whole_rows
from core.training.lane import Lane

ROWS, FRESH_ROWS, GRID, LEVELS = 800, 3_000, 48, 8
#: Where a network is a mixture; each holds another part of the rows to learn from out.
MEMBERS = 3
_MARGIN = 0.3
NETWORK = NetworkChoice.of("mlp", hidden_layers=(32, 16))
TRAINING = TrainingSettings(batch_size=64, epochs=30, patience=6)


@dataclass(frozen=True)
class ToySettings:
    """How the table is drawn.

    Parameters
    ----------
    imbalance : int
        Rows of the common class for each row of the rare one.
    overlap : float
        Standard deviation of the blur, in the crescents' radii.
    noise : float
        Share of the rare rows whose label is exchanged with that of a common row, so that the class sizes stay.
    seed : int

    See Also
    --------
    toy_table : Draws it.

    Examples
    --------
    >>> toy_table(ToySettings(imbalance=50)).view.class_counts.tolist()
    [588, 12]
    """

    imbalance: int = 15
    overlap: float = 0.25
    noise: float = 0.0
    seed: int = 0


@dataclass(frozen=True, eq=False)
class ToyTable:
    """Rows to learn from, rows for early stopping and thresholds, and fresh rows with true labels.

    Parameters
    ----------
    view : TrainingView
    X_valid, X_fresh : ndarray of float32, shape (n, n_features)
    y_valid, y_fresh : ndarray of int64, shape (n,)
    categorical : tuple of bool
        Whether each of the two directions was cut into levels, for strategies that want categories.

    See Also
    --------
    toy_table : Makes one.

    Examples
    --------
    >>> table = toy_table(ToySettings())
    >>> table.view.X.shape, table.X_valid.shape, table.X_fresh.shape
    ((600, 2), (200, 2), (3000, 2))
    """

    view: TrainingView
    X_valid: np.ndarray
    y_valid: np.ndarray
    X_fresh: np.ndarray
    y_fresh: np.ndarray
    categorical: tuple[bool, bool]

    @property
    def facts(self) -> TableFacts:
        return _facts(tuple(int(n) for n in self.view.class_counts), sum(self.categorical))


@dataclass(frozen=True, eq=False)
class ToyRows:
    """Rows before and after a strategy.

    Parameters
    ----------
    points, codes : ndarray, shape (n, 2) and (n,)
        The rows as they are.
    after_points, after_codes, fate, weight : ndarray
        The same with new ones; fates as in :class:`core.teaching.effects.Picture`, weights with a mean of 1.
    before, after : tuple of int
        Rows by class; where ``change`` is "weights" or "batches", ``after`` is what the class counts for.
    members : int
        Networks that the strategy trains; the rows are those of the first, the counts their mean.

    See Also
    --------
    sampled : Makes these.

    Examples
    --------
    >>> rows = sampled(ToySettings(), StrategyChoice.of("smote"))
    >>> {str(fate): int((rows.fate == fate).sum()) for fate in np.unique(rows.fate)}
    {'kept': 600, 'new': 524}
    """

    points: np.ndarray
    codes: np.ndarray
    after_points: np.ndarray
    after_codes: np.ndarray
    fate: np.ndarray
    weight: np.ndarray
    before: tuple[int, ...]
    after: tuple[int, ...]
    change: Change
    members: int = 1
    notes: tuple[str, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, eq=False)
class Region:
    """What one choice learned.

    Parameters
    ----------
    probabilities, decisions : ndarray, shape (len(down), len(across))
        Of the rare class, over the plane.
    threshold : float
        Probability from which a point is called rare.
    recall, precision : float
        Of the rare class on fresh rows with true labels; nan where nothing was called rare.

    See Also
    --------
    trained : Learns one.

    Examples
    --------
    >>> nothing = np.zeros((2, 2))
    >>> Region(nothing, nothing, threshold=0.2, recall=0.9, precision=0.3).in_words
    'Finds 90% of the rare rows; 30% of its alarms are right; rare at a probability of 0.20 or more.'
    """

    probabilities: np.ndarray
    decisions: np.ndarray
    threshold: float
    recall: float
    precision: float
    problem: str | None = None

    @property
    def in_words(self) -> str:
        """How well the network does on fresh rows, in one sentence."""
        alarms = "calls no row rare" if math.isnan(self.precision) else f"{self.precision:.0%} of its alarms are right"
        threshold = "" if self.threshold == 0.5 else f"; rare at a probability of {self.threshold:.2f} or more"
        return f"Finds {self.recall:.0%} of the rare rows; {alarms}{threshold}."


@dataclass(frozen=True, eq=False)
class Regions:
    """The plane as the plain network and as a strategy see it; ``across`` and ``down`` are the grid's places."""

    across: np.ndarray
    down: np.ndarray
    plain: Region
    chosen: Region


def toy_table(settings: ToySettings, choice: StrategyChoice = PLAIN) -> ToyTable:
    """Make the table; as many of its directions are cut into levels as the choice needs to apply.

    Raises
    ------
    StrategyError
        The choice applies to no such table.

    See Also
    --------
    sampled : What a strategy makes of it.

    Examples
    --------
    >>> toy_table(ToySettings(imbalance=15)).view.class_counts.tolist()
    [562, 38]
    >>> toy_table(ToySettings(), StrategyChoice.of("smoten")).categorical
    (True, True)
    """
    return _toy_table(settings, _levels_for(settings, choice))


def sampled(settings: ToySettings, choice: StrategyChoice) -> ToyRows:
    """Let a choice refine the table's training rows.

    See Also
    --------
    core.teaching.effects.effect : The same on a table of one's own.

    Examples
    --------
    >>> for key in ("smote", "random_under", "class_weight"):
    ...     rows = sampled(ToySettings(), StrategyChoice.of(key))
    ...     print(key, rows.before, rows.after, rows.change)
    smote (562, 38) (562, 562) rows
    random_under (562, 38) (38, 38) rows
    class_weight (562, 38) (300, 300) weights
    """
    problem: str | None = None
    try:
        table = toy_table(settings, choice)
        view = table.view.fresh()
        lanes = next(stages_of(Recipe.of(choice).networks, Lane(np.arange(len(view.y)), seed=view.seed), view))
    except StrategyError as error:
        table, problem = _toy_table(settings, 0), str(error)
        view = table.view.fresh()
        lanes = [Lane(np.arange(len(view.y)), seed=view.seed)]
    after, change = change_of(lanes, view)
    first = lanes[0]
    points, synthetic = _places(table, view.encoded), first.synthetic
    grown, labels = points, view.y
    fate, weight = fates(first, len(points)), np.zeros(len(points))
    own = np.ones(first.n_rows) if first.sample_weight is None else first.sample_weight
    np.add.at(weight, first.rows, own[: len(first.rows)])
    if synthetic is not None:
        grown = np.concatenate([points, _places(table, synthetic.encoded)])
        labels = np.concatenate([view.y, synthetic.y])
        weight = np.concatenate([weight, own[len(first.rows) :]])
    return ToyRows(
        points, view.y, grown, labels, fate, weight, tuple(int(n) for n in view.class_counts),
        whole_rows(after), change, len(lanes), tuple(view.notes), problem,
    )  # fmt: skip


def toy_networks() -> tuple[str, ...]:
    """Return the networks of the registry that can be shown on the table: all but one's own.

    See Also
    --------
    trained : Trains one.

    Examples
    --------
    >>> "mixed" in toy_networks(), "own" in toy_networks()
    (True, False)
    """
    return tuple(key for key in networks() if make(key).why_not(2, 2) is None)


def members_of(network: NetworkChoice) -> int:
    """Return how many networks are trained on the table: cross-fitted ones where they are of several kinds.

    See Also
    --------
    trained : Trains them.

    Examples
    --------
    >>> members_of(NetworkChoice("mixed")), members_of(NetworkChoice("tabm"))
    (3, 1)
    """
    one = network_of(network)
    return 1 if one.member(0) == one.member(1) else MEMBERS


def trained(settings: ToySettings, choice: StrategyChoice, network: NetworkChoice = NETWORK) -> Regions:
    """Train the plain network and a choice on the table, as a fold does, and let both decide over the plane.

    Imports TensorFlow: it belongs on a worker.

    Parameters
    ----------
    network : NetworkChoice
        What is trained; unless given, a small network.
    """
    from core.data.splitting import Unit
    from core.experiment.fold import Outcome, candidates_of, train_candidates
    from core.training.lanes import Block

    try:
        table, problem = toy_table(settings, choice), ""
    except StrategyError as error:
        table, problem = _toy_table(settings, 0), str(error)
    chosen = PLAIN if problem else choice
    view = table.view.fresh()
    choices = tuple(dict.fromkeys((PLAIN, chosen)))
    candidates = candidates_of(choices, network, view)
    block = Block(view.X, view.y, table.X_valid, table.y_valid)
    members = members_of(network)
    if members > 1:
        parts = tuple(deal_rows(view.y, members, settings.seed))
        block = replace(block, X_valid=table.X_valid[:0], y_valid=table.y_valid[:0], held_out=parts)
    train_candidates(list(candidates.values()), table.facts, block, TRAINING, lambda share, doing: None, None)
    low, high = view.encoded.min(axis=0) - _MARGIN, view.encoded.max(axis=0) + _MARGIN
    across, down = (
        np.arange(LEVELS) if cut else np.linspace(low[place], high[place], GRID)
        for place, cut in enumerate(table.categorical)
    )
    grid = np.stack(np.meshgrid(across, down), axis=-1).reshape(-1, 2)
    X = np.concatenate([view.expand(grid.astype(float)), table.X_fresh])
    nothing = np.zeros(len(X), np.int64)
    outcome = Outcome(block, X, nothing, nothing, Unit(0, 0), table.facts)

    def region(learner: StrategyChoice) -> Region:
        result = outcome.of(learner, candidates[Recipe.of(learner).key])
        shape, called = (len(down), len(across)), result.decisions[len(grid) :] == 1
        if result.error is not None:
            empty = np.full(shape, np.nan)
            return Region(empty, empty, np.nan, np.nan, np.nan, result.error)
        right = int((called & (table.y_fresh == 1)).sum())
        return Region(
            result.probabilities[: len(grid), 1].reshape(shape),
            result.decisions[: len(grid)].reshape(shape),
            0.5 if result.threshold is None else result.threshold,
            right / int((table.y_fresh == 1).sum()),
            right / int(called.sum()) if called.any() else np.nan,
            problem or None if learner == chosen else None,
        )

    plain = region(PLAIN)
    return Regions(across, down, plain, plain if choice == PLAIN else region(chosen))


@lru_cache(maxsize=16)
def _toy_table(settings: ToySettings, levels: int) -> ToyTable:
    """Make the table with its last ``levels`` directions cut into levels."""
    rare = max(10, round(ROWS / (settings.imbalance + 1)))
    rng = np.random.default_rng([settings.seed, 7])
    points, y = _crescents(ROWS - rare, rare, settings.overlap, settings.seed)
    y = y.copy()
    swapped = round(settings.noise * rare)
    for code in (1, 0):
        y[rng.choice(np.flatnonzero(y == code), swapped, replace=False)] = -1 - code
    y = np.where(y < 0, y + 2, y)  # -2, a rare row, becomes common; -1, a common one, becomes rare
    fresh_rare = max(200, round(FRESH_ROWS / (settings.imbalance + 1)))
    fresh, y_fresh = _crescents(FRESH_ROWS - fresh_rare, fresh_rare, settings.overlap, settings.seed + 1)
    fit, valid, y_fit, y_valid = train_test_split(points, y, test_size=0.25, stratify=y, random_state=settings.seed)
    centre, spread = fit.mean(axis=0), fit.std(axis=0)
    cuts = (levels > 1, levels > 0)
    scaled = [(part - centre) / spread for part in (fit, valid, fresh)]
    edges = np.quantile(scaled[0], np.arange(1, LEVELS) / LEVELS, axis=0)
    encoded = [np.column_stack([_cut(part, edges, place, cuts[place]) for place in (0, 1)]) for part in scaled]
    expander = _Levels(cuts)
    view = TrainingView.of(expander, encoded[0], y_fit.astype(np.int64), n_classes=2, seed=settings.seed)
    X_valid, X_fresh = (expander.expand(part) for part in encoded[1:])
    return ToyTable(view, X_valid, y_valid.astype(np.int64), X_fresh, y_fresh.astype(np.int64), cuts)


def _crescents(common: int, rare: int, overlap: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    points, y = make_moons((common, rare), noise=overlap, random_state=seed)
    return points, y.astype(np.int64)


def _cut(points: np.ndarray, edges: np.ndarray, place: int, cut: bool) -> np.ndarray:
    return np.digitize(points[:, place], edges[:, place]).astype(float) if cut else points[:, place]


@dataclass(frozen=True)
class _Levels:
    """Turns the two directions into network inputs: numbers, then one-hot levels."""

    cuts: tuple[bool, bool]

    @property
    def categorical(self) -> tuple[int, ...]:
        return tuple(place for place in (0, 1) if self.cuts[place])

    def expand(self, encoded: np.ndarray) -> np.ndarray:
        parts = [encoded[:, [place]] for place in (0, 1) if not self.cuts[place]]
        parts += [np.eye(LEVELS)[encoded[:, place].astype(int)] for place in self.categorical]
        return np.hstack(parts).astype(np.float32)


def _places(table: ToyTable, encoded: np.ndarray) -> np.ndarray:
    """Return where rows are drawn: levels are spread a little, or all rows of one would hide each other."""
    spread = np.random.default_rng(0).uniform(-0.3, 0.3, encoded.shape)
    return encoded + spread * np.array(table.categorical)


def _levels_for(settings: ToySettings, choice: StrategyChoice) -> int:
    """Return how many of the two directions a choice needs as categories."""
    counts = tuple(int(n) for n in _toy_table(settings, 0).view.class_counts)
    reasons = [why_not(choice, _facts(counts, levels)) for levels in (0, 1, 2)]
    if None not in reasons:
        raise StrategyError(str(reasons[0]))
    return reasons.index(None)


def _facts(counts: tuple[int, ...], categorical: int) -> TableFacts:
    return TableFacts(counts, 2 - categorical, categorical)
