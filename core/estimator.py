"""One strategy as a scikit-learn classifier, for pipelines, grid searches and cross-validation."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags, check_consistent_length, check_random_state, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from core.data.columns import Column, ColumnKind
from core.data.groups import deal_rows
from core.data.kinds import kind_of_text, kind_of_type
from core.data.preparation import Labels, Preparation
from core.data.reading.cells import ColumnReading
from core.data.reading.deciding import decide
from core.decision import Chain, Rule
from core.networks.reading import network_of, parse_networks
from core.networks.scoring import KerasNetworks
from core.plan import NetworkChoice, Plan, PlanError, TrainingSettings
from core.strategies import Predictor, Recipe, StrategyError, TableFacts, TrainingView
from core.strategies.notation import parse_choice
from core.words import counted, quoted

if TYPE_CHECKING:
    from core.training.lanes import Block


class StrategyClassifier(ClassifierMixin, BaseEstimator):
    """A network, or several, trained under a balancing strategy by the app's own trainer.

    Numbers may have gaps: they are filled with medians and scaled. Columns of a DataFrame that hold
    text, booleans or categories become one-hot columns; text that is a number or a date in nearly
    all rows is read as such, and new rows are read in the same way: what does not fit counts as
    missing, with a warning that says how many values. All of that is learned from the training
    rows, of which a stratified share is kept from the strategy for early stopping and decision
    rules; with several ``members``, each keeps another part, and all rows are learned from and
    decided on. Where a class has fewer than two rows, nothing is kept back and the training rows stop
    the training. Input is refused where it is infinite, where the target has one class, or where
    the strategy cannot work on the rows, as SMOTE cannot with a class of one row.

    Parameters
    ----------
    strategy : str
        A key of the catalogue, with parameters and combined as on the command line:
        ``"smote"``, ``"smote(k_neighbors=3)"``, ``"under_bagging+threshold_f1"``.
    network : str, NetworkChoice, callable or None
        What is trained: a key with parameters as on the command line, such as ``"tabm(k=8)"``, a choice, or a function
        ``build(n_features, n_outputs)`` that returns a Keras model. None takes dense layers by the next two.
    hidden_layers, dropout
        Units of each hidden layer, and the share of them dropped while training, where ``network`` is None.
    learning_rate, batch_size, epochs, patience, validation_split, weight_decay, beta_2, schedule, warm_up, clip_norm, \
stop_on, members
        As in :class:`core.plan.TrainingSettings`; strong models take ``network="mixed"`` and five members.
    positive : object or None
        The positive class of two, for strategies that tell them apart; None means the rarer one.
    random_state : int, RandomState or None
        Decides the rows kept back, samplers, initial weights, batches and dropout.

    Attributes
    ----------
    classes_ : ndarray, shape (n_classes,)
        Sorted class labels: the order of ``predict_proba``'s columns.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Only where ``fit`` saw a DataFrame with text as column names.
    notes_ : tuple of str
        What the strategy had to change, such as a lowered ``k_neighbors``.

    Notes
    -----
    It passes every check of scikit-learn's ``check_estimator``; none is left out. ``sample_weight``
    is no argument of ``fit``, as strategies set the weights themselves, so the checks of sample
    weights are not run.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from core import StrategyClassifier
    >>> X, y = make_classification(400, weights=[0.9], random_state=0)
    >>> model = StrategyClassifier("under_bagging(n_members=3)", epochs=10, random_state=0).fit(X, y)
    >>> model.predict_proba(X).shape
    (400, 2)
    """

    def __init__(
        self,
        strategy: str = "smote",
        *,
        network: str | NetworkChoice | Callable[[int, int], object] | None = None,
        hidden_layers: tuple[int, ...] = (64, 32),
        dropout: float = 0.0,
        learning_rate: float = 0.002,
        batch_size: int = 128,
        epochs: int = 40,
        patience: int = 8,
        validation_split: float = 0.2,
        weight_decay: float = 0.0,
        beta_2: float = 0.999,
        schedule: str = "constant",
        warm_up: float = 0.0,
        clip_norm: float = 0.0,
        stop_on: str = "loss",
        members: int = 1,
        positive: object = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.strategy = strategy
        self.network = network
        self.hidden_layers = hidden_layers
        self.dropout = dropout
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.epochs = epochs
        self.patience = patience
        self.validation_split = validation_split
        self.weight_decay = weight_decay
        self.beta_2 = beta_2
        self.schedule = schedule
        self.warm_up = warm_up
        self.clip_norm = clip_norm
        self.stop_on = stop_on
        self.members = members
        self.positive = positive
        self.random_state = random_state

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def fit(self, X: ArrayLike | pd.DataFrame, y: ArrayLike | None) -> StrategyClassifier:
        """Train on rows and their classes.

        Parameters
        ----------
        X : array-like or DataFrame, shape (n_samples, n_features)
        y : array-like, shape (n_samples,)

        Raises
        ------
        PlanError
            The strategy or a setting is unknown or out of range.
        StrategyError
            The strategy cannot work on these rows.
        ValueError
            The input is not usable; the message says why.
        """
        from core.training.lanes import Block

        choice = parse_choice(self.strategy)
        network = self._chosen()
        training = TrainingSettings(**{each.name: getattr(self, each.name) for each in fields(TrainingSettings)})
        network_of(network)
        self._mixed = _is_mixed(X)
        X, y = self._checked_with_labels(X, y)
        check_classification_targets(y)
        self.classes_, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
        if len(self.classes_) < 2:
            raise ValueError(f"The target has one class only ({self.classes_[0]}), and a classifier needs two.")
        codes = codes.astype(np.int64)
        self._reversed = self._is_reversed(counts)
        if self._reversed:
            codes, counts = 1 - codes, counts[::-1]
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        held_out = _held_out(codes, self.members, seed)
        everything = np.arange(len(codes))
        fit, valid = (everything, everything) if held_out else _held_back(codes, self.validation_split, seed)

        raw = _frame(X)
        self._readings = {str(name): _reading(raw[name]) for name in raw}
        frame = raw.assign(**{name: how.values(raw[name])[0] for name, how in self._readings.items()})
        columns = [_column(frame[name]) for name in frame]
        labels = Labels(codes[fit], len(self.classes_))
        self._preparation, encoded = Preparation.fit_encode(frame.iloc[fit], columns, labels)
        view = TrainingView.of(self._preparation, encoded, codes[fit], len(self.classes_), seed)
        kinds = [column.kind for column in columns]
        facts = TableFacts(tuple(counts.tolist()), len(kinds) - kinds.count("categorical"), kinds.count("categorical"))
        plan = Plan("y", (choice,), networks=(network,), training=training)
        X_valid = self._preparation.transform(frame.iloc[valid[:0] if held_out else valid])
        block = Block(view.X, view.y, X_valid, codes[valid][: len(X_valid)], valid is not fit, held_out)
        self._train(plan, block, view, facts)
        return self

    def _chosen(self) -> NetworkChoice:
        """Return the network that the parameters name."""
        if self.network is None:
            return NetworkChoice.of("mlp", hidden_layers=tuple(self.hidden_layers), dropout=self.dropout)
        if isinstance(self.network, NetworkChoice):
            return self.network
        if not isinstance(self.network, str):
            return NetworkChoice.function(self.network)
        named = parse_networks(self.network, functions=True)
        if len(named) != 1:
            raise PlanError(f"Name one network, not {len(named)}: for example tabm(k=8).")
        return named[0]

    def _train(self, plan: Plan, block: Block, view: TrainingView, facts: TableFacts) -> None:
        """Train the plan's only choice as a fold of an experiment does, then fit its decision rules."""
        from core.experiment.fold import candidates_of, train_candidates, unseen

        recipe = Recipe.of(plan.strategies[0])
        (candidate,) = candidates_of(plan.strategies, plan.networks[0], view).values()
        train_candidates([candidate], facts, block, plan.training, lambda share, doing: None, None)
        error = candidate.error or next((why for part in recipe.decisions if (why := part.why_not(facts))), None)
        if error is not None:
            raise StrategyError(error)
        self._networks = KerasNetworks(tuple(lane.network for lane in candidate.trained))
        self._predictor: Predictor | None = candidate.predictor
        self._chain = Chain(Rule.untuned(facts.n_classes))
        if recipe.decisions:
            self._chain = recipe.chain(unseen(candidate, block), candidate.view, candidate.lanes)
        self.notes_ = tuple(candidate.view.notes)

    def predict_proba(self, X: ArrayLike | pd.DataFrame) -> np.ndarray:
        """Return class probabilities, shape (n_samples, n_classes), in the order of ``classes_``."""
        check_is_fitted(self)
        probabilities = self._probabilities(self._preparation.transform(self._read(X)))
        return probabilities[:, ::-1] if self._reversed else probabilities

    def predict(self, X: ArrayLike | pd.DataFrame) -> np.ndarray:
        """Return a class per row, shape (n_samples,), by the strategy's decision rule."""
        check_is_fitted(self)
        probabilities = self._probabilities(self._preparation.transform(self._read(X)))
        codes = self._chain.decide(probabilities)
        return self.classes_[1 - codes if self._reversed else codes]

    def _probabilities(self, prepared: np.ndarray) -> np.ndarray:
        """Return probabilities by class code, calibrated, float64."""
        raw = (self._predictor or self._networks)(prepared)
        return np.asarray(self._chain.probabilities(raw), np.float64)

    def _read(self, X: ArrayLike | pd.DataFrame) -> pd.DataFrame:
        """Return new rows in the types that ``fit`` found, and warn of values that do not fit."""
        frame = _frame(self._checked(X))
        columns = {}
        for step in self._preparation.steps:
            how, given = self._readings[step.name], frame[step.name]
            if step.input_kind == "text":
                columns[step.name] = how.categories(given)
                continue
            columns[step.name], lost = how.values(given)
            if lost.any():
                warnings.warn(
                    f"Column {quoted(step.name)}: {counted(int(lost.sum()), 'value')} such as "
                    f"{quoted(given[lost].iloc[0])} cannot be read as in training and count as missing.",
                    stacklevel=3,
                )
        return pd.DataFrame(columns)

    def _checked(self, X: ArrayLike | pd.DataFrame) -> ArrayLike | pd.DataFrame:
        """Return new rows as scikit-learn validates them; a DataFrame with text stays one."""
        if not (self._mixed and isinstance(X, pd.DataFrame)):
            return validate_data(self, X, reset=False, ensure_all_finite="allow-nan")
        validate_data(self, X, reset=False, skip_check_array=True)
        return X

    def _checked_with_labels(
        self, X: ArrayLike | pd.DataFrame, y: ArrayLike | None
    ) -> tuple[ArrayLike | pd.DataFrame, np.ndarray]:
        if not _is_mixed(X):
            return validate_data(self, X, y, ensure_all_finite="allow-nan")
        _, labels = validate_data(self, X, y, skip_check_array=True)
        check_consistent_length(X, labels)
        return X, column_or_1d(labels, warn=True)

    def _is_reversed(self, counts: np.ndarray) -> bool:
        """Return whether, of two classes, the positive one is the first in sorted order."""
        if len(counts) != 2:
            return False
        if self.positive is None:
            return bool(counts[0] < counts[1])
        if self.positive not in self.classes_:
            raise ValueError(f"positive is {self.positive!r}, which is none of the classes {list(self.classes_)}.")
        return bool(self.classes_[0] == self.positive)


def _is_mixed(X: ArrayLike | pd.DataFrame) -> bool:
    return isinstance(X, pd.DataFrame) and any(_kind(X.iloc[:, at]) != "numeric" for at in range(X.shape[1]))


def _held_back(codes: np.ndarray, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Part rows for fitting and for stopping; a table too small for it stops on the rows that it fits on."""
    from core.data.splitting import stratified_split

    everything = np.arange(len(codes))
    counts = np.bincount(codes)
    usable = counts[counts > 1]
    if len(usable) < 2 or usable.min() < 2 or len(codes) < 2 * len(counts) + 2:
        return everything, everything
    return stratified_split(everything, codes, share, seed)


def _held_out(codes: np.ndarray, members: int, seed: int) -> tuple[np.ndarray, ...]:
    """Return the part of the rows that each cross-fitted member holds out; none for a single network."""
    if members == 1:
        return ()
    if np.bincount(codes).max() < members:
        raise PlanError(f"No class has {members} rows to train on, one per cross-fitted member: use fewer members.")
    return tuple(deal_rows(codes, members, seed))


def _frame(X: ArrayLike | pd.DataFrame) -> pd.DataFrame:
    frame = X.reset_index(drop=True) if isinstance(X, pd.DataFrame) else pd.DataFrame(np.asarray(X))
    return frame.set_axis([str(name) for name in frame.columns], axis=1)


def _kind(values: pd.Series) -> ColumnKind:
    return kind_of_type(values) or ("numeric" if _holds_numbers(values) else "categorical")


def _holds_numbers(values: pd.Series) -> bool:
    """Return whether an object column holds numbers alone: scikit-learn's checks pass such."""
    if values.dtype != object:
        return False
    return bool(values.map(lambda value: isinstance(value, int | float | np.number)).all())


def _reading(values: pd.Series) -> ColumnReading:
    """Decide how a column is read, as reading a file does."""
    kind = _kind(values)
    if kind == "date":
        return ColumnReading("date", formats=("ISO8601",))
    if kind == "numeric":
        return ColumnReading("number")
    if pd.api.types.is_bool_dtype(values.dtype):
        return ColumnReading("truth")
    known = values.dropna()
    if isinstance(values.dtype, pd.CategoricalDtype) or not known.map(lambda cell: isinstance(cell, str)).all():
        return ColumnReading()
    return decide(pd.Series(known.unique(), dtype="str").str.strip()).reading


def _column(values: pd.Series) -> Column:
    kind, missing, distinct = _kind(values), int(values.isna().sum()), int(values.nunique())
    if kind == "categorical" and pd.api.types.is_string_dtype(values.dtype):
        claimed = kind_of_text(values, len(values) - missing, distinct)
        kind = kind if claimed is None else claimed[0]
    return Column(str(values.name), kind, missing, distinct)
