"""Processor time of `influence` by county on radon: pylmer against lme4, interleaved, one table.

    python influence.py [--rounds 5] [--out results]

Each round starts R once and times pylmer once, in turn; both have read the data and fitted the model before the clock
starts. Seconds are the processor's, one thread each (set OPENBLAS_NUM_THREADS=1). `differs` is the largest difference
of a coefficient after a deletion, in standard errors: lme4's own refits are converged to 1e-5 or so, 2e-4 where slopes
hardly vary.
"""

from __future__ import annotations

import argparse
import csv
import json
import pathlib
import statistics
import subprocess
import tempfile
import time

import numpy as np

import pylmer

HERE = pathlib.Path(__file__).resolve().parent
MODELS = {
    "M0": "log_radon ~ 1 + (1 | county)",
    "M1": "log_radon ~ floor + (1 | county)",
    "M2": "log_radon ~ floor + log_uranium + (1 | county)",
    "M3": "log_radon ~ floor + (1 + floor | county)",
}
R = """
suppressMessages({library(lme4); library(jsonlite)})
radon <- read.csv(commandArgs(TRUE)[1])
models <- fromJSON(commandArgs(TRUE)[2])
quiet <- function(x) suppressMessages(suppressWarnings(x))
cat(toJSON(lapply(models, function(f) {
  fit <- quiet(lmer(as.formula(f), radon))
  seconds <- sum(system.time(found <- quiet(influence(fit, "county")))[1:2])
  list(seconds = seconds, beta = unname(as.matrix(found[["fixed.effects[-county]"]])), deleted = found$deleted)
}), auto_unbox = TRUE, digits = NA))
"""


def lme4(folder: pathlib.Path) -> dict[str, dict[str, object]]:
    """One round of R: seconds and coefficients of each model."""
    script, data = folder / "influence.R", folder / "radon.csv"
    script.write_text(R)
    pylmer.datasets.load("radon").to_csv(data, index=False)
    command = ["Rscript", str(script), str(data), json.dumps(MODELS)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)  # type: ignore[no-any-return]


def ours(fit: pylmer.LmerFit) -> tuple[float, pylmer.Influence]:
    """Seconds and the deletions."""
    start = time.process_time()
    found = pylmer.influence(fit, "county")
    return time.process_time() - start, found


def main() -> None:
    """Rounds in turn, medians, and the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "results")
    given = parser.parse_args()
    fits = {name: pylmer.lmer(formula, pylmer.datasets.load("radon")) for name, formula in MODELS.items()}
    for fit in fits.values():
        ours(fit)  # warm
    theirs: dict[str, list[float]] = {name: [] for name in MODELS}
    times: dict[str, list[float]] = {name: [] for name in MODELS}
    differs: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(given.rounds):
            answers = lme4(pathlib.Path(folder))
            for name, fit in fits.items():
                seconds, found = ours(fit)
                times[name].append(seconds)
                theirs[name].append(float(str(answers[name]["seconds"])))
                beta = np.array(answers[name]["beta"], float).reshape(len(found.deleted), -1)
                change = found.fixef_deleted.loc[answers[name]["deleted"]].to_numpy() - beta
                differs[name] = float(np.max(np.abs(change) / np.sqrt(np.diag(found.vcov))))
    lines = [
        {
            "model": name,
            "formula": MODELS[name],
            "pylmer": statistics.median(times[name]),
            "lme4": statistics.median(theirs[name]),
            "ratio": statistics.median(theirs[name]) / statistics.median(times[name]),
            "differs": differs[name],
        }
        for name in MODELS
    ]
    given.out.mkdir(parents=True, exist_ok=True)
    with open(given.out / "influence.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)
    for line in lines:
        print(line)


if __name__ == "__main__":
    main()
