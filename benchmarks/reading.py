"""How long a million rows take to read, and how much memory, as a multiple of the file's size.

The file has 1,000,000 rows x 30 columns: 22 floats, four whole numbers, three texts and a class. It
is read as an upload is, from a path, in a fresh process; memory is that process's peak resident size
minus what it held after its imports, over the file's size. The file's own pages count where they
are mapped, as the kernel counts them.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks._memory import peak_memory
from benchmarks._print import parser, show

ROWS, COLUMNS = 1_000_000, 30


def make(rows: int, folder: Path, seed: int = 0) -> None:
    """Write a table of ``rows`` x 30, with the types that people upload, as ``made.csv`` and ``made.parquet``."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import pyarrow.csv as pacsv
    import pyarrow.parquet as parquet

    rng = np.random.default_rng(seed)
    columns: dict[str, np.ndarray] = {f"amount {i}": rng.normal(0, 100, rows).round(4) for i in range(22)}
    columns |= {f"count {i}": rng.integers(0, 10_000, rows) for i in range(4)}
    for name, levels in (("country", 40), ("device", 6), ("campaign", 500)):
        columns[name] = np.array([f"{name} {i}" for i in range(levels)])[rng.integers(0, levels, rows)]
    columns["clicked"] = np.where(rng.random(rows) < 0.01, "yes", "no")
    table = pa.Table.from_pandas(pd.DataFrame(columns), preserve_index=False)
    pacsv.write_csv(table, folder / "made.csv")
    parquet.write_table(table, folder / "made.parquet")


def read_once(path: Path) -> tuple[float, int]:
    """Return the seconds and the peak bytes above the imports of reading a file here and now."""
    from core.data.table import read_table
    from core.data.target import suggest_target

    # The libraries' first call loads code; that is no part of the table.
    suggest_target(read_table(b"a,b,c\n" + b"".join(b"%d.5,x%d,%d\n" % (i, i % 3, i % 2) for i in range(50)), "warm"))
    before = _resident()
    began = time.perf_counter()
    table = read_table(path)
    seconds = time.perf_counter() - began
    assert table.frame.shape[1] == COLUMNS
    return seconds, peak_memory() - before


def _resident() -> int:
    """Return the bytes resident now; the peak so far where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return peak_memory()


def _apart(*arguments: str) -> list[str]:
    """Run this module in a process of its own, started from a small one, since a child inherits its parent's peak."""
    command = [sys.executable, "-m", "benchmarks.reading", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=Path(__file__).parents[1])
    return done.stdout.split()


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--rows", type=int, default=ROWS)
    arguments.add_argument("--read", type=Path, help="read this file, print seconds and peak bytes, and no more")
    arguments.add_argument("--make", type=Path, help="write the file as CSV and Parquet here, and no more")
    options = arguments.parse_args()
    if options.read is not None:
        print(*read_once(options.read))
        return
    if options.make is not None:
        make(options.rows, options.make)
        return
    with tempfile.TemporaryDirectory() as folder:
        text, columnar = Path(folder) / "made.csv", Path(folder) / "made.parquet"
        _apart("--make", folder, "--rows", str(options.rows))
        sizes = {path: path.stat().st_size for path in (text, columnar)}
        measured = {path: tuple(map(float, _apart("--read", str(path)))) for path in (text, columnar)}
    megabytes = {path: size / 1e6 for path, size in sizes.items()}
    seconds, peak = measured[text][0], measured[text][1] / sizes[text]
    parquet_seconds, parquet_peak = measured[columnar][0], measured[columnar][1] / sizes[columnar]
    figures = {
        "seconds": seconds,
        "peak_over_size": peak,
        "csv_mb": megabytes[text],
        "parquet_seconds": parquet_seconds,
        "parquet_peak_over_size": parquet_peak,
        "parquet_mb": megabytes[columnar],
    }
    rows = [
        (f"CSV of {options.rows:,} rows x {COLUMNS}, {megabytes[text]:.0f} MB", f"{seconds:6.2f} s"),
        ("its peak memory over the file's size", f"{peak:6.2f}"),
        (f"the same as Parquet, {megabytes[columnar]:.0f} MB", f"{parquet_seconds:6.2f} s"),
        ("its peak memory over the file's size", f"{parquet_peak:6.2f}"),
    ]
    show(figures, rows, as_json=options.json)


if __name__ == "__main__":
    main()
