"""How the time of a fit grows: rows x 10, groups x 10, thetas x 2; writes the fitted exponents.

python growth.py [--out results]
"""

from __future__ import annotations

import argparse
import csv
import pathlib
import statistics
import time

import numpy as np
import pandas as pd

import pylmer

HERE = pathlib.Path(__file__).resolve().parent


def frame(rows: int, groups: int, slopes: int) -> tuple[str, pd.DataFrame]:
    """y on `slopes` predictors, all varying by group."""
    rng = np.random.default_rng(0)
    g, X = rng.integers(0, groups, rows), rng.normal(size=(rows, slopes))
    y = 1 + X.sum(axis=1) + rng.normal(size=groups)[g] + np.sum(0.5 * rng.normal(size=(groups, slopes))[g] * X, axis=1)
    names = [f"x{k}" for k in range(slopes)]
    data = pd.DataFrame({"y": y + rng.normal(size=rows), "g": pd.Categorical(g)} | dict(zip(names, X.T, strict=True)))
    effects = " + ".join(["1", *names])
    return f"y ~ {effects} + ({effects} | g)", data


def seconds(rows: int, groups: int, slopes: int, repeats: int = 5) -> float:
    formula, data = frame(rows, groups, slopes)
    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        pylmer.lmer(formula, data)
        found.append(time.perf_counter() - start)
    return statistics.median(found)


STUDIES = {
    "rows": ([(n, 500, 1) for n in (10_000, 100_000, 1_000_000)], 0),
    "groups": ([(500_000, J, 1) for J in (500, 5_000, 50_000)], 1),
    "thetas": ([(50_000, 1_000, s) for s in (1, 2, 3, 4)], 2),
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "results")
    out = parser.parse_args().out
    seconds(1_000, 50, 1)
    lines = []
    for study, (sizes, axis) in STUDIES.items():
        times = [seconds(*size) for size in sizes]
        scale = [(s[2] + 1) * (s[2] + 2) / 2 if study == "thetas" else s[axis] for s in sizes]
        exponent = np.polyfit(np.log(scale), np.log(times), 1)[0]
        for size, at, took in zip(sizes, scale, times, strict=True):
            line = {"study": study, "rows": size[0], "groups": size[1], "at": at}
            lines.append(line | {"seconds": took, "exponent": exponent})
            print(f"{study} {at:g}: {took:.4f} s (exponent {exponent:.2f})")
    out.mkdir(parents=True, exist_ok=True)
    with open(out / "growth.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)


if __name__ == "__main__":
    main()
