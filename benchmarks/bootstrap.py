"""Bootstraps against lme4's bootMer and pbkrtest's PBmodcomp, interleaved; and quantiles against lme4's.

    python bootstrap.py [--rounds 3] [--only NAME ...] [--quantiles 5000] [--out results]

Each round starts every program once, in turn, in a process of its own, which fits the models, warms up with a few
replicates, and times the replicates alone. Written: bootstrap.csv and bootstrap.md, medians over the rounds with lme4's
time over pylmer's; and bootstrap_quantiles.csv, where lme4's quantiles of 5,000 replicates (sleepstudy, kept with the
tests) stand beside pylmer's, with the share of pylmer's replicates below them in Monte Carlo standard errors.
"""

from __future__ import annotations

import argparse
import csv
import json
import pathlib
import statistics
import subprocess
import sys
import time
import warnings
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from compare import available

import pylmer

HERE = pathlib.Path(__file__).resolve().parent
ANSWERS = HERE.parent / "tests" / "data" / "inference" / "bootstrap.json"
SLOPES = "Reaction ~ Days + (Days | Subject)"


@dataclass(frozen=True)
class Problem:
    """`large` is bootstrapped; with `small` it is tested against it. `wanted` is the ratio that must be reached."""

    name: str
    data: str
    large: str
    small: str | None = None
    nsim: int = 1000
    wanted: float | None = None


PROBLEMS = (
    Problem("sleepstudy", "sleepstudy", SLOPES, wanted=20),
    Problem("sleepstudy, FUN of one's own", "sleepstudy", SLOPES, nsim=200),
    Problem("Pastes, nested", "Pastes", "strength ~ 1 + (1 | batch/cask)", nsim=300),
    Problem("Penicillin, crossed", "Penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)", nsim=200),
    Problem("PBmodcomp", "sleepstudy", "Reaction ~ Days + I(Days^2) + (Days | Subject)", SLOPES, nsim=300),
)
BY_NAME = {problem.name: problem for problem in PROBLEMS}


def run_pylmer(problem: Problem) -> float:
    """Seconds of pylmer's replicates."""
    data = pylmer.datasets.load(problem.data)
    REML = problem.small is None
    large = pylmer.lmer(problem.large, data, REML=REML)
    small = None if problem.small is None else pylmer.lmer(problem.small, data, REML=REML)

    def summary(fit: pylmer.LmerFit) -> pd.Series:
        return pd.concat([pylmer.fixef(fit), pd.Series({"sigma": fit.sigma}), pylmer.getME(fit, "theta")])

    FUN = summary if "FUN" in problem.name else ["fixef", "sigma", "theta"]

    def work(nsim: int) -> object:
        if small is not None:
            return pylmer.PBmodcomp(large, small, nsim=nsim, seed=1)
        return pylmer.bootMer(large, FUN, nsim=nsim, seed=1)

    work(10)
    begun = time.perf_counter()
    work(problem.nsim)
    return time.perf_counter() - begun


def once(program: str, problem: Problem) -> float:
    """Seconds, from a process of its own."""
    about = json.dumps(asdict(problem))
    alone = [sys.executable, str(HERE / "bootstrap.py"), "--alone", about]
    command = alone if program == "pylmer" else ["Rscript", str(HERE / "run_bootstrap.R"), about]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{program} failed on {problem.name}:\n{done.stderr}")
    return float(done.stdout.split()[-1])


def measure(problem: Problem, programs: list[str], rounds: int) -> list[dict[str, Any]]:
    seconds: dict[str, list[float]] = {program: [] for program in programs}
    for turn in range(rounds):
        for program in programs:
            seconds[program].append(once(program, problem))
            print(f"{problem.name}: {program} {turn + 1}/{rounds}: {seconds[program][-1]:.4g} s", file=sys.stderr)
    ours = statistics.median(seconds["pylmer"])
    return [
        {
            "problem": problem.name,
            "replicates": problem.nsim,
            "program": program,
            "rounds": rounds,
            "seconds": statistics.median(found),
            "ratio": statistics.median(found) / ours,
            "wanted": problem.wanted if program != "pylmer" else None,
        }
        for program, found in seconds.items()
    ]


def quantiles(nsim: int) -> pd.DataFrame:
    """lme4's quantiles of sleepstudy's parameters beside pylmer's."""
    answers = json.loads(ANSWERS.read_text())
    fit = pylmer.lmer(SLOPES, pylmer.datasets.load("sleepstudy"))
    t = pylmer.bootMer(fit, ["fixef", "sigma", "theta"], nsim=nsim, seed=1).t
    lines = []
    for name, theirs in zip(answers["names"], answers["quantiles"], strict=True):
        for p, value in zip(answers["probs"], theirs, strict=True):
            error = np.sqrt(p * (1 - p) * (1 / 5000 + 1 / nsim))
            below = float(np.mean(t[name] <= value))
            lines.append((name, p, value, float(t[name].quantile(p)), (below - p) / error))
    return pd.DataFrame(lines, columns=["parameter", "p", "lme4", "pylmer", "standard_errors"])


def markdown(lines: list[dict[str, Any]], found: pd.DataFrame) -> str:
    columns = ("problem", "replicates", "program", "seconds", "ratio", "wanted")
    head = f"| {' | '.join(columns)} |\n{'|--' * len(columns)}|\n"
    rows = [
        f"| {r['problem']} | {r['replicates']} | {r['program']} | {r['seconds']:.3g} | {r['ratio']:.3g} "
        f"| {r['wanted'] or ''} |\n"
        for r in lines
    ]
    worst = found["standard_errors"].abs()
    text = (
        f"\nQuantiles of {len(found)} parameters and levels (sleepstudy) against lme4's at 5,000 replicates: "
        f"{worst.max():.2f} Monte Carlo standard errors apart at most, {np.sqrt((worst**2).mean()):.2f} on average "
        "(root mean square).\n"
    )
    return head + "".join(rows) + text


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=list(BY_NAME))
    parser.add_argument("--quantiles", type=int, default=5000)
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "results")
    parser.add_argument("--alone", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.alone:
        warnings.simplefilter("ignore", pylmer.FitNote)
        print(run_pylmer(Problem(**json.loads(given.alone))))
        return
    programs = ["pylmer", *(["lme4"] if available("lme4") else [])]
    found = quantiles(given.quantiles)
    given.out.mkdir(parents=True, exist_ok=True)
    found.to_csv(given.out / "bootstrap_quantiles.csv", index=False, float_format="%.6g")
    lines: list[dict[str, Any]] = []
    for name in given.only:
        lines += measure(BY_NAME[name], programs, given.rounds)
        with open(given.out / "bootstrap.csv", "w", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(lines[0]))
            writer.writeheader()
            writer.writerows(lines)
        (given.out / "bootstrap.md").write_text(markdown(lines, found))
    print(markdown(lines, found))


if __name__ == "__main__":
    main()
