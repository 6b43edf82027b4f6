"""lmer_many against lme4's refit, one response after the other: sleepstudy's design, simulated responses.

    python many_responses.py [--responses 10000] [--refits 200] [--rounds 5]

Each round, in processes of their own and in turn: pylmer fits all responses, Satterthwaite's degrees of freedom
included; lme4 refits the first of them (`--refits`), which has no degrees of freedom; lmerTest's summary is timed on a
twentieth of these. CPU seconds and wall seconds for one response, medians over the rounds; one thread. The first
estimates of both are compared.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import numpy as np
import pandas as pd

import pylmer

HERE = pathlib.Path(__file__).resolve().parent
PYLMER = """
import json, sys, time, numpy as np, pandas as pd, pylmer
Y = np.load(sys.argv[1]); sleep = pylmer.datasets.load("sleepstudy")
pylmer.lmer_many("~ Days + (Days | Subject)", sleep, Y[:, :20]).table
cpu, wall = time.process_time(), time.perf_counter()
table = pylmer.lmer_many("~ Days + (Days | Subject)", sleep, Y).table
taken = [time.process_time() - cpu, time.perf_counter() - wall]
print(json.dumps({"seconds": taken, "responses": Y.shape[1], "converged": float(table["converged"].mean()),
                  "beta": table["estimate"].head(40).tolist(), "df": table["df"].head(10).tolist()}))
"""
LME4 = """
suppressMessages({library(lme4); library(jsonlite)})
given <- commandArgs(TRUE); Y <- as.matrix(read.csv(given[1])); few <- max(1, ncol(Y) %/% 20)
fit <- lme4::lmer(Reaction ~ Days + (Days | Subject), sleepstudy)
beta <- numeric(0)
t <- system.time(for (i in seq_len(ncol(Y))) {
  one <- suppressWarnings(suppressMessages(refit(fit, Y[, i]))); if (i <= 20) beta <- c(beta, fixef(one)) })
d <- sleepstudy; df <- numeric(0)
s <- system.time(for (i in seq_len(few)) { d$Reaction <- Y[, i]
  one <- suppressWarnings(suppressMessages(lmerTest::lmer(Reaction ~ Days + (Days | Subject), d)))
  df <- c(df, coef(summary(one))[, "df"]) })
cat(toJSON(list(seconds = c(t[["user.self"]] + t[["sys.self"]], t[["elapsed"]]), responses = ncol(Y), beta = beta,
                with_df = c((s[["user.self"]] + s[["sys.self"]]) / few, s[["elapsed"]] / few), df = head(df, 10)),
           digits = 12, auto_unbox = TRUE))
"""


def responses(count: int, folder: pathlib.Path) -> None:
    """Y.npy for Python, the same as all.csv."""
    fit = pylmer.lmer("Reaction ~ Days + (Days | Subject)", pylmer.datasets.load("sleepstudy"))
    drawn = pylmer.simulate(fit, nsim=count, seed=1)
    np.save(folder / "Y.npy", drawn.to_numpy())
    drawn.to_csv(folder / "all.csv", index=False)


def run(command: list[str]) -> dict[str, object]:
    one_thread = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=one_thread)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--responses", type=int, default=10_000)
    parser.add_argument("--refits", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        responses(given.responses, folder)
        pd.read_csv(folder / "all.csv").iloc[:, : given.refits].to_csv(folder / "Y.csv", index=False)
        ours, theirs = [], []
        for _ in range(given.rounds):
            ours.append(run([sys.executable, "-c", PYLMER, str(folder / "Y.npy")]))
            theirs.append(run(["Rscript", "-e", LME4, str(folder / "Y.csv")]))
    write(ours, theirs)


def write(ours: list[dict[str, object]], theirs: list[dict[str, object]]) -> None:
    """The table, in microseconds for one response."""
    lines = ["| one response of sleepstudy's design | CPU | wall |", "|--|--|--|"]
    mine = each(ours, "seconds", True)
    rows = {
        "pylmer, lmer_many with Satterthwaite": mine,
        "lme4, refit without df": each(theirs, "seconds", True),
        "lmerTest, lmer and summary": each(theirs, "with_df", False),
    }
    for label, (cpu, wall) in rows.items():
        lines.append(
            f"| {label} | {1e6 * cpu:.0f} us ({cpu / mine[0]:.0f}x) | {1e6 * wall:.0f} us ({wall / mine[1]:.0f}x) |"
        )
    gap = {
        what: max(abs(a / b - 1) for a, b in zip(ours[0][what], theirs[0][what], strict=False))
        for what in ("beta", "df")
    }
    lines += [
        "",
        f"{ours[0]['responses']} responses (lme4: {theirs[0]['responses']}), {len(ours)} rounds, one thread, "
        f"load {os.getloadavg()[0]:.1f}; {100 * float(str(ours[0]['converged'])):.2f} % converged; largest relative "
        f"difference of the first estimates {gap['beta']:.1e}, of the first degrees of freedom {gap['df']:.1e}.",
    ]
    text = "\n".join(lines) + "\n"
    (HERE / "results" / "many_responses.md").write_text(text)
    print(text)


def each(reports: list[dict[str, object]], what: str, over_all: bool) -> tuple[float, float]:
    """Median CPU and wall seconds of one response."""
    found = [[s / (r["responses"] if over_all else 1) for s in r[what]] for r in reports]  # type: ignore[attr-defined,operator]
    return statistics.median(f[0] for f in found), statistics.median(f[1] for f in found)


if __name__ == "__main__":
    main()
