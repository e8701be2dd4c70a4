"""What strategies decide on a file that was not in the run: by the rule that is settled, and what that costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.data.problem import Problem
from core.decision.costs import CostError
from core.decision.stakes import Stakes
from core.evaluation.comparison import compare
from core.evaluation.outoffold import OutOfFold, out_of_fold
from core.evaluation.settled import cost_class, own_instead, settled_threshold
from core.evaluation.worth import is_benefit, saved_in_words, worth
from core.experiment.results import FoldResult
from core.exporting.settled import cost_columns, decide_by_row
from core.reporting.questions import Answer, Column
from core.reporting.results import Results
from core.words import TableError, counted, quoted

if TYPE_CHECKING:
    from core.next_file import NextFile

PER = 1000


@dataclass(frozen=True, eq=False)
class SettledOn:
    """What strategies decide on a file.

    Parameters
    ----------
    results : tuple of FoldResult
        With two classes, with decisions as they were settled.
    is_kept : bool
        Whether the settled rule could be used.
    said : str
        By what rule the results' decisions are.
    calls : mapping of str to ndarray of bool, shape (n_rows,)
        Which rows each strategy calls the class that costs are about, by the settled rule.
    note : str
        On rows whose costs cannot be read.
    """

    results: tuple[FoldResult, ...]
    is_kept: bool
    said: str
    calls: Mapping[str, np.ndarray]
    note: str = ""


def settled_on(run: Results, file: NextFile, results: Sequence[FoldResult]) -> SettledOn:
    """Return what strategies decide on a file, as the run's rows and an export's are decided.

    Nothing is chosen on this file: a cheapest threshold is that of the run's test rows.
    """
    stakes, code = run.stakes, cost_class(run.problem)
    own = {one.strategy: one.decisions == code for one in results}
    if not stakes.decides:
        return SettledOn(tuple(results), True, stakes.decided_by, own)
    try:
        if stakes.by_row is not None:  # what the run's own rows cannot be decided by promised nothing
            stakes.by_row.check(run.problem.table.frame.iloc[run.problem.target.rows])
        calls, note = _calls(run, file, results, code)
    except (CostError, TableError) as error:
        said = f"{own_instead('the settled rule cannot be used')} {error}"
        return SettledOn(tuple(results), False, said, own)
    if len(run.problem.target.labels) > 2:
        label = quoted(run.problem.target.labels[code])
        said = f"Metrics are by each strategy's own decisions: the settled rule speaks of {label} alone."
        return SettledOn(tuple(results), True, said, calls, note)
    changed = tuple(replace(one, decisions=calls[one.strategy].astype(np.int64)) for one in results)
    return SettledOn(
        changed, True, f"{stakes.decided_by} So are those of the run that they are held against.", calls, note
    )


def _calls(run: Results, file: NextFile, results: Sequence[FoldResult], code: int) -> tuple[dict[str, np.ndarray], str]:
    """Return which rows each strategy calls the class by the settled rule, and a sentence on rows without a cost."""
    stakes, costs = run.stakes, run.stakes.deciding_costs
    if costs is not None:
        frame = cost_columns(costs, file.raw, run.problem.table.reading)
        called = {one.strategy: decide_by_row(costs, one.probabilities, code, frame) for one in results}
        return {key: rows for key, (rows, _) in called.items()}, next((said for _, said in called.values()), "")
    calls = {}
    for one in results:
        threshold = settled_threshold(run.folds, one.strategy, code, stakes, run.problem)
        p = one.probabilities[:, code].astype(np.float64)
        calls[one.strategy] = one.decisions == code if threshold is None else p >= threshold
    return calls, ""


def decisions_answer(
    run: Results, file: NextFile, settled: SettledOn, mended: Mapping[str, tuple[float, float]]
) -> Answer:
    names, labels, stakes = run.names, run.problem.target.labels, run.stakes
    if not settled.results:
        return Answer("Decisions", ("No strategy has a result.",), pd.DataFrame())
    pooled = out_of_fold(compare(settled.results, run.plan, labels))
    code = cost_class(run.problem)
    table = pd.DataFrame({"Strategy": [names[one.key] for one in pooled]})
    truth = file.codes == code
    calls = [settled.calls[one.key] for one in pooled]
    table["Found"] = [int((c & truth).sum()) for c in calls]
    table["Missed"] = [int((~c & truth).sum()) for c in calls]
    table["False alarms"] = [int((c & ~truth).sum()) for c in calls]
    table["Correctly ignored"] = [int((~c & ~truth).sum()) for c in calls]
    table["Mean probability"] = [float(one.probabilities[:, code].mean()) for one in pooled]
    table["Observed share"] = float(truth.mean())
    table["Brier"] = [mended[one.key][0] for one in pooled]
    table["Brier, corrected"] = [mended[one.key][1] for one in pooled]
    best: tuple[int, ...] = ()
    said = [f"Of class {quoted(labels[code])}, {int(truth.sum()):,} of {counted(len(truth), 'row')}."]
    by = Stakes() if not settled.is_kept else stakes
    said += [by.decided_by, *([settled.note] if settled.note else [])]
    if truth.any() and not truth.all():
        try:
            shown = worth(_calling(pooled, calls, code), code, stakes, _costs_frame(stakes, file, run.problem), "own")
            word = "Benefit" if is_benefit(stakes) else "Cost"
            savings = (("Saved against nobody", shown.saved_nobody), ("Saved against everybody", shown.saved_everybody))
            for name, part in ((word, shown.value), *savings):
                table[f"{name} per {PER:,}"] = PER * part[:, 0]
            values = shown.value[:, 0]
            first = int(np.argmax(values) if is_benefit(stakes) else np.argmin(values))
            best = (first,)
            sides = (("nobody", shown.saved_nobody), ("everybody", shown.saved_everybody))
            saved = " and ".join(saved_in_words(PER * float(part[first, 0]), whom) for whom, part in sides)
            said.append(
                f"{'Best' if is_benefit(stakes) else 'Cheapest'} here: {names[pooled[first].key]}, at "
                f"{PER * values[first]:,.1f} per {PER:,} rows, which {saved}."
            )
            said += stakes.sentences(rule=False)
        except (CostError, TableError) as error:
            said.append(str(error))
    else:
        lacking = quoted(labels[code]) if not truth.any() else "other classes"
        said.append(f"What they cost is left out: the file has no row of {lacking} to weigh them by.")
    columns = {
        **{name: Column("whole") for name in ("Found", "Missed", "False alarms", "Correctly ignored")},
        "Mean probability": Column("percent", "", 2),
        "Observed share": Column("percent", "", 2),
        "Brier": Column("number", "", 4),
        "Brier, corrected": Column("number", "After prior correction to this file's class shares.", 4),
        **{str(name): Column("number", "", 1) for name in table.columns if str(name).endswith(f"per {PER:,}")},
    }
    return Answer("Decisions and probabilities", tuple(said), table, columns, best)


def _calling(pooled: Sequence[OutOfFold], calls: Sequence[np.ndarray], code: int) -> list[OutOfFold]:
    """Return the strategies with their decisions of a class against the rest."""
    other = 1 if code == 0 else 0
    return [replace(one, decisions=np.where(c, code, other)) for one, c in zip(pooled, calls, strict=True)]


def _costs_frame(stakes: Stakes, file: NextFile, problem: Problem) -> pd.DataFrame | None:
    if stakes.by_row is None:
        return None
    return cost_columns(stakes.by_row, file.raw, problem.table.reading)
