"""A trained network as plain data, and the Keras models that are made of such."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.library_errors import meaning
from core.words import quoted

if TYPE_CHECKING:
    import keras


class NetworkError(ValueError):
    """A network that cannot be made of what was kept of it; the message is one sentence with the way out.

    See Also
    --------
    TrainedNetwork.bare_model : Raises it.

    Examples
    --------
    >>> TrainedNetwork('{"class_name": "Mine", "config": {}}', (), n_classes=2).model()
    Traceback (most recent call last):
        ...
    core.networks.trained.NetworkError: The network has a layer of a class of your own, `Mine`, which is not here: \
import the module that defines it first.
    """


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """A Keras architecture with the weights that training gave it: from prepared rows to logits.

    The logits of rows ``x`` are ``scale · (network(x · input_mask) + offset)``.

    Parameters
    ----------
    architecture : str
        Keras' JSON of a model from ``(n, n_features)`` to logits ``(n, n_outputs)``, or to
        ``(n, k, n_outputs)`` for a network with k members inside. Two classes have one output.
    weights : tuple of ndarray
        In the order of ``model.weights``.
    n_classes : int
    input_mask : ndarray of float32, shape (n_features,), or None
        0 for inputs that did not vary in the rows that the network learned from, else 1; None means 1 for all.
    scale : float
    offset : tuple of float
        One per output; empty means 0.
    custom : tuple of (str, type) pairs
        A person's own layer classes by the names that the architecture has for them. They are code, so :meth:`fields`
        leaves them out.

    See Also
    --------
    probability_model : One Keras model of several networks.

    Examples
    --------
    >>> import keras
    >>> inputs = keras.Input((2,))
    >>> model = keras.Model(inputs, keras.layers.Dense(1, use_bias=False)(inputs))
    >>> model.set_weights([np.array([[1.0], [2.0]])])
    >>> network = TrainedNetwork.of(model, 2, input_mask=np.array([1, 0], np.float32), scale=3.0, offset=(0.5,))
    >>> np.asarray(network.model()(np.array([[1.0, 1.0]], np.float32))).tolist()
    [[4.5]]
    """

    architecture: str
    weights: tuple[np.ndarray, ...]
    n_classes: int
    input_mask: np.ndarray | None = None
    scale: float = 1.0
    offset: tuple[float, ...] = ()
    custom: tuple[tuple[str, type], ...] = ()

    @classmethod
    def of(
        cls,
        model: keras.Model,
        n_classes: int,
        *,
        input_mask: np.ndarray | None = None,
        scale: float = 1.0,
        offset: Sequence[float] = (),
    ) -> TrainedNetwork:
        """Return a model's architecture and its weights as they are now."""
        weights = tuple(np.array(weight) for weight in model.get_weights())
        return cls(model.to_json(), weights, n_classes, input_mask, scale, tuple(offset), custom_classes(model))

    def bare_model(self) -> keras.Model:
        """Return the architecture with its weights, without mask, scale and offset.

        Raises
        ------
        NetworkError
            The architecture names a class that Keras does not know, or the weights are of another one.
        """
        import keras

        try:
            # As in every file opened in safe mode, Keras refuses Lambda layers here.
            model = keras.models.model_from_json(self.architecture, custom_objects=dict(self.custom))
            model.set_weights(list(self.weights))
        except (TypeError, ValueError) as error:
            if "`Lambda`" in str(error):
                raise NetworkError(
                    "The network has a Lambda layer, whose code may do anything: write it as Keras' own layers."
                ) from error
            unknown = re.search(r"Could not locate \w+ '([^']+)'", str(error))
            if unknown is None:
                raise NetworkError(f"Keras cannot make this network: {meaning(error)}.") from error
            raise NetworkError(
                f"The network has a layer of a class of your own, {quoted(unknown[1])}, which is not here: import the "
                "module that defines it first."
            ) from error
        return model

    def model(self) -> keras.Model:
        """Return the Keras model of the logits, with mask, scale and offset as ``Rescaling`` layers."""
        import keras

        bare = self.bare_model()
        inputs = keras.Input(bare.input_shape[1:], name="prepared")
        return keras.Model(inputs, self._logits(bare, inputs), name="logits")

    def _logits(self, bare: keras.Model, x: keras.KerasTensor) -> keras.KerasTensor:
        from keras import layers

        if self.input_mask is not None and not self.input_mask.all():
            x = layers.Rescaling(self.input_mask.astype(float).tolist(), name=f"{bare.name}.mask")(x)
        z = bare(x)
        if self.scale == 1.0 and not any(self.offset):
            return z
        shift = [self.scale * each for each in self.offset] or 0.0
        return layers.Rescaling(self.scale, shift, name=f"{bare.name}.scale")(z)

    def fields(self) -> dict[str, object]:
        """Return what it consists of, ready for JSON, without :meth:`arrays` and without a person's own code."""
        return {
            "architecture": self.architecture,
            "n_classes": self.n_classes,
            "masked": self.input_mask is not None,
            "scale": self.scale,
            "offset": list(self.offset),
        }

    def arrays(self) -> tuple[np.ndarray, ...]:
        """Return the weights, and behind them the mask where there is one."""
        return self.weights if self.input_mask is None else (*self.weights, self.input_mask)

    @classmethod
    def from_fields(cls, fields: Mapping[str, object], arrays: Sequence[np.ndarray]) -> TrainedNetwork:
        """Return the network that :meth:`fields` and :meth:`arrays` were written of.

        Raises
        ------
        LookupError, TypeError, ValueError
            They are of no network.

        Examples
        --------
        >>> network = TrainedNetwork("{}", (np.zeros((2, 1)),), n_classes=2, input_mask=np.ones(2))
        >>> again = TrainedNetwork.from_fields(network.fields(), network.arrays())
        >>> len(again.weights), again.input_mask.tolist()
        (1, [1.0, 1.0])
        """
        architecture, offset, n_classes, scale = (fields[k] for k in ("architecture", "offset", "n_classes", "scale"))
        if not (isinstance(architecture, str) and isinstance(offset, list) and isinstance(n_classes, int)):
            raise ValueError("These are no fields of a network.")
        if not isinstance(scale, int | float):
            raise ValueError("The scale of a network is a number.")
        masked = bool(fields["masked"])
        weights, mask = (arrays[:-1], arrays[-1]) if masked else (arrays, None)
        return cls(architecture, tuple(weights), n_classes, mask, float(scale), tuple(map(float, offset)))


def custom_classes(model: keras.Model) -> tuple[tuple[str, type], ...]:
    """Return the classes of a model's layers that are not Keras' own, by the names that its JSON has for them.

    See Also
    --------
    TrainedNetwork : Keeps them.

    Examples
    --------
    >>> import keras
    >>> class Doubled(keras.layers.Layer):
    ...     def call(self, x):
    ...         return 2 * x
    >>> [name for name, _ in custom_classes(keras.Sequential([keras.Input((2,)), Doubled()]))]
    ['Doubled']
    """
    import keras

    classes: dict[str, type] = {}
    for layer in (model, *model.layers):
        if isinstance(layer, keras.Model) and layer is not model:
            classes |= custom_classes(layer)
        elif type(layer).__module__.partition(".")[0] != "keras":
            classes[keras.saving.get_registered_name(type(layer))] = type(layer)
    return tuple(classes.items())


def probability_model(networks: Sequence[TrainedNetwork], n_classes: int, name: str = "networks") -> keras.Model:
    """Return one Keras model from prepared rows to the networks' mean probabilities.

    A network with members inside counts for as much as one without. The networks are layers of the model, called
    ``network_0``, ``network_1``, and so on.

    Returns
    -------
    keras.Model
        From (n, n_features) to (n, n_classes), float32.

    Raises
    ------
    NetworkError
        An architecture names a class that Keras does not know.

    See Also
    --------
    TrainedNetwork.model : The logits of one.

    Examples
    --------
    >>> import keras
    >>> inputs = keras.Input((2,))
    >>> model = keras.Model(inputs, keras.layers.Dense(1, kernel_initializer="zeros")(inputs))
    >>> network = TrainedNetwork.of(model, 2)
    >>> np.asarray(probability_model([network, network], 2)(np.ones((1, 2)))).tolist()
    [[0.5, 0.5]]
    """
    import keras
    from keras import ops

    bare = [network.bare_model() for network in networks]
    x = keras.Input(bare[0].input_shape[1:], name="prepared")
    logits: list[keras.KerasTensor] = []
    shares: list[float] = []
    for at, (network, model) in enumerate(zip(networks, bare, strict=True)):
        model.name = f"network_{at}"
        z = network._logits(model, x)
        members = 1 if len(z.shape) == 2 else z.shape[1]
        logits.append(ops.expand_dims(z, 1) if len(z.shape) == 2 else z)
        shares += members * [1 / members / len(networks)]
    # One operation for all members, since every node of a graph takes time to save, open and convert.
    z = ops.concatenate(logits, axis=1) if len(logits) > 1 else logits[0]
    p = ops.concatenate([ops.sigmoid(-z), ops.sigmoid(z)], axis=-1) if n_classes == 2 else ops.softmax(z)
    if len(set(shares)) > 1:
        return keras.Model(x, ops.sum(p * np.array(shares, np.float32)[None, :, None], axis=1), name=name)
    return keras.Model(x, ops.mean(p, axis=1), name=name)
