"""Thousands of odd files through the reader, the profile and the plan: each is read, or refused in one sentence.

Hypothesis makes the files: encodings, separators, ragged rows, odd types, huge integers, labels that
are missing, empty columns, dates, hostile text, archives within archives, damaged bytes.
"""

from __future__ import annotations

import time
import traceback
import warnings
from collections import Counter

from benchmarks._print import parser, show

FILES = 2_000


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--files", type=int, default=FILES)
    arguments.add_argument("--seed", type=int, default=0)
    options = arguments.parse_args()
    warnings.simplefilter("ignore")
    from hypothesis import HealthCheck, Phase, given, seed, settings

    from benchmarks._odd_files import files, outcome

    counts: Counter[str] = Counter()
    failures: dict[str, tuple[bytes, str]] = {}

    # A failure is counted and the search goes on: the figure is of all files.
    @seed(options.seed)
    @settings(
        max_examples=options.files, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(files())
    def look(data: bytes) -> None:
        counts["files"] += 1
        try:
            counts["read" if outcome(data) == "read" else "refused"] += 1
        except Exception as error:
            counts["tracebacks"] += 1
            where = traceback.extract_tb(error.__traceback__)
            inner = next((f for f in reversed(where) if "/core/" in f.filename), where[-1])
            failures.setdefault(f"{type(error).__name__} at {inner.name}:{inner.lineno}", (data, str(error)[:300]))

    began = time.perf_counter()
    look()
    figures = {name: counts[name] for name in ("files", "tracebacks", "read", "refused")}
    rows = [
        ("files tried", f"{counts['files']:,}"),
        ("read, profiled and planned", f"{counts['read']:,} ({counts['read'] / max(1, counts['files']):.0%})"),
        ("refused in one sentence", f"{counts['refused']:,} ({counts['refused'] / max(1, counts['files']):.0%})"),
        ("tracebacks", f"{counts['tracebacks']:,}"),
        *((name, f"{message} {data[:200]!r}") for name, (data, message) in failures.items()),
        ("time", f"{time.perf_counter() - began:.0f} s"),
    ]
    show(figures, rows, as_json=options.json)
    if counts["tracebacks"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
