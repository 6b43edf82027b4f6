"""glmer against lme4's default and Python's other packages: interleaved rounds, CPU and wall seconds, one thread.

    python glmm_compare.py [--rounds 5] [--slow-rounds 1] [--only NAME ...] [--without PROGRAM ...] [--out results]
    python glmm_compare.py --table                                 # the table of the runs that are there

Each round starts every program once, in turn, in a process of its own. `pylmer` is the fit alone; `pylmer + vcov` has
its exact covariance of the coefficients too, which lme4 and most others compute with every fit. Of a slow problem the
other programs run `--slow-rounds` times. Runs are added to glmm_compare_runs.csv as they end, with the load of the
machine at their start; a problem's new runs replace its old ones, with `--add` they join them. The table
(glmm_compare.csv, glmm_compare.md) has the medians, and ratios of CPU seconds, which a busy machine leaves nearly as
they are. `PYLMER_BENCH_PYTHON` names the Python of the other packages.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from compare import OTHER_PYTHON, bounded, once, written
from glmm_problems import BY_NAME, PEERS
from problems import Problem

HERE = pathlib.Path(__file__).resolve().parent
THREADS = ("OPENBLAS", "OMP", "MKL", "NUMEXPR", "RAYON")
LIMIT = 240  # CPU seconds that a package of Python's may take
COMMANDS = {
    "pylmer": [sys.executable, str(HERE / "run_glmer.py")],
    "pylmer + vcov": [sys.executable, str(HERE / "run_glmer.py"), "vcov"],
    "lme4": ["Rscript", str(HERE / "run_glmer.R")],
    **{peer: [OTHER_PYTHON, str(HERE / "run_peers.py"), peer] for peer in PEERS},
}
COLUMNS = ["problem", "program", "round", "seconds", "cpu", "load", "criterion", "evaluations", "peak", "megabytes"]
COLUMNS += ["beta", "se", "failed"]


def limited(program: str, about: pathlib.Path) -> dict[str, Any]:
    """One run; a package that fails or takes too long says so instead of figures."""
    return bounded(COMMANDS[program], about, LIMIT) if program in PEERS else once(COMMANDS[program], about)


def measure(
    problem: Problem, programs: list[str], rounds: int, slow: int, folder: pathlib.Path
) -> Iterator[dict[str, Any]]:
    """The runs of one problem, as they end."""
    about = written(problem, folder, "lme4" in programs)
    lines: list[dict[str, Any]] = []
    for turn in range(rounds):
        for program in programs:
            if (problem.slow and not program.startswith("pylmer") and turn >= slow) or failed(lines, program):
                continue
            found = {"problem": problem.name, "program": program, "round": turn + 1, "load": os.getloadavg()[0]}
            found |= limited(program, about) | {"program": program}
            lines.append({name: found.get(name) for name in COLUMNS})
            print(*(f"{name}={found.get(name)}" for name in COLUMNS[:6]), file=sys.stderr, flush=True)
            yield lines[-1]


def failed(lines: list[dict[str, Any]], program: str) -> bool:
    return any(line["program"] == program and line["failed"] for line in lines)


def numbers(text: Any) -> np.ndarray:
    """A list of numbers from its text, empty where there is none."""
    return np.array(str(text).strip("[]").split(","), float) if isinstance(text, str) and text else np.empty(0)


def apart(beta: np.ndarray, other: np.ndarray, se: np.ndarray) -> float | None:
    """The largest distance of two programs' coefficients in lme4's standard errors."""
    fits = len(beta) and len(beta) == len(other) == len(se)
    return float(np.max(np.abs(beta - other) / se)) if fits else None


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """Medians by problem and program, ratios of CPU and wall, distance of the coefficients from pylmer's and lme4's."""
    lines = []
    for problem, of_problem in runs.groupby("problem", sort=False):
        by_program = dict(iter(of_problem.groupby("program", sort=False)))
        middle = of_problem.groupby("program")[["seconds", "cpu"]].median()
        R = by_program.get("lme4", of_problem.iloc[:0]).iloc[:1]
        se, theirs = (numbers(R[name].iloc[0]) if len(R) else np.empty(0) for name in ("se", "beta"))
        ours = numbers(by_program["pylmer"]["beta"].iloc[0])
        for program, some in by_program.items():
            beta = numbers(some["beta"].iloc[-1])
            line: dict[str, Any] = {"problem": problem, "program": program, "rounds": len(some)}
            line |= {name: some[name].median() for name in ("seconds", "cpu", "load")}
            for base in ("pylmer", "pylmer + vcov"):
                if base in middle.index:
                    line[f"cpu / {base}"] = line["cpu"] / middle.loc[base, "cpu"]
            line["wall / pylmer"] = line["seconds"] / middle.loc["pylmer", "seconds"]
            line["asked"] = BY_NAME[str(problem)].wanted if program == "lme4" else None
            line |= {name: some[name].iloc[-1] for name in ("criterion", "evaluations", "failed")}
            line |= {name: some[name].median() for name in ("peak", "megabytes")}
            line |= {"se from pylmer": apart(beta, ours, se), "se from lme4": apart(beta, theirs, se)}
            lines.append(line)
    return pd.DataFrame(lines)


def shown(value: Any, form: str) -> str:
    return "" if value is None or value != value else format(value, form)


def markdown(found: pd.DataFrame) -> str:
    """The table, and how it was measured."""
    forms = {
        "cpu": ".3g", "seconds": ".3g", "cpu / pylmer": ".3g", "cpu / pylmer + vcov": ".3g", "wall / pylmer": ".3g",
        "asked": "g", "criterion": ".4f", "se from pylmer": ".1e", "se from lme4": ".1e", "evaluations": ".0f",
        "peak": ".0f", "megabytes": ".0f", "load": ".1f", "rounds": "d",
    }  # fmt: skip
    heads = {"cpu": "CPU s", "seconds": "wall s", "peak": "peak MB", "megabytes": "MB above data"}
    columns = ["problem", "program", *(heads.get(name, name) for name in forms)]
    rows = [f"| {' | '.join(columns)} |", "|--" * len(columns) + "|"]
    for line in found.to_dict("records"):
        if isinstance(line["failed"], str):
            cells = [f"failed: {line['failed']}".replace("|", "\\|"), *[""] * (len(forms) - 1)]
        else:
            cells = [shown(line.get(name), form) for name, form in forms.items()]
        rows.append(f"| {line['problem'].replace('|', chr(92) + '|')} | {line['program']} | {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def version(python: str, package: str) -> str:
    ask = f"import importlib.metadata as m; print(m.version({package!r}))"
    done = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "not installed"


def conditions(runs: pd.DataFrame) -> str:
    """What the figures are of: versions, machine, threads, load."""
    ask = 'cat(R.version$major, R.version$minor, "lme4", as.character(packageVersion("lme4")))'
    R = subprocess.run(["Rscript", "-e", ask], capture_output=True, text=True, check=False).stdout
    models = [t.split(":")[1].strip() for t in open("/proc/cpuinfo") if t.startswith("model name")]  # noqa: SIM115
    peers = ", ".join(f"{peer} {version(OTHER_PYTHON, peer)}" for peer in PEERS)
    return (
        f"\n{time.strftime('%Y-%m-%d')}, {len(models)} cores ({models[0]}), each program on one thread; load at the "
        f"start of a run {runs['load'].min():.1f} to {runs['load'].max():.1f}. Python {platform.python_version()}, "
        f"numpy {np.__version__}, scipy {importlib.metadata.version('scipy')}; R {R}; {peers}.\n"
    )


def row_passes(file: pathlib.Path) -> str:
    """What `glmm_row_pass.py` has measured, in words."""
    if not file.exists():
        return ""
    found = pd.read_csv(file)
    lines = (
        f"| {line['family']} | {line['rows']:,} | {line['median ms']:.1f} | {line['smallest ms']:.1f} "
        f"| {line['limit']:.0f} | {line['load']:.1f} |\n"
        for line in found.to_dict("records")
    )
    head = "\n| a pass over the rows | rows | median CPU ms | smallest | asked: below | load |\n|--|--|--|--|--|--|\n"
    return head + "".join(lines)


def write_table(out: pathlib.Path) -> None:
    runs = pd.read_csv(out / "glmm_compare_runs.csv")
    runs["order"] = runs["problem"].map({name: k for k, name in enumerate(BY_NAME)})
    runs = runs.sort_values("order", kind="stable")
    found = table(runs)
    found.to_csv(out / "glmm_compare.csv", index=False)
    (out / "glmm_compare.md").write_text(markdown(found) + conditions(runs) + row_passes(out / "glmm_row_pass.csv"))
    print(markdown(found))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--slow-rounds", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=list(BY_NAME))
    parser.add_argument("--without", nargs="*", default=[])
    parser.add_argument("--add", action="store_true")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "results")
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "pylmer-benchmarks")
    given = parser.parse_args()
    os.environ.update({f"{name}_NUM_THREADS": "1" for name in THREADS} | {"POLARS_MAX_THREADS": "1"})
    given.out.mkdir(parents=True, exist_ok=True)
    kept = given.out / "glmm_compare_runs.csv"
    for name in [] if given.table else given.only:
        problem = BY_NAME[name]
        ours = ["pylmer", "pylmer + vcov"] if problem.work == "fit" else ["pylmer"]
        programs = [program for program in (*ours, *problem.against) if program not in given.without]
        if kept.exists() and not given.add:
            old = pd.read_csv(kept)
            old[old["problem"] != name].to_csv(kept, index=False)
        for line in measure(problem, programs, given.rounds, given.slow_rounds, given.data):
            pd.DataFrame([line]).to_csv(kept, mode="a", header=not kept.exists(), index=False)
    write_table(given.out)


if __name__ == "__main__":
    main()
