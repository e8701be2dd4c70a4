"""Whether a plan's networks suit its table: looked at before anything starts."""

from __future__ import annotations

from contextlib import suppress

from core.data.problem import Problem
from core.experiment.memory import inputs_of
from core.networks.reading import network_label, network_of
from core.plan import NetworkChoice, PlanError

# A network may have so many weights per training row, or as many times those of the small default network: on a
# table of few rows and many columns even that one has many.
WEIGHTS_PER_ROW = 1_000
TIMES_SMALL = 50


def check_networks(problem: Problem) -> tuple[str, ...]:
    """Look whether a plan's networks can be trained on its table, and return what a person should know of them.

    Raises
    ------
    PlanError
        A network is unknown, a parameter does not fit, or it has far too many weights for the rows.

    See Also
    --------
    core.experiment.memory.cut : Whether they fit into memory.

    Examples
    --------
    >>> import pandas as pd
    >>> from core.data.table import from_frame
    >>> from core.plan import Plan, SplitSettings, StrategyChoice
    >>> table = from_frame(pd.DataFrame({"x": [0.5, 1.5, 2.0, 3.0] * 5, "y": ["no"] * 15 + ["yes"] * 5}), "small")
    >>> wide = NetworkChoice.of("mlp", hidden_layers=(2048, 2048))
    >>> plan = Plan("y", (StrategyChoice.of("plain"),), networks=(wide,), split=SplitSettings(folds=2))
    >>> check_networks(Problem.of(table, plan))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    core.settings.PlanError: MLP (hidden_layers=2048-2048) has about 4,200,000 weights for 8 ...
    """
    plan, facts = problem.plan, problem.facts
    features, classes = inputs_of(problem), len(facts.class_counts)
    rows = sum(facts.class_counts) * (1 - 1 / plan.split.folds) * (1 - plan.training.validation_split)
    outputs = classes if classes > 2 else 1
    small = network_of(NetworkChoice("mlp")).n_weights(features, outputs)
    limit = max(WEIGHTS_PER_ROW * rows, TIMES_SMALL * small)
    for choice in plan.networks:
        reason = network_of(choice).why_not(features, classes)
        if reason is not None:
            raise PlanError(reason)
        members = {network_of(choice).member(place) for place in range(plan.training.members)}
        weights = max(member.for_rows(int(rows)).n_weights(features, outputs) for member in members)
        if weights > limit:
            raise PlanError(
                f"{network_label(choice)} has about {float(f'{weights:.2g}'):,.0f} weights for {rows:,.0f} training "
                f"rows: choose a network of at most {float(f'{limit:.2g}'):,.0f} weights, such as mlp."
            )
    return network_notes(problem)


def network_notes(problem: Problem) -> tuple[str, ...]:
    """Return what a person should know of a plan's networks as they are built for its table.

    Of networks that this process cannot build, such as functions of another program, nothing is known.

    See Also
    --------
    check_networks : Whether they can be trained.

    Examples
    --------
    >>> from core.data.samples import load_sample
    >>> from core.plan import Plan, StrategyChoice
    >>> network_notes(Problem.of(load_sample("yeast"), Plan("site", (StrategyChoice.of("plain"),))))
    ()
    """
    features, classes = inputs_of(problem), len(problem.facts.class_counts)
    notes: list[str] = []
    for choice in problem.plan.networks:
        with suppress(PlanError):
            notes += network_of(choice).notes(features, classes)
    return tuple(notes)
