"""Profiles against lme4's, and what degrees of freedom cost on InstEval, in one run.

    python tests_and_profiles.py [--rounds 5] [--out results]

Each round starts R once and pylmer once, in turn, each in a process of its own, which fits the models, profiles once to
warm up, and times the full profile alone. Satterthwaite's and Kenward and Roger's degrees of freedom of InstEval stand
beside the time of its fit, with the peak memory of the process. Written: tests_and_profiles.csv.
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
from typing import Any

from compare import available
from measure import forget_peak, megabytes
from problems import BY_NAME

import pylmer

HERE = pathlib.Path(__file__).resolve().parent
PROFILES = {
    "sleepstudy": "Reaction ~ Days + (Days | Subject)",
    "Penicillin": "diameter ~ 1 + (1 | plate) + (1 | sample)",
}
R = """
suppressMessages({library(lme4); library(jsonlite)})
models <- fromJSON(commandArgs(TRUE)[1])
quiet <- function(x) suppressMessages(suppressWarnings(x))
cat(toJSON(lapply(setNames(names(models), names(models)), function(name) {
  data(list = name, package = "lme4")
  fit <- quiet(lmer(as.formula(models[[name]]), get(name)))
  quiet(profile(fit))
  system.time(quiet(profile(fit)))[["elapsed"]]
}), auto_unbox = TRUE))
"""


def timed(work: Any) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def ours() -> dict[str, float]:
    """Seconds of each profile, in this process."""
    found = {}
    for name, formula in PROFILES.items():
        fit = pylmer.lmer(formula, pylmer.datasets.load(name))
        pylmer.profile(fit)
        found[name] = statistics.median(timed(lambda fit=fit: pylmer.profile(fit)) for _ in range(5))
    return found


def insteval() -> dict[str, float]:
    """Seconds of the fit and of the tests of its coefficients, and peak MB of the process."""
    frame, formula = BY_NAME["InstEval"].data(), BY_NAME["InstEval"].formula
    pylmer.tidy(pylmer.lmer(PROFILES["Penicillin"], pylmer.datasets.load("Penicillin")))
    found = {"fit": timed(lambda: pylmer.lmer(formula, frame))}
    for ddf in ("Satterthwaite", "Kenward-Roger"):
        fit = pylmer.lmer(formula, frame)
        forget_peak()
        found[ddf] = timed(lambda fit=fit, ddf=ddf: pylmer.tidy(fit, ddf=ddf))
        found[f"{ddf} MB"] = megabytes("VmHWM")
    return found


def separately(what: str) -> dict[str, float]:
    """`ours` or `insteval` in a process of its own."""
    command = [sys.executable, str(HERE / "tests_and_profiles.py"), "--only", what]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)  # type: ignore[no-any-return]


def lme4() -> dict[str, float]:
    """Seconds of each profile in R."""
    command = ["Rscript", "-e", R, json.dumps(PROFILES)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)  # type: ignore[no-any-return]


def table(rounds: int) -> list[dict[str, object]]:
    """Medians over the rounds."""
    programs = {"pylmer": lambda: separately("ours"), **({"lme4": lme4} if available("lme4") else {})}
    found: dict[str, list[dict[str, float]]] = {program: [] for program in programs}
    tests = []
    for _ in range(rounds):
        for program, run in programs.items():
            found[program].append(run())
        tests.append(separately("insteval"))
    middle = {
        program: {name: statistics.median(r[name] for r in runs) for name in PROFILES}
        for program, runs in found.items()
    }
    lines: list[dict[str, object]] = []
    for name in PROFILES:
        for program, seconds in middle.items():
            ratio = seconds[name] / middle["pylmer"][name]
            lines.append({"what": f"profile of {name}", "program": program, "value": seconds[name], "ratio": ratio})
    for name in tests[0]:
        value = statistics.median(each[name] for each in tests)
        lines.append({"what": f"InstEval: {name}", "program": "pylmer", "value": value, "ratio": ""})
    return lines


def main() -> None:
    """One part as JSON, or the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=["ours", "insteval"])
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "results")
    given = parser.parse_args()
    if given.only:
        print(json.dumps({"ours": ours, "insteval": insteval}[given.only]()))
        return
    lines = table(given.rounds)
    with open(given.out / "tests_and_profiles.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)
    for line in lines:
        print(*line.values())


if __name__ == "__main__":
    main()
