"""Why a run's networks decide as they do: worked out once, kept, and said in sentences and a table."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from core.asking import add_functions, results_of
from core.charts.lines import Axis, strategy_lines
from core.charts.slices import slice_points
from core.evaluation.errors import row_errors
from core.evaluation.importance import importance_ends
from core.evaluation.outoffold import OutOfFold
from core.evaluation.shown import NAMED
from core.experiment.importance import Why, explain, tuned_by_fold
from core.reporting.display import Drawing, shown_class
from core.reporting.questions import Answer, Column, told_apart
from core.reporting.results import Results
from core.runs.reasons import keep_why, kept_why
from core.runs.store import Store, StoreError, runs_folder
from core.words import TableError, joined, quoted, which_there_are

TITLE = "Importance"
_SHOWN = 12


def hard_rows(pooled: Sequence[OutOfFold], most: int = 300) -> np.ndarray:
    """Return the rows that most strategies get wrong, most confidently wrong first.

    Examples
    --------
    >>> from core.evaluation.outoffold import out_of_fold
    >>> from core.evaluation.sample import sample_run
    >>> hard_rows(out_of_fold(sample_run().comparison), most=3).tolist()
    [13, 7, 5]
    """
    errors = row_errors(pooled)
    order = np.lexsort((errors.belief, -errors.wrong))
    return errors.rows[order[: min(most, int((errors.wrong > 0).sum()))]]


def importance_answer(why: Why, results: Results) -> Answer:
    """Return which columns count, strategy by strategy, as sentences, a table and a figure.

    Examples
    --------
    >>> from core.evaluation.sample import sample_run
    >>> lost = np.array([[[0.3, 0.2]], [[0.1, 0.2]]])
    >>> why = Why(("plain", "smote"), ("age",), np.ones((2, 2)), lost, ((),), (np.zeros((3, 2, 0)),), np.zeros(0, int),
    ...           np.zeros((2, 0, 1)), ())
    >>> importance_answer(why, Results(sample_run().problem, sample_run().folds)).sentences[0]
    'Permuting `age` costs most: 0.250 of average precision under Plain network.'
    """
    names = results.names
    value, low, high = importance_ends(why.lost, results.plan.split.folds)
    order = np.argsort(-value.max(axis=0), kind="stable")
    rows = [
        (why.columns[c], names[key], value[s, c], low[s, c], high[s, c])
        for c in order
        for s, key in enumerate(why.keys)
    ]
    table = pd.DataFrame(rows, columns=["Column", "Strategy", "Lost", "Low", "High"])
    if not why.keys or not why.columns:
        return Answer(TITLE, ("No strategy has networks on all of these folds.",), table, notes=why.notes)
    top = int(order[0])
    best = int(value[:, top].argmax())
    said = [
        f"Permuting {quoted(why.columns[top])} costs most: {value[best, top]:.3f} of average precision under "
        f"{names[why.keys[best]]}."
    ]
    nothing = [why.columns[c] for c in order if np.nanmax(high[:, c]) < 0.005]
    if nothing:
        said.append(f"Next to nothing is lost without {joined([quoted(one) for one in nothing], most=6)}.")
    spread = value.max(axis=0) - value.min(axis=0)
    if len(why.keys) > 1:
        at = int(spread.argmax())
        more, less = int(value[:, at].argmax()), int(value[:, at].argmin())
        said.append(
            f"Strategies differ most on {quoted(why.columns[at])}: {value[more, at]:.3f} under "
            f"{names[why.keys[more]]}, {value[less, at]:.3f} under {names[why.keys[less]]}."
        )
    shown = order[:_SHOWN]
    drawn = [s for s, key in enumerate(why.keys) if len(why.keys) <= NAMED + 2 or key in told_apart(results)]
    measures = {names[why.keys[s]]: (value[s, shown], low[s, shown], high[s, shown]) for s in drawn}
    figure = slice_points(
        [why.columns[c] for c in shown], measures, Axis("Average precision lost", ".3f"),
        keys=[why.keys[s] for s in drawn],
    )  # fmt: skip
    caption = f"The {len(shown)} columns that count most: what is lost on test rows where the column is permuted."
    columns = {
        "Lost": Column("number", "Average precision lost where the column is permuted among test rows.", 4),
        "Low": Column("number", "95% interval over folds.", 4),
        "High": Column("number", "95% interval over folds.", 4),
    }
    return Answer(
        TITLE, tuple(said), table, columns, drawings=(Drawing("Importance", caption, figure),), notes=why.notes
    )


def effect_drawing(why: Why, results: Results, column: str) -> Drawing | None:
    """Return the effect curve of a column by strategy, with its quartiles over rows; None where it has none.

    See Also
    --------
    importance_answer : Which columns count.
    """
    place = why.columns.index(column)
    mean, low, high = why.effects[place]
    grid = why.grids[place]
    if not grid:
        return None
    x = np.arange(len(grid), dtype=float)
    figure = strategy_lines(
        why.keys, results.names, x, mean, (Axis(column, ".0f"), Axis("Mean probability", ".3f")), ends=(low, high),
        named=told_apart(results) if len(why.keys) > NAMED + 2 else None,
    )  # fmt: skip
    figure.update_xaxes(tickvals=x, ticktext=[one[:18] for one in grid])
    caption = (
        "Mean probability of the class where every row has this value (partial dependence), with the middle half of "
        "the rows as a band."
    )
    return Drawing(f"Effect of {column}", caption, figure)


def pushes_table(why: Why, row: int, strategy: str) -> pd.DataFrame:
    """Return how far each column pushed a row's probability under a strategy, the farthest first.

    Examples
    --------
    >>> why = Why(("plain",), ("age", "sex"), np.ones((1, 2)), np.zeros((1, 2, 2)), ((), ()), (), np.array([5]),
    ...           np.array([[[0.1, -0.3]]]), ())
    >>> pushes_table(why, 5, "plain").to_numpy().tolist()
    [['sex', -0.3], ['age', 0.1]]
    """
    at = int(np.flatnonzero(why.rows == row)[0])
    pushed = why.pushes[why.keys.index(strategy), at]
    order = np.argsort(-np.abs(pushed), kind="stable")
    return pd.DataFrame({"Column": [why.columns[c] for c in order], "Push": pushed[order]})


def worked_out(
    store: Store,
    results: Results,
    pooled: Sequence[OutOfFold],
    together: bool,
    code: int,
    report: Callable[[float, str], None] | None = None,
) -> Why:
    """Return what is kept, else work it out in this process and keep it."""
    kept = kept_why(store, results.run_id, code, together)
    if kept is None:
        kept = explain(
            results.table, results.plan, code, hard_rows(pooled) if pooled else np.zeros(0, np.int64), together,
            tuned_by_fold(results.folds), report,
        )  # fmt: skip
        keep_why(store, results.run_id, code, together, kept)
    return kept


def main(arguments: Sequence[str]) -> int:
    """Say on the command line which columns count in a kept run, and return the exit code."""
    from core.evaluation.outoffold import out_of_fold

    parser = argparse.ArgumentParser(
        prog="python -m core why", description="Say which columns each strategy of a kept run looks at."
    )
    parser.add_argument("run", metavar="RUN", help="a run's id, or its name in History")
    parser.add_argument("--class", dest="label", help="the class that is looked for (default: positive or smallest)")
    parser.add_argument("--together", action="store_true", help="permute columns together that mean the same")
    add_functions(parser)
    parser.add_argument("--runs", type=Path, metavar="FOLDER", help="where runs are kept (default: the app's folder)")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    given = parser.parse_args(list(arguments))
    store = Store(given.runs or runs_folder())
    try:
        results = results_of(store, given.run, given.network)
    except (StoreError, TableError) as problem:
        print(problem, file=sys.stderr)
        return 2
    labels = results.target.labels
    if given.label is not None and given.label not in labels:
        print(
            f"There is no class '{given.label[:60]}': {which_there_are(given.label, labels, 'choose one of')}",
            file=sys.stderr,
        )
        return 2
    code = shown_class(results.comparison) if given.label is None else labels.index(given.label)
    why = worked_out(store, results, out_of_fold(results.decided), given.together, code)
    answer = importance_answer(why, results)
    print(json.dumps(answer.as_json(), ensure_ascii=False) if given.json else answer)
    return 0
