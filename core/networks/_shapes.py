"""What an architecture holds and costs, read from its JSON: the shapes that go from layer to layer."""

from __future__ import annotations

import math
from collections.abc import Iterator

from core.networks._architecture import (
    LAYERS,
    Json,
    Shape,
    config_of,
    ends,
    is_model,
    kind_of,
    layers_of,
    name_of,
    sources,
)
from core.networks._size import Size, elementwise
from core.settings import PlanError


def count(model: Json, n_features: int) -> Size:
    """Return what a model holds and costs for a number of inputs, as far as its JSON tells.

    Layers whose output is not known take the shape that was saved, or that of their input.
    """
    return walked(model, (n_features,))[1]


def walked(model: Json, entering: Shape) -> tuple[Shape, Size]:
    total = Size()
    shapes: dict[str, Shape] = {}
    saved: dict[str, Shape] = {}
    layers = layers_of(model)
    for layer in layers:
        saved |= {name: shape for name, shape in sources(layer) if shape is not None}
    sequential = kind_of(model) == "Sequential"
    last: Shape = entering
    for layer in layers:
        name = name_of(layer)
        if sequential:
            taken = [last]
        else:
            taken = [shapes[source] for source, _ in sources(layer) if source in shapes] or [entering]
        last, size = walked(layer, taken[0]) if is_model(layer) else _through(layer, taken, saved.get(name))
        shapes[name] = last
        total += size
    end = None if sequential else next(iter(ends(model, "output_layers")), None)
    return shapes.get(end, last) if end else last, total


def _through(layer: Json, taken: list[Shape], saved: Shape | None) -> tuple[Shape, Size]:
    """Return the shape that comes out of a layer, and what the layer holds and costs."""
    kind, config, shape = kind_of(layer), config_of(layer), taken[0]
    values, width = math.prod(shape), shape[-1] if shape else 1
    if kind == "Dense":
        rows, units = values // max(width, 1), _number(config, "units")
        bias = units if config.get("use_bias", True) else 0
        return (*shape[:-1], units), Size(width * units + bias, 2.0 * values * units, float(rows * units))
    if kind in ("BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization"):
        learned = sum(bool(config.get(name, True)) for name in ("center", "scale"))
        held = {"RMSNormalization": 1, "BatchNormalization": learned + 2}.get(kind, learned)
        return shape, elementwise(values, 4, weights=width * held)
    if kind == "PReLU":
        return shape, elementwise(values, 2, weights=values)
    if kind == "Conv1D" and len(shape) == 2:
        filters, kernel = _number(config, "filters"), _numbers(config.get("kernel_size"), (1,))[0]
        held = (kernel * width + bool(config.get("use_bias", True))) * filters
        out = saved or (shape[0], filters)
        return out, Size(held, 2.0 * out[0] * kernel * width * filters, float(math.prod(out)))
    if kind == "EinsumDense":
        return _einsum(config, shape)
    if kind == "Flatten":
        return (values,), Size()
    if kind == "Reshape":
        target = _numbers(config.get("target_shape"), shape)
        known = math.prod(size for size in target if size > 0)
        return tuple(size if size > 0 else values // max(known, 1) for size in target), Size()
    if kind == "RepeatVector":
        return (_number(config, "n"), *shape), elementwise(values * _number(config, "n"))
    if kind == "Concatenate" and len(shape) == 1:
        return (sum(each[0] for each in taken),), elementwise(sum(each[0] for each in taken))
    if kind.startswith("Global") and len(shape) == 2:
        return (width,), elementwise(values)
    if kind == "InputLayer" or kind in LAYERS or len(taken) > 1 or saved is None:
        return shape, elementwise(0 if kind == "InputLayer" else values)
    return saved, elementwise(math.prod(saved))


def _einsum(config: Json, shape: Shape) -> tuple[Shape, Size]:
    inputs, _, rest = str(config.get("equation")).partition(",")
    kernel, _, outputs = rest.partition("->")
    out = _numbers(config.get("output_shape"), shape)
    sizes = dict(zip(inputs[1:], shape, strict=False)) | dict(zip(outputs[1:], out, strict=False))
    held = math.prod(sizes.get(letter, 1) for letter in kernel)
    axes = config.get("bias_axes")
    bias = math.prod(sizes.get(letter, 1) for letter in axes) if isinstance(axes, str) else 0
    summed = math.prod(sizes.get(letter, 1) for letter in kernel if letter not in outputs)
    return out, Size(held + bias, 2.0 * summed * math.prod(out), float(math.prod(out)))


def _number(config: Json, name: str) -> int:
    value = config.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise PlanError(f"The network's layer ({str(config.get('name'))[:60]}) has no usable {name}.")
    return value


def _numbers(value: object, otherwise: Shape) -> Shape:
    items = value if isinstance(value, list) else [value]
    if any(isinstance(each, dict) for each in items):  # a tuple, as Keras writes it
        items = [inner for each in items if isinstance(each, dict) for inner in _items_of(each)]
    found = tuple(each if isinstance(each, int) else 1 for each in items)
    return found if value is not None and found else otherwise


def _items_of(each: Json) -> Iterator[object]:
    items = each.get("items")
    yield from items if isinstance(items, list) else ()
