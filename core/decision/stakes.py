"""What is at stake in a run's decisions: costs, the share in the field, and how rows are to be decided."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from core.decision.costs import CostError, Costs
from core.decision.row_costs import RowCosts
from core.settings import CapacitySettings, PlanError
from core.words import short_percent

Rule = Literal["own", "one", "cheapest", "rows"]
RULES: Mapping[Rule, str] = {
    "own": "Each strategy's own decisions",
    "one": "One threshold for all",
    "cheapest": "Each strategy's cheapest threshold",
    "rows": "Row by row",
}
START = Costs(((0.0, 1.0), (10.0, 0.0)))
_BESIDE_METRICS = "Precision, recall and the like are by each strategy's own decisions"
#: The names that an address has for them.
QUERY = ("costs", "benefits", "field", "decide", "at", "rows", "aside", "capacity")


@dataclass(frozen=True)
class Stakes:
    """What somebody settled about a run's decisions, kept with the run.

    Parameters
    ----------
    costs : Costs
        With the share in the field; by default a miss costs ten false alarms.
    rule : {"own", "one", "cheapest", "rows"}
        By what rows are decided: the strategy's own rule, one threshold for all strategies, the threshold that is
        cheapest for each on rows that its networks had not seen, or row by row.
    threshold : float or None
        For "one".
    row_costs : RowCosts or None
        Needed for "rows"; under any rule they count instead of ``costs``.
    capacity : CapacitySettings or None
        How many rows can be looked at; None for as many as the plan says.
    set_aside : bool
        Whether costs by row are only kept, so that ``costs`` count, unless rows are decided row by row.

    Raises
    ------
    CostError
        The rule lacks what it needs.

    See Also
    --------
    core.runs.stakes : Keeps them with a run.

    Examples
    --------
    >>> stakes = Stakes(Costs(((0.0, 1.0), (50.0, 0.0))), "one", threshold=0.02)
    >>> stakes.to_query()
    {'costs': '0,1,50,0', 'decide': 'one', 'at': '0.02'}
    >>> Stakes.from_query(stakes.to_query()) == stakes, Stakes().is_default
    (True, True)
    """

    costs: Costs = START
    rule: Rule = "own"
    threshold: float | None = None
    row_costs: RowCosts | None = None
    capacity: CapacitySettings | None = None
    set_aside: bool = False

    def __post_init__(self) -> None:
        if self.rule not in get_args(Rule):
            raise CostError(f"'{str(self.rule)[:40]}' is no way to decide: choose one of {', '.join(get_args(Rule))}.")
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            raise CostError(f"The threshold is {self.threshold:g}: choose one between 0 and 1.")
        if self.rule == "one" and self.threshold is None:
            raise CostError("One threshold for all needs a threshold: choose one between 0 and 1.")
        if self.rule == "rows" and self.row_costs is None:
            raise CostError("Deciding row by row needs costs that a column gives: choose the column.")

    @property
    def is_default(self) -> bool:
        """Whether nobody settled anything."""
        return self == Stakes()

    @property
    def by_row(self) -> RowCosts | None:
        """Costs by row where they count; None where those that are the same on every row do.

        Examples
        --------
        >>> from core.decision.row_costs import Cost
        >>> kept = Stakes(row_costs=RowCosts(miss=Cost(column="amount")), set_aside=True)
        >>> kept.by_row is None, replace(kept, rule="rows").by_row is kept.row_costs
        (True, True)
        """
        return None if self.set_aside and self.rule != "rows" else self.row_costs

    @property
    def deciding_costs(self) -> RowCosts | None:
        """Costs by row where they decide each row; None under any other rule."""
        return self.row_costs if self.rule == "rows" else None

    @property
    def has_costs(self) -> bool:
        """Whether somebody said what decisions cost or bring, so that strategies can be judged by it."""
        return self.by_row is not None or self.costs.matrix != START.matrix or self.costs.benefits

    @property
    def decides(self) -> bool:
        """Whether rows are decided in another way than by each strategy's own rule."""
        return self.rule != "own"

    @property
    def decided_by(self) -> str:
        """By what rule rows are decided, in a sentence to stand beside figures that count decisions.

        Examples
        --------
        >>> Stakes().decided_by, Stakes(rule="one", threshold=0.02).decided_by
        ("Decisions are each strategy's own.", 'Decisions are by the settled threshold of 0.02.')
        """
        return {
            "own": "Decisions are each strategy's own.",
            "one": f"Decisions are by the settled threshold of {self.threshold or 0:.4g}.",
            "cheapest": "Decisions are by each strategy's cheapest threshold, as settled.",
            "rows": "Decisions are row by row by their costs, as settled.",
        }[self.rule]

    @property
    def beside_metrics(self) -> str:
        """What to know of metrics by each strategy's own decisions; empty where rows are decided by those.

        Examples
        --------
        >>> Stakes().beside_metrics, Stakes(rule="one", threshold=0.02).beside_metrics
        ('', "Precision, recall and the like are by each strategy's own decisions, not by the rule that is settled.")
        """
        if not self.decides:
            return ""
        costs = "; costs are by the rule that is settled." if self.has_costs else ", not by the rule that is settled."
        return _BESIDE_METRICS + costs

    def to_try(self, n_classes: int) -> tuple[str, str] | None:
        """Return what to try about how rows are decided, and what to know of it; None where there is no threshold.

        Examples
        --------
        >>> Stakes().to_try(2)
        ('Try a lower threshold', 'Finds more and raises more false alarms: see how many.')
        >>> Stakes(rule="one", threshold=0.02).to_try(2)[0], Stakes().to_try(18)
        ('Try another threshold', None)
        """
        if n_classes > 2:
            return None
        if self.rule == "one":
            return "Try another threshold", f"Rows are decided by {self.threshold or 0:.4g}: see what another would do."
        if self.rule == "cheapest":
            return "Try other costs", "The costs that are settled choose the thresholds: see what others would do."
        if self.rule == "rows":
            return "Try other costs", "The costs of each row decide it: see what others would do."
        if self.has_costs:
            return "Try the cheapest threshold", "Costs are settled, but strategies decide by their own rules so far."
        return "Try a lower threshold", "Finds more and raises more false alarms: see how many."

    def sentences(self, *, rule: bool = True) -> tuple[str, ...]:
        """Return what was settled, in words; empty where nothing was.

        Parameters
        ----------
        rule : bool
            Whether to say by what rule rows are decided.

        Examples
        --------
        >>> Stakes(Costs(((0.0, 1.0), (50.0, 0.0)), prevalence=0.01)).sentences()
        ('A false alarm costs 1, a miss 50, a hit 0, a row correctly ignored 0.', 'In the field the share is 1%.')
        """
        if replace(self, capacity=None).is_default:
            return () if self.capacity is None else (f"{self._looked}.",)
        (quiet, alarm), (miss, hit) = self.costs.matrix
        word = "brings" if self.costs.benefits else "costs"
        said = [f"A false alarm {word} {alarm:g}, a miss {miss:g}, a hit {hit:g}, a row correctly ignored {quiet:g}."]
        if self.by_row is not None:
            said = [self.by_row.sentence()]
        if self.costs.prevalence is not None:
            said.append(f"In the field the share is {short_percent(self.costs.prevalence)}.")
        decided = {
            "own": "",
            "one": f"Rows are called the class at a probability of {self.threshold or 0:.4g} or more.",
            "cheapest": "Each strategy decides by its cheapest threshold under these numbers.",
            "rows": "Each row is decided by its own costs.",
        }[self.rule]
        looked = [f"{self._looked}."] if self.capacity is not None else []
        return (*said, *([decided] if decided and rule else []), *looked)

    @property
    def _looked(self) -> str:
        assert self.capacity is not None
        return f"Rows that can be looked at: {self.capacity.in_words}"

    def to_query(self) -> dict[str, str]:
        """Return the stakes as parts of an address; those that are as they start are left out."""
        start, query = Stakes(), {}
        if self.costs.matrix != start.costs.matrix:
            query["costs"] = ",".join(f"{value:.12g}" for row in self.costs.matrix for value in row)
        if self.costs.benefits:
            query["benefits"] = "yes"
        if self.costs.prevalence is not None:
            query["field"] = f"{self.costs.prevalence:.12g}"
        if self.rule != "own":
            query["decide"] = self.rule
        if self.threshold is not None:
            query["at"] = f"{self.threshold:.12g}"
        if self.row_costs is not None:
            query["rows"] = json.dumps(self.row_costs.plain(), ensure_ascii=False, separators=(",", ":"))
        if self.set_aside:
            query["aside"] = "yes"
        if self.capacity is not None:
            query["capacity"] = self.capacity.text
        return query

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Stakes:
        """Read stakes back from an address; what it leaves out is as it starts.

        Raises
        ------
        CostError
            A part cannot be used.
        """
        start = cls()
        try:
            costs = start.costs
            if "costs" in query:
                quiet, alarm, miss, hit = (float(value) for value in query["costs"].split(","))
                costs = replace(costs, matrix=((quiet, alarm), (miss, hit)))
            if query.get("benefits") == "yes":
                costs = replace(costs, benefits=True)
            if "field" in query:
                costs = replace(costs, prevalence=float(query["field"]))
            rule: Any = query.get("decide", "own")
            threshold = float(query["at"]) if "at" in query else None
            row_costs = RowCosts.of_plain(json.loads(query["rows"])) if "rows" in query else None
            capacity = CapacitySettings.read(query["capacity"]) if "capacity" in query else None
        except CostError:
            raise
        except PlanError as error:
            raise CostError(str(error)) from error
        except (ValueError, RecursionError) as error:
            raise CostError("This link's costs cannot be read: enter them by hand.") from error
        return cls(costs, rule, threshold, row_costs, capacity, query.get("aside") == "yes")
