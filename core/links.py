"""A plan as the query of an address, to be shared: short, readable, and read back unchanged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any, Literal

from core.choices import pieces
from core.data.samples import SAMPLES, load_sample
from core.data.table import Table
from core.networks.reading import parse_networks, typed
from core.plan import (
    CapacitySettings,
    NetworkChoice,
    ParameterValue,
    Plan,
    PlanError,
    SplitSettings,
    TrainingSettings,
    TuningSettings,
)
from core.strategies.notation import parse_strategies
from core.words import is_showable

_SPLIT = tuple(f.name for f in fields(SplitSettings))
_TRAINING = tuple(f.name for f in fields(TrainingSettings))
_TUNING = tuple(f.name for f in fields(TuningSettings))
# Links of earlier versions describe their network, a dense one, by these.
_DENSE = ("hidden_layers", "dropout")
_BOOLS = {"True": True, "False": False}
#: All names that a link may hold.
NAMES = (
    *("table", "file", "target", "positive", "strategies", "networks", "kinds", "classes", "merged"),
    *("missing", "day_first", "prepared", "capacity", *_SPLIT, *_TRAINING, *_TUNING, *_DENSE),
)


@dataclass(frozen=True)
class Link:
    """A plan and the table that it is for.

    Parameters
    ----------
    kind : {"sample", "file"}
        Whether the table ships with the app or was somebody's own, which a link cannot hold.
    table : str
        Key of the sample, or name of the file.

    See Also
    --------
    from_query : Makes one of an address.

    Examples
    --------
    >>> link = from_query({"file": "churn.csv", "target": "churned", "strategies": "smote"})
    >>> link.kind, link.table, link.plan.target
    ('file', 'churn.csv', 'churned')
    """

    kind: Literal["sample", "file"]
    table: str
    plan: Plan


def to_query(plan: Plan, table: Table) -> dict[str, str]:
    """Return what a link holds; of split and network only what differs from the defaults.

    See Also
    --------
    from_query : Reads it back.

    Examples
    --------
    >>> from core.data.samples import load_sample
    >>> from core.plan import SplitSettings, StrategyChoice
    >>> plan = Plan("not_text", (StrategyChoice.of("smote"),), split=SplitSettings(folds=3))
    >>> to_query(plan, load_sample("page_blocks"))
    {'table': 'page_blocks', 'target': 'not_text', 'strategies': 'smote', 'folds': '3'}
    """
    sample = sample_of(table)
    query = {"file": table.name} if sample is None else {"table": sample}
    query["target"] = plan.target
    if plan.positive is not None:
        query["positive"] = plan.positive
    query["strategies"] = ",".join(choice.key for choice in plan.strategies)
    if plan.networks != Plan.networks:
        query["networks"] = ",".join(network.key for network in plan.networks)
    if plan.kinds:
        query["kinds"] = json.dumps(dict(plan.kinds), ensure_ascii=False, separators=(",", ":"))
    if plan.classes:
        query["classes"] = json.dumps(dict(plan.classes), ensure_ascii=False, separators=(",", ":"))
    if plan.merged:
        merged = {name: dict(pairs) for name, pairs in plan.merged}
        query["merged"] = json.dumps(merged, ensure_ascii=False, separators=(",", ":"))
    settled: dict[str, dict[str, object]] = {
        "missing": dict(plan.missing),
        "day_first": dict(plan.day_first),
        "prepared": {name: dict(chosen) for name, chosen in plan.prepared},
    }
    for name, by_column in settled.items():
        if by_column:
            query[name] = json.dumps(by_column, ensure_ascii=False, separators=(",", ":"))
    if plan.capacity != CapacitySettings():
        query["capacity"] = plan.capacity.text
    settings = (
        (_SPLIT, plan.split, SplitSettings()),
        (_TRAINING, plan.training, TrainingSettings()),
        (_TUNING, plan.tuning, TuningSettings()),
    )
    for names, own, start in settings:
        for name in names:
            value = getattr(own, name)
            if value != getattr(start, name):
                query[name] = str(value)
    return query


def from_query(query: Mapping[str, str]) -> Link:
    """Read a link back; what it leaves out has the defaults that the app starts with.

    Raises
    ------
    PlanError
        A setting does not take a value, or there is no such sample; the message names it.

    See Also
    --------
    to_query : Writes it.

    Examples
    --------
    >>> link = from_query({"table": "page_blocks", "strategies": "plain,smote", "folds": "3"})
    >>> link.table, link.plan.target, link.plan.split.folds
    ('page_blocks', 'not_text', 3)
    """
    unshowable = next((name for name in NAMES if not is_showable(query.get(name, ""))), None)
    if unshowable is not None:
        raise PlanError(f"This link gives a text for {unshowable} that cannot be shown: choose it by hand.")
    key = query.get("table")
    known = {sample.key: sample for sample in SAMPLES}
    if key is not None and key not in known:
        raise PlanError(f"This link is for a sample '{key[:60]}' that does not exist: choose one below.")
    target = query.get("target") or (known[key].target if key is not None else None)
    if target is None:
        raise PlanError("This link names no target column: open the table and choose one.")
    plan = Plan(
        target,
        parse_strategies(query.get("strategies", "start")),
        query.get("positive"),
        _kinds(query.get("kinds", "{}")),
        _networks(query),
        replace(TrainingSettings(), **_given(query, TrainingSettings())),  # type: ignore[arg-type]
        replace(SplitSettings(), **_given(query, SplitSettings())),  # type: ignore[arg-type]
        _classes(query.get("classes", "{}")),
        _merged(query.get("merged", "{}")),
        tuning=replace(TuningSettings(), **_given(query, TuningSettings())),  # type: ignore[arg-type]
        capacity=CapacitySettings.read(query["capacity"]) if "capacity" in query else CapacitySettings(),
        **_settled(query),
    )
    return Link("file", query.get("file", ""), plan) if key is None else Link("sample", key, plan)


def opened(link: Link, table: Table) -> Table:
    """Return a link's table with the kinds of its plan.

    Raises
    ------
    TableError
        The table lacks a column that the plan names, or its values do not fit.

    See Also
    --------
    from_query : Reads the link.

    Examples
    --------
    >>> from core.data.samples import load_sample
    >>> link = from_query({"table": "page_blocks", "kinds": '{"height":"ignored"}'})
    >>> table = opened(link, load_sample("page_blocks"))
    >>> table.column("height").kind, table.column("area").kind
    ('ignored', 'numeric')
    """
    plan = link.plan
    for name in (plan.target, *plan.split.columns):
        table.column(name)
    return table.planned(plan)


def sample_of(table: Table) -> str | None:
    """Return the key of the sample that a table is, or None.

    See Also
    --------
    to_query : Names a sample by it.

    Examples
    --------
    A table of the same name with other rows is no sample.

    >>> from core.data.samples import load_sample
    >>> from core.data.table import from_frame
    >>> own = from_frame(load_sample("page_blocks").frame.head(400), "Page blocks")
    >>> sample_of(load_sample("page_blocks")), sample_of(own)
    ('page_blocks', None)
    """
    key = next((sample.key for sample in SAMPLES if sample.title == table.name), None)
    return key if key is not None and _digest(key) == table.digest else None


@lru_cache(maxsize=16)
def _digest(key: str) -> str:
    return load_sample(key).digest


def _given(query: Mapping[str, str], start: TrainingSettings | SplitSettings | TuningSettings) -> dict[str, object]:
    """Return the settings that a link names, in the type of their defaults."""
    given: dict[str, object] = {}
    for f in fields(start):
        if f.name not in query:
            continue
        text, default = query[f.name], getattr(start, f.name)
        try:
            if isinstance(default, bool):
                given[f.name] = _BOOLS[text]
            else:
                given[f.name] = text if default is None else type(default)(text)
        except KeyError as error:
            raise PlanError(f"This link gives '{text[:60]}' for {f.name}, which is neither True nor False.") from error
        except ValueError as error:
            raise PlanError(f"This link gives '{text[:60]}' for {f.name}, which is no number.") from error
    return given


def _networks(query: Mapping[str, str]) -> tuple[NetworkChoice, ...]:
    """Return the networks that a link names; one of an earlier version gives the layers of a dense one."""
    if "networks" in query:
        return parse_networks(query["networks"])
    dense: dict[str, ParameterValue] = {}
    for name in filter(query.__contains__, _DENSE):
        text = query[name]
        try:
            dense[name] = tuple(map(int, pieces(text))) if name == "hidden_layers" else float(text)
        except ValueError as error:
            raise PlanError(f"This link gives '{text[:60]}' for {name}, which is no number.") from error
    return (typed(NetworkChoice.of("mlp", **dense)),) if dense else Plan.networks


def _classes(text: str) -> tuple[tuple[str, str | None], ...]:
    try:
        raw = json.loads(text)
        if not isinstance(raw, dict):
            raise ValueError
    except (ValueError, RecursionError) as error:
        raise PlanError("This link's merged classes cannot be read: choose them by hand.") from error
    return tuple((str(name), None if into is None else str(into)) for name, into in raw.items())


def _kinds(text: str) -> tuple[tuple[str, str], ...]:
    try:
        raw = json.loads(text)
        if not isinstance(raw, dict):
            raise ValueError
    except (ValueError, RecursionError) as error:
        raise PlanError("This link's column kinds cannot be read: choose them by hand.") from error
    return tuple(sorted((str(name), str(kind)) for name, kind in raw.items()))


def _settled(query: Mapping[str, str]) -> dict[str, Any]:
    """Return what a link says on columns: values that are missing, the order of dates, how they are prepared."""
    try:
        missing, day_first, prepared = (
            sorted(json.loads(query.get(name, "{}")).items()) for name in ("missing", "day_first", "prepared")
        )
        return {
            "missing": tuple((name, tuple(map(str, texts))) for name, texts in missing),
            "day_first": tuple((name, bool(first)) for name, first in day_first),
            "prepared": tuple((name, tuple(sorted(chosen.items()))) for name, chosen in prepared),
        }
    except (ValueError, RecursionError, TypeError, AttributeError) as error:
        raise PlanError("This link's settings of columns cannot be read: choose them by hand.") from error


def _merged(text: str) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    try:
        raw = json.loads(text)
        return tuple(
            sorted(
                (name, tuple((str(spelling), str(into)) for spelling, into in pairs.items()))
                for name, pairs in raw.items()
            )
        )
    except (ValueError, AttributeError, RecursionError) as error:
        raise PlanError("This link's merged spellings cannot be read: merge them by hand.") from error
