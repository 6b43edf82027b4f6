"""Do second BLAS threads cost anything: CPU and wall time of fits, and CPU while the process sleeps afterwards.

    python threads.py [--rounds 5]          # with OPENBLAS_NUM_THREADS=1, then without, on a machine as it is

OpenBLAS's second thread looks for work for some 20 ms after each call that woke it: what it burns is seen while the
process sleeps. Fastest of the rounds, milliseconds; InstEval by its factorization of 1,142 columns does wake it, unless
`pylmer[threads]` (threadpoolctl) is there.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

SLEEP = 0.05


def generated(rows: int, levels: int, slopes: float) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    g, x = rng.integers(0, levels, rows), rng.normal(size=rows)
    eta = 0.3 * x + 0.5 * rng.normal(size=levels)[g] + slopes * x * rng.normal(size=levels)[g]
    y, ones, counts = eta + rng.normal(size=rows), rng.binomial(1, 1 / (1 + np.exp(-eta))), rng.poisson(np.exp(eta))
    return pd.DataFrame({"y": y, "ones": ones, "counts": counts, "x": x, "g": g})


def fits() -> dict[str, Callable[[], Any]]:
    import pylmer

    load = pylmer.datasets.load
    small, flat, large = generated(200, 20, 0.5), generated(200, 20, 0.0), generated(100_000, 20_000, 0.5)
    return {
        "sleepstudy": lambda: pylmer.lmer("Reaction ~ Days + (Days | Subject)", load("sleepstudy")),
        "200 rows (1 + x|g)": lambda: pylmer.lmer("y ~ x + (1 + x | g)", small),
        "200 rows (1 + x|g), singular": lambda: pylmer.lmer("y ~ x + (1 + x | g)", flat),
        "20,000 groups (1|g)": lambda: pylmer.lmer("y ~ x + (1 | g)", large),
        "20,000 groups (1 + x|g)": lambda: pylmer.lmer("y ~ x + (1 + x | g)", large),
        "Penicillin, crossed": lambda: pylmer.lmer("diameter ~ 1 + (1 | plate) + (1 | sample)", load("Penicillin")),
        "glmer, 200 counts (1 + x|g)": lambda: pylmer.glmer("counts ~ x + (1 + x | g)", small, "poisson"),
        "glmer, 20,000 groups of 0/1": lambda: pylmer.glmer("ones ~ x + (1 | g)", large, "binomial"),
    }


def once(fit: Callable[[], Any]) -> tuple[float, float, float]:
    """CPU and wall seconds of a fit, and CPU seconds of the sleep after it."""
    time.sleep(SLEEP)
    cpu, wall = time.process_time(), time.perf_counter()
    fit()
    ended, wall = time.process_time(), time.perf_counter() - wall
    time.sleep(SLEEP)
    return ended - cpu, wall, time.process_time() - ended


def report(rounds: int) -> None:
    threads = os.environ.get("OPENBLAS_NUM_THREADS", "default")
    print(
        f"threads {threads}, load {os.getloadavg()[0]:.1f}\n| fit | CPU ms | wall ms | asleep, CPU ms |\n|--|--|--|--|"
    )
    for name, fit in fits().items():
        fit()
        best = min(once(fit) for _ in range(rounds))
        print(f"| {name} | " + " | ".join(f"{1e3 * each:.1f}" for each in best) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--here", action="store_true", help="with the threads of this process alone")
    given = parser.parse_args()
    if given.here:
        warnings.simplefilter("ignore")
        report(given.rounds)
        return
    for threads in ({"OPENBLAS_NUM_THREADS": "1"}, {}):
        env = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")} | threads
        subprocess.run([sys.executable, __file__, "--here", "--rounds", str(given.rounds)], env=env, check=True)


if __name__ == "__main__":
    main()
