"""A run's results in hand: the comparison, what to beware of, and how they display in a notebook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from core.data.problem import Problem
from core.data.profile import Profile, data_notes, describe
from core.data.table import Table
from core.data.target import Target
from core.decision.costs import CostError
from core.decision.stakes import Stakes
from core.evaluation.checks import Evidence, Finding, run_checks
from core.evaluation.checks.decisions import twins
from core.evaluation.comparison import Comparison
from core.evaluation.recommendation import Recommendation
from core.evaluation.settled import advice_of, comparison_of, decided, judged_by
from core.evaluation.shown import folded
from core.evaluation.verdict import MAIN_METRIC, Assessment, assess
from core.experiment.fitting import network_notes
from core.experiment.results import FoldResult
from core.plan import Plan
from core.strategies import choices_of, label


@dataclass(frozen=True, eq=False)
class Results:
    """A run's results; in a notebook they display as a table and figures.

    Parameters
    ----------
    problem : Problem
        The table under its plan.
    folds : tuple of FoldResult
        One per strategy and fold.
    run_id : str
        Where the run is kept; empty for a run that is not.
    stakes : Stakes
        What was settled about the run's decisions; the recommendation follows it.

    See Also
    --------
    core.reporting.writers.write_results : Writes them to files.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> results = Results(sample_run().problem, sample_run().folds)
    >>> results.frame()[["precision", "recall"]].round(2).to_dict("index")
    {'plain': {'precision': 0.83, 'recall': 0.5}, 'smote': {'precision': 0.72, 'recall': 1.0}}
    >>> results.names
    {'plain': 'Plain network', 'smote': 'SMOTE'}
    """

    problem: Problem
    folds: tuple[FoldResult, ...]
    run_id: str = ""
    stakes: Stakes = field(default_factory=Stakes)

    @property
    def table(self) -> Table:
        """The table, with the plan's column kinds."""
        return self.problem.table

    @property
    def plan(self) -> Plan:
        return self.problem.plan

    @property
    def target(self) -> Target:
        return self.problem.target

    @cached_property
    def comparison(self) -> Comparison:
        """The strategies side by side."""
        return comparison_of(self.folds, self.problem, self.stakes)

    @cached_property
    def lines(self) -> tuple[Comparison, Mapping[str, str]]:
        """The strategies as tables and figures list them, and their names: those that did the same are one line."""
        advised = () if self.advice is None or self.advice.key is None else (self.advice.key,)
        alike = twins(Evidence(self.comparison.of_whole(), self.plan, MAIN_METRIC))
        return folded(self.comparison, self.names, alike, advised)

    @cached_property
    def advice(self) -> Recommendation | None:
        """What to use, judged by the costs where they are settled, else by F1; None where nothing has a result."""
        return advice_of(self.comparison, self.problem, self.stakes, cautions=self.profile.cautions.sentences)

    @cached_property
    def decided(self) -> Comparison:
        """The strategies with their decisions as they were settled, which the recommendation is about."""
        try:
            return decided(self.comparison, self.problem, self.stakes)
        except CostError:
            return self.comparison

    @cached_property
    def verdict(self) -> Assessment:
        """Who leads, and whom each strategy helps, judged as the recommendation is."""
        metric, cautions = judged_by(self.comparison), self.profile.cautions.sentences
        return assess(self.decided, self.plan, metric, cautions=cautions)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the automatic checks found in decisions as they were settled, judged by F1."""
        return run_checks(self.decided, self.plan, stakes=self.stakes)

    @cached_property
    def profile(self) -> Profile:
        """The classes, and what to beware of in the table."""
        return describe(self.problem)

    @property
    def notes(self) -> tuple[str, ...]:
        """What reading did, what to beware of, and what became of a person's own network: as pages and report say."""
        return (*data_notes(self.problem, self.profile), *network_notes(self.problem))

    @property
    def names(self) -> Mapping[str, str]:
        """Names for people by the strategies' keys."""
        return {choice.key: label(choice) for choice in choices_of(self.plan)}

    def frame(self) -> pd.DataFrame:
        """Return the means over folds, one row per strategy (by key), one column per metric and ``seconds``.

        Strategies that failed on some folds come last; their means rest on the others, see ``comparison.notes``.
        """
        comparison = self.comparison
        rows = {
            s.key: {**{m.key: float(s.mean[m.key]) for m in comparison.metrics}, "seconds": s.seconds}
            for s in comparison.strategies
        }
        columns = [*(m.key for m in comparison.metrics), "seconds"]
        return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("strategy")

    def __repr__(self) -> str:
        comparison = self.comparison
        head = f"Results of {len(comparison.strategies)} strategies over {comparison.folds_in_words()}"
        return "\n".join([head, str(self.frame()), *comparison.notes])

    def _repr_html_(self) -> str:
        from core.reporting.display import comparison_html  # Plotly takes a while to load, and a terminal needs none

        return comparison_html(*self.lines)
