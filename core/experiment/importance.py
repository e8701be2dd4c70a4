"""Why networks decide as they do: columns permuted, columns set to one value, and the columns that pushed a row.

The networks of a run are not kept, so those of a few folds are trained anew, on a sample where the table is large. All
three answers read raw columns: what a column becomes, one-hot levels or components of its text, changes together.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score

from core.data.problem import Problem
from core.data.splitting import FoldRows, Unit, split_rows
from core.data.table import Table
from core.experiment.fold import Candidate, candidates_of, train_candidates
from core.experiment.units import prepared
from core.machine import single_threaded
from core.plan import Plan
from core.strategies import Recipe, choices_of
from core.training.lane import Stopped
from core.words import counted, shortened

#: Rows that networks are trained on, over all strategies of a fold, and rows that are tested on in a fold.
MAX_TRAINED, MAX_TESTED = 80_000, 2_000
_FOLDS, _DRAWS, _RARE = 3, 2, 300
_EFFECT_ROWS, _GRID, _LEVELS = 200, 9, 8
_PUSHED, _PUSH_DRAWS = 100, 8
_ALIKE, _PART = 0.9, 2_048


@dataclass(frozen=True, eq=False)
class Why:
    """What columns do, strategy by strategy.

    Parameters
    ----------
    keys : tuple of str
        Strategies with a result on every fold.
    columns : tuple of str
        Columns, or several that were permuted together.
    baseline : ndarray, shape (n_strategies, n_folds)
        Average precision on the test rows.
    lost : ndarray, shape (n_strategies, n_columns, n_folds)
        What is lost of it where the column is permuted among the test rows, the mean over draws.
    grids : tuple of tuple of str
        Values that each column was set to.
    effects : tuple of ndarray, shape (3, n_strategies, n_values)
        Mean probability of the class where all rows have the value, and its quartiles over rows, the mean over folds.
    rows : ndarray of int64, shape (n_rows,)
        Labelled rows that are explained one by one.
    pushes : ndarray, shape (n_strategies, n_rows, n_columns)
        How much higher the probability is than where the column comes from other rows.
    notes : tuple of str
        On what sample all of this rests.

    See Also
    --------
    explain : Works it out.

    Examples
    --------
    >>> why = Why(("plain",), ("age",), np.ones((1, 2)), np.full((1, 1, 2), 0.3), (("1", "2"),), (np.zeros((3, 1, 2)),),
    ...           np.array([5]), np.full((1, 1, 1), 0.2), ())
    >>> Why.from_bytes(why.to_bytes()).lost.tolist()
    [[[0.3, 0.3]]]
    """

    keys: tuple[str, ...]
    columns: tuple[str, ...]
    baseline: np.ndarray
    lost: np.ndarray
    grids: tuple[tuple[str, ...], ...]
    effects: tuple[np.ndarray, ...]
    rows: np.ndarray
    pushes: np.ndarray
    notes: tuple[str, ...]

    def to_bytes(self) -> bytes:
        """Return all of it as a NumPy archive that :meth:`from_bytes` reads back."""
        plain = {"keys": self.keys, "columns": self.columns, "grids": self.grids, "notes": self.notes}
        arrays = {f"effect{i}": effect for i, effect in enumerate(self.effects)}
        arrays |= {name: getattr(self, name) for name in ("baseline", "lost", "rows", "pushes")}
        buffer = io.BytesIO()
        np.savez_compressed(buffer, plain=np.array(json.dumps(plain)), **arrays)  # type: ignore[arg-type]
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Why | None:
        """Read it back; None where it is damaged."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as archive:
                plain = json.loads(str(archive["plain"]))
                effects = tuple(archive[f"effect{i}"] for i in range(len(plain["columns"])))
                return cls(
                    tuple(plain["keys"]), tuple(plain["columns"]), archive["baseline"], archive["lost"],
                    tuple(map(tuple, plain["grids"])), effects, archive["rows"], archive["pushes"],
                    tuple(plain["notes"]),
                )  # fmt: skip
        except (ArithmeticError, EOFError, LookupError, OSError, TypeError, ValueError, zipfile.BadZipFile, zlib.error):
            return None


def explain(
    table: Table,
    plan: Plan,
    code: int,
    rows: np.ndarray,
    together: bool = False,
    report: Callable[[float, str], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Why:
    """Train every strategy on up to three folds and look at what its networks look at.

    Parameters
    ----------
    code : int
        The class, against the rest.
    rows : ndarray of int64
        Labelled rows to explain one by one, the most wanted first; at most 100 that these folds test are.
    together : bool
        Permute columns that mean the same together (rank correlation of 0.9 and more).

    Raises
    ------
    Stopped
        ``should_stop`` returned True.

    See Also
    --------
    losses_by_column : The permutations.
    """
    problem = Problem.of(table, plan)
    target, y = problem.target, problem.target.codes
    groups = column_groups(problem, together)
    choices = choices_of(plan)
    tell = report or (lambda share, doing: None)
    units = [Unit(0, fold) for fold in range(min(_FOLDS, plan.split.folds))]
    most = max(2_000, MAX_TRAINED // max(1, len(choices)))
    baselines, lost, effects, explained, pushes, notes, finished = [], [], [], [], [], [], None
    for place, unit in enumerate(units):
        rng = np.random.default_rng([plan.split.seed, 7, place])
        fold = split_rows(problem, unit)
        sampled = _sampled(fold, y, most, rng)
        inputs = prepared(problem, sampled, int(rng.integers(2**31)))
        candidates = candidates_of(choices, plan.networks[0], inputs.view)
        share = place / len(units)

        def training(part: float, doing: str, share: float = share) -> None:
            tell(share + part * 0.6 / len(units), doing)

        train_candidates(list(candidates.values()), problem.facts, inputs.block, plan.training, training, should_stop)
        every = [candidates[Recipe.of(choice).key] for choice in choices]
        tested, weights = _tested(fold.test, y, code, rng)
        frame = problem.table.frame.iloc[target.rows[tested]]
        wanted = [row for row in dict.fromkeys(rows.tolist()) if row in set(fold.test.tolist())]
        wanted = wanted[: max(1, _PUSHED // len(units))]

        def probabilities(given: pd.DataFrame, every: Sequence[Candidate] = every, inputs=inputs) -> np.ndarray:  # type: ignore[no-untyped-def]
            if should_stop is not None and should_stop():
                raise Stopped
            return _probabilities(every, inputs.preparation.transform(given), code)

        tell(share + 0.6 / len(units), "permuting columns")
        base, losses = losses_by_column(probabilities, frame, y[tested] == code, groups, weights, rng)
        baselines.append(base)
        lost.append(losses)
        tell(share + 0.8 / len(units), "setting columns to one value")
        some = frame.iloc[rng.permutation(len(frame))[:_EFFECT_ROWS]]
        grids = [_grid(problem.table.frame[names[0]]) if len(names) == 1 else [] for _, names in groups]
        effects.append(
            [_effect(probabilities, some, names[0], grid) for (_, names), grid in zip(groups, grids, strict=True)]
        )
        explained += wanted
        if wanted:
            own = problem.table.frame.iloc[target.rows[np.array(wanted)]]
            pushes.append(_pushes(probabilities, own, frame, groups, rng))
        if place == 0:
            notes = _notes(fold, sampled, tested, len(units), plan)
            finished = [candidate.error is None for candidate in every]
        else:
            assert finished is not None
            finished = [ok and candidate.error is None for ok, candidate in zip(finished, every, strict=True)]
    kept = np.flatnonzero(finished or [])
    n = len(groups)
    return Why(
        tuple(choices[at].key for at in kept),
        tuple(name for name, _ in groups),
        np.stack(baselines, axis=-1)[kept],
        np.stack(lost, axis=-1)[kept],
        tuple(tuple(_shown(value) for value in grid) for grid in grids),
        tuple(np.mean([fold[i] for fold in effects], axis=0)[:, kept] for i in range(n)),
        np.array(explained, np.int64),
        np.concatenate([part[kept] for part in pushes], axis=1) if pushes else np.zeros((len(kept), 0, n)),
        tuple(notes),
    )


def losses_by_column(
    probabilities: Callable[[pd.DataFrame], np.ndarray],
    frame: pd.DataFrame,
    truth: np.ndarray,
    groups: Sequence[tuple[str, tuple[str, ...]]],
    weights: np.ndarray,
    rng: np.random.Generator,
    draws: int = _DRAWS,
) -> tuple[np.ndarray, np.ndarray]:
    """Return average precision, and what is lost of it where columns are permuted among rows.

    Parameters
    ----------
    probabilities : callable
        From n raw rows to probabilities of the class under each strategy, shape (n_strategies, n); nan for one that
        failed.
    truth : ndarray of bool, shape (n,)
    groups : sequence of (name, columns)
        Columns of a group are permuted together.
    weights : ndarray, shape (n,)
        What each row counts for.

    Returns
    -------
    (ndarray, shape (n_strategies,); ndarray, shape (n_strategies, n_groups))

    See Also
    --------
    sklearn.inspection.permutation_importance : The same for one model, one column at a time.

    References
    ----------
    Breiman (2001), "Random Forests"; Fisher, Rudin and Dominici (2019), "All Models are Wrong, but Many are Useful".

    Examples
    --------
    >>> frame = pd.DataFrame({"x": [0.1, 0.2, 0.9, 0.8], "noise": [1.0, 2.0, 3.0, 4.0]})
    >>> base, lost = losses_by_column(
    ...     lambda given: given[["x"]].to_numpy().T, frame, np.array([False, False, True, True]),
    ...     [("x", ("x",)), ("noise", ("noise",))], np.ones(4), np.random.default_rng(0), draws=20)
    >>> base.tolist(), bool(lost[0, 0] > 0.2), lost[0, 1]
    ([1.0], True, np.float64(0.0))
    """

    def scores(p: np.ndarray) -> np.ndarray:
        if not truth.any():
            return np.full(len(p), np.nan)
        return np.array(
            [
                average_precision_score(truth, own, sample_weight=weights) if np.isfinite(own).all() else np.nan
                for own in p
            ]
        )

    base = scores(probabilities(frame))
    lost = np.zeros((len(base), len(groups)))
    for i, (_, columns) in enumerate(groups):
        names = list(columns)
        parts = []
        for _ in range(draws):
            permuted = frame.copy()
            permuted[names] = frame[names].iloc[rng.permutation(len(frame))].set_axis(frame.index)
            parts.append(permuted)
        p = probabilities(pd.concat(parts))
        lost[:, i] = base - np.mean([scores(part) for part in np.split(p, draws, axis=1)], axis=0)
    return base, lost


def column_groups(problem: Problem, together: bool) -> list[tuple[str, tuple[str, ...]]]:
    """Return the features, one by one, or numbers that mean the same together.

    Examples
    --------
    >>> from core.data.samples import load_sample
    >>> from core.plan import StrategyChoice
    >>> problem = Problem.of(load_sample("abalone_9_vs_18"), Plan("rings", (StrategyChoice.of("plain"),)))
    >>> len(column_groups(problem, together=False)), [name for name, _ in column_groups(problem, together=True)][:2]
    (8, ['sex', 'length + diameter + whole_weight + shucked_weight + viscera_weight + shell_weight'])
    """
    names = [column.name for column in problem.features]
    if not together:
        return [(name, (name,)) for name in names]
    numbers = [column.name for column in problem.features if column.kind == "numeric"]
    ranks = problem.table.frame[numbers].corr("spearman").abs().to_numpy() if numbers else np.zeros((0, 0))
    leader = list(range(len(numbers)))
    for i in range(len(numbers)):
        for j in range(i):
            if ranks[i, j] >= _ALIKE:
                low, high = sorted((leader[i], leader[j]))
                leader = [low if at == high else at for at in leader]
    groups: dict[str, list[str]] = {}
    for name in names:
        own = numbers[leader[numbers.index(name)]] if name in numbers else name
        groups.setdefault(own, []).append(name)
    return [(shortened(" + ".join(members), 100), tuple(members)) for members in groups.values()]


def _probabilities(every: Sequence[Candidate], X: np.ndarray, code: int) -> np.ndarray:
    """Return each candidate's mean probability of the class, with all networks run at once."""
    from core.training.lanes import predict

    own = list({id(candidate): candidate for candidate in every if candidate.error is None}.values())
    networks = [candidate for candidate in own if candidate.predictor is None]
    found: dict[int, np.ndarray] = {}
    if networks:
        lanes = [lane for candidate in networks for lane in candidate.trained]
        # In parts of one size, since the graph is compiled anew for each number of rows.
        padded = np.concatenate([X, np.repeat(X[:1], -len(X) % _PART, axis=0)])
        parts = [predict(lanes, padded[at : at + _PART])[:, :, code] for at in range(0, len(padded), _PART)]
        p = np.concatenate(parts, axis=1)[:, : len(X)]
        edges = np.cumsum([0, *(len(candidate.trained) for candidate in networks)])
        for candidate, start, end in zip(networks, edges[:-1], edges[1:], strict=True):
            found[id(candidate)] = p[start:end].mean(axis=0)
    with single_threaded():
        for candidate in own:
            if candidate.predictor is not None:
                found[id(candidate)] = candidate.predictor(X)[:, code]
    nothing = np.full(len(X), np.nan)
    return np.stack([found.get(id(candidate), nothing) for candidate in every]).astype(np.float64)


def _sampled(fold: FoldRows, y: np.ndarray, most: int, rng: np.random.Generator) -> FoldRows:
    """Return a fold with at most so many rows to train on, of which few of the rare classes are lost."""
    total = len(fold.fit) + len(fold.valid)
    if total <= most:
        return fold

    def some(rows: np.ndarray) -> np.ndarray:
        share, kept = most / total, []
        for code in np.unique(y[rows]):
            own = rows[y[rows] == code]
            size = max(min(len(own), _RARE), round(share * len(own)))
            kept.append(rng.choice(own, size, replace=False))
        return np.sort(np.concatenate(kept))

    return replace(fold, fit=some(fold.fit), valid=some(fold.valid))


def _tested(test: np.ndarray, y: np.ndarray, code: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return a sample of a fold's test rows and what each counts for, so that the classes keep their shares."""
    rows, weights = [], []
    for side, most in ((test[y[test] == code], MAX_TESTED // 4), (test[y[test] != code], MAX_TESTED * 3 // 4)):
        size = min(len(side), most)
        rows.append(rng.choice(side, size, replace=False))
        weights.append(np.full(size, len(side) / max(1, size)))
    return np.concatenate(rows), np.concatenate(weights)


def _grid(values: pd.Series) -> list[object]:
    """Return the values that a column is set to: quantiles of numbers and moments, the commonest levels of text."""
    known = values.dropna()
    if pd.api.types.is_bool_dtype(values.dtype) or not (
        pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_datetime64_any_dtype(values.dtype)
    ):
        return list(known.value_counts().index[:_LEVELS])
    grid = np.unique(np.quantile(known.to_numpy(), np.linspace(0.02, 0.98, _GRID), method="nearest"))
    return list(pd.Series(grid).astype(values.dtype)) if len(grid) else []


def _shown(value: object) -> str:
    if isinstance(value, pd.Timestamp):
        return str(value.date())
    return f"{value:.6g}" if isinstance(value, float | int) and not isinstance(value, bool) else str(value)


def _effect(
    probabilities: Callable[[pd.DataFrame], np.ndarray], frame: pd.DataFrame, name: str, grid: list[object]
) -> np.ndarray:
    """Return mean and quartiles over rows of the probability by value, shape (3, n_strategies, n_values)."""
    if not grid:
        return np.zeros((3, len(probabilities(frame.head(1))), 0))
    parts = [
        frame.assign(**{name: pd.Series([value] * len(frame), index=frame.index, dtype=frame[name].dtype)})
        for value in grid
    ]
    p = probabilities(pd.concat(parts))
    by_value = p.reshape(len(p), len(grid), len(frame))
    return np.stack([by_value.mean(axis=-1), *np.quantile(by_value, [0.25, 0.75], axis=-1)])


def _pushes(
    probabilities: Callable[[pd.DataFrame], np.ndarray],
    own: pd.DataFrame,
    others: pd.DataFrame,
    groups: Sequence[tuple[str, tuple[str, ...]]],
    rng: np.random.Generator,
) -> np.ndarray:
    """Return how far each column pushes each row's probability, shape (n_strategies, n_rows, n_groups)."""
    base = probabilities(own)
    pushes = np.zeros((*base.shape, len(groups)))
    for i, (_, columns) in enumerate(groups):
        names, parts = list(columns), []
        for _ in range(_PUSH_DRAWS):
            changed = own.copy()
            drawn = others[names].iloc[rng.integers(0, len(others), len(own))]
            changed[names] = drawn.set_axis(own.index)
            parts.append(changed)
        p = probabilities(pd.concat(parts))
        pushes[:, :, i] = base - p.reshape(len(p), _PUSH_DRAWS, len(own)).mean(axis=1)
    return pushes


def _notes(fold: FoldRows, sampled: FoldRows, tested: np.ndarray, folds: int, plan: Plan) -> list[str]:
    trained, every = len(sampled.fit) + len(sampled.valid), len(fold.fit) + len(fold.valid)
    notes = [f"Trained anew on {counted(folds, 'fold')} of {plan.split.folds}."]
    if trained < every:
        notes.append(
            f"Networks saw {trained:,} of {every:,} training rows per fold, with up to {_RARE} rows of a rare class "
            "kept, so that it is more common there than in the table."
        )
    if len(tested) < len(fold.test):
        notes.append(f"Tested on {len(tested):,} of {len(fold.test):,} rows per fold, weighed to the classes' shares.")
    notes.append("Probabilities are those of the networks before any calibration.")
    return notes
