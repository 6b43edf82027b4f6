"""Run the programs on the problems, interleaved, and write the table.

    python compare.py [--rounds 5] [--only NAME ...] [--slow-rounds 1] [--out results]

Each round starts every program once, in turn, in a process of its own: it reads the data, warms up, times the fit
and reports one line of JSON. The table gives medians over the rounds and the ratio to pylmer. R is skipped with a line
where Rscript or lme4 is missing; a Python competitor where its package is missing. `PYLMER_BENCH_PYTHON` names another
Python for the competitors.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
from typing import Any

from problems import BY_NAME, Problem, write

HERE = pathlib.Path(__file__).resolve().parent
OTHER_PYTHON = os.environ.get("PYLMER_BENCH_PYTHON", sys.executable)
COMMANDS = {
    "pylmer": [sys.executable, str(HERE / "run_pylmer.py")],
    "lme4": ["Rscript", str(HERE / "run_lme4.R")],
    "statsmodels": [OTHER_PYTHON, str(HERE / "run_statsmodels.py")],
    "gpboost": [OTHER_PYTHON, str(HERE / "run_gpboost.py")],
}
CHECKS = {
    "lme4": ["Rscript", "-e", "library(lme4); library(jsonlite)"],
    "statsmodels": [OTHER_PYTHON, "-c", "import statsmodels"],
    "gpboost": [OTHER_PYTHON, "-c", "import gpboost"],
}


def available(program: str) -> bool:
    if program not in CHECKS:
        return True
    command = CHECKS[program]
    found = shutil.which(command[0]) and subprocess.run(command, capture_output=True, check=False).returncode == 0
    if not found:
        print(f"{program}: not installed here, skipped", file=sys.stderr)
    return bool(found)


def once(command: list[str], about: pathlib.Path) -> dict[str, Any]:
    done = subprocess.run([*command, str(about)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command[1]} failed on {about.name}:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def bounded(command: list[str], about: pathlib.Path, limit: int) -> dict[str, Any]:
    """As `once`, in so many CPU seconds; a program that fails or takes longer says so instead of figures."""
    try:
        return once(["prlimit", f"--cpu={limit}", *command], about)
    except SystemExit as error:
        lines = [text for text in str(error).splitlines() if text.strip()]
        return {"failed": lines[-1][:200] if len(lines) > 1 else f"no answer in {limit} CPU s"}


def written(problem: Problem, folder: pathlib.Path, for_R: bool) -> pathlib.Path:
    """The problem's data on disk, for R too; the path of its JSON."""
    about = write(problem, folder)
    if for_R and not about.with_suffix(".rds").exists():
        subprocess.run(["Rscript", str(HERE / "to_rds.R"), str(about)], check=True)
    return about


def measure(problem: Problem, programs: list[str], rounds: int, folder: pathlib.Path) -> list[dict[str, Any]]:
    about = written(problem, folder, "lme4" in programs)
    reports: dict[str, list[dict[str, Any]]] = {program: [] for program in programs}
    for turn in range(rounds):
        for program in programs:
            reports[program].append(once(COMMANDS[program], about))
            print(
                f"{problem.name}: {program} {turn + 1}/{rounds}: {reports[program][-1]['seconds']:.4g} s",
                file=sys.stderr,
            )
    return [summary(problem, program, found) for program, found in reports.items()]


def summary(problem: Problem, program: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "problem": problem.name,
        "program": program,
        "rounds": len(found),
        "seconds": statistics.median(report["seconds"] for report in found),
        "criterion": found[-1]["criterion"],
        "evaluations": found[-1]["evaluations"],
        "megabytes": statistics.median(report["megabytes"] for report in found),
        "peak": statistics.median(report["peak"] for report in found),
        "wanted": problem.wanted,
    }


def with_ratios(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    ours = {line["problem"]: line["seconds"] for line in lines if line["program"] == "pylmer"}
    return [line | {"ratio": line["seconds"] / ours[line["problem"]]} for line in lines]


def markdown(lines: list[dict[str, Any]]) -> str:
    sizes = ("evaluations", "criterion", "peak MB", "MB above data")
    columns = ("problem", "program", "seconds", "ratio", "wanted", *sizes)
    head = f"| {' | '.join(columns)} |\n{'|--' * len(columns)}|\n"
    return head + "".join(
        f"| {r['problem'].replace('|', chr(92) + '|')} | {r['program']} | {r['seconds']:.4g} | {r['ratio']:.3g} "
        f"| {r['wanted'] if r['program'] != 'pylmer' else ''} | {r['evaluations'] or ''} | {r['criterion']:.4f} "
        f"| {r['peak']:.0f} | {r['megabytes']:.0f} |\n"
        for r in lines
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--slow-rounds", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=list(BY_NAME))
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "results")
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "pylmer-benchmarks")
    given = parser.parse_args()
    installed = {program for program in COMMANDS if available(program)}
    lines: list[dict[str, Any]] = []
    for name in given.only:
        problem = BY_NAME[name]
        programs = ["pylmer", *(program for program in problem.against if program in installed)]
        lines += measure(problem, programs, given.slow_rounds if problem.slow else given.rounds, given.data)
        given.out.mkdir(parents=True, exist_ok=True)
        table = with_ratios(lines)
        with open(given.out / "compare.csv", "w", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(table[0]))
            writer.writeheader()
            writer.writerows(table)
        (given.out / "compare.md").write_text(markdown(table))
    print(markdown(with_ratios(lines)))


if __name__ == "__main__":
    main()
