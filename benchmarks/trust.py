"""Never worse than the best known: 200 generated problems, pylmer against four optimizers of lme4.

    python trust.py [--out results] [--count 200]

Kinds: small groups, near-singular, badly scaled by 1e+-8, collinear, heavy imbalance, one observation in most groups,
zero variances, 1e8 added to the response, crossed, nested. lme4's criterion is the best of its default, bobyqa,
Nelder_Mead and nlminbwrap. Written: one line a problem with both criteria, the relative gap and pylmer's certificate.
Thousands of wilder problems: `wide.py`.
"""

from __future__ import annotations

import argparse
import csv
import json
import pathlib
import subprocess
import tempfile
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

import pylmer

HERE = pathlib.Path(__file__).resolve().parent
Made = tuple[str, pd.DataFrame]


def grouped(
    rng: np.random.Generator, sizes: np.ndarray, sd: tuple[float, float], correlation: float = 0.0
) -> pd.DataFrame:
    """y = 1 + x + a_g + b_g x + e with sd(a, b) as given, relative to sd(e) = 1."""
    g = np.repeat(np.arange(len(sizes)), sizes)
    x = rng.normal(size=len(g))
    z = rng.normal(size=(len(sizes), 2))
    z[:, 1] = correlation * z[:, 0] + np.sqrt(1 - correlation**2) * z[:, 1]
    a, b = sd[0] * z[:, 0], sd[1] * z[:, 1]
    return pd.DataFrame({"y": 1 + x + a[g] + b[g] * x + rng.normal(size=len(g)), "x": x, "g": [f"g{k:03d}" for k in g]})


def small_groups(rng: np.random.Generator) -> Made:
    return "y ~ x + (1 | g)", grouped(rng, rng.integers(1, 4, 12), (1.0, 0.0))


def small_groups_slopes(rng: np.random.Generator) -> Made:
    return "y ~ x + (x | g)", grouped(rng, rng.integers(2, 6, 15), (1.0, 0.5))


def near_singular(rng: np.random.Generator) -> Made:
    return "y ~ x + (x | g)", grouped(rng, np.full(15, 8), (0.8, 0.4), rng.choice([-0.999, 0.999]))


def bad_scale(rng: np.random.Generator) -> Made:
    data = grouped(rng, np.full(12, 10), (1.0, 0.5))
    return "y ~ x + (x | g)", data.assign(x=data["x"] * rng.choice([1e-8, 1e8]))


def shifted_predictor(rng: np.random.Generator) -> Made:
    data = grouped(rng, np.full(12, 10), (1.0, 0.5))
    return "y ~ x + (x | g)", data.assign(x=data["x"] + 1e4)


def collinear(rng: np.random.Generator) -> Made:
    data = grouped(rng, np.full(10, 8), (1.0, 0.0))
    return "y ~ x + z + (1 | g)", data.assign(z=data["x"] + 1e-5 * rng.normal(size=len(data)))


def imbalance(rng: np.random.Generator) -> Made:
    return "y ~ x + (1 | g)", grouped(rng, np.array([1, 1, 1, 2, 2, 3, 80]), (rng.choice([0.5, 5.0]), 0.0))


def singletons(rng: np.random.Generator) -> Made:
    return "y ~ x + (1 | g)", grouped(rng, np.append(np.ones(40, int), [4, 5, 6]), (1.0, 0.0))


def zero_variance(rng: np.random.Generator) -> Made:
    return "y ~ x + (x | g)", grouped(rng, np.full(10, 6), (0.0, 0.0))


def zero_slope(rng: np.random.Generator) -> Made:
    return "y ~ x + (x || g)", grouped(rng, np.full(12, 6), (1.0, 0.0))


def far_response(rng: np.random.Generator) -> Made:
    data = grouped(rng, np.full(12, 8), (1.0, 0.3))
    return "y ~ x + (1 | g)", data.assign(y=data["y"] + 1e8)


def outlier(rng: np.random.Generator) -> Made:
    data = grouped(rng, rng.integers(2, 8, 10), (0.3, 0.0))
    return "y ~ 1 + (1 | g)", data.assign(y=data["y"] + 30 * (data["g"] == "g004"))


def crossed(rng: np.random.Generator) -> Made:
    data = grouped(rng, np.full(12, 6), (1.0, 0.0))
    h = rng.integers(0, 7, len(data))
    return "y ~ x + (1 | g) + (1 | h)", data.assign(y=data["y"] + rng.normal(size=7)[h], h=[f"h{k}" for k in h])


def nested(rng: np.random.Generator) -> Made:
    data = grouped(rng, np.full(16, 5), (1.0, 0.0))
    h = data["g"].str[1:].astype(int) // 4
    return "y ~ x + (1 | h / g)", data.assign(y=data["y"] + rng.normal(size=4)[h], h=[f"h{k}" for k in h])


KINDS: tuple[Callable[[np.random.Generator], Made], ...] = (
    small_groups, small_groups_slopes, near_singular, bad_scale, shifted_predictor, collinear, imbalance,
    singletons, zero_variance, zero_slope, far_response, outlier, crossed, nested,
)  # fmt: skip


def write(folder: pathlib.Path, count: int) -> list[dict[str, object]]:
    cases: list[dict[str, object]] = []
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        formula, data = kind(np.random.default_rng(1000 + number))
        data.to_csv(folder / f"{number}.csv", index=False, float_format="%.17g")
        REML = bool(number // len(KINDS) % 2)
        cases.append({"number": number, "kind": kind.__name__, "formula": formula, "REML": REML})
    (folder / "cases.json").write_text(json.dumps(cases))
    return cases


def ours(case: dict[str, object], data: pd.DataFrame) -> dict[str, object]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pylmer.FitNote)
        optimum = pylmer.lmer(str(case["formula"]), data, bool(case["REML"])).optimum
    return {
        "pylmer": optimum.value,
        "certified": optimum.certificate.holds,
        "decrease": optimum.certificate.decrease,
        "evaluations": optimum.evaluations,
        "converged": optimum.converged,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "results")
    parser.add_argument("--count", type=int, default=200)
    given = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp())
    cases = write(folder, given.count)
    subprocess.run(["Rscript", str(HERE / "trust.R"), str(folder)], check=True)
    theirs = {line["number"]: line for line in map(json.loads, (folder / "lme4.jsonl").read_text().splitlines())}
    lines = []
    for case in cases:
        line = case | ours(case, pd.read_csv(folder / f"{case['number']}.csv"))
        best = theirs[case["number"]].get("best")
        gap = None if best is None else (float(str(line["pylmer"])) - best) / max(1.0, abs(best))
        lines.append(line | {"lme4": best, "optimizer": theirs[case["number"]].get("optimizer"), "gap": gap})
    given.out.mkdir(parents=True, exist_ok=True)
    with open(given.out / "trust.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)
    compared = [line for line in lines if line["gap"] is not None]
    print(f"{len(lines)} problems, {len(compared)} that lme4 fits at all")
    print("higher than the best of lme4 by more than 1e-6:", [n["number"] for n in compared if n["gap"] > 1e-6])
    print("lower by more than 1e-6:", sum(n["gap"] < -1e-6 for n in compared))
    print("not converged:", [n["number"] for n in lines if not n["converged"]])
    print("without certificate:", [n["number"] for n in lines if not n["certified"]])


if __name__ == "__main__":
    main()
