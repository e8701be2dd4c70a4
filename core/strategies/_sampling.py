"""The one adapter between imbalanced-learn's samplers and lanes."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from hashlib import blake2b
from importlib import import_module
from operator import attrgetter
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol, TypeAlias, cast

import numpy as np

from core.library_errors import meaning
from core.plan import ParameterValue
from core.strategies.base import RowStrategy, StrategyError, Turn, parameter
from core.strategies.snippets.snippet import CodeFacts, Snippet
from core.strategies.view import TrainingView
from core.training.lane import Lane, Synthetic

if TYPE_CHECKING:
    from sklearn.neighbors import KNeighborsClassifier

Returns = Literal["selected", "appended", "centroids"]
Argument: TypeAlias = "ParameterValue | list[int] | dict[int, int] | KNeighborsClassifier"


class _Resampler(Protocol):
    sample_indices_: np.ndarray
    sampling_strategy_: Mapping[int, int]

    def fit_resample(self, X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]: ...


@dataclass(frozen=True)
class Sampler(RowStrategy):
    """A strategy that is one sampler of imbalanced-learn; fields bear its parameters' names.

    The sampler sees the lane's rows and nothing else, with ``random_state`` set to the fold's
    seed. Rows that it chose stay rows of the fold; rows that it made become the lane's synthetic
    rows. A parameter that asks for more neighbours than the smallest class has is lowered, with a note.
    """

    turn = Turn.UNDERSAMPLING
    searches = True
    # Below imbalanced-learn's package, for example "over_sampling.SMOTE".
    imblearn: ClassVar[str]
    returns: ClassVar[Returns] = "selected"
    fixed: ClassVar[tuple[tuple[str, Argument], ...]] = ()
    seeded: ClassVar[bool] = True
    # Parameters limited by the smallest class: how many rows fewer than it has they may be, at least.
    limited: ClassVar[tuple[tuple[str, int], ...]] = ()

    def synthetic_rows(self, missing: float) -> float:
        return 0.0 if self.returns == "selected" else missing

    def refine(self, lane: Lane, view: TrainingView) -> list[Lane]:
        return [self.draw(lane, view, view.seed)]

    def sampler_class(self, view: TrainingView) -> tuple[str, dict[str, Argument]]:
        """Return the sampler's class for this view's columns, and arguments that depend on them."""
        return self.imblearn, {}

    def sampling_strategy(self, counts: np.ndarray) -> str | dict[int, int]:
        """Return ``sampling_strategy`` for class counts, shape (n_classes,)."""
        return "auto"

    def reason(self, error: Exception) -> str:
        """Return in words why the sampler gave up, without a full stop."""
        return meaning(error)

    def code(self, facts: CodeFacts) -> Snippet:
        return sampler_code(self, facts)

    def sampler_name(self, facts: CodeFacts) -> tuple[str, tuple[str, ...]]:
        """Return the sampler's class for a script, and arguments as code that depend on the table's columns."""
        return self.imblearn, ()

    def ratio_code(self) -> str:
        """Return ``sampling_strategy`` as code, of ``y``; empty leaves imbalanced-learn's default."""
        return ""

    def draw(self, lane: Lane, view: TrainingView, seed: int) -> Lane:
        """Return the lane with the rows that the sampler leaves.

        Raises
        ------
        StrategyError
            The sampler cannot work on these rows.
        """
        counts = np.bincount(lane.labels(view.y), minlength=view.n_classes)
        name, arguments = self.sampler_class(view)
        arguments |= {
            "sampling_strategy": self.sampling_strategy(counts),
            **dict(self.fixed),
            **self._own(counts, view),
        }
        if self.seeded:
            arguments["random_state"] = seed
        key = (name, repr(sorted(arguments.items())), _digest(lane))
        rows, synthetic = view.cache.once(key, lambda: self._sample(name, arguments, lane, view))
        drawn = replace(lane, rows=rows, synthetic=synthetic, sample_weight=None)
        self._report(counts, np.bincount(drawn.labels(view.y), minlength=view.n_classes), view)
        return drawn

    def _own(self, counts: np.ndarray, view: TrainingView) -> dict[str, Argument]:
        """Return the strategy's parameters as the sampler's arguments, limited by the smallest class."""
        own: dict[str, Argument] = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "ratio"}
        smallest = int(counts[counts > 0].min())
        for name, fewer in self.limited:
            wanted, least = cast(int, own[name]), 2 - fewer
            usable = smallest - fewer
            if usable < least:
                raise StrategyError(
                    f"{self.card.name} needs at least 2 training rows of every class, and the smallest has {smallest}."
                )
            if usable < wanted:
                own[name] = usable
                view.note(
                    f"{self.card.name}: {name} was lowered from {wanted} to {usable}, "
                    f"as the smallest class has {smallest} training rows."
                )
        return own

    def _sample(
        self, name: str, arguments: dict[str, Argument], lane: Lane, view: TrainingView
    ) -> tuple[np.ndarray, Synthetic | None]:
        old = lane.synthetic
        y = lane.labels(view.y)
        # Distances between ordinal codes mean nothing: who selects by distance sees one-hot levels.
        one_hot = self.returns == "selected" and bool(view.categorical)
        data = (view.X if one_hot else view.encoded)[lane.rows]
        if old is not None:
            data = np.vstack([data, old.X if one_hot else old.encoded])
        # The package and no part of it: of two threads that import one and the other first, one would see half of both.
        sampler = cast(_Resampler, attrgetter(name)(import_module("imblearn"))(**arguments))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                X_new, y_new = sampler.fit_resample(data, y)
        except (ValueError, RuntimeError, IndexError) as error:
            reason = self.reason(error)
            raise StrategyError(f"{self.card.name} cannot work on these training rows: {reason}.") from error
        if self.returns == "selected":
            kept, new = np.asarray(sampler.sample_indices_), np.zeros(0, np.int64)
        elif self.returns == "appended":
            kept, new = np.arange(len(y)), np.arange(len(y), len(y_new))
        else:
            replaced = list(sampler.sampling_strategy_)
            kept, new = np.flatnonzero(~np.isin(y, replaced)), np.flatnonzero(np.isin(y_new, replaced))
        real = kept[kept < len(lane.rows)]
        pieces = [] if old is None else [part_of(old, kept[kept >= len(lane.rows)] - len(lane.rows))]
        if len(new):
            encoded = np.asarray(X_new[new], np.float64)
            pieces.append(Synthetic(view.expand(encoded), encoded, np.asarray(y_new[new], np.int64)))
        return lane.rows[real], _joined([piece for piece in pieces if len(piece.y)])

    def _report(self, before: np.ndarray, after: np.ndarray, view: TrainingView) -> None:
        gone = int(((before > 0) & (after == 0)).sum())
        if gone:
            view.note(f"{self.card.name} removed every training row of {gone} class{'es' if gone > 1 else ''}.")
        elif np.array_equal(before, after) and before[before > 0].min() < before.max():
            view.note(f"{self.card.name} found nothing to change in the training rows.")


@dataclass(frozen=True)
class UnderSampler(Sampler):
    """A sampler that cuts larger classes to a chosen ratio, after samplers that clean have had their turn."""

    position = 1

    ratio: float = parameter(
        1.0, "Rows of the smallest class for each row of a larger one, afterwards.", low=0.01, high=1
    )

    def synthetic_rows(self, missing: float) -> float:
        return super().synthetic_rows(missing) * min(1.0, self.ratio)

    def ratio_code(self) -> str:
        if self.ratio == 1:
            return ""
        return f"{{c: min(n, int(min(Counter(y).values()) / {self.ratio!r})) for c, n in Counter(y).items()}}"

    def sampling_strategy(self, counts: np.ndarray) -> str | dict[int, int]:
        if self.ratio == 1:
            return "auto"
        most = int(counts[counts > 0].min() / self.ratio)
        return {int(c): min(int(counts[c]), most) for c in np.flatnonzero(counts)}


@dataclass(frozen=True)
class OverSampler(Sampler):
    """A sampler that grows smaller classes to a chosen ratio."""

    turn = Turn.OVERSAMPLING
    grows = True

    ratio: float = parameter(
        1.0, "Rows of each smaller class for each row of the largest, afterwards.", low=0.01, high=1
    )

    def synthetic_rows(self, missing: float) -> float:
        return super().synthetic_rows(missing) * min(1.0, self.ratio)

    def ratio_code(self) -> str:
        if self.ratio == 1:
            return ""
        return f"{{c: max(n, int(max(Counter(y).values()) * {self.ratio!r})) for c, n in Counter(y).items()}}"

    def sampling_strategy(self, counts: np.ndarray) -> str | dict[int, int]:
        if self.ratio == 1:
            return "auto"
        least = int(counts.max() * self.ratio)
        return {int(c): max(int(counts[c]), least) for c in np.flatnonzero(counts)}


def sampler_code(sampler: Sampler, facts: CodeFacts, seed: str = "seed", most: str = "") -> Snippet:
    """Return a sampler as statements on ``X`` and ``y``, with the import that they need.

    Parameters
    ----------
    seed : str
        Code for its ``random_state``.
    most : str
        Code that its ``sampling_strategy`` should be instead of its own.
    """
    name, extra = sampler.sampler_name(facts)
    module, _, class_name = name.partition(".")
    ratio = most or sampler.ratio_code()
    arguments = [*extra, *([f"sampling_strategy={ratio}"] if ratio else [])]
    arguments += [f"{key}={value!r}" for key, value in sampler.fixed]
    limits = dict(sampler.limited)
    defaults = {p.name: p.default for p in type(sampler).parameters()}
    for field in fields(sampler):
        value = getattr(sampler, field.name)
        if field.name == "ratio" or (field.name not in limits and value == defaults[field.name] == ""):
            continue
        if field.name in limits:
            few = f"np.bincount(y).min() - {limits[field.name]}" if limits[field.name] else "np.bincount(y).min()"
            arguments.append(f"{field.name}=min({value!r}, {few})")
        else:
            arguments.append(f"{field.name}={value!r}")
    if sampler.seeded:
        arguments.append(f"random_state={seed}")
    call = f"{class_name}({', '.join(arguments)})"
    imports = (f"from imblearn.{module} import {class_name}", *(("from collections import Counter",) * bool(ratio)))
    if facts.categories and sampler.returns == "selected":
        # Distances between category codes mean nothing: who selects by distance sees one column per level.
        rows = f"sampler = {call}\nsampler.fit_resample(fold.expand(X), y)\n"
        return Snippet(imports, rows=rows + "X, y = X[sampler.sample_indices_], y[sampler.sample_indices_]")
    return Snippet(imports, rows=f"X, y = {call}.fit_resample(X, y)")


def _digest(lane: Lane) -> bytes:
    digest = blake2b(np.ascontiguousarray(lane.rows, np.int64).tobytes())
    if lane.synthetic is not None:
        digest.update(np.ascontiguousarray(lane.synthetic.encoded).tobytes())
        digest.update(lane.synthetic.y.tobytes())
    return digest.digest()


def part_of(rows: Synthetic, chosen: np.ndarray) -> Synthetic:
    """Return some of the synthetic rows."""
    return Synthetic(rows.X[chosen], rows.encoded[chosen], rows.y[chosen])


def _joined(pieces: list[Synthetic]) -> Synthetic | None:
    if len(pieces) < 2:
        return pieces[0] if pieces else None
    return Synthetic(
        np.vstack([piece.X for piece in pieces]),
        np.vstack([piece.encoded for piece in pieces]),
        np.concatenate([piece.y for piece in pieces]),
    )
