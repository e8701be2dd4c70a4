"""The options of the command line that say what decisions cost."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.data.problem import Problem
    from core.decision.stakes import Stakes

_TYPED = ("miss", "alarm", "hit", "decide", "field", "at")


def add_costs(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what decisions cost.

    See Also
    --------
    stakes_from : Reads what was typed.
    """
    costs = parser.add_argument_group("costs", "what decisions cost, by which strategies are then judged")
    typed = "a number, or column*factor+constant such as 0.5*amount+3"
    costs.add_argument("--miss", metavar="COST", help=f"of a row of the class that is not found: {typed}")
    costs.add_argument("--alarm", metavar="COST", help="of a false alarm")
    costs.add_argument("--hit", metavar="COST", help="of a row of the class that is found")
    costs.add_argument("--ignored", metavar="COST", help="of a row correctly ignored")
    costs.add_argument("--benefits", action="store_true", help="the numbers are benefits, which are to be high")
    costs.add_argument("--field", type=number, metavar="SHARE", help="share of the class where the model will work")
    costs.add_argument("--decide", help="how rows are decided: own, one, cheapest or rows (default: own)")
    costs.add_argument("--at", type=number, metavar="THRESHOLD", help="with --decide one: the threshold for all")


def stakes_from(given: argparse.Namespace, kept: Stakes, problem: Callable[[], Problem]) -> Stakes:
    """Return what was typed, checked against the table; what was not stays as it is kept.

    Parameters
    ----------
    problem : callable
        Returns the run's table and target, where columns say what rows cost.

    Raises
    ------
    CostError, QuestionError
        It cannot be used; the message is one sentence.

    Examples
    --------
    >>> from core.decision.stakes import Stakes
    >>> from core.evaluation.sample import sample_run
    >>> parser = argparse.ArgumentParser()
    >>> add_costs(parser)
    >>> stakes_from(parser.parse_args(["--miss", "50"]), Stakes(), lambda: sample_run().problem).costs.matrix
    ((0.0, 1.0), (50.0, 0.0))
    """
    from core.reporting.questions.costs import WhatItCosts

    options = {name: getattr(given, name) for name in _TYPED} | {"quiet": given.ignored}
    asked = WhatItCosts(
        benefits=given.benefits, **{name: value for name, value in options.items() if value is not None}
    )
    stakes = asked.stakes(kept)
    if stakes.by_row is not None:
        known = problem()
        stakes.by_row.check(known.table.frame.iloc[known.target.rows])
    return stakes


def number(text: str) -> float:
    """Read a number that was typed; argparse says where it is none."""
    try:
        return float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text[:60]}' is no number") from error
