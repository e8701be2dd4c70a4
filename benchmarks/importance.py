"""How long it takes to say which columns count: ten strategies on the default network, 284,807 made transactions.

What is timed is what a person waits for who presses "Work it out", on a worker that has loaded its libraries. The
sample that it works on is named on the page, and here.
"""

from __future__ import annotations

import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from benchmarks._print import parser, show
from benchmarks._scale import TWELVE
from benchmarks.card_fraud import ROWS, TARGET, make

STRATEGIES = 10


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--rows", type=int, default=ROWS)
    options = arguments.parse_args()

    import numpy as np

    from core.data.problem import Problem
    from core.data.table import from_frame
    from core.experiment.importance import explain
    from core.networks.presets import training_rows, with_default_network
    from core.plan import Plan, StrategyChoice
    from core.training.lanes import warm_up

    table = from_frame(make(options.rows, frauds=max(60, round(options.rows * 492 / ROWS))), "made")
    plan = Plan(TARGET, tuple(StrategyChoice.of(key) for key in TWELVE[:STRATEGIES]))
    plan = with_default_network(plan, training_rows(options.rows, plan))
    frauds = np.flatnonzero(Problem.of(table, plan).target.codes == 1)
    warm_up()
    began, spent = time.perf_counter(), time.process_time()
    why = explain(table, plan, 1, frauds)
    seconds, processor = time.perf_counter() - began, time.process_time() - spent
    figures = {
        "rows": options.rows,
        "columns": len(why.columns),
        "strategies": len(why.keys),
        "seconds": seconds,
        "processor_seconds": processor,
    }
    rows = [
        (f"{len(why.keys)} strategies, {len(why.columns)} columns, {options.rows:,} rows", f"{seconds:6.1f} s"),
        ("processor time of that", f"{processor:6.1f} s"),
        *(("", note) for note in why.notes),
    ]
    show(figures, rows, as_json=options.json)


if __name__ == "__main__":
    main()
