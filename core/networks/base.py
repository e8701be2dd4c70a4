"""What a network is: its card, its parameters, and the Keras model that it builds."""

from __future__ import annotations

import dataclasses
import inspect
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from core.networks import _embeddings
from core.networks._size import Size
from core.networks.code import NetworkCode
from core.parameters import Parameter, parameter, parameters_of
from core.plan import NetworkChoice, ParameterValue

if TYPE_CHECKING:
    import keras

MANY_ROWS = 5_000


@dataclass(frozen=True)
class Card:
    """What a person is told of a network.

    Parameters
    ----------
    key : str
        Name in plans and files, for example ``"mlp"``.
    sentence : str
        One plain sentence for somebody who has never heard of it.
    paper, link : str
        Short citation and its DOI or arXiv address; empty where there is no single one.
    short : str
        Name beside that of a strategy, where there is little room; empty for the whole name.

    See Also
    --------
    core.networks.registry.networks : Every network with its card.

    Examples
    --------
    >>> from core.networks import networks
    >>> networks()["mlp"].card.name
    'Multilayer perceptron'
    """

    key: str
    name: str
    sentence: str
    paper: str = ""
    link: str = ""
    short: str = ""


@dataclass(frozen=True)
class Network(ABC):
    """One kind of Keras model over the prepared vector. Subclasses are frozen dataclasses of its parameters.

    See Also
    --------
    core.networks.registry.register : Enters a subclass into the registry.

    Examples
    --------
    >>> from core.networks import networks
    >>> small = networks()["mlp"](hidden_layers=(8,))
    >>> small.key, small.n_weights(4, 1)
    ('mlp(hidden_layers=8)', 49)
    """

    card: ClassVar[Card]
    #: Its place among those that people are shown; the smallest comes first.
    place: ClassVar[int] = 100

    @classmethod
    def parameters(cls) -> tuple[Parameter, ...]:
        """Return the parameters, those of the class itself before those that it shares with others."""
        own = inspect.get_annotations(cls)
        return tuple(sorted(parameters_of(cls), key=lambda each: each.name not in own))

    @property
    def key(self) -> str:
        """The network as a person types it: its name and the parameters that differ from the defaults."""
        changed: dict[str, ParameterValue] = {
            each.name: getattr(self, each.name)
            for each in self.parameters()
            if getattr(self, each.name) != each.default
        }
        return NetworkChoice.of(self.card.key, **changed).key

    @property
    def inner_members(self) -> int:
        """Networks inside one model, as in TabM; with more than one, logits have a member axis before the last."""
        return 1

    @abstractmethod
    def build(self, n_features: int, n_outputs: int) -> keras.Model:
        """Return the Keras model, of Keras' own layers and operations alone.

        Parameters
        ----------
        n_features : int
            Length of the prepared vector; the input has shape (n, n_features), float32.
        n_outputs : int
            Logits: one for two classes, else one per class. The output has shape (n, n_outputs), or
            (n, inner_members, n_outputs).
        """

    @abstractmethod
    def size(self, n_features: int, n_outputs: int) -> Size:
        """Return what the model holds and costs, counted without Keras; parameters as for :meth:`build`."""

    def n_weights(self, n_features: int, n_outputs: int) -> int:
        """Return how many numbers the model keeps, trained or not."""
        return self.size(n_features, n_outputs).weights

    def row_flops(self, n_features: int, n_outputs: int) -> float:
        """Return the floating-point operations of one row's forward pass; a training step takes about three times."""
        return self.size(n_features, n_outputs).flops

    def row_floats(self, n_features: int, n_outputs: int) -> float:
        """Return how many numbers one row's forward pass writes, most of which a training step holds in memory."""
        return self.size(n_features, n_outputs).floats

    def why_not(self, n_features: int, n_classes: int) -> str | None:
        """Return one sentence on why the network cannot be built for a table, or None where it can."""
        return None

    def notes(self, n_features: int, n_classes: int) -> tuple[str, ...]:
        """Return sentences on what a person should know of the network as it is built for a table."""
        return ()

    def code(self) -> NetworkCode | None:
        """Return the network as code for scripts, or None where its class is that code already.

        A script holds :meth:`build`, :meth:`for_rows` and :meth:`adapt` as they stand in their class, and the functions
        of this project that they call. Only a network that is built of something else says so here.
        """
        return None

    def for_rows(self, n_rows: int, numbers: Sequence[int] | None = None) -> Self:
        """Return the network with everything settled that its layers' shapes take from the training rows.

        Parameters
        ----------
        n_rows : int
            Training rows.
        numbers : sequence of int, optional
            Inputs that take more than two values, see :func:`many_valued`; all of them unless given.
        """
        return self

    def member(self, place: int) -> Network:
        """Return the network of a cross-fitted member; ``place`` counts from 0."""
        return self

    def initial_weights(self, model: keras.Model, seed: int) -> list[np.ndarray]:
        """Return what a built model's weights start with, drawn anew, in the order of ``model.weights``.

        It costs a tenth of building the model again; equal seeds give equal weights, in any process.

        Parameters
        ----------
        seed : int
            Not negative.
        """
        from core.networks._drawing import drawn

        return drawn(model, seed)

    def adapt(self, model: keras.Model, X: np.ndarray) -> None:  # noqa: B027 (most networks have nothing to set)
        """Set the weights of a built model that come from the training rows, not from learning.

        Parameters
        ----------
        X : ndarray of float32, shape (n, n_features)
            Prepared training rows.
        """


@dataclass(frozen=True)
class EmbeddedNetwork(Network):
    """A network that may see each number through number embeddings.

    See Also
    --------
    core.networks.mlp.Mlp : One of them.

    Examples
    --------
    >>> from core.networks import networks
    >>> network = networks()["mlp"](embedding="piecewise")
    >>> network.for_rows(20_000, numbers=[0, 1]).bins, network.for_rows(300).bins
    (16, 8)
    """

    embedding: str = parameter(
        "none",
        "How numbers enter beside themselves: piecewise (quantile bins) draws sharp borders, periodic (learned "
        "waves, PBLD) wavy ones.",
        choices=_embeddings.EMBEDDINGS,
    )
    bins: int = parameter(
        0, f"Quantile bins per number; 0 takes 8, and 16 from {MANY_ROWS:,} training rows.", low=0, high=64
    )
    frequencies: int = parameter(16, "Waves per number.", low=2, high=64)
    sigma: float = parameter(0.1, "Spread of the waves' starting frequencies.", low=0.001, high=10)
    #: Inputs that are embedded, settled by :meth:`for_rows`; None for all. No parameter: nobody chooses it.
    numbers: tuple[int, ...] | None = dataclasses.field(default=None, kw_only=True)

    def for_rows(self, n_rows: int, numbers: Sequence[int] | None = None) -> Self:
        if self.embedding == "none":
            return self
        bins = self.bins if self.embedding == "periodic" else self.bins or (16 if n_rows >= MANY_ROWS else 8)
        return replace(self, bins=bins, numbers=None if numbers is None else tuple(map(int, numbers)))

    def adapt(self, model: keras.Model, X: np.ndarray) -> None:
        if self.embedding != "none":
            _embeddings.adapt(model, X, self.numbers)

    def embedded(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """Return the prepared vector with the embeddings of its numbers beside it."""
        if self.embedding == "none":
            return x
        return _embeddings.embedded(x, self.numbers, self.embedding, self.bins or 8, self.frequencies, self.sigma)

    def embedded_size(self, n_features: int) -> tuple[int, Size]:
        """Return the length of the embedded vector, and what the embeddings hold and cost."""
        return _embeddings.size(n_features, self.numbers, self.embedding, self.bins or 8, self.frequencies)


def many_valued(X: np.ndarray) -> tuple[int, ...]:
    """Return the inputs that take more than two values: any function of the others is linear already.

    Parameters
    ----------
    X : ndarray, shape (n, n_features)
        Prepared training rows.

    See Also
    --------
    Network.for_rows : Takes them.

    Examples
    --------
    >>> many_valued(np.array([[0.0, 1.5, 3.0], [1.0, 2.5, 3.0], [0.0, 3.5, 3.0]]))
    (1,)
    """
    lowest, highest = X.min(axis=0, initial=np.inf), X.max(axis=0, initial=-np.inf)
    between = ((lowest != X) & (highest != X)).any(axis=0)
    return tuple(np.flatnonzero(between).tolist())
