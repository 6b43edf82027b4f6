"""pylmer beside Python's other packages for mixed models and lme4: interleaved rounds, one thread, CPU and wall time.

    python peers.py --environments FOLDER [--rounds 5] [--only NAME ...] [--out results] [--data FOLDER]
    python peers.py --table                                        # the table of the runs that are there

Every package has a virtual environment of its own in the folder, made from PyPI when it is not there. Packages are run,
none of their source is read. Each round starts every program once, in turn, in a process of its own; whole calls, from
data frame to fit, after a warm-up. `cold` is a process that imports the package and fits sleepstudy, imports included.
What a package cannot do, or how far its coefficients are from lme4's, in lme4's standard errors, stands in the table.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from typing import Any

import numpy as np
import pandas as pd
from compare import bounded, once, written
from glmm_problems import BY_NAME as GENERALIZED
from problems import BY_NAME as LINEAR
from problems import Problem

HERE = pathlib.Path(__file__).resolve().parent
THREADS = ("OPENBLAS", "OMP", "MKL", "NUMEXPR", "RAYON", "POLARS_MAX")
LIMIT = 270  # CPU seconds that a package may take
NEEDED = {
    "glmm": ["glmm==0.6.2", "pandas", "pyarrow"],
    "lme-python": ["lme-python==0.2.7", "pandas", "polars", "pyarrow"],
    "mixedlm": ["mixedlm==1.3.0", "pandas", "pyarrow"],
    "gpboost": ["gpboost", "pandas", "pyarrow"],
}
MODULES = {"glmm": "glmm", "lme-python": "lme_python", "mixedlm": "mixedlm", "pylmer": "pylmer"}
ALL = ("lme4", "glmm", "lme-python", "mixedlm")
AGAINST = {  # problem -> programs beside pylmer
    "sleepstudy": ALL,
    "1e5 (1+x|g)": ALL,
    "million (1|g)": ALL,
    "InstEval": (*ALL, "gpboost"),
    "cbpp": ("lme4", "glmm"),
    "Contraception": ALL,
    "grouseticks": ALL,
    "VerbAgg": ALL,
    "1e5 binary (1|g)": ALL,
}
AIM = {("sleepstudy", "lme4"): 5, ("sleepstudy", "glmm"): 0.25, ("1e5 (1+x|g)", "glmm"): 1.25}
AIM |= {("million (1|g)", "glmm"): 2.5, ("InstEval", "glmm"): 4, ("cold", "lme4"): 1.67}
COLUMNS = ["problem", "program", "round", "cpu", "seconds", "peak", "criterion", "load", "beta", "se", "failed"]
COLD = {
    "pylmer": "import pylmer; pylmer.lmer('Reaction ~ Days + (Days | Subject)', d)",
    "glmm": "import glmm; glmm.fit(d, 'Reaction ~ Days + (Days | Subject)')",
    "lme-python": "import lme_python as l, polars; l.lmer('Reaction ~ Days + (Days | Subject)', polars.from_pandas(d))",
    "mixedlm": "import mixedlm; mixedlm.lmer('Reaction ~ Days + (Days | Subject)', d)",
}
COLD_R = (
    "suppressMessages(library(lmerTest)); d <- read.csv(commandArgs(TRUE)[1]); "
    "d$Subject <- factor(d$Subject); f <- lmer(Reaction ~ Days + (Days | Subject), d)"
)


def environment(package: str, folder: pathlib.Path) -> str:
    """The Python of a package's own environment, made if it is not there."""
    python = folder / package / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder / package)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *NEEDED[package]], check=True)
    return str(python)


def runner(program: str, problem: Problem, folder: pathlib.Path) -> list[str]:
    """The command that runs a program on a problem."""
    kind = "glmer" if problem.family else "lme4"
    if program == "lme4":
        return ["Rscript", str(HERE / f"run_{kind}.R")]
    if program == "pylmer":
        return [sys.executable, str(HERE / ("run_glmer.py" if problem.family else "run_pylmer.py"))]
    return [environment(program, folder), str(HERE / "run_peers.py"), program]


def one_run(program: str, problem: Problem, about: pathlib.Path, folder: pathlib.Path) -> dict[str, Any]:
    command = runner(program, problem, folder)
    return once(command, about) if program in ("pylmer", "lme4") else bounded(command, about, LIMIT)


def cold_run(program: str, folder: pathlib.Path, csv: pathlib.Path) -> dict[str, Any]:
    """A process that imports and fits once: CPU seconds of it and what it starts."""
    read = f"import pandas; d = pandas.read_csv({str(csv)!r}); d['Subject'] = d['Subject'].astype(str); "
    if program == "lme4":
        command = ["Rscript", "-e", COLD_R, str(csv)]
    else:
        python = sys.executable if program == "pylmer" else environment(program, folder)
        command = [python, "-c", read + COLD[program]]
    before, start = os.times(), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    after, wall = os.times(), time.perf_counter() - start
    cpu = sum(after[2:4]) - sum(before[2:4])
    return {"cpu": cpu, "seconds": wall} if not done.returncode else {"failed": done.stderr.splitlines()[-1][:200]}


def measured(name: str, rounds: int, folder: pathlib.Path, data: pathlib.Path) -> list[dict[str, Any]]:
    """The runs of one problem."""
    programs = ("pylmer", *AGAINST.get(name, ALL))
    if name == "cold":
        from pylmer import datasets

        data.mkdir(parents=True, exist_ok=True)
        csv = data / "cold_sleepstudy.csv"
        datasets.load("sleepstudy").to_csv(csv, index=False)
        asked = {program: (lambda program=program: cold_run(program, folder, csv)) for program in programs}
    else:
        problem = {**LINEAR, **GENERALIZED}[name]
        about = written(problem, data, True)
        asked = {program: (lambda program=program: one_run(program, problem, about, folder)) for program in programs}
    lines: list[dict[str, Any]] = []
    for turn in range(rounds):
        for program, run in asked.items():
            if any(line["program"] == program and line["failed"] for line in lines):
                continue
            found = {"problem": name, "round": turn + 1, "load": os.getloadavg()[0]} | run() | {"program": program}
            found["problem"] = name
            lines.append({column: found.get(column) for column in COLUMNS})
            print(*(f"{k}={lines[-1][k]}" for k in COLUMNS[:6]), lines[-1]["failed"] or "", file=sys.stderr, flush=True)
    return lines


def away(lines: pd.DataFrame, program: str) -> str:
    """The largest distance of a program's coefficients from lme4's, in lme4's standard errors."""

    def numbers(whose: str, column: str) -> np.ndarray:
        found = lines.loc[lines["program"] == whose, column].dropna()
        return np.array(found.iloc[0] if len(found) else [], float)

    R, se, own = numbers("lme4", "beta"), numbers("lme4", "se"), numbers(program, "beta")
    return f"{np.max(np.abs(own - R) / se):.1e}" if len(R) and len(R) == len(own) == len(se) else ""


def table(runs: pd.DataFrame) -> str:
    """Medians, and ratios of CPU seconds to pylmer's."""
    head = (
        "| problem | program | CPU s | wall s | CPU / pylmer | asked | peak MB | beta, se from lme4 | load | rounds |"
    )
    out = [head, "|--|--|--|--|--|--|--|--|--|--|"]
    for name, lines in runs.groupby("problem", sort=False):
        ours = lines.loc[lines["program"] == "pylmer", "cpu"].median()
        for program, own in lines.groupby("program", sort=False):
            if own["failed"].notna().any():
                out.append(f"| {name} | {program} | {own['failed'].dropna().iloc[0]} | | | | | | | |")
                continue
            wanted = AIM.get((name, program), "")
            figures = f"{own['cpu'].median():.4g} | {own['seconds'].median():.4g} | {own['cpu'].median() / ours:.3g}"
            peak = "" if own["peak"].isna().all() else f"{own['peak'].median():.0f}"
            out.append(
                f"| {name} | {program} | {figures} | {wanted} | {peak} | {away(lines, program)} "
                f"| {own['load'].max():.1f} | {len(own)} |"
            )
    return "\n".join(out).replace("(1|", "(1\\|").replace("x|g", "x\\|g") + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--environments", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "peers")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=[*AGAINST, "cold"])
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "results")
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "pylmer-benchmarks")
    parser.add_argument("--table", action="store_true")
    given = parser.parse_args()
    os.environ.update({f"{name}_NUM_THREADS": "1" for name in THREADS} | {"POLARS_MAX_THREADS": "1"})
    given.out.mkdir(parents=True, exist_ok=True)
    file = given.out / "peers.json"
    runs = pd.read_json(file, precise_float=True) if file.exists() else pd.DataFrame(columns=COLUMNS)
    for name in [] if given.table else given.only:
        new = pd.DataFrame(measured(name, given.rounds, given.environments, given.data))
        runs = pd.concat([runs[runs["problem"] != name], new], ignore_index=True) if len(runs) else new
        runs.to_json(file, orient="records", indent=0, double_precision=15)
    runs.drop(columns=["beta", "se"]).to_csv(given.out / "peers.csv", index=False)
    (given.out / "peers.md").write_text(table(runs))
    print(table(runs))


if __name__ == "__main__":
    main()
