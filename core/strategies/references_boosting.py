"""Gradient boosting as references: trees that stop growing in number on the rows that networks stop on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from core.strategies.base import Card, StrategyError
from core.strategies.references import SklearnReference, Weighed
from core.strategies.registry import register
from core.strategies.seconds import TrainingSize
from core.strategies.snippets.snippet import CodeFacts, Snippet

if TYPE_CHECKING:
    from lightgbm import LGBMClassifier
    from sklearn.base import ClassifierMixin

# Trees at most where early stopping decides how many; without rows to stop on, both libraries' default.
_MOST_TREES, _USUAL_TREES = 1_000, 100
# What did best on the samples and on made tables, in five folds, among rates of 0.1 and 0.05, 15 to 50 leaves and
# penalties of 0 to 10; and rounds without a better loss before either stops.
_RATE, _LEAVES, _PENALTY = 0.05, 15, 1.0
_SKLEARN = {"learning_rate": _RATE, "max_leaf_nodes": _LEAVES, "l2_regularization": _PENALTY}
_LIGHTGBM = {"learning_rate": _RATE, "num_leaves": _LEAVES, "reg_lambda": _PENALTY}
_SKLEARN_ROUNDS, _LIGHTGBM_ROUNDS = 20, 50


def _code(settings: Mapping[str, float]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in settings.items())


@dataclass(frozen=True)
class _Boosting(SklearnReference):
    def code(self, facts: CodeFacts) -> Snippet:
        imports: tuple[str, ...] = ("from sklearn.ensemble import HistGradientBoostingClassifier",)
        stops = f"max_iter={_MOST_TREES}, early_stopping=True, n_iter_no_change={_SKLEARN_ROUNDS}"
        model = f"HistGradientBoostingClassifier({self.weight_code()}{stops}, {_code(_SKLEARN)}, random_state=seed)"
        stops_on = "X_val=X_valid, y_val=fold.y_valid"
        if self.balances:
            imports += ("from sklearn.utils.class_weight import compute_sample_weight",)
            stops_on += ', sample_weight_val=compute_sample_weight("balanced", fold.y_valid)'
        return Snippet(imports, weights=self.shares_code(), model=model, stops_on=stops_on, reads=("seed",))

    def fitted(self, seed: int, rows: Weighed, held: Weighed | None) -> ClassifierMixin:
        from sklearn.ensemble import HistGradientBoostingClassifier

        model = HistGradientBoostingClassifier(
            max_iter=_USUAL_TREES if held is None else _MOST_TREES,
            early_stopping=held is not None,
            n_iter_no_change=_SKLEARN_ROUNDS,
            random_state=seed,
            **_SKLEARN,
        )
        if held is None:
            return model.fit(rows.X, rows.y, rows.weight)
        return model.fit(rows.X, rows.y, rows.weight, X_val=held.X, y_val=held.y, sample_weight_val=held.weight)


@register
@dataclass(frozen=True)
class Boosting(_Boosting):
    """Histogram gradient boosting by scikit-learn.

    See Also
    --------
    BoostingBalanced : With class weights.
    core.strategies.references.Logistic : A linear model.

    Examples
    --------
    >>> import numpy as np
    >>> from core.strategies.line import view_of
    >>> view = view_of([list(range(60)), list(range(50, 80))])
    >>> reference = Boosting()
    >>> predict = reference.fit(reference.lane(view), view)
    >>> predict(np.array([[10], [55], [70]]))[:, 1].round(1).tolist()
    [0.0, 0.5, 1.0]
    """

    card = Card(
        "boosting",
        "Gradient boosting",
        "reference",
        "Boosted decision trees, no network: on many tables the one to beat.",
        helps="Tells whether a network is the right tool for the table.",
        harms="With very few rows of a class the trees learn them by heart.",
        paper="Friedman (2001)",
        link="https://doi.org/10.1214/aos/1013203451",
        formula=r"F(x) = \sum_{m} \nu f_m(x), \quad f_m \approx -\frac{\partial \ell}{\partial F_{m-1}}",
    )
    cost = "fast"

    def seconds(self, size: TrainingSize) -> float:
        return 0.2 * size.models + 6e-5 * size.n


@register
@dataclass(frozen=True)
class BoostingBalanced(_Boosting):
    """Histogram gradient boosting with balanced class weights.

    See Also
    --------
    Boosting : Without class weights.

    Examples
    --------
    >>> import numpy as np
    >>> from core.strategies.line import view_of
    >>> view = view_of([list(range(60)), list(range(50, 80))])
    >>> reference = BoostingBalanced()
    >>> predict = reference.fit(reference.lane(view), view)
    >>> predict(np.array([[10], [55], [70]]))[:, 1].round(1).tolist()
    [0.0, 0.7, 1.0]
    """

    card = Card(
        "boosting_balanced",
        "Gradient boosting, balanced",
        "reference",
        "Boosted decision trees with class weights.",
        helps="The strongest simple balanced model on many tables.",
        harms="Probabilities lean towards rare classes.",
        paper="Friedman (2001)",
        link="https://doi.org/10.1214/aos/1013203451",
        formula=(
            r"F(x) = \sum_{m} \nu f_m(x), \quad f_m \approx -\frac{\partial (w_y \ell)}{\partial F_{m-1}}, "
            r"\quad w_j = \frac{N}{C \, n_j}"
        ),
    )
    cost = "fast"
    balances = True

    def seconds(self, size: TrainingSize) -> float:
        return 0.2 * size.models + 3e-4 * size.n


@dataclass(frozen=True)
class _LightGbm(SklearnReference):
    def code(self, facts: CodeFacts) -> Snippet:
        imports = ("from lightgbm import LGBMClassifier, early_stopping",)
        settings = f"n_estimators={_MOST_TREES}, {_code(_LIGHTGBM)}"
        model = f"LGBMClassifier({self.weight_code()}{settings}, random_state=seed, verbosity=-1)"
        stop = f"callbacks=[early_stopping({_LIGHTGBM_ROUNDS}, verbose=False)]"
        stops_on = f"eval_X=X_valid, eval_y=fold.y_valid, {stop}"
        if self.balances:
            stops_on += ', eval_class_weight=["balanced"]'
        return Snippet(imports, weights=self.shares_code(), model=model, stops_on=stops_on, reads=("seed",))

    def fitted(self, seed: int, rows: Weighed, held: Weighed | None) -> ClassifierMixin:
        lightgbm = _lightgbm(self.card.name)
        model: LGBMClassifier = lightgbm.LGBMClassifier(
            n_estimators=_USUAL_TREES if held is None else _MOST_TREES,
            random_state=seed,
            # The fold's threads keep all cores busy. Histograms are always summed the same way, so that results are
            # the same again: otherwise it tries which way is faster.
            n_jobs=1,
            deterministic=True,
            force_row_wise=True,
            verbosity=-1,
            **_LIGHTGBM,
        )
        if held is None:
            return model.fit(rows.X, rows.y, rows.weight)
        return model.fit(
            rows.X, rows.y, rows.weight, eval_X=held.X, eval_y=held.y,
            eval_sample_weight=None if held.weight is None else [held.weight],
            callbacks=[lightgbm.early_stopping(_LIGHTGBM_ROUNDS, verbose=False)],
        )  # fmt: skip


def _lightgbm(name: str) -> ModuleType:
    try:
        return import_module("lightgbm")
    except ImportError as error:
        raise StrategyError(
            f"{name} needs the package lightgbm, which is not installed: pip install lightgbm."
        ) from error
    except OSError as error:  # the package is there, the system's OpenMP is not
        raise StrategyError(
            f"{name} needs the system's OpenMP library, which is missing: install libgomp1 (Debian) or libomp (macOS)."
        ) from error


@register
@dataclass(frozen=True)
class LightGbm(_LightGbm):
    """Gradient boosting by LightGBM.

    See Also
    --------
    LightGbmBalanced : With class weights.
    Boosting : scikit-learn's.

    Examples
    --------
    >>> import numpy as np
    >>> from core.strategies.line import view_of
    >>> view = view_of([list(range(60)), list(range(50, 80))])
    >>> reference = LightGbm()
    >>> predict = reference.fit(reference.lane(view), view)
    >>> predict(np.array([[10], [55], [70]]))[:, 1].round(1).tolist()
    [0.0, 0.5, 0.9]
    """

    card = Card(
        "lightgbm",
        "LightGBM",
        "reference",
        "Boosted decision trees that grow leaf by leaf, by a library made for them.",
        helps="A second opinion on whether a network is the right tool for the table.",
        harms="With very few rows of a class the trees learn them by heart.",
        paper="Ke et al. (2017)",
        link="https://papers.nips.cc/paper/6907-lightgbm-a-highly-efficient-gradient-boosting-decision-tree",
        formula=r"F(x) = \sum_{m} \nu f_m(x), \quad f_m \approx -\frac{\partial \ell}{\partial F_{m-1}}",
    )
    cost = "fast"

    def seconds(self, size: TrainingSize) -> float:
        return 0.2 * size.models + 6e-5 * size.n


@register
@dataclass(frozen=True)
class LightGbmBalanced(_LightGbm):
    """Gradient boosting by LightGBM with balanced class weights.

    See Also
    --------
    LightGbm : Without class weights.

    Examples
    --------
    >>> import numpy as np
    >>> from core.strategies.line import view_of
    >>> view = view_of([list(range(60)), list(range(50, 80))])
    >>> reference = LightGbmBalanced()
    >>> predict = reference.fit(reference.lane(view), view)
    >>> predict(np.array([[10], [55], [70]]))[:, 1].round(1).tolist()
    [0.0, 0.7, 1.0]
    """

    card = Card(
        "lightgbm_balanced",
        "LightGBM, balanced",
        "reference",
        "LightGBM's boosted decision trees with class weights.",
        helps="A second opinion on balanced trees.",
        harms="Probabilities lean towards rare classes.",
        paper="Ke et al. (2017)",
        link="https://papers.nips.cc/paper/6907-lightgbm-a-highly-efficient-gradient-boosting-decision-tree",
        formula=(
            r"F(x) = \sum_{m} \nu f_m(x), \quad f_m \approx -\frac{\partial (w_y \ell)}{\partial F_{m-1}}, "
            r"\quad w_j = \frac{N}{C \, n_j}"
        ),
    )
    cost = "fast"
    balances = True

    def seconds(self, size: TrainingSize) -> float:
        return 0.2 * size.models + 3e-4 * size.n
