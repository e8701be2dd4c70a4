"""A network that a function of the person's own builds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, cast

from core.choices import NetworkChoice
from core.networks._size import Size
from core.networks.base import Card, Network
from core.networks.code import NetworkCode
from core.settings import PlanError

if TYPE_CHECKING:
    import keras
    import numpy as np

Build = Callable[[int, int], object]
_CODE = '''class Own:
    """The network that a function of your own builds, up to its logits."""

    def build(self, n_features, n_outputs):
        made = {function}(n_features, n_outputs)
        if getattr(made.layers[-1], "activation", None) in (keras.activations.sigmoid, keras.activations.softmax):
            made.layers[-1].activation = keras.activations.linear
        return made'''


@dataclass(frozen=True)
class FunctionNetwork(Network):
    """What a function ``build(n_features, n_outputs)`` returns; custom layers are welcome.

    The model ends in logits; a last sigmoid or softmax is taken off. It stands in no registry: a plan names the
    function, as ``module:function``.

    Parameters
    ----------
    name : str
        Where the function is, for people and plans.
    function : callable
        Returns a Keras model that ends in logits.

    See Also
    --------
    find_function : Finds a function by its name.

    Examples
    --------
    >>> import keras
    >>> def small(n_features, n_outputs):
    ...     return keras.Sequential([keras.Input((n_features,)), keras.layers.Dense(n_outputs)])
    ...
    >>> FunctionNetwork("notebook:small", small).n_weights(4, 1)
    5
    """

    card = Card("function", "Your own function", "A Keras model that a Python function of your own builds.")

    name: str
    function: Build = field(repr=False)

    @property
    def key(self) -> str:
        return self.name

    def build(self, n_features: int, n_outputs: int) -> keras.Model:
        import keras

        try:
            made = self.function(n_features, n_outputs)
        except Exception as error:  # whatever a person's code raises
            raise PlanError(f"{self.name}({n_features}, {n_outputs}) raised {_named(error)}") from error
        if not isinstance(made, keras.Model):
            raise PlanError(f"{self.name} must return a Keras model; it returned {type(made).__name__}.")
        shapes = (getattr(made, "input_shape", None), getattr(made, "output_shape", None))
        if shapes != ((None, n_features), (None, n_outputs)):
            raise PlanError(
                f"{self.name} must take vectors of {n_features} numbers and give {n_outputs} logits; its model takes "
                f"{shapes[0]} and gives {shapes[1]}."
            )
        if not made.trainable_weights:
            raise PlanError(f"The model of {self.name} has no trainable weights, so there is nothing to train.")
        _to_logits(self.name, made)
        _check_json(self.name, made)
        return made

    def initial_weights(self, model: keras.Model, seed: int) -> list[np.ndarray]:
        from core.networks._drawing import built_anew

        return built_anew(self, model, seed)  # own layers may draw their weights as they like

    def why_not(self, n_features: int, n_classes: int) -> str | None:
        try:
            self.size(n_features, 1 if n_classes == 2 else n_classes)
        except PlanError as error:
            return str(error)
        return None

    def size(self, n_features: int, n_outputs: int) -> Size:
        weights, values = _counted(self.function, self.name, n_features, n_outputs)
        return Size(weights, 2.0 * weights, float(values))


@lru_cache(maxsize=32)
def _counted(function: Build, name: str, n_features: int, n_outputs: int) -> tuple[int, int]:
    """Return a model's weights, and the values that its layers write per row."""
    model = FunctionNetwork(name, function).build(n_features, n_outputs)
    shapes = [layer.output.shape[1:] for layer in model.layers if hasattr(layer, "output")]
    values = 0
    for shape in shapes:
        size = 1
        for length in shape:
            size *= length or 1
        values += size
    return int(model.count_params()), values


def _named(error: Exception) -> str:
    text = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}: {text}" if text else f"{type(error).__name__}."


def _to_logits(name: str, model: keras.Model) -> None:
    """Take a sigmoid or softmax off the last layer.

    Raises
    ------
    PlanError
        The model ends in probabilities otherwise.
    """
    from keras import activations, layers

    last = model.layers[-1]
    while isinstance(last, type(model)) and last.layers:
        last = last.layers[-1]
    if getattr(last, "activation", None) in (activations.sigmoid, activations.softmax):
        last.activation = activations.linear
    elif isinstance(last, layers.Softmax) or type(last).__name__ in ("Sigmoid", "Softmax"):
        raise PlanError(f"The model of {name} ends in probabilities: leave its last {type(last).__name__} out.")


def _check_json(name: str, model: keras.Model) -> None:
    """Check that the model can be told as JSON and built from it, as training and export do.

    Raises
    ------
    PlanError
        A layer of a person's own does not say how it was made.
    """
    import keras

    from core.networks.trained import custom_classes

    try:
        keras.models.model_from_json(model.to_json(), custom_objects=dict(custom_classes(model)))
    except Exception as error:  # whatever a person's layers raise
        raise PlanError(
            f"The model of {name} cannot be told as JSON: give its own layers a get_config method. {_named(error)}"
        ) from error


def code_of_function(name: str) -> NetworkCode | None:
    """Return the code of a network that a function builds, by its name, or None where no module has the function.

    The function itself is imported from its module, which has to lie beside the script.

    See Also
    --------
    core.networks.base.Network.code : That of other networks.

    Examples
    --------
    >>> code_of_function("my_module:build").imports
    ('from my_module import build', 'import keras')
    >>> code_of_function("__main__:build") is None
    True
    """
    module, _, function = name.partition(":")
    if module == "__main__" or not function.isidentifier():
        return None
    imports = (f"from {module} import {function}", "import keras")
    return NetworkCode(_CODE.format(function=function), "Own()", imports)


def find_function(name: str) -> NetworkChoice:
    """Return the choice of a function that is named as ``module:function``.

    It imports the module, which runs its code: only for names that a person typed on her own machine.

    Raises
    ------
    PlanError
        There is no such module or function.

    See Also
    --------
    FunctionNetwork : What the function builds.

    Examples
    --------
    >>> find_function("no_such_module:build")
    Traceback (most recent call last):
    core.settings.PlanError: There is no module 'no_such_module' for the network: start from the folder that has it.
    """
    module, _, function = name.partition(":")
    try:
        found = getattr(import_module(module), function, None)
    except ImportError as error:
        if error.name not in (module, module.partition(".")[0]):
            raise PlanError(f"The module '{module[:80]}' cannot be imported: {error}.") from error
        raise PlanError(
            f"There is no module '{module[:80]}' for the network: start from the folder that has it."
        ) from error
    if not callable(found):
        raise PlanError(f"The module '{module[:80]}' has no function '{function[:80]}' for the network.")
    return NetworkChoice(name, build=cast(Build, found))
