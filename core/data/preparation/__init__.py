"""From columns to what the network sees: fitted on training rows, repeatable anywhere, one file per kind of column."""

from importlib import import_module
from pkgutil import iter_modules

from core.data.preparation.categories import MAX_LEVELS, CategoryStep
from core.data.preparation.dates import DateStep
from core.data.preparation.fitted import Preparation
from core.data.preparation.numbers import CLIP, NumberStep
from core.data.preparation.step import (
    Choices,
    CodedStep,
    DenseStep,
    InputKind,
    Labels,
    Parts,
    Scripted,
    Step,
    StepSetting,
    from_fields,
    layer_name,
    step_for,
    steps,
)
from core.data.preparation.text import TextStep

__all__ = [
    "CLIP",
    "MAX_LEVELS",
    "CategoryStep",
    "Choices",
    "CodedStep",
    "DateStep",
    "DenseStep",
    "InputKind",
    "Labels",
    "NumberStep",
    "Parts",
    "Preparation",
    "Scripted",
    "Step",
    "StepSetting",
    "TextStep",
    "from_fields",
    "layer_name",
    "step_for",
    "steps",
]

# Importing a file registers the steps in it: a new one needs no entry anywhere else.
for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
