"""Rows beyond memory: Parquet files of a random-slopes model, fitted by `lmer(formula, data="FOLDER/*.parquet")`.

    python scale_rows.py                    # 1e5, 1e6 and 1e7 rows
    python scale_rows.py --rows 1e8         # another size; `--keep FOLDER` keeps the files

y = 1 + x1 / 2 - x2 / 4 + b0_g + b1_g x1 + e, 1e5 groups (rows / 10 where that is less), files of a million rows.
A process for each size: CPU seconds of it, wall, its peak memory, and the load of the machine when it began.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

FORMULA = "y ~ x1 + x2 + (1 + x1 | g)"
ROWS_OF_A_FILE = 1_000_000
GROUPS = 100_000

RUN = """
import json, resource, sys, time
before = time.process_time(), time.perf_counter()
import pylmer
fit = pylmer.lmer(sys.argv[1], data=sys.argv[2])
cpu, wall = time.process_time() - before[0], time.perf_counter() - before[1]
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(json.dumps({"rows": fit.nobs(), "cpu s": cpu, "wall s": wall, "peak GiB": peak, "theta": fit.theta.tolist()}))
"""


def write(folder: Path, rows: int) -> None:
    """The rows as Parquet files."""
    import pyarrow as pa
    from pyarrow import parquet

    groups = min(GROUPS, max(rows // 10, 10))
    b = np.random.default_rng(1).normal(size=(2, groups)) * [[1.0], [0.5]]
    for number, start in enumerate(range(0, rows, ROWS_OF_A_FILE)):
        n, draw = min(ROWS_OF_A_FILE, rows - start), np.random.default_rng([2, number])
        g, x1, x2 = draw.integers(0, groups, n), draw.normal(size=n), draw.normal(size=n)
        y = 1 + x1 / 2 - x2 / 4 + b[0, g] + b[1, g] * x1 + draw.normal(size=n)
        parquet.write_table(pa.table({"y": y, "x1": x1, "x2": x2, "g": g}), folder / f"{number:05}.parquet")


def measured(rows: int, folder: Path) -> dict[str, object]:
    """A fit in a process of its own."""
    if not any(folder.glob("*.parquet")):
        write(folder, rows)
    load = os.getloadavg()[0]
    ran = subprocess.run(
        [sys.executable, "-c", RUN, FORMULA, str(folder / "*.parquet")], capture_output=True, text=True, check=True
    )
    return {**json.loads(ran.stdout), "load": load}


def main() -> None:
    """The growth table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", nargs="+", type=float, default=[1e5, 1e6, 1e7])
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    print("| rows | CPU s | wall s | peak GiB | load |\n|--|--|--|--|--|")
    for rows in map(int, given.rows):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) if given.keep is None else given.keep / str(rows)
            folder.mkdir(parents=True, exist_ok=True)
            found = measured(rows, folder)
        print("| {rows:,} | {cpu s:.1f} | {wall s:.1f} | {peak GiB:.2f} | {load:.1f} |".format_map(found), flush=True)


if __name__ == "__main__":
    main()
