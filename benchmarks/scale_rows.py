"""Rows beyond memory: Parquet files fitted by `lmer(formula, data="FOLDER/*.parquet")`, and sums of sites added up.

    python scale_rows.py                                   # grouped, crossed and sites, up to 1e7 rows
    python scale_rows.py --case grouped --rows 1e5 1e6 1e7 1e8 --keep /data/rows
    python scale_rows.py --scale 0.001                     # a smoke run: rows and levels shrink

    grouped  y = 1 + x1 / 2 - x2 / 4 + b0_g + b1_g x1 + e,   1e5 groups (rows / 10 where that is less)
    crossed  y = 1 + x1 / 2 + b_u + c_i + e,                 20,000 users x 500 items (fewer below 1e6 rows)
    sites    the rows of `grouped` at four sites, each of which makes, saves and sends its sums; `difference` is that of
             the criterion to a fit of the pooled rows, relative

Files of a million rows, seeded. Each measurement in a process of its own, imports included: CPU seconds of it and its
children, wall, the peak of its memory (and of the largest child), and the load of the machine as it began. Written to
results/scale_rows.csv, where a new line replaces the old one of the same case and rows.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
ROWS_OF_A_FILE = 1_000_000
GROUPS, USERS, ITEMS, SITES = 100_000, 20_000, 500, 4
COLUMNS = ("case", "rows", "cpu", "wall", "peak", "load", "criterion", "difference", "sent", "aim")
GROUPED, CROSSED = "y ~ x1 + x2 + (1 + x1 | g)", "y ~ x1 + (1 | u) + (1 | i)"

START = """
import json, resource, sys, time
begun = time.perf_counter()
formula, files = sys.argv[1], sys.argv[2]

def said(**more):
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    cpu = sum(each.ru_utime + each.ru_stime for each in (own, children))
    peak = max(own.ru_maxrss, children.ru_maxrss) / 2**20
    print(json.dumps({"cpu": cpu, "wall": time.perf_counter() - begun, "peak": peak, **more}))

import pylmer
"""
FIT = """
fit = pylmer.lmer(formula, data=files)
said(rows=fit.nobs(), criterion=fit.optimum.value)
"""
POOL = """
import glob, os, tempfile
paths = sorted(glob.glob(files))
sites = [paths[start::4] for start in range(4)]
plan, total, sent = pylmer.plan(formula, files), 0, 0
with tempfile.TemporaryDirectory() as folder:
    for number, site in enumerate(sites):
        name = os.path.join(folder, f"site{number}.npz")
        sum(plan.sums(path) for path in site).save(name)
        total, sent = total + pylmer.PlanSums.load(name), sent + os.path.getsize(name)
fit = pylmer.lmer(plan, data=total)
said(rows=fit.nobs(), criterion=fit.optimum.value, sent=sent / 1e6)
"""


@dataclass(frozen=True)
class Case:
    """A case: how it is drawn, its formula, what is run, and what is wanted of 1e8 rows."""

    draw: Callable[[np.random.Generator, int, int], dict[str, Any]]
    formula: str
    run: str
    aim: str = ""


def grouped(draw: np.random.Generator, n: int, rows: int) -> dict[str, Any]:
    """Some of `rows` rows with random slopes."""
    groups = min(GROUPS, max(rows // 10, 10))
    b = np.random.default_rng(1).normal(size=(2, groups)) * [[1.0], [0.5]]
    g, x1, x2 = draw.integers(0, groups, n), draw.normal(size=n), draw.normal(size=n)
    y = 1 + x1 / 2 - x2 / 4 + b[0, g] + b[1, g] * x1 + draw.normal(size=n)
    return {"y": y, "x1": x1, "x2": x2, "g": g}


def crossed(draw: np.random.Generator, n: int, rows: int) -> dict[str, Any]:
    """Some of `rows` ratings."""
    share = min(1.0, (rows / 1e6) ** 0.5)
    users, items = max(int(USERS * share), 10), max(int(ITEMS * share), 5)
    effects = np.random.default_rng(1)
    b, c = effects.normal(size=users), effects.normal(size=items) / 2
    u, i, x1 = draw.integers(0, users, n), draw.integers(0, items, n), draw.normal(size=n)
    return {"y": 1 + x1 / 2 + b[u] + c[i] + draw.normal(size=n), "x1": x1, "u": u, "i": i}


CASES = {
    "grouped": Case(grouped, GROUPED, FIT, "1e8: 30 CPU-s, 0.6 GiB"),
    "crossed": Case(crossed, CROSSED, FIT, "1e8: 40 CPU-s, 2 GiB"),
    "sites": Case(grouped, GROUPED, POOL, "difference 1e-8"),
}
DEFAULT = {"grouped": [1e5, 1e6, 1e7], "crossed": [1e6, 1e7], "sites": [1e6]}


def write(folder: Path, case: Case, rows: int, files: int = 1) -> None:
    """The rows as Parquet files, at least so many."""
    import pyarrow as pa
    from pyarrow import parquet

    most = min(ROWS_OF_A_FILE, -(-rows // files))
    for number, start in enumerate(range(0, rows, most)):
        columns = case.draw(np.random.default_rng([2, number]), min(most, rows - start), rows)
        parquet.write_table(pa.table(columns), folder / f"{number:05}.parquet")


def measured(name: str, rows: int, folder: Path) -> dict[str, Any]:
    """A case in a process of its own."""
    case = CASES[name]
    if not any(folder.glob("*.parquet")):
        write(folder, case, rows, SITES if name == "sites" else 1)
    pattern = str(folder / "*.parquet")
    found = {"case": name, "aim": case.aim, "load": round(os.getloadavg()[0], 1), **ran(case, case.run, pattern)}
    if name == "sites":
        pooled = ran(case, FIT, pattern)["criterion"]
        found["difference"] = abs(found["criterion"] - pooled) / abs(pooled)
    return found


def ran(case: Case, code: str, pattern: str) -> dict[str, Any]:
    """What a program says of itself."""
    command = [sys.executable, "-c", START + code, case.formula, pattern]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    found: dict[str, Any] = json.loads(said)
    return found


def save(path: Path, found: dict[str, Any]) -> None:
    """Write a line among those that are there, in place of an older one."""
    lines: list[dict[str, Any]] = []
    if path.exists():
        with path.open(newline="") as file:
            lines = [each for each in csv.DictReader(file) if (each["case"], each["rows"]) != key(found)]
    lines.append({column: written(found.get(column, "")) for column in COLUMNS})
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(lines, key=lambda each: (each["case"], int(each["rows"]))))


def key(found: dict[str, Any]) -> tuple[str, str]:
    """What a line is about."""
    return found["case"], str(found["rows"])


def written(value: Any) -> Any:
    """Four digits of what was measured."""
    return value if not isinstance(value, float) else f"{value:.10g}" if abs(value) > 1e4 else f"{value:.4g}"


def main() -> None:
    """Run the cases; print and write a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--rows", nargs="+", type=float, help="default: those of each case")
    parser.add_argument("--scale", type=float, default=1.0, help="rows are so many times as many")
    parser.add_argument("--keep", type=Path, help="a folder for the files, which are used again if they are there")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "scale_rows.csv")
    given = parser.parse_args()
    print("| case | rows | CPU s | wall s | peak GiB | load | difference |\n|--|--|--|--|--|--|--|")
    for name in given.case:
        for rows in (int(each * given.scale) for each in given.rows or DEFAULT[name]):
            with tempfile.TemporaryDirectory() as scratch:
                folder = Path(scratch) if given.keep is None else given.keep / name / str(rows)
                folder.mkdir(parents=True, exist_ok=True)
                found = measured(name, rows, folder)
            shown = f"{found['difference']:.0e}" if "difference" in found else ""
            line = "| {case} | {rows:,} | {cpu:.1f} | {wall:.1f} | {peak:.2f} | {load} | ".format_map(found)
            print(f"{line}{shown} |", flush=True)
            save(given.out, found)


if __name__ == "__main__":
    main()
