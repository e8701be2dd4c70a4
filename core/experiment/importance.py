"""Why networks decide as they do: columns permuted, columns set to one value, and the columns that pushed a row.

The networks of a run are not kept, so those of a few folds are trained anew, on a sample where the table is large. All
three answers read raw columns: what a column becomes, one-hot levels or components of its text, changes together.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from core.data.preparation import Preparation
from core.data.problem import Problem
from core.data.splitting import FoldRows, Unit, split_rows
from core.data.table import Table
from core.experiment.fold import Candidate, candidates_of, probabilities_of_each, train_candidates
from core.experiment.permuting import effect, losses_by_column, pushes
from core.experiment.results import FoldResult
from core.experiment.tuning import as_tuned
from core.experiment.units import prepared
from core.machine import usable_cores
from core.plan import Plan
from core.strategies import Recipe, choices_of
from core.training.lane import Stopped
from core.words import counted, shortened

#: Rows that networks are trained on, over all strategies of a fold, and rows that are tested on in a fold.
MAX_TRAINED, MAX_TESTED = 80_000, 2_000
_FOLDS, _RARE = 3, 300
_EFFECT_ROWS, _GRID, _LEVELS = 200, 9, 8
_PUSHED = 100
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
    tuned: Sequence[Mapping[str, tuple[str, ...]]] = (),
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
    tuned : sequence of mapping of str to tuple of str
        What tuning chose for each strategy, fold by fold, of :func:`tuned_by_fold`.

    Raises
    ------
    Stopped
        ``should_stop`` returned True.

    See Also
    --------
    core.experiment.permuting.losses_by_column : The permutations.
    """
    problem = Problem.of(table, plan)
    target, y = problem.target, problem.target.codes
    groups = column_groups(problem, together)
    grids = [_grid(problem.table.frame[names[0]]) if len(names) == 1 else [] for _, names in groups]
    choices = choices_of(plan)
    tell = report or (lambda share, doing: None)
    units = [Unit(0, fold) for fold in range(min(_FOLDS, plan.split.folds))]
    most = max(2_000, MAX_TRAINED // max(1, len(choices)))
    baselines, lost, effects, explained, pushed, notes = [], [], [], [], [], []
    finished, untuned = np.ones(len(choices), dtype=bool), False
    for place, unit in enumerate(units):
        rng = np.random.default_rng([plan.split.seed, 7, place])
        fold = split_rows(problem, unit)
        sampled = _sampled(fold, y, most, rng)
        inputs = prepared(problem, sampled, int(rng.integers(2**31)))
        candidates = candidates_of(choices, plan.networks[0], inputs.view)
        for choice in choices if plan.tuning.on else ():
            key = Recipe.of(choice).key
            chosen = tuned[place].get(choice.key, ()) if place < len(tuned) else ()
            if chosen and candidates[key].settings is None:
                candidates[key] = as_tuned(candidates[key], chosen, plan.training) or candidates[key]
            untuned |= candidates[key].settings is None and candidates[key].recipe.reference is None
        share = place / len(units)

        def training(part: float, doing: str, share: float = share) -> None:
            tell(share + part * 0.6 / len(units), doing)

        train_candidates(list(candidates.values()), problem.facts, inputs.block, plan.training, training, should_stop)
        every = [candidates[Recipe.of(choice).key] for choice in choices]
        finished &= [candidate.error is None for candidate in every]
        tested, weights = _tested(fold.test, y, code, rng)
        among = set(fold.test.tolist())
        wanted = [row for row in dict.fromkeys(rows.tolist()) if row in among][: max(1, _PUSHED // len(units))]

        def probabilities(X: np.ndarray, every: Sequence[Candidate] = every) -> np.ndarray:
            return _probabilities(every, X, code, should_stop)

        def transformed(some: np.ndarray, preparation: Preparation = inputs.preparation) -> np.ndarray:
            return preparation.transform(problem.table.frame.iloc[target.rows[some]])

        tell(share + 0.6 / len(units), "permuting columns")
        X = transformed(tested)
        places = [inputs.preparation.inputs_of(names) for _, names in groups]
        base, losses = losses_by_column(probabilities, X, y[tested] == code, places, weights, rng)
        baselines.append(base)
        lost.append(losses)
        tell(share + 0.8 / len(units), "setting columns to one value")
        some_rows = X[rng.permutation(len(X))[:_EFFECT_ROWS]]
        values = [
            _prepared_values(inputs.preparation, problem.table.frame, names[0], grid)[:, at]
            for (_, names), grid, at in zip(groups, grids, places, strict=True)
        ]
        effects.append([effect(probabilities, some_rows, at, own) for at, own in zip(places, values, strict=True)])
        explained += wanted
        if wanted:
            pushed.append(pushes(probabilities, transformed(np.array(wanted)), X, places, rng))
        if place == 0:
            notes = _notes(fold, sampled, tested, len(units), plan)
    if plan.tuning.on:
        notes.append(
            "Some networks have the settings from before tuning, since those that it chose were not kept."
            if untuned
            else "Networks have the settings that tuning chose in each fold."
        )
    kept = np.flatnonzero(finished)
    n = len(groups)
    return Why(
        tuple(choices[at].key for at in kept),
        tuple(name for name, _ in groups),
        np.stack(baselines, axis=-1)[kept],
        np.stack(lost, axis=-1)[kept],
        tuple(tuple(_shown(value) for value in grid) for grid in grids),
        tuple(np.mean([fold[i] for fold in effects], axis=0)[:, kept] for i in range(n)),
        np.array(explained, np.int64),
        np.concatenate([part[kept] for part in pushed], axis=1) if pushed else np.zeros((len(kept), 0, n)),
        tuple(notes),
    )


def tuned_by_fold(results: Iterable[FoldResult]) -> tuple[dict[str, tuple[str, ...]], ...]:
    """Return what tuning chose for each strategy, for the folds of the first repeat in their order.

    Examples
    --------
    >>> result = FoldResult.failed("plain", 0, 0, 2, "")
    >>> tuned_by_fold([replace(result, fold=fold, tuned=(f"learning_rate=0.00{fold}",)) for fold in (1, 0)])
    ({'plain': ('learning_rate=0.000',)}, {'plain': ('learning_rate=0.001',)})
    """
    found: dict[int, dict[str, tuple[str, ...]]] = {}
    for result in results:
        if result.repeat == 0:
            found.setdefault(result.fold, {})[result.strategy] = result.tuned
    return tuple(found.get(fold, {}) for fold in range(max(found, default=-1) + 1))


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


def _probabilities(
    every: Sequence[Candidate], X: np.ndarray, code: int, should_stop: Callable[[], bool] | None
) -> np.ndarray:
    """Return each candidate's mean probability of the class, shape (n_candidates, n); nan for one that failed."""
    own = list({id(candidate): candidate for candidate in every if candidate.error is None}.values())

    def part_of(start: int) -> np.ndarray:
        if should_stop is not None and should_stop():
            raise Stopped
        rows = X[start : start + _PART]
        # Filled up to one size, since the graph is compiled anew for each number of rows.
        filled = np.concatenate([rows, np.repeat(rows[:1], _PART - len(rows), axis=0)])
        found = [p[: len(rows), code] for p in probabilities_of_each(own, filled)]
        return np.stack(found) if found else np.zeros((0, len(rows)), np.float32)

    with ThreadPoolExecutor(usable_cores()) as pool:
        p = np.concatenate(list(pool.map(part_of, range(0, len(X), _PART))), axis=1).astype(np.float64)
    place = {id(candidate): at for at, candidate in enumerate(own)}
    nothing = np.full(len(X), np.nan)
    return np.stack([p[place[id(one)]] if id(one) in place else nothing for one in every])


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


def _prepared_values(preparation: Preparation, frame: pd.DataFrame, name: str, values: list[object]) -> np.ndarray:
    """Return prepared rows, all alike but for the values of a column."""
    rows = frame.iloc[np.zeros(len(values), int)].reset_index(drop=True)
    return preparation.transform(rows.assign(**{name: pd.Series(values, dtype=frame[name].dtype)}))


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
