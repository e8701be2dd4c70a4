"""What a kept run's decisions cost, settled on the command line."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from core.asking import results_of
from core.cost_options import add_costs, stakes_from
from core.decision.costs import CostError
from core.decision.stakes import Stakes
from core.experiment.capacity import top_rows
from core.plan import PlanError
from core.reporting.questions import QuestionError
from core.runs.stakes import keep_stakes
from core.runs.store import Store, StoreError, runs_folder
from core.settings import CapacitySettings
from core.words import TableError


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise QuestionError(f"{message[:1].upper()}{message[1:]}; see python -m core settle --help.")


def main(arguments: Sequence[str]) -> int:
    """Settle on the command line what a kept run's decisions cost, and return the exit code."""
    parser = _Parser(
        prog="python -m core settle",
        description="Settle what a kept run's decisions cost, how rows are decided, and how many can be looked at. The "
        "recommendation, the report, the card and the export follow it; what is not given stays as it was.",
    )
    parser.add_argument("run", metavar="RUN", help="a run's id, or its name in History")
    add_costs(parser)
    parser.add_argument(
        "--capacity", metavar="ROWS[/PERIOD]", help="rows that can be looked at: 50 of 1,000, or 50/day"
    )
    parser.add_argument("--anew", action="store_true", help="forget what was settled before")
    parser.add_argument("--runs", type=Path, metavar="FOLDER", help="where runs are kept (default: the app's folder)")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    try:
        given = parser.parse_args(list(arguments))
        store = Store(given.runs or runs_folder())
        results = results_of(store, given.run)
        stakes = stakes_from(given, Stakes() if given.anew else results.stakes, lambda: results.problem)
        if given.capacity is not None:
            capacity = CapacitySettings.read(given.capacity)
            top_rows(results.problem, capacity)
            stakes = replace(stakes, capacity=None if capacity == results.plan.capacity else capacity)
        keep_stakes(store, results.run_id, stakes)
    except (CostError, PlanError, QuestionError, StoreError, TableError) as problem:
        print(problem, file=sys.stderr)
        return 2
    advice = replace(results, stakes=stakes).advice
    if given.json:
        said = {"run": results.run_id, "settled": list(stakes.sentences())}
        recommended = None if advice is None else {"strategy": advice.key, "sentences": list(advice.sentences)}
        print(json.dumps({**said, "recommendation": recommended}, ensure_ascii=False))
        return 0
    said_now = stakes.sentences() or ("Nothing is settled: each strategy decides by its own rule.",)
    print("\n".join([*said_now, *(() if advice is None else (advice.headline.replace("`", "'"),))]))
    return 0
